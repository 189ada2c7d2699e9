"""A format small enough to see through, and rules that find faults in it: what fixes are tested with.

A `.toy` file holds lines `image ID NAME WIDTH HEIGHT` and `box ID IMAGE CATEGORY X Y W H AREA`. A `.jpg` that
no line names is an image too, as in formats that take whole folders. `classes.txt` is a class list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, Fix, Op, Severity
from annotool.fixes.rounds import Proposal, propose
from annotool.formats.base import Problems, Splice, objects
from annotool.rules.base import AnnotationRule, ImageRule, ReaderRule, Rule, found
from annotool.schema import Kind, SizeFrom, make
from annotool.table import Array, Table

LIST = "classes.txt"
CATEGORIES = ("apple", "pear")
TOKENS = {"id": 1, "category_id": 3, "x": 4, "y": 5, "w": 6, "h": 7, "area": 8, "width": 3, "height": 4}
ALONE = {
    "source": -1,
    "start": -1,
    "end": -1,
    "line": 0,
    "id": -1,
    "size_from": 0,
    "width": 9.0,
    "height": 9.0,
}

Overlay = Mapping[Path, bytes | None]


def read(folder: Path, overlay: Overlay | None = None) -> Dataset:
    """Read all .toy files below a folder."""
    held = {path: path.read_bytes() for path in sorted(folder.rglob("*.toy"))}
    files = {path: new for path, old in held.items() if (new := (overlay or {}).get(path, old)) is not None}
    listing = folder / LIST
    listed = (overlay or {}).get(listing, listing.read_bytes() if listing.exists() else None)
    files |= {} if listed is None else {listing: listed}
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    problems = Problems()
    for source, (path, text) in enumerate(files.items()):
        read_file(source, path, text, images, boxes, problems)
    named = {row["path"] for row in images}
    alone = [each for each in sorted(folder.rglob("*.jpg")) if (overlay or {}).get(each, b"") is not None]
    images += [
        {**ALONE, "file_name": each.name, "path": str(each)} for each in alone if str(each) not in named
    ]
    rank = {(row["source"], row["id"]): at for at, row in enumerate(images)}
    for row in boxes:
        row["image"] = rank.get((row["source"], row["image_id"]), -1)
    tables = {
        "images": table("images", images),
        "annotations": table("annotations", boxes),
        "categories": make("categories", 2, label=np.arange(2), id=np.arange(2), name=objects(CATEGORIES)),
        "splits": make("splits", 0),
        "sources": make(
            "sources",
            len(files),
            file=objects([path.relative_to(folder).as_posix() for path in files]),
            format=objects(["toy"] * len(files)),
            buffer=np.arange(len(files)),
            start=np.zeros(len(files)),
            end=np.array([len(text) for text in files.values()]),
        ),
        "originals": make("originals", 0),
    }
    return Dataset(tables, (folder,), tuple(files.values()), problems.findings())


def read_file(
    source: int,
    path: Path,
    text: bytes,
    images: list[dict[str, Any]],
    boxes: list[dict[str, Any]],
    problems: Problems,
) -> None:
    at = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        words = line.decode().split()
        span = {"source": source, "start": at, "end": at + len(line), "line": number}
        at += len(line)
        if words[:1] == ["image"]:
            row = {"id": int(words[1]), "file_name": words[2], "size_from": int(SizeFrom.DECLARED)}
            beside = path.parent / words[2]
            row |= {"width": float(words[3]), "height": float(words[4])}
            images.append({**span, **row, "path": str(beside) if beside.exists() else ""})
        elif "," in line.decode():
            new = line.decode().replace(",", " ")
            message = "a comma in a row"
            problems.add(
                "TOY002",
                message,
                source=source,
                start=at - len(line),
                end=at,
                line=number,
                kept=False,
                fix=Fix.SAFE,
                new=new,
            )
        elif words[:1] == ["box"]:
            sides = dict(zip(("x", "y", "w", "h", "area"), map(float, words[4:9]), strict=True))
            row = {"id": int(words[1]), "image_id": int(words[2]), "category_id": int(words[3])}
            boxes.append({**span, **row, "category": int(words[3]), "kind": int(Kind.BOX), **sides})


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    columns: dict[str, Any] = {key: [row[key] for row in rows] for key in (rows[0] if rows else ())}
    return make(
        name, len(rows), **{k: objects(v) if isinstance(v[0], str) else v for k, v in columns.items()}
    )


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """The splices of edits: one token, or a line."""
    out: list[Splice] = []
    for at in range(len(edits)):
        held = data.table(edits["table"][at])
        row = int(edits["row"][at])
        source, start, end = (int(held[name][row]) for name in ("source", "start", "end"))
        if edits["op"][at] == Op.DROP:
            out.append(Splice(source, start, end, b"", at))
            continue
        line = bytes(data.source_bytes(source)[start:end])
        column = edits["column"][at]
        cells = (
            zip("xywh", edits["new"][at], strict=True) if column == "bbox" else [(column, edits["new"][at])]
        )
        for name, value in cells:
            low, high = token(line, TOKENS[name])
            out.append(Splice(source, start + low, start + high, b"%g" % value, at))
    return out


def token(line: bytes, number: int) -> tuple[int, int]:
    words = line.split()
    start = 0
    for word in words[:number]:
        start = line.index(word, start) + len(word)
    start = line.index(words[number], start)
    return start, start + len(words[number])


@dataclass(frozen=True)
class Outside(AnnotationRule):
    """A box leaves its image."""

    code = "TOY101"
    slug = "outside"
    severities = (Severity.ERROR,)
    fixes = (Fix.SAFE, Fix.UNSAFE)

    def check(self, data: Dataset) -> Findings:
        rows, width = data.table("annotations"), data.image_values("width")
        over = rows["x"] + rows["w"] - width
        take = np.flatnonzero(over > 0)
        fix = np.where(over[take] <= 1, Fix.SAFE, Fix.UNSAFE)
        return found(self, "over by {over}", rows, take=take, fix=fix, values={"over": over[take]})

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, rows = findings.column("annotation"), data.table("annotations")
        x, y, h = (rows[side][at] for side in "xyh")
        w = data.image_values("width")[at] - x
        return edit_cells(self, findings, at, "bbox", list(zip(x, y, w, h, strict=True)))


def edit_cells(rule: Rule, findings: Findings, rows: Array, column: str, new: list[Any]) -> Edits:
    return Edits.make(
        len(rows),
        table="annotations",
        column=column,
        row=rows,
        new=new,
        finding=np.arange(len(rows)),
        safe=findings.column("fix") == Fix.SAFE,
        rule=rule.code,
    )


@dataclass(frozen=True)
class Flat(AnnotationRule):
    """A box without width."""

    code = "TOY001"
    slug = "flat"
    severities: ClassVar[tuple[Severity, ...]] = (Severity.ERROR,)
    fixes = (Fix.UNSAFE,)

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        return found(self, "no width", rows, take=np.flatnonzero(rows["w"] <= 0), fix=Fix.UNSAFE)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        return drop(self, "annotations", findings.column("annotation"))


def drop(rule: Rule, table: str, rows: Array) -> Edits:
    at = np.arange(len(rows))
    return Edits.make(len(rows), op=Op.DROP, table=table, row=rows, finding=at, safe=False, rule=rule.code)


@dataclass(frozen=True)
class Outlier(Flat):
    """Only a fact: a box that is wider than others."""

    code = "TOY900"
    slug = "outlier"
    severities: ClassVar[tuple[Severity, ...]] = (Severity.INFO,)

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        return found(self, "wide", rows, take=np.flatnonzero(rows["w"] > 50), fix=Fix.UNSAFE)


@dataclass(frozen=True)
class Area(AnnotationRule):
    """The area is not that of the box."""

    code = "TOY201"
    slug = "area"
    severities = (Severity.WARNING,)
    fixes = (Fix.SAFE,)

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        take = np.flatnonzero(rows["area"] != rows["w"] * rows["h"])
        return found(self, "area", rows, take=take, fix=Fix.SAFE)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, rows = findings.column("annotation"), data.table("annotations")
        return edit_cells(self, findings, at, "area", (rows["w"] * rows["h"])[at].tolist())


@dataclass(frozen=True)
class Missing(ImageRule):
    """An image file is not there."""

    code = "TOY301"
    slug = "missing"
    severities = (Severity.ERROR,)
    fixes = (Fix.UNSAFE,)

    def check(self, data: Dataset) -> Findings:
        rows = data.table("images")
        return found(self, "missing", rows, take=np.flatnonzero(rows["path"] == ""), fix=Fix.UNSAFE)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        return drop(self, "images", findings.column("image"))


@dataclass(frozen=True)
class Unlisted(AnnotationRule):
    """There is no class list."""

    code = "TOY500"
    slug = "unlisted"
    severities: ClassVar[tuple[Severity, ...]] = (Severity.INFO,)
    fixes = (Fix.SAFE,)

    def check(self, data: Dataset) -> Findings:
        listed = LIST in data.table("sources")["file"].tolist()
        return found(self, "no list", count=0 if listed else 1, fix=Fix.SAFE)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        used = np.unique(data.table("annotations")["category"])
        new = "".join(f"{CATEGORIES[each]}\n" for each in used)
        return Edits.make(
            1, op=Op.CREATE, table="sources", row=0, column=LIST, new=new, finding=0, rule=self.code
        )


@dataclass(frozen=True)
class Comma(ReaderRule):
    """A comma in a row."""

    code = "TOY002"
    slug = "comma"
    severities = (Severity.ERROR,)
    fixes = (Fix.SAFE,)


RULES: tuple[Rule, ...] = (Flat(), Comma(), Outside(), Area(), Missing(), Outlier())


def auditor(rules: Sequence[Rule] = RULES) -> Callable[[Dataset], Findings]:
    """What runs the rules and fills in severities."""

    def audit(data: Dataset) -> Findings:
        out = Findings()
        for rule in rules:
            for part in rule.check(data).blocks:
                severity = np.full(len(part), rule.severities[0], dtype=np.int8)
                out += Findings((replace(part, columns=part.columns.with_columns(severity=severity)),))
        return out

    return audit


def proposal(
    folder: Path, *, unsafe: bool = False, rules: Sequence[Rule] = RULES, in_place: bool = False
) -> Proposal:
    """What is proposed for a folder of .toy files."""
    by_code = {rule.code: rule for rule in rules}
    return propose(
        lambda overlay, _: read(folder, overlay), auditor(rules), by_code, patch, unsafe, in_place=in_place
    )
