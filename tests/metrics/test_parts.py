from annotool.metrics.parts import membership
from annotool.testing import tiny


def test_the_whole_then_each_split() -> None:
    members = membership(tiny(4, splits={"val": [1, 2], "train": [0, 1]}))
    assert {name: each.tolist() for name, each in members.items()} == {
        "": [True] * 4,
        "train": [True, True, False, False],
        "val": [False, True, True, False],  # image 1 is in both, image 3 in none
    }
    assert list(membership(tiny(0))) == [""]
