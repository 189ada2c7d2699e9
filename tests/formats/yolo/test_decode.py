from pathlib import Path

import numpy as np

from annotool.schema import Kind
from tests.formats.yolo.build import one, read, usual

ROWS = (
    "0 0.1 0.2 0.3 0.2 0.3 0.6\n1 0.5 0.5 0.2 0.4\n0 0.1 -0.2 0.3 2e-1 0.3 0.6 0.2 0.6\n0,.1,.2,.3,.2,.3,.4\n"
)


def test_rings(tmp_path: Path) -> None:
    data = one(tmp_path, ROWS, task="segment")
    rows = np.array([3, 0, 2])
    rings = data.decoders["yolo"].rings(data, rows)
    assert rings.row.tolist() == [3, 0, 2]
    assert rings.offsets.tolist() == [0, 6, 12, 20]
    np.testing.assert_allclose(rings.xy[:6], [10, 10, 30, 10, 30, 20])
    np.testing.assert_allclose(rings.xy[6:12], [10, 10, 30, 10, 30, 30])
    np.testing.assert_allclose(rings.xy[12:], [10, -10, 30, 10, 30, 30, 20, 30])


def test_the_summary_agrees_with_the_boxes(tmp_path: Path) -> None:
    data = one(tmp_path, ROWS, task="segment")
    summary, rows = data.rings, data.table("annotations")
    assert summary["row"].tolist() == [0, 2, 3]
    assert summary["numbers"].tolist() == [6, 8, 6]
    for name, column in (("x0", "x"), ("y0", "y")):
        np.testing.assert_allclose(summary[name], rows[column][summary["row"]])
    np.testing.assert_allclose(summary["x1"] - summary["x0"], rows["w"][summary["row"]])
    np.testing.assert_allclose(summary["area"], [200, 400, 100])


def test_fractions_where_no_size_is_known(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": ROWS}, images=False), task="segment")
    rings = data.decoders["yolo"].rings(data, np.array([0]))
    assert rings.xy.tolist() == [0.1, 0.2, 0.3, 0.2, 0.3, 0.6]


def test_corners_of_oriented_boxes(tmp_path: Path) -> None:
    data = one(tmp_path, "0 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6\n" * 2)
    assert set(data.table("annotations")["kind"].tolist()) == {Kind.OBB}
    (rows, decoder), *_ = data.decoded(Kind.OBB)
    np.testing.assert_allclose(decoder.rings(data, rows).xy, [10, 10, 30, 10, 30, 30, 10, 30] * 2)
    assert len(data.rings) == 0, "an oriented box is no polygon"


def test_no_rows(tmp_path: Path) -> None:
    data = one(tmp_path, ROWS)
    assert data.decoders["yolo"].rings(data, np.empty(0, dtype=np.int64)).offsets.tolist() == [0]


def test_keypoints(tmp_path: Path) -> None:
    data = one(tmp_path, "0 .5 .5 .4 .4 .4 .4 2 .6 .6 1 0 0 0\n" * 2)
    decoder = data.decoders["yolo"].keypoints
    assert decoder is not None
    first, second = decoder(data, np.array([0, 1])).each()
    np.testing.assert_allclose(first, [[40, 20, 2], [60, 30, 1], [0, 0, 0]])
    np.testing.assert_array_equal(first, second)


def test_keypoints_of_two_numbers(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/train\nnames: [cat]\nkpt_shape: [3, 2]\n"
    data = read(usual(tmp_path, {"train/a": "0 .5 .5 .4 .4 .4 .4 .6 .6 0 0\n"}, yaml))
    decoder = data.decoders["yolo"].keypoints
    assert decoder is not None
    np.testing.assert_allclose(decoder(data, np.array([0])).each()[0], [[40, 20, 2], [60, 30, 2], [0, 0, 0]])
