"""What each consumer does with each fault: one planted fault a line, and what is said of it.

Where the consumer's own code is at hand (pycocotools) it is run on the same fault; the others are told as read in
their source, which each rule's docstring names.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import annotool
from annotool.config import Config
from annotool.findings import Findings, Severity
from annotool.rules import registry
from annotool.rules.targets import TARGETS, Effect

ROOT = Path(__file__).resolve().parents[1]

Document = dict[str, list[dict[str, Any]]]


def document() -> Document:
    """Three images with two sound annotations each."""
    boxes = [[10.0, 10.0, 60.0, 40.0], [100.0, 80.0, 50.0, 50.0]]
    return {
        "images": [{"id": at, "file_name": f"{at}.jpg", "width": 640, "height": 480} for at in (1, 2, 3)],
        "annotations": [
            {"id": 2 * image + at, "image_id": image, "category_id": at + 1, "bbox": box, "area": box[2] * box[3],
             "iscrowd": 0, "segmentation": [[box[0], box[1], box[0] + box[2], box[1], box[0] + box[2], box[1] + box[3],
                                             box[0], box[1] + box[3]]]}
            for image in (1, 2, 3) for at, box in enumerate(boxes)
        ],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }  # fmt: skip


def put(section: str, at: int, **values: Any) -> Callable[[Document], None]:
    """Change fields of one record; None takes a field out."""

    def change(made: Document) -> None:
        record = made[section][at]
        record.update(values)
        for key in [key for key, value in record.items() if value is None]:
            del record[key]

    return change


def everywhere(section: str, **values: Any) -> Callable[[Document], None]:
    def change(made: Document) -> None:
        for at in range(len(made[section])):
            put(section, at, **values)(made)

    return change


def written(tmp_path: Path, change: Callable[[Document], None]) -> Path:
    made = document()
    change(made)
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(made))
    return path


def audited(path: Path, rule: str, target: str) -> Findings:
    return annotool.audit(path, select=[rule], target=[target], images="none")


FIRST = {"segmentation": None}
COCO_FAULTS = [
    ("SCH002", put("annotations", 1, image_id=None), {
        "torchvision": "stops", "detectron2": "stops", "mmdet": "stops", "coco-eval": "stops"}),
    ("SCH002", put("images", 1, file_name=None), {
        "torchvision": "stops", "detectron2": "stops", "mmdet": "stops", "coco-eval": "none"}),
    ("SCH002", put("categories", 0, name=None), {"torchvision": "none", "detectron2": "stops", "mmdet": "stops"}),
    ("SCH002", put("annotations", 1, bbox=[1.0, 2.0, 3.0]), {"mmdet": "stops", "coco-eval": "stops"}),
    ("SCH003", put("annotations", 1, area=None), {"torchvision": "stops", "mmdet": "stops", "coco-eval": "stops"}),
    ("SCH003", put("annotations", 1, iscrowd=None), {
        "torchvision": "stops", "mmdet": "none", "detectron2": "none", "coco-eval": "stops"}),
    ("SCH003", everywhere("annotations", iscrowd=None), {"coco-eval": "stops", "mmdet": "none"}),
    ("SCH004", put("annotations", 1, bbox=[float("nan"), 2.0, 3.0, 4.0]), {
        "torchvision": "drops-annotation", "detectron2": "drops-annotation", "mmdet": "drops-annotation",
        "albumentations": "stops"}),
    ("SCH004", put("annotations", 1, area=float("nan")), {"torchvision": "none", "albumentations": "none"}),
    ("SCH005", put("images", 1, id=1), {
        "torchvision": "drops-image", "detectron2": "drops-image", "mmdet": "drops-image", "coco-eval": "drops-image"}),
    ("SCH005", put("categories", 1, id=1), {"detectron2": "misreads", "mmdet": "none", "coco-eval": "none"}),
    ("SCH006", put("annotations", 1, id=2), {
        "torchvision": "misreads", "detectron2": "stops", "mmdet": "stops", "coco-eval": "misreads"}),
    ("SCH007", put("annotations", 1, image_id=9), dict.fromkeys(("torchvision", "detectron2", "mmdet", "coco-eval"), "drops-annotation")),
    ("SCH008", put("annotations", 1, id=0), {"coco-eval": "misreads", "mmdet": "none"}),
    ("SCH009", put("images", 1, width=None), {"torchvision": "stops", "detectron2": "stops", "mmdet": "stops"}),
    ("SCH009", put("images", 1, height=0), {"torchvision": "stops", "detectron2": "stops", "mmdet": "drops-image"}),
    ("SCH009", put("images", 1, height=480.5), {"torchvision": "none", "detectron2": "stops", "mmdet": "none"}),
    ("FMT008", put("categories", 0, id=0), {
        "torchvision": "misreads", "detectron2": "none", "mmdet": "none", "coco-eval": "none"}),
    ("FMT011", put("annotations", 1, iscrowd=1), dict.fromkeys(("torchvision", "detectron2", "mmdet", "coco-eval"), "drops-annotation")),
    ("BOX001", put("annotations", 1, bbox=[10.0, 10.0, 0.0, 40.0], **FIRST), {
        "torchvision": "stops", "detectron2": "drops-annotation", "mmdet": "drops-annotation",
        "albumentations": "stops", "coco-eval": "misreads"}),
    ("BOX001", put("annotations", 1, bbox=[90.0, 10.0, -30.0, 40.0], **FIRST), {
        "torchvision": "stops", "detectron2": "none", "albumentations": "stops"}),
    ("BOX002", put("annotations", 1, bbox=[600.0, 10.0, 90.0, 40.0], **FIRST), {
        "torchvision": "none", "detectron2": "none", "mmdet": "none", "albumentations": "stops"}),
    ("BOX002", put("annotations", 1, bbox=[700.0, 10.0, 90.0, 40.0], **FIRST), {
        "torchvision": "drops-annotation", "detectron2": "drops-annotation", "mmdet": "drops-annotation"}),
    ("BOX003", put("annotations", 1, bbox=[10.0, 10.0, 0.5, 40.0], area=20.0, **FIRST), {
        "mmdet": "drops-annotation", "torchvision": "none", "albumentations": "none"}),
    ("BOX005", put("annotations", 1, area=0), {"mmdet": "drops-annotation", "coco-eval": "misreads"}),
    ("BOX005", put("annotations", 1, area=9000.0), {"mmdet": "none", "coco-eval": "misreads"}),
    ("SEG001", put("annotations", 1, segmentation=[[1.0, 1.0, 9.0, 9.0]]), {
        "torchvision": "stops", "detectron2": "drops-annotation", "mmdet": "drops-annotation", "coco-eval": "stops"}),
    ("SEG001", put("annotations", 1, segmentation=[[1.0, 1.0, 9.0, 1.0, 9.0, 9.0], [1.0, 1.0]]), {
        "torchvision": "none", "detectron2": "misreads", "mmdet": "misreads", "coco-eval": "none"}),
    ("SEG003", put("annotations", 1, bbox=[600.0, 10.0, 90.0, 40.0],
                   segmentation=[[600.0, 10.0, 690.0, 10.0, 690.0, 50.0, 600.0, 50.0]]), {
        "albumentations": "stops", "mmdet": "none", "torchvision": "none"}),
    ("SEG003", put("annotations", 1, bbox=[700.0, 10.0, 90.0, 40.0],
                   segmentation=[[700.0, 10.0, 790.0, 10.0, 790.0, 50.0, 700.0, 50.0]]), {
        "torchvision": "drops-annotation", "detectron2": "drops-annotation", "mmdet": "drops-annotation"}),
    ("SEG006", put("annotations", 1, segmentation={"size": [48, 64], "counts": [0, 48 * 64]}), {
        "coco-eval": "misreads", "albumentations": "none"}),
    ("KPT001", put("annotations", 1, keypoints=[10.0, 10.0, 2, 20.0], num_keypoints=1), {
        "torchvision": "stops", "detectron2": "stops", "coco-eval": "stops", "mmdet": "none"}),
    ("KPT003", put("annotations", 1, keypoints=[20.0, 20.0, 2] * 17, num_keypoints=0), {
        "coco-eval": "drops-annotation", "torchvision": "none"}),
    ("KPT003", put("annotations", 1, keypoints=[20.0, 20.0, 2] * 17), {"coco-eval": "stops"}),
    ("CLS001", put("annotations", 1, category_id=7), {
        "detectron2": "stops", "mmdet": "drops-annotation", "coco-eval": "drops-annotation", "torchvision": "none"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "change", "target", "effect"),
    [(rule, change, target, effect) for rule, change, said in COCO_FAULTS for target, effect in said.items()],
)
def test_coco(
    tmp_path: Path, rule: str, change: Callable[[Document], None], target: str, effect: str
) -> None:
    findings = audited(written(tmp_path, change), rule, target)
    assert findings.counts().keys() == {rule}
    assert [each.effect for each in findings.outcomes] == [effect]
    told = findings.column("consequence").tolist()
    assert [text.startswith(target) for text in told if text] == [True] * (effect != "none")
    if effect in ("stops", "drops-image", "drops-annotation") and rule != "FMT011":
        grades = findings.column("severity")[[bool(text) for text in told]]
        assert (grades == Severity.ERROR).all()


YOLO_FAULTS = [
    ("FMT001", "0 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.5 0.1 0.5 0.5\n", "drops-image"),
    ("FMT002", "0 0.5 0.5 0.2\n", "drops-image"),
    ("FMT002", "0 0.5 0.5 0.2 0.2 0.93\n", "drops-image"),
    ("FMT002", "0,0.5,0.5,0.2,0.2\n", "drops-image"),
    ("FMT002", "0.0 0.5 0.5 0.2 0.2\n", "none"),
    ("FMT002", "-1 0.5 0.5 0.2 0.2\n", "drops-image"),
    ("FMT003", "0 320 240 64 64\n", "drops-image"),
    ("SCH004", "0 0.5 nan 0.2 0.2\n", "drops-image"),
    ("CLS001", "7 0.5 0.5 0.2 0.2\n", "drops-image"),
    ("BOX001", "0 0.5 0.5 -0.2 0.2\n", "drops-image"),
    ("BOX001", "0 0.5 0.5 0 0.2\n", "none"),
    ("BOX002", "0 0.98 0.5 0.2 0.2\n", "none"),
    ("BOX002", "0 1.02 0.5 0.2 0.2\n", "drops-image"),
    ("DUP001", "0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2 0.2\n", "drops-annotation"),
]


@pytest.mark.parametrize(("rule", "text", "effect"), YOLO_FAULTS)
def test_ultralytics(tmp_path: Path, rule: str, text: str, effect: str) -> None:
    yolo(tmp_path, text)
    findings = annotool.audit(tmp_path, select=[rule], target=["ultralytics"])
    assert rule in findings.counts()
    assert effect in [each.effect for each in findings.outcomes]
    if effect == "drops-image":
        (dropped,) = [each for each in findings.outcomes if each.effect == effect]
        assert dropped.says == "1 image will be dropped by ultralytics"


def yolo(folder: Path, text: str, settings: str = "names: [cat, dog]\n") -> None:
    """Twelve sound label files with images' names only, and one with this text."""
    from PIL import Image

    for name in ("images/train", "images/val", "labels/train", "labels/val"):
        (folder / name).mkdir(parents=True)
    for at in range(12):
        for split in ("train", "val"):
            Image.new("RGB", (64, 48), (at, at, at)).save(folder / f"images/{split}/{split}{at}.jpg")
            (folder / f"labels/{split}/{split}{at}.txt").write_text("0 0.5 0.5 0.4 0.4\n1 0.3 0.3 0.2 0.2\n")
    (folder / "labels/train/train3.txt").write_text(text)
    (folder / "data.yaml").write_text(f"path: .\ntrain: images/train\nval: images/val\n{settings}")


