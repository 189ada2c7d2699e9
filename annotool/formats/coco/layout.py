"""Where the label files of a COCO dataset lie, what each holds, and which split it is.

A file is known by the first and last bytes of its text, never by its name alone; names tell the split, and set the
files of COCO's other tasks (captions, keypoints, stuff, panoptic) apart from the instances beside them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from annotool.formats.base import Claim, ReadOptions
from annotool.formats.coco.jsontext import Broken, members, skip, skip_blank
from annotool.formats.listing import Listing

__all__ = ["LabelFile", "Layout", "claim_file", "claims", "find", "sniff", "wide"]

LOOK = 1 << 16  # bytes at each end of a file that are looked at
GIVE_UP = 100  # files of other tools in a folder before the rest is taken for such too
SPLITS = {"train": "train", "training": "train", "trainval": "trainval", "val": "val", "valid": "val", "validation": "val",
          "dev": "val", "test": "test", "testing": "test"}  # fmt: skip
WHOLE = ("", "all", "default")  # what follows instances_ and is no split
FOLDERS = ("annotations", "annotation")
SECTIONS = ("images", "annotations", "categories")
# What a folder is read for, the first of these that is there; the rest is named as not read.
READ = ("instances", "keypoints", "stuff", "images", "broken")
PREFIXES = (("captions", "captions"), ("panoptic", "panoptic"), ("stuff", "stuff"), ("person_keypoints", "keypoints"),
            ("image_info", "images"))  # fmt: skip
WORDS = {"captions": "captions", "panoptic": "panoptic segments", "stuff": "stuff", "keypoints": "keypoints",
         "images": "images without annotations", "results": "results of a detector; see --predictions",
         "other": "no COCO", "broken": "no JSON text"}  # fmt: skip

SECTION = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
COMMENTS = re.compile(rb"(?:\s*(?://[^\n]*\n|/\*.*?\*/))+", re.DOTALL)
MEANT = re.compile(r"instances|annotation|coco")


class LabelFile(msgspec.Struct, frozen=True):
    """One label file and the split all its images belong to; empty: none."""

    path: Path
    split: str = ""


class Layout(msgspec.Struct, frozen=True):
    """The label files of one dataset, and what lies beside them without being read, each with the reason."""

    files: tuple[LabelFile, ...] = ()
    beside: tuple[str, ...] = ()


class Picked(msgspec.Struct):
    """The JSON files of one folder by what they hold (a key of WORDS, or instances)."""

    folder: Path
    kinds: dict[str, list[str]] = msgspec.field(default_factory=dict)

    @property
    def read(self) -> list[str]:
        """The names that make up a dataset; broken ones too, where their name says that they were meant to."""
        kind = next((kind for kind in READ if self.kinds.get(kind)), None)
        own = self.kinds[kind] if kind else []
        broken = [name for name in self.kinds.get("broken", []) if meant(name)] if kind else []
        return sorted({*(own if kind != "broken" else []), *broken})

    @property
    def beside(self) -> list[str]:
        """The names that are not read, each with what it is; what neither by content nor by name concerns COCO is left out."""
        taken = set(self.read)
        return [
            f"{name} ({WORDS[kind]})"
            for kind, names in self.kinds.items()
            for name in names
            if name not in taken and (kind != "other" or MEANT.search(name.lower()))
        ]


def sniff(path: Path, options: ReadOptions | None = None) -> str:
    """Return what a JSON file holds: instances, keypoints, stuff, images, captions, panoptic, results, other or broken."""
    try:
        head, tail = ends(path, options)
    except OSError:
        return "broken"
    if encoding := wide(head):  # claimed too, so that the reader can tell what to do about it
        head, tail = head.decode(encoding, "replace").encode(), tail.replace(b"\0", b"")
    head = head.removeprefix(b"\xef\xbb\xbf")
    comments = COMMENTS.match(head)
    start = skip_blank(head, comments.end() if comments else 0)
    both = head[start:] + b"\n" + tail
    if head[start : start + 1] == b"[":
        records = head[skip_blank(head, start + 1) :][:1] == b"{"
        return "other" if records and not (b'"image_id"' in head and b'"category_id"' in head) else "results"
    if head[start : start + 1] != b"{" or b"\x00" in head:
        return "broken"
    found = set(SECTION.findall(both))
    keys, fits = top_level(head, start)
    lists = {key for key, sign in keys.items() if key in SECTIONS and sign == b"["}
    if not lists and not {b"annotations", b"categories"} <= found:
        return "other" if fits or tail else "broken"
    if len(found) < 2 and b'"image_id"' not in both and b'"file_name"' not in both:
        return "other" if fits or tail else "broken"
    named = next((kind for prefix, kind in PREFIXES if path.name.lower().startswith(prefix)), "")
    if b'"segments_info"' in both:
        return "panoptic"
    if b'"caption"' in both and b'"bbox"' not in both:
        return "captions"
    return named if named not in ("captions", "panoptic") and named else "instances"


def wide(head: bytes) -> str:
    """Return the encoding of a text of two or four bytes a character (utf-16, utf-32), by its first bytes; else none."""
    encoding = json.detect_encoding(head[:4])
    marked = head[:2] in (b"\xff\xfe", b"\xfe\xff") or any(sign in head[:4] for sign in (b"{", b"["))
    return encoding if marked and encoding.startswith(("utf-16", "utf-32")) else ""


def ends(path: Path, options: ReadOptions | None) -> tuple[bytes, bytes]:
    """Return the first and the last bytes of a file; the last are empty where the first are all."""
    held = options.overlay.get(path) if options else None
    if held is not None:
        return held[:LOOK], held[LOOK:][-LOOK:]
    with path.open("rb") as file:
        head = file.read(LOOK)
        size = file.seek(0, 2)
        file.seek(max(size - LOOK, len(head)))
        return head, file.read(LOOK)


def top_level(head: bytes, start: int) -> tuple[dict[str, bytes], bool]:
    """Return the keys of the top level that can be seen, each with the first byte of its value, and whether that is
    all of it.
    """
    seen: dict[str, bytes] = {}

    def note(key: str, at: int) -> int:
        seen[key] = head[at : at + 1]
        return skip(head, at)

    try:
        for _ in members(head, start, note):
            pass
    except Broken:
        return seen, False
    return seen, True


def picked(folder: Listing, options: ReadOptions | None = None) -> Picked:
    """Sort the JSON files of a folder by what they hold."""
    found = Picked(folder.path)
    for name in folder.with_suffix(".json"):
        path = folder.path / name
        if options and path in options.overlay and options.overlay[path] is None:
            continue
        found.kinds.setdefault(sniff(path, options), []).append(name)
        if len(found.kinds.get("other", [])) == GIVE_UP and len(found.kinds) == 1:
            break
    return found


def meant(name: str) -> bool:
    """Whether a file that cannot be read was meant to hold annotations, by its name."""
    return not name.startswith(("~", ".")) and bool(MEANT.search(name.lower()) or split_in(name))


def split_in(name: str) -> str:
    """Return the split a file's or folder's name speaks of; empty for none."""
    words = re.findall(r"[a-z]+", name.lower().rpartition(".json")[0] or name.lower())
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def named(path: Path) -> str:
    """Return the split that a name instances_SPLIT.json spells; empty where it is none."""
    prefix, _, rest = path.stem.partition("instances_")
    return "" if prefix or rest in WHOLE else rest


def whole(path: Path) -> str:
    """Return what the images of a file without a split's name are called beside other files: as the file is, but for
    instances.json, by which we mean those of no split."""
    return "" if path.stem.lower() == "instances" else path.stem


def places(
    folder: Listing, options: ReadOptions | None = None
) -> tuple[list[Picked], list[Picked], list[Picked]]:
    """Return what lies in the folder itself, in its annotations/, and in its train, val and test."""
    own = picked(folder, options)
    below = folder.folder(*FOLDERS)
    splits = [each for name, each in folder.folders.items() if name.lower() in SPLITS]
    return (
        [own] if own.read else [],
        [each for each in [picked(below, options)] if each.read] if below else [],
        [each for each in (picked(split, options) for split in splits) if each.read],
    )


def find(path: Path, options: ReadOptions) -> Layout:
    """Return the label files of the dataset at a claimed path."""
    if path.is_file():
        split = options.split or split_in(path.name) or SPLITS.get(path.absolute().parent.name.lower(), "")
        return Layout((LabelFile(path, split or named(path)),))
    found = next((each for each in places(Listing(path), options) if each), [])
    files = []
    for each in found:
        for name in each.read:
            split = (
                split_in(name)
                or named(each.folder / name)
                or SPLITS.get(each.folder.absolute().name.lower(), "")
            )
            files.append(LabelFile(each.folder / name, options.split or split))
    if len(files) > 1:
        files = [file if file.split else LabelFile(file.path, whole(file.path)) for file in files]
    beside = [
        name if each.folder == path else f"{each.folder.name}/{name}"
        for each in found
        for name in each.beside
    ]
    return Layout(tuple(files), tuple(beside))


def claims(folder: Listing) -> list[Claim] | str:
    """Return the COCO datasets whose top `folder` is, or why there are none."""
    own, below, splits = places(folder)
    several = sum(map(bool, (own, below, splits))) > 1
    claimed = []
    if own and several:
        claimed += [Claim("coco", folder.path / name, evidence([name])) for name in own[0].read]
    elif own:
        claimed.append(Claim("coco", folder.path, evidence(own[0].read)))
    if below:
        names = [f"{below[0].folder.name}/{name}" for name in below[0].read]
        claimed.append(Claim("coco", below[0].folder if several else folder.path, evidence(names)))
    if splits:
        if several:
            claimed += [Claim("coco", each.folder, evidence(each.read)) for each in splits]
        else:
            names = [f"{each.folder.name}/{name}" for each in splits for name in each.read]
            claimed.append(Claim("coco", folder.path, evidence(names)))
    if claimed:
        return claimed
    held = picked(folder)
    pointer = next(
        (name for name in folder.files if name.lower().endswith((".json.dvc", "annotations.dvc"))), ""
    )
    if pointer:
        return f"{folder.path / pointer} is a dvc pointer; run `dvc pull`"
    return (
        f"no instances in {', '.join(held.beside)}"
        if held.beside
        else "no JSON files with images and annotations"
    )


def evidence(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown}, and {len(names) - 3:,} more" if len(names) > 3 else shown


def claim_file(path: Path) -> Claim | str:
    """Return a claim for one file the user names: JSON with COCO's sections, a results list, or one too broken to tell."""
    kind = sniff(path)
    if path.suffix.lower() != ".json" and kind in ("broken", "other"):
        return "no .json file"
    if kind in ("captions", "panoptic", "other"):
        return f"JSON, but {WORDS[kind]}"
    return Claim(
        "coco",
        path,
        {"broken": "a .json file that is no JSON text", "results": "a list of results"}.get(
            kind, "images, annotations, categories"
        ),
    )
