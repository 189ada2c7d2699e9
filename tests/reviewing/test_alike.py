"""What is equal to the last letter, or goes by one name, is still told apart: decisions meet what they were about."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from annotool import api
from annotool.config import Config
from annotool.fixes.decisions import write
from annotool.reviewing import folder
from annotool.reviewing.decided import Label
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Box
from annotool.reviewing.opening import Choice, make
from tests.reviewing.test_round import as_left, said

SIZE = (200, 100)
APPLE, PEAR = [10, 10, 20, 20], [30, 10, 60, 50]


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path / "reviews"))
    (tmp_path / "reviews").mkdir()
    return tmp_path


def coco(root: Path, apples: int, seed: int = 0) -> None:
    """One image of equal apples and a pear."""
    from PIL import Image

    root.mkdir(parents=True)
    noise = np.random.default_rng(seed).integers(0, 255, (*SIZE[::-1], 3), dtype=np.uint8)
    Image.fromarray(noise).save(root / "a.jpg")
    boxes = [(1, APPLE)] * apples + [(2, PEAR)]
    doc = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": SIZE[0], "height": SIZE[1]}],
        "annotations": [
            {"id": at, "image_id": 1, "category_id": of, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for at, (of, box) in enumerate(boxes, 1)
        ],
        "categories": [{"id": 1, "name": "apple"}, {"id": 2, "name": "pear"}],
    }
    (root / "_annotations.coco.json").write_text(json.dumps(doc))


def opened(source: Path) -> Desk:
    data = api.read(source)
    make(data, api.audit(data), Config().rules, "r", Choice(every=True, reviewer="ann"))
    return Desk(folder.folder("r"))


def left(root: Path) -> list[int]:
    held = json.loads((root / "_annotations.coco.json").read_bytes())
    return [each["id"] for each in held["annotations"]]


@pytest.mark.parametrize("gone", [0, 1])
def test_one_of_two_equal_boxes_that_was_deleted_takes_no_other_with_it(gone: int, homes: Path) -> None:
    coco(homes / "data", apples=2)
    desk = opened(homes / "data")
    boxes = folder.lines(desk.place / "boxes.jsonl", Box)
    after = [
        msgspec.structs.replace(each, labels=[one for one in each.labels if one.id != boxes[gone].id])
        for each in as_left(desk)
    ]
    write(homes / "d.jsonl", "r", said(desk, after))
    api.fix(homes / "data", out=homes / "once", decisions=[homes / "d.jsonl"])
    assert left(homes / "once") == [each for each in (1, 2, 3) if each != gone + 1]
    assert not len(api.fix(homes / "once", decisions=[homes / "d.jsonl"]).changes)


def test_of_equal_findings_the_ignored_one_stays_and_stays_ignored(homes: Path) -> None:
    coco(homes / "data", apples=3)
    desk = opened(homes / "data")
    accepted, ignored = (each for each in desk.items if each.rule == "DUP001")
    desk.decide([accepted], "accept")
    desk.decide([ignored], "ignore")
    write(homes / "d.jsonl", "r", said(desk, as_left(desk)))
    api.fix(homes / "data", out=homes / "once", decisions=[homes / "d.jsonl"])
    assert len(left(homes / "once")) == 3
    again = api.fix(homes / "once", decisions=[homes / "d.jsonl"])
    assert not len(again.changes) and "not in this dataset" in again.notes[0]
    found = api.audit(api.read(homes / "once"), baseline=homes / "once" / "ignored.jsonl")
    assert not len(found.new.of("DUP001"))


def test_all_of_equal_findings_accepted_are_all_mended(homes: Path) -> None:
    coco(homes / "data", apples=4)
    desk = opened(homes / "data")
    desk.decide([each for each in desk.items if each.rule == "DUP001"], "accept")
    write(homes / "d.jsonl", "r", said(desk, as_left(desk)))
    api.fix(homes / "data", out=homes / "once", decisions=[homes / "d.jsonl"])
    assert left(homes / "once") == [1, 5]


def test_what_a_baseline_knows_of_equal_findings_moves_no_word_to_another(homes: Path) -> None:
    coco(homes / "data", apples=3)
    data = api.read(homes / "data")
    found = api.audit(data)
    (part,) = found.of("DUP001").blocks
    known = part.columns.with_columns(known=np.array([True, False]))
    make(data, replace(found, blocks=(replace(part, columns=known),)), Config().rules, "r", Choice())
    desk = Desk(folder.folder("r"))
    (item,) = desk.items
    desk.decide([item], "accept")
    write(homes / "d.jsonl", "r", said(desk, as_left(desk)))
    api.fix(homes / "data", out=homes / "once", decisions=[homes / "d.jsonl"])
    assert left(homes / "once") == [1, 2, 4]


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_box_drawn_where_two_splits_have_images_of_one_name(split: str, homes: Path) -> None:
    for seed, each in enumerate(("train", "val")):
        coco(homes / "data" / each, apples=1, seed=seed)
    desk = opened(homes / "data")
    new = Label("ground_truth", "ab" * 12, "pear", (0.5, 0.5, 0.2, 0.2))
    after = [
        msgspec.structs.replace(each, labels=[*each.labels, new] if split in each.tags else each.labels)
        for each in as_left(desk)
    ]
    words = said(desk, after)
    write(homes / "d.jsonl", "r", words)
    api.fix(homes / "data", out=homes / "once", decisions=[homes / "d.jsonl"])
    counts = {each: len(left(homes / "once" / each)) for each in ("train", "val")}
    assert counts == {"train": 2, "val": 2} | {split: 3}
    untold = [msgspec.structs.replace(each, split="") for each in words]
    write(homes / "e.jsonl", "r", untold)
    made = api.fix(homes / "data", decisions=[homes / "e.jsonl"])
    assert not len(made.changes) and any("no telling" in note for note in made.notes)
