from pathlib import Path

import numpy as np

from annotool import api
from annotool.config import Config
from annotool.findings import Fix
from annotool.fixes.preview import asked
from annotool.rules.base import Rule
from annotool.testing import tiny

RULES: dict[str, Rule] = Config().rules


def test_each_finding_has_its_own_edits() -> None:
    data = tiny([{"width": 100, "height": 100}], [{"box": (90, 10, 40 + at, 10)} for at in range(4)])
    found = api.audit(data, select=["BOX002"])
    edits = asked(data, RULES["BOX002"], found, np.array([1, 3]))
    assert list(edits) == [1, 3]
    assert [each["row"].tolist() for each in edits.values()] == [[1], [3]]
    assert edits[1]["new"][0] == (90, 10, 10, 10)


def test_what_offers_no_fix_has_no_edits() -> None:
    data = tiny(1, [{"box": (1, 1, 2, 2)}, {"box": (1, 1, 5, 5)}])
    assert asked(data, RULES["BOX002"], api.audit(data, select=["BOX002"]), np.empty(0, np.int64)) == {}
    found = api.audit(data, select=["BOX003"])
    assert len(found) and (found.column("fix") == Fix.NONE).all()
    assert asked(data, RULES["BOX003"], found, np.arange(len(found))) == {}


def test_every_rule_that_mends_shows_what_it_would_do(sample_data: Path) -> None:
    for name in ("coco", "voc", "yolo"):
        data = api.read(sample_data / "faulty" / name)
        findings = api.audit(data, preview=True)
        for code in findings.counts():
            mine = findings.of(code)
            edits = asked(data, RULES[code], mine, np.arange(len(mine)))
            may = np.flatnonzero(mine.column("fix") > Fix.NONE)
            assert set(edits) <= set(may.tolist())
            assert edits or not len(may), code
