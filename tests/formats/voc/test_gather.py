from pathlib import Path

import numpy as np
import pytest

from annotool.formats.base import ReadOptions
from annotool.formats.voc import gather as module
from annotool.formats.voc.gather import Rows, gather, whole
from annotool.formats.voc.plain import COLUMNS
from tests.formats.voc.build import box, put, xml


def test_no_rows_are_empty_columns_of_the_same_kinds() -> None:
    some = Rows()
    some.extend([(0, 0, 1, 2, 3, b"cat", None, None, b"1", None, b"1", b"2", b"3", b"4.5")])
    empty = Rows().columns()
    for name, column in some.columns().items():
        assert (len(empty[name]), empty[name].dtype) == (0, column.dtype)


def test_blocks_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = {f"{at}.xml": xml(*(box(1, 2, at, n, name=f"c{n}") for n in range(at))) for at in range(7)}
    put(tmp_path, documents)
    once = gather(tmp_path, tmp_path, list(documents), ReadOptions()).rows
    monkeypatch.setattr(module, "BLOCK", 4)
    blocks = gather(tmp_path, tmp_path, list(documents), ReadOptions()).rows
    expected, columns = once.columns(), blocks.columns()
    assert once.names == blocks.names
    for name in COLUMNS:
        np.testing.assert_array_equal(expected[name], columns[name])
    assert columns["index"].tolist() == [n for at in range(7) for n in range(at)]
    assert columns["source"].tolist() == [at for at in range(7) for _ in range(at)]


def test_large_files_are_read_whole(tmp_path: Path) -> None:
    for size in (0, 1, 65535, 65536, 65537, 200_000):
        path = tmp_path / "x"
        path.write_bytes(b"x" * size)
        assert len(whole(str(path))) == size


def test_a_large_file(tmp_path: Path) -> None:
    put(tmp_path, {"a.xml": xml(*(box(1, 2, 3, n) for n in range(2000)))})
    gathered = gather(tmp_path, tmp_path, ["a.xml"], ReadOptions())
    assert gathered.rows.columns()["ymax"].tolist() == list(map(float, range(2000)))
    assert gathered.sources.table()["records"].tolist() == [2000]
