from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask

from annotool.findings import Fix, Op, Severity
from annotool.rules.seg.zero_area_polygon import ZeroAreaPolygon
from annotool.testing import check_rule, tiny

SQUARE = [10.0, 10.0, 20.0, 10.0, 20.0, 20.0, 10.0, 20.0]
LINE = [10.0, 10.0, 20.0, 20.0, 30.0, 30.0]
HOURGLASS = [10.0, 10.0, 50.0, 50.0, 50.0, 10.0, 10.0, 50.0]  # 0 by the shoelace formula, 800 px to the eye
SPECK = [10.0, 10.0, 10.5, 10.0, 10.5, 10.5, 10.0, 10.5]


def test_rings_that_enclose_nothing() -> None:
    check_rule(
        ZeroAreaPolygon,
        valid=[
            tiny(annotations=[{"polygon": [SQUARE]}, {"polygon": [HOURGLASS]}, {}]),
            tiny(annotations=[{"polygon": [LINE[:4]]}, {"rle": {"size": [2, 2], "counts": [4]}}]),
        ],
        invalid=[
            (
                tiny(annotations=[{"polygon": [LINE]}, {"polygon": [SQUARE, LINE]}, {"polygon": [SPECK]}]),
                [
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE, "values": {"ring": 0, "area": 0.0},
                     "message": "ring 0 encloses 0 px of area, with 3 points"},
                    {"severity": Severity.WARNING, "fix": Fix.UNSAFE, "values": {"ring": 1, "rings": 2}},
                    {"severity": Severity.WARNING, "values": {"area": 0.25}},
                ],
            )
        ],
    )  # fmt: skip


def test_the_ring_goes_and_the_annotation_with_its_last() -> None:
    data = tiny(annotations=[{"polygon": [LINE, LINE]}, {"polygon": [SQUARE, LINE], "box": (10, 10, 10, 10)}])
    rule = ZeroAreaPolygon()
    edits = rule.fix(data, rule.check(data))
    told = set(
        zip(
            edits["row"].tolist(),
            edits["op"].tolist(),
            edits["column"].tolist(),
            edits["new"].tolist(),
            strict=True,
        )
    )
    assert told == {(0, Op.DROP, "", None), (1, Op.SET, "segmentation", (tuple(SQUARE),))}


def test_only_a_ring_that_stands_alone_explains_more() -> None:
    rule = ZeroAreaPolygon()
    found = rule.check(tiny(annotations=[{"polygon": [LINE]}, {"polygon": [SQUARE, LINE]}]))
    assert [rule.condemns(part).tolist() for part in found.blocks] == [[True, False]]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=6))
def test_what_fills_pixels_twice_its_border_is_never_named(outline: list[tuple[int, int]]) -> None:
    numbers = [float(n) for point in outline for n in point]
    found = ZeroAreaPolygon().check(tiny(annotations=[{"polygon": [numbers]}]))
    border = sum(
        max(abs(x - p), abs(y - q)) for (x, y), (p, q) in zip(outline, outline[1:] + outline[:1], strict=True)
    )
    if mask.area(mask.frPyObjects([numbers], 21, 21)).sum() > 2 * border + 1:
        assert not len(found)
