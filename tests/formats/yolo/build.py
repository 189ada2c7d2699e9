"""Small YOLO datasets on disk for tests, and short ways to look at what was read."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.formats.base import ReadOptions
from annotool.formats.yolo import FORMAT

ROW = "0 0.5 0.5 0.2 0.4\n"
Files = dict[str, str | bytes]


def png(width: int = 100, height: int = 50) -> bytes:
    """A black picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\0" * ((width + 7) // 8)) * height)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def put(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder; text as UTF-8, line ends as given."""
    for name, held in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(held.encode() if isinstance(held, str) else held)
    return root


def usual(root: Path, labels: Mapping[str, str | bytes], yaml: str = "", images: bool = True) -> Path:
    """An Ultralytics dataset: labels by `train/a`, an image of 100 x 50 for each, and a data.yaml."""
    splits = dict.fromkeys(name.partition("/")[0] for name in labels)
    text = yaml or "".join(f"{split}: images/{split}\n" for split in splits) + "names: [cat, dog]\n"
    if not yaml and "val" not in splits:
        text += f"val: images/{next(iter(splits))}\n"
    files: Files = {"data.yaml": text}
    files |= {f"labels/{name}.txt": held for name, held in labels.items()}
    if images:
        files |= {f"images/{name}.png": png() for name in labels}
    return put(root, files)


def read(path: Path, **options: Any) -> Dataset:
    """Read a dataset as YOLO."""
    return FORMAT.read(path, ReadOptions(**options))


def one(root: Path, text: str | bytes, **options: Any) -> Dataset:
    """Read a dataset whose only label file holds `text`."""
    return read(usual(root, {"train/a": text}), **options)


def boxes(data: Dataset) -> list[tuple[float, ...]]:
    """x y w h of all annotations, rounded to 1e-9."""
    rows = data.table("annotations")
    return [tuple(row) for row in np.round(np.stack([rows[c] for c in "xywh"], axis=1), 9).tolist()]


def names(data: Dataset) -> list[str]:
    """Category name of each annotation."""
    found: list[str] = data.names_of(data.table("annotations")["category"]).tolist()
    return found


def codes(data: Dataset) -> dict[str, int]:
    """How many faults of each rule the reader filed."""
    return data.problems.counts()


def texts(data: Dataset, rule: str) -> list[str]:
    """The messages of one rule, sorted."""
    return sorted(part.text(row) for part in data.problems.of(rule).blocks for row in range(len(part)))


def column(found: Findings, name: str) -> list[Any]:
    """A column of findings as a list."""
    values: list[Any] = found.column(name).tolist()
    return values
