"""Annotations added: the file stays JSON whatever else goes in the same round."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.findings import Edits, NewBox, Op
from annotool.fixes import splices
from annotool.formats.coco.patch import patch
from tests.dirty import CATEGORIES, coco_box, coco_image, coco_text, put

BOX = NewBox(1, (1.0, 2.00004, 30.5, 20.0))
RECORD = {"image_id": 2, "category_id": 2, "bbox": [1, 2, 30.5, 20], "area": 610, "iscrowd": 0}


def made(data: Dataset, drops: Sequence[int], adds: int) -> list[Any]:
    """The annotations of the file after an edit."""
    edits = [Edits.make(1, op=Op.DROP, table="annotations", row=row) for row in drops]
    edits += [Edits.make(1, op=Op.ADD, table="images", column="bbox", row=1, new=[BOX])] * adds
    table = splices.table(data, patch(data, Edits.concat(edits)))
    held = splices.replaced(data, table).get(0, bytes(data.source_bytes(0)))
    assert held is not None
    found: list[Any] = json.loads(held)["annotations"]
    return found


@pytest.mark.parametrize("drops", [[], [0], [2], [1, 2], [0, 2], [0, 1]])
@pytest.mark.parametrize("adds", [1, 3])
def test_behind_the_last_that_stays(tmp_path: Path, drops: list[int], adds: int) -> None:
    records = [coco_box(number) for number in (4, 9, 6)]
    data = api.read(put(tmp_path, {"a.json": coco_text(records)}), images="none")
    left = [each["id"] for at, each in enumerate(records) if at not in drops]
    found = made(data, drops, adds)
    assert [each["id"] for each in found] == [*left, *range(10, 10 + adds)]
    assert all({**RECORD, "id": each["id"]} == each for each in found[len(left) :])


def test_not_where_all_go(tmp_path: Path) -> None:
    data = api.read(put(tmp_path, {"a.json": coco_text([coco_box(1), coco_box(2)])}), images="none")
    assert made(data, [0, 1], 2) == []


@pytest.mark.parametrize("between", ["", " ", "\n"])
def test_the_first_of_a_file(tmp_path: Path, between: str) -> None:
    images = [coco_image(1), coco_image(2)]
    text = json.dumps({"images": images, "categories": CATEGORIES}) + f', "annotations": [{between}]' + "}"
    text = text.replace("]}, ", "], ")
    data = api.read(put(tmp_path, {"a.json": text}), images="none")
    assert [each["id"] for each in made(data, [], 2)] == [1, 2]


def test_set_off_as_the_others(tmp_path: Path) -> None:
    text = coco_text([coco_box(1), coco_box(2)])
    first, second = (json.dumps(coco_box(number)) for number in (1, 2))
    assert f"{first},\n{second}" in text
    text = text.replace(f"{first},\n{second}", f"{first},\n\t{second}")
    data = api.read(put(tmp_path, {"a.json": text}), images="none")
    [splice] = patch(data, Edits.make(1, op=Op.ADD, table="images", column="bbox", row=0, new=[BOX]))
    assert splice.new is not None and splice.new.startswith(b',\n\t{"id": 3, ')
