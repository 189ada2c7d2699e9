"""What the tests of dirty, odd and healthy data share: pictures, files, an audit's findings, a command's output."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotool import api, cli
from annotool.dataset import Dataset
from annotool.reporting.rows import Row, rows

WIDTH, HEIGHT = 640, 480
Box = tuple[str, float, float, float, float]
Files = Mapping[str, str | bytes]


@cache
def picture(width: int = WIDTH, height: int = HEIGHT, form: str = "JPEG", shade: int = 90) -> bytes:
    """A plain picture of that size; another shade makes other bytes."""
    held = io.BytesIO()
    Image.new("RGB", (width, height), ((37 * shade) % 256, (91 * shade) % 256, 60)).save(held, form)
    return held.getvalue()


def put(root: Path, files: Files) -> Path:
    """Write files below a folder, which is returned; text as UTF-8, line ends as given."""
    for name, held in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(held.encode("utf-8", "surrogatepass") if isinstance(held, str) else held)
    return root


def tree(root: Path) -> dict[str, bytes]:
    """All files below a folder: path and bytes."""
    return {
        each.relative_to(root).as_posix(): each.read_bytes() for each in root.rglob("*") if each.is_file()
    }


@dataclass(frozen=True)
class Seen:
    """A dataset as it was read, and what the audit found in it."""

    data: Dataset
    found: tuple[Row, ...]

    @property
    def marks(self) -> set[tuple[str, str, int]]:
        """Rule, file and line of each finding."""
        return {(each.rule, each.file, each.line) for each in self.found}

    def of(self, rule: str) -> list[Row]:
        """The findings of one rule."""
        return [each for each in self.found if each.rule == rule]

    @property
    def errors(self) -> list[str]:
        """The errors, spelled out."""
        return [
            f"{each.place}: {each.rule} {each.message}" for each in self.found if each.severity == "error"
        ]

    @property
    def told(self) -> list[str]:
        """All findings, spelled out, for people who read a failed test."""
        return [f"{each.severity} {each.place}: {each.rule} {each.message}" for each in self.found]

    @property
    def boxes(self) -> list[Box]:
        """Name and x y w h, rounded to 1e-6, of each annotation."""
        table = self.data.table("annotations")
        names = self.data.names_of(table["category"]).tolist()
        sides = np.round(np.stack([table[side] for side in "xywh"], axis=1), 6).tolist()
        return [(name, *box) for name, box in zip(names, sides, strict=True)]

    @property
    def names(self) -> list[str]:
        """The category names."""
        return [*self.data.labels]

    @property
    def images(self) -> list[str]:
        """The images' file names."""
        return [*self.data.table("images")["file_name"].tolist()]


def seen(*paths: Path, **options: Any) -> Seen:
    """Read a dataset and audit it by all rules; whatever is in it, nothing may be lost."""
    data = api.read([*paths], **options)
    findings = api.audit(data, select=["ALL"])
    assert accounted(data), "records were lost"
    return Seen(data, tuple(rows(data, findings)))


def accounted(data: Dataset) -> bool:
    """Whether every record read stands in a table or in a problem that says it could not be kept."""
    lost = int((~data.problems.column("kept").astype(bool)).sum())
    return int(data.table("sources")["records"].sum()) == held(data) + lost


def held(data: Dataset) -> int:
    """How many records of the files stand in tables: JSON's lists have all kinds, other formats objects only."""
    count = len(data.table("annotations")) + len(data.table("predictions"))
    coco = data.table("sources")["format"] == "coco"
    for name in ("images", "categories"):
        source = data.table(name)["source"]
        count += int(coco[source[source >= 0]].sum())
    return count


def line_of(text: str, part: str) -> int:
    """The line, from 1, where `part` first stands."""
    return text[: text.index(part)].count("\n") + 1


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object) -> Ran:
    """Run annotool with these words as its command line."""
    monkeypatch.setattr(sys, "argv", ["annotool", *map(str, words)])
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    told = capsys.readouterr()
    return Ran(code, told.out, told.err)


# COCO: one record a line, so that lines can be counted.


def coco_image(number: Any, **more: Any) -> dict[str, Any]:
    """An image record, 640 x 480."""
    return {"id": number, "file_name": f"{number}.jpg", "width": WIDTH, "height": HEIGHT, **more}


def coco_box(
    number: Any, box: Any = (10, 20, 100, 50), image: Any = 1, category: Any = 1, **more: Any
) -> dict[str, Any]:
    """An annotation record; `more` overrides."""
    area = {}
    if isinstance(box, tuple) and all(isinstance(side, int | float) for side in box) and len(box) == 4:
        area = {"area": box[2] * box[3]}
    record = {"id": number, "image_id": image, "category_id": category, "bbox": box, **area, "iscrowd": 0}
    return {**record, **more}


CATEGORIES = ({"id": 1, "name": "cat"}, {"id": 2, "name": "dog"})


def coco_text(
    annotations: Iterable[Any],
    images: Iterable[Any] = (),
    categories: Iterable[Any] = CATEGORIES,
    **more: Any,
) -> str:
    """A COCO file; images without any given are 1 and 2."""
    sections = {
        "images": [*images] or [coco_image(1), coco_image(2)],
        "annotations": [*annotations],
        "categories": [*categories],
    }
    parts = []
    for name, records in sections.items():
        lines = ",\n".join(each if isinstance(each, str) else json.dumps(each) for each in records)
        parts.append(f'"{name}": [\n{lines}\n]')
    parts += [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in more.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


# VOC.


def voc_object(
    *corners: Any, name: str = "cat", truncated: Any = 0, difficult: Any = 0, more: str = ""
) -> str:
    """An object element; corners are xmin ymin xmax ymax."""
    inside = "".join(
        f"<{tag}>{value}</{tag}>"
        for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
        if value is not None
    )
    return (
        f"  <object>\n    <name>{name}</name>\n    <truncated>{truncated}</truncated>\n"
        f"    <difficult>{difficult}</difficult>\n    <bndbox>{inside}</bndbox>\n{more}  </object>\n"
    )


def voc_text(*objects: str, filename: str = "1.jpg", width: Any = WIDTH, height: Any = HEIGHT) -> str:
    """A VOC file."""
    size = f"  <size><width>{width}</width><height>{height}</height><depth>3</depth></size>\n"
    named = f"  <filename>{filename}</filename>\n" if filename else ""
    return f"<annotation>\n{named}{size}{''.join(objects)}</annotation>\n"
