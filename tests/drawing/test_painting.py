from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from annotool.drawing.colours import FLAGGED, PARTNER, category_colours, rgb
from annotool.drawing.painting import BLANK, PAPER, fitted, paint
from annotool.drawing.scene import scene
from annotool.testing import tiny

CAT = category_colours(["cat", "dog"])["cat"]


def colour_at(picture: Image.Image, at: tuple[int, int]) -> Any:
    return np.asarray(picture)[at[1], at[0]].astype(int)


def near(picture: Image.Image, at: tuple[int, int], colour: str, far: int = 0) -> bool:
    return bool(np.abs(colour_at(picture, at) - rgb(colour)).max() <= far)


def painted(
    *annotations: dict[str, Any],
    flagged: Any = (),
    partner: Any = (),
    size: Any = (1000, 800),
    **options: Any,
) -> Image.Image:
    data = tiny([{"width": size[0], "height": size[1]}], annotations)
    return paint(scene(data, 0, flagged, partner), **options)[0]


def test_a_box_is_where_it_is() -> None:
    picture = painted({"box": (100, 200, 300, 150)})
    assert picture.size == (1000, 800) and picture.mode == "RGB"
    for at in ((100, 200), (399, 200), (100, 349), (399, 349), (250, 349), (100, 300)):
        assert near(picture, at, CAT), at
    for at in ((250, 275), (99, 300), (400, 300), (250, 350), (600, 600)):
        assert near(picture, at, BLANK), at
    assert near(picture, (103, 190), CAT)  # its label is above it


def test_a_huge_image_is_shrunk_and_a_small_one_enlarged() -> None:
    picture = painted({"box": (1000, 2000, 3000, 1500)}, size=(10_000, 8_000), max_side=1000)
    assert picture.size == (1000, 800) and near(picture, (100, 300), CAT) and near(picture, (399, 300), CAT)
    picture = painted({"box": (10, 8, 10, 10)}, size=(40, 32))
    assert picture.size == (800, 640) and near(picture, (200, 300), CAT) and near(picture, (399, 300), CAT)
    assert painted(size=(5, 100_000), max_side=500).size == (4, 500)


def test_what_is_flagged_stands_out_and_its_partner_is_dashed() -> None:
    picture = painted({"box": (100, 100, 200, 200)}, {"box": (500, 400, 200, 200)}, flagged={0}, partner={1})
    assert near(picture, (101, 250), FLAGGED)
    edge = [picture.getpixel((501, y)) for y in range(410, 590)]
    assert 0.3 < np.mean([each == rgb(PARTNER) for each in edge]) < 0.7
    assert rgb(BLANK) in edge  # what is under it shows through


def test_what_lies_outside_is_seen_beside_the_image() -> None:
    picture = painted({"box": (900, 100, 200, 100)}, flagged={0})
    assert picture.width > 1000
    assert near(picture, (1050, 500), PAPER) and near(picture, (500, 500), BLANK)
    assert near(picture, (1050, 101), FLAGGED)


def test_masks_are_filled_but_for_their_holes() -> None:
    ring = {"size": [800, 1000], "counts": runs((100, 100, 500, 500), (200, 200, 400, 400))}
    picture = painted({"rle": ring, "box": (100, 100, 400, 400)})
    tinted, hole = (tuple(colour_at(picture, at).tolist()) for at in ((150, 300), (300, 300)))
    assert hole == rgb(BLANK) and tinted != rgb(BLANK)
    assert np.allclose(tinted, np.array(rgb(BLANK)) * (185 / 255) + np.array(rgb(CAT)) * (70 / 255), atol=2)
    assert near(picture, (200, 300), CAT) or near(picture, (199, 300), CAT)


