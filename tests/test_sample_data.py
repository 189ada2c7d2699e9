"""The sample data are what make.py makes, the clean sets tell one truth, and expected_findings.csv points at real records."""

import csv
import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from annotool.rules import registry
from sample_data import make

# What no sample can hold, and why.
UNPLANTED = {
    "FMT012": "told by convert",
    "PRD005": "of faulty predictions, which are in predictions/, with findings of their own",
    "SCH014": "needs file times, which a repository does not keep",
    "SPL003": "needs an option",
}

Box = tuple[str, str, float, float, float, float]


def test_files_are_what_make_writes() -> None:
    assert make.differences(make.here(), make.everything()) == []


def test_a_changed_file_is_noticed(sample_data: Path) -> None:
    made = {path: data for path, data in make.here().items() if path.startswith("yolo/")}
    label, image = "yolo/labels/train/fruit_001.txt", "yolo/images/train/fruit_001.jpg"
    other = made["yolo/images/train/fruit_005.jpg"]
    changed = made | {label: made[label] + b" ", image: other, "yolo/new.txt": b""}
    del changed["yolo/data.yaml"]
    assert make.differences(changed, made) == [
        "missing: yolo/data.yaml",
        "not made by make.py: yolo/new.txt",
        f"differs: {image}",
        f"differs: {label}",
    ]


def test_folder_stays_small(sample_data: Path) -> None:
    assert sum(path.stat().st_size for path in sample_data.rglob("*") if path.is_file()) < 3_000_000


def coco_boxes(root: Path) -> Iterator[Box]:
    for split in ("train", "val"):
        api = COCO(root / f"annotations/instances_{split}.json")
        names = {number: category["name"] for number, category in api.cats.items()}
        for record in api.anns.values():
            x, y, w, h = record["bbox"]
            yield api.imgs[record["image_id"]]["file_name"], names[record["category_id"]], x, y, x + w, y + h


def voc_boxes(root: Path) -> Iterator[Box]:
    for file in (root / "Annotations").glob("*.xml"):
        tree = ET.parse(file).getroot()
        for thing in tree.iter("object"):
            x1, y1, x2, y2 = (
                int(thing.findtext(f"bndbox/{side}", "")) for side in ("xmin", "ymin", "xmax", "ymax")
            )
            yield tree.findtext("filename", ""), thing.findtext("name", ""), x1 - 1, y1 - 1, x2, y2


def yolo_boxes(root: Path) -> Iterator[Box]:
    names = ("apple", "banana", "orange")
    for image in root.glob("images/*/*"):
        with Image.open(image) as opened:
            width, height = opened.size
        rows = root / "labels" / image.parent.name / f"{image.stem}.txt"
        for row in rows.read_text().splitlines():
            number, cx, cy, w, h = (float(field) for field in row.split())
            x, y = (cx - w / 2) * width, (cy - h / 2) * height
            yield image.name, names[int(number)], x, y, x + w * width, y + h * height


def rounded(boxes: Iterator[Box]) -> list[Box]:
    return sorted((a, b, *(round(side, 9) for side in sides)) for a, b, *sides in boxes)  # type: ignore[misc]


def test_three_formats_tell_one_truth(sample_data: Path) -> None:
    coco = rounded(coco_boxes(sample_data / "coco"))
    assert len(coco) == 104
    assert rounded(voc_boxes(sample_data / "voc")) == coco
    assert rounded(yolo_boxes(sample_data / "yolo")) == coco


@pytest.mark.parametrize("split", ["train", "val"])
def test_coco_masks_fit_their_boxes_and_areas(sample_data: Path, split: str) -> None:
    api = COCO(sample_data / f"coco/annotations/instances_{split}.json")
    for record in api.anns.values():
        mask = api.annToMask(record)
        rows, columns = np.nonzero(mask)
        x, y, w, h = record["bbox"]
        extent = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert np.abs(np.subtract(extent, (x, y, x + w, y + h))).max() <= 1
        assert mask.sum() == pytest.approx(record["area"], rel=0.05)


def test_every_category_is_common_and_in_both_splits(sample_data: Path) -> None:
    boxes = list(coco_boxes(sample_data / "coco"))
    images = {
        name: {image for image, category, *_ in boxes if category == name} for name in {b[1] for b in boxes}
    }
    assert min(Counter(category for _, category, *_ in boxes).values()) >= 10
    assert min(map(len, images.values())) >= 10
    assert sorted(images) == ["apple", "banana", "orange"]


def test_class_folders_hold_one_crop_a_box(sample_data: Path) -> None:
    crops = Counter(path.parent.name for path in (sample_data / "classes").glob("*/*/*.jpg"))
    assert crops == Counter(category for _, category, *_ in coco_boxes(sample_data / "coco"))


def test_predictions_load_as_coco_results(sample_data: Path) -> None:
    truth = COCO(sample_data / "coco/annotations/instances_val.json")
    results = json.loads((sample_data / "predictions/coco_results.json").read_text())
    own = [record for record in results if record["image_id"] in truth.imgs]
    assert len(truth.loadRes(own).anns) == len(own) > 20
    assert {0 <= record["score"] <= 1 for record in results} == {True}


def expected(sample_data: Path) -> list[dict[str, str]]:
    with (sample_data / "faulty/expected_findings.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_code_is_planted(sample_data: Path) -> None:
    stable = {code for code, rule in registry().items() if not rule.preview}
    assert {row["rule"] for row in expected(sample_data)} == stable - set(UNPLANTED)


def test_a_case_holds_its_own_code(sample_data: Path) -> None:
    found: dict[str, set[str]] = {}
    for row in expected(sample_data):
        found.setdefault(row["dataset"], set()).add(row["rule"])
    cases = {path.name for path in (sample_data / "faulty/cases").iterdir()}
    codes = {
        name.split("/cases/")[1].split("/")[0]: rules for name, rules in found.items() if "/cases/" in name
    }
    assert cases == codes.keys()
    assert all(case in rules for case, rules in codes.items())


def test_expected_lines_and_pointers_agree(sample_data: Path) -> None:
    checked = 0
    for row in expected(sample_data):
        file = sample_data / row["dataset"] / row["file"]
        if not (row["line"] and row["pointer"]) or row["rule"] == "SCH001":
            continue  # a file that ends in the middle is no JSON to look into
        line = file.read_text().splitlines()[int(row["line"]) - 1]
        if file.suffix == ".json":
            record: Any = json.loads(file.read_text())
            for part in row["pointer"].strip("/").split("/"):
                record = record[int(part)] if part.isdigit() else record[part]
            assert json.dumps(record, ensure_ascii=False) == line.rstrip(",")
        else:
            assert line.strip() == "<object>"
        checked += 1
    assert checked > 40
