from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.rules.fmt.yolo_malformed_row import YoloMalformedRow
from annotool.testing import check_rule, tiny


def test_reported_and_respelled() -> None:
    faults = Problems()
    faults.add("FMT002", "{count} fields: expected 5", source=0, line=1, kept=False, count=6)
    faults.add("FMT002", "commas between fields", source=0, line=2, start=4, end=7, fix=Fix.SAFE, new=" ")
    faults.add("FMT002", "a class list", source=1, severity=Severity.INFO)
    data = tiny(2, [{}], format_name="yolo", problems=faults.findings())
    expected = [
        {"message": "6 fields: expected 5", "fix": Fix.NONE, "line": 1},
        {"message": "commas between fields", "fix": Fix.SAFE, "line": 2},
        {"message": "a class list", "severity": Severity.INFO},
    ]
    check_rule(YoloMalformedRow, valid=[tiny(format_name="yolo")], invalid=[(data, expected)])
    rule = YoloMalformedRow()
    edits = rule.fix(data, rule.check(data))
    assert (edits["start"][0], edits["end"][0], edits["new"][0]) == (4, 7, " ")
