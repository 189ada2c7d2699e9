from pathlib import Path
from typing import Any

import pytest

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Op
from annotool.rules.cls.unpinned_class_order import UnpinnedClassOrder
from annotool.testing import check_rule, tiny

NAMES = [{"name": name, "source": -1} for name in ("cat", "cow", "dog")]


def split(train: tuple[int, ...], val: tuple[int, ...], form: str = "voc", **more: Any) -> Dataset:
    """An image a split that shows these categories."""
    rows = [{"image": image, "category": c} for image, own in enumerate((train, val)) for c in own]
    return tiny(2, rows, NAMES, {"train": [0], "val": [1]}, format_name=form, **more)


def test_splits_that_lack_classes() -> None:
    lists = [{"file": "Annotations/0.xml"}, {"file": "labels.txt", "role": "classes"}]
    check_rule(
        UnpinnedClassOrder,
        valid=[
            split((0, 1, 2), (2, 1, 0)),
            split((0, 1, 2), ()),  # not annotated
            split((0, 1), (0,), "yolo"),
            tiny(2, [{"category": 0}, {"category": 1}, {"image": 1}], ["cat", "Cat"], {"train": [0], "val": [1]}, format_name="voc"),
            split((0, 1, 2), (0, 2), sources=lists),
            tiny(categories=NAMES, format_name="voc"),
        ],
        invalid=[
            (
                split((0, 1, 2), (0, 2)),
                [{"key": -1, "fix": Fix.SAFE, "values": {"part": "val", "lacking": 1, "classes": 3, "example": "cow", "parts": 2},
                  "message": "no class list, and val lacks 1 of 3 classes ('cow'): numbers given while reading differ "
                  "from split to split"}],
            ),
        ],
    )  # fmt: skip


def test_paths_are_read_alone_too() -> None:
    two: list[dict[str, Any]] = [{"file": "a.xml"}, {"file": "b.xml", "path": 1}]
    images = [{"source": 0}, {"source": 1}]
    rows = [{"category": 0}, {"category": 1}, {"image": 1, "category": 1}]
    check_rule(
        UnpinnedClassOrder,
        invalid=[
            (
                tiny(images, rows, NAMES, format_name="voc", sources=two),
                [{"fix": Fix.SAFE, "values": {"part": "path 2", "example": "cat"}}],
            ),
            (
                tiny(
                    [*images, {"source": 2}],
                    [*rows, {"image": 2}],
                    NAMES,
                    format_name="voc",
                    sources=[
                        *two,
                        {"file": "c.xml", "path": 2},
                        {"file": "labels.txt", "path": 2, "role": "classes"},
                    ],
                ),
                [{"fix": Fix.NONE}],  # the list of another path may have an order of its own
            ),
        ],
    )


def test_each_path_gets_the_list_of_all() -> None:
    data = tiny(
        [{"source": 0}, {"source": 1}],
        [{"category": 2}, {"category": 1}, {"image": 1, "category": 1}],
        NAMES,
        format_name="voc",
        sources=[{"file": "a.xml"}, {"file": "b.xml", "path": 1}],
    )
    rule = UnpinnedClassOrder()
    edits = rule.fix(data, rule.check(data))
    assert edits["op"].tolist() == [Op.CREATE] * 2 and edits["row"].tolist() == [0, 1]
    assert edits["column"].tolist() == ["labels.txt"] * 2 and edits["new"].tolist() == ["cow\ndog\n"] * 2


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "two\rlines"])
def test_names_that_are_no_line_of_a_list(name: str) -> None:
    check_rule(UnpinnedClassOrder, invalid=[(named(name), [{"fix": Fix.NONE}])])


def named(name: str) -> Dataset:
    names = [{"name": each, "source": -1} for each in ("cat", name)]
    rows = [{"category": 0}, {"category": 1}, {"image": 1}]
    return tiny(2, rows, names, {"train": [0], "val": [1]}, format_name="voc")


@pytest.mark.parametrize("below", ["", "Annotations"])
def test_the_list_is_read_and_the_classes_keep_their_numbers(
    below: str, sample_data: Path, tmp_path: Path
) -> None:
    given = sample_data / "faulty/cases/CLS007" / below
    before = annotool.read(given).categories["name"].tolist()
    made = annotool.fix(given, out=tmp_path / "out")
    after = annotool.read(tmp_path / "out")
    assert made.after.counts() == {} and after.categories["name"].tolist() == before
    (listed,) = (tmp_path / "out").rglob("labels.txt")
    assert listed.read_text() == "apple\nbanana\n"
    assert annotool.audit(after).counts() == {}
