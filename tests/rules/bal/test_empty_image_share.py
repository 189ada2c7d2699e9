from typing import Any

from annotool.dataset import Dataset
from annotool.rules.bal.empty_image_share import EmptyImageShare
from annotool.schema import Kind
from annotool.testing import check_rule, tiny


def shown(images: int, empty: int, **more: Any) -> Dataset:
    """So many images, the last ones without objects."""
    return tiny(images, [{"image": at} for at in range(images - empty)], **more)


def test_shares() -> None:
    halves = {"train": range(60), "test": range(60, 120)}
    check_rule(
        EmptyImageShare,
        valid=[
            shown(100, 0),
            shown(100, 10),
            shown(49, 20),  # too few
            shown(100, 100),  # nothing annotated
            shown(100, 40, facts={"lvis": True}),
            shown(120, 60, splits=halves),  # the test is not annotated
        ],
        invalid=[
            (
                shown(100, 11),
                [{"key": -1, "message": "11 of 100 images (11%) have no object (told above 10%)",
                  "values": {"empty": 11, "images": 100, "share": 0.11, "splits": {}}}],
            ),
            (shown(120, 30, splits=halves), [{"values": {"splits": {"train": [60, 0], "test": [60, 30]}}}]),
        ],
    )  # fmt: skip
    whole = [{"image": at, "kind": Kind.IMAGE, "box": (float("nan"),) * 4} for at in range(80)]
    message = "20 of 100 images (20%) have no label (told above 10%)"
    check_rule(EmptyImageShare, invalid=[(tiny(100, whole), [{"message": message}])])
    check_rule(EmptyImageShare(least=0.02), valid=[shown(100, 2)], invalid=[(shown(100, 1), [-1])])
    assert EmptyImageShare().unable(tiny()) == "no annotations"
