"""What a rule is. One file, one rule, its documentation in the docstring; CONTRIBUTING.md names the sections.

A rule works on columns, never row by row. `AnnotationRule` and `ImageRule` write `check`; a `DatasetRule` writes
`partial`, `merge` and `finish`, so that one text runs on one machine and on many; a `ReaderRule` gives severity,
documentation and fix to faults that a reader met.
"""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Edits, Findings, Fix, Op, Severity, block
from annotool.rules.targets import Consequence
from annotool.schema import NO_ID, Kind
from annotool.table import Array, Table

__all__ = [
    "COLUMNS",
    "AnnotationRule",
    "DatasetRule",
    "Edits",
    "Findings",
    "Fix",
    "ImageRule",
    "Op",
    "ReaderRule",
    "Rule",
    "Severity",
    "classifies",
    "found",
    "gains",
    "in_class_lists",
    "mendable",
    "size_edits",
    "together",
]

COLUMNS = (
    "annotation",
    "image",
    "category",
    "source",
    "line",
    "start",
    "end",
)  # what a finding says of its row
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True)
class Rule(ABC):
    """One rule; its options are the dataclass fields of its subclass, each with a default."""

    code: ClassVar[str]
    slug: ClassVar[str]
    severities: ClassVar[tuple[Severity, ...]]  # the grades it may give, the usual one first
    scope: ClassVar[str]
    fixes: ClassVar[tuple[Fix, ...]] = ()  # what it can offer
    formats: ClassVar[tuple[str, ...]] = ()  # empty: all
    verdict: ClassVar[tuple[str, str]] = ("", "")  # said of one error, of more: "{n} boxes have no area"
    silenced_by: ClassVar[tuple[str, ...]] = ()  # codes of the causes whose echo it would be
    told_by: ClassVar[
        tuple[str, ...]
    ] = ()  # those of them that tell the same fault, and only silence what they tell
    targets: ClassVar[tuple[Consequence, ...]] = ()  # what consumers of labels do with it (--target)
    preview: ClassVar[bool] = False  # runs with --preview only, until a minor release turns it on

    def unable(self, data: Dataset) -> str:
        """Return why the rule cannot run, or judges only a part; empty: it can judge all."""
        return ""

    @abstractmethod
    def check(self, data: Dataset) -> Findings:
        """Return the findings, in columns."""

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        """Return edits that mend the given findings, all of this rule; `finding` counts over their blocks."""
        return Edits.make(0)

    def condemns(self, part: Block) -> Array:
        """Return which of its findings spoil what they name for the rules that it silences (bool, one a row)."""
        return np.ones(len(part), dtype=bool)

    @classmethod
    def documentation(cls) -> str:
        """Return the docstring: a line, then What, Why, Bad, Good, Fix, Source."""
        return inspect.getdoc(cls) or ""


class AnnotationRule(Rule):
    """Looks at one annotation and its image at a time."""

    scope = "annotation"


class ImageRule(Rule):
    """Looks at all rows of one image at a time."""

    scope = "image"


State = TypeVar("State")


class DatasetRule(Rule, Generic[State]):
    """Has to see the whole dataset: a state of each part, states merged, findings from the last one."""

    scope = "dataset"

    @abstractmethod
    def partial(self, shard: Dataset) -> State:
        """Return what has to be known of one part."""

    @abstractmethod
    def merge(self, states: Sequence[State]) -> State:
        """Return the state of the parts together."""

    @abstractmethod
    def finish(self, state: State) -> Findings:
        """Return the findings of the whole."""

    def check(self, data: Dataset) -> Findings:
        return self.finish(self.merge([self.partial(data)]))


class ReaderRule(Rule):
    """Its faults are met while reading; readers file them in `Dataset.problems` under its code."""

    scope = "file"

    def check(self, data: Dataset) -> Findings:
        return data.problems.of(self.code)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        """Replace the bytes the reader named (columns start, end) by its value `new`, where it gave one."""
        parts, before = [], 0
        for part in findings.blocks:
            rows = np.flatnonzero(part.columns["fix"] > Fix.NONE)
            if "new" in part.values and len(rows):
                columns = part.columns.take(rows)
                edits = Edits.make(
                    len(rows),
                    op=Op.BYTES,
                    table="sources",
                    row=columns["source"],
                    start=columns["start"],
                    end=columns["end"],
                    new=part.values["new"][rows],
                    finding=rows + before,
                    safe=columns["fix"] == Fix.SAFE,
                    rule=self.code,
                )
                parts.append(edits)
            before += len(part)
        return Edits.concat(parts)


def found(
    rule: Rule,
    message: str,
    rows: Table | None = None,
    *,
    take: Array | None = None,
    count: int = 1,
    severity: Any = -1,
    fix: Any = Fix.NONE,
    values: dict[str, Any] | None = None,
    **columns: Any,
) -> Findings:
    """Return findings of `rule`, one for each row of `rows` (a table `images`, `annotations`, `categories`, or a
    part of one), or `count` of them that name no row.

    `take` (positions or a boolean array) narrows `rows`; `values` are already narrowed. Which record each one names
    (image, annotation, category, source, line, start, end) comes from the columns of `rows`; `columns` override.
    """
    if rows is None:
        own = block(rule.code, message, count, severity=severity, fix=fix, values=values, **columns)
        return Findings((own,)) if count else Findings()
    if take is not None:
        rows = rows.take(np.asarray(take))
    if not len(rows):
        return Findings()
    for name in COLUMNS:
        if name in rows and name not in columns:
            columns[name] = rows[name]
    if "annotation" in rows and "category" not in rows:
        raise ValueError("rows of annotations come with their category")
    return Findings(
        (block(rule.code, message, len(rows), severity=severity, fix=fix, values=values, **columns),)
    )


