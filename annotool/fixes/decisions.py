"""Decisions of reviewers: their file, several of them merged, and which of them contradict each other.

A file is JSON lines, the first one `{"annotool_decisions":1,...}`, then one line a decision:

    {"action":"accept","fingerprint":"1f..","rule":"BOX002","image":"a.jpg","reviewer":"ann","time":"..."}
    {"action":"move","box":"9c..","image":"a.jpg","category":"car","old":{"box":[1,2,3,4]},"new":{"box":[1,2,3,5]}}

A finding is named by its fingerprint; a box by its mark, which is made like a fingerprint of no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from annotool import fingerprint
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Findings, block
from annotool.output import write_file
from annotool.table import Array

__all__ = ["ON_FINDINGS", "Action", "Decision", "Merged", "Value", "box_marks", "merge", "read", "write"]

LAYOUT = 1
Action = Literal["accept", "ignore", "delete", "move", "relabel", "draw", "tag"]
ON_FINDINGS = ("accept", "ignore")


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a box is: its place (x y w h, pixels) and category; absent where nothing is said of it."""

    box: tuple[float, float, float, float] | None = None
    category: str | None = None
    tags: tuple[str, ...] | None = None


class Decision(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing a reviewer decided. fingerprint: of the finding, empty for an edit of their own; box: the mark
    of the box, empty where there is none yet; image: its name as written; time: ISO 8601, UTC. alike: how many
    findings were equal in all that a fingerprint is made of but the ordinal; split: the image's, of a new box.
    """

    action: Action
    fingerprint: str = ""
    rule: str = ""
    box: str = ""
    image: str = ""
    category: str = ""
    old: Value | None = None
    new: Value | None = None
    reviewer: str = ""
    time: str = ""
    reason: str = ""
    alike: int = 1
    split: str = ""

    @property
    def target(self) -> tuple[str, ...]:
        """What it is about: two decisions on one target agree, or contradict each other."""
        if self.action == "draw":
            return ("new", self.split, self.image, self.category, str(self.new))
        if self.action in ON_FINDINGS:
            return ("finding", self.fingerprint)
        if self.action == "tag":
            return ("tags", self.box or self.image)
        return ("box", self.box)

    @property
    def verdict(self) -> tuple[object, ...]:
        """What it says of its target."""
        return (self.action, self.new)


class Header(msgspec.Struct):
    annotool_decisions: int
    review: str = ""


@dataclass(frozen=True)
class Merged:
    """Decisions of all reviewers, each target once; `contradictions`: those on one target that differ, none of
    which is to be applied.
    """

    decisions: tuple[Decision, ...]
    contradictions: tuple[tuple[Decision, ...], ...] = ()


def write(file: Path, review: str, decisions: Iterable[Decision]) -> None:
    """Write decisions to a file, whole or not at all."""
    write_file(file, encoded(review, decisions))


def encoded(review: str, decisions: Iterable[Decision]) -> Iterator[bytes]:
    """Yield the lines of a decisions file."""
    encoder = msgspec.json.Encoder()
    yield encoder.encode(Header(LAYOUT, review)) + b"\n"
    for each in decisions:
        yield encoder.encode(each) + b"\n"


def read(file: Path) -> list[Decision]:
    """Return the decisions of a file. Raises UsageError, with file and line, for what is none."""
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    decoder = msgspec.json.Decoder(Decision)
    try:
        layout = msgspec.json.decode(lines[0], type=Header).annotool_decisions
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file}:1: no decisions of annotool; `annotool decisions NAME --out` makes them"
        ) from error
    if layout != LAYOUT:
        raise UsageError(f"{file}:1: decisions of layout {layout}; this annotool reads layout {LAYOUT}")
    found = []
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            try:
                found.append(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise UsageError(f"{file}:{number}: no decision: {error}") from error
    return found


def merge(files: Iterable[Sequence[Decision]]) -> Merged:
    """Merge decisions of several files: a reviewer's last word on a target counts, equal words count once.

    Different reviewers' words on one target that differ contradict each other, and so do a fix accepted by one
    and a change of the same box by another. A reviewer's own change of a box goes before a fix they accepted.
    """
    last: dict[tuple[object, ...], Decision] = {}
    for each in sorted((one for file in files for one in file), key=lambda one: one.time):
        kind = each.action if each.action in ("move", "relabel") else ""
        last[each.reviewer, each.target, kind] = each
    by_target: dict[tuple[str, ...], list[Decision]] = {}
    for each in superseded(list(last.values())):
        by_target.setdefault(each.target, []).append(each)
    kept, against = list[Decision](), list[tuple[Decision, ...]]()
    for said in by_target.values():
        if contradicts(said):
            against.append(tuple(said))
        else:
            kept += {each.verdict: each for each in reversed(said)}.values()
    crossed = crossing(kept)
    against += crossed
    out = {id(each) for pair in crossed for each in pair}
    return Merged(tuple(each for each in kept if id(each) not in out), tuple(against))


def superseded(said: list[Decision]) -> list[Decision]:
    """Without a reviewer's moves and relabels of a box they also deleted, and fixes accepted of a box they changed."""
    gone = {(each.reviewer, each.box) for each in said if each.action == "delete"}
    changed = gone | {(each.reviewer, each.box) for each in said if each.action in ("move", "relabel")}
    changes = ("move", "relabel", "tag")
    return [
        each
        for each in said
        if not (each.action in changes and (each.reviewer, each.box) in gone)
        and not (each.action == "accept" and each.box and (each.reviewer, each.box) in changed)
    ]


def contradicts(said: Sequence[Decision]) -> bool:
    """Whether words on one target differ; a move and a relabel of a box go together."""
    words: dict[str, set[object]] = {}
    for each in said:
        words.setdefault(each.action, set()).add(each.new)
    together = set(words) <= {"move", "relabel"} or len(words) == 1
    return not together or any(len(each) > 1 for each in words.values())


def crossing(kept: Sequence[Decision]) -> list[tuple[Decision, ...]]:
    """Fixes accepted by one reviewer of boxes that another changed or deleted."""
    changed = {each.box: each for each in kept if each.action in ("move", "relabel", "delete") and each.box}
    accepted: dict[str, list[Decision]] = {}
    for each in kept:
        if each.action == "accept" and each.box in changed:
            accepted.setdefault(each.box, []).append(each)
    own = [each for each in kept if each.box in accepted and each.action in ("move", "relabel", "delete")]
    return [(*accepted[box], *(each for each in own if each.box == box)) for box in accepted]


def box_marks(data: Dataset) -> Array:
    """Return a 16-digit text for each annotation (object array): of its image, category, place, and its ordinal
    among those that are equal in all these, and how many they are: when one of them goes, no other takes its mark.
    The same in each run, as long as nothing of that changes.
    """
    rows = data.table("annotations")
    every = block(
        "", "", len(rows), image=rows["image"], annotation=rows["annotation"], category=rows["category"]
    )
    if not len(rows):
        return np.empty(0, dtype=object)
    marks, many = (told(data, Findings((every,))) for told in (fingerprint.fingerprints, fingerprint.alike))
    for row in np.flatnonzero(many > 1).tolist():
        marks[row] = f"{(int(marks[row], 16) ^ (int(many[row]) * 0x9E3779B97F4A7C15)) & (2**64 - 1):016x}"
    return marks
