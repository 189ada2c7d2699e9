from typing import Any

from annotool.findings import Fix
from annotool.rules.fmt.iscrowd_misuse import IscrowdMisuse
from annotool.testing import check_rule, edited, tiny

RING = [[0, 0, 40, 0, 40, 30]]
POLYGON: dict[str, Any] = {"polygon": RING}
MASK = {"rle": {"counts": [0, 4, 8], "size": [3, 4]}}
CROWD = {"iscrowd": 1}


def test_crowds() -> None:
    many = tiny(
        3, [{"image": at % 3, **MASK, **CROWD} for at in range(2)] + [{**POLYGON}] * 19 + [POLYGON | CROWD]
    )
    said = "3 of 22 annotations (13.6%) have iscrowd 1 (masks: 2); expected up to 5%"
    check_rule(
        IscrowdMisuse,
        valid=[
            tiny(annotations=[POLYGON, MASK]),
            tiny(annotations=[POLYGON, MASK | CROWD]),  # how COCO is written, in a small file
            tiny(annotations=[POLYGON] * 39 + [MASK | CROWD]),
            tiny(annotations=[POLYGON | CROWD], format_name="voc"),
        ],
        invalid=[
            (
                tiny(annotations=[POLYGON, POLYGON | CROWD]),
                [
                    {
                        "annotation": 1,
                        "fix": Fix.UNSAFE,
                        "message": "iscrowd is 1, but it is drawn as polygons",
                    }
                ],
            ),
            (
                many,
                [
                    {
                        "source": 0,
                        "annotation": -1,
                        "fix": Fix.UNSAFE,
                        "message": said,
                        "values": {"crowds": 3},
                    }
                ],
            ),
        ],
    )


def test_set_to_0() -> None:
    files = [{"file": "a.json"}, {"file": "b.json"}]
    rows: list[dict[str, Any]] = [MASK | CROWD] * 10 + [POLYGON] * 10
    rows += [{"image": 1, **POLYGON, **CROWD}, {"image": 1, **MASK, **CROWD}]
    data = tiny([{"source": 0}, {"source": 1}], rows, sources=files)
    check_rule(IscrowdMisuse, invalid=[(data, [{"source": 0}, {"annotation": 20}])])
    rule = IscrowdMisuse()
    after = edited(data, rule.fix(data, rule.check(data))).table("annotations")["iscrowd"]
    assert after.tolist() == [0] * 21 + [1]
