from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Severity
from annotool.rules.cls.base import folded
from annotool.rules.cls.confusable_class_names import ConfusableClassNames
from annotool.testing import check_rule, edited, tiny


def named(*names: str, used: tuple[int, ...] = (), **more: Any) -> Dataset:
    """A dataset of these categories, with an annotation of each category in `used`."""
    return tiny(2, [{"category": c, "image": c % 2} for c in used], names, **more)


def test_names_that_differ_in_spelling() -> None:
    check_rule(
        ConfusableClassNames,
        valid=[named("cat", "cats", "c a t", "category"), named("", " "), named()],
        invalid=[
            (
                named("traffic light", "car", "Traffic_Light", used=(0,)),
                [{"category": 2, "message": "'Traffic_Light' is 'traffic light' but for its spelling",
                  "severity": -1, "fix": Fix.UNSAFE}],
            ),
            (named("Car", "car ", used=(1, 1, 0)), [{"category": 0, "values": {"other": "car "}}]),
            (named("ab", "AB", "ａb", used=(1,)), [{"category": 0}, {"category": 2, "values": {"other": "AB"}}]),
            (named("a", "A", "ａ"), [{"category": 2, "values": {"other": "a"}}]),  # letters that are read
            (named("cat", "Cat", format_name="yolo"), [{"fix": Fix.NONE}]),
        ],
    )  # fmt: skip


def test_a_name_twice_in_one_file() -> None:
    two = [{"file": "train.json"}, {"file": "val.json"}]
    check_rule(
        ConfusableClassNames,
        valid=[tiny(categories=[{"name": "cat"}, {"name": "cat", "source": 1}], sources=two)],
        invalid=[
            (
                named("cat", "dog", "cat"),
                [{"category": 2, "severity": Severity.ERROR, "fix": Fix.NONE,
                  "message": "'cat' is declared more than once in this file"}],
            )
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Straße", "STRASSE", True),
        ("traffic-light", "traffic__light", True),
        ("ｃａｒ", "car", True),
        (" car", "car", True),
        ("trafficlight", "traffic light", False),
        ("\u00e9", "e\u0301", True),  # composed and not
        ("e", "é", False),
        ("_", "-", True),
    ],
)
def test_folding(one: str, other: str, same: bool) -> None:
    assert (folded(one) == folded(other)) is same


def mended(data: Dataset) -> Dataset:
    rule = ConfusableClassNames()
    return edited(data, rule.fix(data, rule.check(data)))


def test_merging_moves_the_annotations_and_drops_the_category() -> None:
    after = mended(named("dog", "Dog", "cat", used=(0, 1, 2, 0)))
    assert after.table("categories")["name"].tolist() == ["dog", "cat"]
    assert after.names_of(after.table("annotations")["category"]).tolist() == ["dog", "dog", "cat", "dog"]


def test_merging_over_files_renames_where_the_better_name_is_absent() -> None:
    both = [{"name": "dog"}, {"name": "Dog"}, {"name": "Dog", "source": 1}, {"name": "cat", "source": 1}]
    two = [{"file": "train.json"}, {"file": "val.json"}]
    after = mended(
        tiny(annotations=[{"category": c} for c in (0, 0, 0, 1, 2, 3)], categories=both, sources=two)
    )
    assert after.table("categories")["name"].tolist() == ["dog", "dog", "cat"]
    assert after.table("annotations")["category"].tolist() == [0, 0, 0, 0, 1, 2]


def test_voc_names_in_use_are_merged() -> None:
    data = tiny(annotations=[{"category": 0}, {"category": 0}, {"category": 1}], format_name="voc",
                categories=[{"name": "dog", "source": -1}, {"name": "Dog", "source": -1}])  # fmt: skip
    check_rule(ConfusableClassNames, invalid=[(data, [{"category": 1, "fix": Fix.UNSAFE}])])
    assert mended(data).table("categories")["name"].tolist() == ["dog", "dog"]


def spelled(form: str, source: int, *used: int) -> Dataset:
    categories = [{"name": "dog", "source": source}, {"name": "Dog", "source": source}]
    return tiny(annotations=[{"category": c} for c in used], categories=categories, format_name=form)


@pytest.mark.parametrize("form", ["csv", "huggingface", "imagefolder"])
def test_names_that_stand_where_they_are_used_are_renamed_there(form: str) -> None:
    data = spelled(form, -1, 0, 0, 1)
    check_rule(ConfusableClassNames, invalid=[(data, [{"category": 1, "fix": Fix.UNSAFE}])])
    after = mended(data)
    assert after.table("categories")["name"].tolist() == ["dog", "dog"]
    assert after.table("annotations")["category"].tolist() == [0, 0, 1]


def test_what_cannot_be_merged() -> None:
    """Two columns of one csv; a class folder without images, which has none to move."""
    columns, empty = spelled("csv", 0, 0, 0, 1), spelled("imagefolder", -1, 0, 0)
    expected = [{"category": 1, "fix": Fix.NONE}]
    check_rule(ConfusableClassNames, invalid=[(columns, expected), (empty, expected)])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "file,label\r\na.png,dog\r\nb.png,{}\r\nc.png,dog\r\n"),
        ("labels.csv", "file,labels\na.png,dog;cat\nb.png,cat;{}\nc.png,dog\n"),
        ("metadata.csv", 'file_name,label\na.png,"dog"\nb.png,"{}"\nc.png,dog\n'),
    ],
)
def test_cells_are_merged_and_no_other_byte(tmp_path: Path, name: str, text: str) -> None:
    for image in "abc":
        Image.new("RGB", (8, 8), (ord(image), 0, 0)).save(tmp_path / f"{image}.png")
    (tmp_path / name).write_bytes(text.format("Dog").encode())
    made = annotool.fix(tmp_path, unsafe=True, select=["CLS003"])
    assert made.overlay == {tmp_path / name: text.format("dog").encode()} and not len(made.after)