def runs(outside: tuple[int, ...], hole: tuple[int, ...]) -> list[int]:
    pixels = np.zeros((800, 1000), dtype=np.int8)
    pixels[outside[1] : outside[3], outside[0] : outside[2]] = 1
    pixels[hole[1] : hole[3], hole[0] : hole[2]] = 0
    flat = pixels.ravel(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    return list(np.diff([0, *ends, len(flat)]).tolist())


def test_keypoints_and_bones() -> None:
    data = tiny(
        [{"width": 1000, "height": 800}],
        [{"keypoints": [100, 100, 2, 300, 100, 1, 0, 0, 0], "box": (50, 50, 300, 100)}],
    )
    seen = scene(data, 0)
    joined = replace(seen, marks=tuple(replace(each, bones=((0, 1), (1, 2))) for each in seen.marks))
    picture, _ = paint(joined)
    colour = seen.marks[0].colour
    assert near(picture, (100, 100), colour) and near(picture, (200, 100), colour)
    assert near(picture, (300, 100), "#ffffff")  # hidden: hollow
    assert near(picture, (10, 10), BLANK)


def test_the_image_is_under_it(tmp_path: Path) -> None:
    file = tmp_path / "0.png"
    Image.new("RGB", (1000, 800), (10, 200, 30)).save(file)
    data = tiny([{"width": 1000, "height": 800, "path": str(file)}], [{"box": (100, 200, 300, 150)}])
    picture, why = paint(scene(data, 0))
    assert not why and picture.getpixel((700, 700)) == (10, 200, 30) and near(picture, (100, 300), CAT)
    file.write_bytes(b"nothing")
    picture, why = paint(scene(data, 0))
    assert why == "cannot identify image file" and near(picture, (700, 700), BLANK)


@pytest.mark.parametrize("room", [400, 200, 120, 60])
def test_a_label_too_long_keeps_its_ends(room: int) -> None:
    label = "a very long name of a category #3"
    font, shown = fitted(label, 14, room)
    assert font.getlength(shown) <= room and shown.endswith("#3") and shown.startswith("a")
    assert (shown == label) is (font.getlength(label) <= room)


def test_a_caption_stands_below() -> None:
    plain = painted({"box": (1, 1, 5, 5)}, size=(100, 100))
    picture = painted({"box": (1, 1, 5, 5)}, size=(100, 100), caption=["word " * 500])
    assert picture.width == plain.width and plain.height + 40 < picture.height < plain.height + 200


def test_ten_thousand_boxes() -> None:
    rng = np.random.default_rng(0)
    boxes = [{"box": tuple(each)} for each in (rng.random((10_000, 4)) * (900, 700, 60, 60)).tolist()]
    assert painted(*boxes, flagged={5}).size == (1000, 800)


wild = st.floats(allow_nan=True, allow_infinity=True)
some = st.one_of(wild, st.floats(-100, 900), st.sampled_from([0.0, 1e308, -1e308, 640.0]))
points = st.lists(some, min_size=0, max_size=12)
annotation = st.fixed_dictionaries(
    {"box": st.tuples(some, some, some, some)},
    optional={"polygon": st.lists(points, max_size=3), "keypoints": points, "iscrowd": st.sampled_from([-1, 0, 1])},
)  # fmt: skip


@given(
    st.lists(annotation, max_size=6), st.tuples(some, some), st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)),
    st.text(max_size=80), st.integers(64, 900),
)  # fmt: skip
@settings(deadline=None, max_examples=150)
def test_nothing_makes_it_fail(
    annotations: Any, size: Any, flagged: Any, partner: Any, name: str, max_side: int
) -> None:
    data = tiny([{"width": size[0], "height": size[1], "file_name": name}], annotations, (name, "dog"))
    picture, _ = paint(scene(data, 0, flagged, partner - flagged), max_side, [name])
    assert picture.mode == "RGB" and picture.width <= max(max_side, 320) and picture.height < max_side + 300


@pytest.mark.parametrize("size", [(2e-311, 10.0), (10.0, 2e-311), (5e-324, 5e-324), (0.5, 640.0)])
def test_less_than_a_pixel_is_no_size(size: tuple[float, float]) -> None:
    data = tiny([{"width": size[0], "height": size[1]}], [{"box": (1, 1, 5, 5)}])
    assert not scene(data, 0).known
    assert near(paint(scene(data, 0, {0}))[0], (2, 4), FLAGGED)


@pytest.mark.parametrize("counts", [[5], [-5, 105], [0, 10**9], [50, 20, 30], [0, 100, 0]])
def test_masks_that_are_none(counts: list[int]) -> None:
    picture = painted({"rle": {"size": [10, 10], "counts": counts}, "box": (100, 100, 50, 50)}, flagged={0})
    assert near(picture, (101, 125), FLAGGED)
