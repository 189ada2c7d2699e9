from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Severity
from annotool.formats.base import Problems
from annotool.rules.sch.orphan_label_file import OrphanLabelFile
from annotool.testing import check_rule, tiny

THERE: dict[str, Any] = {"path": "/somewhere/a.jpg"}
LOST: dict[str, Any] = {"path": ""}
ALONE = OrphanLabelFile(share=0.9)


def listed(data: Dataset, images: list[int]) -> Dataset:
    """The same with a list that names these images; its source is the last one."""
    rows = data.table("splits")
    last = len(data.table("sources")) - 1
    source = np.where(np.isin(rows["image"], images), last, -1).astype(np.int32)
    return Dataset(**{**data.__dict__, "tables": {**data.tables, "splits": rows.with_columns(source=source)}})


def test_label_files_without_image() -> None:
    check_rule(
        ALONE,
        valid=[
            tiny([THERE, THERE], format_name="yolo"),
            tiny([LOST, LOST], format_name="yolo"),  # labels without any image: nothing is orphaned
            tiny([THERE, LOST], format_name="yolo", splits={"train": [0], "val": [1]}),
            tiny([THERE, LOST], images_checked="none", format_name="yolo"),
            tiny([THERE, LOST], format_name="voc"),  # no lists: the image is missing, SCH010
            tiny([THERE, LOST]),
        ],
        invalid=[
            (
                tiny([THERE, LOST], format_name="yolo"),
                [
                    {
                        "source": 1,
                        "image": -1,
                        "line": 1,
                        "message": "no image goes with labels/1.txt",
                        "severity": -1,
                    }
                ],
            ),
            (tiny([THERE, LOST, LOST], format_name="yolo", splits={"train": [0, 1], "val": [2]}), [1]),
        ],
    )


def test_voc_files_that_no_list_names() -> None:
    files = [{"file": "a.xml"}, {"file": "b.xml"}, {"file": "train.txt", "role": "split"}]
    data = tiny(
        [{"source": 0, **THERE}, {"source": 1, **LOST}],
        format_name="voc",
        sources=files,
        splits={"train": [0]},
    )
    check_rule(ALONE, invalid=[(listed(data, [0]), [{"source": 1, "message": "no image goes with b.xml"}])])
    both = tiny(
        [{"source": 0, **THERE}, {"source": 1, **LOST}],
        format_name="voc",
        sources=files,
        splits={"train": [0, 1]},
    )
    check_rule(ALONE, valid=[listed(both, [0, 1])])


def test_many_are_one_finding() -> None:
    data = tiny([THERE] * 6 + [LOST] * 4, format_name="yolo")
    said = "4 of 10 label files (40.0%) have no image, as labels/6.txt, labels/7.txt, labels/8.txt"
    files = [f"labels/{at}.txt" for at in (6, 7, 8, 9)]
    expected = [{"message": said, "source": -1, "values": {"count": 4, "files": files}}]
    check_rule(OrphanLabelFile, invalid=[(data, expected)])
    assert OrphanLabelFile.severities == (Severity.WARNING,)


def test_labels_in_another_place_are_explained_by_fmt005() -> None:
    faults = Problems()
    faults.add("FMT005", "labels lie elsewhere", source=0)
    check_rule(ALONE, valid=[tiny([THERE, LOST], format_name="yolo", problems=faults.findings())])
    faults = Problems()
    faults.add("FMT005", "labels lie elsewhere", image=1)
    data = tiny([THERE, LOST, LOST], format_name="yolo", problems=faults.findings())
    check_rule(ALONE, invalid=[(data, [2])])
