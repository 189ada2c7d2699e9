"""What other tools lose or change in silence is a finding here, or a legal spelling read right.

The tables these cases are from: Datumaro 1.13 (37 probes of Ultralytics' layout, 12 of which make it drop the whole
image without a word, 11 of them by the spelling of the FIRST line), hotcoco, panlabel, labelformat, supervision.
"""

from pathlib import Path

import pytest

from annotool import api
from tests.formats.yolo.build import boxes, codes, names, one, png, put, read, usual

GOOD = "1 0.25 0.25 0.1 0.1\n"
BOX = (40.0, 15.0, 20.0, 20.0)


FIRST_LINES: list[tuple[str, list[tuple[float, ...]], dict[str, int]]] = [
    # Datumaro drops the image; the rest of its rows are read here, and the line is told or is legal.
    ("0 0.5 0.5 0.2\n", [], {"FMT002": 1}),
    ("0 0.5 0.5 0.2 0.4 0.9\n", [BOX], {"FMT002": 1}),
    ("0 0.4 0.3 0.6 0.3 0.6 0.7 0.4 0.7\n", [BOX], {}),
    ("0 0.5 0.5 -0.2 0.4\n", [(60, 15, -20, 20)], {}),
    ("0 0.5 0.5 2e-01 0.4\n", [BOX], {}),
    ("0 0.5 nan 0.2 0.4\n", [(40, float("nan"), 20, 20)], {"SCH004": 1}),
    ("0\t0.5\t0.5\t0.2\t0.4\n", [BOX], {}),
    ("0 0.5 0.5 0.2 0.4 \n", [BOX], {}),
    ("\n", [], {}),
    ("cat 0.5 0.5 0.2 0.4\n", [BOX], {"FMT002": 1}),
    ("0.0 0.5 0.5 0.2 0.4\n", [BOX], {"FMT002": 1}),
    ("0,0.5,0.5,0.2,0.4\n", [BOX], {"FMT002": 1}),
    ("-1 0.5 0.5 0.2 0.4\n", [BOX], {"FMT002": 1}),
]


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize(("line", "read_as", "faults"), FIRST_LINES)
def test_a_line_spoils_no_other(
    tmp_path: Path, line: str, read_as: list[tuple[float, ...]], faults: dict[str, int], where: str
) -> None:
    data = one(tmp_path, line + GOOD if where == "first" else GOOD + line)
    found = boxes(data)
    good = (20, 10, 10, 5)
    assert found.count(good) == 1
    found.remove(good)
    assert repr(found) == repr([tuple(float(side) for side in box) for box in read_as])
    assert codes(data) == faults


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0 0.5 0.5 -0.2 0.4\n", "BOX001"),
        ("0 0.5 0.5 0 0.4\n", "BOX001"),
        ("0 0.95 0.5 0.2 0.4\n", "BOX002"),
        ("0 -0.5 0.5 0.2 0.4\n", "BOX002"),
        ("0 50 25 20 20\n", "FMT003"),
        ("0 0.5 0.5 0.2 0.4\n" * 2, "DUP001"),
        ("0 0.5 0.5 0.2 0.4\n0 0.501 0.5 0.2 0.4\n", "DUP002"),
        ("0 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4\n", "DUP003"),
        ("7 0.5 0.5 0.2 0.4\n", "CLS001"),
        ("0 0.5 0.5 0.2 0.4\n0 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3\n", "FMT001"),
    ],
)
def test_what_datumaro_is_silent_about(tmp_path: Path, text: str, rule: str) -> None:
    assert len(api.audit(one(tmp_path, text), select=[rule])) == 1


def test_names_by_key_are_not_swapped(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/train\nnames: {1: dog, 0: cat}\n"
    data = read(usual(tmp_path, {"train/a": "0 .5 .5 .2 .4\n1 .25 .25 .1 .1\n"}, yaml))
    assert names(data) == ["cat", "dog"]


def test_a_gap_in_the_keys(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/train\nnames: {0: cat, 5: dog}\n"
    data = read(usual(tmp_path, {"train/a": "1 .5 .5 .2 .4\n5 .25 .25 .1 .1\n"}, yaml))
    assert names(data) == ["", "dog"]
    assert codes(data) == {"FMT004": 1}


def test_a_wrong_count_of_classes(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/train\nnc: 5\nnames: [cat, dog]\n"
    assert codes(read(usual(tmp_path, {"train/a": GOOD}, yaml))) == {"FMT004": 1}


@pytest.mark.parametrize("yaml", [None, "names: [cat\ntrain: images/train\n"])
def test_a_yaml_that_is_missing_or_broken(tmp_path: Path, yaml: str | None) -> None:
    root = usual(tmp_path, {"train/a": GOOD})
    (root / "data.yaml").unlink()
    if yaml:
        put(root, {"data.yaml": yaml})
    data = read(root)
    assert len(data.table("annotations")) == 1
    assert codes(data) == ({"SCH001": 1} if yaml else {})


def test_the_root_of_the_usual_layout_is_read(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": GOOD, "val/b": GOOD}))
    assert len(data.table("annotations")) == 2, "hotcoco converts 0 images of it and exits with 0"


def test_images_without_a_label_are_there(tmp_path: Path) -> None:
    root = put(usual(tmp_path, {"train/a": GOOD}), {"images/train/b.png": png(), "images/train/c.png": b""})
    images = read(root).table("images")
    assert images["file_name"].tolist() == [f"images/train/{name}.png" for name in "abc"]
    assert images["source"].tolist() == [1, -1, -1]


def test_an_image_without_label_and_an_orphan(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": GOOD, "train/b": GOOD})
    (root / "images/train/b.png").rename(root / "images/train/c.png")
    images = read(root).table("images")
    assert [bool(path) for path in images["path"]] == [True, True, False]
    assert images["source"].tolist() == [1, -1, 2]
