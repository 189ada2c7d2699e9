from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Severity
from annotool.rules.kpt.keypoint_schema import KeypointSchema, flip_fault
from annotool.testing import check_rule, tiny
from tests.formats.coco.build import annotation, category, document, put

HAND = {"keypoints": ["wrist", "thumb"], "skeleton": [[1, 2]]}


def silent(*keypoints: Sequence[float]) -> Dataset:
    """Annotations of a category that does not say how many points it has."""
    return tiny(annotations=[{"keypoints": each} for each in keypoints])


def test_lengths_where_nothing_is_declared() -> None:
    usual = [[1, 2, 2, 3, 4, 1]] * 20
    check_rule(
        KeypointSchema,
        valid=[silent([1, 2, 2], [1, 2, 2, 3, 4, 1]), silent(*usual), silent(*usual[:18], [1, 2, 2]), tiny()],
        invalid=[
            (silent([1, 2, 2, 3]), [{"message": "4 numbers of keypoints, not x, y and v of each", "fix": Fix.NONE}]),
            (silent(*usual[:19], [1, 2, 2]),
             [{"annotation": 19, "severity": Severity.ERROR, "values": {"numbers": 3, "expected": 6}}]),
        ],
    )  # fmt: skip


def test_flags() -> None:
    message = "keypoints with a v other than 0 (not labelled), 1 (hidden) or 2 (visible): 2"
    check_rule(
        KeypointSchema,
        valid=[silent([1, 2, 2, 3, 4, 1, 0, 0, 0], [0, 0, 2, -1, 5, 1.0])],
        invalid=[
            (silent([1, 2, 3, 3, 4, 0.9, 0, 0, 0]), [{"message": message, "severity": Severity.ERROR}]),
            (silent([1, 2, 0, 3, 4, 2, 0, 0, 0, 0, 9, 0]),
             [{"message": "keypoints with v = 0 (not labelled) and a place other than 0 0: 2", "fix": Fix.SAFE,
               "severity": Severity.WARNING}]),
        ],
    )  # fmt: skip


def test_places_of_unlabelled_points_that_a_tool_always_writes() -> None:
    placed, sound = [1, 2, 0, 3, 4, 2], [0, 0, 0, 3, 4, 2]
    message = "20 of 40 annotations have keypoints with v = 0 (not labelled) and a place other than 0 0"
    check_rule(
        KeypointSchema,
        invalid=[
            (silent(*[placed] * 20, *[sound] * 20),
             [{"annotation": -1, "source": 0, "message": message, "severity": Severity.WARNING, "fix": Fix.SAFE}]),
            (silent(*[placed] * 20, *[sound] * 21), [*range(20)]),
            (silent(*[placed] * 19), [*range(19)]),
        ],
    )  # fmt: skip
    data, rule = silent(*[placed] * 20), KeypointSchema()
    assert len(rule.fix(data, rule.check(data))) == 40


def coco(folder: Path, *keypoints: list[float], **more: Any) -> Path:
    records = [annotation(at + 1, keypoints=each, num_keypoints=1) for at, each in enumerate(keypoints)]
    return (
        put(
            folder / "in",
            {
                "hands.json": document(
                    annotations=records, categories=[category(1, "hand", **{**HAND, **more})]
                )
            },
        )
        / "hands.json"
    )


def test_lengths_as_the_category_declares(tmp_path: Path) -> None:
    data = annotool.read(coco(tmp_path, [1, 2, 2, 0, 0, 0], [1, 2, 2], [1, 2, 2, 0, 0]))
    found = annotool.audit(data, select=["KPT001"])
    assert found.column("annotation").tolist() == [1, 2]
    assert [part.text(0) for part in found.blocks] == [
        "3 numbers of keypoints; expected 6: x, y and v of each point of the category"
    ]


def test_fix_writes_zeros_and_nothing_else(tmp_path: Path) -> None:
    path = coco(tmp_path, [5.5, 7, 0, 3, 4, 1], [1, 2, 2, 0.0, 3, 0])
    before = path.read_text()
    annotool.fix(path, out=tmp_path / "out")
    after = (tmp_path / "out" / path.name).read_text()
    assert after == before.replace("[5.5, 7, 0, 3, 4, 1]", "[0, 0, 0, 3, 4, 1]").replace(
        "0.0, 3, 0]", "0.0, 0, 0]"
    )
    assert not len(annotool.audit(tmp_path / "out", select=["KPT001"]))


def yolo(folder: Path, rows: str, flip: str = "", shape: str = "[2, 3]") -> Path:
    (folder / "labels/train").mkdir(parents=True)
    (folder / "images/train").mkdir(parents=True)
    (folder / "labels/train/a.txt").write_text(rows)
    (folder / "data.yaml").write_text(
        f"train: images/train\nval: images/train\nnames: [hand]\nkpt_shape: {shape}\n{flip}"
    )
    return folder


def test_yolo_pose(tmp_path: Path) -> None:
    rows = "0 .5 .5 .4 .4 .4 .4 2 .6 .6 0\n0 .5 .5 .4 .4 .4 .4 1 0 0 0\n0 .5 .5 .4 .4 .4 .4 3 0 0 0\n"
    path = yolo(tmp_path / "in", rows, "flip_idx: [0, 0]\n")
    found = annotool.audit(path, select=["KPT001"])
    assert sorted(found.column("line").tolist()) == [1, 3, 5]
    annotool.fix(path, out=tmp_path / "out")
    assert (tmp_path / "out/labels/train/a.txt").read_text() == rows.replace(".6 .6 0", "0 0 0")


def test_points_of_two_numbers_have_no_flag(tmp_path: Path) -> None:
    path = yolo(tmp_path, "0 .5 .5 .4 .4 .4 .4 .6 .6\n", shape="[2, 2]")
    assert not len(annotool.audit(path, select=["KPT001"]))


@pytest.mark.parametrize(
    ("flip", "why"),
    [
        ("[0, 2, 1]", None),
        ("[]", None),
        ("", None),
        ("[0, 1]", "flip_idx names 2 keypoints, kpt_shape says 3"),
        ("[0, 1, 1]", "flip_idx: expected each of 0 to 2 once"),
        ("[1, 2, 3]", "flip_idx: expected each of 0 to 2 once"),
        ("[1, 2, 0]", "flip_idx: 0 becomes 1, but 1 becomes 2; expected pairs that change places"),
        ("[0, a, 1]", "flip_idx: expected a list of whole numbers"),
        ("7", "flip_idx: expected a list of whole numbers"),
        ("{0: 1}", "flip_idx: expected a list of whole numbers"),
        ("\n  - 0\n  - 2\n  - 1", None),
    ],
)
def test_flip_idx(flip: str, why: str | None) -> None:
    text = f"names: [hand]\nflip_idx: {flip}\n".encode()
    assert flip_fault(text, 3) == (None if why is None else (2, why))


@pytest.mark.parametrize("text", [b"a: [", b"flip_idx", b"- flip_idx", b"\xff flip_idx: [1]", b""])
def test_a_yaml_without_flip_idx(text: bytes) -> None:
    assert flip_fault(text, 3) is None
