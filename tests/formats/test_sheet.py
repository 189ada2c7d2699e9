from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.sheet import Spelling, cells, read_sheet, rewritten, row_bytes, spelling

SPELLED = [
    (b"a,b\r\n1,2\r\n", (",", "\r\n", False, 0)),
    (b"\xef\xbb\xbfa;b\n1,5;2\n", (";", "\n", True, 3)),
    (b"a\tb c\n1\t2, 3\n", ("\t", "\n", False, 0)),
    (b"a|b\r1|2\r", ("|", "\r", False, 0)),
    (b"sep=;\r\na;b\r\n", (";", "\r\n", False, 7)),
    (b"file,labels\na.jpg,x;y;z\nb.jpg,y\n", (",", "\n", False, 0)),
    (b"alone\n", (",", "\n", False, 0)),
    (b"", (",", "\n", False, 0)),
]


@pytest.mark.parametrize(("held", "expected"), SPELLED)
def test_spelling(held: bytes, expected: tuple[str, str, bool, int]) -> None:
    assert spelling(held) == Spelling(*expected)


def test_records_know_their_bytes_and_lines() -> None:
    held = b'\xef\xbb\xbff,l\r\na.jpg,"ca,t"\r\n\r\nb.jpg,"do\r\ng"\r\nc.jpg,\xff'
    sheet = read_sheet(held)
    assert sheet.rows == [["f", "l"], ["a.jpg", "ca,t"], ["b.jpg", "do\r\ng"], ["c.jpg", "\udcff"]]
    assert [held[start:end] for start, end in zip(sheet.start, sheet.end, strict=True)] == [
        b"f,l\r\n", b'a.jpg,"ca,t"\r\n', b'b.jpg,"do\r\ng"\r\n', b"c.jpg,\xff",
    ]  # fmt: skip
    assert sheet.line.tolist() == [1, 2, 4, 6]
    assert sheet.unclosed == -1


def test_the_line_sep_is_no_record() -> None:
    sheet = read_sheet(b"sep=;\na;b\n1;2\n")
    assert (sheet.rows, sheet.line.tolist(), sheet.start.tolist()) == (
        [["a", "b"], ["1", "2"]],
        [2, 3],
        [6, 10],
    )


def test_a_quote_that_never_closes_is_told() -> None:
    assert read_sheet(b'a,b\nc,"d\ne,f\n').unclosed == 1
    assert read_sheet(b'a,b\nc,"d\ne",f\n').unclosed == -1


def test_a_cell_beyond_the_limit_of_csv_raises_nothing() -> None:
    sheet = read_sheet(b"a,b\nc," + b"x" * 200_000 + b"\ne,f\n")
    assert (len(sheet.rows), sheet.rows[-1]) == (3, ["e", "f"])


CELLS = [
    (b'a,"b,""x",,c\r\n', ",", [b"a", b'"b,""x"', b"", b"c"]),
    (b"", ",", [b""]),
    (b"a,", ",", [b"a", b""]),
    (b"a.b|c", "|", [b"a.b", b"c"]),
]


@pytest.mark.parametrize(("record", "delimiter", "expected"), CELLS)
def test_cells(record: bytes, delimiter: str, expected: list[bytes]) -> None:
    assert [record[start:end] for start, end in cells(record, delimiter)] == expected


def test_a_cell_keeps_its_quotes_and_gets_them_where_it_must() -> None:
    how = Spelling(";", "\r\n", False, 0)
    assert rewritten("b", b'"a"', how) == b'"b"'
    assert rewritten("b,c", b"a", how) == b"b,c"
    assert rewritten('b;"c"', b"a", how) == b'"b;""c"""'
    assert row_bytes(["a", "b;c"], how) == b'a;"b;c"\r\n'


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    st.lists(st.lists(texts, min_size=2, max_size=4).filter(lambda row: any(map(str.strip, row))), max_size=6)
)
def test_what_is_written_is_read_as_python_reads_it(rows: list[list[str]]) -> None:
    how = Spelling(",", "\n", False, 0)
    held = b"".join(row_bytes(row, how) for row in rows)
    theirs = [row for row in csv.reader(io.StringIO(held.decode(), newline="")) if any(map(str.strip, row))]
    sheet = read_sheet(held, how)
    assert sheet.rows == theirs == rows
    for row, start, end in zip(sheet.rows, sheet.start, sheet.end, strict=True):
        assert len(cells(held[start:end], ",")) == len(row)
