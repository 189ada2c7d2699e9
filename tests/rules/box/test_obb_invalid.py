from pathlib import Path
from typing import Any

import numpy as np
from shapely import Polygon

import annotool
from annotool.dataset import Dataset
from annotool.findings import Severity
from annotool.rules.box.obb_invalid import ObbInvalid
from annotool.schema import Kind
from annotool.testing import check_rule, tiny

RECTANGLE = [100.0, 100, 200, 100, 200, 150, 100, 150]
TURNED = [100.0, 100, 150, 150, 120, 180, 70, 130]
CROSSING = [100.0, 100, 200, 150, 200, 100, 100, 150]
FLAT = [100.0, 100, 200, 100, 200, 100.005, 100, 100.005]
LEANING = [100.0, 100, 200, 100, 220, 200, 120, 200]  # 11 degrees


def boxes(*corners: list[float], **image: Any) -> Dataset:
    rows = [{"polygon": [each], "kind": Kind.OBB, "bbox_derived": True} for each in corners]
    return tiny([image], rows, format_name="yolo")


def test_no_rectangle() -> None:
    check_rule(
        ObbInvalid,
        valid=[
            boxes(RECTANGLE, TURNED, RECTANGLE[::-1]),
            boxes([10.0, 10, 15, 10, 15.4, 12, 10.4, 12]),  # 11 degrees, but by less than a pixel
            tiny(annotations=[{"polygon": [CROSSING]}], format_name="yolo"),  # a polygon
            boxes([100.0, 100, 200, 100, 150, 150]),  # FMT002's
            boxes([100.0, 100, 200, 150, np.nan, 100, 100, 150]),  # SCH004's
        ],
        invalid=[
            (
                boxes(CROSSING, RECTANGLE, FLAT, LEANING),
                [
                    {"annotation": 0, "severity": -1,
                     "message": "two sides of the oriented box cross: its corners are out of order"},
                    {"annotation": 2, "severity": -1, "message": "the oriented box has an area of 0.5 px, under 1"},
                    {"annotation": 3, "severity": Severity.WARNING,
                     "message": "the oriented box is no rectangle: an angle is off by 11.3 degrees, over 5"},
                ],
            )
        ],
    )  # fmt: skip
    assert not Polygon(np.reshape(CROSSING, (4, 2))).is_valid
    assert Polygon(np.reshape(LEANING, (4, 2))).is_valid


def test_a_set_of_quadrilaterals_is_one_info() -> None:
    message = (
        "2 of 20 oriented boxes are no rectangles, an angle is off by more than 5 degrees: ultralytics trains on the "
        "smallest rectangle around each"
    )
    check_rule(
        ObbInvalid,
        invalid=[
            (boxes(*[RECTANGLE] * 18, LEANING, LEANING),
             [{"annotation": -1, "severity": Severity.INFO, "message": message}]),
            (boxes(*[RECTANGLE] * 19, LEANING), [19]),
            (boxes(*[RECTANGLE] * 17, LEANING, LEANING), [17, 18]),
        ],
    )  # fmt: skip


def test_of_a_real_label_file(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    rows = ["0 .1 .1 .4 .1 .4 .3 .1 .3\n"] * 25 + ["0 .1 .1 .4 .3 .4 .1 .1 .3\n"]
    (tmp_path / "labels/a.txt").write_text("".join(rows))
    data = annotool.read(tmp_path, format="yolo")
    assert data.facts["task"]["task"] == "obb"
    found = annotool.audit(data, select=["BOX009"])
    assert found.column("line").tolist() == [26]  # that sides cross is seen without a size
    assert ObbInvalid().unable(data) == "26 of 26 boxes: the size of their image is not known"
    assert ObbInvalid().unable(tiny()) == ""
