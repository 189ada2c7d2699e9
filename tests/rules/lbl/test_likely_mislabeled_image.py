from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.lbl.likely_mislabeled_image import LikelyMislabeledImage
from annotool.schema import Kind
from annotool.testing import check_rule, tiny

CAT, DOG = 0, 1
SURE = {CAT: (0.95, 0.05), DOG: (0.05, 0.95)}


def labels(
    *given: int, says: dict[int, tuple[float, float]] | None = None, kind: str = "single", **more: Any
) -> Dataset:
    """Images of these labels, with a model that is sure of them but where it says otherwise."""
    rows = [{"image": at, "category": each, "kind": Kind.IMAGE} for at, each in enumerate(given)]
    probabilities = np.array([(says or {}).get(at, SURE[each]) for at, each in enumerate(given)])
    return tiny(len(given), rows, facts={"labels": {"kind": kind}}, probabilities=probabilities, **more)


MANY = (CAT, DOG) * 10


def test_labels_the_probabilities_speak_against() -> None:
    nan = (float("nan"), float("nan"))
    check_rule(
        LikelyMislabeledImage,
        valid=[
            labels(*MANY),
            labels(*MANY, says={0: (0.55, 0.45)}),
            labels(*MANY, says={0: nan, 1: nan}),
            labels(*MANY, says={0: (0.02, 0.98)}, kind="multi"),
            tiny(2, [{"image": 0, "category": 0, "kind": Kind.IMAGE}]),
        ],
        invalid=[
            (
                labels(*MANY, says={0: (0.02, 0.98), 5: (0.9, 0.1)}),
                [
                    {"annotation": 0, "message": "labelled 'cat' (0.02), likely 'dog' (0.98)"},
                    {"annotation": 5, "message": "labelled 'dog' (0.10), likely 'cat' (0.90)"},
                ],
            ),
        ],
    )


def test_the_fix_takes_the_likeliest_label() -> None:
    data = labels(*MANY, says={0: (0.02, 0.98)})
    rule = LikelyMislabeledImage()
    edits = rule.fix(data, rule.check(data))
    assert (edits["row"].tolist(), edits["new"].tolist(), edits["column"].tolist()) == (
        [0],
        [DOG],
        ["category"],
    )


def test_what_cannot_run() -> None:
    data = tiny(1, [{"image": 0, "category": 0, "kind": Kind.IMAGE}])
    assert LikelyMislabeledImage().unable(data) == "needs --predictions with probabilities of the classes"
    assert LikelyMislabeledImage().unable(labels(CAT, DOG, kind="multi")) == "images have several labels"
    assert LikelyMislabeledImage().unable(labels(CAT, DOG)) == ""
