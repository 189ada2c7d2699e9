from annotool.findings import Fix, Op, Severity
from annotool.rules.seg.too_few_points import TooFewPoints
from annotool.testing import check_rule, tiny

GOOD = [10.0, 10.0, 20.0, 10.0, 20.0, 20.0]


def test_rings() -> None:
    assert TooFewPoints.severities == (Severity.ERROR,)
    check_rule(
        TooFewPoints,
        valid=[
            tiny(annotations=[{"polygon": [GOOD]}, {}, {"polygon": [GOOD, [*GOOD, 1.0, 2.0]]}]),
            tiny(annotations=[{"rle": {"size": [2, 2], "counts": [0, 4]}}]),
        ],
        invalid=[
            (
                tiny(2, [{"polygon": [GOOD, GOOD[:4]]}, {"image": 1, "polygon": [GOOD[:5]]}, {"polygon": [[], [*GOOD, 3.0]]}]),
                [
                    {"annotation": 0, "fix": Fix.UNSAFE, "values": {"ring": 1, "numbers": 4},
                     "message": "ring 1 has 4 numbers; a polygon needs three points, which are 6"},
                    {"annotation": 1, "message": "ring 0 has an odd count of numbers (5): an x without a y"},
                    {"annotation": 2, "values": {"ring": 0, "numbers": 0}},
                    {"annotation": 2, "values": {"ring": 1, "numbers": 7}},
                ],
            )
        ],
    )  # fmt: skip


def test_bad_rings_go_and_the_annotation_with_its_last() -> None:
    bad = GOOD[:4]
    data = tiny(annotations=[{"polygon": [bad, GOOD, bad]}, {"polygon": [bad, bad]}, {"polygon": [GOOD]}])
    rule = TooFewPoints()
    edits = rule.fix(data, rule.check(data))
    told = {
        (int(row), Op(op), new) for row, op, new in zip(edits["row"], edits["op"], edits["new"], strict=True)
    }
    assert told == {(0, Op.SET, (0, 2)), (1, Op.DROP, None)}
    assert (edits["column"][edits["op"] == Op.SET] == "rings").all()


def test_a_fix_of_some_findings_drops_only_their_rings() -> None:
    data = tiny(annotations=[{"polygon": [GOOD[:4], GOOD[:2]]}])
    rule = TooFewPoints()
    found = rule.check(data)
    edits = rule.fix(data, found.where(lambda part: part.values["numbers"] == 2))
    assert edits["new"].tolist() == [(1,)]
