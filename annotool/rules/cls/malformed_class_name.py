"""CLS005."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Edits, Findings, Fix, Severity, found, mendable, together
from annotool.rules.cls.base import Named, added, named

OUTER = "[\\s\ufeff\u200b]+"  # blanks, a byte order mark, a blank without width
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\u200b]")
NO_TEXT = re.compile("[\ud800-\udfff]")  # what bytes that are no UTF-8 are read as
RESERVED = frozenset("background __background__ _background_ __ignore__ _ignore_".split())
DIGITS = frozenset("0123456789")
SEVERAL = 3  # signs
MESSAGES = {
    "empty": "a class has no name",
    "signs": "class {name!r} is named by signs only",
    "padded": "class {name!r} has blanks around its name",
    "control": "class {name!r} has a control character in its name",
    "bytes": "class {name!r} has a name that is no UTF-8",
    "digits": "class {name!r} is named by a number",
    "reserved": "class {name!r} has a name that loaders reserve",
}

OF_IMAGES = (
    "imagefolder",
    "csv",
)  # formats of labels of whole images, to which no detector adds a background


class MalformedClassName(DatasetRule[Named]):
    """A class has a name that is none, or that tools read otherwise.

    What: a name that is empty, has blanks around it, holds a control character such as a line break or bytes that are no
    UTF-8, or consists of signs (`*`) or digits only; or one that loaders keep for themselves: background, __ignore__. Nothing is said of
    numbers that are what is labelled: two or more without a 0 (dice, coins, speed limits), or all of 0 to 9; nor of three
    signs or more (`+`, `-`, `=`), of emoji, and of a class folder called background.

    Why: a name with a blank at its end equals no name of any list, so its objects are dropped without a word
    (franciszzj/VLPrompt#7); a line break cuts a class list in two and shifts all that follows; a number says nobody
    what it is; an own class `background` stands beside the one that the detector adds.

    Bad: `names: ["car ", "*"]`.

    Good: `names: [car, bus]`.

    Fix: safe: what stands around the name goes, unless the name without it is another class (CLS003 merges these). Of a
    class folder unsafe, and with `--out` only: its images lie in a folder of the new name, and scripts of your own may still
    go by the old one. None for the rest.

    Source: franciszzj/VLPrompt#7; VisDrone/DroneVehicle#49 (`*`); panlabel (empty names); labelme's __ignore__ and
    _background_.
    """

    code = "CLS005"
    slug = "malformed-class-name"
    severities = (Severity.WARNING,)
    verdict = ("1 class name is malformed", "{n} class names are malformed")
    fixes = (Fix.SAFE, Fix.UNSAFE)
    silenced_by = ("SCH001", "SCH002")

    def partial(self, shard: Dataset) -> Named:
        return named(shard)

    def merge(self, states: Sequence[Named]) -> Named:
        return added(states)

    def finish(self, state: Named) -> Findings:
        rows, names = state.rows, state.rows["name"].tolist()
        meant = labelled(names)
        formats = state.format_of.tolist()
        kinds = ["" if name in meant else kind(name, form) for name, form in zip(names, formats, strict=True)]
        taken = set(names)
        parts = []
        for each, message in MESSAGES.items():
            own = np.array([at for at, kind in enumerate(kinds) if kind == each], dtype=np.int64)
            free = [
                bool(new := stripped(names[at])) and new not in taken and new != names[at]
                for at in own.tolist()
            ]
            folders = state.format_of[own] == "imagefolder"
            able = np.array(free, dtype=bool) & (~folders | (state.counts[own] > 0))
            fix = np.where(able, np.where(folders, Fix.UNSAFE, Fix.SAFE), Fix.NONE)
            parts.append(found(self, message, rows, take=own, fix=fix, values={"name": rows["name"][own]}))
        return together(parts)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings, "category")
        new = [stripped(name) for name in data.table("categories")["name"][keys].tolist()]
        return Edits.make(
            len(keys), table="categories", column="name", row=keys, new=new, finding=finding, safe=safe, rule=self.code
        )  # fmt: skip


def labelled(names: Iterable[str]) -> set[str]:
    """Return the names that are numbers or signs because such are labelled: of dice, on plates, in formulas."""
    own = set(names)
    numbers = {name for name in own if name.isdecimal()}
    digits = numbers & DIGITS if own >= DIGITS else set()
    several = numbers if len(numbers) > 1 and not any(int(each) == 0 for each in numbers) else set()
    signs = {name for name in own if stripped(name) == name and name and is_sign(name)}
    return digits | several | (signs if len(signs) >= SEVERAL else set())


def is_sign(name: str) -> bool:
    """Whether a name has neither letters nor digits nor pictures, such as emoji."""
    return not any(each.isalnum() or unicodedata.category(each) == "So" for each in name)


def kind(name: str, format_name: str) -> str:
    """Return what is wrong with a name, a key of MESSAGES; empty: nothing."""
    bare = stripped(name)
    if not format_name:  # nobody declared it: YOLO without a class list names classes by their index
        return ""
    if not bare:
        return "empty"
    if is_sign(bare):
        return "signs"
    if bare != name:
        return "padded"
    if CONTROL.search(name):
        return "control"
    if NO_TEXT.search(name):
        return "bytes"
    if name.isdecimal():
        return "digits"
    return "reserved" if name.casefold() in RESERVED and format_name not in OF_IMAGES else ""


def stripped(name: str) -> str:
    """Return a name without what stands around it."""
    return re.sub(f"^{OUTER}|{OUTER}$", "", name)
