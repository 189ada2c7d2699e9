"""The predictions of sample_data: those that are sound give nothing, of the others each planted fault is found."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from annotool import api
from tests.predictions.build import told

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def test_sound_ones_fit_every_format() -> None:
    boxes = []
    for truth in ("coco", "yolo", "voc"):
        for form in ("coco_results.json", "labels"):
            data = api.read(SAMPLES / truth, predictions=SAMPLES / "predictions" / form)
            if (truth, form) in (("voc", "coco_results.json"), ("yolo", "coco_results.json")):
                continue  # its image ids are those of the COCO files
            found = data.table("predictions")
            assert told(data) == []
            assert (found["image"] >= 0).all()
            names = data.names_of(found["category"]).tolist()
            stems = data.table("images")["file_name"][found["image"]].tolist()
            order = np.lexsort((found["score"], [name.rpartition("/")[2] for name in stems]))
            boxes.append(
                (np.stack([found[c][order] for c in ("score", *"xywh")]), [names[at] for at in order])
            )
    assert len(boxes) == 4
    for numbers, names in boxes[1:]:
        assert names == boxes[0][1]
        assert np.abs(numbers - boxes[0][0]).max() < 0.01


def test_planted_faults_are_found_and_nothing_else() -> None:
    with (SAMPLES / "predictions/expected_findings.csv").open(newline="") as file:
        wanted = [
            (row["severity"], int(row["line"]), row["pointer"], row["file"]) for row in csv.DictReader(file)
        ]
    data = api.read(SAMPLES / "coco", predictions=SAMPLES / "predictions/faulty_results.json")
    findings = api.audit(data, select=["PRD005"])
    files = data.table("sources")["file"][findings.column("source")].tolist()
    grades = [("info", "warning", "error")[grade] for grade in findings.column("severity").tolist()]
    lines, pointers = findings.column("line").tolist(), findings.column("pointer").tolist()
    assert sorted(zip(grades, lines, pointers, files, strict=True)) == sorted(wanted)
    assert len(wanted) == 8
