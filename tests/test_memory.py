from __future__ import annotations

import gc
from pathlib import Path

import pytest

from annotool import memory


def test_json_counts_and_small_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "x.JSON").write_bytes(b"x" * 1000)
    (tmp_path / "a" / "b" / "y.json").write_bytes(b"x" * 500)
    (tmp_path / "a" / "z.txt").write_bytes(b"x" * 9000)
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    assert memory.needed(tmp_path) == int(memory.SHARE * 1500)
    assert memory.needed(tmp_path / "a" / "x.JSON") == int(memory.SHARE * 1000)
    assert memory.needed(tmp_path / "none") == 0


def test_a_shortage_is_told_with_both_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "needed", lambda _: 5 << 30)
    monkeypatch.setattr(memory, "available", lambda: 2 << 30)
    assert memory.shortage([tmp_path]).startswith(
        "this may take about 5.1 GiB of memory, and 2.0 GiB are free"
    )
    monkeypatch.setattr(memory, "available", lambda: 9 << 30)
    assert memory.shortage([tmp_path]) == ""
    monkeypatch.setattr(memory, "available", lambda: 0)
    assert memory.shortage([tmp_path]) == ""


def test_the_system_says_how_much_is_free() -> None:
    assert (memory.available() > 1 << 20) == Path("/proc/meminfo").exists()


@pytest.mark.parametrize("was", [True, False])
def test_the_garbage_collector_is_as_it_was(was: bool) -> None:
    (gc.enable if was else gc.disable)()
    try:
        with memory.without_collector():
            assert not gc.isenabled()
        assert gc.isenabled() is was
    finally:
        gc.enable()
