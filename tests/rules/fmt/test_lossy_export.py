from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.formats.base import Keeps, WriteOptions
from annotool.geometry import rle
from annotool.rules.fmt.lossy_export import LossyExport
from annotool.schema import Kind, SizeFrom
from annotool.testing import check_rule, tiny

ALL = Keeps(**{each.name: "yes" for each in fields(Keeps)})
NOTHING = Keeps(**{each.name: "no" for each in fields(Keeps)} | {"boxes": "yes"})
DETECT = WriteOptions()
RING = [0.0, 0.0, 40.0, 0.0, 40.0, 30.0]


@dataclass
class Lost:
    count: int
    stops: bool


def lost(data: Dataset, keeps: Keeps, **options: Any) -> dict[str, Lost]:
    found = LossyExport().losses(data, keeps, WriteOptions(**options))
    return {
        part.row_values(0)["what"]: Lost(part.row_values(0)["count"], part.row_values(0)["stops"])
        for part in found.blocks
    }


def mask(*rectangles: tuple[int, int, int, int]) -> dict[str, Any]:
    """A mask (COCO's mapping) of x y w h rectangles, the later ones taken out of the first where they overlap."""
    pixels = np.zeros((20, 30), dtype=np.uint8)
    for x, y, w, h in rectangles:
        pixels[y : y + h, x : x + w] ^= 1
    flat = np.concatenate(([0], pixels.ravel(order="F"), [2]))
    edges = np.flatnonzero(np.diff(flat)) if pixels[0, 0] else np.append(0, np.flatnonzero(np.diff(flat)))
    return {
        "counts": rle.string_from_counts(np.diff(np.append(edges, 600) if edges[-1] < 600 else edges)),
        "size": [20, 30],
    }


RICH = tiny(
    3,
    [
        {"polygon": [RING]},
        {"polygon": [RING, RING], "iscrowd": 1},
        {"keypoints": [1, 2, 2], "difficult": 1},
        {"kind": Kind.OBB, "extra": True},
        {"rle": mask((5, 5, 10, 10))},
        {"rle": mask((5, 5, 10, 10), (7, 7, 3, 3))},
        {"rle": mask((2, 2, 4, 4), (12, 2, 4, 4))},
        {"kind": Kind.IMAGE},
        {"image": -1},
        {"box": (1.5, 2.0, 3.0, 4.0)},
    ],
    splits={"train": [0, 1]},
)


def test_it_is_no_rule_of_an_audit() -> None:
    check_rule(LossyExport, valid=[RICH])


def test_a_format_that_keeps_all_loses_nothing() -> None:
    said = lost(RICH, ALL)
    assert list(said) == [
        "annotations without image, category or finite geometry: left out, see skipped.jsonl"
    ]


def test_everything_a_format_cannot_hold_is_counted() -> None:
    said = lost(RICH, NOTHING)
    assert {what.split(":")[0]: (each.count, each.stops) for what, each in said.items()} == {
        "annotations without image, category or finite geometry": (1, False),
        "labels of whole images are left out": (1, True),
        "polygons": (2, False),
        "masks": (3, False),
        "annotations lose their keypoints": (1, False),
        "oriented boxes": (1, False),
        "crowds are left out (--crowd)": (1, False),
        "annotations lose difficult, truncated or occluded": (1, False),
        "ids of annotations are lost": (10, False),
        "records lose keys that are not in annotool's schema": (1, False),
        "images lose their declared size": (3, False),
        "entries of splits are lost": (2, False),
        "categories without annotations are left out": (1, True),
    }


@pytest.mark.parametrize(
    ("task", "what"),
    [("segment", "polygons"), ("segment", "masks"), ("pose", "annotations"), ("obb", "oriented boxes")],
)
def test_geometry_asked_for_stops(task: str, what: str) -> None:
    said = lost(RICH, NOTHING, task=task)
    assert any(each.stops for name, each in said.items() if name.startswith(what))


def test_a_value_that_names_an_option_is_kept_with_it() -> None:
    keeps = replace(ALL, polygons="with --task segment", rle="as polygons with --task segment", holes="no")
    assert any(what.startswith("polygons:") for what in lost(RICH, keeps))
    said = lost(RICH, keeps, task="segment")
    assert not any(what.startswith(("polygons:", "masks:")) for what in said)
    assert said["masks lose their holes"] == Lost(1, True)
    assert said["masks of several parts become one outline"] == Lost(1, False)
    assert said["polygons of several parts become one outline"] == Lost(1, False)


def test_crowds_kept_are_single_objects() -> None:
    assert lost(RICH, NOTHING, crowd="keep")["crowds are written as single objects (--crowd)"].count == 1


def test_boxes_are_rounded_on_an_integer_grid() -> None:
    said = lost(RICH, replace(ALL, boxes="rounded to integers"))
    assert said["boxes are rounded to whole pixels"] == Lost(1, False)


def test_sizes_that_are_needed_and_unknown_stop() -> None:
    unknown = {"width": np.nan, "height": np.nan, "size_from": SizeFrom.UNKNOWN}
    fractions = tiny([unknown], [{"fractions": (0.1, 0.1, 0.2, 0.2)}], format_name="yolo")
    pixels = tiny([unknown], [{}])
    as_fractions = replace(ALL, boxes="as fractions")
    assert lost(fractions, ALL)[
        "boxes in fractions of images of unknown size are left out: give --sizes"
    ] == Lost(1, True)
    assert not lost(fractions, as_fractions)
    assert not lost(pixels, ALL)
    assert lost(pixels, as_fractions)["boxes of images of unknown size are left out: give --sizes"] == Lost(
        1, True
    )


def test_grouping_categories_get_no_class_number() -> None:
    categories = [
        {"id": 0, "name": "pets", "supercategory": "x"},
        {"id": 1, "name": "cat", "supercategory": "pets"},
    ]
    data = tiny(annotations=[{"category": 1}], categories=categories)
    assert lost(data, replace(ALL, boxes="as fractions")) == {
        "categories that only group others get no class number": Lost(1, False)
    }


def test_one_is_told_as_one() -> None:
    def messages(polygons: int) -> list[str]:
        data = tiny(1, [{"polygon": [RING]}] * polygons, ["cat"])
        found = LossyExport().losses(data, replace(ALL, polygons="no"), DETECT)
        return [part.text(0) for part in found.blocks if "polygon" in part.message]

    assert messages(1) == ["1 polygon: only its box is written"]
    assert messages(2) == ["2 polygons: only their boxes are written"]


def test_names_that_are_no_text_stop() -> None:
    said = lost(tiny(1, [{}], ["\udce9t\udce9"]), ALL)
    assert said["category names that are no UTF-8 may change: spell them in UTF-8 first"].stops
