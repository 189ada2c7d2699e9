"""Writes pictures as COCO: a file a split, one record a line, so that a finding's line can be looked up."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sample_data.maker.truth import CATEGORIES, Fruit, Picture, leaf_mask, shoelace

Record = dict[str, Any]
Document = dict[str, Any]


def documents(pictures: Sequence[Picture]) -> dict[str, Document]:
    """Return one COCO document a split; ids run on over all of them."""
    numbers = iter(range(1, 100_000))
    return {split: document(pictures, split, numbers) for split in dict.fromkeys(p.split for p in pictures)}


def document(pictures: Iterable[Picture], split: str, numbers: Iterable[int]) -> Document:
    own = [picture for picture in pictures if picture.split == split]
    return {
        "info": {"description": "annotool sample data", "version": "1.0", "year": 2026},
        "licenses": [{"id": 1, "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}],
        "categories": [
            {"id": number, "name": name, "supercategory": "fruit"}
            for number, name in enumerate(CATEGORIES, 1)
        ],
        "images": [
            {"id": p.number, "file_name": p.name, "width": p.width, "height": p.height, "license": 1}
            for p in own
        ],
        "annotations": [
            annotation(number, picture, fruit)
            for (picture, fruit), number in zip(
                ((p, f) for p in own for f in p.fruits), numbers, strict=False
            )
        ],
    }


def annotation(number: int, picture: Picture, fruit: Fruit) -> Record:
    segmentation, area = (
        rle(picture, fruit) if fruit.leaf else ([list(fruit.outline)], shoelace(fruit.outline))
    )
    return {
        "id": number,
        "image_id": picture.number,
        "category_id": CATEGORIES.index(fruit.category) + 1,
        "bbox": list(fruit.xywh),
        "area": round(area, 2),
        "iscrowd": 0,
        "segmentation": segmentation,
    }


def rle(picture: Picture, fruit: Fruit) -> tuple[Record, float]:
    """Return the mask as uncompressed RLE (columns first, zeros first) and its area."""
    x1, y1, x2, y2 = fruit.box
    mask = leaf_mask(fruit)
    runs, value, area = [0], False, 0
    for x in range(picture.width):
        for y in range(picture.height):
            inside = x1 <= x < x2 and y1 <= y < y2 and mask[y - y1][x - x1]
            if inside != value:
                runs.append(0)
                value = inside
            runs[-1] += 1
            area += inside
    return {"size": [picture.height, picture.width], "counts": runs}, float(area)


def text(content: Document) -> str:
    """Return the document as JSON with one record a line."""
    sections = []
    for name, value in content.items():
        if isinstance(value, list):
            records = ",\n".join(json.dumps(record, ensure_ascii=False) for record in value)
            sections.append(f"{json.dumps(name)}: [\n{records}\n]")
        else:
            sections.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def line_of(content: Document, section: str, index: int) -> int:
    """Return the line, from 1, of a record in `text(content)`."""
    line = 2
    for name, value in content.items():
        if name == section:
            return line + 1 + index
        line += len(value) + 2 if isinstance(value, list) else 1
    raise KeyError(section)


def results(content: Iterable[Document]) -> list[Record]:
    """Return detections with scores, as a detector might make: boxes a little off, one in nine not seen."""
    found = []
    for number, record in enumerate((record for each in content for record in each["annotations"]), 1):
        if number % 9 == 4:
            continue
        x, y, w, h = record["bbox"]
        shift = [-1.5, 0.5, 1.0, 2.25][number % 4]
        box = [max(x + shift, 0), max(y - shift / 2, 0), w - 1, h - abs(shift) / 2]
        score = round(0.99 - (number * 37 % 60) / 100, 3)
        found.append(
            {
                "image_id": record["image_id"],
                "category_id": record["category_id"],
                "bbox": box,
                "score": score,
            }
        )
    # Two that are wrong: another class on an apple, and something where nothing lies.
    found.append({**found[5], "category_id": found[5]["category_id"] % 3 + 1, "score": 0.41})
    found.append({"image_id": 16, "category_id": 2, "bbox": [20, 20, 48, 30], "score": 0.33})
    return found
