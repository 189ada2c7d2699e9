from collections.abc import Sequence
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.bal.count_outlier import CountOutlier
from annotool.testing import check_rule, tiny


def counted(counts: Sequence[int], **more: Any) -> Dataset:
    return tiny(len(counts), [{"image": at} for at, count in enumerate(counts) for _ in range(count)], **more)


USUAL = [4, 5, 6, 7, 8, 6] * 10


def test_images_with_far_more_or_none() -> None:
    halves = {"train": range(60), "test": range(60, 70)}
    check_rule(
        CountOutlier,
        valid=[
            counted(USUAL),
            counted([1] * 59 + [40]),  # no spread to judge by
            counted([*USUAL[:40], 90]),  # too few images
            counted([*[1, 2, 3, 4, 5] * 12, 0]),  # few are usual
            counted([*USUAL, 0], facts={"lvis": True}),
            counted([*USUAL, *[0] * 10], splits=halves),
            tiny(60),
        ],
        invalid=[
            (
                counted([*USUAL, 60]),
                [{"image": 60, "message": "60 objects, where half of the images have 6 or fewer (told above 16)"}],
            ),
            (
                counted([*USUAL, 0]),
                [{"image": 60, "message": "no object, where half of the images have 6 or more (told from a median of 5 on)"}],
            ),
            (
                counted([*USUAL, *USUAL, *[60] * 11]),
                [{"key": -1, "values": {"images": 11, "objects": 60, "example": "120.jpg"}}],
            ),
            (counted([*USUAL, *[0] * 11]), [{"key": -1, "values": {"images": 11, "median": 6.0}}]),
        ],
    )  # fmt: skip


def test_counts_of_a_long_tail_give_none() -> None:
    """COCO's objects an image lean to one side, as a geometric distribution of mean 7 does."""
    counts = np.random.default_rng(0).geometric(1 / 7, 400)
    assert counts.max() > 35
    assert not len(CountOutlier().check(counted(counts.tolist())))
