"""A baseline of one form of a dataset holds for its conversions: rounding moves boxes, and all of them are found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import annotool
from annotool import baselines
from annotool.dataset import Dataset
from annotool.findings import Findings, block
from annotool.fingerprint import fingerprints

BOUND = {"SCH003"}
SIDE = 500


def write_coco(file: Path, seed: int = 0, images: int = 60, boxes: int = 40, moved: float = 0.0) -> None:
    """Boxes at quarters of a pixel, some of them one upon the other; a few leave their image, a few are there twice."""
    chance = np.random.default_rng(seed)
    records = []
    for image in range(images):
        corner = np.round(chance.uniform(2, 350, (boxes, 2)) * 4) / 4
        corner[boxes // 2 : boxes // 2 + 5] = corner[:5] + chance.choice([-0.75, 0.75], (5, 2))
        size = np.round(chance.uniform(8, 120, (boxes, 2)) * 4) / 4
        size[boxes // 2 : boxes // 2 + 5] = size[:5]
        corner[-1], size[-1] = (450.25, 440.5), (77.75, 80.25)  # out of bounds
        corner[-2], size[-2] = corner[-3], size[-3]
        records += [
            (image + 1, [*(at + moved).tolist(), *wh.tolist()]) for at, wh in zip(corner, size, strict=True)
        ]
    document = {
        "images": [{"id": i + 1, "file_name": f"{i:03}.jpg", "width": SIDE, "height": SIDE} for i in range(images)],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "van"}],
        "annotations": [
            {"id": at, "image_id": image, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for at, (image, box) in enumerate(records, 1)
        ],
    }  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))


def everywhere(data: Dataset) -> Findings:
    rows = data.table("annotations")
    columns = {name: rows[name] for name in ("annotation", "image", "category", "source", "line")}
    return Findings((block("BOX002", "m", len(rows), values=None, **columns),))


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("forms")
    write_coco(base / "coco" / "instances_train.json")
    annotool.sizes(base / "coco", base / "sizes.csv")
    for to in ("yolo", "voc"):
        annotool.convert(base / "coco", to, base / to, image_files="none")
    return {each: base / each for each in ("coco", "yolo", "voc")}


def opened(forms: dict[str, Path], form: str) -> Dataset:
    sizes = forms["coco"].parent / "sizes.csv" if form == "yolo" else None
    return annotool.read(forms[form], sizes=sizes, images="none")


@pytest.mark.parametrize(
    ("known", "later"), [("coco", "yolo"), ("coco", "voc"), ("voc", "yolo"), ("yolo", "coco")]
)
def test_every_box_is_found_in_the_other_form(
    forms: dict[str, Path], known: str, later: str, tmp_path: Path
) -> None:
    first, second = opened(forms, known), opened(forms, later)
    baselines.keep(first, everywhere(first), tmp_path / "b.jsonl", {"BOX002"}, BOUND)
    compared = baselines.compare(second, everywhere(second), tmp_path / "b.jsonl", {"BOX002"}, BOUND)
    assert compared.baseline is not None
    assert (len(compared.new), compared.baseline.gone) == (0, 0)
    assert len(compared) == len(first.table("annotations")) == 2400


def test_fingerprints_alone_would_lose_them(forms: dict[str, Path]) -> None:
    """Why geometry decides: most boxes that went through VOC, and some through YOLO, have another fingerprint."""
    marks = {
        form: set(fingerprints(data, everywhere(data))) for form in forms for data in [opened(forms, form)]
    }
    assert len(marks["coco"] & marks["voc"]) < 1200
    assert 1200 < len(marks["coco"] & marks["yolo"]) < 2350


def test_yolo_without_sizes_is_compared_in_fractions(forms: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(forms["yolo"], tmp_path / "bare", ignore=shutil.ignore_patterns("annotool-*"))
    first, bare = opened(forms, "coco"), annotool.read(tmp_path / "bare", images="none")
    assert bare.boxes.fraction.all()
    baselines.keep(first, everywhere(first), tmp_path / "b.jsonl", {"BOX002"}, BOUND)
    compared = baselines.compare(bare, everywhere(bare), tmp_path / "b.jsonl", {"BOX002"}, BOUND)
    assert len(compared.new) == 0


def test_boxes_that_moved_three_pixels_are_new_and_stale(forms: dict[str, Path], tmp_path: Path) -> None:
    first = opened(forms, "coco")
    baselines.keep(first, everywhere(first), tmp_path / "b.jsonl", {"BOX002"}, BOUND)
    write_coco(tmp_path / "moved" / "instances_train.json", moved=3.0)
    later = annotool.read(tmp_path / "moved", images="none")
    compared = baselines.compare(later, everywhere(later), tmp_path / "b.jsonl", {"BOX002"}, BOUND)
    assert compared.baseline is not None
    # Large boxes overlap enough still; of each of the others one is new and one stale.
    assert len(compared.new) == compared.baseline.gone > 1500


@pytest.mark.parametrize("form", ["yolo", "voc"])
def test_real_rules_find_nothing_new_in_another_form(
    forms: dict[str, Path], form: str, tmp_path: Path
) -> None:
    """Out of bounds and duplicates: 60 each; what a conversion truly adds or takes is not of these rules."""
    file, rules = tmp_path / "b.jsonl", ["BOX002", "DUP001"]
    done = annotool.baseline(opened(forms, "coco"), file, select=rules)
    assert done.total == 120
    findings = annotool.audit(opened(forms, form), select=rules, baseline=file)
    assert findings.baseline is not None
    assert (len(findings), len(findings.new), findings.baseline.gone) == (120, 0, 0)
