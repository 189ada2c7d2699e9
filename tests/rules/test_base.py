import pytest

from annotool.rules.base import classifies, worded
from annotool.schema import Kind
from annotool.testing import tiny


@pytest.mark.parametrize(
    ("count", "said"), [(0, "{n} boxes of 1 are"), (1, "{n} box of 1 is"), (2, "{n} boxes of 1 are")]
)
def test_words_follow_the_count(count: int, said: str) -> None:
    assert worded("{n} box[|es] of 1 [is|are]", count) == said


def test_other_brackets_stay() -> None:
    assert worded("[a] b|c", 1) == "[a] b|c"


def test_whether_labels_are_of_whole_images() -> None:
    whole = {"kind": Kind.IMAGE}
    assert classifies(tiny(annotations=[whole, {"kind": Kind.NONE}]))
    assert not classifies(tiny(annotations=[whole, {}]))
    assert not classifies(tiny(annotations=[{"kind": Kind.NONE}]))
    assert not classifies(tiny())
    assert classifies(tiny(format_name="imagefolder"))
    assert classifies(tiny(facts={"labels": {"kind": "single"}}))
