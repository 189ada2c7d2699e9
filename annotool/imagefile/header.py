"""The header of an image file: size, mode, EXIF orientation, whether a JPEG ends.

Headers of JPEG and PNG are read here, in half the time Pillow takes; anything unusual and every other format is
Pillow's. Sources: JPEG ITU-T T.81 annex B, PNG specification 5.2 and 11, EXIF in TIFF 6.0.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

from annotool.imagefile.decoder import bomb, opened, orientation_tag, reason
from annotool.imagefile.files import ImageFile, ImageFiles
from annotool.progress import track

__all__ = ["LFS_POINTER", "MOST_PIXELS", "PNG_MODES", "probe"]

MOST_PIXELS = 178_956_970  # Pillow refuses to open more: twice its MAX_IMAGE_PIXELS
FIRST_READ = 1 << 14
LONGEST_EXIF = 1 << 20
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
# By colour type and bits a channel, as Pillow has them.
PNG_MODES = {(0, 1): "1", (0, 2): "L", (0, 4): "L", (0, 8): "L", (0, 16): "I;16"}
PNG_MODES |= {(2, 8): "RGB", (2, 16): "RGB", (3, 1): "P", (3, 2): "P", (3, 4): "P", (3, 8): "P"}
PNG_MODES |= {(4, 8): "LA", (4, 16): "RGBA", (6, 8): "RGBA", (6, 16): "RGBA"}
NO_SUCH_NAME = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL)


def probe(paths: Sequence[str]) -> ImageFiles:
    """What the files at `paths` say of themselves in their headers; `measure` reads the pixels too.

    "" means that no file is known. Never raises on a bad file: `error` says what is wrong with it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ImageFiles.of([_header(path) for path in track(paths, "Reading image headers")])


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
            return ImageFile(exists=True, error=reason(error))
        broken = error.errno == errno.ENOENT and Path(path).is_symlink()
        return ImageFile(exists=broken, error="broken symbolic link" if broken else "")
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            return ImageFile(exists=True, error=f"{kind}, not a file")
        return _content(fd, status.st_size)
    except Exception as error:  # noqa: BLE001 - a broken file makes Pillow raise exceptions of any class
        return ImageFile(exists=True, bytes=os.fstat(fd).st_size, error=reason(error))
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
        return row._replace(error=bomb(row.width * row.height))
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
    with os.fdopen(fd, "rb", closefd=False) as file, opened(file) as image:
        scan = file.tell()  # of a JPEG: Pillow stops reading there
        kind = {"MPO": "JPEG"}.get(image.format or "", image.format or "")
        exif = orientation_tag(image)
        width, height = (
            reversed(image.size) if kind == "TIFF" and exif > 4 else image.size
        )  # Pillow turned it
        row = ImageFile(width=width, height=height, mode=image.mode, format=kind, exif=exif)
    return row._replace(end_marker=_ends(fd, scan, size)) if kind == "JPEG" else row
