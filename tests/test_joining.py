from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotool
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.joining import check_joined, join, matched
from annotool.testing import tiny

NAMES = ("a.jpg", "b.jpg", "c.jpg")


def images(*names: str) -> Dataset:
    return tiny(images=[{"file_name": name} for name in names])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "images.csv"


SHEET = "file_name,annotator,batch\na.jpg,Ann,1\nc.jpg,Bob,2\n"
FORMS = {
    "plain": SHEET.encode(),
    "bom": codecs.BOM_UTF8 + SHEET.encode(),
    "crlf": SHEET.replace("\n", "\r\n").encode(),
    "semicolons": SHEET.replace(",", ";").encode(),
    "tabs": SHEET.replace(",", "\t").encode(),
    "excel, unicode text": SHEET.replace(",", "\t").encode("utf-16"),
    "excel, sep": b"sep=;\r\n" + SHEET.replace(",", ";").encode(),
    "empty lines as spreadsheets leave them": SHEET.encode() + b",,\n\n , ,\n",
    "another order": b"annotator,file_name,batch\nAnn,a.jpg,1\nBob,c.jpg,2\n",
    "quoted": b'"file_name","annotator","batch"\n"a.jpg","Ann","1"\n"c.jpg","Bob","2"\n',
    "no end of line": SHEET.encode().rstrip(),
}


@pytest.mark.parametrize("held", FORMS.values(), ids=list(FORMS))
def test_a_csv_as_programs_write_it(held: bytes, file: Path) -> None:
    file.write_bytes(held)
    data = join(images(*NAMES), file)
    assert {name: column.tolist() for name, column in data.joined.items()} == {
        "annotator": ["Ann", "", "Bob"], "batch": ["1", "", "2"],
    }  # fmt: skip


BAD = {
    "no such column": (
        b"name,annotator\na,b\n",
        "expected a column file_name in the first line, got name, annotator",
    ),
    "empty": (b"", "expected a column file_name in the first line, got nothing"),
    "nothing to join": (b"file_name\na.jpg\n", "no column beside file_name"),
    "twice": (b"file_name,who,who\na,b,c\n", "column 'who' stands there 2 times"),
    "no name": (b"file_name,who,\na,b,c\n", "a column has no name"),
    "too few cells": (
        b"file_name,who\na.jpg,Ann\nb.jpg\n",
        "line 3: expected 2 cells, as in the header, got 1",
    ),
    "too many cells": (b"file_name,who\na.jpg,Ann,x\n", "line 2: expected 2 cells, as in the header, got 3"),
    "open quote": (b'file_name,who\na.jpg,"Ann\n', "no valid csv"),
    "workbook": (b"PK\x03\x04rest", "a workbook or zip file; save it as csv in UTF-8"),
    "latin": ("file_name,who\na.jpg,Zoë\n".encode("latin-1"), "not UTF-8 at byte 22"),
    "zeros": (b"file_name,who\na.jpg,\x00\n", "holds zero bytes"),
    "huge cell": (b"file_name,who\na.jpg," + b"x" * 200_000, "no valid csv: field larger"),
}


@pytest.mark.parametrize(("held", "told"), BAD.values(), ids=list(BAD))
def test_a_bad_csv_is_told_in_one_line(held: bytes, told: str, file: Path) -> None:
    file.write_bytes(held)
    with pytest.raises(UsageError) as caught:
        join(images(*NAMES), file)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"--join {file}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        join(images(*NAMES), tmp_path / "none.csv")
    with pytest.raises(UsageError, match=r"--join .*none\.csv: no such file"):
        annotool.read(tmp_path, join=tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("there", "rows", "expected"),
    [
        (["a.jpg", "b.jpg"], ["b.jpg", "a.jpg"], [1, 0]),
        (["images/train/a.jpg"], ["a.png"], [0]),  # the plain name: without format folders, split and suffix
        (["site/day/a.jpg"], ["a.jpg"], [0]),  # the last part alone
        (["a.jpg"], ["D:\\labelled\\a.jpg"], [0]),
        (["x/a.jpg", "y/a.jpg"], ["a.jpg"], [-1, -1]),  # it fits two: neither
        (["x/a.jpg"], ["y/a.jpg", "z/a.jpg"], [-1]),
        (["x/a.jpg", "y/a.jpg"], ["x/a.jpg", "a.jpg"], [0, 1]),  # what is exact is out of the way
        (["train/a.jpg", "val/a.jpg"], ["train/a.jpg", "val/a.jpg"], [0, 1]),
        (["a.jpg", "a.jpg"], ["a.jpg"], [0, 0]),  # one image listed twice
        (["a.jpg"], ["a.jpg", "a.jpg"], [0]),  # the first row counts
        (["a.jpg"], ["A.jpg"], [-1]),
        ([], ["a.jpg"], []),
        (["a.jpg"], [], [-1]),
    ],
)  # fmt: skip
def test_names_are_matched(there: list[str], rows: list[str], expected: list[int]) -> None:
    assert matched(there, rows) == expected


@given(
    st.lists(st.sampled_from(["a.jpg", "x/a.jpg", "y/a.png", "b.jpg", "train/b.jpg", ""]), max_size=6),
    st.data(),
)
def test_the_order_of_rows_does_not_matter(there: list[str], data: st.DataObject) -> None:
    rows = data.draw(
        st.lists(st.sampled_from(["a.jpg", "x/a.jpg", "b.png", "train/b.jpg", "c"]), unique=True)
    )
    shuffled = data.draw(st.permutations(rows))

    def partners(names: list[str]) -> list[str | None]:
        return [names[row] if row >= 0 else None for row in matched(there, names)]

    assert partners(rows) == partners(shuffled)


def test_what_has_no_partner_is_told(file: Path) -> None:
    file.write_text("file_name,who\na.jpg,Ann\na.jpg,Bob\nghost.jpg,Eve\n", "utf-8")
    data = join(images("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"), file)
    assert data.joined["who"].tolist() == ["Ann", "", "", "", ""]
    assert data.notes == (
        f"--join {file}: 1 of 5 images have a row",
        f"--join {file}: 4 images have no row: b.jpg, c.jpg, d.jpg, ...",
        f"--join {file}: 1 row names no image, or several: ghost.jpg",
        f"--join {file}: 1 row repeats a name; the first counts: a.jpg",
    )


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
        min_size=3,
        max_size=3,
    )
)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    file = tmp_path_factory.mktemp("join") / "images.csv"
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(("file_name", "note"))
    writer.writerows(zip(NAMES, cells, strict=True))
    file.write_bytes(held.getvalue().encode())
    assert join(images(*NAMES), file).joined["note"].tolist() == cells


@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_read_joins_every_format(name: str, sample_data: Path, file: Path) -> None:
    plain = annotool.read(sample_data / name)
    names = plain.table("images")["file_name"].tolist()
    file.write_text("file_name,url\n" + "".join(f"{each},u{at}\n" for at, each in enumerate(names)), "utf-8")
    data = annotool.read(sample_data / name, join=file)
    assert data.joined["url"].tolist() == [f"u{at}" for at in range(len(names))]
    assert plain.joined == {}
    parts = data.shards(3)
    assert np.concatenate([part.joined["url"] for part in parts]).tolist() == data.joined["url"].tolist()


def test_a_column_that_was_not_joined() -> None:
    with pytest.raises(UsageError, match="--join FILE names a csv that has it"):
        check_joined(tiny(), "who")
    data = tiny(joined={"who": np.array(["Ann"], dtype=object)})
    check_joined(data, "who")
    with pytest.raises(UsageError, match="there are: who"):
        check_joined(data, "whom")
