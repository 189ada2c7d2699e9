"""Which image has which label: by ultralytics' mapping, else by the same place below their folders, else by name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from annotool.findings import Severity
from annotool.formats.images import roots_beside
from annotool.formats.yolo.classes import NAMES, is_class_list, read_list
from annotool.formats.yolo.files import image_files, text_files, tree, whole
from annotool.formats.yolo.gathering import Gathering
from annotool.formats.yolo.layout import SPLITS, head, is_row
from annotool.formats.yolo.places import label_folder, without_part
from annotool.formats.yolo.plan import Part, Plan

__all__ = ["Labels", "Pairing", "Rows", "loosened", "pair_folders", "stem_of"]

HASH = re.compile(r"^[0-9a-f]{8}(?:-|__)")


class Labels(msgspec.Struct):
    """Label files by folder; `first` is the number of a folder's first file, `row` the image row of each file."""

    folders: dict[str, list[str]] = msgspec.field(default_factory=dict)
    first: dict[str, int] = msgspec.field(default_factory=dict)
    stems: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    row: list[int] = msgspec.field(default_factory=list)

    def add(self, folder: str, names: list[str]) -> None:
        """Add a folder's label files; a folder that is known stays as it is."""
        if folder not in self.folders and names:
            self.folders[folder], self.first[folder] = names, len(self.row)
            self.row += [-1] * len(names)

    def at(self, folder: str, stem: str) -> int:
        """Return the number of a label file, -1 where there is none."""
        if folder not in self.stems and folder in self.folders:
            self.stems[folder] = {name[:-4]: at for at, name in self.numbered(folder)}
        return self.stems.get(folder, {}).get(stem, -1)

    def numbered(self, folder: str) -> Iterable[tuple[int, str]]:
        """Return number and name of each label file of a folder."""
        return enumerate(self.folders[folder], self.first[folder])

    def below(self, folder: str) -> list[str]:
        """Return the folders of label files from this one down."""
        return [each for each in self.folders if (each + os.sep).startswith(folder + os.sep)]


class Rows(msgspec.Struct):
    """The images in columns: path on disk, name, number of the label file; where a list names it, else -1."""

    path: list[str] = msgspec.field(default_factory=list)
    name: list[str] = msgspec.field(default_factory=list)
    label: list[int] = msgspec.field(default_factory=list)
    listed: dict[int, tuple[int, int, int, int]] = msgspec.field(
        default_factory=dict
    )  # source, line, start, end
    known: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, key: str, path: str, name: str, label: int = -1) -> int:
        """Return the row of the image with this key, a new one where it is not known."""
        row = self.known.setdefault(key, len(self.path))
        if row == len(self.path):
            self.path.append(path)
            self.name.append(name)
            self.label.append(label)
        return row


class Pairing(msgspec.Struct):
    """Images, label files and splits. splits: image rows, split, source and line of who says so."""

    plan: Plan
    gathering: Gathering
    labels: Labels = msgspec.field(default_factory=Labels)
    rows: Rows = msgspec.field(default_factory=Rows)
    splits: list[tuple[Sequence[int], str, int, int]] = msgspec.field(default_factory=list)
    trees: dict[str, dict[str, list[str]]] = msgspec.field(default_factory=dict)
    failed: set[str] = msgspec.field(default_factory=set)  # folders that cannot be listed
    shared: int = 0  # images that share another's label file

    def tree(self, folder: Path | str) -> dict[str, list[str]]:
        """Return the files below a folder, by folder; looked up once."""
        if str(folder) not in self.trees:
            failed: dict[str, str] = {}
            self.trees[str(folder)] = tree(folder, self.gathering.options, failed)
            for each in sorted(failed.keys() - self.failed):
                message = "{folder} cannot be listed: {why}"
                self.gathering.problems.add("SCH001", message, folder=each, why=failed[each])
            self.failed |= failed.keys()
        return self.trees[str(folder)]

    def named(self, path: str) -> str:
        """Return the path of an image as it is named: below the base, or the user's folder, with forward slashes."""
        for folder in map(str, filter(None, (self.plan.base, self.gathering.options.images))):
            if path.startswith(folder + os.sep):
                return path[len(folder) + 1 :].replace(os.sep, "/")
        return os.path.basename(path)

    def stem(self, path: str) -> str:
        """Return what an image and its label have in common: the path without suffix, images/ and labels/."""
        below = os.path.splitext(self.named(path))[0]
        return without_part(without_part(below, "labels"), "images")

    def join(self, row: int, label: int) -> None:
        """Give an image its label file; where another image has it already, that one keeps the rows."""
        if label >= 0:
            if self.labels.row[label] < 0:
                self.labels.row[label] = row
            elif self.labels.row[label] != row:
                self.shared += 1
            self.rows.label[row] = label


Images = dict[str, list[int]]  # rows of the images of each folder


