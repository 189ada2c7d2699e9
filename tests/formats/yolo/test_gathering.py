from pathlib import Path

import pytest

from annotool.findings import Fix, Severity
from annotool.formats.base import ReadOptions
from annotool.formats.yolo.config import Place, Told
from annotool.formats.yolo.gathering import Gathering
from tests.formats.yolo.build import put


def test_each_file_is_taken_once(tmp_path: Path) -> None:
    put(tmp_path, {"a.txt": "a", "b.txt": "b"})
    gathering = Gathering(ReadOptions(overlay={tmp_path / "b.txt": b"new", tmp_path / "c.txt": None}))
    first = gathering.take(tmp_path / "a.txt", "split")
    second = gathering.take(tmp_path / "b.txt", "classes")
    assert gathering.take(tmp_path / "a.txt", "split") is first
    assert gathering.take(tmp_path / "c.txt", "classes") is None
    assert [(each.source, each.held, each.role) for each in gathering.files] == [
        (0, b"a", "split"),
        (1, b"new", "classes"),
    ]
    assert second is gathering.files[1]


def test_what_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, {"a.txt": "a"}) / "a.txt"

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    gathering = Gathering(ReadOptions())
    taken = gathering.take(path, "config")
    assert taken is not None
    assert taken.held == b""
    (part,) = gathering.problems.findings().blocks
    assert (part.rule, part.text(0), part.columns["source"].tolist()) == (
        "SCH001",
        "cannot be read: Permission denied",
        [0],
    )


def test_faults_are_filed_with_their_place() -> None:
    gathering = Gathering(ReadOptions())
    gathering.file(
        4,
        [
            Told("FMT004", "no names"),
            Told(
                "FMT004",
                "nc is {nc}",
                {"nc": 5, "new": "2"},
                Place("5", 10, 11, 3),
                Severity.WARNING,
                Fix.SAFE,
            ),
            Told("SCH001", "broken", place=Place("", 0, 0, 7)),
        ],
    )
    found = gathering.problems.findings()
    columns = {
        name: found.column(name).tolist() for name in ("source", "line", "start", "end", "severity", "fix")
    }
    assert columns == {
        "source": [4, 4, 4],
        "line": [0, 3, 7],
        "start": [-1, 10, -1],
        "end": [-1, 11, -1],
        "severity": [-1, Severity.WARNING, -1],
        "fix": [Fix.NONE, Fix.SAFE, Fix.NONE],
    }
