from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.bal.rare_class import RareClass
from annotool.schema import Kind
from annotool.testing import check_rule, tiny


def spread(*categories: tuple[int, int], **more: Any) -> Dataset:
    """Each category with so many instances, spread over so many images."""
    rows = [
        {"category": c, "image": n % over} for c, (count, over) in enumerate(categories) for n in range(count)
    ]
    return tiny(12, rows, [f"c{number}" for number in range(len(categories))], **more)


def test_few_instances_or_few_images() -> None:
    check_rule(
        RareClass,
        valid=[
            spread((10, 10), (0, 1)),
            spread(),
            tiny(9, [{"image": n % 9} for n in range(500)]),  # few images, not few cells
        ],
        invalid=[
            (spread((10, 10), (9, 9)), [{"category": 1, "message": "'c1' is rare: instances 9, images 9 (told below "
                                         "10 instances or 10 images)"}]),
            (spread((30, 9)), [{"category": 0, "source": 0, "values": {"instances": 30, "images": 9}}]),
        ],
    )  # fmt: skip


def test_a_name_in_two_files_is_one_class() -> None:
    names = [{"name": "cat"}, {"name": "cat", "source": 1}]
    two = [{"file": "train.json"}, {"file": "val.json"}]
    rows = [{"category": n % 2, "image": n} for n in range(9)]
    data = tiny(10, rows, names, sources=two)
    check_rule(RareClass, invalid=[(data, [{"category": 0, "values": {"instances": 9}}])])


def test_options() -> None:
    assert len(RareClass(instances=3, images=2).check(spread((3, 2), (3, 1), (2, 2)))) == 2


def test_labels_of_whole_images_are_called_so() -> None:
    rows = [{"image": n, "kind": Kind.IMAGE, "box": (np.nan,) * 4} for n in range(9)]
    check_rule(
        RareClass,
        invalid=[(tiny(20, rows), [{"message": "'cat' is rare: labels 9, images 9 (told below 10 labels or 10 images)"}])],
    )  # fmt: skip
