from typing import Any

import numpy as np
import pytest
from pycocotools import mask

from annotool.dataset import Dataset
from annotool.findings import Fix, Severity
from annotool.rules.box.area_mismatch import AreaMismatch
from annotool.schema import Kind
from annotool.testing import check_rule, edited, tiny

NAN = float("nan")
TRIANGLE = [[100.0, 100.0, 200.0, 100.0, 100.0, 200.0]]  # 5000 px of a box of 10000


def shape(rings: list[list[float]], area: float, **more: Any) -> dict[str, Any]:
    """An annotation of these rings whose box is their extent."""
    xy = np.array([number for ring in rings for number in ring]).reshape(-1, 2)
    low, size = xy.min(axis=0), np.ptp(xy, axis=0)
    return {"polygon": rings, "box": (*low, *size), "area": area, **more}


def mended(data: Dataset) -> list[float]:
    rule = AreaMismatch()
    area: list[float] = edited(data, rule.fix(data, rule.check(data))).table("annotations")["area"].tolist()
    return area


def test_boxes_alone() -> None:
    def box(area: float) -> Dataset:
        return tiny(annotations=[{"box": (10, 10, 20, 30), "area": area}])

    check_rule(
        AreaMismatch,
        valid=[
            *map(
                box, (600.0, 605.9, 400.0, 1.0, NAN, float("inf"))
            ),  # less than the box: a mask may have been there
            tiny(annotations=[{"box": (10, 10, 0, 30), "area": 0.0}]),  # BOX001
            tiny(annotations=[{"area": 0.0, "kind": Kind.IMAGE}]),
        ],
        invalid=[
            (
                box(607.0),
                [{"message": "area is 607, the box covers 600 px: over by more than 1%", "fix": Fix.SAFE}],
            ),
            (box(0.0), [{"message": "area is 0, the geometry covers 600 px", "severity": Severity.ERROR}]),
            (box(-600.0), [{"severity": Severity.ERROR, "values": {"expected": 600.0}}]),
        ],
    )
    assert mended(box(607.0)) == [600]


def test_polygons() -> None:
    check_rule(
        AreaMismatch,
        valid=[tiny(annotations=[shape(TRIANGLE, area)]) for area in (5000.0, 5249.0, 4751.0)],
        invalid=[
            (tiny(annotations=[shape(TRIANGLE, 5300.0)]),
             [{"message": "area is 5300, the mask covers 5000 px: off by more than 5%", "severity": Severity.WARNING}]),
            (tiny(annotations=[shape(TRIANGLE, 10000.0), shape(TRIANGLE, 4000.0)]), [0, 1]),
            (tiny(annotations=[shape(TRIANGLE, 0.0)]), [{"severity": Severity.ERROR, "fix": Fix.SAFE}]),
        ],
    )  # fmt: skip
    assert mended(tiny(annotations=[shape(TRIANGLE, 10000.0), shape(TRIANGLE, 5000.0)])) == [5000, 5000]


def test_an_area_as_pycocotools_fills_it_is_right() -> None:
    small = [[10.0, 10.0, 13.0, 10.0, 13.0, 13.0, 11.0, 13.5]]
    crossing = [[0.0, 0.0, 100.0, 100.0, 100.0, 0.0, 0.0, 100.0]]  # a bow tie: the shoelace formula says 0
    twice = [TRIANGLE[0], TRIANGLE[0]]  # the sum counts it twice
    filled = [
        float(mask.area(mask.merge(mask.frPyObjects(rings, 480, 640)))) for rings in (small, crossing, twice)
    ]
    assert filled[0] > 1.05 * 6.75
    rows = [shape(rings, area) for rings, area in zip((small, crossing, twice), filled, strict=True)]
    check_rule(
        AreaMismatch,
        valid=[tiny(annotations=[row]) for row in rows],
        invalid=[(tiny(annotations=[shape(crossing, 100.0)]), [{"values": {"expected": filled[1]}}])],
    )


def test_rings_without_area_and_not_finite_ones_are_others_business() -> None:
    line = [[10.0, 10.0, 20.0, 20.0]]
    strange = [[10.0, 10.0, NAN, 10.0, 20.0, 20.0]]
    check_rule(
        AreaMismatch,
        valid=[
            tiny(annotations=[shape(line, 50.0)]),
            tiny(annotations=[{"polygon": strange, "area": 0.0}]),
        ],
        invalid=[(tiny(annotations=[shape(line, 0.0)]), [{"severity": Severity.ERROR, "fix": Fix.NONE}])],
    )


def test_masks() -> None:
    half = {"size": [480, 640], "counts": [0, 480 * 320, 480 * 320]}
    pixels = 480 * 320.0
    packed = mask.frPyObjects(half, 480, 640) | {"size": [480, 640]}
    packed["counts"] = packed["counts"].decode()

    def of(rle: dict[str, Any], area: float) -> Dataset:
        return tiny(annotations=[{"rle": rle, "area": area, "iscrowd": 1}])

    check_rule(
        AreaMismatch,
        valid=[of(half, pixels), of(packed, pixels * 1.04)],
        invalid=[(of(half, pixels / 2), [0]), (of(packed, 0.0), [{"severity": Severity.ERROR}])],
    )
    assert mended(of(packed, 7.0)) == [pixels]


