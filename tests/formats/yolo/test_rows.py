from pathlib import Path

import numpy as np
import pytest

from annotool.findings import Fix, Severity
from annotool.schema import NO_ID, Kind
from tests.formats.yolo.build import boxes, codes, column, names, one, put, read, texts, usual


def test_pixels_and_fractions(tmp_path: Path) -> None:
    data = one(tmp_path, "1 0.5 0.5 0.2 0.4\n")
    rows = data.table("annotations")
    assert boxes(data) == [(40, 15, 20, 20)]
    assert [float(rows[name][0]) for name in ("xn", "yn", "wn", "hn")] == [0.4, 0.3, 0.2, 0.4]
    assert (rows["category_id"].tolist(), names(data), rows["id"].tolist()) == ([1], ["dog"], [NO_ID])
    assert (rows["kind"].tolist(), rows["bbox_derived"].tolist()) == ([Kind.BOX], [False])


def test_fractions_without_a_size(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": "0 0.5 0.5 0.2 0.4\n"}, images=False))
    assert np.isnan(data.table("annotations")["x"]).all()
    assert data.boxes.xywh.tolist() == [[0.4, 0.3, 0.2, 0.4]]
    assert data.boxes.fraction.tolist() == [True]


def test_legal_rows_are_no_finding(tmp_path: Path) -> None:
    held = b"0 .5 .5 .2 .4\r\n\r\n1\t0.5\t0.5\t2e-01\t4e-1  \r\n  0 0.5 0.5 0.2 0.4"
    data = one(tmp_path, held)
    assert boxes(data) == [(40, 15, 20, 20)] * 3
    assert codes(data) == {}
    rows = data.table("annotations")
    assert rows["line"].tolist() == [1, 3, 4]
    assert rows["index"].tolist() == [0, 1, 2]
    spans = zip(rows["source"].tolist(), rows["start"].tolist(), rows["end"].tolist(), strict=True)
    assert [bytes(data.source_bytes(source)[start:end]) for source, start, end in spans] == [
        b"0 .5 .5 .2 .4",
        b"1\t0.5\t0.5\t2e-01\t4e-1",
        b"0 0.5 0.5 0.2 0.4",
    ]
    assert bytes(data.source_bytes(int(rows["source"][0]))) == held


def test_outlines(tmp_path: Path) -> None:
    data = one(tmp_path, "0 0.1 0.2 0.3 0.2 0.3 0.6\n0 0.5 0.5 0.2 0.4\n", task="segment")
    rows = data.table("annotations")
    assert boxes(data) == [(10, 10, 20, 20), (40, 15, 20, 20)]
    assert rows["bbox_derived"].tolist() == [True, False]
    source = data.source_bytes(int(rows["source"][0]))
    assert bytes(source[int(rows["seg_start"][0]) : int(rows["seg_end"][0])]) == b"0.1 0.2 0.3 0.2 0.3 0.6"
    assert rows["seg_start"].tolist()[1] == -1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0.5 0.5 0.123456 0.25\n", [6]),
        ("0 0.123456 0.5 0.1 0.1\n0 0.5 0.5 1 1\n", [6, 6]),
        ("0 1 1 1 1\n", [-1]),
        ("0 5e-1 .5 .25 .2\n", [2]),
    ],
)
def test_decimals_are_those_of_the_file(tmp_path: Path, text: str, expected: list[int]) -> None:
    assert one(tmp_path, text).table("annotations")["decimals"].tolist() == expected


def test_decimals_are_at_least_the_usual(tmp_path: Path) -> None:
    fine, coarse = "0 0.123456 0.5 0.1 0.1\n", "0 0.5 0.5 1 1\n"
    data = read(usual(tmp_path, {"train/a": fine * 3, "train/b": coarse}))
    assert data.table("annotations")["decimals"].tolist() == [6, 6, 6, 6]


def test_undeclared_classes(tmp_path: Path) -> None:
    data = one(tmp_path, "2 .5 .5 .2 .4\n1 .5 .5 .2 .4\n")
    rows = data.table("annotations")
    assert rows["category"].tolist() == [-1, 1]
    assert rows["category_id"].tolist() == [2, 1]
    assert data.facts["declared_categories"] is True


