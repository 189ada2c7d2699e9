import numpy as np

from annotool.findings import Fix, Op
from annotool.formats.base import Problems
from annotool.rules.sch.non_finite_number import NonFiniteNumber
from annotool.testing import check_rule, tiny


def test_the_row_can_go_where_there_is_one() -> None:
    faults = Problems()
    message = "{field} holds {got}: expected finite numbers"
    faults.add("SCH004", message, annotation=1, image=0, source=0, field="bbox", got="NaN")
    faults.add("SCH004", message, source=0, image=0, field="width", got="Infinity")
    faults.add("SCH004", message, source=0, kept=False, field="bbox", got="-Infinity")
    data = tiny(annotations=[{}, {"x": np.nan}], problems=faults.findings())
    expected = [
        {"message": "bbox holds -Infinity: expected finite numbers", "fix": Fix.NONE},
        {"message": "width holds Infinity: expected finite numbers", "fix": Fix.NONE},
        {"annotation": 1, "fix": Fix.UNSAFE},
    ]
    check_rule(NonFiniteNumber, valid=[tiny(annotations=[{}])], invalid=[(data, expected)])
    rule = NonFiniteNumber()
    edits = rule.fix(data, rule.check(data))
    assert edits["op"].tolist() == [Op.DROP]
    assert edits["row"].tolist() == [1]
