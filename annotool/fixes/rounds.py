"""Rounds of reading, auditing and editing in memory, until nothing is left to mend; then the proof that it
holds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from annotool import fingerprint
from annotool.dataset import Dataset
from annotool.errors import AnnotoolError
from annotool.findings import Edits, Findings, Fix, Op, Severity
from annotool.fixes import creating, journal, proof, renaming, splices
from annotool.fixes.changes import described
from annotool.fixes.conflicts import settle
from annotool.fixes.places import Trail, finding_keys, first_lines, home, record_keys, source_path
from annotool.fixes.proof import State
from annotool.formats.base import Move, Splice
from annotool.rules.base import Rule, classifies
from annotool.table import Array, Table

__all__ = ["ROUNDS", "Overlay", "Proposal", "propose"]

ROUNDS = 5
TRIES = 4  # times single findings are taken back; after that all of a rule's that fail are

Overlay = Mapping[Path, bytes | None]
Read = Callable[[Overlay, Mapping[str, str]], Dataset]
NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Proposal:
    """Edits proven in memory, nothing written.

    data, before: the dataset as it stands and what its rules found; fixed, after: the same with the edits
    made. overlay: new bytes of each file, None where it goes. changes: see changes.described, all rounds.
    dropped_images: files of images whose records go. deletions: those of them that would be found again if
    they stayed where they are, as in a folder that is read whole; none in place. renamed: new paths of image files by
    their own; none in place. taken_back: for each rule, how
    many of its findings stay because their edits did not hold. complete: the last round had nothing left to
    edit. notes: what else the user should know, a sentence each. journal: where it was written, after a fix in
    place.
    """

    data: Dataset
    before: Findings
    fixed: Dataset
    after: Findings
    overlay: Overlay
    changes: Table
    dropped_images: frozenset[str]
    deletions: frozenset[str]
    renamed: Mapping[str, str]
    taken_back: Mapping[str, int]
    complete: bool
    notes: tuple[str, ...] = ()
    journal: Path | None = None


@dataclass(frozen=True)
class Tools:
    """What the rounds are given to work with.

    read: the dataset with these bytes in place of its files' own, and image files found by these paths. audit: its
    findings, severities filled in. rules: by code. patch: the splices of edits. fingerprints: a text for each finding.
    """

    read: Read
    audit: Callable[[Dataset], Findings]
    rules: Mapping[str, Rule]
    patch: Callable[[Dataset, Edits], list[Splice]]
    fingerprints: Callable[[Dataset, Findings], Array]


@dataclass(frozen=True)
class Asked:
    """Settled edits; the findings that ask for them, which `finding` counts over, with their record keys
    and fingerprints."""

    edits: Edits
    findings: Findings
    keys: Array
    prints: Array


NOTHING = Asked(Edits.make(0), Findings(), np.empty(0, dtype=np.int64), np.empty(0, dtype=object))


@dataclass(frozen=True)
class Run:
    """The end of one run of rounds; what was made in it is still to be proven."""

    last: State
    overlay: Overlay
    dropped: frozenset[str]
    renamed: Mapping[str, str]
    changes: Table
    proven: Table
    complete: bool
    idle: int  # findings that asked for edits in the last round, which none of them changed a byte by


@dataclass(frozen=True)
class Barred:
    """What is left alone: whole rules, and findings by rule and record key."""

    rules: frozenset[str] = frozenset()
    findings: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def and_also(self, failed: Table, whole: bool) -> Barred:
        """Bar the findings whose edits failed; `whole`: their rules too."""
        found = dict(self.findings)
        for rule, key in zip(failed["rule"].tolist(), failed["key"].tolist(), strict=True):
            found[rule] = found.get(rule, NONE) | {key}
        return Barred(self.rules | set(failed["rule"].tolist() if whole else ()), found)

    def __or__(self, other: Barred) -> Barred:
        both = self.findings.keys() | other.findings.keys()
        found = {each: self.findings.get(each, NONE) | other.findings.get(each, NONE) for each in both}
        return Barred(self.rules | other.rules, found)


def check_finished(data: Dataset) -> None:
    """Raise AnnotoolError where an earlier run left files half changed."""
    for left in journal.unfinished(home(data)):
        raise AnnotoolError(
            f"{left}: a run that changed files in place did not end; `annotool undo {left}` puts them back"
        )


def propose(
    read: Read,
    audit: Callable[[Dataset], Findings],
    rules: Mapping[str, Rule],
    patch: Callable[[Dataset, Edits], list[Splice]],
    unsafe: bool,
    fingerprints: Callable[[Dataset, Findings], Array] = fingerprint.fingerprints,
    in_place: bool = False,
) -> Proposal:
    """Return the edits that mend what can be mended, proven: each finding they answer is gone, no record they
    touch has a new finding as severe, and another run would edit nothing. What does not hold is taken back.

    `rules` are those that may mend; `audit` may run more of them, whose findings count in the proof. Without
    `unsafe` only safe edits are made; `in_place`, none that would have to delete or rename an image file. Rounds end when
    one edits nothing, or after five. Raises AnnotoolError when an earlier run left files half changed.
    """
    tools = Tools(read, audit, rules, patch, fingerprints)
    data = read({}, {})
    check_finished(data)
    first = State(data, audit(data), Trail.start(data))
    barred, kept, called = Barred(), Barred(), Barred()
    for attempt in range(TRIES + 2 * len(rules) + 1):
        run = rounds(tools, first, unsafe, barred | kept | called)
        bad = proof.failed(first, run.last, run.proven)
        bad |= renaming.lost(first.data, run.last.data, run.proven["moved"], run.dropped)
        again = found_again(read, run) if in_place or not bad.any() else frozenset()
        stay = np.isin(run.proven["image"], list(again) if in_place else [])
        moves = (run.proven["moved"] != "") & in_place
        if not (bad | stay | moves).any():
            break
        barred = barred.and_also(run.proven.take(bad & ~stay & ~moves), whole=attempt >= TRIES)
        called = called.and_also(run.proven.take(moves), whole=False)
        kept = kept.and_also(run.proven.take(stay), whole=False)
    else:
        again = found_again(read, run)
    renamed = {old: new for old, new in run.renamed.items() if old not in again and old != new}
    return Proposal(
        data=first.data,
        before=first.findings.of(*rules),
        fixed=run.last.data,
        after=run.last.findings.of(*rules),
        overlay=run.overlay,
        changes=run.changes.take(
            np.isin(run.changes["image_path"], list(renamed)) | ~renaming.asked(run.changes)
        ),
        dropped_images=run.dropped,
        deletions=again,
        renamed=renamed,
        taken_back={rule: len(keys) for rule, keys in sorted(barred.findings.items())},
        complete=run.complete,
        notes=(
            *emptied(first, run.last),
            *renaming.told(first.data, run.last.data, run.idle),
            *not_in_place(kept, "be found again"),
            *not_in_place(called, "take another name or place"),
        ),
    )


def found_again(read: Read, run: Run) -> frozenset[str]:
    """The images that a reader would find again though their records went."""
    if not run.dropped:
        return run.dropped
    return run.dropped & set(read(run.overlay, run.renamed).table("images")["path"])


def not_in_place(kept: Barred, would: str) -> tuple[str, ...]:
    """Tell of findings that are left alone since no image is deleted or renamed in place."""
    count = sum(map(len, kept.findings.values()))
    if not count:
        return ()
    what = (
        "1 finding is not mended in place: its image"
        if count == 1
        else f"{count:,} findings are not mended in place: their images"
    )
    codes = ", ".join(sorted(kept.findings))
    return (f"{what} would {would}; use --out ({codes})",)


def emptied(first: State, last: State) -> tuple[str, ...]:
    """Tell of images whose last annotation goes: a detector takes them for backgrounds from then on."""

    def images(state: State, rows: Array) -> Array:
        return record_keys(state.trail, state.data, "images", rows)

    held, holds = (np.unique(each.data.table("annotations")["image"]) for each in (first, last))
    before, after = images(first, held[held >= 0]), images(last, holds[holds >= 0])
    left = images(last, np.arange(len(last.data.table("images"))))
    count = int((np.isin(before, left) & ~np.isin(before, after) & (before >= 0)).sum())
    if not count:
        return ()
    if classifies(first.data):
        return (f"images that lose their last label: {count:,}",)
    return (f"images that lose their last annotation, and are backgrounds from then on: {count:,}",)


def rounds(tools: Tools, first: State, unsafe: bool, barred: Barred) -> Run:
    state, overlay, dropped, renamed = first, dict[Path, bytes | None](), frozenset[str](), dict[str, str]()
    notes = [noted(first, first, NOTHING, splices.table(first.data, []), [], 0)]
    for number in range(1, ROUNDS + 2):
        asked = wanted(tools, state, unsafe, barred)
        spliced = splices.table(state.data, patched(tools, state.data, asked.edits))
        moves = renaming.moves(state.data, asked.edits)
        files = creating.files(state.data, asked.edits, overlay) if not (len(spliced) or moves) else []
        done = not (len(spliced) or files or moves)
        if done or number > ROUNDS:
            break
        before, renamed = state, renamed | renaming.names(state.data, moves)
        overlay |= {**new_files(state.data, spliced), **{each.path: each.new for each in files}}
        dropped |= lost_images(state.data, asked.edits.take(np.unique(spliced["edit"])))
        dropped |= renaming.gone(state.data, moves)
        data = tools.read({**overlay, **hidden(dropped)}, renamed)
        state = State(data, tools.audit(data), state.trail.after(state.data, spliced))
        if files:
            parts = (asked.edits, asked.findings, asked.keys, asked.prints)
            notes.append(creating.noted(before, state, parts, files, number))
        else:
            notes.append(noted(first, before, asked, spliced, moves, number))
    changes, proven = (Table.concat(list(each)) for each in zip(*notes, strict=True))
    idle = len(np.unique(asked.edits["finding"])) if done else 0
    return Run(state, overlay, dropped, renamed, changes, proven, complete=done, idle=idle)


def noted(
    first: State, state: State, asked: Asked, spliced: Table, moves: list[Move], number: int
) -> tuple[Table, Table]:
    """What is to be kept of a round: its changes, and what has to be proven of them."""
    lines = partial(first_lines, first.data, state.trail, state.data)
    changes = described(state.data, asked.findings, asked.prints, asked.edits, spliced, number, lines)
    if moves:
        own = renaming.described(state.data, asked.findings, asked.prints, asked.edits, moves, number)
        changes = Table.concat([changes, own])
    by = np.array([each.edit for each in moves], dtype=np.int64)
    others = np.setdiff1d(spliced["edit"], by).astype(np.int64)
    made = asked.edits.take(np.concatenate([others, by]))
    files = [Move(-1, "", 0)] * len(others) + moves
    return changes, proof.made(state, asked.findings, asked.keys, made, number, files)


def wanted(tools: Tools, state: State, unsafe: bool, barred: Barred) -> Asked:
    """The edits of one round, settled, and the findings that ask for them."""
    parts, findings, all_keys = list[Edits](), Findings(), list[Array]()
    count = 0
    for code, rule in sorted(tools.rules.items()):
        mine = replace(state.findings.of(code), skipped=())
        if not rule.fixes or code in barred.rules or not len(mine):
            continue
        fix, keys = mine.column("fix"), finding_keys(state.trail, state.data, mine)
        keep = (fix > Fix.NONE) & ((fix == Fix.SAFE) | unsafe)
        keep &= ~np.isin(keys, list(barred.findings.get(code, NONE)))
        edits = (
            allowed(rule, rule.fix(state.data, picked(mine, keep)), unsafe) if keep.any() else Edits.make(0)
        )
        if len(edits):
            parts.append(
                Edits(edits.columns.with_columns(finding=np.flatnonzero(keep)[edits["finding"]] + count))
            )
            findings, count = findings + mine, count + len(mine)
            all_keys.append(keys)
    if not parts:
        return NOTHING
    prints = tools.fingerprints(state.data, findings)
    return Asked(settle(state.data, Edits.concat(parts)), findings, np.concatenate(all_keys), prints)


def picked(findings: Findings, keep: Array) -> Findings:
    masks = iter(np.split(keep, np.cumsum([len(part) for part in findings.blocks])[:-1]))
    return findings.where(lambda _: next(masks))


def allowed(rule: Rule, edits: Edits, unsafe: bool) -> Edits:
    """Edits without those of findings that ask for what may not be: something unsafe, or, by a rule that only
    tells facts, such as a statistical outlier, the loss of a record.
    """
    bad = np.zeros(len(edits), dtype=bool) if unsafe else ~edits["safe"]
    if rule.severities[0] == Severity.INFO:
        bad = bad | (edits["op"] == Op.DROP)
    return edits.take(~np.isin(edits["finding"], edits["finding"][bad]))


def patched(tools: Tools, data: Dataset, edits: Edits) -> list[Splice]:
    """The splices of edits; bytes that a reader named need no format."""
    rows = np.flatnonzero(edits["op"] == Op.BYTES)
    own = [
        Splice(source, start, end, new.encode("utf-8", "surrogateescape"), edit)
        for source, start, end, new, edit in zip(
            *(edits[name][rows].tolist() for name in ("row", "start", "end", "new")),
            rows.tolist(),
            strict=True,
        )
    ]
    others = np.flatnonzero(np.isin(edits["op"], (Op.SET, Op.DROP, Op.ADD)) & ~renaming.asked(edits))
    made = tools.patch(data, edits.take(others)) if len(others) else []
    return own + [each._replace(edit=int(others[each.edit])) for each in made]


def new_files(data: Dataset, spliced: Table) -> dict[Path, bytes | None]:
    return {source_path(data, source): held for source, held in splices.replaced(data, spliced).items()}


def lost_images(data: Dataset, made: Edits) -> frozenset[str]:
    """The image files whose every record goes."""
    paths = data.table("images")["path"]
    stays = np.ones(len(paths), dtype=bool)
    stays[made["row"][(made["op"] == Op.DROP) & (made["table"] == "images")]] = False
    return frozenset(paths[~stays].tolist()) - set(paths[stays].tolist()) - {""}


def hidden(images: frozenset[str]) -> dict[Path, bytes | None]:
    """Images as if they were not there, named as a reader may name them: whole, or from the working
    folder.
    """
    return {Path(spelled): None for each in images for spelled in (each, os.path.relpath(each))}
