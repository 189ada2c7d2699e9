"""Reviewers' decisions applied: they choose which findings are mended, and bring edits of their own.

A decision is matched by fingerprint, or by the mark of its box, and refused where nothing has it: a dataset that
changed since is never edited in the wrong place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from annotool.baselines import lines
from annotool.baselines.entries import collapsed, of_findings
from annotool.dataset import Dataset
from annotool.findings import Block, Edits, Findings, Fix, NewBox, Op, Severity, block
from annotool.fingerprint import alike, fingerprints, image_names, plain
from annotool.fixes.decisions import ON_FINDINGS, Decision, Merged, box_marks
from annotool.fixes.following import derived, leaves
from annotool.fixes.rounds import Proposal
from annotool.rules.base import Rule, gains
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["CODE", "IGNORED", "Decided", "Ruling"]

CODE = "REVIEW"
IGNORED = "ignored.jsonl"
NEAR = 1.01  # pixels: formats round
BY_HAND = ("delete", "move", "relabel")
Todo = tuple[Decision, int]  # a decision and the row of its box
Drawn = tuple[Decision, int, int]  # the decision, its image's row, its category's row


@dataclass(frozen=True)
class Decided(Rule):
    """What a reviewer changed by hand."""

    code: ClassVar[str] = CODE
    slug: ClassVar[str] = "reviewer-decision"
    severities: ClassVar[tuple[Severity, ...]] = (Severity.ERROR,)
    scope: ClassVar[str] = "annotation"
    fixes: ClassVar[tuple[Fix, ...]] = (Fix.UNSAFE,)

    decisions: tuple[Decision, ...] = ()

    def check(self, data: Dataset) -> Findings:
        """Return one finding a box that is not yet as it was decided; when none is left, one a box to draw."""
        todo = self.boxes(data)
        rows = np.array(list(dict.fromkeys(row for _, row in todo)), dtype=np.int64)
        table = data.table("annotations")
        if len(rows):
            named = {
                name: table[name][rows] for name in ("source", "image", "annotation", "category", "line")
            }
            return Findings((self.found(len(rows), **named),))
        drawn = self.drawn(data)
        images, categories = ([each[at] for each in drawn] for at in (1, 2))
        return Findings((self.found(len(drawn), image=images, category=categories),) if drawn else ())

    def found(self, count: int, **named: Any) -> Block:
        return block(
            CODE, "a reviewer decided it", count, severity=int(Severity.ERROR), fix=int(Fix.UNSAFE), **named
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        """Return the edits that were decided."""
        parts = []
        asked = findings.column("annotation").tolist()
        at = {row: finding for finding, row in enumerate(asked) if row >= 0}
        for said, row in self.boxes(data):
            if row in at:
                parts.append(edit(data, said, row, at[row]))
        drawn = self.drawn(data)
        rows = np.flatnonzero(findings.column("annotation") < 0)
        new = [NewBox(category, place(said)) for said, _, category in drawn]
        assert len(rows) in (0, len(new))
        parts.append(
            Edits.make(len(rows), op=Op.ADD, table="images", column="bbox", row=[image for _, image, _ in drawn][: len(rows)],
                       new=new[: len(rows)], finding=rows, safe=False, rule=CODE)
        )  # fmt: skip
        return Edits.concat(parts)

    def boxes(self, data: Dataset) -> list[Todo]:
        """The decisions on boxes that are there and can be edited so."""
        rows = {mark: row for row, mark in enumerate(box_marks(data).tolist())}
        known = set(data.table("categories")["name"].tolist())
        return [
            (each, rows[each.box])
            for each in self.decisions
            if each.action in BY_HAND and each.box in rows
            and not (each.action == "relabel" and (each.new is None or each.new.category not in known))
            and not (each.action == "move" and (not boxed(each) or derived(data, rows[each.box])))
        ]  # fmt: skip

    def drawn(self, data: Dataset) -> list[Drawn]:
        """The boxes that are to be drawn and are not there yet, in all files that can take them."""
        said = [each for each in self.decisions if each.action == "draw" and boxed(each)]
        if not said:
            return []
        out, able, rows = [], np.append(gains(data), False), images_of(data, said)
        for each, image in zip(said, rows, strict=True):
            home = int(data.table("images")["source"][image]) if able[image] else -1
            category = category_row(data, each.category, home) if home >= 0 else -1
            if category >= 0 and not there(data, each, image):
                out.append((each, image, category))
        return out


def images_of(data: Dataset, said: Sequence[Decision]) -> list[int]:
    """The image each decision is of; of several with one name that of its split; -1: none, or no telling which."""
    by_name: dict[str, list[int]] = {}
    for row, name in enumerate(image_names(data).tolist()):
        by_name.setdefault(name, []).append(row)
    out = []
    for each in said:
        rows = by_name.get(plain(each.image), [])
        if len(rows) > 1:
            rows = [row for row in rows if each.split and data.image_splits[row] == each.split]
        out.append(rows[0] if len(rows) == 1 else -1)
    return out


def there(data: Dataset, said: Decision, image: int) -> bool:
    """Whether an image has a box of that class in that place."""
    rows = data.table("annotations")
    mine = np.flatnonzero(data.image_rows(rows["image"]) == image)
    mine = mine[data.names_of(rows["category"][mine]) == said.category]
    far = np.abs(np.stack([rows[side][mine] for side in "xywh"], axis=1) - np.array(place(said)))
    return bool((far <= NEAR).all(axis=1).any())


def place(said: Decision) -> tuple[float, float, float, float]:
    """The box of a decision to draw one."""
    assert said.new is not None and said.new.box is not None
    return said.new.box


def category_row(data: Dataset, name: str, source: int) -> int:
    """The category of that name, the one its own file declares before others; -1: there is none."""
    table = data.table("categories")
    rows = np.flatnonzero((table["name"] == name) & (table["id"] >= 0))
    if data.table("sources")["format"][source] == "voc":
        rows = np.flatnonzero(table["name"] == name)
    own = rows[table["source"][rows] == source]
    return int([*own.tolist(), *rows.tolist(), -1][0])


def edit(data: Dataset, said: Decision, row: int, finding: int) -> Edits:
    """One decision on a box as an edit."""
    if said.action == "delete":
        return Edits.make(1, op=Op.DROP, table="annotations", row=row, finding=finding, safe=False, rule=CODE)
    assert said.new is not None
    column, new = "bbox", said.new.box
    value: object = new
    if said.action == "relabel":
        column = "category"
        value = category_row(data, said.new.category or "", int(data.table("annotations")["source"][row]))
    return Edits.make(
        1, table="annotations", column=column, row=row, new=[value], finding=finding, safe=False, rule=CODE
    )


@dataclass(frozen=True)
class Ruling:
    """What reviewers decided, as `fix` needs it."""

    merged: Merged

    @property
    def rule(self) -> Decided:
        """The rule that holds the reviewers' own edits."""
        return Decided(decisions=self.merged.decisions)

    def meant(self, data: Dataset, findings: Findings, action: str) -> Array:
        """Return which findings were decided so. Of equal ones only while they are as many as the reviewer saw: when
        one of them is mended the next takes its fingerprint."""
        said = {each.fingerprint: each.alike for each in self.merged.decisions if each.action == action}
        prints, many = fingerprints(data, findings).tolist(), alike(data, findings).tolist()
        found = [said.get(mark) == count for mark, count in zip(prints, many, strict=True)]
        return np.array(found, dtype=bool)

    def judged(self, data: Dataset, findings: Findings) -> Findings:
        """Return findings of which only the accepted ones can be mended, and the reviewers' own."""
        keep = self.meant(data, findings, "accept")
        parts, start = [], 0
        for part in findings.blocks:
            mine = keep[start : start + len(part)]
            fix = np.where(mine, part.columns["fix"], int(Fix.NONE)).astype(np.int8)
            parts.append(replace(part, columns=part.columns.with_columns(fix=fix)))
            start += len(part)
        return replace(findings, blocks=tuple(parts)) + self.rule.check(data)

    def notes(self, made: Proposal) -> tuple[str, ...]:
        """Say what was not applied, and why."""
        return (*self.contradictions(), *self.refused(made.data, made.before), *self.torn(made.data),
                *self.left(made))  # fmt: skip

    def contradictions(self) -> Iterable[str]:
        for several in self.merged.contradictions:
            said = "; ".join(f"{each.reviewer or 'somebody'}: {told(each)}" for each in several)
            yield f"reviewers contradict each other, nothing is done: {several[0].image}: {said}"

    def refused(self, data: Dataset, before: Findings) -> Iterable[str]:
        found = set(zip(fingerprints(data, before).tolist(), alike(data, before).tolist(), strict=True))
        known = set(box_marks(data).tolist())
        gone = [
            each for each in self.merged.decisions
            if each.action != "draw"
            and (each.action in ON_FINDINGS or each.box not in known) and (each.fingerprint, each.alike) not in found
        ]  # fmt: skip
        lacking = any(each.rule[:3] in ("PRD", "LBL") for each in gone) and not predicted(data)
        hint = "; those of PRD and LBL rules need --predictions here too" if lacking else ""
        if gone:
            yield (
                f"decisions on findings or boxes that are not in this dataset, done already or made for another: "
                f"{len(gone):,}, the first of {gone[0].image or gone[0].rule}{hint}"
            )
        rule = self.rule
        able = {id(each) for each, _ in rule.boxes(data)} | {id(each) for each, _, _ in rule.drawn(data)}
        for each in self.merged.decisions:
            if each.action == "relabel" and each.box in known and id(each) not in able:
                yield f"{each.image}: cannot be relabelled to {each.new and each.new.category!r}: no such class here"
            if each.action == "move" and each.box in known and id(each) not in able:
                yield (
                    f"{each.image}: the box of class {each.category!r} is not moved: its file has its outline alone, which "
                    "a review does not edit; mend that there, or delete the box and draw it anew"
                )
            if each.action == "draw" and id(each) not in able and not self.is_there(data, each):
                yield f"{each.image}: the {unable(data, each)}"

    def torn(self, data: Dataset) -> Iterable[str]:
        """Say which boxes are moved and leave their outline behind."""
        moved = [(each, row) for each, row in self.rule.boxes(data) if each.action == "move"]
        gone = [each for each, row in moved if leaves(data, row, place(each))]
        if gone:
            yield (
                f"boxes that are moved away from their outlines, which a review does not edit and which stay: "
                f"{len(gone):,}, the first of {gone[0].image}; BOX006 finds them"
            )

    def is_there(self, data: Dataset, said: Decision) -> bool:
        (row,) = images_of(data, [said])
        return row >= 0 and boxed(said) and there(data, said, row)

    def left(self, made: Proposal) -> Iterable[str]:
        still = int(self.meant(made.fixed, made.after, "accept").sum())
        if still:
            yield f"accepted, but no fix of annotool mends it, do it by hand: {plural(still, 'finding')}"

    def signed(self, made: Proposal) -> Proposal:
        """Return the proposal with who decided each change, and why: columns reviewer and reason of its changes."""
        by = {each.fingerprint: [each] for each in self.merged.decisions if each.action == "accept"}
        rule, rows = self.rule, dict[int, list[Decision]]()
        for said, row in rule.boxes(made.data):
            rows.setdefault(row, []).append(said)
        found = rule.check(made.data)
        asked = zip(fingerprints(made.data, found).tolist(), found.column("annotation").tolist(), strict=True)
        by |= {mark: rows[row] for mark, row in asked if row >= 0}
        drawn: dict[tuple[str, str], list[Decision]] = {}
        for each in self.merged.decisions:
            if each.action == "draw":
                drawn.setdefault((plain(each.image), each.category), []).append(each)
        changes = made.changes
        columns = (changes[name].tolist() for name in ("fingerprint", "rule", "image", "category"))
        told = [
            by.get(mark, drawn.get((plain(image), category), []) if code == CODE else [])
            for mark, code, image, category in zip(*columns, strict=True)
        ]
        signatures = {
            name: np.array(
                [joined(getattr(each, name) for each in said) for said in told] or [], dtype=object
            )
            for name in ("reviewer", "reason")
        }
        return replace(made, changes=changes.with_columns(**signatures))

    def ignored(self, made: Proposal, bound: Collection[str]) -> Table:
        """Return the findings that were ignored as entries of a baseline, with reason and reviewer."""
        prints = fingerprints(made.data, made.before)
        rows = np.flatnonzero(self.meant(made.data, made.before, "ignore"))
        entries = of_findings(made.data, made.before, bound).take(rows)
        said = {each.fingerprint: each for each in self.merged.decisions if each.action == "ignore"}
        column = [np.array([getattr(said[prints[row]], name) for row in rows.tolist()] or [], dtype=object)
                  for name in ("reason", "reviewer")]  # fmt: skip
        return entries.with_columns(reason=column[0], by=column[1])

    def keep(self, made: Proposal, folder: Path, bound: Collection[str]) -> int:
        """Add the ignored findings to the list in a folder, for `audit --baseline`; return how many there are now."""
        entries, file = self.ignored(made, bound), folder / IGNORED
        parts = [lines.read(file), entries] if file.exists() else [entries]
        held = collapsed(Table.concat(parts), np.maximum.at)
        if len(held):
            lines.write(file, held)
        return len(held)


def predicted(data: Dataset) -> bool:
    """Whether predictions were given."""
    return bool(len(data.table("predictions"))) or data.probabilities is not None


def boxed(said: Decision) -> bool:
    """Whether what was added is a box, and no label of a whole image."""
    return said.new is not None and said.new.box is not None


def unable(data: Dataset, said: Decision) -> str:
    """What cannot be added, and why."""
    if not boxed(said):
        return f"label {said.category!r} that was given to the image is not added by a fix: write it into its file"
    what = f"box of class {said.category!r} that was drawn"
    if not said.category:
        return f"{what} was given no class"
    several = image_names(data).tolist().count(plain(said.image)) > 1
    if several and images_of(data, [said]) == [-1]:
        return f"{what} is of one of several images of that name, no telling which"
    return f"{what} has no file to go to"


def joined(texts: Iterable[str]) -> str:
    """Several texts as one, each once."""
    return ", ".join(dict.fromkeys(text for text in texts if text))


def told(said: Decision) -> str:
    """One decision in a few words."""
    if said.new is not None and said.new.box is not None:
        return f"{said.action} to " + " ".join(f"{side:g}" for side in said.new.box)
    return f"{said.action} {said.rule or (said.new and said.new.category) or ''}".strip()
