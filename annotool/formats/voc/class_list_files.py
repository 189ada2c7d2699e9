"""Writing lists of classes (ImageSets/Main/cat_train.txt) from a dataset whose annotations all label whole images."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Written
from annotool.formats.labelled import image_labels, splits_of, unlabelled
from annotool.formats.voc.class_lists import FLAG, NO_SPLIT
from annotool.formats.voc.lists import lines
from annotool.formats.voc.names import places, safe
from annotool.schema import Kind

__all__ = ["only_labels", "write"]

WHOLE, BESIDE = "trainval", "trainval_"
Flags = dict[str, dict[int, str]]  # by category and image (its position): -1, 0 or 1


def only_labels(data: Dataset) -> bool:
    """Whether all annotations label whole images."""
    kinds = data.table("annotations")["kind"]
    return bool((kinds <= Kind.IMAGE).all() and (kinds == Kind.IMAGE).any())


def write(data: Dataset, out: Path) -> Written:
    """Write the lists of all classes and splits into the empty folder `out`."""
    rows, skipped = unlabelled(data)
    flags = read_flags(data) if "class_lists" in data.facts else made_flags(data, image_labels(data, rows))
    stems = [place.stem for place in places(data)]
    called, members = file_names(flags), by_split(data)
    main = out / "ImageSets" / "Main"
    main.mkdir(parents=True)
    for split, images in members.items():
        texts = {split: [stems[image] for image in images]}
        for category, own in flags.items():
            told = [f"{stems[image]} {own[image]:>2}" for image in images if image in own]
            texts[f"{called[category]}_{split}"] = told
        for name, text in texts.items():
            (main / f"{name}.txt").write_bytes("".join(f"{line}\n" for line in text).encode())
    files = tuple(f"ImageSets/Main/{file.name}" for file in sorted(main.iterdir()))
    return Written(files, len(stems), len(rows), tuple(skipped), tuple(notes(data, called, stems, members)))


def by_split(data: Dataset) -> dict[str, list[int]]:
    """Return the images of each list: those of each split, and those of none."""
    found: dict[str, list[int]] = {safe(name.replace("/", "_")): [] for name in data.split_names}
    bare = NO_SPLIT[-1] if found else NO_SPLIT[0]
    for image, own in enumerate(splits_of(data)):
        for name in own or [bare]:
            found.setdefault(safe(name.replace("/", "_")), []).append(image)
    return {BESIDE if name == WHOLE and beyond(found) else name: own for name, own in found.items()}


def beyond(members: dict[str, list[int]]) -> bool:
    """Whether trainval holds what neither train nor val does, though every reader takes it for both together."""
    parts = [members[each] for each in ("train", "val") if each in members]
    return len(parts) == 2 and not {*parts[0], *parts[1]}.issuperset(members.get(WHOLE, ()))


def made_flags(data: Dataset, labels: list[list[str]]) -> Flags:
    """Return 1 or -1 for each category and image."""
    names = dict.fromkeys(data.labels)
    return {name: {image: "1" if name in own else "-1" for image, own in enumerate(labels)} for name in names}


def read_flags(data: Dataset) -> Flags:
    """Return what the lists that the dataset was read from say; where two lists speak of an image, the first."""
    images = data.table("images")["file_name"].tolist()
    known = {os.path.splitext(name)[0]: image for image, name in reversed(list(enumerate(images)))}
    known |= {name: image for image, name in reversed(list(enumerate(images)))}
    classes = sorted(data.facts["class_lists"], key=len, reverse=True)
    found: Flags = {name: {} for name in data.facts["class_lists"]}
    for source, file in enumerate(data.table("sources")["file"].tolist()):
        stem = file.rpartition("/")[2]
        category = next((name for name in classes if stem.startswith(f"{name}_")), "")
        for line in lines(bytes(data.source_bytes(source))) if category else ():
            match = FLAG.fullmatch(line.stem)
            if match and match[1] in known:
                found[category].setdefault(known[match[1]], match[2])
    return found


def file_names(flags: Flags) -> dict[str, str]:
    """Return what the lists of each category are called by: its name, made safe, and no other's, case aside."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(flags, key=lambda each: (bare(each) != each, each)):  # what need not change, first
        wanted, number = bare(name), 1
        while wanted.casefold() in taken:
            number += 1
            wanted = f"{bare(name)}-{number}"
        taken.add(wanted.casefold())
        found[name] = wanted
    return found


def bare(name: str) -> str:
    return safe(name.replace("/", "_").replace("\\", "_"))


def notes(
    data: Dataset, called: dict[str, str], stems: list[str], members: dict[str, list[int]]
) -> Iterator[str]:
    """Say which names changed."""
    yield from (
        f"class {name!r} is written as list {file!r}" for name, file in called.items() if name != file
    )
    if BESIDE in members:
        yield f"split {WHOLE!r} is written as {BESIDE!r}, for it holds more than train and val"
    names = [name.replace("\\", "/") for name in data.table("images")["file_name"].tolist()]
    same = [stem in (name, os.path.splitext(name)[0]) for stem, name in zip(stems, names, strict=True)]
    if other := int(np.count_nonzero(~np.array(same, dtype=bool))):
        yield f"images that are called otherwise than before: {other:,}"
