from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import api
from annotool.dataset import Dataset
from annotool.rules.lbl.outlier_image import REFERENCE, OutlierImage, distances, scaled
from annotool.schema import Kind
from annotool.testing import check_rule, tiny

WHOLE = {"kind": Kind.IMAGE, "box": (np.nan,) * 4}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Sixty soft grey pictures, and one of black and white stripes."""
    folder, chance = tmp_path_factory.mktemp("pictures"), np.random.default_rng(5)
    paths = []
    for at in range(60):
        pixels = np.clip(chance.normal(120, 12, (32, 32, 3)) + chance.uniform(-9, 9), 0, 255).astype(np.uint8)
        paths.append(str(folder / f"{at}.png"))
        Image.fromarray(pixels).save(paths[-1])
    paths.append(str(folder / "60.png"))
    Image.fromarray(np.tile(np.array([0, 255], dtype=np.uint8), (32, 16))).save(paths[-1])
    return paths


def labelled(paths: list[str], **more: object) -> Dataset:
    images = [{"file_name": Path(path).name, "path": path} for path in paths]
    rows = [{**WHOLE, "image": at} for at in range(len(paths))]
    return tiny(images, rows, images_checked="decode", **more)  # type: ignore[arg-type]


def test_what_is_unlike_all_others(pictures: list[str]) -> None:
    check_rule(
        OutlierImage,
        valid=[
            labelled(pictures[11:60]),
            labelled(pictures[-40:]),
            tiny(annotations=[{}], images_checked="decode"),
        ],
        invalid=[(labelled(pictures), [{"image": 60, "values": {"file_name": "60.png", "neighbours": 10}}])],
    )


def test_it_says_what_it_needs(pictures: list[str]) -> None:
    assert OutlierImage().unable(labelled(pictures)) == ""
    assert OutlierImage().unable(tiny(annotations=[WHOLE])) == "needs --decode"
    assert OutlierImage().unable(tiny(annotations=[{}])) == ""


def test_distances_are_those_of_scikit_learn() -> None:
    neighbors = pytest.importorskip("sklearn.neighbors")
    points = np.random.default_rng(1).normal(size=(700, 8))
    theirs = neighbors.NearestNeighbors(n_neighbors=11).fit(points).kneighbors(points)[0][:, 1:].mean(axis=1)
    np.testing.assert_allclose(distances(points, 10), theirs, rtol=1e-12)


def test_beyond_the_reference_every_nth_is_measured_to() -> None:
    points = np.zeros((REFERENCE + 1, 1))
    points[1] = 5.0  # no reference itself
    far = distances(points, 3)
    assert (far[1], far[0], far[2]) == (5.0, 0.0, 0.0)


def test_columns_without_spread_do_not_count() -> None:
    numbers = np.array([[1.0, 7.0], [2.0, 7.0], [3.0, np.nan], [4.0, 7.0]])
    assert np.isfinite(scaled(numbers)).all()
    np.testing.assert_allclose(scaled(numbers)[:, 0], [-1.0, -1 / 3, 1 / 3, 1.0])


def test_clean_crops_have_few(real_data: Path) -> None:
    data = api.read(real_data / "bccd_crops_cls", decode=True)
    assert len(api.audit(data, select=["LBL005"], preview=True)) == 1
