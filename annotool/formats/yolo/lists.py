"""Files that list images: train.txt of a data.yaml or an obj.data, and lists of stems beside bare folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from annotool.formats.images import called, locate
from annotool.formats.listing import scanned
from annotool.formats.yolo.files import text_files
from annotool.formats.yolo.gathering import Taken
from annotool.formats.yolo.odd import BOM
from annotool.formats.yolo.pairs import Pairing
from annotool.formats.yolo.places import label_folder, parts_of

__all__ = ["pair_lists", "read_sets"]

Entry = tuple[str, int, int, int]  # text, line, start, end
Names = Callable[[str], Mapping[str, str]]  # files of a folder by the names that lists are to find them by


class Wanted(NamedTuple):
    """Where a list's entry points: the image and the label file ultralytics would read, each "" when not there."""

    image: str
    labels: str
    stem: str


def entries(held: bytes) -> Iterator[Entry]:
    """Yield the non-blank lines of a list with their line and place."""
    start = len(held) - len(held.removeprefix(BOM))
    for line, text in enumerate(held[start:].splitlines(keepends=True), 1):
        word = text.strip()
        if word:
            first = start + text.index(word)
            yield word.decode("utf-8", "replace"), line, first, first + len(word)
        start += len(text)


def pair_lists(pairing: Pairing) -> None:
    """Pair the images that list files name with their labels; each image is in the list's split."""
    parts = [part for part in pairing.plan.parts if part.listing is not None]
    lists = []
    for part in parts:
        taken = pairing.gathering.take(Path(part.listing or ""), "split")
        if taken is not None:
            lists.append((part, taken, list(entries(taken.held))))
    names = cache(partial(names_in, pairing))
    wanted = [[find(pairing, taken, entry[0], names) for entry in found] for _, taken, found in lists]
    add_labels(pairing, [each for found in wanted for each in found], names)
    for (part, taken, found), places in zip(lists, wanted, strict=True):
        paths = image_paths(pairing, [entry[0] for entry in found], places)
        rows = [
            add(pairing, taken.source, entry, place, path)
            for entry, place, path in zip(found, places, paths, strict=True)
        ]
        lines: dict[int, int] = {}
        for row, entry in zip(rows, found, strict=True):
            lines.setdefault(row, entry[1])
        for row, line in lines.items():
            pairing.splits.append(([row], part.split, taken.source, line))


def names_in(pairing: Pairing, folder: str) -> Mapping[str, str]:
    options = pairing.gathering.options
    gone = {str(path) for path, held in options.overlay.items() if held is None}
    try:
        found = (name for name in scanned(folder)[0] if os.path.join(folder, name) not in gone)
        return called(folder, found, options.renamed)
    except (OSError, ValueError):  # a zero byte in the path
        return {}


def find(pairing: Pairing, taken: Taken, text: str, names: Names) -> Wanted:
    """Return where an entry points, tried as ultralytics does, then by its tail below the dataset's root.

    What lies outside the root is treated as missing.
    """
    root, clean = str(pairing.plan.root), text.replace("\\", "/")
    beside = str(taken.path.parent)
    tries = [os.path.join(beside, clean), os.path.join(root, clean)]
    parts = parts_of(clean)
    tries += [os.path.join(root, *parts[at:]) for at in range(len(parts))]
    inside = os.path.normpath(Path(root).absolute()) + os.sep
    for each in map(os.path.normpath, tries):
        if not str(Path(each).absolute()).startswith(inside):
            continue
        folder, name = os.path.split(each)
        labels, stem = label_folder(folder), os.path.splitext(name)[0]
        image = os.path.join(folder, names(folder)[name]) if name in names(folder) else ""
        label = labels if f"{stem}.txt" in names(labels) or f"{stem}.TXT" in names(labels) else ""
        if image or label:
            return Wanted(image, label, stem)
    return Wanted("", "", os.path.splitext(os.path.basename(clean))[0])


def add_labels(pairing: Pairing, wanted: Sequence[Wanted], names: Names) -> None:
    """Take the label files that are wanted; those beside them that no list names are not part of the dataset."""
    stems: dict[str, set[str]] = {}
    for each in wanted:
        if each.labels:
            stems.setdefault(each.labels, set()).add(each.stem)
    left = 0
    for folder, listed in sorted(stems.items()):
        found = sorted(name for name in text_files(sorted(names(folder))) if name[:-4] in listed)
        pairing.labels.add(folder, found)
        left += sum(len(name) > 4 for name in text_files(sorted(names(folder)))) - len(found)
    if left:
        pairing.gathering.notes.append(
            f"{left:,} text files beside the labels are named by no list and were not read."
        )


def image_paths(pairing: Pairing, texts: Sequence[str], places: Sequence[Wanted]) -> Sequence[str]:
    """Return the image file of each entry, "" where there is none or none is to be looked for."""
    given = pairing.gathering.options.images
    if given is None:
        return [place.image for place in places]
    if given == "none":
        return [""] * len(places)
    found: Sequence[str] = locate(
        texts, [Path(given)], [Path(given)], pairing.gathering.options.renamed
    ).paths.tolist()
    return found


def add(pairing: Pairing, source: int, entry: Entry, place: Wanted, path: str) -> int:
    """Give an entry its image row; the first list that names it is where it is from."""
    text, line, start, end = entry
    label = pairing.labels.at(place.labels, place.stem)
    key = path or (os.path.join(place.labels, place.stem) if label >= 0 else f"{source}:{text}")
    row = pairing.rows.add(key, path, text.removeprefix("./"))
    pairing.rows.listed.setdefault(row, (source, line, start, end))
    pairing.join(row, label)
    return row


# Lists of stems beside folders without a configuration: sets/train.txt.


def read_sets(pairing: Pairing) -> None:
    """Read lists of stems as splits.

    A list that is exactly the union of others is no split. An entry without image and label gets a row of its own.
    """
    rows = pairing.rows
    if not pairing.plan.sets:
        return
    by_stem: dict[str, int] = {}
    for row, name in enumerate(rows.name):
        stem = pairing.stem(rows.path[row]) if rows.path[row] else name
        for key in (name, stem, stem.rpartition("/")[2]):
            by_stem.setdefault(key, row)
    taken = [each for path in pairing.plan.sets if (each := pairing.gathering.take(path, "split"))]
    found = {each.source: list(entries(each.held)) for each in taken}
    members = {each.source: {key_of(entry) for entry in found[each.source]} for each in taken}
    for each in taken:
        if parts := union_of(each.source, members):
            names = " and ".join(other.path.name for other in taken if other.source in parts)
            pairing.gathering.notes.append(f"{each.path.name} is {names} together: no split.")
            continue
        for entry in found[each.source]:
            key = key_of(entry)
            if key not in by_stem:
                by_stem[key] = rows.add(f"{each.source}:{key}", "", entry[0])
            rows.listed.setdefault(by_stem[key], (each.source, *entry[1:]))
            pairing.splits.append(([by_stem[key]], each.path.stem, each.source, entry[1]))


def key_of(entry: Entry) -> str:
    name = entry[0].replace("\\", "/")
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in (".jpg", ".jpeg", ".png", ".txt", ".bmp", ".webp") else name


def union_of(source: int, members: dict[int, set[str]]) -> list[int]:
    """Return the lists this one is exactly the union of: two or more, none of them the whole."""
    parts = [other for other, own in members.items() if own and own < members[source]]
    if not parts or set.union(*(members[other] for other in parts)) != members[source]:
        return []
    return [each for each in parts if not any(members[each] < members[other] for other in parts)]
