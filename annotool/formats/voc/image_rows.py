"""The table `images` of a VOC dataset: a row an xml, then a row an image that has none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from annotool.formats.base import objects
from annotool.formats.voc.gather import Gathered
from annotool.formats.voc.lists import Entry
from annotool.formats.voc.pictures import Pictures
from annotool.imagefile import probe
from annotool.schema import SizeFrom, make
from annotool.table import Table

__all__ = ["image_tables", "with_phantoms"]


def image_tables(gathered: Gathered, pictures: Pictures, restored: Mapping[str, str]) -> tuple[Table, Table]:
    """Return the tables `images` and `originals`. restored: image names by stem, from the side file.

    An image without an xml has its size from its own header; what an xml says of a size is left as it is.
    """
    n, alone = len(gathered.stems), list(pictures.alone)
    names, odd = image_names(gathered, pictures, restored)
    lone = probe(list(pictures.alone.values()))
    declared = np.array([(head.width, head.height) for head in gathered.heads], dtype=np.float64)
    sizes = np.concatenate([declared.reshape(-1, 2), np.stack([lone.width, lone.height], axis=1)])
    has = np.arange(n + len(alone)) < n
    known = np.where(has, SizeFrom.DECLARED, SizeFrom.HEADER)
    images = make(
        "images", n + len(alone), source=np.where(has, np.arange(n + len(alone)), -1),
        file_name=objects(names + alone), path=objects([*pictures.paths, *pictures.alone.values()]),
        width=sizes[:, 0], height=sizes[:, 1],
        size_from=np.where(np.isnan(sizes).all(axis=1), SizeFrom.UNKNOWN, known),
        extra=np.array([head.extra for head in gathered.heads] + [False] * len(alone)),
        start=np.where(has, 0, -1), line=has.astype(np.int32),
        end=np.array([len(part) for part in gathered.sources.parts[:n]] + [-1] * len(alone), dtype=np.int64),
    )  # fmt: skip
    rows, columns, raws = zip(*odd, strict=True) if odd else ((), (), ())
    originals = make(
        "originals", len(odd), table=objects(["images"] * len(odd)), row=np.array(rows, dtype=np.int64),
        column=objects(columns), raw=objects(raws),
    )  # fmt: skip
    return images, originals


def image_names(
    gathered: Gathered, pictures: Pictures, restored: Mapping[str, str]
) -> tuple[list[str], list[tuple[int, str, str]]]:
    """Return the name of each xml's image, and what is odd: (image, column, text as written).

    The name is as written, behind the folder its image or, for want of one, its xml lies in; the image's own where
    none is written; the side file's where that has one.
    """
    several = len({stem.rpartition("/")[0] for stem in gathered.stems}) > 1
    names, odd = [], [*gathered.oddities]
    columns = (gathered.stems, gathered.heads, pictures.paths, pictures.names)
    for key, (stem, head, path, below) in enumerate(zip(*columns, strict=True)):
        place = (below if path else stem if several else "").rpartition("/")[0]
        written = head.file_name or (path.rpartition("/")[2] if path else stem.rpartition("/")[2])
        spelled = "/" in written or "\\" in written
        name = f"{place}/{written}" if place and not spelled else written
        if stem in restored:
            odd.append((key, "file_name", written))
            name = restored[stem]
        names.append(name)
    return names, odd


def with_phantoms(images: Table, named: Mapping[str, tuple[Entry, int]]) -> Table:
    """Return `images` with a row for each name that a list speaks of and that has neither xml nor image file: its
    source is the list."""
    if not named:
        return images
    places = {
        column: np.array([getattr(entry, column) for entry, _ in named.values()])
        for column in ("line", "start", "end")
    }
    sources = np.array([source for _, source in named.values()])
    rows = make("images", len(named), file_name=objects(list(named)), source=sources, **places)
    longer = Table.concat([images, rows])
    return longer.with_columns(image=np.arange(len(longer)))
