from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from annotool import api
from annotool.formats.base import Claim, ReadOptions
from annotool.formats.csv import FORMAT
from annotool.formats.csv.layout import claim_file, claims, find
from annotool.formats.listing import Listing
from tests.dirty import put

ONE = "file,label\na.jpg,cat\n"
CLAIMED = [
    ({"x.csv": ONE}, [("", "x.csv")]),
    ({"x.tsv": ONE.replace(",", "\t"), "results.csv": ONE}, [("", "x.tsv")]),
    ({"train.csv": ONE, "test.csv": ONE, "sample_submission.csv": ONE}, [("", "test.csv, train.csv")]),
    ({"train.csv": ONE}, [("", "train.csv")]),
    ({"train.csv": ONE, "val.csv": ONE, "x.csv": ONE}, [("", "train.csv, val.csv"), ("x.csv", "x.csv")]),
    ({"a.csv": ONE, "b.csv": ONE}, [("a.csv", "a.csv"), ("b.csv", "b.csv")]),
    ({"train/_classes.csv": ONE, "valid/_classes.csv": ONE}, [("", "train/_classes.csv, valid/_classes.csv")]),
]  # fmt: skip
NOT_CLAIMED = [
    ({"README.md": "x"}, "no csv files"),
    ({"results.csv": "epoch,loss\n1,2\n"}, "named as what is no dataset"),
    ({"metadata.csv": ONE.replace("file,", "file_name,")}, "named as what is no dataset"),
    ({"annotool-names.csv": ONE}, "named as"),
    ({"sizes.csv": "file_name,width,height\na.jpg,1,2\n"}, "no column holds labels"),
    ({"notes.csv": "file_name,annotator\na.jpg,ann\n"}, "no column holds labels"),
    ({"train/a.csv": ONE, "train/b.csv": ONE}, "no csv files"),
    ({"x.csv": ONE.encode("utf-16")}, "UTF-16, which is not read: save it as UTF-8"),
    ({"x.csv": b"PK\x03\x04\0\0"}, "no text"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CLAIMED)
def test_sheets_of_labels_are_claimed(
    tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    wanted = [Claim("csv", tmp_path / name if name else tmp_path, said) for name, said in expected]
    assert claims(Listing(put(tmp_path, files))) == wanted


@pytest.mark.parametrize(("files", "why"), NOT_CLAIMED)
def test_other_sheets_are_not(tmp_path: Path, files: dict[str, str], why: str) -> None:
    said = claims(Listing(put(tmp_path, files)))
    assert isinstance(said, str)
    assert why in said


def test_a_sheet_the_user_names(tmp_path: Path) -> None:
    put(tmp_path, {"results.csv": ONE, "x.txt": ONE, "y.csv": "a,b\n"})
    assert isinstance(claim_file(tmp_path / "results.csv"), Claim)
    assert [claim_file(tmp_path / name) for name in ("x.txt", "y.csv")] == [
        "no .csv or .tsv file", "no column names images (a, b)",
    ]  # fmt: skip


def test_names_without_suffix_need_their_images(tmp_path: Path) -> None:
    put(tmp_path, {"x.csv": "id,label\nISIC_1,nevus\n"})
    assert isinstance(claims(Listing(tmp_path)), str)
    (tmp_path / "images").mkdir()
    Image.new("RGB", (3, 2)).save(tmp_path / "images/ISIC_1.jpg")
    assert isinstance(claims(Listing(tmp_path)), list)


def test_splits_by_name(tmp_path: Path) -> None:
    put(tmp_path, {"train.csv": ONE, "my-valid_v2.csv": ONE, "x.csv": ONE})
    assert {each.path.name: each.split for each in find(tmp_path, ReadOptions())} == {
        "train.csv": "train", "my-valid_v2.csv": "valid",
    }  # fmt: skip
    gone = ReadOptions(overlay={tmp_path / "train.csv": None})
    assert [each.path.name for each in find(tmp_path, gone)] == ["my-valid_v2.csv"]


def test_no_sample_of_another_format_is_claimed(sample_data: Path) -> None:
    for name in ("coco", "voc", "yolo", "classes", "predictions"):
        for folder in Listing(sample_data / name).walk():
            assert isinstance(FORMAT.detect(folder), str), folder.path


def test_our_own_reports_and_tables_are_none(sample_data: Path, tmp_path: Path) -> None:
    data = api.read(sample_data / "faulty/voc")
    (tmp_path / "findings.csv").write_text(api.report(data, api.audit(data), "csv"))
    api.sizes(data, tmp_path / "sizes.csv")
    assert isinstance(claims(Listing(tmp_path)), str)
