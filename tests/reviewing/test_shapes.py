"""Polygons, masks, oriented boxes, keypoints and labels of whole images, as the App is given them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool import api
from annotool.config import Config
from annotool.dataset import Dataset
from annotool.drawing.shapes import pointed, ringed, skeleton
from annotool.reviewing import folder
from annotool.reviewing.decided import After, Label, decisions
from annotool.reviewing.folder import Box, Item
from annotool.reviewing.opening import Choice, make

PERSON = {"id": 1, "name": "person", "keypoints": ["nose", "neck", "hip"], "skeleton": [[1, 2], [2, 3]]}


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path / "reviews"))
    (tmp_path / "reviews").mkdir()
    return tmp_path


def image(file: Path) -> None:
    from PIL import Image

    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (100, 50), (90, 120, 60)).save(file)


def coco(root: Path, *annotations: dict[str, Any]) -> Dataset:
    image(root / "images" / "a.png")
    rows = [{"id": at, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0, **each}
            for at, each in enumerate(annotations, 1)]  # fmt: skip
    whole = {"images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}], "annotations": rows,
             "categories": [PERSON, {"id": 2, "name": "car"}]}  # fmt: skip
    (root / "labels.json").write_text(json.dumps(whole))
    return api.read(root)


def shown(data: Dataset, name: str) -> dict[str, Any]:
    """The one image of a review of everything."""
    make(data, api.audit(data), Config().rules, name, Choice(every=True))
    (doc,) = json.loads((folder.folder(name) / "data" / "samples.json").read_bytes())["samples"]
    return dict(doc)


def mask() -> dict[str, Any]:
    """Columns 10 to 20, rows 10 to 30."""
    counts = [510, *[20, 30] * 9, 20]
    return {"size": [50, 100], "counts": [*counts, 5000 - sum(counts)]}


def test_polygons_with_several_rings_and_masks(homes: Path) -> None:
    rings = [[10, 10, 30, 10, 30, 30], [10, 20, 20, 30, 10, 30]]
    data = coco(homes / "set", {"segmentation": rings}, {"segmentation": mask()}, {"segmentation": [[1, 2]]})
    doc = shown(data, "polygons")
    first, second = doc["outlines"]["polylines"]
    assert first["points"] == [[[0.1, 0.2], [0.3, 0.2], [0.3, 0.6]], [[0.1, 0.4], [0.2, 0.6], [0.1, 0.6]]]
    assert sorted(second["points"][0]) == [[0.1, 0.2], [0.1, 0.6], [0.2, 0.2], [0.2, 0.6]]
    assert all(each["closed"] for each in (first, second))


def test_keypoints_that_are_not_set_are_not_drawn(homes: Path) -> None:
    points = [10, 10, 2, 0, 0, 0, 20, 20, 1]
    data = coco(
        homes / "set", {"keypoints": points, "num_keypoints": 2}, {"keypoints": [0] * 9, "num_keypoints": 0}
    )
    ((row, xy),) = pointed(data, np.arange(2))
    assert row == 0 and np.array_equal(xy, np.array([[10, 10], [np.nan] * 2, [20, 20]]), equal_nan=True)
    (label,) = shown(data, "keypoints")["keypoints"]["keypoints"]
    assert label["points"][0] == [0.1, 0.2] and label["points"][1] == [{"$numberDouble": "NaN"}] * 2
    assert skeleton(data) == (["nose", "neck", "hip"], [[0, 1], [1, 2]])


@pytest.mark.parametrize("joined", [[[0, 1]], [[1, 9]], "x", [[1]], []])
def test_a_skeleton_that_makes_no_sense_is_none(
    joined: Any, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PERSON, "skeleton", joined)
    assert skeleton(coco(homes / "set", {})) == ([], [])


def test_oriented_boxes_are_drawn_as_they_lie(homes: Path) -> None:
    root = homes / "obb"
    image(root / "images" / "a.png")
    (root / "labels").mkdir()
    (root / "labels" / "a.txt").write_text("0 0.5 0.2 0.7 0.4 0.5 0.6 0.3 0.4\n")
    (root / "data.yaml").write_text("path: .\ntrain: images\nval: images\nnames: [ship]\n")
    data = api.read(root, task="obb")
    ((row, (ring,)),) = ringed(data, np.arange(1))
    assert row == 0 and ring == pytest.approx([50, 10, 70, 20, 50, 30, 30, 20])
    assert len(shown(data, "obb")["outlines"]["polylines"]) == 1


def test_labels_of_whole_images_are_classifications_and_a_new_one_is_a_decision(
    homes: Path, sample_data: Path
) -> None:
    data = api.read(sample_data / "classes")
    make(data, api.audit(data), Config().rules, "classes", Choice(every=True))
    place = folder.folder("classes")
    docs = json.loads((place / "data" / "samples.json").read_bytes())["samples"]
    names = data.names_of(data.table("annotations")["category"]).tolist()
    assert sorted(doc["image_label"]["label"] for doc in docs) == sorted(names)
    review = folder.load("classes")
    assert review.fields == ["image_label"] and review.classes == ["apple", "banana", "orange"]
    boxes = {box.sample: box for box in folder.lines(place / "boxes.jsonl", Box)}
    assert len(boxes) == len(docs) and len({box.mark for box in boxes.values()}) == len(docs)
    after = [
        After(doc["_id"]["$oid"], doc["file_name"], (1.0, 1.0), "t",
              [Label("image_label", doc["image_label"]["_id"]["$oid"], doc["image_label"]["label"])])
        for doc in docs
    ]  # fmt: skip
    items = folder.lines(place / "findings.jsonl", Item)
    assert decisions(items, [*boxes.values()], [], after, "ann") == []
    changed = after[0].labels[0].id
    after[0] = After(after[0].sample, after[0].file, (1.0, 1.0), "t", [Label("image_label", changed, "pear")])
    (one,) = decisions(items, [*boxes.values()], [], after, "ann")
    assert one.action == "relabel" and one.image == after[0].file and one.new is not None
    assert one.new.category == "pear"


def test_several_labels_an_image_stand_in_a_list(homes: Path) -> None:
    image(homes / "multi" / "a.png")
    (homes / "multi" / "labels.csv").write_text("file_name,label\na.png,cat\na.png,dog\n")
    doc = shown(api.read(homes / "multi" / "labels.csv"), "multi")
    assert [each["label"] for each in doc["image_labels"]["classifications"]] == ["cat", "dog"]


def test_predictions_stand_in_fields_of_their_own_with_their_scores(homes: Path) -> None:
    from dataclasses import replace

    from annotool.schema import Kind
    from annotool.schema import make as table

    data = coco(homes / "set", {})
    sides = {"x": 10.0, "y": 10.0, "w": 20.0, "h": 20.0, "score": 0.75, "image": 0, "category": 1}
    columns = {name: np.array([value]) for name, value in sides.items()}
    guess = table("predictions", 1, kind=np.array([int(Kind.BOX)]), **columns)
    data = replace(
        data,
        tables={**data.tables, "predictions": guess},
        probabilities=np.array([[0.25, 0.75]]),
    )
    doc = shown(data, "predicted")
    (box,) = doc["predictions"]["detections"]
    assert (box["label"], box["confidence"], box["bounding_box"]) == ("car", 0.75, [0.1, 0.2, 0.2, 0.4])
    assert (doc["predicted_label"]["label"], doc["predicted_label"]["confidence"]) == ("car", 0.75)


def test_of_several_labels_an_image_all_likely_ones_are_shown_as_predicted(homes: Path) -> None:
    for name in "ab":
        image(homes / "multi" / f"{name}.png")
    rows = "a.png,cat|dog\nb.png,bird\n"
    (homes / "multi" / "labels.csv").write_text("file_name,labels\n" + rows)
    (homes / "p.csv").write_text("file_name,bird,cat,dog\na.png,0.1,0.75,0.5\nb.png,0.25,0.125,0\n")
    data = api.read(homes / "multi" / "labels.csv", predictions=homes / "p.csv")
    make(data, api.audit(data), Config().rules, "likely", Choice(every=True))
    docs = json.loads((folder.folder("likely") / "data" / "samples.json").read_bytes())["samples"]
    two, none = sorted(docs, key=lambda each: str(each["file_name"]))
    told = [(each["label"], each["confidence"]) for each in two["predicted_labels"]["classifications"]]
    assert "confidence" not in two["image_labels"]["classifications"][0], (
        "null stops Annotate from drawing names"
    )
    assert told == [("cat", 0.75), ("dog", 0.5)] and "predicted_labels" not in none
    assert [each["label"] for each in none["image_labels"]["classifications"]] == ["bird"], (
        "more can be added"
    )
