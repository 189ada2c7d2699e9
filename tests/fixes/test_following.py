"""A box that is moved away from its outline is told; one that is its outline alone is not moved, which is told too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotool import api
from annotool.fixes.decisions import Decision, Value, box_marks, write

SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]
MASK = {"size": [50, 100], "counts": [510, *[20, 30] * 19, 20, 3520]}


def coco(root: Path, **own: object) -> Path:
    from PIL import Image

    root.mkdir()
    Image.new("RGB", (100, 50), (9, 90, 9)).save(root / "a.png")
    row = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "bbox": [10, 10, 20, 20],
        "area": 400,
        "iscrowd": 0,
        **own,
    }
    image = {"id": 1, "file_name": "a.png", "width": 100, "height": 50}
    doc = {"images": [image], "annotations": [row], "categories": [{"id": 1, "name": "car"}]}
    (root / "a.json").write_text(json.dumps(doc))
    return root / "a.json"


def yolo(root: Path, row: str, task: str) -> Path:
    from PIL import Image

    for name in ("images", "labels"):
        (root / name / "train").mkdir(parents=True)
    Image.new("RGB", (100, 50), (9, 90, 9)).save(root / "images" / "train" / "a.png")
    (root / "labels" / "train" / "a.txt").write_text(f"0 {row}\n")
    (root / "data.yaml").write_text(f"train: images/train\nval: images/train\ntask: {task}\nnames: [car]\n")
    return root


def moved(path: Path, tmp_path: Path, *box: float) -> tuple[int, list[str]]:
    """Move the only box; return how many changes that makes, and what is said of it."""
    data = api.read(path)
    x, y, w, h = box
    said = Decision(
        "move", box=box_marks(data)[0], image="a.png", category="car", new=Value(box=(x, y, w, h))
    )
    write(tmp_path / "d.jsonl", "test", [said])
    made = api.fix(path, decisions=[tmp_path / "d.jsonl"])
    return len(made.changes), [note for note in made.notes if "outline" in note]


@pytest.mark.parametrize("own", [{"segmentation": SQUARE}, {"segmentation": MASK, "iscrowd": 1}])
def test_a_box_that_is_moved_away_from_its_outline_is_told(own: dict[str, object], tmp_path: Path) -> None:
    changes, (told,) = moved(coco(tmp_path / "set", **own), tmp_path, 15, 10, 25, 20)
    assert changes and told.startswith("boxes that are moved away from their outlines") and "BOX006" in told


def test_a_box_that_is_off_its_outline_is_moved_to_it(tmp_path: Path) -> None:
    path = coco(tmp_path / "set", segmentation=SQUARE, bbox=[50, 10, 20, 20])
    changes, told = moved(path, tmp_path, 11, 9, 20, 20)
    assert changes and not told


def test_a_box_without_an_outline_is_moved(tmp_path: Path) -> None:
    changes, told = moved(coco(tmp_path / "set"), tmp_path, 15, 10, 25, 20)
    assert changes and not told


@pytest.mark.parametrize(
    ("task", "row"),
    [("segment", "0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6 0.05 0.4"), ("obb", "0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6")],
)
def test_what_has_no_box_of_its_own_is_not_moved(task: str, row: str, tmp_path: Path) -> None:
    changes, (told,) = moved(yolo(tmp_path / "set", row, task), tmp_path, 15, 10, 25, 20)
    assert not changes and told.startswith("a.png: the box of class 'car' is not moved")
