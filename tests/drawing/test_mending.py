import numpy as np
import pytest

from annotool.drawing.colours import MENDED
from annotool.drawing.mending import mended
from annotool.drawing.scene import scene
from annotool.findings import Edits, NewBox, Op
from annotool.testing import tiny

DATA = tiny(
    1,
    [
        {"box": (10, 10, 700, 20)},
        {"box": (9, 9, 9, 9), "polygon": [[1, 1, 9, 1, 9, 9], [20, 20, 30, 20, 30, 30]]},
    ],
)
SEEN = scene(DATA, 0, {0})


def one(row: int = 0, **edit: object) -> Edits:
    return Edits.make(1, table="annotations", row=row, **edit)  # type: ignore[arg-type]


def test_a_new_box() -> None:
    after, what = mended(DATA, SEEN, one(column="bbox", new=[(10.0, 10.0, 630.0, 20.0)]))
    assert after is not None and what == "new box"
    mark = after.marks[-1]
    assert mark.box == (10.0, 10.0, 640.0, 30.0) and mark.role == "mended" and mark.colour == MENDED
    assert SEEN.marks[-1].role == "flagged" and after.view == SEEN.view


def test_what_is_dropped_is_gone() -> None:
    after, what = mended(DATA, SEEN, one(op=Op.DROP))
    assert after is not None and what == "removed" and [each.row for each in after.marks] == [1]
    both = Edits.concat([one(op=Op.DROP), one(column="bbox", new=[(1.0, 1.0, 1.0, 1.0)])])
    again, what = mended(DATA, SEEN, both)
    assert again is not None and what == "removed" and len(again.marks) == 1


def test_outlines_and_classes() -> None:
    after, what = mended(DATA, SEEN, one(1, column="rings", new=[(0,)]))
    assert after is not None and what == "new outline" and len(after.marks[0].outer) == 1
    after, _ = mended(DATA, SEEN, one(1, column="segmentation", new=[((0.0, 0.0, 5.0, 0.0, 5.0, 5.0),)]))
    assert after is not None and after.marks[0].outer[0].tolist() == [[0, 0], [5, 0], [5, 5]]
    mask = {"size": [4, 4], "counts": [0, 5, 2, 2, 2, 5]}
    after, _ = mended(DATA, SEEN, one(1, column="segmentation", new=[mask]))
    assert after is not None and len(after.marks[0].holes) == 1
    after, what = mended(DATA, SEEN, one(column="category", new=[1]))
    assert after is not None and what == "new class" and after.marks[-1].label == "dog #1"


@pytest.mark.parametrize(
    ("width", "box"), [(640, (10.0, 20.0, 30.0, 40.0)), (-1, (10 / 640, 20 / 480, 30 / 640, 40 / 480))]
)
def test_an_added_box(width: int, box: tuple[float, float, float, float]) -> None:
    data = tiny([{"width": width, "height": 480}], [{"box": (1, 1, 50, 50)}], ("cat", "dog"))
    before = scene(data, 0)
    edit = Edits.make(1, op=Op.ADD, table="images", column="bbox", row=0, new=[NewBox(1, box)])
    after, what = mended(data, before, edit)
    assert after is not None and what == "added" and after.marks[:-1] == before.marks
    mark = after.marks[-1]
    assert mark.box == pytest.approx((10, 20, 40, 60)) and mark.label == "dog" and mark.role == "mended"


@pytest.mark.parametrize(
    "edits",
    [one(column="id", new=[5]), one(column="area", new=[5.0]), one(7, op=Op.DROP), Edits.make(1, table="images", row=0, op=Op.DROP),
     Edits.make(0), one(column="bbox", new=[(np.nan, 1.0, 1.0, 1.0)]), one(op=Op.BYTES, new=["x"])],
)  # fmt: skip
def test_what_cannot_be_seen_is_not_shown(edits: Edits) -> None:
    assert mended(DATA, SEEN, edits) == (None, "")