@pytest.mark.parametrize(
    ("settings", "effect"),
    [
        ("names: [cat, dog]\nnc: 3\n", "stops"),
        ("names: {1: cat, 2: dog}\n", "stops"),
        ("names: {a: cat}\n", "stops"),
        ("nc: 2\n", "none"),
    ],
)
def test_ultralytics_and_its_settings(tmp_path: Path, settings: str, effect: str) -> None:
    yolo(tmp_path, "0 0.5 0.5 0.2 0.2\n", settings)
    findings = annotool.audit(tmp_path, select=["FMT004"], target=["ultralytics"])
    assert findings.counts()
    assert [each.effect for each in findings.outcomes] == [effect]


@pytest.mark.parametrize(
    ("rule", "suffix", "side"), [("IMG001", ".jpg", 0), ("IMG005", ".gif", 48), ("IMG006", ".jpg", 9)]
)
def test_ultralytics_and_image_files(tmp_path: Path, rule: str, suffix: str, side: int) -> None:
    from PIL import Image

    yolo(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    path = tmp_path / "images/train/train3.jpg"
    path.write_bytes(b"no image at all")
    if side:
        Image.new("RGB", (64, side)).save(path, format="GIF" if suffix == ".gif" else "JPEG")
    findings = annotool.audit(tmp_path, select=[rule], target=["ultralytics"])
    assert [each.says for each in findings.outcomes] == ["1 image will be dropped by ultralytics"]


# What pycocotools does, by running it.


def evaluated(path: Path, kind: str = "bbox", results: list[dict[str, Any]] | None = None) -> COCOeval:
    """Evaluate perfect detections against a file, or these."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(path))
        sound = document()["annotations"]
        names = ("image_id", "category_id", "bbox", "segmentation")
        perfect = [{**{name: each[name] for name in names}, "score": 0.9} for each in sound]
        run = COCOeval(truth, truth.loadRes(results or perfect), kind)
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run


@pytest.mark.parametrize("rule", ["SCH002", "SCH003"])
def test_coco_eval_does_stop(tmp_path: Path, rule: str) -> None:
    for code, change, said in COCO_FAULTS:
        if code == rule and said.get("coco-eval") == "stops":
            with pytest.raises(
                Exception, match="^'(id|image_id|area|iscrowd)'$|list input can be bounding box"
            ):
                evaluated(written(tmp_path, change))
        elif code == rule and said.get("coco-eval") == "none":
            evaluated(written(tmp_path, change))


def test_coco_eval_does_count_id_zero_as_wrong(tmp_path: Path) -> None:
    assert evaluated(written(tmp_path, put("images", 0))).stats[0] == pytest.approx(1.0)
    assert evaluated(written(tmp_path, put("annotations", 1, id=0))).stats[0] < 0.9


def test_coco_eval_does_drop_and_replace(tmp_path: Path) -> None:
    for change in (put("annotations", 1, image_id=9), put("annotations", 1, category_id=7)):
        counted = evaluated(written(tmp_path, change))
        assert sum(len(each["gtIds"]) for each in counted.evalImgs if each and each["aRng"][0] == 0) < 6 * 2
    truth = COCO()
    truth.dataset = document()
    put("annotations", 1, id=2)(truth.dataset)
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
    assert [each["category_id"] for each in truth.loadAnns(truth.getAnnIds(imgIds=1))] == [2, 2]


def test_coco_eval_cannot_match_a_box_without_area() -> None:
    assert mask.iou(np.array([[0.0, 0, 5, 5]]), np.array([[0.0, 0, 0, 5]]), [0]) == 0


def test_coco_eval_does_stop_at_a_first_ring_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        evaluated(written(tmp_path, put("annotations", 1, segmentation=[[1.0, 1.0, 9.0, 9.0]])), "segm")
    late = put("annotations", 1, segmentation=[[1.0, 1.0, 9.0, 1.0, 9.0, 9.0], [1.0, 1.0]])
    evaluated(written(tmp_path, late), "segm")


def test_coco_eval_of_keypoints_does_stop_and_drop(tmp_path: Path) -> None:
    sound = [120.0, 100.0, 2] * 17
    box = document()["annotations"][1]["bbox"]
    seen = [{"image_id": 1, "category_id": 2, "keypoints": sound, "bbox": box, "score": 0.9}]
    results = [{**each, "area": 2500.0} for each in seen]

    def ran(**values: Any) -> COCOeval:
        made = document()
        made["annotations"] = [{**made["annotations"][1], "keypoints": sound, "num_keypoints": 17, **values}]
        if values.get("num_keypoints", 0) is None:
            del made["annotations"][0]["num_keypoints"]
        path = tmp_path / "keypoints.json"
        path.write_text(json.dumps(made))
        return evaluated(path, "keypoints", results)

    assert ran().stats[0] == pytest.approx(1.0)
    assert ran(num_keypoints=0).stats[0] == -1  # nothing is left to find
    with pytest.raises(KeyError, match="num_keypoints"):
        ran(num_keypoints=None)
    with pytest.raises(ValueError, match="broadcast"):
        ran(keypoints=sound[:-4])


def test_coco_eval_cannot_match_a_mask_of_another_size() -> None:
    one, other = (mask.encode(np.asfortranarray(np.ones((10, side), np.uint8))) for side in (10, 12))
    empty = mask.encode(np.asfortranarray(np.zeros((10, 10), np.uint8)))
    assert mask.iou([one], [other], [0]) < 0
    assert mask.iou([one], [empty], [0]) == 0


# The table as a whole.


def test_every_consequence_is_of_a_known_target_and_speaks_plainly() -> None:
    for code, rule in registry().items():
        for each in rule.targets:
            assert each.target in TARGETS, code
            assert each.effect in list(Effect)
            assert each.says == each.says.strip() and not each.says.endswith("."), (code, each.says)
            assert "Of the consumers: " in rule.documentation(), f"{code} names no source"
            reads = set(each.formats or TARGETS[each.target].reads)
            assert not rule.formats or reads & set(rule.formats), f"{code} never meets {each.target}"


def test_clean_samples_are_fit_for_all(tmp_path: Path) -> None:
    for name in ("coco", "voc", "yolo"):
        data = annotool.read(ROOT / "sample_data" / name)
        targets = [target for target, each in TARGETS.items() if name in each.reads]
        findings = annotool.audit(data, target=targets)
        bad = [each for each in findings.outcomes if each.effect not in ("none", "misreads")]
        assert not bad, f"{name}: {bad}"


def test_another_format_is_told_not_judged() -> None:
    findings = annotool.audit(ROOT / "sample_data/faulty/voc", target=["ultralytics"])
    (told,) = findings.outcomes
    assert (told.effect, told.rules) == ("unread", {})
    assert told.says == "ultralytics does not read voc: convert it first (it reads yolo)"
    assert not any(findings.column("consequence"))


def test_severities_set_by_hand_go_before_targets(tmp_path: Path) -> None:
    path = written(tmp_path, put("annotations", 1, bbox=[600.0, 10.0, 90.0, 40.0], segmentation=None))
    config = Config(severities={"BOX002": Severity.INFO}, targets=("albumentations",))
    findings = annotool.audit(path, select=["BOX002"], config=config, images="none")
    assert findings.column("severity").tolist() == [Severity.INFO]
    assert findings.column("consequence").tolist() == ["albumentations stops: ValueError, unless clip=True"]


def test_targets_change_no_silence(tmp_path: Path) -> None:
    data = annotool.read(ROOT / "sample_data/faulty/coco")
    plain, told = annotool.audit(data), annotool.audit(data, target=[*TARGETS])
    assert plain.counts() == told.counts()
    assert (told.column("severity") >= plain.column("severity")).all()


def test_several_targets_and_their_verdicts(tmp_path: Path) -> None:
    path = written(tmp_path, put("annotations", 1, bbox=[10.0, 10.0, 0.0, 40.0], segmentation=None))
    data = annotool.read(path, images="none")
    findings = annotool.audit(data, select=["BOX001"], target=["torchvision", "mmdet"])
    said = [each.says for each in findings.outcomes]
    assert said == [
        "training with torchvision will stop: 1 box has no area",
        "1 annotation will be dropped by mmdet",
    ]
    report = annotool.report(data, findings)
    assert report.splitlines()[1:3] == [f"  {each}" for each in said]
    (consequence,) = findings.column("consequence").tolist()
    assert f"({consequence})" in report
    whole = json.loads(annotool.report(data, findings, "json"))
    assert whole["findings"][0]["consequence"] == consequence
    assert [each["says"] for each in whole["targets"]] == said