def pair_folders(pairing: Pairing) -> None:
    """Pair the images and labels of all parts that are folders."""
    plan, given = pairing.plan, pairing.gathering.options.images
    parts = [part for part in plan.parts if part.listing is None]
    for part in parts:
        add_labels(pairing, part.labels)
    if given == "none":
        parts = [replace(part, images="") for part in parts]
    elif given is not None:
        parts = [replace(part, images=str(given)) for part in parts]
    else:
        parts = [
            part if part.images else replace(part, images=images_beside(pairing, part)) for part in parts
        ]
    images = {
        folder: add_images(pairing, folder)
        for folder in dict.fromkeys(part.images for part in parts)
        if folder
    }
    add_strays(pairing, images)
    pair_left(pairing, parts, images)
    add_orphans(pairing)
    for part in parts:
        own = images.get(part.images, {}) if given is None else {}
        put_in_splits(pairing, part, own)


def add_labels(pairing: Pairing, top: str) -> None:
    """Find the label files below a folder; class lists among them are read as what they are."""
    for folder, names in pairing.tree(top).items() if top else ():
        if folder in pairing.labels.folders:
            continue
        texts = text_files(names)
        beside = {stem_of(name) for name in image_files(names)}
        for name in [name for name in texts if name.lower() in NAMES and name[:-4] not in beside]:
            if in_list(pairing, folder, name):
                texts.remove(name)
        if not is_of_labels(pairing, folder):
            texts = [name for name in texts if name[:-4] in beside or has_row(os.path.join(folder, name))]
        pairing.labels.add(folder, texts)


def in_list(pairing: Pairing, folder: str, name: str) -> bool:
    """Read a class list that lies among labels; return whether the file is one."""
    gathering, plan = pairing.gathering, pairing.plan
    path = Path(folder, name)
    if not any(each.taken.path == path for each in plan.lists):
        taken = gathering.take(path, "classes") if is_class_list(name, head(path)) else None
        if taken is None:
            return False
        plan.lists.append(read_list(gathering, taken))
    source = next(each.taken.source for each in plan.lists if each.taken.path == path)
    if is_of_labels(pairing, folder):
        message = "a class list among label files; read as a class list"
        gathering.problems.add("FMT002", message, source=source, line=1, severity=Severity.INFO)
    return True


def is_of_labels(pairing: Pairing, folder: str) -> bool:
    """Return whether a folder of the dataset is called labels, or lies in one that is."""
    base = pairing.plan.base
    below = Path(os.path.relpath(folder, base)).parts
    return "labels" in (part.lower() for part in (base.name, *below))


def has_row(path: str) -> bool:
    """Return whether a text file that lies among other things is a label file: it begins with a row, or is empty."""
    try:
        held = whole(path, None)
    except OSError:
        return True
    first = next((line for line in held.splitlines() if line.strip()), b"")
    return not first or is_row(first, strict=True)


def images_beside(pairing: Pairing, part: Part) -> str:
    """Return the folder where most of a part's labels find an image of their stem; "" where none does."""
    labels = pairing.labels
    stems = {name[:-4] for folder in labels.below(part.labels) for name in labels.folders[folder]}
    best, most = "", 0
    for folder in roots_beside(Path(part.labels), part.split):
        outside = folder == pairing.plan.base.parent  # what else lies beside the dataset is not searched
        found = tree(folder, pairing.gathering.options, {}, 0) if outside else pairing.tree(folder)
        names = [name for each in found.values() for name in image_files(each)]
        count = len(stems & {os.path.splitext(name)[0] for name in names})
        if count > most:
            best, most = str(folder), count
    return best


def add_images(pairing: Pairing, folder: str) -> Images:
    """Give each image below a folder a row, and the label ultralytics would read for it."""
    found: Images = {}
    for here, names in pairing.tree(folder).items():
        images = image_files(names)
        labels = label_folder(here)
        if images and pairing.gathering.options.images is None:
            add_labels(pairing, labels)
        prefix = pairing.named(os.path.join(here, "x"))[:-1]
        found[here] = []
        for name in images:
            path = os.path.join(here, name)
            row = pairing.rows.add(path, path, prefix + name)
            found[here].append(row)
            pairing.join(row, pairing.labels.at(labels, os.path.splitext(name)[0]))
    return found


def add_strays(pairing: Pairing, images: Mapping[str, Images]) -> None:
    """Find the labels of a folder of images where ultralytics' mapping leads to none: the text files with most of its
    stems, anywhere in the dataset.
    """
    rows, labels = pairing.rows, pairing.labels
    for own in images.values():
        for here, members in own.items():
            stems = {stem_of(rows.path[row]) for row in members if rows.label[row] < 0}
            if not stems or len(stems) < len(members):
                continue
            for folder, names in pairing.tree(pairing.plan.base).items():
                found = [name for name in text_files(names) if name[:-4] in stems] if folder != here else []
                if 2 * len(found) >= len(stems) and has_row(os.path.join(folder, found[0])):
                    labels.add(folder, found)


def add_orphans(pairing: Pairing) -> None:
    """Give each label file without an image a row of its own."""
    labels, rows = pairing.labels, pairing.rows
    for folder in labels.folders:
        prefix = pairing.stem(os.path.join(folder, "x"))[:-1]
        alone = [(at, name) for at, name in labels.numbered(folder) if labels.row[at] < 0]
        for row, (at, _) in enumerate(alone, len(rows.path)):
            labels.row[at] = row
        rows.path += [""] * len(alone)
        rows.name += [prefix + name[:-4] for _, name in alone]
        rows.label += [at for at, _ in alone]


