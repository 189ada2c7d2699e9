"""How large each image is: its file's header says, else a sizes file, else the side file an exporter of ours left."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from annotool import imagefile
from annotool.errors import UsageError
from annotool.formats.base import ReadOptions, load
from annotool.formats.sidefile import NAMES_FILE
from annotool.formats.yolo.places import without_part
from annotool.schema import SizeFrom
from annotool.table import Array

__all__ = ["NAMES_FILE", "Side", "Sizes", "image_sizes", "read_side"]

Size = tuple[float, float]


class Side(msgspec.Struct, frozen=True):
    """What `annotool-names.csv` says of an image: its name in the dataset it was converted from, and its size."""

    file_name: str
    size: Size


class Sizes(msgspec.Struct, frozen=True):
    """width, height float64 pixels, NaN unknown; size_from int8; probed: what the headers say, if they were read."""

    width: Array
    height: Array
    size_from: Array
    probed: imagefile.ImageFiles | None


def read_side(held: bytes) -> dict[str, Side]:
    """Read the side file: by stem, the path of the label without labels/ and suffix. Odd rows are passed over."""
    rows = csv.DictReader(io.StringIO(held.decode("utf-8-sig", "replace"), newline=""))
    return {
        row["stem"]: Side(row.get("file_name") or "", (number(row.get("width")), number(row.get("height"))))
        for row in rows
        if row.get("stem")
    }


def number(text: str | None) -> float:
    try:
        value = float(text or "nan")
    except ValueError:
        return math.nan
    return value if value > 0 and math.isfinite(value) else math.nan


def read_sizes(path: Path, options: ReadOptions) -> dict[str, Size]:
    """Read a sizes file, `file_name,width,height`. Raises UsageError where it is none."""
    try:
        held = load(path, options)
    except OSError as error:
        raise UsageError(f"--sizes {path}: cannot be read ({error.strerror})") from error
    if held is None:
        raise UsageError(f"--sizes {path}: no such file; `annotool sizes PATH --out FILE` writes one")
    rows = csv.DictReader(io.StringIO(held.decode("utf-8-sig", "replace"), newline=""))
    if not {"file_name", "width", "height"} <= set(rows.fieldnames or ()):
        raise UsageError(
            f"--sizes {path}: expected the columns file_name,width,height, got {rows.fieldnames}"
        )
    return {
        row["file_name"]: (number(row["width"]), number(row["height"])) for row in rows if row["file_name"]
    }


def image_sizes(
    paths: Sequence[str],
    names: Sequence[str],
    stems: Sequence[str],
    side: Mapping[str, Side],
    options: ReadOptions,
) -> Sizes:
    """Return the size of each image; no file is opened with `images` none."""
    width, height = np.full(len(paths), np.nan), np.full(len(paths), np.nan)
    size_from = np.full(len(paths), int(SizeFrom.UNKNOWN), dtype=np.int8)
    probed = None
    if options.images != "none" and any(paths):
        probed = imagefile.probe(paths)
        width, height = np.array(probed.width), np.array(probed.height)
        size_from[np.isfinite(width)] = SizeFrom.HEADER
    told = told_sizes(side, options)
    for row in np.flatnonzero(size_from == SizeFrom.UNKNOWN).tolist() if told else ():
        size = told.get(names[row]) or told.get(stems[row]) or told.get(os.path.basename(stems[row]))
        if size and math.isfinite(size[0]) and math.isfinite(size[1]):
            width[row], height[row] = size
            size_from[row] = SizeFrom.SIZES
    return Sizes(width, height, size_from, probed)


def told_sizes(side: Mapping[str, Side], options: ReadOptions) -> dict[str, Size]:
    """Return sizes by name or stem, from the sizes file and the side file; the first goes before."""
    told = {stem: each.size for stem, each in side.items() if math.isfinite(sum(each.size))}
    if options.sizes is not None:
        given = read_sizes(Path(options.sizes), options)
        whole = {os.path.splitext(name)[0]: size for name, size in given.items()}
        bare = {name.replace("\\", "/").rpartition("/")[2]: size for name, size in whole.items()}
        told |= {**bare, **without_folder(whole), **whole, **given}
    return told


def without_folder(sizes: Mapping[str, Size]) -> dict[str, Size]:
    """The same by the stem labels have: images/train/a and train/images/a are train/a."""
    return {without_part(name.replace("\\", "/"), "images"): size for name, size in sizes.items()}
