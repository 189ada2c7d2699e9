from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix
from annotool.rules.fmt.box_encoding_suspect import BoxEncodingSuspect
from annotool.schema import SizeFrom
from annotool.testing import check_rule, edited, tiny

BOXES = [(100.0, 50.0, 80.0, 40.0), (400.0, 300.0, 100.0, 90.0), (10.0, 20.0, 30.0, 40.0)] * 4
CORNERS = [(x, y, x + w, y + h) for x, y, w, h in BOXES]


def boxes(written: Sequence[tuple[float, ...]], format_name: str = "coco", **more: Any) -> Dataset:
    image = dict(more.pop("image", {}))
    return tiny(
        [image] * 2,
        [{"image": at % 2, "box": box, **more} for at, box in enumerate(written)],
        format_name=format_name,
    )


AS_CORNERS = boxes(CORNERS)
FRACTIONS = boxes([(x / 640, y / 480, w / 640, h / 480) for x, y, w, h in BOXES])
# VOC files that hold x y w h: read as corners, the far edge is at w, h.
AS_SIZES = boxes([(x, y, w - x, h - y) for x, y, w, h in BOXES], "voc", area=np.nan)


def test_forms() -> None:
    said = "the four numbers look like x1 y1 x2 y2, not x y w h: of 12 boxes 4 do not fit their image as written, 12 would"
    check_rule(
        BoxEncodingSuspect,
        valid=[
            boxes(BOXES),
            boxes(BOXES, "voc"),
            boxes(CORNERS[:4]),  # too few
            boxes(CORNERS, image={"width": np.nan, "size_from": SizeFrom.UNKNOWN}),
            boxes([*BOXES, (500.0, 10.0, 300.0, 5.0)]),  # one box out of bounds
            boxes(CORNERS, bbox_derived=True),
        ],
        invalid=[
            (AS_CORNERS, [{"source": 0, "message": said, "fix": Fix.UNSAFE, "line": 0}]),
            (FRACTIONS, [{"source": 0, "values": {"form": "fractions", "boxes": 12}, "fix": Fix.UNSAFE}]),
            (AS_SIZES, [{"source": 0, "values": {"form": "sizes", "boxes": 12}}, {"source": 1}]),
        ],
    )


@pytest.mark.parametrize("data", [AS_CORNERS, FRACTIONS, AS_SIZES], ids=["corners", "fractions", "sizes"])
def test_turned_back(data: Dataset) -> None:
    rule = BoxEncodingSuspect()
    rows = edited(data, rule.fix(data, rule.check(data))).table("annotations")
    assert np.allclose(np.stack([rows[c] for c in "xywh"], axis=1), BOXES)
    if data.formats == {"coco"}:
        assert np.allclose(rows["area"], rows["w"] * rows["h"])


def test_an_area_that_was_right_stays() -> None:
    data = boxes(CORNERS, area=77.0)
    rule = BoxEncodingSuspect()
    assert set(rule.fix(data, rule.check(data))["column"].tolist()) == {"bbox"}


def test_unable_without_sizes() -> None:
    data = boxes(BOXES, image={"width": np.nan})
    assert BoxEncodingSuspect().unable(data) == "no image sizes: 12 boxes not judged"
    assert not BoxEncodingSuspect().unable(boxes(BOXES))


# YOLO files that hold x1 y1 x2 y2: read as centre, width and height.
LARGE = [(0.1, 0.1, 0.7, 0.6), (0.3, 0.2, 0.9, 0.9), (0.05, 0.4, 0.5, 0.95), (0.6, 0.5, 0.8, 0.7)] * 3


def yolo(corners: bool, **more: Any) -> Dataset:
    rows = [
        (x1 - x2 / 2, y1 - y2 / 2, x2, y2) if corners else (x1, y1, x2 - x1, y2 - y1)
        for x1, y1, x2, y2 in LARGE
    ]
    image = dict(more.pop("image", {}))
    return tiny(
        [image] * 3,
        [{"image": at % 3, "fractions": row, **more} for at, row in enumerate(rows)],
        format_name="yolo",
    )


def test_corners_in_yolo() -> None:
    said = "the four numbers look like x1 y1 x2 y2, not centre, width and height: of 12 boxes 9 do not fit"
    unknown = {"width": np.nan, "height": np.nan, "size_from": SizeFrom.UNKNOWN}
    for more in ({}, {"image": unknown}):
        check_rule(
            BoxEncodingSuspect,
            valid=[yolo(False, **more)],
            invalid=[(yolo(True, **more), [{"source": at, "fix": Fix.UNSAFE} for at in range(3)])],
        )
    found = BoxEncodingSuspect().check(yolo(True))
    assert found.blocks[0].text(0).startswith(said)
    assert BoxEncodingSuspect().unable(yolo(True, image=unknown)) == ""


def test_corners_in_yolo_become_boxes(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / "in" / folder).mkdir(parents=True)
    Image.new("L", (64, 48)).save(tmp_path / "in/images/a.png")
    (tmp_path / "in/labels/a.txt").write_text("".join(f"0 {a} {b} {c} {d}\n" for a, b, c, d in LARGE))
    (tmp_path / "in/data.yaml").write_text("train: images\nval: images\nnames: [cat]\n")
    made = annotool.fix(tmp_path / "in", out=tmp_path / "out", unsafe=True, select=["FMT010"])
    assert not made.taken_back
    rows = np.loadtxt(tmp_path / "out/labels/a.txt")[:, 1:]
    x1, y1, x2, y2 = np.array(LARGE).T
    assert rows == pytest.approx(np.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], axis=1), abs=1e-6)
    assert not len(annotool.audit(tmp_path / "out", select=["FMT010", "BOX002"]))


def test_corners_before_keypoints_become_boxes(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / "in" / folder).mkdir(parents=True)
    Image.new("L", (64, 48)).save(tmp_path / "in/images/a.png")
    (tmp_path / "in/labels/a.txt").write_text(
        "".join(f"0 {a} {b} {c} {d} {a} {b} 2\n" for a, b, c, d in LARGE)
    )
    (tmp_path / "in/data.yaml").write_text("train: images\nval: images\nnames: [cat]\nkpt_shape: [1, 3]\n")
    made = annotool.fix(tmp_path / "in", out=tmp_path / "out", unsafe=True, select=["FMT010"])
    assert not made.taken_back
    rows = np.loadtxt(tmp_path / "out/labels/a.txt")[:, 1:]
    x1, y1, x2, y2 = np.array(LARGE).T
    assert rows[:, :4] == pytest.approx(
        np.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], axis=1), abs=1e-6
    )
    assert rows[:, 4:] == pytest.approx(np.stack([x1, y1, np.full(len(x1), 2)], axis=1))
