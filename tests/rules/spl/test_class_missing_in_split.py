from typing import Any

from annotool.dataset import Dataset
from annotool.rules.spl.class_missing_in_split import ClassMissingInSplit
from annotool.testing import check_rule, tiny


def counted(train: tuple[int, int], other: tuple[int, int], name: str = "val", **more: Any) -> Dataset:
    """An image a split, with so many cats and dogs."""
    rows = [
        {"image": image, "category": c}
        for image, own in enumerate((train, other))
        for c in (0, 1)
        for _ in range(own[c])
    ]
    return tiny(2, rows, ("cat", "dog", "emu"), splits={name: [1], "train": [0]}, **more)


def test_categories_that_stand_on_one_side_only() -> None:
    check_rule(
        ClassMissingInSplit,
        valid=[
            counted((20, 20), (1, 1)),
            counted((20, 19), (1, 0)),  # too few to miss
            counted((20, 20), (1, 0), "test"),
            counted((20, 20), (0, 0)),  # not annotated at all
            counted((0, 0), (5, 5)),
            counted((20, 20), (1, 0), facts={"lvis": True}),
            tiny(2, [{}, {"image": 1, "category": 1}], splits={"left": [0], "right": [1]}),
            tiny(2, [{}, {"image": 1, "category": 1}], splits={"train": [0]}),
        ],
        invalid=[
            (counted((20, 20), (1, 0)),
             [{"category": 1, "message": "'dog' is in train (instances: 20), but never in val (told from 20 times on)"}]),
            (counted((3, 0), (1, 1), "test"),
             [{"category": 1, "source": 0, "values": {"count": 1, "split": "test", "missing_in": "train"}}]),
            (counted((3, 0), (1, 1), facts={"lvis": True}), [{"category": 1}]),
            (counted((0, 30), (1, 0), "valid"), [{"category": 0}, {"category": 1}]),
        ],
    )  # fmt: skip


def test_options_and_what_cannot_run() -> None:
    assert len(ClassMissingInSplit(instances=5).check(counted((20, 5), (1, 0)))) == 1
    rule = ClassMissingInSplit()
    assert rule.unable(tiny(2)) == "fewer than two splits"
    assert rule.unable(tiny(2, splits={"a": [0], "b": [1]})) == "no split is called train"
    assert rule.unable(counted((1, 1), (1, 1))) == ""