def test_indices_are_the_keys_of_names(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/train\nnames: {5: dog, 0: cat}\n"
    data = read(usual(tmp_path, {"train/a": "5 .5 .5 .2 .4\n1 .5 .5 .2 .4\n0 .5 .5 .2 .4\n"}, yaml))
    assert names(data) == ["dog", "", "cat"]


def test_faults_name_their_row(tmp_path: Path) -> None:
    data = one(tmp_path, "0 .5 .5 .2 .4\n\n0,.5,.5,.2,.4\nx y z\n0.0 .5 nan .2 .4\n")
    assert texts(data, "FMT002") == [
        "'x' is no number",
        "class 0.0 is not written as a whole number",
        "numbers are separated by commas, expected blanks",
    ]
    found = data.problems
    order = np.argsort(found.column("line"), kind="stable")
    lines = [(found.column(name)[order]).tolist() for name in ("line", "annotation", "kept", "category")]
    assert lines == [[3, 4, 5, 5], [1, -1, 2, 2], [True, False, True, True], [-1, -1, -1, 0]]
    assert set(column(found, "image")) == {0}
    assert (len(data.table("annotations")), data.table("sources")["records"].tolist()) == (3, [0, 4])
    assert np.isnan(data.table("annotations")["y"][2])


def test_mended_bytes(tmp_path: Path) -> None:
    held = b"0 .5 .5 .2 .4\r\n 0,.5,.5,.2,.4\r\n1.0 .5 .5 .2 .4"
    data = one(tmp_path, held)
    spans = []
    for part in data.problems.blocks:
        columns = zip(
            part.columns["start"].tolist(), part.columns["end"].tolist(), part.values["new"], strict=True
        )
        spans += [(start, end, str(new).encode()) for start, end, new in columns]
    for start, end, new in sorted(spans, reverse=True):
        held = held[:start] + new + held[end:]
    assert held == b"0 .5 .5 .2 .4\r\n 0 .5 .5 .2 .4\r\n1 .5 .5 .2 .4"


@pytest.mark.parametrize(
    ("held", "said", "rows", "records"),
    [
        ("\ufeff0 .5 .5 .2 .4\n".encode(), "the file begins with a byte order mark", 1, 1),
        ("0 .5 .5 .2 .4\n".encode("utf-16"), "UTF-16 text, expected UTF-8", 0, 1),
        ("0 .5 .5 .2 .4\n".encode("utf-16-le"), "UTF-16 text, expected UTF-8", 0, 1),
        (b"0 .5 .5 .2 .4\n\x00\x01", "no text: the file holds zero bytes", 0, 1),
        (b"0 .5 .5 .2 .4\nk\xe4se .5 .5 .2 .4\n", "the file is not UTF-8: byte 0xe4", 2, 2),
    ],
)
def test_encodings(tmp_path: Path, held: bytes, said: str, rows: int, records: int) -> None:
    data = one(tmp_path, held)
    assert texts(data, "SCH001") == [said]
    assert len(data.table("annotations")) == rows
    assert data.table("sources")["records"].tolist() == [0, records]
    assert bytes(data.source_bytes(1)) == held
    lost = ~data.problems.of("SCH001").column("kept")
    assert lost.tolist() == [rows == 0]


def test_a_byte_order_mark_can_go(tmp_path: Path) -> None:
    found = one(tmp_path, "\ufeff0 .5 .5 .2 .4\n".encode()).problems
    told = [column(found, name) for name in ("start", "end", "fix", "severity", "line")]
    assert told == [[0], [3], [Fix.SAFE], [Severity.WARNING], [1]]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": "0 .5 .5 .2 .4\n"})
    put(root, {"images/train/b.png": b"x"})
    (root / "labels/train/b.txt").symlink_to(root / "nowhere")
    data = read(root)
    assert texts(data, "SCH001") == ["cannot be read: No such file or directory"]
    assert len(data.table("annotations")) == 1


def test_an_empty_file_is_a_background(tmp_path: Path) -> None:
    data = one(tmp_path, "")
    assert (len(data.table("annotations")), codes(data)) == (0, {})
    assert data.table("images")["source"].tolist() == [1]
