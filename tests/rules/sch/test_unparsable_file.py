from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.rules.sch.unparsable_file import UnparsableFile
from annotool.testing import check_rule, tiny


def test_reported_as_the_reader_filed_it() -> None:
    faults = Problems()
    faults.add("SCH001", "breaks off at {what}", source=0, line=3, kept=False, what="byte 9")
    faults.add(
        "SCH001", "byte order mark", source=0, start=0, end=3, severity=Severity.WARNING, fix=Fix.SAFE, new=""
    )
    faults.add("SCH002", "another rule's", source=0)
    broken = tiny(problems=faults.findings())
    expected = [
        {"message": "breaks off at byte 9", "line": 3, "severity": -1, "kept": False},
        {"message": "byte order mark", "severity": Severity.WARNING, "fix": Fix.SAFE},
    ]
    check_rule(UnparsableFile, valid=[tiny()], invalid=[(broken, expected)])


def test_the_mark_goes() -> None:
    faults = Problems()
    faults.add(
        "SCH001", "byte order mark", source=0, start=0, end=3, severity=Severity.WARNING, fix=Fix.SAFE, new=""
    )
    data = tiny(problems=faults.findings())
    rule = UnparsableFile()
    edits = rule.fix(data, rule.check(data))
    assert (edits["start"][0], edits["end"][0], edits["new"][0]) == (0, 3, "")
