from pathlib import Path

import numpy as np
import pytest

import annotool
from annotool.dataset import Dataset
from annotool.rules.kpt.keypoint_outside_box import KeypointOutsideBox
from annotool.testing import check_rule, tiny


def points(*keypoints: float, **more: object) -> Dataset:
    return tiny(annotations=[{"box": (100.0, 100.0, 50.0, 200.0), "keypoints": list(keypoints), **more}])


def test_a_labelled_point_beyond_a_tenth_of_the_side() -> None:
    check_rule(
        KeypointOutsideBox,
        valid=[
            points(100, 100, 2, 150, 300, 1, 95, 80, 2, 155, 320, 2),
            points(0, 0, 0, 900, 900, 0),
            points(900, 900, 2, iscrowd=1),
            points(120, 120, 2, 120, 499, 1),  # feet behind a table: the box is around what is seen
            points(900, 900, 2, bbox_derived=True),
            points(900, 900, 2, box=(5, 5, 0, 9)),
            points(900, 900, 2, x=np.nan),
            points(),
        ],
        invalid=[
            (
                points(94, 100, 2),
                [{"message": "a keypoint lies outside of the box by 12% of its side, over 10%"}],
            ),
            (points(120, 79, 2), [{"values": {"far": pytest.approx(0.105), "share": 0.1}}]),
            (points(120, 79, 2, 120, 700, 1), [{"values": {"far": pytest.approx(0.105)}}]),
            (
                points(120, 520, 1, 120, 310, 2),
                [{"message": "a keypoint lies outside of the box by 110% of its side, over 100%"}],
            ),
            (points(175, 120, 2, 120, 400, 2), [{"values": {"far": 0.5}}]),
            (tiny(annotations=[{"keypoints": [11, 11, 2]}, {"keypoints": [0, 11, 2, 300, 11, 2]}]), [1]),
        ],
    )
    assert len(KeypointOutsideBox(share=0.2).check(points(94, 100, 2))) == 0


def test_fractions_will_do(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    inside = "0 .5 .5 .4 .4 .31 .69 2 0 0 0\n"
    (tmp_path / "labels/a.txt").write_text(inside * 30 + "0 .5 .5 .4 .4 .2 .5 2 0 0 0\n")
    (tmp_path / "images").mkdir()
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [hand]\nkpt_shape: [2, 3]\n")
    data = annotool.read(tmp_path)
    found = annotool.audit(data, select=["KPT002"])
    assert found.column("line").tolist() == [31]
    assert found.blocks[0].values["far"] == pytest.approx(0.25)
