"""What an image file says of itself: size, mode, EXIF orientation, whether it ends and decodes, which are equal.

Headers of JPEG and PNG are read here, in half the time Pillow takes; anything unusual, every other format and
all decoding is Pillow's. Sources: JPEG ITU-T T.81 annex B, PNG specification 5.2 and 11, EXIF in TIFF 6.0.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from annotool.progress import track

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")
Ints = NDArray[np.int64]

MOST_PIXELS = 178_956_970  # Pillow refuses to open more: twice its MAX_IMAGE_PIXELS
FIRST_READ = 1 << 14
LONGEST_EXIF = 1 << 20
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
# What training code opens. Pillow's others are left out: EPS would start Ghostscript, and formats without a
# signature (TGA and the like) take garbage for images.
FORMATS = ("JPEG", "MPO", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "ICO")
# By colour type and bits a channel, as Pillow has them.
PNG_MODES = {(0, 1): "1", (0, 2): "L", (0, 4): "L", (0, 8): "L", (0, 16): "I;16"}
PNG_MODES |= {(2, 8): "RGB", (2, 16): "RGB", (3, 1): "P", (3, 2): "P", (3, 4): "P", (3, 8): "P"}
PNG_MODES |= {(4, 8): "LA", (4, 16): "RGBA", (6, 8): "RGBA", (6, 16): "RGBA"}
DTYPES = ("bool", "i8", "f8", "f8", "U8", "U8", "i1", "i1", "i1", "U4", "O")
NO_SUCH_NAME = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL)


class ImageFile(NamedTuple):
    """One row of `ImageFiles`."""

    exists: bool = False
    bytes: int = -1
    width: float = float("nan")
    height: float = float("nan")
    mode: str = ""
    format: str = ""
    exif: int = 0
    end_marker: int = -1
    decodes: int = -1
    pointer: str = ""
    error: str = ""


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """What image files say of themselves: columns, one row a path."""

    exists: NDArray[np.bool_]  # something has that name, be it a folder
    bytes: Ints  # -1 unknown
    width: NDArray[np.float64]  # as stored: EXIF not applied; NaN unknown
    height: NDArray[np.float64]
    mode: NDArray[np.str_]  # Pillow's: "RGB", "L", "CMYK" ...
    format: NDArray[np.str_]  # Pillow's: "JPEG", "PNG" ... by content, not by suffix
    exif: NDArray[np.int8]  # orientation, tag 274; 0 absent
    end_marker: NDArray[np.int8]  # JPEG's FF D9 found 1, not found 0, no JPEG -1
    decodes: NDArray[np.int8]  # 1 yes, 0 no, -1 not tried
    pointer: NDArray[np.str_]  # "lfs": a git-lfs pointer stands in place of the image
    error: NDArray[np.object_]  # why it is no readable image, "" where it is one or where nothing is

    def __len__(self) -> int:
        return len(self.exists)

    @classmethod
    def of(cls, rows: Sequence[ImageFile]) -> Self:
        """The columns of these rows."""
        columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(DTYPES)
        return cls(*(np.array(column, dtype=dtype) for column, dtype in zip(columns, DTYPES, strict=True)))

    def take(self, rows: NDArray[Any]) -> Self:
        """The rows named by an index or boolean array, in that order."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, in their order."""
        if not parts:
            return cls.of(())
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


def probe(paths: Sequence[str], decode: bool = False) -> ImageFiles:
    """What the files at `paths` say of themselves, from their headers; with `decode` all pixels are read too.

    "" means that no file is known. Never raises on a bad file: `error` says what is wrong with it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [_header(path) for path in track(paths, "Reading image headers")]
        if decode:
            sound = [i for i, row in enumerate(rows) if row.exists and not row.error]
            errors = _in_threads(_decode_error, [paths[i] for i in sound], "Decoding images")
            for i, error in zip(sound, errors, strict=True):
                rows[i] = rows[i]._replace(decodes=int(not error), error=error)
    return ImageFiles.of(rows)


def same_content(paths: Sequence[str], sizes: Ints) -> Ints:
    """Which files hold the same bytes: (n,) int64, one number a group of equal files, -1 for a file alone.

    `sizes` are the files' bytes; only files of equal size are read. Empty, missing and unreadable files are
    alone. Groups are numbered in the order of their first file.
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    values, place, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    rows = np.flatnonzero((counts[place] > 1) & (values[place] > 0))
    return _groups(paths, rows, _content_digest, "Comparing image files")


