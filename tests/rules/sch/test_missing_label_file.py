from typing import Any

from annotool.findings import Severity
from annotool.formats.base import Problems
from annotool.rules.sch.missing_label_file import MissingLabelFile
from annotool.testing import check_rule, tiny

LABELLED: dict[str, Any] = {"path": "/somewhere/a.jpg"}
BARE = {**LABELLED, "source": -1}


def test_one_finding_a_split() -> None:
    images = [LABELLED] * 10 + [BARE] + [LABELLED] * 3 + [BARE] * 2
    splits = {"train": range(11), "val": range(11, 16)}
    train = "1 of 11 images of split train (9.1%) has no label file, as 10.jpg"
    val = "2 of 5 images of split val (40.0%) have no label file, as 14.jpg, 15.jpg"
    expected = [
        {"message": train, "severity": Severity.INFO, "image": -1, "values": {"split": "train", "count": 1}},
        {"message": val, "severity": Severity.WARNING, "values": {"of": 5, "files": ["14.jpg", "15.jpg"]}},
    ]
    for form in ("yolo", "voc"):
        check_rule(
            MissingLabelFile,
            valid=[
                tiny([LABELLED] * 3, format_name=form),
                tiny([{**BARE, "path": ""}], format_name=form),  # neither image nor labels: SCH010
            ],
            invalid=[
                (tiny(images, format_name=form, splits=splits), expected),
                (
                    tiny([BARE], format_name=form),
                    [{"message": "1 of 1 images (100.0%) has no label file, as 0.jpg"}],
                ),
            ],
        )


def test_the_threshold_is_an_option() -> None:
    data = tiny([LABELLED, BARE], format_name="yolo")
    check_rule(MissingLabelFile(share=0.5), invalid=[(data, [{"severity": Severity.INFO}])])


def test_labels_in_another_place_are_explained_by_fmt005() -> None:
    faults = Problems()
    faults.add("FMT005", "labels lie elsewhere", image=1)
    data = tiny([LABELLED, BARE, BARE], format_name="yolo", problems=faults.findings())
    check_rule(MissingLabelFile, invalid=[(data, [{"values": {"files": ["2.jpg"], "of": 3}}])])
    faults.add("FMT005", "labels lie elsewhere", source=0)
    check_rule(
        MissingLabelFile, valid=[tiny([LABELLED, BARE], format_name="yolo", problems=faults.findings())]
    )


def test_unable() -> None:
    assert MissingLabelFile().unable(tiny(images_checked="none", format_name="yolo")) == "--images none"
    assert MissingLabelFile().unable(tiny(format_name="yolo")) == ""
