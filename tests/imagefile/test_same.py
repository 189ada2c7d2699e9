from pathlib import Path

import numpy as np
import pytest

from annotool import imagefile
from annotool.imagefile import same


class Folder:
    """Writes files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def write(self, content: bytes) -> str:
        self.count += 1
        path = self.path / f"{self.count}.jpg"
        path.write_bytes(content)
        return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_same_content(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [b"aa", b"bbb", b"ab", b"bbb", b"aa", b"", b"", b"long", b"aa"]
    paths = [folder.write(content) for content in contents] + ["", str(folder.path / "gone")]
    sizes = np.array([len(content) for content in contents] + [-1, -1])
    read: list[str] = []
    digest = same._content_digest

    def noted(path: str) -> bytes:
        read.append(path)
        return digest(path)

    monkeypatch.setattr(same, "_content_digest", noted)
    assert imagefile.same_content(paths, sizes).tolist() == [0, 1, -1, 1, 0, -1, -1, -1, 0, -1, -1]
    assert sorted(read) == sorted(
        paths[i] for i in (0, 1, 3, 4, 8)
    )  # none that is alone by size or by its end


def test_same_content_of_one_file_named_twice_or_gone(folder: Folder) -> None:
    path = folder.write(b"aa")
    gone = [str(folder.path / "gone"), str(folder.path / "gone too")]
    assert imagefile.same_content([path, path, *gone], np.array([2, 2, 2, 2])).tolist() == [0, 0, -1, -1]
    assert imagefile.same_content([], np.empty(0, np.int64)).tolist() == []


def test_files_that_end_alike_are_read_and_those_that_do_not_are_not(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = bytes(same.END)
    paths = [
        folder.write(content) for content in (b"a" + tail, b"b" + tail, b"c" + tail[1:] + b"d", b"a" + tail)
    ]
    read: list[str] = []
    digest = same._content_digest

    def noted(path: str) -> bytes:
        read.append(path)
        return digest(path)

    monkeypatch.setattr(same, "_content_digest", noted)
    assert imagefile.same_content(paths, np.full(4, same.END + 1)).tolist() == [0, -1, -1, 0]
    assert sorted(read) == sorted(paths[i] for i in (0, 1, 3))
