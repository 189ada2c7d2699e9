"""Which files belong together: the four layouts, told apart by content."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from annotool.formats.listing import Listing
from annotool.formats.yolo.classes import NAMES, is_class_list
from annotool.formats.yolo.config import is_data_file, is_data_yaml
from annotool.formats.yolo.files import text_files, whole
from annotool.formats.yolo.odd import numeric

__all__ = ["SPLITS", "Found", "label_folders", "survey", "survey_file"]

SPLITS = ("train", "val", "valid", "validation", "test", "training", "testing")
USUAL_YAML = re.compile(r"(data|dataset)\.ya?ml", re.IGNORECASE)
SAMPLE = 12  # text files looked into
SAMPLE_BYTES = 4096
DEPTH = 3  # folders below labels/


class Found(msgspec.Struct, frozen=True):
    """A layout found: ultralytics, darknet, label studio or folders; path: its config file or its folder; why."""

    layout: str
    path: Path
    evidence: str


def survey(folder: Listing) -> list[Found] | str:
    """Return the datasets that lie in a folder, or say why there is none."""
    here = folder.path
    found = [
        Found("ultralytics", here / name, f"{name} names classes and splits")
        for name in folder.with_suffix(".yaml", ".yml")
        if is_data_yaml(head(here / name))
    ]
    found = found or [
        Found("darknet", here / name, f"{name} of darknet or CVAT")
        for name in folder.with_suffix(".data")
        if is_data_file(head(here / name))
    ]
    if found:
        return found
    where = label_folders(folder)
    if not where:
        return (
            "no data.yaml with names and train, no obj.data, no label files with rows of class and fractions"
        )
    if notes := folder.file("notes.json"):
        return [Found("label studio", here, f"{notes.name} of Label Studio beside labels")]
    if broken := next((name for name in folder.files if USUAL_YAML.fullmatch(name)), None):
        return [Found("ultralytics", here / broken, f"{broken} beside label files")]
    names = ", ".join(each.relative_to(here).as_posix() for each in where[:3])
    top = where[0].parent if is_data_of_sets(folder, where) else here
    return [Found("folders", top, f"label files in {names}" if where != [here] else "label files")]


def survey_file(path: Path) -> Found | str:
    """Return the dataset a file given by the user stands for, or say why it is none."""
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        held = head(path)
        if is_data_yaml(held) or USUAL_YAML.fullmatch(path.name):
            return Found("ultralytics", path, f"{path.name} names classes and splits")
        return "the yaml has no names and train"
    if suffix == ".data":
        return Found("darknet", path, path.name) if is_data_file(head(path)) else "no names and train in it"
    if suffix == ".txt":
        return "give the folder of the label files, not one of them"
    return "neither data.yaml nor obj.data"


def label_folders(folder: Listing) -> list[Path]:
    """Return the folders that hold the labels of a dataset without a config: labels/, SPLIT/labels/, itself."""
    beside = folder.folder("images", "imgs", "img", "JPEGImages") is not None
    own = folder.folder("labels")
    if own and has_rows(own, strict=not beside and not folder.file("classes.txt", "notes.json")):
        return [own.path]
    splits = [each for name, each in folder.folders.items() if name.lower() in SPLITS]
    below = [each.folder("labels") for each in splits]
    found = [each.path for each in below if each and has_rows(each, strict=False)]
    if found:
        return found
    sets, data = folder.folder("sets"), folder.folder("data")
    inner = data.folder("labels") if sets and data else None
    if inner and has_rows(inner, strict=True):
        return [inner.path]
    named = folder.path.name.lower() == "labels" or "labels" in (p.lower() for p in folder.path.parts[-2:])
    if has_rows(folder, strict=not folder.file(*NAMES), depth=DEPTH if named else 0):
        return [folder.path]
    return []


def is_data_of_sets(folder: Listing, where: Sequence[Path]) -> bool:
    return where[0].parent != folder.path and where[0].parent.name.lower() == "data" and len(where) == 1


def has_rows(folder: Listing, strict: bool, depth: int = DEPTH) -> bool:
    """Return whether text files of the folder hold label rows. Strict: most sampled lines are a class index and
    fractions; else any row of a class and four numbers, or nothing but empty files.
    """
    good = lines = files = 0
    for path in sample(folder.path, depth):
        held = head(path)
        if is_class_list(path.name, held):
            continue
        files += 1
        for line in held.splitlines()[:20]:
            if line.strip():
                lines += 1
                good += is_row(line, strict)
    if strict:
        return 2 * good >= lines > 0
    return good > 0 or (files > 0 and lines == 0)


def is_row(line: bytes, strict: bool) -> bool:
    """Return whether a line may be a label row; strict: a class and fractions, after the box also a keypoint's 2."""
    words = re.split(rb"[\s,;]+", line.strip())
    numbers = [word for word in words[1:] if numeric(word)]
    if not strict:
        return len(numbers) >= 4
    if len(numbers) < len(words) - 1 or not re.fullmatch(rb"\d+(\.0*)?", words[0]):
        return False
    values = [float(word) for word in numbers]
    fractions = all(-0.5 <= value <= 1.5 or (value == 2 and at > 3) for at, value in enumerate(values))
    return fractions and (len(words) == 5 or (len(words) >= 7 and len(words) != 8))


def sample(folder: Path, depth: int) -> Iterator[Path]:
    """Yield a few text files of a folder and those below, without listing all of a large one."""
    waiting, left = [(folder, depth)], SAMPLE
    while waiting and left:
        here, deeper = waiting.pop(0)
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if not left:
                        return
                    if entry.is_dir():
                        if deeper and not entry.name.startswith("."):
                            waiting.append((here / entry.name, deeper - 1))
                    elif text_files([entry.name]) and not entry.name.startswith(("._", "~$")):
                        left -= 1
                        yield here / entry.name
        except OSError:
            continue


def head(path: Path) -> bytes:
    """Return the beginning of a file; nothing when it cannot be read."""
    try:
        return whole(str(path), None)[: SAMPLE_BYTES if path.suffix.lower() == ".txt" else None]
    except OSError:
        return b""
