from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from annotool.findings import Fix
from annotool.formats.base import MMAP_FROM, Problems, ReadOptions, load, opened, relative, unified


def test_problems_become_columns_by_rule_and_message() -> None:
    problems = Problems()
    problems.add("SCH002", "{field} is missing", source=0, line=3, field="bbox", kept=False)
    problems.add("SCH002", "{field} is missing", source=0, line=9, field="id", pointer="/annotations/4/id")
    problems.add("SCH001", "broken off", fix=Fix.SAFE, severity=1)
    problems.add_many("SCH004", "x is {x}", 2, values={"x": np.array([1.0, 2.0])}, line=np.array([1, 2]))
    findings = problems.findings()
    assert findings.counts() == {"SCH001": 1, "SCH002": 2, "SCH004": 2}
    first = findings.blocks[0]
    assert [first.text(row) for row in range(2)] == ["bbox is missing", "id is missing"]
    assert first.columns["kept"].tolist() == [False, True]
    assert first.columns["pointer"].tolist() == ["", "/annotations/4/id"]
    assert findings.of("SCH001").column("severity").tolist() == [1]


def test_nothing_is_filed_for_no_rows() -> None:
    problems = Problems()
    problems.add_many("SCH004", "m", 0, values={})
    assert len(problems.findings()) == 0


def test_the_overlay_goes_before_the_disk(tmp_path: Path) -> None:
    file, gone = tmp_path / "a.txt", tmp_path / "b.txt"
    file.write_bytes(b"old")
    gone.write_bytes(b"there")
    options = ReadOptions(overlay={file: b"new", gone: None})
    assert load(file, options) == opened(file, options) == b"new"
    assert load(gone, options) is None
    assert load(file, ReadOptions()) == b"old"
    assert load(tmp_path / "none", ReadOptions()) is None


def test_large_files_are_mapped(tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"x" * MMAP_FROM)
    held = opened(file, ReadOptions())
    assert isinstance(held, mmap.mmap)
    assert held[:2] == b"xx"
    file.write_bytes(b"")
    assert opened(file, ReadOptions()) == b""


@pytest.mark.parametrize(
    ("path", "root", "told"),
    [("/d/a/b.txt", "/d", "a/b.txt"), ("/d/b.txt", "/d/b.txt", "b.txt"), ("/e/b.txt", "/d", "/e/b.txt")],
)
def test_paths_are_told_below_their_root(path: str, root: str, told: str) -> None:
    assert relative(Path(path), Path(root)) == told


def test_equal_names_have_one_label() -> None:
    assert unified(["cat", "dog", "cat", "Cat"]).tolist() == [0, 1, 0, 2]
