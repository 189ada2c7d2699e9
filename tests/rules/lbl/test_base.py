from annotool.rules.lbl.base import label_rows, labelled, none_are_labelled
from annotool.schema import Kind
from annotool.testing import tiny

WHOLE = {"kind": Kind.IMAGE, "box": (float("nan"),) * 4}


def test_each_label_of_an_image_once() -> None:
    rows = [
        {**WHOLE, "image": 1},
        {},
        WHOLE,
        {**WHOLE, "image": 1, "category": 1},
        {**WHOLE, "image": 1},
        {**WHOLE, "category": -1},
    ]
    at, image, label = label_rows(tiny(2, rows))
    assert (at.tolist(), image.tolist(), label.tolist()) == ([2, 0, 3], [0, 1, 1], [0, 0, 1])


def test_whether_there_are_labels() -> None:
    assert labelled(tiny(annotations=[WHOLE]))
    assert not labelled(tiny(annotations=[{}]))
    assert none_are_labelled(tiny()) == "no annotations"
    assert none_are_labelled(tiny(annotations=[WHOLE])) == none_are_labelled(tiny(annotations=[{}])) == ""
