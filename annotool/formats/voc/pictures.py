"""Which image file belongs to which xml: by the xml's stem first, then by its <filename>."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from annotool.errors import UsageError
from annotool.formats.base import ReadOptions
from annotool.formats.images import SUFFIXES, locate, roots_beside
from annotool.formats.listing import Listing
from annotool.formats.voc.layout import Layout

__all__ = ["Pictures", "find"]

DEPTH = 4


class Pictures(msgspec.Struct, frozen=True):
    """The image files of a dataset. paths, names: for each xml, where its image lies and that below the root; both
    empty where it has none. alone: names of images without an xml, each with its path. root None: none was found."""

    paths: Sequence[str]
    names: Sequence[str]
    alone: Mapping[str, str]
    root: Path | None
    said: str


class Shelf(msgspec.Struct, frozen=True):
    """The images below one folder, by stem (path without suffix)."""

    root: Path
    by_stem: Mapping[str, list[str]]

    @staticmethod
    def of(root: Path, nested: bool) -> Shelf:
        by_stem: dict[str, list[str]] = {}
        for folder in Listing(root).walk(DEPTH if nested else 0):
            below = "" if folder.path == root else folder.path.relative_to(root).as_posix() + "/"
            for name, suffix in folder.files.items():
                if suffix in SUFFIXES and not name.startswith((".", "~$")):
                    by_stem.setdefault(below + name[: -len(suffix)], []).append(below + name)
        return Shelf(root, by_stem)

    def fitness(self, stems: Sequence[str]) -> tuple[int, int, int]:
        """Return how many stems have an image here, how many have one of that name in any folder, and the depth."""
        exact, depth = sum(stem in self.by_stem for stem in stems), len(self.root.parts)
        if exact == len(stems):
            return exact, exact, depth
        names = {last(stem).lower() for stem in self.by_stem}
        return exact, sum(last(stem).lower() in names for stem in stems), depth

    def match(self, stems: Sequence[str], written: Sequence[str]) -> list[str]:
        """Return the image of each stem, empty for none: of several the one <filename> names; else the same stem in
        another folder or in another case."""
        exact = [self.by_stem.get(stem) for stem in stems]
        if not all(exact):
            near: dict[str, list[str]] = {}
            for stem, names in self.by_stem.items():
                near.setdefault(last(stem).lower(), []).extend(names)
            single = {stem: names for stem, names in near.items() if len(names) == 1}
            exact = [
                found or single.get(last(stem).lower()) for found, stem in zip(exact, stems, strict=True)
            ]
        return [pick(names, name) for names, name in zip(exact, written, strict=True)]


def pick(names: list[str] | None, written: str) -> str:
    if not names:
        return ""
    if len(names) > 1:
        return next((name for name in names if last(name) == written), names[0])
    return names[0]


def last(name: str) -> str:
    return name.rpartition("/")[2]


def find(layout: Layout, stems: Sequence[str], written: Sequence[str], options: ReadOptions) -> Pictures:
    """Find the images. stems: of the xml files, below their folder; written: their <filename>.

    Raises UsageError when the user's image folder does not exist.
    """
    if options.images == "none":
        return Pictures([""] * len(stems), [""] * len(stems), {}, None, "")
    roots = image_roots(layout, options)
    shelves = filled(roots, stems, layout.nested)
    best = max(shelves, key=lambda shelf: shelf.fitness(stems), default=None)
    names = best.match(stems, written) if best else [""] * len(stems)
    lone: list[str] = []
    if best and any(names):
        taken = set(names)
        lone = sorted(name for own in best.by_stem.values() for name in own if name not in taken)
    inside = [layout.root.absolute(), layout.labels.absolute().parent, *(roots if options.images else ())]
    located = locate([*names, *lone], [best.root], inside) if best else None
    paths = list(located.paths) if located else [""] * len(stems)
    fill_by_filename(paths, written, [shelf.root for shelf in shelves], inside, options.renamed)
    gone = {str(path) for path, held in options.overlay.items() if held is None}
    paths = ["" if path in gone else path for path in paths]
    own, others = paths[: len(stems)], paths[len(stems) :]
    found, used = sum(map(bool, own)), set(own)
    alone = {name: path for name, path in zip(lone, others, strict=True) if path and path not in used}
    root = best.root if best and found else None
    more = f", {len(alone):,} of them without xml" if alone else ""
    place = f" in {root}" if root else ""
    said = f"{found + len(alone):,} of {len(stems) + len(alone):,} images found{place}{more}{located.outside if located else ''}"
    return Pictures(own, names, alone, root, said)


def filled(roots: Sequence[Path], stems: Sequence[str], nested: bool) -> list[Shelf]:
    """Return the folders that hold images, up to the first that holds one for every stem."""
    found = []
    for root in roots:
        shelf = Shelf.of(root, nested)
        if shelf.by_stem:
            found.append(shelf)
            if shelf.fitness(stems)[0] == len(stems):
                break
    return found


def image_roots(layout: Layout, options: ReadOptions) -> list[Path]:
    if options.images is None:
        return roots_beside(layout.labels.absolute(), options.split or "")
    given = Path(options.images).absolute()
    if not given.is_dir():
        raise UsageError(
            f"--images {given}: no such folder; give the folder that holds the images, or `none`"
        )
    return [each for each in (given, given / "JPEGImages", given / "images") if each.is_dir()]


def fill_by_filename(
    paths: list[str],
    written: Sequence[str],
    roots: Sequence[Path],
    inside: Sequence[Path],
    renamed: Mapping[str, str],
) -> None:
    """Find images that are not called as their xml by the name the xml gives."""
    missing = [at for at, name in enumerate(written) if not paths[at] and name]
    if not missing or not roots:
        return
    names = [written[at] if os.path.splitext(written[at])[1].lower() in SUFFIXES else "" for at in missing]
    named = [(at, name) for at, name in zip(missing, names, strict=True) if name]
    found = locate([name for _, name in named], roots, inside, renamed).paths
    for (at, _), path in zip(named, found, strict=True):
        paths[at] = str(Path(path).absolute()) if path else ""
