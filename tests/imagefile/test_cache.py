import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import imagefile
from annotool.imagefile import cache, statistics, worker
from annotool.imagefile.cache import Cache, place
from annotool.table import Table


@pytest.fixture
def picture(tmp_path: Path) -> str:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANNOTOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def measure(*paths: str) -> Table:
    return imagefile.measure(paths, imagefile.probe(paths))


def kept(folder: Path) -> int:
    (file,) = folder.iterdir()
    held = sqlite3.connect(file)
    (count,) = held.execute("select count(*) from pixels").fetchone()
    held.close()
    return int(count)


def test_what_was_decoded_is_kept_by_content(
    folder: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = measure(picture)
    assert kept(folder) == 1
    copy = Path(picture).with_name("b.png")
    copy.write_bytes(Path(picture).read_bytes())
    again = measure(str(copy), picture)
    assert kept(folder) == 1
    for name in first:
        assert again[name].tolist() == first[name].tolist() * 2
    known = worker.measured(picture, Cache(place()))
    assert known.known and known.found is not None


def test_another_content_of_the_same_name_size_and_time_is_decoded(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    for colour in (10, 200):
        Image.new("L", (8, 8), colour).save(path)
        os.utime(path, (0, 0))
        assert measure(str(path))["brightness"][0] == pytest.approx(colour / 255)
    assert kept(folder) == 2


def test_files_that_do_not_decode_are_not_kept(folder: Path, picture: str) -> None:
    half = Path(picture).with_name("half.png")
    half.write_bytes(Path(picture).read_bytes()[:900])
    assert measure(str(half))["decodes"].tolist() == [0]
    assert not folder.exists()


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, None])
def test_a_damaged_cache_is_no_matter_and_is_made_anew(
    folder: Path, picture: str, damage: bytes | None
) -> None:
    folder.mkdir()
    file = Path(place())
    if damage is None:
        with sqlite3.connect(file) as held:
            held.execute("create table pixels (something)")
        held.close()
    else:
        file.write_bytes(damage)
    for _ in range(3):
        assert measure(picture)["decodes"].tolist() == [1]
    if damage is not None:
        assert kept(folder) == 1


def test_rows_of_another_shape_are_not_believed(folder: Path, picture: str) -> None:
    content = measure(picture)["content"][0]
    (file,) = folder.iterdir()
    with sqlite3.connect(file) as held:
        held.execute("update pixels set statistics = ?", (b"short",))
    held.close()
    assert measure(picture)["content"][0] == content
    assert not worker.measured(picture, Cache(str(file))).known


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANNOTOOL_CACHE", str(tmp_path / "file" / "below"))
    assert measure(picture)["decodes"].tolist() == [1]

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    held = Cache(str(tmp_path / "cache.sqlite"))
    monkeypatch.setattr(held, "_write", refuse)
    held.put([(b"a", b"b")])
    assert held.get(b"a") is None


def test_the_oldest_rows_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 10)
    held = Cache(str(tmp_path / "cache.sqlite"))
    for number in range(25):
        held.put([(bytes([number]), b"x")])
    assert [held.get(bytes([number])) for number in range(25)] == [None] * 15 + [b"x"] * 10
    held.close()


def test_two_audits_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from annotool.imagefile.cache import Cache\n"
        "held = Cache(sys.argv[1])\n"
        "for n in range(100): held.put([(bytes([n, m]), b'x') for m in range(5)]); held.get(bytes([n, 0]))\n"
    )
    file = str(tmp_path / "cache.sqlite")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    runs = [subprocess.Popen([sys.executable, "-c", code, file], env=environment) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    held = Cache(file)
    assert sum(held.get(bytes([n, m])) == b"x" for n in range(100) for m in range(5)) == 500
    held.close()


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANNOTOOL_CACHE", "none")
    assert place() == ""
    monkeypatch.delenv("ANNOTOOL_CACHE")
    monkeypatch.setattr(os, "name", "posix")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Path(place()).parent == tmp_path / "xdg/annotool"
    assert f"-{statistics.VERSION}-" in Path(place()).name
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert Path(place()).parent == tmp_path / ".cache/annotool"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert Path(place()).parent == tmp_path / "Library/Caches/annotool"