def same_pixels(paths: Sequence[str]) -> Ints:
    """Which files decode to the same mode, size and pixels (EXIF not applied); numbered as by `same_content`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _groups(paths, np.arange(len(paths)), _pixel_digest, "Comparing pixels")


def _header(path: str) -> ImageFile:
    """One file's row; nothing but its header, and a JPEG's end, is read."""
    if not path:
        return ImageFile()
    try:
        # Without O_NONBLOCK a named pipe would wait for its writer for ever.
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError:  # a name with a zero byte, or one that the file system cannot spell
        return ImageFile()
    except OSError as error:
        if error.errno not in NO_SUCH_NAME:
            return ImageFile(exists=True, error=_reason(error))
        broken = error.errno == errno.ENOENT and Path(path).is_symlink()
        return ImageFile(exists=broken, error="broken symbolic link" if broken else "")
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            return ImageFile(exists=True, error=f"{kind}, not a file")
        return _content(fd, status.st_size)
    except Exception as error:  # noqa: BLE001 - a broken file makes Pillow raise exceptions of any class
        return ImageFile(exists=True, bytes=os.fstat(fd).st_size, error=_reason(error))
    finally:
        os.close(fd)


def _content(fd: int, size: int) -> ImageFile:
    head = os.read(fd, FIRST_READ)
    if not head:
        return ImageFile(exists=True, bytes=size, error="0 bytes")
    if head.startswith(LFS_POINTER):
        return ImageFile(
            exists=True, bytes=size, pointer="lfs", error="git-lfs pointer in place of the image"
        )
    row = None
    if head.startswith(b"\xff\xd8"):
        row = _jpeg(fd, head, size)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        row = _png(fd, head)
    row = (row or _by_pillow(fd, size))._replace(exists=True, bytes=size)
    if row.width * row.height > MOST_PIXELS:
        return row._replace(error=_bomb(row.width * row.height))
    return row


def _part(fd: int, head: bytes, at: int, count: int) -> bytes:
    """Bytes of a file whose beginning was read before."""
    if at + count <= len(head):
        return head[at : at + count]
    os.lseek(fd, at, os.SEEK_SET)
    return os.read(fd, count)


def _jpeg(fd: int, head: bytes, size: int) -> ImageFile | None:
    """The header of a JPEG, None where it is not plain: then Pillow has to say what is wrong."""
    at, width, height, mode, exif = 2, 0, 0, "", 0
    while True:
        segment = _part(fd, head, at, 10)
        if len(segment) < 10 or segment[0] != 0xFF:
            return None
        code, length = segment[1], segment[2] << 8 | segment[3]
        if code == 0xFF:  # a fill byte
            at += 1
            continue
        if code < 0xC0 or 0xD0 <= code <= 0xD9 or length < 2:
            return None
        if code == 0xDA:  # the scan: no header after it
            break
        if code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            precision, height, width, layers = struct.unpack_from(">BHHB", segment, 4)
            mode = {1: "L", 3: "RGB", 4: "CMYK"}.get(layers, "") if precision == 8 else ""
        elif code == 0xE1 and not exif and segment[4:] == b"Exif\0\0":
            exif = _orientation(_part(fd, head, at + 4, length - 2))
        at += 2 + length
    if not (width and height and mode):
        return None
    ends = _ends(fd, at, size)
    return ImageFile(width=width, height=height, mode=mode, format="JPEG", exif=exif, end_marker=ends)


def _ends(fd: int, scan: int, size: int) -> int:
    """Whether the end marker FF D9 is found after the first scan began: 1 or 0.

    Phones append data after it, and an EXIF thumbnail before the scan has one of its own.
    """
    if _part(fd, b"", max(size - 2, 0), 2) == b"\xff\xd9":
        return 1
    os.lseek(fd, scan, os.SEEK_SET)
    tail = b""
    while block := os.read(fd, 1 << 20):
        if b"\xff\xd9" in tail + block:
            return 1
        tail = block[-1:]
    return 0


def _png(fd: int, head: bytes) -> ImageFile | None:
    """The header of a PNG, None where it is not plain."""
    if head[12:16] != b"IHDR" or len(head) < 33:
        return None
    width, height, depth, colour = struct.unpack_from(">IIBB", head, 16)
    mode = PNG_MODES.get((colour, depth))
    if not (width and height and mode):
        return None
    at, exif = 33, 0
    while True:
        chunk = _part(fd, head, at, 8)
        if len(chunk) < 8:
            return None
        if chunk[4:] == b"IDAT":
            return ImageFile(width=width, height=height, mode=mode, format="PNG", exif=exif)
        length = int.from_bytes(chunk[:4], "big")
        if chunk[4:] == b"eXIf":
            exif = _orientation(_part(fd, head, at + 8, min(length, LONGEST_EXIF)))
        at += 12 + length


def _orientation(exif: bytes) -> int:
    """Tag 274 of the first directory of an EXIF block, 0 where there is none."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if not order or len(tiff) < 8:
        return 0
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return 0
    (count,) = struct.unpack_from(order + "H", tiff, start)
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind = struct.unpack_from(order + "HH", tiff, at)
        if tag == 274:
            spelled = {3: "H", 4: "I"}.get(kind)  # a short by the standard; some write a long
            value = struct.unpack_from(order + spelled, tiff, at + 8)[0] if spelled else 0
            return value if 1 <= value <= 8 else 0
    return 0


