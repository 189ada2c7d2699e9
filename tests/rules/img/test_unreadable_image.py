import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from annotool.rules.img.unreadable_image import UnreadableImage
from annotool.testing import check_rule, tiny


def bomb() -> bytes:
    """A PNG of 20000 x 20000 pixels that holds none."""
    head = struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (30, 20)).save(tmp_path / "good.jpg")
    Image.effect_noise((300, 200), 80).save(tmp_path / "cut.png")
    data = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("<html>404 Not Found</html>")
    (tmp_path / "bomb.png").write_bytes(bomb())
    (tmp_path / "lfs.jpg").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n")
    (tmp_path / "folder.jpg").mkdir()
    return tmp_path


def test_headers(folder: Path) -> None:
    names = ["good.jpg", "empty.jpg", "text.jpg", "lfs.jpg", "bomb.png", "folder.jpg", "cut.png"]
    data = tiny([{"path": str(folder / name), "file_name": name} for name in names] + [{"path": ""}])
    check_rule(
        UnreadableImage,
        valid=[tiny(), tiny([{"path": str(folder / "good.jpg")}]), tiny(images_checked="none")],
        invalid=[
            (
                data,
                [
                    {"image": 1, "message": "cannot be read: 0 bytes (checked: header)", "line": 2},
                    {"image": 2, "values": {"error": "cannot identify image file", "checked": "header"}},
                    {"image": 4, "message": "cannot be read: decompression bomb: 400 Mpx (checked: header)"},
                    {"image": 5, "values": {"error": "a folder, not a file"}},
                ],
            )
        ],
    )


def test_all_pixels_with_decode(folder: Path) -> None:
    rows = [{"path": str(folder / name)} for name in ("good.jpg", "cut.png", "empty.jpg")]
    data = tiny(rows, images_checked="decode")
    expected = [
        {"image": 1, "values": {"checked": "all pixels"}},
        {"image": 2, "values": {"checked": "header"}},
    ]
    check_rule(UnreadableImage, invalid=[(data, expected)])


def test_yolo_names_the_image_not_its_label_file(folder: Path) -> None:
    data = tiny([{"path": str(folder / "empty.jpg")}], format_name="yolo")
    check_rule(UnreadableImage, invalid=[(data, [{"image": 0, "source": -1, "line": 0}])])


def test_unable(folder: Path) -> None:
    there = {"path": str(folder / "good.jpg")}
    rule = UnreadableImage()
    assert rule.unable(tiny([there])) == ""
    assert rule.unable(tiny(2)) == "no image files"
    assert rule.unable(tiny([there], images_checked="none")) == "--images none"
    splits = {"train": [0], "val": [1, 2]}
    assert rule.unable(tiny([there, {}, {}], splits=splits)) == "no image files in val: 2 images not judged"
    assert rule.unable(tiny([there, {}])) == ""  # one missing image is SCH010's
