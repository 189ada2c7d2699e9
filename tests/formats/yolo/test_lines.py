import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.yolo import lines as module
from annotool.formats.yolo.lines import Lines, read_lines


def lines_of(*files: bytes) -> Lines:
    lengths = np.array([len(held) + 1 for held in files], dtype=np.int64)
    return read_lines(b"\n".join([*files, b""]) or b"\n", np.cumsum(lengths) - lengths, {})


def test_where_each_line_is() -> None:
    read = lines_of(b"0 .5 .5 .1 .1\n\n 1 .25 .5 .1 .1 \r\n", b"", b"\n2 .5 .5 .1 .1")
    assert read.file.tolist() == [0, 0, 2]
    assert read.line.tolist() == [1, 3, 2]
    assert read.index.tolist() == [0, 1, 0]
    assert read.start.tolist() == [0, 16, 36]
    assert read.end.tolist() == [13, 30, 49]
    assert read.values.tolist() == [
        [0, 0.5, 0.5, 0.1, 0.1],
        [1, 0.25, 0.5, 0.1, 0.1],
        [2, 0.5, 0.5, 0.1, 0.1],
    ]
    assert read.places.tolist() == [1, 2, 1]


def test_rows_of_other_lengths() -> None:
    read = lines_of(b"0 .1 .2 .3 .2 .3 .4\n1 .5\n2 .5 .5 .1 .1\n")
    assert read.count.tolist() == [7, 2, 5]
    np.testing.assert_allclose(read.extent[0], [0.1, 0.2, 0.3, 0.4])
    assert np.isnan(read.extent[1:]).all()
    assert np.isnan(read.values[1, 2:]).all()
    assert (read.second[0], read.sixth[0]) == (2, 14)


@pytest.mark.parametrize(
    "row",
    [
        b"0 .5 .5 .1 -.1",
        b"0.0 .5 .5 .1 .1",
        b"0 .5 1.2.3 .1 .1",
        b"cat .5 .5 .1 .1",
        b"9999999999 .5 .5 .1 .1",
    ],
)
def test_odd_rows_are_read_by_themselves(row: bytes) -> None:
    read = lines_of(b"0 .5 .5 .1 .1\n" + row + b"\n1 .5 .5 .1 .1\n")
    assert read.odd.tolist() == [False, True, False]
    assert read.values[[0, 2], 0].tolist() == [0, 1]


def test_old_line_ends() -> None:
    read = lines_of(b"0 .5 .5 .1 .1\r1 .5 .5 .1 .1\r\n2 .5 .5 .1 .1", b"3 .5 .5 .1 .1\r")
    assert read.values[:, 0].tolist() == [0, 1, 2, 3]
    assert read.line.tolist() == [1, 2, 3, 1]


def test_a_mark_alone_is_no_record() -> None:
    read = lines_of(b"\xef\xbb\xbf\n0 .5 .5 .1 .1\nx\n", b"0 .5 .5 .1 .1")
    assert read.line.tolist() == [2, 3, 1]
    assert read.index.tolist() == [0, 1, 0]
    assert [list(read.faults)] == [[1]]


def test_no_lines() -> None:
    assert len(lines_of()) == 0
    assert len(lines_of(b"", b"\n \n")) == 0


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [b"0 .5 .5 .1 .1\n" * count + b"1 .1 .2 .3 .2 .3 .4\nx\n" for count in (1, 0, 40)]
    whole = lines_of(*files)
    monkeypatch.setattr(module, "BLOCK", 16)
    cut = lines_of(*files)
    for name in (
        "file",
        "line",
        "index",
        "start",
        "end",
        "count",
        "values",
        "places",
        "second",
        "extent",
        "odd",
    ):
        np.testing.assert_array_equal(getattr(whole, name), getattr(cut, name), err_msg=name)


text = st.text(alphabet="0123456789. \t\r\n-,eanif\x0b\x01é", max_size=60).map(str.encode)


@given(st.lists(text, max_size=6))
def test_every_line_that_is_not_blank_is_a_row(files: list[bytes]) -> None:
    read = lines_of(*files)
    expected = [
        (number, at)
        for number, held in enumerate(files)
        for at, line in enumerate(re.split(rb"\r\n|\n|\r", held), 1)
        if line.strip()
    ]
    assert list(zip(read.file.tolist(), read.line.tolist(), strict=True)) == expected
    buffer = b"\n".join([*files, b""])
    lengths = np.cumsum([0, *(len(held) + 1 for held in files)])
    for at in range(len(read)):
        words = buffer[read.start[at] : read.end[at]]
        assert words == words.strip()
        assert lengths[read.file[at]] <= read.start[at] < read.end[at] <= lengths[read.file[at] + 1] - 1


rows = st.lists(
    st.floats(0, 2, allow_nan=False).map(lambda value: f"{value:.{int(value * 7)}f}"), min_size=4, max_size=12
)


@given(st.lists(rows, min_size=1, max_size=8))
def test_values_are_those_of_float(table: list[list[str]]) -> None:
    read = lines_of("".join(f"{at} {' '.join(row)}\n" for at, row in enumerate(table)).encode())
    assert read.count.tolist() == [len(row) + 1 for row in table]
    for at, row in enumerate(table):
        assert read.values[at].tolist() == [at, *map(float, row[:4])]
        if len(row) >= 6 and len(row) % 2 == 0:
            xs, ys = list(map(float, row[0::2])), list(map(float, row[1::2]))
            assert read.extent[at].tolist() == [min(xs), min(ys), max(xs), max(ys)]


def test_a_mark_within_a_file_is_a_fault() -> None:
    read = lines_of(b"0 .5 .5 .1 .1\n\xef\xbb\xbf\n\xef\xbb\xbf0 .5 .5 .1 .1\n")
    assert read.line.tolist() == [1, 2, 3]
    assert list(read.faults) == [1, 2]
