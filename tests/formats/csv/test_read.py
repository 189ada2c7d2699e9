from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool import api
from annotool.dataset import Dataset
from annotool.errors import NoDatasetError
from annotool.schema import Kind
from tests.dirty import accounted, picture, put, seen

IMAGES = {f"{at}.jpg": picture(20, 10, shade=at) for at in range(1, 4)}


def labels(data: Dataset) -> list[tuple[str, str]]:
    rows = data.table("annotations")
    names = data.image_values("file_name").tolist()
    return list(zip(names, data.names_of(rows["category"]).tolist(), strict=True))


FORMS = [
    ("file,label\n1.jpg,cat\n2.jpg,dog\n", [("1.jpg", "cat"), ("2.jpg", "dog")]),
    ("file;label\r\n1.jpg;cat\r\n1.jpg;dog\r\n", [("1.jpg", "cat"), ("1.jpg", "dog")]),
    ("1.jpg,cat\n2.jpg,\n", [("1.jpg", "cat")]),
    ('file,labels\n1.jpg,"cat, dog"\n2.jpg,dog\n3.jpg,cat\n', [("1.jpg", "cat"), ("1.jpg", "dog"), ("2.jpg", "dog"), ("3.jpg", "cat")]),
    ("file,label1,label2\n1.jpg,cat,dog\n2.jpg,,dog\n", [("1.jpg", "cat"), ("1.jpg", "dog"), ("2.jpg", "dog")]),
    ("file, cat, dog\n1.jpg,1,1\n2.jpg,0,1.0\n3.jpg,0,\n", [("1.jpg", "cat"), ("1.jpg", "dog"), ("2.jpg", "dog")]),
    ("sep=|\nfile|label\n1.jpg|cat\n", [("1.jpg", "cat")]),
    ("image,label\n1,cat\n2,dog\n", [("1.jpg", "cat"), ("2.jpg", "dog")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_forms(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    data = api.read(put(tmp_path, {"x.csv": text, **IMAGES}))
    assert labels(data) == expected
    assert len(data.problems) == 0
    assert (data.table("annotations")["kind"] == Kind.IMAGE).all()
    assert np.isnan(data.table("annotations")["w"]).all()
    assert all(data.table("images")["path"])
    assert data.table("images")["width"].tolist() == [20] * len(data.table("images"))
    rows = data.table("annotations")
    assert len({*zip(rows["start"].tolist(), rows["end"].tolist(), strict=True)}) == len(rows)
    assert accounted(data)


def test_each_of_several_labels_knows_its_bytes(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbffile,labels\r\n1.jpg,"cat, big dog"\r\n2.jpg,cat\r\n3.jpg,big dog\r\n'
    data = api.read(put(tmp_path, {"x.csv": text, **IMAGES}))
    rows = data.table("annotations")
    held = [text[start:end] for start, end in zip(rows["start"], rows["end"], strict=True)]
    assert held == [b"cat", b"big dog", b"2.jpg,cat\r\n", b"3.jpg,big dog\r\n"]
    assert rows["line"].tolist() == [2, 2, 3, 4]
    assert [each.message for each in seen(tmp_path).of("SCH001")] == [
        "the file begins with a byte order mark"
    ]


def test_how_it_is_spelled_is_said(tmp_path: Path) -> None:
    text = "fname;labels;is_valid;who\r\n1.jpg;cat|dog;True;ann\r\n2.jpg;cat;False;bob\r\n"
    data = api.read(put(tmp_path, {"x.csv": text, **IMAGES}))
    assert data.facts["csv"]["x.csv"] == {
        "delimiter": ";", "line_end": "CRLF", "bom": False, "header": True, "file": "fname", "labels": ["labels"],
        "form": "divided", "separator": "|", "split": "is_valid", "unread": ["who"],
    }  # fmt: skip
    assert data.notes[0] == (
        "x.csv: semicolons, CRLF, with a header, images in column fname, labels in column labels, divided by '|', "
        "splits in column is_valid, not read: who"
    )
    assert data.image_splits.tolist() == ["val", "train"]
    assert data.facts["labels"]["kind"] == "multi"
    assert api.read(tmp_path, labels="single").facts["labels"]["kind"] == "single"


def test_sheets_of_splits_are_one_dataset(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "train.csv": "file,label\n1.jpg,cat\n2.jpg,dog\n",
            "test.csv": "file,label\n1.jpg,cat\n3.jpg,cat\n",
            **IMAGES,
        },
    )
    data = api.read(tmp_path)
    assert (len(data.table("images")), len(data.table("annotations"))) == (3, 4)
    assert sorted(zip(data.table("splits")["image"].tolist(), data.table("splits")["split"].tolist(), strict=True)) == [
        (0, "test"), (0, "train"), (1, "test"), (2, "train"),
    ]  # fmt: skip
    assert data.table("categories")["name"].tolist() == ["cat", "dog"]
    assert "SPL001" in api.audit(data).counts()


def test_sheets_below_splits_declare_their_own_order(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "train/_classes.csv": "filename, cat, dog\n1.jpg,1,0\n2.jpg,0,1\n",
            "valid/_classes.csv": "filename, dog, cat\n1.jpg,1,0\n3.jpg,0,1\n",
        },
    )
    put(
        tmp_path,
        {
            f"{split}/{name}": picture(20, 10, shade=at)
            for at, (split, name) in enumerate(
                [("train", "1.jpg"), ("train", "2.jpg"), ("valid", "1.jpg"), ("valid", "3.jpg")]
            )
        },
    )
    data = api.read(tmp_path)
    assert data.image_splits.tolist() == ["train", "train", "valid", "valid"]
    assert [Path(path).parent.name for path in data.table("images")["path"]] == [
        "train",
        "train",
        "valid",
        "valid",
    ]
    assert data.table("categories")["id"].tolist() == [0, 1, 0, 1]
    assert labels(data) == [("1.jpg", "cat"), ("2.jpg", "dog"), ("1.jpg", "dog"), ("3.jpg", "cat")]
    assert "CLS006" in api.audit(data).counts()


BAD: list[tuple[str | bytes, str, int, str, bool]] = [
    ("file,label\n1.jpg,cat\n2.jpg\n3.jpg,dog\n", "SCH002", 3, "expected 2 cells, got 1", False),
    ("file,label\n1.jpg,cat,x\n2.jpg,dog\n", "SCH002", 2, "expected 2 cells, got 3", True),
    ("file,label\n1.jpg,cat\n ,dog\n", "SCH002", 3, "no name of an image in column file", False),
    ("file,cat,dog\n" + "1.jpg,1,0\n" * 50 + "2.jpg,2,0\n", "SCH002", 52, "expected 0 or 1 in column cat, got '2'", False),
    ('file,label\n1.jpg,"cat\n2.jpg,dog\n', "SCH001", 2, "a quote opens here", False),
    (b"file,label\n1.jpg,c\xe4t\n", "SCH001", 2, "not UTF-8: byte 0xe4", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "line", "message", "kept"), BAD)
def test_bad_rows_are_told(
    tmp_path: Path, text: str | bytes, rule: str, line: int, message: str, kept: bool
) -> None:
    found = seen(put(tmp_path, {"x.csv": text, **IMAGES}))
    (row,) = found.of(rule)
    assert (row.line, message in row.message) == (line, True), row
    assert found.data.problems.column("kept").tolist() == [kept]


def test_a_flag_that_is_none(tmp_path: Path) -> None:
    text = "file,label,valid\n" + "1.jpg,cat,1\n" * 3
    data = api.read(put(tmp_path, {"x.csv": text, **IMAGES}))
    assert data.image_splits.tolist() == ["val"]


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ("file,label\n1.jpg,cat\n".encode("utf-16"), "UTF-16"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_one_of_several_sheets_that_is_no_text(tmp_path: Path, held: bytes, why: str) -> None:
    put(tmp_path, {"train.csv": "file,label\n1.jpg,cat\n", "test.csv": "file,label\n2.jpg,cat\n", **IMAGES})
    data = api.read(tmp_path, overlay={tmp_path / "test.csv": held})
    assert len(data.table("images")) == 1
    assert any(why in part.text(0) for part in data.problems.blocks)
    assert accounted(data)


def test_what_is_no_sheet_of_labels_raises(tmp_path: Path) -> None:
    put(tmp_path, {"x.csv": "epoch,loss\n1,2\n"})
    for path in (tmp_path, tmp_path / "x.csv"):
        with pytest.raises(NoDatasetError, match="not csv: "):
            api.read(path)


bits = st.sampled_from(
    ["1.jpg", "2.jpg", "cat", "dog", ",", '"', "\n", "\r\n", "", "0", "1", "|", "\0", "é", ";"]
)


@given(st.lists(bits, max_size=30))
@settings(max_examples=150, deadline=None)
def test_nothing_vanishes(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    root = tmp_path_factory.mktemp("csv")
    text = "file,label\n1.jpg,cat\n2.jpg,dog\n3.jpg,dog\n" + "".join(parts)
    put(root, {"x.csv": text})
    options: dict[str, Any] = {"images": "none", "format": "csv"}
    try:
        data = api.read(root / "x.csv", **options)
    except NoDatasetError:
        return
    assert accounted(data)


@pytest.mark.parametrize("between", [" ", ", "])
def test_several_labels_in_a_cell_where_the_user_says_so(tmp_path: Path, between: str) -> None:
    put(tmp_path, {"x.csv": f'file,labels\na.jpg,"cat{between}dog"\nb.jpg,dog\n'})
    assert api.read(tmp_path, images="none").labels == (f"cat{between}dog", "dog")
    data = api.read(tmp_path, images="none", labels="multi")
    assert data.names_of(data.table("annotations")["category"]).tolist() == ["cat", "dog", "dog"]
