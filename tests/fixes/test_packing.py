from __future__ import annotations

import base64
import json
from contextlib import suppress
from pathlib import Path

import pytest

from annotool import api
from annotool.cli import main
from annotool.fixes.packing import packed

pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    table = pa.table({"file_name": [f"{at}.jpg" for at in range(4)], "label": ["cat ", "dog", "hen ", "dog"]})
    pq.write_table(table, tmp_path / "in/metadata.parquet")
    return tmp_path / "in"


def test_the_first_change_bears_the_bytes_all_others_their_words(given: Path) -> None:
    api.fix(given, out=given.parent / "out", images="none", select=["CLS005"])
    _, *lines, _ = map(json.loads, (given.parent / "out/fixes.jsonl").read_text().splitlines())
    assert [(each["line"], each["old_value"], each["new_value"]) for each in lines] == [
        (1, '"cat "', '"cat"'),
        (3, '"hen "', '"hen"'),
    ]
    first, second = lines
    held, new = ((folder / "metadata.parquet").read_bytes() for folder in (given, given.parent / "out"))
    old_part, new_part = (base64.b64decode(first[each]["base64"]) for each in ("old", "new"))
    start = first["offset"]
    assert held[:start] + new_part + held[start + len(old_part) :] == new
    assert (second["offset"], second["old"], second["new"]) == (0, "", "")


def test_the_diff_shows_records(
    given: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["fix", str(given), "--diff", "--images", "none", "--select", "CLS005"]
    monkeypatch.setattr("sys.argv", ["annotool", *asked])
    with suppress(SystemExit):
        main()
    told = capsys.readouterr().out
    assert "@@ metadata.parquet:1 CLS005" in told
    assert '-name "cat "\n+name "cat"\n' in told and '-name "hen "\n+name "hen"\n' in told


def test_without_binary_files_nothing_is_packed(given: Path) -> None:
    (given / "metadata.parquet").unlink()
    (given / "metadata.csv").write_text("file_name,label\n1.jpg,cat \n")
    made = api.fix(given, images="none", select=["CLS005"])
    again = packed(made)
    assert again.overlay == made.overlay
    assert again.changes["new"].tolist() == made.changes["new"].tolist() == [b"cat"]
