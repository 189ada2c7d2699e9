from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.drawing.colours import CATEGORIES, category_colours, ink_on, luminance, rgb

# Machado, Oliveira and Fernandes 2009: what is seen without one kind of cones, on linear RGB.
SEEN = {
    "all": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}  # fmt: skip


def lab(colour: str, seen: object) -> np.ndarray:
    part = np.array(rgb(colour)) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(seen) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    cube = xyz / (0.9505, 1, 1.089)
    f = np.where(cube > 0.008856, np.cbrt(cube), 7.787 * cube + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("seen", SEEN)
def test_colours_are_told_apart_without_one_kind_of_cones(seen: str) -> None:
    for one, other in combinations(CATEGORIES, 2):
        assert np.linalg.norm(lab(one, SEEN[seen]) - lab(other, SEEN[seen])) > 8, (one, other)


@given(st.lists(st.text(), max_size=len(CATEGORIES), unique=True))
def test_a_colour_each_and_always_the_same(names: list[str]) -> None:
    found = category_colours(names)
    assert found == category_colours(reversed(names))
    assert len(set(found.values())) == len(names)
    for name in names:
        assert len(category_colours([name])) == 1


def test_more_names_than_colours_keep_their_hash() -> None:
    names = [f"class {at}" for at in range(100)]
    assert set(category_colours(names).values()) == set(CATEGORIES)
    assert category_colours(["\ud800"])


@pytest.mark.parametrize("colour", [*CATEGORIES, "#ff2d20", "#2f81f7", "#00a651"])
def test_letters_are_read_on_it(colour: str) -> None:
    light, dark = sorted((luminance(colour), luminance(ink_on(colour))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
