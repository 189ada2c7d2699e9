from annotool.dataset import Dataset
from annotool.findings import Severity
from annotool.rules.bal.class_imbalance import ClassImbalance
from annotool.testing import check_rule, tiny


def counted(*counts: int) -> Dataset:
    rows = [{"category": c, "image": n % 3} for c, count in enumerate(counts) for n in range(count)]
    return tiny(3, rows, [f"c{number}" for number in range(len(counts))])


def test_ratio_and_evenness() -> None:
    check_rule(
        ClassImbalance,
        valid=[counted(49, 1), counted(100), counted(), counted(40, 0, 1), counted(20, 20, 4)],
        invalid=[
            (
                counted(100, 2, 0, 30),
                [{"severity": -1, "values": {"most": "c0", "least": "c1", "ratio": 50.0, "categories": 3}}],
            ),
            # 40, 1, 1: 40 times, but one category has nearly all.
            (counted(40, 1, 1), [{"values": {"ratio": 40.0, "least_count": 1}}]),
        ],
    )
    found = ClassImbalance().check(counted(100, 2))
    assert found.blocks[0].text(0) == (
        "'c0' has 50 times the instances of 'c1' (100 and 2); normalised entropy 0.14 over 2 categories (told from 50 "
        "times or below 0.6 on)"
    )
    assert ClassImbalance.severities == (Severity.INFO,)


def test_options() -> None:
    assert len(ClassImbalance(ratio=5).check(counted(5, 1))) == 1
    assert len(ClassImbalance(evenness_from=4).check(counted(40, 1, 1))) == 0
    assert ClassImbalance().unable(tiny()) == "no annotations"
