import errno
import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from annotool import imagefile
from annotool.imagefile.header import PNG_MODES

ORIENTATION = 274
WIDE = (70, 50)


def picture(mode: str = "RGB", size: tuple[int, int] = WIDE, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def exif(orientation: int, thumbnail: bytes = b"") -> bytes:
    """An EXIF block with one tag, and behind it what a thumbnail would be."""
    block = Image.Exif()
    block[ORIENTATION] = orientation
    return block.tobytes() + thumbnail


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def big_endian_exif(orientation: int, kind: int = 3) -> bytes:
    value = struct.pack(">HH", orientation, 0) if kind == 3 else struct.pack(">I", orientation)
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHI", ORIENTATION, kind, 1) + value + b"\0\0\0\0"


def png(width: int, height: int, depth: int, colour: int, *more: tuple[bytes, bytes]) -> bytes:
    layers = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = (b"\0" + bytes((width * depth * layers + 7) // 8)) * (height if width * height < 10_000 else 1)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))]
    chunks += [(b"PLTE", bytes(6))] if colour == 3 else []
    chunks += [*more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = (struct.pack(">I", len(v)) + k + v + struct.pack(">I", zlib.crc32(k + v)) for k, v in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class Folder:
    """Writes files and probes them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def write(self, content: bytes, suffix: str = "jpg") -> str:
        self.count += 1
        path = self.path / f"{self.count}.{suffix}"
        path.write_bytes(content)
        return str(path)

    def probe(self, content: bytes, decode: bool = False) -> dict[str, Any]:
        return row(probed([self.write(content)], decode))


def probed(paths: list[str], decode: bool = True) -> imagefile.ImageFiles:
    """What is known of files, from their headers or also from their pixels."""
    files = imagefile.probe(paths)
    return files.decoded(imagefile.measure(paths, files)) if decode else files


def row(files: imagefile.ImageFiles, at: int = 0) -> dict[str, Any]:
    return {name: getattr(files, name)[at : at + 1].tolist()[0] for name in imagefile.ImageFile._fields}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_jpeg(folder: Folder) -> None:
    content = saved(picture())
    assert folder.probe(content) == {
        "exists": True,
        "bytes": len(content),
        "width": 70.0,
        "height": 50.0,
        "mode": "RGB",
        "format": "JPEG",
        "exif": 0,
        "end_marker": 1,
        "decodes": -1,
        "pointer": "",
        "error": "",
    }


def test_columns_have_their_dtypes_even_without_rows(folder: Folder) -> None:
    for files in (imagefile.probe([]), imagefile.probe([folder.write(saved(picture()))])):
        dtypes = [str(getattr(files, name).dtype) for name in imagefile.ImageFile._fields]
        expected = [
            "bool",
            "int64",
            "float64",
            "float64",
            "<U8",
            "<U8",
            "int8",
            "int8",
            "int8",
            "<U4",
            "object",
        ]
        assert dtypes == expected


def test_take_and_concat(folder: Folder) -> None:
    paths = [folder.write(saved(picture(size=(20 + i, 10)))) for i in range(3)]
    files = imagefile.probe(paths)
    assert len(files) == 3
    assert files.take(np.array([2, 0])).width.tolist() == [22, 20]
    assert files.take(np.array([False, True, False])).width.tolist() == [21]
    joined = imagefile.ImageFiles.concat([files.take(np.array([2])), files])
    assert joined.width.tolist() == [22, 20, 21, 22]
    assert joined.error.dtype == object
    assert len(imagefile.ImageFiles.concat([])) == 0


@pytest.mark.parametrize(
    ("kind", "modes"),
    [
        ("JPEG", ["RGB", "L", "CMYK"]),
        ("PNG", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"]),
        ("WEBP", ["RGB", "RGBA"]),
        ("BMP", ["RGB", "L", "P", "1"]),
        ("GIF", ["L", "P"]),
        ("TIFF", ["RGB", "RGBA", "L", "1", "I;16", "F", "CMYK"]),
        ("PPM", ["RGB", "L"]),
    ],
)
def test_what_pillow_writes_is_read_as_pillow_reads_it(folder: Folder, kind: str, modes: list[str]) -> None:
    for mode in modes:
        content = saved(picture("L").convert("I;16") if mode == "I;16" else picture(mode), kind)
        found = folder.probe(content, decode=True)
        with Image.open(io.BytesIO(content)) as image:
            expected = (*map(float, image.size), image.mode, image.format, 1, "")
        assert tuple(found[c] for c in ("width", "height", "mode", "format", "decodes", "error")) == expected
        assert found["end_marker"] == (1 if kind == "JPEG" else -1)


@pytest.mark.parametrize(("colour", "depth"), list(PNG_MODES))
def test_every_kind_of_png_has_the_mode_pillow_gives_it(folder: Folder, colour: int, depth: int) -> None:
    content = png(13, 7, depth, colour)
    found = folder.probe(content, decode=True)
    with Image.open(io.BytesIO(content)) as image:
        assert (found["width"], found["height"], found["mode"]) == (*image.size, image.mode)
    assert (found["decodes"], found["error"]) == (1, "")


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"comment": b"\xff\xd9" * 50}, {"icc_profile": bytes(200_000)}]
)
def test_odd_jpegs(folder: Folder, options: dict[str, Any]) -> None:
    found = folder.probe(saved(picture(), **options))
    assert (found["width"], found["mode"], found["end_marker"], found["error"]) == (70, "RGB", 1, "")
    cut = folder.probe(saved(picture(), **options)[:-100])
    assert (cut["width"], cut["end_marker"]) == (70, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(folder: Folder, orientation: int) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        content = saved(picture(), kind, exif=exif(orientation))
        with Image.open(io.BytesIO(content)) as image:
            assert image.getexif()[ORIENTATION] == orientation
        found = folder.probe(content)
        assert (found["exif"], found["width"], found["height"]) == (orientation, 70, 50)  # as stored
    for spelled in (3, 4):
        assert (
            folder.probe(saved(picture(), exif=big_endian_exif(orientation, spelled)))["exif"] == orientation
        )


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II",
        b"Exif\0\0XX*\0\x08\0\0\0\x01\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\x01\0",
        big_endian_exif(0),
        big_endian_exif(9),
        big_endian_exif(6, 2),
    ],
)
def test_broken_exif_says_nothing_and_harms_nothing(folder: Folder, block: bytes) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        found = folder.probe(saved(picture(), kind, exif=block))
        assert (found["exif"], found["width"], found["error"]) == (0, 70, "")


def test_exif_larger_than_the_first_read(folder: Folder) -> None:
    for size in (100, 16_300, 60_000):
        found = folder.probe(saved(picture(), exif=exif(6, bytes(size))))
        assert (found["exif"], found["width"], found["end_marker"]) == (6, 70, 1)


@pytest.mark.parametrize(
    "after", [b"", b"\0" * 7, b"\0" * 5000, b"SEFT" * 9, saved(picture(size=(9, 9)))[:-2]]
)
def test_data_behind_the_end_marker_is_no_truncation(folder: Folder, after: bytes) -> None:
    assert folder.probe(saved(picture()) + after)["end_marker"] == 1


def test_a_truncated_jpeg_whose_thumbnail_is_whole(folder: Folder) -> None:
    content = saved(picture(), exif=exif(6, saved(picture(size=(16, 12)))))
    assert content.count(b"\xff\xd9") == 2
    cut = folder.probe(content[: len(content) // 2])
    assert (cut["end_marker"], cut["exif"], cut["error"]) == (0, 6, "")


def test_the_end_marker_across_two_reads(folder: Folder) -> None:
    scan = saved(picture())[:-2]
    for size in range(-3, 3):
        filler = bytes((1 << 20) - (len(scan) - scan.index(b"\xff\xda")) + size)
        assert folder.probe(scan + filler + b"\xff\xd9" + bytes(9))["end_marker"] == 1
    assert folder.probe(scan + bytes(1 << 21))["end_marker"] == 0


def test_fill_bytes_and_junk_between_segments(folder: Folder) -> None:
    content = saved(picture())
    filled = folder.probe(content[:2] + b"\xff" * 5 + content[2:])
    assert (filled["width"], filled["mode"], filled["end_marker"], filled["error"]) == (70, "RGB", 1, "")
    junk = content[:20] + b"junk" + content[20:]  # Pillow skips it
    assert [folder.probe(part)["end_marker"] for part in (junk, junk[:-50])] == [1, 0]


def test_several_pictures_in_one_file_are_a_jpeg(folder: Folder) -> None:
    content = saved(picture(), "MPO", save_all=True, append_images=[picture(seed=1)])
    found = folder.probe(content, decode=True)
    assert (found["format"], found["end_marker"], found["decodes"]) == ("JPEG", 1, 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_decoding_finds_a_truncated_image(folder: Folder, kind: str) -> None:
    content = saved(picture(size=(300, 200)), kind)
    half = content[: len(content) // 2]
    with Image.open(io.BytesIO(content)) as image:
        size = image.size
    found = folder.probe(half, decode=True)
    assert found["decodes"] == 0 or kind == "WEBP"  # a WebP says so when it is opened
    assert found["error"]
    if kind != "WEBP":
        assert (found["width"], found["height"]) == size
        assert folder.probe(half)["error"] == ""


def test_decoding_many(folder: Folder) -> None:
    content = saved(picture(size=(64, 64)))
    paths = [folder.write(content if i % 3 else content[:900]) for i in range(60)] + [""]
    found = probed(paths)
    assert found.decodes.tolist() == [int(i % 3 > 0) for i in range(60)] + [-1]
    assert [bool(error) for error in found.error] == [i % 3 == 0 for i in range(60)] + [False]


def test_no_file_known() -> None:
    assert row(imagefile.probe([""])) == pytest.approx(imagefile.ImageFile()._asdict(), nan_ok=True)


@pytest.mark.parametrize(
    "name", ["gone.jpg", "file/inside.jpg", "zero\0byte.jpg", "x" * 300 + ".jpg", "\ud800.jpg"]
)
def test_missing_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    found = row(probed([f"{tmp_path}/{name}"]))
    assert found == pytest.approx(imagefile.ImageFile()._asdict(), nan_ok=True)


def test_things_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "gone")
    (tmp_path / "circle.jpg").symlink_to(tmp_path / "circle.jpg")
    names = ["pipe.jpg", "folder.jpg", "broken.jpg", "circle.jpg"]
    found = probed([str(tmp_path / name) for name in names] + ["/dev/zero"])
    assert found.exists.all()
    assert found.error.tolist() == [
        "a pipe or a device, not a file",
        "a folder, not a file",
        "broken symbolic link",
        "too many levels of symbolic links",
        "a pipe or a device, not a file",
    ]
    assert (found.bytes == -1).all()
    assert (found.decodes == -1).all()


def test_permission_denied(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder.write(saved(picture()))

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)  # the tests may run as root, whom no mode stops
    found = row(probed([path]))
    assert (found["exists"], found["bytes"], found["error"]) == (True, -1, "permission denied")


def test_a_file_that_breaks_while_it_is_read(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    path = folder.write(saved(picture()))
    monkeypatch.setattr(os, "read", fail)
    found = row(imagefile.probe([path]))
    assert (found["exists"], found["error"]) == (True, "input/output error")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "0 bytes"),
        (b"\n", "cannot identify image file"),
        (b"<!DOCTYPE html><html></html>", "cannot identify image file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n", "cannot identify image file"),
        (b"\xff\xd8", "cannot identify image file"),
        (b"\xff\xd8\xff", "cannot identify image file"),
        (b"\x89PNG\r\n\x1a\n", "cannot identify image file"),
        (saved(picture())[:100], "Truncated File Read"),
    ],
)
def test_files_that_hold_no_image(folder: Folder, content: bytes, error: str) -> None:
    found = folder.probe(content, decode=True)
    assert (found["exists"], found["bytes"], found["error"]) == (True, len(content), error)
    assert np.isnan(found["width"])
    assert found["decodes"] == -1


def test_a_git_lfs_pointer(folder: Folder) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"
    found = folder.probe(pointer, decode=True)
    assert (found["pointer"], found["error"]) == ("lfs", "git-lfs pointer in place of the image")
    assert found["bytes"] == len(pointer)


def test_decompression_bombs(folder: Folder) -> None:
    jpeg = saved(picture("L"))
    at = jpeg.index(b"\xff\xc0") + 5
    bombs = [
        png(20_000, 20_000, 1, 0),
        jpeg[:at] + struct.pack(">HH", 20_000, 20_000) + jpeg[at + 4 :],
        b"P6 20000 20000 255\n",
    ]
    found = probed([folder.write(bomb) for bomb in bombs])
    assert found.error.tolist() == ["decompression bomb: 400 Mpx"] * 3
    assert found.decodes.tolist() == [-1] * 3
    assert found.width.tolist() == pytest.approx([20_000, 20_000, float("nan")], nan_ok=True)


def test_a_large_image_is_no_bomb_and_no_warning(folder: Folder) -> None:
    assert folder.probe(png(10_000, 10_000, 1, 0))["error"] == ""
    assert folder.probe(b"P6 10000 10000 255\n")["error"] == ""


seeds = [
    saved(picture(size=(24, 16)), exif=exif(6)),
    saved(picture(size=(24, 16)), "PNG", exif=exif(6)),
    saved(picture(size=(24, 16)), "WEBP"),
    saved(picture(size=(24, 16)), "TIFF"),
    saved(picture("P", size=(24, 16)), "GIF"),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(seeds), st.data())
def test_no_mangled_file_raises(folder: Folder, content: bytes, data: st.DataObject) -> None:
    mangled = bytearray(content)
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, min(len(mangled), 400) - 1))
        mangled[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(mangled)))
    found = folder.probe(bytes(mangled[:cut]), decode=True)
    assert found["exists"]
    assert "\n" not in found["error"]
    assert (found["decodes"] == 1) == (found["error"] == "")
    assert found["error"] or found["width"] * found["height"] > 0


def test_real_images_are_read_as_pillow_reads_them(real_data: Path) -> None:
    paths = sorted(path for path in real_data.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    found = imagefile.probe([str(path) for path in paths])
    assert len(found) > 900
    assert set(found.error.tolist()) == {""}
    for at, path in enumerate(paths):
        with Image.open(path) as image:
            expected = (*image.size, image.mode, image.getexif().get(ORIENTATION, 0))
        assert (found.width[at], found.height[at], found.mode[at], found.exif[at]) == expected
