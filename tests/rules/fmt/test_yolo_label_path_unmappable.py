from annotool.findings import Severity
from annotool.formats.base import Problems
from annotool.rules.fmt.yolo_label_path_unmappable import YoloLabelPathUnmappable
from annotool.testing import check_rule, tiny


def test_reported_as_the_reader_filed_it() -> None:
    faults = Problems()
    faults.add(
        "FMT005", "{expected} has no labels, {found} has", source=0, expected="pictures", found="labels"
    )
    data = tiny(format_name="yolo", problems=faults.findings())
    expected = [{"source": 0, "message": "pictures has no labels, labels has", "severity": -1}]
    check_rule(YoloLabelPathUnmappable, valid=[tiny(format_name="yolo")], invalid=[(data, expected)])
    assert YoloLabelPathUnmappable.severities == (Severity.ERROR,)
