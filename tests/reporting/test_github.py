from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from annotool.api import lines
from annotool.findings import Findings, block
from annotool.reporting.told import Told

COMMAND = re.compile(r"::(error|warning|notice) (?:file=([^,:]*),)?(?:line=(\d+),)?title=([^,:]*)::(.*)")


def unescaped(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_worst_first_and_a_closing_line(told: Told) -> None:
    *marks, last = lines(told, "github")
    assert marks[0] == (
        "::error file=annotations.json,line=4,title=BOX002 out-of-bounds::box [bold] leaves by 61.0 px (1.jpg, annotation 2)"
    )
    assert [COMMAND.fullmatch(each)[1] for each in marks] == ["error", "warning", "notice"]  # type: ignore[index]
    assert last.startswith("annotool: not ready to train: 1 of 2 images has errors")
    assert "more" not in last


def test_of_equal_severity_the_rarer_rule_comes_first(many: Callable[..., Told]) -> None:
    told = many(40)
    rare = block("CLS001", "rare", 2, severity=2, source=0, line=[500, 501])
    *marks, last = lines(replace(told, findings=told.findings + Findings((rare,))), "github")
    assert [COMMAND.fullmatch(each)[4][:6] for each in marks] == ["CLS001"] * 2 + ["BOX002"] * 3  # type: ignore[index]
    assert "37 findings more" in last


def test_no_more_than_github_shows() -> None:
    from annotool.testing import tiny

    blocks = tuple(
        block(code, "m", 3, severity=grade, line=[1, 2, 3], source=0)
        for grade in (0, 1, 2)
        for code in ("BOX001", "BOX002", "BOX003", "CLS001", "CLS002")
    )
    *marks, last = lines(Told(tiny(), Findings(blocks)), "github")
    words = [COMMAND.fullmatch(each)[1] for each in marks]  # type: ignore[index]
    assert {word: words.count(word) for word in words} == {"error": 10, "warning": 10, "notice": 10}
    assert "15 findings more" in last


def test_what_a_baseline_knows_is_not_marked(compared: Told) -> None:
    *marks, last = lines(compared, "github")
    assert not any("BAL001" in mark for mark in marks)
    assert "2 new, 1 known, 2 stale" in last


def test_names_cannot_end_a_command_or_begin_one(hostile: Told) -> None:
    *marks, last = lines(hostile, "github")
    name = hostile.data.table("images")["file_name"][0]
    assert len(marks) == 2
    for mark in marks:
        found = COMMAND.fullmatch(mark)
        assert found
        assert "::error file=x" in unescaped(found[2])
        assert not re.search(r"[\n\r\x00\x1b]", mark)
    assert unescaped(COMMAND.fullmatch(marks[0])[5]).startswith(f"class {name[:20]}")  # type: ignore[index]
    assert last.startswith("annotool: ")


def test_a_file_is_named_from_the_working_folder(told: Told) -> None:
    from pathlib import Path

    for path, expected in (
        (Path("data/set"), "data/set.json"),
        (Path.cwd() / "deep", "deep.json"),
        (Path("/else/b"), "/else/b.json"),
    ):
        file = path.with_suffix(".json")
        moved = replace(told.data, paths=(file,))
        sources = moved.table("sources").with_columns(file=np.array([file.name], dtype=object))
        moved = replace(moved, tables={**moved.tables, "sources": sources})
        mark = next(iter(lines(replace(told, data=moved), "github")))
        assert f"file={expected}," in mark
