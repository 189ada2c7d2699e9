from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.formats.coco.build import put
from tests.predictions.build import coco, read, told

WIDE = "file,cat,dog\nb.jpg,0.25,0.75\n0007.jpg,1,0\n"
MATRIX = [[np.nan, np.nan], [0.25, 0.75], [1, 0]]


def scores(tmp_path: Path, text: str | bytes) -> Path:
    return put(tmp_path, {"scores.csv": text}) / "scores.csv"


SAME = {
    "wide": WIDE.encode(),
    "crlf": WIDE.replace("\n", "\r\n").encode(),
    "mark": b"\xef\xbb\xbf" + WIDE.encode(),
    "semicolons": WIDE.replace(",", ";").encode(),
    "tabs": WIDE.replace(",", "\t").encode(),
    "decimal commas": WIDE.replace(",", ";")
    .replace(".25", ",25")
    .replace(".75", ",75")
    .replace("0,25", '"0,25"')
    .encode(),
    "no header": WIDE.partition("\n")[2].encode(),
    "quotes": b'"file","cat","dog"\n"b.jpg","0.25","0.75"\n"0007.jpg","1","0"\n',
    "columns in another order": b"dog,file,cat\n0.75,b.jpg,0.25\n0,0007.jpg,1\n",
    "notes beside": b"file,model,cat,dog\nb.jpg,m,0.25,0.75\n0007.jpg,m,1,0\n",
    "stems and folders": WIDE.replace("b.jpg", "val/b").replace("0007.jpg", "val/0007").encode(),
    "columns with another case": b"file,CAT, Dog\nb.jpg,0.25,0.75\n0007.jpg,1,0\n",
    "columns that count from 0": b"image,0,1\nb.jpg,0.25,0.75\n0007.jpg,1,0\n",
    "columns that count from 1": b"image,1,2\nb.jpg,0.25,0.75\n0007.jpg,1,0\n",
    "a table of pandas": b",0,1\nb.jpg,0.25,0.75\n0007.jpg,1,0\n",
    "rows that are numbered": b",file,cat,dog\n0,b.jpg,0.25,0.75\n1,0007.jpg,1,0\n",
    "ids of images": b"image_id,cat,dog\n2,0.25,0.75\n3,1,0\n",
    "rows of classes from 0": b"file,label,score\nb.jpg,0,0.25\nb.jpg,1,0.75\n0007.jpg,0,1\n",
    "rows of ids": b"file,label,score\nb.jpg,1,0.25\nb.jpg,2,0.75\n0007.jpg,1,1\n",
    "rows of labels": b"file,label,score\nb.jpg,cat,0.25\nb.jpg,dog,0.75\n0007.jpg,cat,1\n",
    "rows of labels, no header": b"b.jpg,cat,0.25\nb.jpg,dog,0.75\n0007.jpg,cat,1\n",
}


@pytest.mark.parametrize("text", SAME.values(), ids=list(SAME))
def test_valid(tmp_path: Path, text: bytes) -> None:
    data = read(coco(tmp_path), scores(tmp_path, text))
    assert data.probabilities is not None
    assert data.probabilities.dtype == np.float64
    assert np.array_equal(data.probabilities, np.array(MATRIX), equal_nan=True)
    assert told(data) == []
    assert len(data.table("predictions")) == 0
    assert "csv" in data.notes[-1]
    assert [len(shard.probabilities) for shard in data.shards(3)] == [1, 1, 1]  # type: ignore[arg-type]


INVALID = {
    "unknown image": (f"{WIDE}x.jpg,0,1\n", "the ground truth has no image 'x.jpg', or several: 1 not scored"),
    "unknown class": ("file,cat,dog,cow\nb.jpg,0,0,1\n", "the ground truth has no category 'cow': its scores are not used"),
    "no column": ("file,cat,note\nb.jpg,0.5,x\n", "no score of dog: taken as 0"),
    "a column twice": ("file,cat,dog,Cat\nb.jpg,0.25,0.5,1\n", "'Cat' is a category that another column has too: the first counts"),
    "a class more than names": ("b.jpg,0.25,0.5,0.25\n", "the ground truth has no category '2': its scores are not used"),
    "a class less than names": ("b.jpg,0.25\n0007.jpg,1\n", "no score of dog: taken as 0"),
    "a number nobody has": ("file,label,score\nb.jpg,1,0.5\nb.jpg,7,0.5\n", "the ground truth has no category '7': its scores are not used"),
    "twice": (f"{WIDE}b.jpg,0.5,0.5\n", "scores of this image stand in line 2 already, which counts"),
    "logits": ("file,cat,dog\nb.jpg,-3,0.5\n", "score -3 is not between 0 and 1"),
    "labels alone": ("file,label\nb.jpg,cat\n", "no column holds scores: expected one of numbers for each class, or columns file, label, score"),
    "NaN": ("file,cat,dog\nb.jpg,nan,0.5\n", "score 'nan' is no finite number"),
    "a word": ("file,cat,dog\nb.jpg,much,0.5\n0007.jpg,1,0\n", "score 'much' is no finite number"),
    "huge": ("file,cat,dog\nb.jpg,1e999,0.5\n", "score '1e999' is no finite number"),
    "cells missing": (f"{WIDE}scan.v2.jpg,1\n", "2 cells where the first row has 3"),
    "an open quote": (f'{WIDE}"scan.v2.jpg,1,0\n1,2,3\n', "a quote is never closed, so the rest of the file is one cell"),
    "a label twice": (
        "file,label,score\nb.jpg,cat,0.5\nb.jpg,dog,0.5\nb.jpg,cat,0.75\n",
        "a second score of 'cat' for 'b.jpg'; the first counts",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), INVALID.values(), ids=list(INVALID))
def test_invalid(tmp_path: Path, text: str, said: str) -> None:
    data = read(coco(tmp_path), scores(tmp_path, text))
    assert said in told(data)
    found = data.problems.of("PRD005")
    assert (found.column("line") > 0).all()
    assert (found.column("source") == len(data.table("sources")) - 1).all()


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=50) | st.text('b.jpg0,1;5"\n catd-nf', max_size=60).map(str.encode))
def test_nothing_raises(tmp_path: Path, text: bytes) -> None:
    data = read(coco(tmp_path), scores(tmp_path, text))
    assert data.facts["predictions"]["rows"] >= 0


def test_every_digit_is_kept(tmp_path: Path) -> None:
    text = "file,cat,dog\nb.jpg,0.12345678901234567,0.87654321098765433\n"
    data = read(coco(tmp_path), scores(tmp_path, text))
    assert data.probabilities is not None
    assert data.probabilities[1].tolist() == [0.12345678901234567, 0.87654321098765433]


def test_the_first_of_two_columns_of_a_category_counts(tmp_path: Path) -> None:
    data = read(coco(tmp_path), scores(tmp_path, "file,cat,dog,Cat\nb.jpg,0.25,0.5,1\n"))
    assert data.probabilities is not None
    assert data.probabilities[1].tolist() == [0.25, 0.5]


def test_names_the_user_gave_for_numbered_columns(tmp_path: Path) -> None:
    put(tmp_path, {"names.txt": "dog\ncat\n"})
    data = read(
        coco(tmp_path), scores(tmp_path, "file,0,1\nb.jpg,0.25,0.75\n"), classes=tmp_path / "names.txt"
    )
    assert data.probabilities is not None
    assert data.probabilities[1].tolist() == [0.75, 0.25]
