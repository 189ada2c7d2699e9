from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.rules.fmt.voc_coordinate_base import VocCoordinateBase
from annotool.testing import check_rule, tiny


def test_reported_as_the_reader_filed_it() -> None:
    faults = Problems()
    faults.add(
        "FMT007",
        "xmin is {xmin}",
        annotation=0,
        image=0,
        source=0,
        start=3,
        end=4,
        fix=Fix.UNSAFE,
        xmin=0,
        new="1",
    )
    faults.add("FMT007", "mixed: {zeros} zeros, {ones} ones", severity=Severity.ERROR, zeros=40, ones=60)
    data = tiny(annotations=[{}], format_name="voc", problems=faults.findings())
    expected = [
        {"message": "mixed: 40 zeros, 60 ones", "severity": Severity.ERROR},
        {"annotation": 0, "message": "xmin is 0", "fix": Fix.UNSAFE, "severity": -1},
    ]
    check_rule(VocCoordinateBase, valid=[tiny(format_name="voc")], invalid=[(data, expected)])
