from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.fixes.splices import replaced, table
from annotool.formats.yolo import FORMAT
from tests.formats.yolo.build import ROW, boxes, names, one, png, put, read, usual

HELD = b"0 0.5 0.5 0.2 0.4\r\n\r\n 1\t0.25  0.500000 0.1 0.1 \r\n0 .75 .5 .5 .5"


def patched(data: Dataset, *edits: Edits) -> dict[str, bytes | None]:
    """The files that change, by name."""
    splices = table(data, FORMAT.patch(data, Edits.concat(edits)))
    files = data.table("sources")["file"]
    return {files[source]: held for source, held in replaced(data, splices).items()}


def edit(op: Op, row: int, column: str = "", new: Any = None, of: str = "annotations") -> Edits:
    return Edits.make(1, op=op, table=of, row=row, column=column, new=[new])


def test_nothing_changes_without_edits(tmp_path: Path) -> None:
    assert patched(one(tmp_path, HELD), Edits.make(0)) == {}


@pytest.mark.parametrize(
    ("row", "left"),
    [
        (0, b"\r\n 1\t0.25  0.500000 0.1 0.1 \r\n0 .75 .5 .5 .5"),
        (1, b"0 0.5 0.5 0.2 0.4\r\n\r\n0 .75 .5 .5 .5"),
        (2, b"0 0.5 0.5 0.2 0.4\r\n\r\n 1\t0.25  0.500000 0.1 0.1 \r\n"),
    ],
)
def test_a_row_goes_with_its_line(tmp_path: Path, row: int, left: bytes) -> None:
    assert patched(one(tmp_path, HELD), edit(Op.DROP, row)) == {"labels/train/a.txt": left}


def test_a_file_that_loses_its_last_row_stays_empty(tmp_path: Path) -> None:
    assert patched(one(tmp_path, ROW), edit(Op.DROP, 0)) == {"labels/train/a.txt": b""}


def test_only_the_numbers_that_change(tmp_path: Path) -> None:
    data = one(tmp_path, HELD)
    new = patched(data, edit(Op.SET, 2, "bbox", (50.0, 12.5, 40.0, 25.0)))
    assert new == {"labels/train/a.txt": HELD.replace(b".75 .5 .5 .5", b"0.700000 .5 0.400000 .5")}


def test_at_least_as_many_decimals_as_there_were(tmp_path: Path) -> None:
    data = one(tmp_path, "0 0.50000000000000 0.5 0.2 0.4\n")
    new = patched(data, edit(Op.SET, 0, "bbox", (30.0, 15.0, 20.0, 20.0)))
    assert new == {"labels/train/a.txt": b"0 0.40000000000000 0.5 0.2 0.4\n"}


def test_enough_decimals_for_a_large_image(tmp_path: Path) -> None:
    root = put(usual(tmp_path, {"train/a": "0 0.5 0.5 0.2 0.4\n"}), {"images/train/a.png": png(6000, 4000)})
    data = read(root)
    new = patched(data, edit(Op.SET, 0, "bbox", (2400.001, 1200.002, 1199.9, 1599.9)))
    put(root, {name: held or b"" for name, held in new.items()})
    np.testing.assert_allclose(boxes(read(root)), [(2400.001, 1200.002, 1199.9, 1599.9)], atol=1e-4)


