from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import annotool
from annotool.findings import Fix, Op, Severity
from annotool.rules.seg.polygon_out_of_bounds import PolygonOutOfBounds
from annotool.testing import check_rule, tiny

# Images are 640 x 480.


def square(x: float, y: float, w: float = 20.0, h: float = 30.0) -> list[list[float]]:
    return [[x, y, x + w, y, x + w, y + h, x, y + h]]


def drawn(x: float, y: float, box: tuple[float, ...] | None = None) -> dict[str, object]:
    return {"polygon": square(x, y), "box": box or (x, y, 20.0, 30.0)}


def test_grades_are_those_of_boxes() -> None:
    check_rule(
        PolygonOutOfBounds,
        valid=[
            tiny(annotations=[drawn(0, 0), drawn(620, 450), drawn(-0.01, 100), {}]),
            tiny([{"width": np.nan}], [drawn(-5, 0)]),
            tiny(annotations=[{"polygon": [[-5.0, 0.0, 3.0, 4.0]]}]),
        ],
        invalid=[
            (
                tiny(annotations=[
                    drawn(-0.5, 10), drawn(10, 456), drawn(-6, 10, (0.0, 10.0, 14.0, 30.0)), drawn(-50, 10),
                    drawn(-1, 10, (-1.4, 10.0, 20.4, 30.0)), drawn(-1, 10, (-40.0, 10.0, 60.0, 30.0)),
                ]),
                [
                    {"severity": Severity.WARNING, "fix": Fix.SAFE, "values": {"left": 0.5, "box": True},
                     "message": "polygon leaves the image (640 x 480): left by 0.50 px; its box with it"},
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE, "values": {"bottom": 6.0, "box": True}},
                    {"severity": Severity.WARNING, "fix": Fix.UNSAFE, "values": {"left": 6.0, "box": False}},
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE,
                     "message": "polygon leaves the image (640 x 480): left by 50.00 px; its box with it; nothing of it is inside"},
                    {"severity": Severity.ERROR, "values": {"left": 1.0, "box": True}},
                    {"severity": Severity.WARNING, "fix": Fix.SAFE, "values": {"left": 1.0, "box": False}},
                ],
            )
        ],
    )  # fmt: skip


def test_only_a_box_that_goes_with_its_polygon_is_its_echo() -> None:
    rule = PolygonOutOfBounds()
    found = rule.check(tiny(annotations=[drawn(-1, 10), drawn(-1, 10, (-40.0, 10.0, 60.0, 30.0))]))
    assert [rule.condemns(part).tolist() for part in found.blocks] == [[False], [True]]


def test_in_fractions_the_written_decimals_count() -> None:
    def row(x: float, decimals: int) -> dict[str, object]:
        return {"polygon": square(x, 0.2, 0.1, 0.1), "fractions": (x, 0.2, 0.1, 0.1), "decimals": decimals,
                "bbox_derived": True}  # fmt: skip

    size = [{"width": np.nan, "height": np.nan}]
    check_rule(
        PolygonOutOfBounds,
        valid=[tiny(size, [row(-0.0049, 2), row(-0.00009, 6)], format_name="yolo")],
        invalid=[
            (
                tiny(size, [row(-0.0049, 3), row(-0.0002, 6)], format_name="yolo"),
                [
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE,
                     "message": "polygon leaves the image: left by 0.0049 of the width"},
                    {"severity": Severity.WARNING, "fix": Fix.UNSAFE},
                ],
            )
        ],
    )  # fmt: skip


def test_gently_points_move_to_the_border_and_box_and_area_follow() -> None:
    data = tiny(annotations=[drawn(-0.5, 10)])
    rule = PolygonOutOfBounds()
    edits = rule.fix(data, rule.check(data))
    told = dict(zip(edits["column"].tolist(), edits["new"].tolist(), strict=True))
    assert told == {
        "segmentation": ((0.0, 10.0, 19.5, 10.0, 19.5, 40.0, 0.0, 40.0),),
        "bbox": (0.0, 10.0, 19.5, 30.0),
        "area": 585.0,
    }


def test_what_lies_outside_wholly_goes() -> None:
    data = tiny(annotations=[drawn(-50, 10)])
    rule = PolygonOutOfBounds()
    assert rule.fix(data, rule.check(data))["op"].tolist() == [Op.DROP]


corner = st.tuples(st.integers(-30, 670), st.integers(-30, 510))


@given(st.lists(corner, min_size=3, max_size=7, unique=True))
@settings(max_examples=150, deadline=None)
def test_what_is_left_is_what_shapely_cuts_out(outline: list[tuple[int, int]]) -> None:
    whole = shapely.Polygon(outline)
    if not whole.is_valid:
        return
    numbers = [float(n) for point in outline for n in point]
    x0, y0, x1, y1 = whole.bounds
    data = tiny(annotations=[{"polygon": [numbers], "box": (x0, y0, x1 - x0, y1 - y0)}])
    rule = PolygonOutOfBounds()
    found = rule.check(data)
    assert len(found) == (x0 < 0 or y0 < 0 or x1 > 640 or y1 > 480)
    edits = rule.fix(data, found)
    for new in edits["new"][edits["column"] == "segmentation"]:
        area = sum(shapely.Polygon(np.reshape(part, (-1, 2))).area for part in new)
        wanted = whole.intersection(shapely.box(0, 0, 640, 480)).area
        assert area == pytest.approx(
            wanted, abs=0.01 if found.column("fix")[0] == Fix.UNSAFE else whole.length
        )
        assert not len(rule.check(tiny(annotations=[{"polygon": [list(part) for part in new]}])))


def test_taco_polygons_that_leave_their_image(real_data: Path) -> None:
    data = annotool.read(real_data / "taco")
    findings = annotool.audit(data, select=["SEG003", "BOX002"])
    ids = data.table("annotations")["id"]
    told = {rule: sorted(ids[findings.of(rule).column("annotation")].tolist()) for rule in findings.counts()}
    assert told == {"BOX002": [2186], "SEG003": [371, 387, 707, 859, 1621, 1777]}
