"""Which category a prediction means: by name where it says one, else by id, else by its place in the order of classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.formats.coco.references import resolve
from annotool.predictions.results import References
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["COCO_91", "Kinds", "class_order", "in_order", "match_categories", "match_columns"]

COCO_91 = tuple(sorted({*range(1, 91)} - {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}))
"""The ids of COCO's 80 categories, in order: what is predicted of class 0, 1, 2 ... by models trained on them."""


@dataclass(frozen=True)
class Kinds:
    """rows: int64, the row of each prediction's category, -1 for none; by: how it was found; wrong: what is wrong with
    all of them, where something is.
    """

    rows: Array
    by: str
    wrong: str = ""


def match_categories(
    data: Dataset, called: References, image: Array, classes: Mapping[int, str], plain: bool = False
) -> Kinds:
    """Return the category of each prediction. classes: names by index, where the user gave some; plain: numbers are
    places in the order of classes and nothing else, as in label files.
    """
    ids = called.ids
    if not len(ids):
        return Kinds(ids, "")
    if called.name_of is not None and (called.name_of >= 0).any():
        by_name = of_names(data, list(called.names), image, called.name_of)
        bare = np.flatnonzero(called.name_of < 0)
        if not len(bare):
            return Kinds(by_name, "name")
        # Some rows have a number: a word among them spoils itself alone.
        numbered = match_categories(data, References(ids[bare]), image[bare], classes, plain)
        by_name[bare] = numbered.rows
        named = bool((np.delete(by_name, bare) >= 0).any())
        return Kinds(
            by_name, f"name, else {numbered.by}" if named and numbered.by else numbered.by, numbered.wrong
        )
    if classes:
        names = listed(classes)
        return Kinds(of_names(data, names, image, np.where(ids < len(names), ids.clip(-1), -1)), "--classes")
    known = data.table("categories")["id"]
    counted = known[known != NO_ID]
    if plain or not len(counted):
        return Kinds(
            np.append(in_order(data), -1)[clipped(ids, len(in_order(data)))], "place in the class order"
        )
    by_id = of_ids(data, ids, image)
    if (by_id >= 0).all():
        return Kinds(by_id, "id")
    return other_numbers(data, ids, by_id, np.unique(counted))


def match_columns(data: Dataset, called: References, classes: Mapping[int, str]) -> Kinds:
    """Return the category of each column of scores: by name, else, where all names are numbers, as `match_categories`; those
    from 0 to the last category are places in the order of classes whatever the ids.
    """
    image = np.full(len(called.ids), -1)
    kinds = match_categories(data, called, image, classes, plain=True)
    numbers = [int(name) for name in called.names if name.isdecimal() and len(name) < 10]
    if not numbers or len(numbers) < len(called.names) or (kinds.rows >= 0).any():
        return kinds
    every = sorted(numbers) == [*range(len(in_order(data)))]
    return match_categories(data, References(np.array(numbers)), image, classes, plain=every)


def clipped(ids: Array, count: int) -> Array:
    return np.where((ids >= 0) & (ids < count), ids, count)


def other_numbers(data: Dataset, ids: Array, by_id: Array, known: Array) -> Kinds:
    """What ids mean that are not all ids of the ground truth: those of COCO, classes counted from 1, or from 0."""
    given, order = np.unique(ids[ids != NO_ID]), in_order(data)
    if known[0] == 0 and len(order) == len(COCO_91) and np.isin(given, COCO_91).all():
        place = np.searchsorted(COCO_91, np.clip(ids, 1, COCO_91[-1]))
        return Kinds(np.where(ids == NO_ID, -1, order[place]), "COCO's 91 ids")
    if known[0] == 0 and len(given) and given[0] >= 1 and given[-1] == len(order):
        return Kinds(
            np.where(ids == NO_ID, -1, order[clipped(ids - 1, len(order) - 1)]), "class, counted from 1"
        )
    classes = len(given) and given[0] == 0 and given[-1] < len(order)  # of COCO's 80 too, whose ids have gaps
    if known[0] == 1 and (given == 0).any() and (classes or np.isin(given + 1, known).all()):
        wrong = f"count from 0 (0 to {given[-1]}), those of the ground truth from 1"
        return Kinds(np.full(len(ids), -1), "", wrong)
    return Kinds(by_id, "id")


def listed(classes: Mapping[int, str]) -> list[str]:
    return [classes.get(at, "") for at in range(max(classes) + 1)]


def class_order(data: Dataset, classes: Mapping[int, str]) -> Array:
    """The row of each class of a model: of those that the user named, -1 for unknown ones, else as `in_order`."""
    if not classes:
        return in_order(data)
    names = listed(classes)
    return of_names(data, names, np.full(len(names), -1), np.arange(len(names)))


def in_order(data: Dataset) -> Array:
    """Rows of categories in the order in which models count classes: by id where there are ids, else as declared in a
    file, else by name; one row a label.
    """
    table = data.table("categories")
    first = np.unique(table["label"], return_index=True)[1]
    ids = table["id"][first]
    if (ids != NO_ID).all():
        return first[np.argsort(ids, kind="stable")]
    if (table["source"][first] >= 0).all():
        return np.sort(first)
    return first[np.argsort(table["name"][first].astype(str), kind="stable")]


def of_ids(data: Dataset, ids: Array, image: Array) -> Array:
    """The category of each id: of the file the image comes from where that has some, else the first of all."""
    categories = data.table("categories")
    found = resolve(categories["id"], ids)
    own_files = np.unique(categories["source"][categories["source"] >= 0])
    if len(own_files) > 1:
        sources = np.append(data.table("images")["source"], -1)[image]
        for source in np.intersect1d(own_files, sources).tolist():
            mine = sources == source
            own = np.where(categories["source"] == source, categories["id"], NO_ID)
            found[mine] = resolve(own, ids[mine])
    return found


def of_names(data: Dataset, names: list[str], image: Array, name_of: Array) -> Array:
    """The category of each name: exactly it, else but for case and blanks around; of the file of the image as in of_ids."""
    table = data.table("categories")
    own = table["name"].tolist()
    exact, loose = {}, {}
    for row in range(len(own) - 1, -1, -1):
        exact[own[row]] = row
        loose[own[row].strip().casefold()] = row
    rows = [exact.get(name, loose.get(name.strip().casefold(), -1)) if name else -1 for name in names]
    found: Array = np.array([*rows, -1], dtype=np.int64)[name_of]
    sources = np.append(data.table("images")["source"], -1)[image]
    labels = np.append(table["label"], -1)[found]
    key, row_of = table["label"].astype(np.int64) * (1 << 32) + table["source"], found
    at = resolve(
        key, np.where((labels >= 0) & (sources >= 0), labels.astype(np.int64) * (1 << 32) + sources, NO_ID)
    )
    return np.where(at >= 0, at, row_of)