def test_fractions_where_no_size_is_known(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": "0 0.9 0.5 0.4 0.4\n"}, images=False))
    new = patched(data, edit(Op.SET, 0, "bbox", (0.7, 0.3, 0.3, 0.4)))
    assert new == {"labels/train/a.txt": b"0 0.850000 0.5 0.300000 0.4\n"}


def test_the_box_of_keypoints(tmp_path: Path) -> None:
    held = "0 .5 .5 .4 .4 .4 .4 2 .6 .6 1\n"
    data = one(tmp_path, held * 3, task="pose")
    new = patched(data, edit(Op.SET, 1, "bbox", (30.0, 15.0, 20.0, 20.0)))
    changed = held.replace(".5 .5 .4 .4 .4 .4", "0.400000 .5 0.200000 .4 .4 .4", 1)
    assert new == {"labels/train/a.txt": (held + changed + held).encode()}


def test_an_outline_has_no_box_to_set(tmp_path: Path) -> None:
    data = one(tmp_path, "0 .1 .1 .3 .1 .3 .3\n", task="segment")
    assert patched(data, edit(Op.SET, 0, "bbox", (0.0, 0.0, 1.0, 1.0))) == {}
    assert patched(data, edit(Op.SET, 0, "rings", [0])) == {"labels/train/a.txt": b""}


@pytest.mark.parametrize(("column", "new"), [("category", 1), ("category_id", 1)])
def test_a_class(tmp_path: Path, column: str, new: int) -> None:
    root = usual(tmp_path, {"train/a": HELD})
    files = patched(read(root), edit(Op.SET, 2, column, new))
    assert files == {"labels/train/a.txt": HELD.replace(b"0 .75", b"1 .75")}
    put(root, {name: held or b"" for name, held in files.items()})
    assert names(read(root)) == ["cat", "dog", "dog"]


def test_a_class_by_the_key_of_names(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/train\nnames: {7: dog, 0: cat}\n"
    data = read(usual(tmp_path, {"train/a": ROW}, yaml))
    dog = int(np.flatnonzero(data.table("categories")["name"] == "dog")[0])
    assert patched(data, edit(Op.SET, 0, "category", dog)) == {"labels/train/a.txt": b"7 0.5 0.5 0.2 0.4\n"}


def test_several_edits_of_one_file(tmp_path: Path) -> None:
    data = one(tmp_path, HELD)
    edits = [
        edit(Op.DROP, 0),
        edit(Op.SET, 1, "category", 0),
        edit(Op.SET, 2, "bbox", (50.0, 12.5, 40.0, 25.0)),
    ]
    held = b"\r\n 0\t0.25  0.500000 0.1 0.1 \r\n0 0.700000 .5 0.400000 .5"
    assert patched(data, *edits) == {"labels/train/a.txt": held}


def test_bytes(tmp_path: Path) -> None:
    data = one(tmp_path, ROW)
    change = Edits.make(1, op=Op.BYTES, table="sources", row=1, start=0, end=1, new=["1"])
    assert patched(data, change) == {"labels/train/a.txt": b"1 0.5 0.5 0.2 0.4\n"}


def test_an_image_goes_with_its_label_file(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": ROW, "train/b": ROW}))
    assert patched(data, edit(Op.DROP, 1, of="images"), edit(Op.DROP, 1)) == {"labels/train/b.txt": None}


def test_an_image_goes_from_its_lists(tmp_path: Path) -> None:
    files = {
        "data.yaml": "train: t.txt\nval: v.txt\nnames: [cat]\n",
        "t.txt": "images/a.png\r\nimages/gone.png\r\n",
    }
    put(tmp_path, {**files, "v.txt": "images/a.png", "images/a.png": png(), "labels/a.txt": ROW})
    data = read(tmp_path)
    assert patched(data, edit(Op.DROP, 1, of="images")) == {"t.txt": b"images/a.png\r\n"}
    assert patched(data, edit(Op.DROP, 0, of="images")) == {
        "t.txt": b"images/gone.png\r\n",
        "v.txt": b"",
        "labels/a.txt": None,
    }
    entries = data.table("splits")["split"].tolist()
    assert patched(data, edit(Op.DROP, entries.index("val"), of="splits")) == {"v.txt": b""}


@pytest.mark.parametrize("row", ["0,.5,.5,.2,.4\n", "cat .5 .5 .2 .4\n"])
def test_a_malformed_row_has_to_be_mended_first(tmp_path: Path, row: str) -> None:
    data = one(tmp_path, row)
    assert patched(data, edit(Op.SET, 0, "bbox", (0.0, 0.0, 1.0, 1.0))) == {}
    assert patched(data, edit(Op.SET, 0, "category", 1)) == {}
