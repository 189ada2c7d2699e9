from annotool.findings import Fix
from annotool.formats.base import Problems
from annotool.rules.sch.missing_or_invalid_field import MissingOrInvalidField
from annotool.testing import check_rule, tiny


def test_reported_and_cast() -> None:
    faults = Problems()
    message = "{field}: expected a whole number, got {got}"
    faults.add("SCH002", message, annotation=0, image=0, source=0, field="id", got='"x"')
    faults.add(
        "SCH002",
        message,
        annotation=1,
        source=0,
        start=9,
        end=12,
        fix=Fix.SAFE,
        field="image_id",
        got='"2"',
        new="2",
    )
    data = tiny(annotations=[{}, {}], problems=faults.findings())
    expected = [
        {"annotation": 0, "message": 'id: expected a whole number, got "x"', "fix": Fix.NONE},
        {"annotation": 1, "message": 'image_id: expected a whole number, got "2"', "fix": Fix.SAFE},
    ]
    check_rule(MissingOrInvalidField, valid=[tiny(annotations=[{}])], invalid=[(data, expected)])
    rule = MissingOrInvalidField()
    edits = rule.fix(data, rule.check(data))
    assert (edits["row"][0], edits["start"][0], edits["end"][0], edits["new"][0]) == (0, 9, 12, "2")
