"""What we say of the exposure, blur and shape of pictures, and which look alike, judged by cleanvision's figures."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.rules.img.blurry_or_blank import BlurryOrBlank, sharpness
from annotool.rules.img.near_duplicate_image import NearDuplicateImage
from annotool.rules.img.odd_shape import OddShape
from annotool.rules.img.poor_exposure import PoorExposure
from annotool.table import Array
from annotool.testing import tiny
from tests.imagefile.cleanvision_figures import FIGURES, pictures

# cleanvision takes the entropy of the file's own channels: less by log2(3) where a grey picture is stored in one.
STORED_IN_ONE_CHANNEL = ("grey_scene.png", "grey_few.png")


@pytest.fixture(scope="module")
def figures() -> list[dict[str, str]]:
    with FIGURES.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def data(figures: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("pictures")
    rows: list[dict[str, Any]] = []
    for name, image in sorted(pictures().items()):
        image.save(folder / name)
        rows.append({"path": str(Path(folder) / name), "file_name": name})
    assert [row["file_name"] for row in rows] == [row["name"] for row in figures]
    return tiny(rows, images_checked="decode")


def told(figures: list[dict[str, str]], column: str) -> Array:
    return np.array([float(row[column]) for row in figures])


def said(found: Findings, word: str) -> set[int]:
    """The images of the findings whose message has this word."""
    parts = [part for part in found.blocks if word in part.message]
    return {int(image) for part in parts for image in part.columns["image"]}


def judged(figures: list[dict[str, str]], issue: str) -> set[int]:
    return set(np.flatnonzero(told(figures, f"{issue}_is") == 1).tolist())


def test_scores(data: Dataset, figures: list[dict[str, str]]) -> None:
    pixels = data.image_pixels
    entropy = np.minimum(0.1 * pixels["entropy"], 1.0)
    assert pixels["light_end"] == pytest.approx(told(figures, "dark_score"), abs=0.01)
    assert 1 - pixels["dark_end"] == pytest.approx(told(figures, "light_score"), abs=0.01)
    assert sharpness(pixels) == pytest.approx(told(figures, "blurry_score"), abs=0.02)
    one = np.array([row["name"] in STORED_IN_ONE_CHANNEL for row in figures])
    theirs = told(figures, "low_information_score") + np.where(one, 0.1 * np.log2(3), 0)
    assert entropy == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize("issue", ["dark", "light"])
def test_the_same_pictures_are_dark_and_light(
    data: Dataset, figures: list[dict[str, str]], issue: str
) -> None:
    assert said(PoorExposure().check(data), issue) == judged(figures, issue)
    assert 4 <= len(judged(figures, issue)) < 20


def test_the_same_pictures_are_blurry_and_blank(data: Dataset, figures: list[dict[str, str]]) -> None:
    found = BlurryOrBlank().check(data)
    assert said(found, "blurry") == judged(figures, "blurry")
    one_channel = {at for at, row in enumerate(figures) if row["name"] in STORED_IN_ONE_CHANNEL}
    assert said(found, "blank") - one_channel == judged(figures, "low_information") - one_channel
    assert len(judged(figures, "blurry")) >= 4 and len(judged(figures, "low_information")) >= 4


def test_the_same_pictures_are_of_odd_shape(data: Dataset, figures: list[dict[str, str]]) -> None:
    found = OddShape(factor=1.0).check(data)
    assert said(found, "one side") == judged(figures, "odd_aspect_ratio") != set()
    assert said(found, "as a square") == judged(figures, "odd_size") != set()
    assert said(OddShape().check(data), "as a square") < judged(figures, "odd_size")


def test_its_sets_of_near_duplicates_are_found(data: Dataset, figures: list[dict[str, str]]) -> None:
    """Of every set all but the first are found. Left out are blank pictures and even slopes: of these most frequencies are
    zero, the bits of their hashes are noise, and cleanvision has put slopes and blank pictures into one set."""
    pixels = data.image_pixels
    found = said(NearDuplicateImage().check(data), "looks like")
    sets: dict[str, list[int]] = {}
    for at, row in enumerate(figures):
        plain = pixels["contrast"][at] < NearDuplicateImage().contrast or row["name"].startswith("slope")
        if row["near_duplicates"] and not plain:
            sets.setdefault(row["near_duplicates"], []).append(at)
    members = [at for each in sets.values() for at in each]
    assert len(members) > 15
    for each in sets.values():
        bits = np.bitwise_count(pixels["phash"][each] ^ pixels["phash"][each[0]])
        assert bits.max() <= 2
        assert {at for at in each[1:] if pixels["pixels"][at] != pixels["pixels"][each[0]]} <= found
    names = {figures[at]["name"].split("_")[0] for at in found}
    assert names <= {
        "blurred",
        "faint",
        "dimmed",
        "bright",
        "posterised",
        "slope",
        "softer.png",
        "smaller.png",
        "scene",
    }
    assert not any(figures[at]["name"] in ("mirrored.png", "copy.png", "scene_00.png") for at in found)
