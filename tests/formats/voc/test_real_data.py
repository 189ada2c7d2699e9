"""The real sets beside the repository: what an independent scan found in them, and that nothing of them is changed."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from annotool.findings import Edits
from annotool.formats.base import Claim, WriteOptions
from annotool.formats.listing import Listing
from annotool.formats.voc import FORMAT
from tests.formats.voc.build import accounted, found, load, xywh

SETS = {
    "bccd_voc/BCCD": (364, 4888, 3),
    "raccoon_voc": (200, 217, 1),
    "predictions_toy/toyexample/gts_vocpascal_format": (12, 12, 1),
}


@pytest.mark.parametrize("name", SETS)
def test_sets_are_detected_and_read(real_data: Path, name: str) -> None:
    claims = FORMAT.detect(Listing(real_data / name))
    assert not isinstance(claims, str)
    assert [each.path for each in claims] == [real_data / name]
    data = load(real_data / name)
    counts = tuple(len(data.table(table)) for table in ("images", "annotations", "categories"))
    assert counts == SETS[name]
    assert (found(data), accounted(data)) == ([], True)
    assert (data.table("images")["path"] != "").all()
    assert data.facts["voc_base"]["base"] == "1-inclusive"


@pytest.mark.parametrize("name", ["taco", "applebbch81", "okra_yolo", "voc_ap_case", "bccd_crops_cls"])
def test_other_sets_are_not_claimed(real_data: Path, name: str) -> None:
    claims: list[Claim] = []
    for folder in Listing(real_data / name).walk():
        said = FORMAT.detect(folder)
        claims += [] if isinstance(said, str) else said
    assert claims == []


def test_bccd(real_data: Path) -> None:
    data = load(real_data / "bccd_voc/BCCD")
    splits, images, rows = data.table("splits"), data.table("images"), data.table("annotations")
    names, counts = np.unique(splits["split"].astype(str), return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {"train": 205, "val": 87, "test": 72}
    assert any(note.startswith("the list trainval holds") for note in data.notes)
    clicks = np.flatnonzero((rows["w"] == 1) & (rows["h"] == 1))
    assert [images["file_name"][image] for image in rows["image"][clicks]] == [
        "BloodImage_00338.jpg",
        "BloodImage_00343.jpg",
    ]
    assert data.table("categories")["name"].tolist() == ["Platelets", "RBC", "WBC"]
    evidence = data.facts["voc_base"]
    assert (evidence["decided"], evidence["zeros"]) == ("evidence", 0)


def test_the_toy_set_has_two_images_without_an_xml_and_one_without_objects(real_data: Path) -> None:
    data = load(real_data / "predictions_toy/toyexample/gts_vocpascal_format")
    images = data.table("images")
    assert images["file_name"][images["source"] < 0].tolist() == ["2010_003115.jpg", "2012_003445.jpg"]
    empty = np.setdiff1d(images["image"][images["source"] >= 0], data.table("annotations")["image"])
    assert images["file_name"][empty].tolist() == ["2007_000733.jpg"]
    assert data.facts["image_root"] == str(real_data / "predictions_toy/toyexample/images")
    assert (data.table("annotations")["w"] > 0).all()  # one xml has the corners in another order


@pytest.mark.parametrize("name", SETS)
def test_no_edit_is_no_change(real_data: Path, name: str) -> None:
    data = load(real_data / name)
    assert FORMAT.patch(data, Edits.make(0)) == []
    for source, file in enumerate(data.table("sources")["file"].tolist()):
        assert bytes(data.source_bytes(source)) == (real_data / name / file).read_bytes()


@pytest.mark.parametrize("name", SETS)
def test_written_again_it_is_the_same_dataset(real_data: Path, tmp_path: Path, name: str) -> None:
    first = load(real_data / name)
    FORMAT.write(first, tmp_path, WriteOptions())
    for path, target in zip(
        first.table("images")["path"].tolist(), FORMAT.image_targets(first, WriteOptions()), strict=True
    ):
        (tmp_path / target).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, tmp_path / target)
    again = load(tmp_path)
    assert found(again) == []
    order = {name: at for at, name in enumerate(again.table("images")["file_name"].tolist())}
    assert set(order) == set(first.table("images")["file_name"].tolist())
    assert again.labels == first.labels
    assert sorted(xywh(again)) == sorted(xywh(first))
    assert sorted(again.table("splits")["split"].tolist()) == sorted(first.table("splits")["split"].tolist())
    for column in ("width", "height"):
        places = [order[name] for name in first.table("images")["file_name"].tolist()]
        had = first.table("images")["source"] >= 0
        np.testing.assert_array_equal(
            again.table("images")[column][places][had], first.table("images")[column][had]
        )
