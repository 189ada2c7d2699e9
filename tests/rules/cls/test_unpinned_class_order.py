from typing import Any

from annotool.dataset import Dataset
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
                [{"key": -1, "values": {"part": "val", "lacking": 1, "classes": 3, "example": "cow", "parts": 2},
                  "message": "no class list, and val lacks 1 of 3 classes ('cow'): numbers given while reading differ "
                  "from split to split"}],
            ),
            (split((0,), (0, 1, 2), "imagefolder"), [{"values": {"part": "train", "lacking": 2}}]),
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
                [{"values": {"part": "path 2", "example": "cat"}}],
            )
        ],
    )
