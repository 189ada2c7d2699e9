from pathlib import Path

import pytest

from annotool.errors import UsageError
from annotool.schema import Kind
from tests.formats.yolo.build import codes, one, read, texts, usual

BOX = "0 0.5 0.5 0.2 0.4"
QUAD = "0 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3"
FIVE = "0 0.1 0.1 0.3 0.1 0.3 0.3 0.2 0.4 0.1 0.3"
POSE = "0 0.5 0.5 0.4 0.4 0.4 0.4 2 0.6 0.6 1 0 0 0"
FLAT = "0 0.5 0.5 0.4 0.4 0.4 0.4 0.6 0.6 0.5 0.5"


def task(root: Path, *rows: str, **options: object) -> tuple[str, set[str]]:
    data = one(root, "\n".join(rows), **options)
    kinds = {Kind(kind).name for kind in data.table("annotations")["kind"].tolist()}
    return data.facts["task"]["task"], kinds


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([BOX], ("detect", {"BOX"})),
        ([], ("detect", set())),
        ([QUAD, QUAD], ("obb", {"OBB"})),
        ([QUAD, QUAD, FIVE], ("segment", {"POLYGON"})),
        ([FIVE], ("segment", {"POLYGON"})),
        ([BOX, BOX, QUAD], ("detect", {"BOX", "POLYGON"})),
        ([BOX, QUAD, QUAD], ("obb", {"BOX", "OBB"})),
        ([BOX, FIVE, QUAD], ("segment", {"BOX", "POLYGON"})),
        ([POSE, POSE], ("pose", {"KEYPOINTS"})),
        ([FLAT] * 3, ("pose", {"KEYPOINTS"})),
        ([FLAT], ("segment", {"POLYGON"})),
        ([POSE.replace(" ", ", ")] * 2, ("pose", {"KEYPOINTS"})),
        (["0.5,0.1,0.10 .5 .5 .1 .1 .9"], ("detect", set())),  # eight numbers and six words: once a traceback
    ],
)
def test_inferred(tmp_path: Path, rows: list[str], expected: tuple[str, set[str]]) -> None:
    assert task(tmp_path, *rows) == expected


@pytest.mark.parametrize(
    ("asked", "row", "expected"),
    [
        ("segment", QUAD, ("segment", {"POLYGON"})),
        ("obb", QUAD, ("obb", {"OBB"})),
        ("pose", FLAT, ("pose", {"KEYPOINTS"})),
        ("detect", QUAD, ("detect", {"POLYGON"})),
        ("pose", BOX, ("pose", {"BOX"})),
    ],
)
def test_asked(tmp_path: Path, asked: str, row: str, expected: tuple[str, set[str]]) -> None:
    assert task(tmp_path, row, task=asked) == expected


def test_an_unknown_task(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected one of detect, segment, obb, pose"):
        task(tmp_path, BOX, task="classify")


def test_the_yaml_says(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/train\nnames: [cat]\n"
    data = read(usual(tmp_path / "a", {"train/a": QUAD}, yaml + "task: segment\n"))
    assert data.facts["task"] == {"task": "segment", "from": "data.yaml", "rows_by_numbers": {"9": 1}}
    data = read(usual(tmp_path / "b", {"train/a": f"{FLAT}\n{QUAD}\n{BOX}"}, yaml + "kpt_shape: [3, 2]\n"))
    assert data.facts["task"]["kpt_shape"] == [3, 2]
    assert data.table("annotations")["kind"].tolist() == [Kind.KEYPOINTS, Kind.POLYGON, Kind.BOX]
    assert texts(data, "FMT002") == [
        "9 numbers in the row; expected 11 (class, cx cy w h and 3 keypoints of 2)"
    ]


@pytest.mark.parametrize(
    ("asked", "row", "kept", "said"),
    [
        (
            "detect",
            "0 .5 .5 .1 .1 .9",
            True,
            "6 numbers in the row: a prediction saved with its confidence; expected 5 (class cx cy w h)",
        ),
        ("detect", "0 .5 .5 .1", False, "4 numbers in the row; expected 5 (class cx cy w h)"),
        (
            "segment",
            "0 .1 .1 .3 .1 .3 .3 .1",
            False,
            "8 numbers in the row; expected an odd number from 7 on (class x y x y x y ...)",
        ),
        ("obb", FIVE, True, "11 numbers in the row; expected 9 (class and four corners)"),
        ("detect", "0", False, "1 numbers in the row; expected 5 (class cx cy w h)"),
        ("detect", "0,0.5,0.5,0.1", False, "4 numbers in the row; expected 5 (class cx cy w h)"),
    ],
)
def test_wrong_numbers_of_numbers(tmp_path: Path, asked: str, row: str, kept: bool, said: str) -> None:
    data = one(tmp_path, f"{BOX}\n{row}\n", task=asked)
    assert texts(data, "FMT002") == [said]
    assert data.problems.column("kept").tolist() == [kept]
    assert len(data.table("annotations")) == 1 + kept
    assert codes(data) == {"FMT002": 1}


def test_what_is_said(tmp_path: Path) -> None:
    data = one(tmp_path, f"{BOX}\n{BOX}\n{QUAD}\n")
    assert "Task: detect (boxes), from 5 numbers in 2 of 3 rows." in data.notes
    assert data.facts["task"]["rows_by_numbers"] == {"5": 2, "9": 1}
