"""Small COCO datasets for the tests of this folder."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annotool.dataset import Dataset
from annotool.formats.base import ReadOptions
from annotool.formats.coco import FORMAT

Record = dict[str, Any]

SECTIONS = ("images", "annotations", "categories")
RING = [10, 10, 60, 10, 60, 50.5, 10, 50]


def image(number: Any = 1, **more: Any) -> Record:
    """Return a healthy image record."""
    return {"id": number, "file_name": f"{number}.jpg", "width": 640, "height": 480, **more}


def annotation(number: Any = 1, **more: Any) -> Record:
    """Return a healthy annotation record, a box with a polygon in image 1."""
    record = {
        "id": number,
        "image_id": 1,
        "category_id": 1,
        "bbox": [10, 10, 50, 40.5],
        "area": 2000.25,
        "iscrowd": 0,
        "segmentation": [RING],
    }
    return {key: value for key, value in {**record, **more}.items() if value is not ...}


def category(number: Any = 1, name: str = "cat", **more: Any) -> Record:
    """Return a healthy category record."""
    return {"id": number, "name": name, "supercategory": "animal", **more}


def document(
    images: Sequence[Any] = (),
    annotations: Sequence[Any] = (),
    categories: Sequence[Any] = (),
    **more: Any,
) -> Record:
    """Return a document; one healthy record for a section that is not given."""
    return {
        "images": list(images) or [image()],
        "annotations": list(annotations) or [annotation()],
        "categories": list(categories) or [category()],
        **more,
    }


def lines(content: Mapping[str, Any]) -> bytes:
    """Return a document as text, one record a line."""
    parts = []
    for key, value in content.items():
        records = ",\n".join(json.dumps(each) for each in value) if isinstance(value, list) else ""
        parts.append(f"{json.dumps(key)}: " + (f"[\n{records}\n]" if records else json.dumps(value)))
    return ("{" + ",\n".join(parts) + "}\n").encode()


def put(root: Path, files: Mapping[str, bytes | str | Mapping[str, Any] | list[Any]]) -> Path:
    """Write files below a folder, which is returned."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Mapping):
            content = lines(content)
        elif isinstance(content, list):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def read(path: Path, **options: Any) -> Dataset:
    """Read a dataset without looking for images."""
    return FORMAT.read(path, ReadOptions(**{"images": "none", **options}))


def read_text(root: Path, content: bytes | Mapping[str, Any], **options: Any) -> Dataset:
    """Read one file with this content."""
    put(root, {"labels.json": content})
    return read(root / "labels.json", **options)


def told(data: Dataset) -> list[tuple[str, str, str]]:
    """Return rule, pointer and text of each problem."""
    return [
        (part.rule, str(part.columns["pointer"][row]), part.text(row))
        for part in data.problems.blocks
        for row in range(len(part))
    ]


def codes(data: Dataset) -> list[str]:
    """Return the rule of each problem, sorted."""
    return sorted(rule for rule, _, _ in told(data))


def lost(data: Dataset) -> int:
    """Return how many records could not be kept."""
    return int((~data.problems.column("kept")).sum())


def kept(data: Dataset) -> int:
    """Return how many records stand in tables."""
    return sum(len(data.table(name)) for name in SECTIONS)
