from __future__ import annotations

from pathlib import Path

import pytest

from annotool import api
from tests.dirty import put

FILE = "annotations/instances_train.json"


@pytest.fixture
def given(sample_data: Path) -> Path:
    return sample_data / "coco"


def test_a_path_given_twice_is_read_once_and_that_is_said(given: Path) -> None:
    file = given / FILE
    once, twice = api.read(file), api.read([file, file.parent / "." / file.name, file])
    assert len(twice.table("images")) == len(once.table("images"))
    assert twice.notes == (f"{file} is given 3 times and read once", *once.notes)


def test_as_two_splits_it_is_a_leak(given: Path) -> None:
    data = api.read([f"train={given / FILE}", f"val={given / FILE}"])
    assert not any("given" in note for note in data.notes)
    assert api.audit(data, select=["SPL001"]).counts() == {"SPL001": 1}


def test_a_file_and_its_folder_are_told(given: Path) -> None:
    file = given / FILE
    told = f"1 label file counts twice: in {given} and in {file}; give one of them"
    assert api.read([given, file]).notes[0] == told


def test_two_datasets_are_nothing_to_tell(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / name, {"labels.csv": "file,label\n1.jpg,cat\n"})
    assert not any(
        "twice" in note for note in api.read([tmp_path / "a", tmp_path / "b"], images="none").notes
    )
