from typing import Any

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.errors import ConfigError
from annotool.formats.base import objects
from annotool.rules.spl.group_leak import GroupLeak
from annotool.testing import check_rule, tiny

BY_NAME = GroupLeak(pattern=r"^(vid\d+)_")
BY_COLUMN = GroupLeak(column="patient")


def named(*names: str, val: int, **more: Any) -> Dataset:
    """Images of these names, from position `val` on in val, the others in train."""
    rows = [{"file_name": name} for name in names]
    return tiny(rows, splits={"train": range(val), "val": range(val, len(names))}, **more)


def test_groups_by_pattern() -> None:
    check_rule(
        BY_NAME,
        valid=[named("vid1_1.jpg", "vid1_2.jpg", "vid2_1.jpg", "other.jpg", "other_2.jpg", val=2), tiny(3)],
        invalid=[
            (
                named("vid1_1.jpg", "vid1_2.jpg", "vid2_1.jpg", "vid1_3.jpg", "vid2_2.jpg", "a.jpg", val=3),
                [
                    {"image": 3, "message": "group 'vid1' stands in 2 splits (images of train: 2, val: 1)",
                     "values": {"group": "vid1", "count": 2, "splits": "train: 2, val: 1"}, "severity": -1},
                    {"image": 4, "values": {"group": "vid2"}},
                ],
            )
        ],
    )  # fmt: skip


def test_groups_by_column() -> None:
    data = named("a", "b", "c", "d", val=2, joined={"patient": objects(["p1", "", "", "p1"])})
    check_rule(BY_COLUMN, invalid=[(data, [3])], valid=[named("a", "b", val=1)])


def test_an_image_in_two_splits_is_its_group_in_both() -> None:
    data = tiny([{"file_name": "vid1_1.jpg"}], splits={"train": [0], "val": [0]})
    check_rule(BY_NAME, invalid=[(data, [0])])


def test_what_cannot_run() -> None:
    data = named("a", "b", val=1)
    assert GroupLeak().unable(data) == ""
    assert not len(GroupLeak().check(data))
    assert BY_NAME.unable(tiny(2)) == "fewer than two splits"
    assert BY_COLUMN.unable(data) == "no column 'patient': give the file that has it with --join"
    assert BY_NAME.unable(data) == ""


@pytest.mark.parametrize(
    ("pattern", "why"), [("(", "no regular expression"), (r"vid\d+", "expected a group for the key")]
)
def test_wrong_patterns_are_told(pattern: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        GroupLeak(pattern=pattern)


def test_counts_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    names = [f"vid{number}_{at}.jpg" for at, number in enumerate(rng.integers(0, 30, 300))]
    splits = rng.permutation(300).tolist()
    data = tiny([{"file_name": name} for name in names], splits={"train": splits[:200], "val": splits[200:]})
    held = {
        "train": {names[at].split("_")[0] for at in splits[:200]},
        "val": {names[at].split("_")[0] for at in splits[200:]},
    }
    assert len(BY_NAME.check(data)) == len(held["train"] & held["val"])
