from __future__ import annotations

from typing import Any

import pytest

from annotool.errors import UsageError
from annotool.formats import registry
from annotool.splitting.ratios import parse_ratios, written_names


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("train=.8,val=.2", {"train": 0.8, "val": 0.2}),
        (" train = 2/3 , val=1/3", {"train": 2 / 3, "val": 1 / 3}),
        ("a=.1,b=.2,c=.7", {"a": 0.1, "b": 0.2, "c": 0.7}),
        ("all=1", {"all": 1.0}),
        ({"train": 0.7, "val": 0.2, "test": 0.1}, {"train": 0.7, "val": 0.2, "test": 0.1}),
        ({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}),
    ],
)
def test_shares(given: Any, expected: dict[str, float]) -> None:
    found = parse_ratios(given)
    assert list(found) == list(expected)
    assert found == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("train=.8,val=.3", "sum to 1.1, expected 1; take 0.1 off"),
        ("train=.8", "sum to 0.8, expected 1; add 0.2 to one, or name a split"),
        ("train=.333,val=.667,test=0", "test=0: expected a share above 0"),
        ("train=80,val=20", "train=80: expected a share above 0, at most 1; 80 % is .8"),
        ("train=.8,val=-.2", "above 0"),
        ("train=.8,val=nan", "val=nan: expected a share"),
        ("train=1/0,val=1", "train=1/0: expected a share"),
        ("train=.5,train=.5", "named twice"),
        ("train:.8,val:.2", "is no NAME=SHARE; expected such as --ratios train=.8,val=.2"),
        ("", "is no NAME=SHARE"),
        ("../x=1", "cannot be a split's name"),
        ({"": 1.0}, "cannot be a split's name"),
    ],
)
def test_what_is_no_share_is_told(given: Any, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_ratios(given)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("target", "names", "called"),
    [
        ("coco", ["train", "fold 3", "valid"], ["train", "fold_3", "val"]),
        ("voc", ["train", "fold 3"], ["train", "fold 3"]),
        ("csv", ["train", "a b"], ["train", "a b"]),
        ("yolo", ["train", "valid"], ["train", "val"]),
        ("huggingface", ["train", "val"], ["train", "validation"]),
        ("imagefolder", ["train", "valid"], ["train", "valid"]),
    ],
)
def test_names_in_the_words_of_a_format(target: str, names: list[str], called: list[str]) -> None:
    assert list(written_names(names, registry()[target]).values()) == called


@pytest.mark.parametrize(
    ("target", "names", "told"),
    [
        ("yolo", ["train", "fold1"], "YOLO cannot have a split 'fold1'"),
        ("imagefolder", ["fold1"], "cannot have a split 'fold1'"),
        ("huggingface", ["fold1"], "cannot have a split 'fold1'"),
        ("yolo", ["val", "valid"], "would have one split 'val' for val and valid"),
        ("coco", ["train 1", "train 2"], "would have one split 'train' for train 1 and train 2"),
        ("csv", ["Train", "train"], "choose other names"),
    ],
)
def test_names_a_format_cannot_have(target: str, names: list[str], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        written_names(names, registry()[target])
    assert told in str(raised.value)
