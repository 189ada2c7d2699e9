"""What a model's predictions mend: a box added, a class changed, a box replaced, each with the score in diff and journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.fixes import diff
from tests.dirty import CATEGORIES, Files, coco_box, coco_image, coco_text, put, tree, voc_object, voc_text

FORMS = ("coco", "voc", "yolo")
RULES = ("PRD001", "PRD002", "PRD003")
CAT, DOG = (100, 100, 50, 40), (300, 100, 50, 40)
Labels = Mapping[int, Sequence[tuple[str, tuple[int, int, int, int]]]]  # by image
SOUND: Labels = {number: [("cat", CAT), ("dog", DOG)] for number in range(1, 13)}
# Image 1 lacks its cat, the dog of 2 is called a cat, the cat of 3 is off; the file of 4 ends without a line end.
FAULTY: Labels = {
    **SOUND,
    1: [("dog", DOG)],
    2: [("cat", CAT), ("cat", DOG)],
    3: [("cat", (140, 125, 50, 40)), ("dog", DOG)],
}
SCORES = {(1, "cat"): 0.9712, (2, "dog"): 0.9812, (3, "cat"): 0.9612}
NAMES = ("cat", "dog")
LAST = {"coco": b'{"id": 29', "voc": b"  </object>", "yolo": b"1 "}  # how the line of the last record begins


def written(form: str, labels: Labels) -> Files:
    if form == "coco":
        boxes = [(image, name, box) for image, own in labels.items() for name, box in own]
        records = [
            coco_box(number, box, image, 1 + NAMES.index(name))
            for number, (image, name, box) in enumerate(boxes, 7)
        ]
        return {"labels.json": coco_text(records, map(coco_image, labels), CATEGORIES)}
    if form == "voc":
        return {
            f"Annotations/{image}.xml": voc_text(
                *(voc_object(x + 1, y + 1, x + w, y + h, name=name) for name, (x, y, w, h) in own),
                filename=f"{image}.jpg",
            )
            for image, own in labels.items()
        }
    rows = {f"labels/{image}.txt": "".join(map(row, own)) for image, own in labels.items()}
    rows["labels/4.txt"] = rows["labels/4.txt"].rstrip("\n")
    return {**rows, "data.yaml": "names: [cat, dog]\ntrain: images\nval: images\n"}


def row(label: tuple[str, tuple[int, int, int, int]], score: str = "") -> str:
    name, (x, y, w, h) = label
    sides = ((x + w / 2) / 640, (y + h / 2) / 480, w / 640, h / 480)
    return f"{NAMES.index(name)} {' '.join(f'{side:.6f}' for side in sides)}{score}\n"


def guesses(root: Path, more: Labels | None = None) -> Path:
    """What is to be found, as label files with scores, and perhaps more."""
    rows = {
        f"{image}.txt": "".join(row(each, f" {SCORES.get((image, each[0]), 0.9)}") for each in own)
        for image, own in SOUND.items()
    }
    for image, own in (more or {}).items():
        rows[f"{image}.txt"] += "".join(row(each, " 0.96") for each in own)
    return put(root, rows)


def options(root: Path, form: str) -> dict[str, Any]:
    mine: dict[str, Any] = {"images": "none", "predictions": root / "found"}
    if form == "yolo":
        sizes = "file_name,width,height\n" + "".join(f"{image}.jpg,640,480\n" for image in SOUND)
        put(root, {"sizes.csv": sizes})
        mine["sizes"] = root / "sizes.csv"
    return mine


def boxes(data: Dataset) -> set[tuple[str, ...]]:
    """Image, category and box of all annotations, to half a pixel."""
    rows = data.table("annotations")
    sides = np.round(2 * np.stack([rows[side] for side in "xywh"], axis=1)) / 2
    stems = [name.rpartition("/")[2].partition(".")[0] for name in data.image_values("file_name").tolist()]
    names = data.names_of(rows["category"]).tolist()
    return {tuple(map(str, each)) for each in zip(stems, names, sides.tolist(), strict=True)}


@pytest.mark.parametrize("form", FORMS)
def test_labels_become_what_is_predicted(form: str, tmp_path: Path) -> None:
    given = put(tmp_path / "given", written(form, FAULTY))
    guesses(tmp_path / "found")
    mine = options(tmp_path, form)
    before = tree(given)
    findings = api.audit(api.read(given, **mine))
    assert {rule: count for rule, count in findings.counts().items() if rule in RULES} == dict.fromkeys(
        RULES, 1
    )
    assert not len(api.fix(given, select=["PRD"], **mine).changes), "nothing of it is safe"
    made = api.fix(given, out=tmp_path / "out", unsafe=True, select=["PRD"], **mine)
    fixed = api.read(tmp_path / "out", **mine)
    right = put(tmp_path / "right", written(form, SOUND))
    assert boxes(fixed) == boxes(api.read(right, **mine))
    after = api.audit(fixed)
    assert not set(after.counts()) & set(RULES)
    assert not after.counts().items() - findings.counts().items(), "nothing else comes up"
    assert not len(api.fix(tmp_path / "out", unsafe=True, select=["PRD"], **mine).changes), "a second run"
    told = [json.loads(line) for line in (tmp_path / "out" / "fixes.jsonl").read_text().splitlines()[1:-1]]
    assert {(each["rule"], each["score"]) for each in told} == {
        ("PRD001", 0.9712), ("PRD002", 0.9812), ("PRD003", 0.9612)
    }  # fmt: skip
    added = next(each for each in told if each["rule"] == "PRD001")
    assert (added["category"], added["safe"]) == ("cat", False)
    [at] = [
        number
        for number, line in enumerate(before[added["file"]].split(b"\n"), 1)
        if line.startswith(LAST[form])
    ][-1:]
    assert added["line"] == at + (form == "yolo"), "behind the last record"
    assert np.round(added["new_value"], 2).tolist() == [100, 100, 50, 40]
    shown = "\n".join(diff.lines(made.changes, {}, given))
    for rule, score in zip(RULES, ("0.97", "0.98", "0.96"), strict=True):
        assert f"{rule}  (unsafe, predicted with {score})" in shown
    assert "+bbox 99.99968 100.00008 50 39.99984" in shown
    api.undo(tmp_path / "out" / "fixes.jsonl")
    assert {name: held for name, held in tree(tmp_path / "out").items() if name in before} == before
    touched = {str(path) for path in made.overlay}
    assert len(touched) == (1 if form == "coco" else 3), "no other file"


@pytest.mark.parametrize("form", FORMS)
def test_every_other_byte_stays(form: str, tmp_path: Path) -> None:
    given = put(tmp_path / "given", written(form, {**SOUND, 4: [("dog", DOG)]}))
    guesses(tmp_path / "found")
    before = tree(given)
    put(tmp_path / "found", {"4.txt": row(("cat", CAT), " 0.99") + row(("dog", DOG), " 0.9")})
    made = api.fix(given, in_place=True, unsafe=True, select=["PRD"], **options(tmp_path, form))
    after = tree(given)
    [change] = made.overlay
    name = change.relative_to(given).as_posix()
    assert {each: held for each, held in before.items() if each != name} == {
        each: held for each, held in after.items() if each in before and each != name
    }
    [offset], [new] = made.changes["offset"].tolist(), made.changes["new"].tolist()
    assert after[name] == before[name][:offset] + new + before[name][offset:]
    beginning = {
        "coco": b',\n{"id": 30, "image_id": 4',
        "voc": b"\n  <object>\n    <name>cat</name>",
        "yolo": b"\n0 0.1953",
    }
    assert new.startswith(beginning[form])
    assert made.journal is not None
    api.undo(made.journal)
    assert {each: held for each, held in tree(given).items() if each in before} == before


def test_two_predictions_of_one_object_are_one_label(tmp_path: Path) -> None:
    given = put(tmp_path / "given", written("coco", FAULTY))
    twice: Labels = {
        1: [("dog", (102, 101, 50, 40)), ("cat", (400, 300, 60, 50)), ("dog", (440, 300, 60, 50))]
    }
    guesses(tmp_path / "found", twice)
    mine = options(tmp_path, "coco")
    assert api.audit(api.read(given, **mine)).counts()["PRD001"] == 4
    api.fix(given, out=tmp_path / "out", unsafe=True, select=["PRD001"], **mine)
    fixed = api.read(tmp_path / "out", **mine)
    own = sorted(each[1:] for each in boxes(fixed) if each[0] == "1")
    assert [name for name, _ in own] == ["cat", "cat", "dog", "dog"]
    assert "PRD001" not in api.audit(fixed).counts()
    ids = fixed.table("annotations")["id"]
    assert len(set(ids.tolist())) == len(ids)


def test_what_leaves_the_image_is_cut_off(tmp_path: Path) -> None:
    given = put(tmp_path / "given", written("voc", SOUND))
    guesses(tmp_path / "found", {5: [("cat", (600, 440, 60, 60))]})
    mine = options(tmp_path, "voc")
    api.fix(given, out=tmp_path / "out", unsafe=True, select=["PRD001"], **mine)
    fixed = api.read(tmp_path / "out", **mine)
    assert ("5", "cat", "[600.0, 440.0, 40.0, 40.0]") in boxes(fixed)
    assert "BOX002" not in api.audit(fixed).counts()


@pytest.mark.parametrize("form", FORMS)
def test_a_box_that_would_be_a_fault_is_not_added(form: str, tmp_path: Path) -> None:
    given = put(tmp_path / "given", written(form, FAULTY))
    guesses(tmp_path / "found", {5: [("cat", (20, 300, 400, 2))]})
    mine = options(tmp_path, form)
    made = api.fix(given, out=tmp_path / "out", unsafe=True, select=["PRD001"], **mine)
    assert made.taken_back == {"PRD001": 1}
    assert made.changes["image"].tolist() == ["1.jpg" if form != "yolo" else "1"]


def test_not_offered_where_no_file_could_take_it(tmp_path: Path) -> None:
    """An image without a label file; a file of outlines."""
    lacking = {name: held for name, held in written("yolo", FAULTY).items() if name != "labels/1.txt"}
    given = put(tmp_path / "given", {**lacking, "images/1.jpg": b""})
    guesses(tmp_path / "found")
    mine = {**options(tmp_path, "yolo"), "images": None}
    found = api.audit(api.read(given, **mine)).of("PRD001")
    assert found.column("fix").tolist() == [0]
    outlined = json.loads(str(written("coco", FAULTY)["labels.json"]))
    outlined["annotations"][5]["segmentation"] = [[100, 100, 150, 100, 150, 140]]
    given = put(tmp_path / "outlined", {"labels.json": json.dumps(outlined)})
    found = api.audit(api.read(given, **options(tmp_path, "coco"))).of("PRD001")
    assert found.column("fix").tolist() == [0]


def test_a_label_changes_with_the_score_of_the_better_one(sample_data: Path, tmp_path: Path) -> None:
    case = sample_data / "faulty/cases/LBL001"
    made = api.fix(
        case / "data", out=tmp_path / "out", unsafe=True, select=["LBL001"], predictions=case / "predictions"
    )
    told = [json.loads(line) for line in (tmp_path / "out" / "fixes.jsonl").read_text().splitlines()[1:-1]]
    assert [(each["rule"], each["old"], each["new"]) for each in told] == [
        ("LBL001", "orange", "apple"),
        ("LBL001", "apple", "banana"),
    ]
    assert all(0.8 <= each["score"] <= 0.97 for each in told)
    assert made.changes["score"].tolist() == [each["score"] for each in told]
