from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.rules.fmt.yolo_yaml_invalid import YoloYamlInvalid
from annotool.testing import check_rule, tiny


def test_reported_as_the_reader_filed_it() -> None:
    faults = Problems()
    faults.add(
        "FMT004",
        "nc is {nc}, names are {names}",
        source=0,
        start=2,
        end=3,
        fix=Fix.SAFE,
        nc=4,
        names=3,
        new="3",
    )
    faults.add("FMT004", "path of another machine", source=0, severity=Severity.WARNING)
    data = tiny(format_name="yolo", problems=faults.findings())
    expected = [
        {"message": "nc is 4, names are 3", "fix": Fix.SAFE, "values": {"nc": 4}},
        {"severity": Severity.WARNING, "fix": Fix.NONE},
    ]
    check_rule(YoloYamlInvalid, valid=[tiny(format_name="yolo")], invalid=[(data, expected)])


def test_only_wrong_numbers_of_names_condemn() -> None:
    faults = Problems()
    faults.add(
        "FMT004", "names: keys are to be 0 to {last}, found {keys}", source=0, last=1, keys="1, 2", first=1
    )
    faults.add("FMT004", "names: {keys}", source=0, last=1, keys="0, 5")
    condemned = {part.message: YoloYamlInvalid().condemns(part).tolist() for part in faults.findings().blocks}
    assert list(condemned.values()) == [[True], [False]]