def put_in_splits(pairing: Pairing, part: Part, images: Images) -> None:
    """Put the images of a part, and those of its label files, in the part's split."""
    labels = pairing.labels
    by_split: dict[str, list[int]] = {}
    for folder, rows in images.items():
        by_split.setdefault(split_of(part, part.images, folder), []).extend(rows)
    own = labels.below(part.labels) if part.labels else []
    for folder in dict.fromkeys(
        [*own, *(each for each in map(label_folder, images) if each in labels.folders)]
    ):
        first, count = labels.first[folder], len(labels.folders[folder])
        split = split_of(part, part.labels, folder)
        by_split.setdefault(split, []).extend(labels.row[first : first + count])
    for split, rows in by_split.items():
        if split:
            pairing.splits.append((list(dict.fromkeys(rows)), split, part.source, part.line))


def split_of(part: Part, top: str, folder: str) -> str:
    if not part.by_folder or not folder.startswith(top + os.sep):
        return part.split
    first = folder[len(top) + 1 :].partition(os.sep)[0]
    return first if first.lower() in SPLITS else ""


# What the mapping leaves.


def pair_left(pairing: Pairing, parts: Sequence[Part], images: Mapping[str, Images]) -> None:
    """Pair images and labels that ultralytics' mapping leaves: by place below their folders, by stem, by what is left
    of the stem without Label Studio's additions.
    """
    labels, rows = pairing.labels, pairing.rows
    left = {row: rows.path[row] for own in images.values() for each in own.values() for row in each}
    left = {row: path for row, path in left.items() if rows.label[row] < 0}
    free = {at: os.path.join(folder, name) for folder in labels.folders for at, name in labels.numbered(folder)
            if labels.row[at] < 0} if left else {}  # fmt: skip
    unmapped: list[tuple[int, str]] = []
    for part in parts:
        for row, label in matched(left, free, partial(place, part.images), partial(place, part.labels)):
            unmapped.append((row, free[label]))
            pairing.join(row, label)
            del left[row], free[label]
    for loose in (False, True):
        key = loosened if loose else stem_of
        pairs = matched(left, free, key, key)
        for row, label in pairs:
            if not loose:
                unmapped.append((row, free[label]))
            pairing.join(row, label)
            del left[row], free[label]
        if loose and pairs:
            said = f"{len(pairs):,} label files were matched to images by the end of their name, without the prefix or folders Label Studio puts before it."
            pairing.gathering.notes.append(said)
    if unmapped and pairing.gathering.options.images is None and pairing.plan.layout != "label studio":
        tell_unmapped(pairing, parts, unmapped)


def matched(
    images: Mapping[int, str],
    labels: Mapping[int, str],
    of_image: Callable[[str], str],
    of_label: Callable[[str], str],
) -> list[tuple[int, int]]:
    """Return image and label of each key that one image and one label have; the key "" is none."""
    by_image, by_label = keyed(images, of_image), keyed(labels, of_label)
    pairs = [(by_image[key], by_label[key]) for key in by_image if key in by_label]
    return [(rows[0], found[0]) for rows, found in pairs if len(rows) == len(found) == 1]


def keyed(paths: Mapping[int, str], key: Callable[[str], str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, path in paths.items():
        if name := key(path):
            found.setdefault(name, []).append(at)
    return found


def place(folder: str, path: str) -> str:
    """The path below a folder without suffix; "" when it is elsewhere."""
    return os.path.splitext(path[len(folder) + 1 :])[0] if folder and path.startswith(folder + os.sep) else ""


def stem_of(path: str) -> str:
    """The name without suffix."""
    return os.path.splitext(os.path.basename(path))[0]


def loosened(path: str) -> str:
    """The name without suffix, without the folders written into it, and without Label Studio's prefix."""
    return HASH.sub("", unquote(stem_of(path)).replace("\\", "/").rpartition("/")[2])


def tell_unmapped(pairing: Pairing, parts: Sequence[Part], unmapped: Sequence[tuple[int, str]]) -> None:
    """File FMT005 for each folder of images whose labels ultralytics would look for elsewhere."""
    folders: dict[tuple[str, str], list[int]] = {}
    for row, label in unmapped:
        key = os.path.split(pairing.rows.path[row])[0], os.path.split(label)[0]
        folders.setdefault(key, []).append(row)
    for (images, labels), rows in folders.items():
        part = next((each for each in parts if (images + os.sep).startswith(each.images + os.sep)), parts[0])
        pairing.gathering.problems.add(
            "FMT005",
            "{images} images in {folder}: ultralytics looks for their labels in {wanted}, they are in {found}",
            source=part.source,
            line=part.line,
            image=-1 if part.source >= 0 else rows[0],
            images=len(rows),
            folder=pairing.named(images),
            wanted=pairing.named(label_folder(images)),
            found=pairing.named(labels),
        )