def test_one_cause_of_nearly_all_is_one_finding() -> None:
    def many(area: float, others: int) -> Dataset:
        rows = [shape(TRIANGLE, area) for _ in range(20 - others)] + [shape(TRIANGLE, 5000.0)] * others
        return tiny(2, rows)

    message = "18 of 20 masks have the area of their box, not of the mask"
    check_rule(
        AreaMismatch,
        invalid=[
            (many(10000.0, 2), [{"annotation": -1, "message": message, "severity": Severity.WARNING}]),
            (many(10000.0, 3), list(range(17))),  # 85 % is not nearly all
            (many(640.0 * 480, 0), [{"message": "20 of 20 annotations have the area of their whole image"}]),
            (
                many(0.0, 1),
                [{"message": "19 of 20 annotations have an area of 0 or less", "severity": Severity.ERROR}],
            ),
            (many(7000.0, 0), list(range(20))),  # no known cause
        ],
    )
    assert mended(many(10000.0, 2)) == [5000] * 20


def test_the_share_of_a_cause_is_among_those_that_can_have_it() -> None:
    masks, box = [shape(TRIANGLE, 10000.0)] * 20, {"box": (1, 1, 10, 10), "area": 100.0}
    check_rule(AreaMismatch, invalid=[(tiny(annotations=[*masks, *[box] * 20]), [-1])])
    whole_image = [{**row, "area": 640.0 * 480} for row in masks]
    check_rule(AreaMismatch, invalid=[(tiny(annotations=[*whole_image, *[box] * 20]), list(range(20)))])


def test_a_fix_of_the_common_cause_mends_only_that() -> None:
    rows = [shape(TRIANGLE, 10000.0)] * 20 + [shape(TRIANGLE, 7000.0)]
    data, rule = tiny(annotations=rows), AreaMismatch()
    found = rule.check(data)
    assert found.column("annotation").tolist() == [-1, 20]
    edits = rule.fix(data, found.where(lambda part: part.columns["annotation"] < 0))
    assert edits["row"].tolist() == list(range(20))


def test_the_cause_of_a_few_is_not_that_of_all() -> None:
    rows = [shape(TRIANGLE, 10000.0)] * 9
    check_rule(AreaMismatch, invalid=[(tiny(annotations=rows), list(range(9)))])
    assert len(AreaMismatch(common_from=9).check(tiny(annotations=rows))) == 1


@pytest.mark.parametrize("side", [3, 8, 20, 60])
def test_a_polygon_that_fills_its_box_to_the_pixel_is_no_cause(side: int) -> None:
    """Small shapes cover nearly all pixels of their box: asked of pycocotools, not guessed from the box."""
    cut = side * 0.28  # corners cut off: 84 % of the box are enclosed
    ring = [cut, 0.0, side, 0.0, side, side - cut, side - cut, side, 0.0, side, 0.0, cut]
    area = float(mask.area(mask.frPyObjects([ring], 480, 640))[0])
    data = tiny(annotations=[shape([ring], float(side * side))])
    wrong = abs(side * side - area) > 0.05 * area
    assert len(AreaMismatch().check(data)) == wrong


def test_other_formats_have_no_area() -> None:
    assert AreaMismatch.formats == ("coco",)
    check_rule(AreaMismatch, valid=[tiny(annotations=[{}], format_name="voc")])


def voc_sized(*boxes: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"box": (10.0, 10.0, w, h), "area": (w + 1) * (h + 1)} for w, h in boxes]


def test_a_pixel_too_many_on_each_side_is_one_finding() -> None:
    large, small = [(400.0, 300.0)] * 17, [(40.0, 30.0), (20.0, 60.5), (70.0, 20.0)]
    message = "20 of 20 boxes have the area (w + 1) * (h + 1), a pixel too many on each side; 3 of them are over by more than 1%"
    right = {"box": (10.0, 10.0, 40.0, 30.0), "area": 1200.0}
    data = tiny(annotations=voc_sized(*large, *small))
    check_rule(
        AreaMismatch,
        valid=[tiny(annotations=voc_sized(*large))],  # under 1 %
        invalid=[
            (data, [{"annotation": -1, "message": message, "fix": Fix.SAFE, "severity": Severity.WARNING}]),
            (tiny(annotations=[*voc_sized(*large[:10], *small), right, right]), [10, 11, 12]),
            (tiny(annotations=voc_sized(*small)), [0, 1, 2]),
        ],
    )
    assert mended(data)[17:] == [1200, 1210, 1400]


def test_the_image_s_area_is_one_finding_also_where_some_boxes_fill_their_image() -> None:
    whole = [{"box": (0.0, 0.0, 640.0, 480.0), "area": 307200.0}] * 8
    some = [{"box": (0.0, 0.0, 64.0, 48.0), "area": 307200.0}] * 12
    data = tiny(annotations=[*whole, *some])
    message = "20 of 20 annotations have the area of their whole image"
    check_rule(
        AreaMismatch,
        valid=[tiny(annotations=whole)],
        invalid=[(data, [{"annotation": -1, "message": message}])],
    )
    assert mended(data) == [307200] * 8 + [3072] * 12


def square(left: float, top: float, side: float) -> list[float]:
    return [left, top, left + side, top, left + side, top + side, left, top + side]


def test_a_hole_written_as_a_second_ring() -> None:
    tyre = [square(100, 100, 100), square(130, 130, 40)]
    check_rule(
        AreaMismatch,
        valid=[
            tiny(annotations=[shape(tyre, 10_000.0)]),  # as pycocotools fills it
            tiny(annotations=[shape(tyre, 8_400.0)]),  # as it was meant
            tiny(annotations=[shape([tyre[0], tyre[1][::-1]], 8_400.0)]),
        ],
        invalid=[(tiny(annotations=[shape(tyre, 5_000.0)]), [{"values": {"expected": 10_000.0}}])],
    )
    assert mended(tiny(annotations=[shape(tyre, 5_000.0)])) == [10_000.0]


def test_rings_that_overlap_cover_what_they_share_once() -> None:
    twice = [square(100, 100, 100), square(100, 100, 100)]
    assert mended(tiny(annotations=[shape(twice, 500.0)])) == [10_000.0]
