import json
from pathlib import Path

import annotool
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


def test_an_element_that_is_no_record_hides_no_other_fault(tmp_path: Path) -> None:
    record = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [90, 1, 20, 20], "area": 400, "iscrowd": 0}
    whole = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 100},
                   {"id": 2, "file_name": "b.jpg", "width": 100, "height": -5}],
        "annotations": [record, 3],
        "categories": [{"id": 1, "name": "cat "}, {"id": 2, "name": "dog"}],
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(whole))
    found = annotool.audit(
        tmp_path / "a.json", select=["SCH", "BOX002", "CLS002", "CLS005"], images="none"
    ).counts()
    assert found == {
        "SCH002": 1,
        "SCH009": 1,
        "BOX002": 1,
        "CLS005": 1,
    }  # that 3 may have been a dog: no CLS002