def together(parts: Iterable[Findings]) -> Findings:
    """Return findings joined in order."""
    joined = Findings()
    for part in parts:
        joined += part
    return joined


def mendable(findings: Findings, names: str = "annotation") -> tuple[Array, Array, Array]:
    """Return, of the findings that offer a fix: their rows in `findings`, the row keys they name in that column, and
    whether the fix is safe (int64, int64, bool)."""
    fix = findings.column("fix")
    chosen = np.flatnonzero(fix > Fix.NONE)
    return chosen, findings.column(names)[chosen], fix[chosen] == Fix.SAFE


def written_in(data: Dataset, rows: Table, formats: Iterable[str]) -> Array:
    """Return which rows (of images, annotations or categories) come from a file of these formats, bool."""
    known = [name in formats for name in data.table("sources")["format"].tolist()]
    return np.array([*known, False], dtype=bool)[rows["source"]]  # the last one is for source -1: no file


def in_class_lists(data: Dataset, rows: Table) -> Array:
    """Return which rows (of images or annotations) come from VOC's lists of a class, which name images and no more, bool."""
    sources = data.table("sources")
    lists = [form == "voc" and file.lower().endswith(".txt") for form, file in zip(
        sources["format"].tolist(), sources["file"].tolist(), strict=True)]  # fmt: skip
    return np.array([*lists, False], dtype=bool)[rows["source"]]


def gains(data: Dataset) -> Array:
    """Return which images have a file of labels that a box can be added to, bool; of class folders, tables, an image
    without a label file and YOLO's other tasks none has.
    """
    sources = data.table("sources")
    forms = {"coco"} | (set() if "class_lists" in data.facts else {"voc"})
    if dict(data.facts.get("task", {})).get("task", "detect") == "detect":
        forms.add("yolo")
    able = np.isin(sources["format"].astype(str), sorted(forms)) & (sources["role"] == "labels")
    return np.append(able, False)[data.table("images")["source"]]  # the last one is for source -1: no file


def size_edits(rule: Rule, data: Dataset, images: Array, sizes: Array, finding: Array) -> Edits:
    """Return edits that declare the width and height in `sizes`, float64 (n, 2), for these images where they differ."""
    parts = []
    for column, new in zip(("width", "height"), sizes.T, strict=True):
        other = data.table("images")[column][images] != new
        parts.append(
            Edits.make(
                int(other.sum()),
                table="images",
                column=column,
                row=images[other],
                new=new[other],
                finding=finding[other],
                rule=rule.code,
            )
        )
    return Edits.concat(parts)


def worded(text: str, count: int) -> str:
    """Return a text with the first of each `[one|more]` where the count is 1, else the second."""
    return re.sub(r"\[([^|\]]*)\|([^\]]*)\]", r"\1" if count == 1 else r"\2", text)


def unkept(data: Dataset, section: str) -> Array:
    """Count the records of a section (images, categories) of each source that a reader could not keep (int64)."""
    counts = np.zeros(len(data.table("sources")), dtype=np.int64)
    for part in data.problems.blocks:
        gone = np.flatnonzero(~part.columns["kept"] & (part.columns["source"] >= 0))
        named = [each.startswith(f"/{section}/") for each in part.columns["pointer"][gone].tolist()]
        np.add.at(counts, part.columns["source"][gone[np.array(named, dtype=bool)]], 1)
    return counts


def explained_ids(source: Array, ids: Array, records: Table, lost: Array) -> Array:
    """Return which references, each with the id of no record in its source, are echoes (bool): no more ids are missing
    in the source than records of it were lost (int64, one a source) or repeat an id.

    `records` has the columns source and id.
    """
    if not len(ids):
        return np.zeros(0, dtype=bool)
    known = (records["id"] != NO_ID) & (records["source"] >= 0)
    written = np.bincount(records["source"][known], minlength=len(lost))
    repeated = written - distinct(records["source"][known], records["id"][known], len(lost))
    explained: Array = (distinct(source, ids, len(lost)) <= lost + repeated)[source]
    return explained


def distinct(source: Array, ids: Array, sources: int) -> Array:
    """Count the different ids of each source (int64, (sources,))."""
    order = np.lexsort((ids, source))
    source, ids = source[order], ids[order]
    new = np.append(True, (source[1:] != source[:-1]) | (ids[1:] != ids[:-1]))[: len(ids)]
    return np.bincount(source[new], minlength=sources)


def classifies(data: Dataset) -> bool:
    """Whether all annotations label whole images; a dataset without any does where its format holds nothing else."""
    kinds = data.table("annotations")["kind"]
    if len(kinds):
        return bool((kinds <= Kind.IMAGE).all()) and bool((kinds == Kind.IMAGE).any())
    return "labels" in data.facts or data.formats == {"imagefolder"}


def image_files_lacking(data: Dataset) -> str:
    """Say why a rule that looks into image files cannot judge all images; empty: it can.

    Images that are missing one by one are SCH010's; here a whole split, or all, have none.
    """
    if data.images_checked == "none":
        return "--images none"
    there = data.table("images")["path"] != ""
    if not there.any():
        return "no image files"
    splits = data.image_splits
    bare = sorted(set(splits[~there].tolist()) - set(splits[there].tolist()) - {""})
    if not bare:
        return ""
    count = int(sum((splits == name).sum() for name in bare))
    return f"no image files in {', '.join(bare)}: {count:,} {worded('image[|s]', count)} not judged"


def pixels_lacking(data: Dataset) -> str:
    """Say why a rule that looks at pixels cannot judge all images; empty: it can."""
    return "needs --decode" if data.images_checked == "header" else image_files_lacking(data)
