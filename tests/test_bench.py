"""The benchmark's own tools: data that are what they say, and a meter that measures."""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from bench import evaluate, generate, report, run

IMAGES = 400
ANNOTATIONS = round(IMAGES * generate.PER_IMAGE)


@pytest.fixture(scope="module")
def faulty() -> generate.Drawn:
    return generate.draw(IMAGES)


def written(drawn: generate.Drawn, folder: Path, boxes_only: bool = False) -> COCO:
    generate.write_coco(drawn, folder / "data.json", boxes_only)
    return COCO(folder / "data.json")


def test_coco_has_the_shape_of_train2017(faulty: generate.Drawn, tmp_path: Path) -> None:
    api = written(faulty, tmp_path)
    assert (len(api.imgs), len(api.anns), len(api.cats)) == (IMAGES, ANNOTATIONS, 80)
    rings = [ring for a in api.anns.values() if not a["iscrowd"] for ring in a["segmentation"]]
    assert 15 < np.mean([len(ring) / 2 for ring in rings]) < 30
    assert {len(ring) % 2 for ring in rings} == {0}
    assert 0.9 < len({a["image_id"] for a in api.anns.values()}) / IMAGES < 1


def test_about_one_in_fifty_is_faulty_and_none_of_the_clean(faulty: generate.Drawn, tmp_path: Path) -> None:
    def faults(api: COCO) -> Counter[str]:
        found: Counter[str] = Counter()
        met = set()
        for a in api.anns.values():
            x, y, w, h = a["bbox"]
            image = api.imgs[a["image_id"]]
            found["unknown"] += a["category_id"] not in api.cats
            found["flat"] += w <= 0
            found["outside"] += x + w > image["width"] + 0.01 or y + h > image["height"] + 0.01
            found["twin"] += (a["image_id"], *a["bbox"]) in met
            met.add((a["image_id"], *a["bbox"]))
        return found

    expected = ANNOTATIONS // 200
    for fault, count in faults(written(faulty, tmp_path)).items():
        assert expected * 0.5 < count <= expected + 4, fault
    clean = faults(written(generate.draw(IMAGES, clean=True), tmp_path))
    assert sum(clean.values()) == 0


def test_areas_are_those_of_the_rings(faulty: generate.Drawn, tmp_path: Path) -> None:
    for a in written(faulty, tmp_path).anns.values():
        if not a["iscrowd"]:
            total = 0.0
            for ring in a["segmentation"]:
                x, y = np.array(ring).reshape(-1, 2).T
                total += abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
            assert a["area"] == pytest.approx(total, abs=1e-3)


def test_crowds_are_sound_rle(faulty: generate.Drawn, tmp_path: Path) -> None:
    api = written(faulty, tmp_path)
    crowds = [a for a in api.anns.values() if a["iscrowd"]]
    assert crowds
    for a in crowds:
        image = api.imgs[a["image_id"]]
        assert a["segmentation"]["size"] == [image["height"], image["width"]]
        assert sum(a["segmentation"]["counts"]) == image["height"] * image["width"]
        assert sum(a["segmentation"]["counts"][1::2]) == a["area"]


def test_formats_agree(tmp_path: Path) -> None:
    drawn = generate.draw(50, clean=True)
    api = written(drawn, tmp_path, boxes_only=True)
    generate.write_yolo(drawn, tmp_path / "yolo")
    generate.write_voc(drawn, tmp_path / "voc")
    for image in api.imgs.values():
        own = [a["bbox"] for a in api.imgToAnns[image["id"]]]
        rows = (tmp_path / f"yolo/labels/train/{image['id']:012}.txt").read_text().splitlines()
        fractions = np.array([row.split()[1:] for row in rows], dtype=float).reshape(-1, 4)
        pixels = fractions * np.array([image["width"], image["height"]] * 2)
        pixels[:, :2] -= pixels[:, 2:] / 2
        assert (
            np.abs(np.sort(pixels, axis=0) - np.sort(np.array(own).reshape(-1, 4), axis=0)).max(initial=0)
            < 0.01
        )
        assert (tmp_path / f"voc/Annotations/{image['id']:012}.xml").read_text().count("<object>") == len(own)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        generate.write_coco(generate.draw(30), tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert json.loads((tmp_path / "one.json").read_text())["annotations"]


def test_measure_counts_time_and_memory_of_children() -> None:
    hold = "import time; held = bytearray({} << 20); time.sleep(0.4)"
    child = hold.format(300)
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]) if {{}} else None; {hold.format(1)}"
    alone = run.measure([sys.executable, "-c", parent.format(False)])
    both = run.measure([sys.executable, "-c", parent.format(True)])
    # A process starts out with the peak of the one that began it, so the child is made larger than this test.
    assert 0.4 <= alone.seconds < both.seconds
    assert both.mebibytes > 300


def test_measure_stops_at_a_failing_command() -> None:
    with pytest.raises(SystemExit, match="exit code 3"):
        run.measure([sys.executable, "-c", "raise SystemExit(3)"])


def test_every_comparison_names_its_data() -> None:
    made = run.comparisons(0.01)
    assert [
        c.make_data[c.make_data.index("--images") + 1] for c in made if c.make_data
    ] == "12 118 1183 1000 100 1183".split()
    assert all("{data}" in c.ours and "{data}" in c.theirs for c in made if c.make_data)


def test_detections_are_of_the_truth_and_both_sides_agree(tmp_path: Path) -> None:
    evaluate.write(tmp_path, 20)
    truth, results = (json.loads((tmp_path / name).read_text()) for name in ("truth.json", "results.json"))
    assert (len(truth["images"]), len(truth["annotations"]), len(results)) == (20, 140, 160)
    assert {row["image_id"] for row in results} <= {row["id"] for row in truth["images"]}
    said = [sys.executable, "-c", "print({!r})"]
    same, other = json.dumps([-1.0, 0.5]), json.dumps({"numbers": {"AP": None, "AP50": 0.5}})
    evaluate.check([*said[:2], said[2].format(other)], [*said[:2], said[2].format(same)])
    with pytest.raises(SystemExit, match="the numbers differ"):
        evaluate.check([*said[:2], said[2].format(other)], [*said[:2], said[2].format("[0.0, 0.5]")])


def test_the_report_is_timed_beside_the_audit_and_weighed(tmp_path: Path) -> None:
    generate.write_coco(generate.draw(20), tmp_path / "data.json", False)
    page = tmp_path / "report.html"
    head, _, audit, told = report.table(tmp_path / "data.json", page, 20, 1)
    assert "20 images" in head
    assert audit.split(" | ")[2] == "**1.00**"
    assert float(told.rstrip(" |").split(" | ")[-1]) == round(page.stat().st_size / 1e6, 1)
    assert report.document([head], 1, 0.5).startswith("# Benchmark of the report")
