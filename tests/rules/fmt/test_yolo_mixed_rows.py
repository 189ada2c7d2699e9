from pathlib import Path
from typing import Any

import numpy as np

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Op, Severity
from annotool.rules.fmt.yolo_mixed_rows import YoloMixedRows
from annotool.schema import Kind
from annotool.testing import check_rule, tiny

BOX: dict[str, Any] = {"fractions": (0.4, 0.4, 0.2, 0.2)}
OUTLINE: dict[str, Any] = {**BOX, "kind": Kind.POLYGON}
POSE = {**BOX, "kind": Kind.KEYPOINTS}


def yolo(*files: list[dict[str, Any]]) -> Dataset:
    rows = [{"image": at, **row} for at, file in enumerate(files) for row in file]
    return tiny(len(files), rows, format_name="yolo")


def test_rows_of_the_rarer_kind_are_named() -> None:
    check_rule(
        YoloMixedRows,
        valid=[
            yolo([BOX, BOX], [], [BOX]),
            yolo([OUTLINE], [OUTLINE]),
            yolo([BOX, POSE], [POSE]),
            tiny(annotations=[{}, {"kind": Kind.POLYGON}]),
        ],
        invalid=[
            (
                yolo([BOX, OUTLINE, BOX], [BOX]),
                [
                    {
                        "annotation": 1,
                        "fix": Fix.UNSAFE,
                        "message": "a polygon in a file with boxes (3 boxes, 1 polygon in the dataset)",
                    }
                ],
            ),
            (yolo([OUTLINE], [BOX, OUTLINE], [{**OUTLINE, "kind": Kind.OBB}]), [1]),
        ],
    )


def test_files_of_each_kind_are_one_warning() -> None:
    said = "2 files hold boxes only, 1 polygons only"
    expected = [{"severity": Severity.WARNING, "message": said, "annotation": -1, "fix": Fix.NONE}]
    check_rule(YoloMixedRows, invalid=[(yolo([BOX], [BOX, BOX], [OUTLINE]), expected)])
    both = yolo([BOX], [OUTLINE], [BOX, OUTLINE, BOX])
    check_rule(YoloMixedRows, invalid=[(both, [{"annotation": -1}, {"annotation": 3}])])


def new_text(data: Dataset) -> list[float]:
    rule = YoloMixedRows()
    edits = rule.fix(data, rule.check(data))
    assert edits["op"].tolist() == [Op.BYTES]
    rows = data.table("annotations")
    at = int(rule.check(data).column("annotation")[0])
    assert (edits["row"][0], edits["start"][0]) == (rows["source"][at], rows["start"][at])
    assert edits["end"][0] == rows["end"][at]
    return [float(number) for number in edits["new"][0].split()]


def test_an_outline_becomes_its_box_and_a_box_its_corners() -> None:
    assert np.allclose(new_text(yolo([BOX, OUTLINE, BOX])), [0, 0.5, 0.5, 0.2, 0.2], atol=1e-9)
    corners = [0, 0.4, 0.4, 0.6, 0.4, 0.6, 0.6, 0.4, 0.6]
    assert np.allclose(new_text(yolo([OUTLINE, BOX, OUTLINE])), corners, atol=1e-9)


def test_a_row_without_keypoints_in_a_pose_dataset(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nkpt_shape: [1, 3]\nnames: [hand]\n")
    pose = "0 .5 .5 .2 .2 .5 .5 2\n0 .3 .3 .1 .1 0 0 0\n"
    (tmp_path / "labels/a.txt").write_text(pose)
    (tmp_path / "labels/b.txt").write_text(pose + "0 .7 .7 .2 .2\n")
    found = annotool.audit(tmp_path, select=["FMT001"])
    assert found.column("line").tolist() == [3]
    assert found.column("severity").tolist() == [Severity.ERROR]
    assert found.blocks[0].text(0).startswith("a row of 5 fields in a pose dataset: expected 8")
    (tmp_path / "labels/b.txt").write_text(pose)
    assert not len(annotool.audit(tmp_path, select=["FMT001"]))