def _by_pillow(fd: int, size: int) -> ImageFile:
    os.lseek(fd, 0, os.SEEK_SET)
    with os.fdopen(fd, "rb", closefd=False) as file, _opened(file) as image:
        scan = file.tell()  # of a JPEG: Pillow stops reading there
        kind = {"MPO": "JPEG"}.get(image.format or "", image.format or "")
        exif = _tag(image)
        width, height = (
            reversed(image.size) if kind == "TIFF" and exif > 4 else image.size
        )  # Pillow turned it
        row = ImageFile(width=width, height=height, mode=image.mode, format=kind, exif=exif)
    return row._replace(end_marker=_ends(fd, scan, size)) if kind == "JPEG" else row


def _tag(image: Image) -> int:
    """The EXIF orientation as Pillow reads it; a broken EXIF block says nothing."""
    if image.format == "PNG":  # would decode all pixels for it
        return 0
    try:
        value = image.getexif().get(274, 0)
    except Exception:  # noqa: BLE001 - as above
        return 0
    return value if isinstance(value, int) and 1 <= value <= 8 else 0


def _opened(file: Any) -> Image:
    from PIL import Image

    Image.init()
    return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])


def _decode_error(path: str) -> str:
    """Why the pixels cannot be read, "" where they can. Image.verify() would not see a truncated file."""
    try:
        with _opened(path) as image:
            image.load()
    except Exception as error:  # noqa: BLE001 - as above
        return _reason(error)
    return ""


def _reason(error: BaseException) -> str:
    """One short line in place of an exception."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "cannot identify image file"
    if isinstance(error, Image.DecompressionBombError) and (
        pixels := re.search(r"\((\d+) pixels", str(error))
    ):
        return _bomb(int(pixels[1]))
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    said = " ".join(str(error).split())[:200]
    return said if isinstance(error, OSError) and said else f"{type(error).__name__}: {said}".rstrip(": ")


def _bomb(pixels: float) -> str:
    return f"decompression bomb: {pixels / 1e6:.0f} Mpx"


def _in_threads(work: Callable[[str], T], paths: Sequence[str], what: str) -> Iterator[T]:
    """What `work` makes of each path, in order. Threads, for decoding and hashing let go of the interpreter."""
    step = 1024  # so that not every path of a large dataset waits in the queue at once
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        batches = (pool.map(work, paths[start : start + step]) for start in range(0, len(paths), step))
        yield from track((result for batch in batches for result in batch), what, len(paths))


def _groups(paths: Sequence[str], rows: Ints, digest: Callable[[str], bytes], what: str) -> Ints:
    """A number for each digest that several rows share, -1 for other rows."""
    names = list(dict.fromkeys(paths[i] for i in rows if paths[i]))
    digests = dict(zip(names, _in_threads(digest, names, what), strict=True))
    members: dict[bytes, list[int]] = {}
    for i in rows.tolist():
        if found := digests.get(paths[i]):
            members.setdefault(found, []).append(i)
    result = np.full(len(paths), -1, np.int64)
    for number, group in enumerate(group for group in members.values() if len(group) > 1):
        result[group] = number
    return result


def _content_digest(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except OSError:
        return b""


def _pixel_digest(path: str) -> bytes:
    try:
        with _opened(path) as image:
            pixels = hashlib.blake2b(image.tobytes())
            pixels.update(repr((image.mode, image.size, image.getpalette())).encode())
            return pixels.digest()
    except Exception:  # noqa: BLE001 - as above
        return b""
