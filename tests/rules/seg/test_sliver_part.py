from annotool.findings import Fix, Severity
from annotool.rules.seg.sliver_part import SliverPart
from annotool.testing import check_rule, tiny

LARGE = [10.0, 10.0, 90.0, 10.0, 90.0, 90.0, 10.0, 90.0]
SMALL = [10.0, 10.0, 14.0, 10.0, 14.0, 14.0, 10.0, 14.0]
CRUMB = [200.0, 5.0, 202.0, 5.0, 202.0, 6.0, 200.0, 6.0]
FAIR = [200.0, 5.0, 205.0, 5.0, 205.0, 10.0, 200.0, 10.0]


def test_parts_too_small_to_be_one() -> None:
    check_rule(
        SliverPart,
        valid=[
            tiny(annotations=[{"polygon": [LARGE]}, {"polygon": [CRUMB]}, {"polygon": [LARGE, FAIR]}]),
            tiny(annotations=[{"polygon": [SMALL, CRUMB]}]),
        ],
        invalid=[
            (
                tiny(annotations=[{"polygon": [LARGE, CRUMB]}]),
                [{"severity": -1, "fix": Fix.UNSAFE, "values": {"ring": 1, "area": 2.0},
                  "message": "ring 1 encloses 2 px of area, 0.03% of its annotation"}],
            )
        ],
    )  # fmt: skip
    assert SliverPart.severities == (Severity.INFO,)


def test_the_box_that_it_widened_follows() -> None:
    data = tiny(annotations=[{"polygon": [LARGE, CRUMB], "box": (10, 5, 192, 85), "area": 6402.0}])
    rule = SliverPart()
    edits = rule.fix(data, rule.check(data))
    told = dict(zip(edits["column"].tolist(), edits["new"].tolist(), strict=True))
    assert told == {"segmentation": (tuple(LARGE),), "bbox": (10.0, 10.0, 80.0, 80.0)}
