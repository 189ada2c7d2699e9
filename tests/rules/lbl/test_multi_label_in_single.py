from annotool.dataset import Dataset
from annotool.rules.lbl.multi_label_in_single import MultiLabelInSingle
from annotool.schema import Kind
from annotool.testing import check_rule, tiny

WHOLE = {"kind": Kind.IMAGE, "box": (float("nan"),) * 4}
NAMES = ("cat", "dog", "cow")


def labelled(*pairs: tuple[int, int], kind: str = "single") -> Dataset:
    rows = [{**WHOLE, "image": image, "category": category} for image, category in pairs]
    return tiny(3, rows, NAMES, facts={"labels": {"kind": kind}})


def test_several_labels_of_an_image() -> None:
    check_rule(
        MultiLabelInSingle,
        valid=[
            labelled((0, 0), (1, 1)),
            labelled((0, 0), (0, 0)),  # DUP001
            labelled((0, 0), (0, 1), kind="multi"),
            tiny(annotations=[{}, {"category": 1}]),
            tiny(),
        ],
        invalid=[
            (labelled((0, 0), (1, 1), (0, 2), (0, 1)),
             [{"annotation": 2, "image": 0, "message": "0.jpg has 3 labels (cat, cow, dog); a single-label dataset has one an image",
               "values": {"labels": ["cat", "cow", "dog"]}}]),
            (labelled((2, 0), (2, 1), (1, 0), (1, 1)), [1, 3]),
        ],
    )  # fmt: skip


def test_it_runs_where_there_is_anything_to_judge() -> None:
    assert MultiLabelInSingle().unable(tiny()) == "no annotations"
    assert MultiLabelInSingle().unable(labelled((0, 0))) == ""
