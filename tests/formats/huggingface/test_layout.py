from __future__ import annotations

from pathlib import Path

import pytest

from annotool.formats.base import Claim, ReadOptions
from annotool.formats.huggingface import FORMAT
from annotool.formats.huggingface.layout import claim_file, claims, find
from annotool.formats.listing import Listing
from tests.dirty import put

LINE = '{"file_name": "a.jpg", "label": "cat"}\n'
CLAIMED = [
    ({"metadata.jsonl": LINE, "a.jpg": b""}, "metadata.jsonl"),
    ({"metadata.csv": "file_name,label\na.jpg,cat\n"}, "metadata.csv"),
    ({"train/metadata.jsonl": LINE, "validation/metadata.csv": "file_name,labels\n"}, "train/metadata.jsonl, validation/metadata.csv"),
    ({"metadata.parquet": b"PAR1xPAR1"}, "metadata.parquet"),
    ({"metadata.jsonl": LINE, "metadata.csv": "file_name,label\n"}, "metadata.jsonl"),
]  # fmt: skip
NOT_CLAIMED = [
    ({"a.jpg": b""}, "no metadata.jsonl"),
    ({"metadata.jsonl": '{"file_name": "a.jpg", "text": "a cat"}\n'}, "neither label, labels nor objects"),
    ({"metadata.csv": "name,label\n"}, "has no file_name"),
    ({"other/metadata.jsonl": LINE}, "no metadata.jsonl"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "said"), CLAIMED)
def test_metadata_is_claimed(tmp_path: Path, files: dict[str, str], said: str) -> None:
    assert claims(Listing(put(tmp_path, files))) == [Claim("huggingface", tmp_path, said)]


@pytest.mark.parametrize(("files", "why"), NOT_CLAIMED)
def test_other_folders_are_not(tmp_path: Path, files: dict[str, str], why: str) -> None:
    said = claims(Listing(put(tmp_path, files)))
    assert isinstance(said, str)
    assert why in said


def test_a_file_and_its_split(tmp_path: Path) -> None:
    put(tmp_path, {"train/metadata.jsonl": LINE, "x.jsonl": LINE})
    assert isinstance(claim_file(tmp_path / "train/metadata.jsonl"), Claim)
    assert claim_file(tmp_path / "x.jsonl") == "not called metadata.jsonl, .csv or .parquet"
    assert [each.split for each in find(tmp_path / "train/metadata.jsonl", ReadOptions())] == ["train"]
    gone = ReadOptions(overlay={tmp_path / "train/metadata.jsonl": None})
    assert find(tmp_path, gone) == []


def test_no_sample_of_another_format_is_claimed(sample_data: Path) -> None:
    for name in ("coco", "voc", "yolo", "classes", "predictions"):
        for folder in Listing(sample_data / name).walk():
            assert isinstance(FORMAT.detect(folder), str), folder.path
