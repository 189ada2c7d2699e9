"""Which image a prediction speaks of: by id where all of them are known, else by file name, else by stem."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.fingerprint import plain
from annotool.formats.coco.references import resolve
from annotool.formats.images import SUFFIXES
from annotool.predictions.results import References
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["Matched", "match_images", "numbered_stems"]

WAYS = ("id", "file name", "stem")


@dataclass(frozen=True)
class Matched:
    """rows: int64, the row of each prediction's image, -1 for none; by: one of WAYS, several, or "" where nothing could be told;
    wrong: what is wrong with all of them, where something is.
    """

    rows: Array
    by: str
    wrong: str = ""


def match_images(data: Dataset, called: References) -> Matched:
    """Return the image of each prediction. Names go before ids only where ids are not known, or contradict them."""
    if not len(called.ids):
        return Matched(called.ids, "")
    ids = data.table("images")["id"]
    by_id = resolve(ids, called.ids)
    wrong = counted_otherwise(ids, called.ids) or repeated(ids, called.ids)
    names, name_of = called.names, called.name_of
    if name_of is None or not (name_of >= 0).any():
        if (by_id >= 0).all() and not wrong:
            return Matched(by_id, "id")
        by_number = numbered_stems(data, called.ids)
        if (by_number >= 0).all() or ((by_number >= 0).sum() > (by_id >= 0).sum() and not wrong):
            return Matched(by_number, "stem")
        return Matched(np.full(len(by_id), -1), "", wrong) if wrong else Matched(by_id, "id")
    rows, by = by_texts(data, names)
    by_name = np.append(rows, -1)[name_of]
    bare = name_of < 0
    if bare.any():  # some have a number and some a text
        by_number = numbered_stems(data, called.ids)
        stems = (by_number >= 0)[bare].sum() >= (by_id >= 0)[bare].sum() or bool(wrong)
        by_name, by = (
            np.where(bare, by_number if stems else by_id, by_name),
            "stem" if stems else "id and stem",
        )
    agree = (by_id == by_name).all() or not (called.own or (by_name >= 0).any())
    if agree and (by_id >= 0).all() and not wrong:
        return Matched(by_id, "id")
    return Matched(by_name, by)


def counted_otherwise(ids: Array, wanted: Array) -> str:
    """Say so where ids that are not all known would all be, were they one more, or one less."""
    known, given = np.unique(ids[ids != NO_ID]), np.unique(wanted)
    if not len(known):
        return ""
    if known[0] == 1 and (given == 0).any() and np.isin(given + 1, known).all():
        return f"count from 0 (0 to {given[-1]}), those of the ground truth from 1"
    if known[0] == 0 and known[-1] == len(known) - 1 and given[0] > 0 and given[-1] == len(known):
        return f"count from 1 (to {given[-1]}), those of the ground truth from 0"
    return ""


def repeated(ids: Array, wanted: Array) -> str:
    """Say so where an id names several images, which happens when files with ids of their own are read together."""
    known, count = np.unique(ids[ids != NO_ID], return_counts=True)
    twice = np.intersect1d(known[count > 1], wanted)
    if not len(twice):
        return ""
    return f"name several images each ({len(twice)} of them, first {twice[0]}): give the one file of the dataset they belong to"


def numbered_stems(data: Dataset, ids: Array) -> Array:
    """The image whose stem is each number, as Ultralytics reads it: 000000000139 is 139. -1 where none or several are."""
    stems = [tail(name) for name in data.first_names.tolist()]
    numbers = [int(stem) if stem.isdecimal() and len(stem) < 19 else NO_ID for stem in stems]
    own = np.array(numbers, dtype=np.int64)
    known, count = np.unique(own, return_counts=True)
    own[np.isin(own, known[count > 1])] = NO_ID
    return resolve(own, ids)


def by_texts(data: Dataset, wanted: Sequence[str]) -> tuple[Array, str]:
    """As `by_names`; by id where all are ids that are texts, or numbers in quotes where none is a name."""
    table, odd = data.table("images"), data.table("originals")
    mine = np.flatnonzero((odd["table"] == "images") & (odd["column"] == "id"))[::-1]
    raw = zip(odd["raw"][mine].tolist(), odd["row"][mine].tolist(), strict=True)
    row_of = {json.loads(text): row for text, row in raw if text[:1] == '"'}
    by_id = np.array([row_of.get(name, -1) for name in wanted], dtype=np.int64)
    if (by_id >= 0).all():
        return by_id, "id"
    rows, by = by_names(data.first_names.tolist(), wanted)
    if (rows < 0).all() and all(name.isdecimal() and len(name) < 19 for name in wanted):
        numbers = np.array([int(name) for name in wanted], dtype=np.int64)
        if not counted_otherwise(table["id"], numbers) and not repeated(table["id"], numbers):
            return resolve(table["id"], numbers), "id"
    return rows, by


def by_names(images: Sequence[str], wanted: Sequence[str]) -> tuple[Array, str]:
    """Return the image of each name (int64, -1: none, or several), and by what: all by file name, else some by stem.

    A name may lack its suffix and its folders, and write its accents another way (macOS); a dot in a stem is no suffix
    unless one of images.
    """
    steps: tuple[Callable[[str], str], ...] = (
        str,
        without_suffix,
        last_part,
        lambda name: composed(last_part(name)),
    )
    keys: tuple[Callable[[str], str], ...] = (str, plain, tail, lambda name: composed(tail(name)))
    rows = np.full(len(wanted), -1, dtype=np.int64)
    for of_image, of_name in zip(keys, steps, strict=True):
        left = np.flatnonzero(rows < 0).tolist()
        if not left:
            break
        row_of = alone((of_image(name), at) for at, name in enumerate(images))
        rows[left] = [row_of.get(of_name(wanted[at]), -1) for at in left]
    exact = {*images}
    found = [wanted[at] for at in np.flatnonzero(rows >= 0).tolist()]
    return rows, "file name" if all(name in exact for name in found) and found else "stem"


def alone(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The places of words that stand at one place only."""
    places: dict[str, int] = {}
    for word, at in pairs:
        places[word] = -1 if word in places or not word else at
    return places


def tail(name: str) -> str:
    """A file's name without folders and suffix."""
    return plain(name).rpartition("/")[2]


def composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def without_suffix(name: str) -> str:
    """As `plain`, but only the suffix of an image is one: `scan.v2` is a stem."""
    own = name.replace("\\", "/").rpartition("/")[2]
    suffix = own[own.rfind(".") :].lower() if "." in own[1:] else ""
    return plain(name if suffix in SUFFIXES else f"{name}.jpg")


def last_part(name: str) -> str:
    return without_suffix(name).rpartition("/")[2]
