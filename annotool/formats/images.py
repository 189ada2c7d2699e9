"""Finding the image files that labels speak of, without opening any and without leaving the dataset."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from annotool.formats.base import objects
from annotool.formats.listing import Listing
from annotool.table import Array

__all__ = ["SUFFIXES", "Located", "called", "locate", "roots_beside"]

SUFFIXES = frozenset(
    [
        ".bmp",
        ".dng",
        ".gif",
        ".heic",
        ".heif",
        ".jfif",
        ".jpeg",
        ".jpg",
        ".jp2",
        ".mpo",
        ".pfm",
        ".pgm",
        ".png",
        ".ppm",
        ".tif",
        ".tiff",
        ".webp",
        ".avif",
    ]
)
"""Suffixes of image files, lower case (those ultralytics and Pillow read)."""

LABELS = frozenset(
    (".json", ".xml", ".txt", ".yaml", ".yml", ".csv", ".md")
)  # files that are no images for sure


AS_THEY_ARE: Mapping[str, str] = MappingProxyType({})


class Located(msgspec.Struct, frozen=True):
    """Where the images are. paths: object array, one a name, empty where none was found or it lies outside;
    root: the folder where most were found; said: one sentence for the user; outside: what to say of those that lie
    outside, beginning with a comma or a semicolon, empty where there are none.
    """

    paths: Array
    root: Path | None
    said: str
    outside: str = ""


def roots_beside(label_folder: Path, split: str = "") -> list[Path]:
    """Return the folders where images may lie, likeliest first: beside the labels, images/, JPEGImages/, the split's
    name, and the same one folder up.
    """
    found = []
    for base in (label_folder, label_folder.parent):
        names = [
            "",
            "images",
            "JPEGImages",
            split,
            f"images/{split}",
            f"{split}/images",
            "imgs",
            "data",
            f"{split}2017",
        ]
        found += [base / name for name in names if name or base is label_folder or not split]
        found.append(base)
    return [each for each in dict.fromkeys(found) if each.is_dir()]


def called(folder: str | Path, names: Iterable[str], renamed: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a folder by the names that labels are to find them by; see ReadOptions.renamed."""
    if not renamed:
        return {name: name for name in names}
    whole = os.path.normpath(Path(folder).absolute())  # images.path may have it so
    found = {}
    for name in names:
        new = renamed.get(os.path.join(folder, name)) or renamed.get(os.path.join(whole, name), name)
        found[os.path.basename(new)] = name
    return found


def locate(
    names: Sequence[str],
    roots: Sequence[Path],
    inside: Sequence[Path],
    renamed: Mapping[str, str] = AS_THEY_ARE,
) -> Located:
    """Find image files by name below the roots; the root where most names are found wins.

    names as written: with sub-folders, backslashes, absolute, or `../x`; each is tried as written below the root, then
    with forward slashes, then by its last parts, then with another case. A path outside all of `inside` is treated as
    missing and never opened. `renamed`: see ReadOptions.
    """
    whole = "\n".join(names)  # one look at all names is much quicker than a look at each
    wanted = [name.replace("\\", "/") for name in names] if "\\" in whole else names
    nested = "/" in whole or "\\" in whole
    best, best_root = ["" for _ in names], None
    most = 0
    for root in roots:
        paths = _below(wanted, nested, root, renamed)
        count = sum(map(bool, paths))
        if count > most:
            best, best_root, most = paths, root, count
        if most == len(names):
            break
    allowed = [
        each for folder in inside for each in dict.fromkeys((str(folder.absolute()), str(folder.resolve())))
    ]
    here = Path.cwd()
    kept = [path if path and _inside(os.path.join(here, path), allowed) else "" for path in best]
    if best_root is None:
        return Located(objects(kept), None, "no image files found")
    found = sum(map(bool, kept))
    outside = told_outside([path for path, own in zip(best, kept, strict=True) if path and not own])
    return Located(
        objects(kept),
        best_root,
        f"{found:,} of {len(names):,} images found in {best_root}{outside}",
        outside,
    )


def told_outside(paths: Sequence[str]) -> str:
    """Say that image files are not looked at since they lie outside the dataset, and what helps; empty for none."""
    if not paths:
        return ""
    one = len(paths) == 1
    leads, counts = ("1 leads", "counts") if one else (f"{len(paths):,} lead", "count")
    real = Path(os.path.realpath(paths[0])).parent
    return f"; {leads} out of the dataset, by a link or '..', and {counts} as missing: --images {real}"


def _below(wanted: Sequence[str], nested: bool, root: Path, renamed: Mapping[str, str]) -> list[str]:
    near: dict[str, list[tuple[Path, dict[str, str]]]] = {}
    for folder in {name.rpartition("/")[0] for name in wanted} if nested else {""}:
        listings = (Listing(root / tail) for tail in _tails(folder))
        near[folder] = [(each.path, names) for each in listings if (names := _by_any_case(each, renamed))]
    known = set().union(*(names for places in near.values() for _, names in places))
    lasts = [name.rpartition("/")[2] for name in wanted] if nested else wanted
    if known.isdisjoint(lasts) and known.isdisjoint(map(str.lower, lasts)):
        return [""] * len(wanted)
    found = []
    for name in wanted:
        folder, _, last = name.rpartition("/")
        path = ""
        for place, names in near[folder]:
            actual = names.get(last) or names.get(last.lower())
            if actual:
                path = os.path.join(place, actual)
                break
        found.append(path)
    return found


def _by_any_case(listing: Listing, renamed: Mapping[str, str]) -> dict[str, str]:
    """Each file's name by itself and by its lower-case form; what is written exactly goes first. Label files are none."""
    found = (name for name, suffix in listing.files.items() if suffix not in LABELS)
    names = called(listing.path, found, renamed)
    return {name.lower(): actual for name, actual in names.items()} | names


def _tails(folder: str) -> list[str]:
    """A dead absolute path or ../x is tried by its tail: the whole, then ever fewer leading parts."""
    parts = [part for part in folder.split("/") if part not in ("", ".")]
    tails = [folder] if not folder.startswith(("/", "..")) and ":" not in folder else []
    clean = [part for part in parts if part != ".." and not part.endswith(":")]
    tails += ["/".join(clean[at:]) for at in range(len(clean) + 1)]
    return list(dict.fromkeys(tails))


def _inside(path: str, allowed: Sequence[str]) -> bool:
    # Only a link or `..` can lead out; resolving every path costs a system call a part. A folder of the dataset that is a
    # link is how images are shared: what lies in it is the dataset's.
    if (
        ".." not in path
        and not os.path.islink(path)
        and any(path.startswith(f"{each}{os.sep}") for each in allowed)
    ):
        return True
    real = os.path.realpath(path)
    return any(real == each or real.startswith(f"{each}{os.sep}") for each in allowed)
