"""What to read for a layout found: where images and labels of each split lie, and which files name the classes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from annotool.errors import UsageError
from annotool.findings import Fix, Severity
from annotool.formats.base import relative
from annotool.formats.listing import Listing
from annotool.formats.yolo.classes import NAMES, ClassList, is_class_list, read_list, read_notes
from annotool.formats.yolo.config import Config, Place, Told, read_data, read_yaml
from annotool.formats.yolo.gathering import Gathering, Taken
from annotool.formats.yolo.layout import SPLITS, Found, label_folders
from annotool.formats.yolo.places import found_tail, image_folder, label_folder, parts_of

__all__ = ["Part", "Plan", "make_plan"]

SAMPLE = 20  # lines of a list looked at


class Part(msgspec.Struct, frozen=True):
    """Where images and labels of a split lie. images, labels: folders, "" where there are none; by_folder: the first
    folder below `labels` names the split; listing: a file that lists the images; source and line: who says so.
    """

    split: str
    images: str = ""
    labels: str = ""
    by_folder: bool = False
    listing: Path | None = None
    source: int = -1
    line: int = 0


class Plan(msgspec.Struct):
    """What to read. root: what files are named by; base: what images are named by, root or below it; lists: class
    lists, the one that counts first; sets: files that list the stems of a split; unnamed: folders of labels, beside
    those that are read, that no split names, each with the sentence for it if no list leads there either.
    """

    layout: str
    root: Path
    base: Path
    parts: list[Part] = msgspec.field(default_factory=list)
    lists: list[ClassList] = msgspec.field(default_factory=list)
    sets: list[Path] = msgspec.field(default_factory=list)
    unnamed: dict[str, str] = msgspec.field(default_factory=dict)
    kpt_shape: tuple[int, int] | None = None
    task: str | None = None


def make_plan(found: Found, gathering: Gathering) -> Plan:
    """Return what to read, and file what is wrong with the configuration. Raises UsageError for a missing --classes."""
    if found.layout == "ultralytics":
        plan = of_yaml(found.path, gathering)
    elif found.layout == "darknet":
        plan = of_data_file(found.path, gathering)
    else:
        plan = of_folders(found.layout, found.path, gathering)
    if gathering.options.classes is not None:
        taken = gathering.take(Path(gathering.options.classes), "classes")
        if taken is None:
            raise UsageError(f"--classes {gathering.options.classes}: no such file; one class name a line")
        plan.lists.insert(0, read_list(gathering, taken))
    return plan


# Ultralytics: data.yaml.


def of_yaml(path: Path, gathering: Gathering) -> Plan:
    taken = gathering.take(path, "config")
    assert taken is not None, "the survey found it"
    config = read_yaml(taken.held)
    gathering.file(taken.source, config.faults)
    if not config.splits:
        plan = of_folders("ultralytics", path.parent, gathering)
    else:
        plan = Plan("ultralytics", path.parent, path.parent)
        finder = Finder(path.parent, config, taken, gathering)
        for split, places in config.splits.items():
            plan.parts += finder.parts(split, places)
        finder.tell()
        plan.root = plan.base = common_root(path.parent, plan.parts)
        plan.parts = plan.parts or of_folders("ultralytics", path.parent, gathering).parts
        plan.lists = class_lists(path.parent, gathering)
        plan.unnamed = unnamed(plan, path)
    plan.kpt_shape, plan.task = config.kpt_shape, config.task
    if config.names is not None:
        plan.lists.insert(0, ClassList(taken, config.names))
    return plan


class Finder:
    """Finds the folders and lists that a data.yaml names, as ultralytics does; failing that, beside the yaml."""

    def __init__(self, folder: Path, config: Config, taken: Taken, gathering: Gathering) -> None:
        self.folder, self.config, self.taken, self.gathering = folder, config, taken, gathering
        base = config.base.text.replace("\\", "/").replace("\0", "") if config.base else ""
        self.base = folder / base if base else folder
        self.dead_base = bool(base) and not self.base.is_dir()
        self.strayed: list[tuple[Place, Path]] = []

    def parts(self, split: str, places: Iterable[Place]) -> Iterator[Part]:
        for place in places:
            target = self.target(place)
            if target is None:
                usual = -1 if split != "test" else Severity.WARNING
                told = {"split": split, "path": place.text}
                self.file(Told("FMT004", "{split}: {path} does not exist", told, place, usual))
            elif target.is_file() and target.suffix.lower() != ".txt":
                told = {"split": split, "path": place.text}
                message = "{split}: {path} is neither a folder nor a .txt that lists images"
                self.file(Told("FMT004", message, told, place))
            elif target.is_file():
                yield Part(split, listing=target, source=self.taken.source, line=place.line)
            else:
                labels = label_folder(str(target))
                inner = target / "labels"
                labels = str(inner) if inner.is_dir() and not there_as_labels(target) else labels
                yield Part(split, str(target), labels, source=self.taken.source, line=place.line)

    def target(self, place: Place) -> Path | None:
        text = place.text.replace("\\", "/").replace("\0", "")
        candidates = [self.base / text] if not self.dead_base else []
        if text.startswith("../"):
            candidates.append(self.base / text[3:])  # ultralytics tries this too: Roboflow's ../train/images
        for each in candidates:
            if there(each) and self.may_be_read(each):
                return self.below(each)
        own, base = parts_of(text), parts_of(self.config.base.text) if self.config.base else []
        absolute = text.startswith("/") or text[1:2] == ":"
        least = min(2, len(own)) if absolute else len(own)
        found = found_tail(own if absolute else base + own, max(least, 1), self.folder)
        if found is not None:
            self.strayed.append((place, found))
        return found

    def below(self, path: Path) -> Path:
        """The same place, spelled from the yaml's folder where it lies there."""
        place = os.path.relpath(path, self.folder)
        outside = place.startswith("..")
        return Path(os.path.normpath(path.absolute())) if outside else self.folder / place

    def may_be_read(self, path: Path) -> bool:
        """Whether a place is below the yaml's folder, or beyond it and plainly a dataset's."""
        real, home = path.resolve(), self.folder.resolve()
        if real.is_relative_to(home):
            return True
        if real.is_file():
            return real.suffix.lower() == ".txt"
        return Path(label_folder(str(real))) != real or (real / "labels").is_dir()

    def tell(self) -> None:
        """File the paths that lead nowhere although their tail is here: the base once for all, else each."""
        base = self.config.base
        if base is not None and self.dead_base and self.strayed:
            if base.text.startswith("/") or base.text[1:2] == ":":
                self.file(self.removal(base))
            else:
                note = f"{self.taken.path.name}: path {base.text} is not there; its splits were found beside the file."
                self.gathering.notes.append(note)
            return
        for place, found in self.strayed:
            new = Path(os.path.relpath(found, self.base)).as_posix()
            told = {"path": place.text, "found": new, "new": new}
            message = "{path} does not exist here; {found} does"
            fix = Fix.SAFE if re.fullmatch(r"[\w.][\w./ -]*", new) else Fix.NONE
            self.file(Told("FMT004", message, told, place, Severity.WARNING, fix))

    def removal(self, base: Place) -> Told:
        """The finding of a dead absolute `path`; safe to mend by taking its line away when all splits lie where
        ultralytics then looks, which is beside the yaml.
        """
        held = self.taken.held
        start = held.rfind(b"\n", 0, base.start) + 1
        end = held.find(b"\n", base.end) + 1 or len(held)
        alone = held[start : base.start].strip(b" \t\"'") == b"path:" and not held[base.end : end].strip(
            b" \t\r\n\"'"
        )
        texts = [place.text for place, _ in self.strayed]
        beside = all(
            there(self.folder / text) or there(self.folder / text.removeprefix("../")) for text in texts
        )
        told = {"path": base.text, "new": ""}
        message = "path {path} does not exist here; the splits were found beside the file"
        fix = Fix.SAFE if alone and beside else Fix.NONE
        return Told("FMT004", message, told, Place("", start, end, base.line), Severity.WARNING, fix)

    def file(self, told: Told) -> None:
        self.gathering.file(self.taken.source, [told])


def unnamed(plan: Plan, path: Path) -> dict[str, str]:
    """Return the folders of labels, beside those that are read, that no split names, with a sentence for each."""
    found = {}
    read = [part.labels for part in plan.parts if part.listing is None]
    beside = {Path(labels).parent for labels in read if Path(labels).parent.name == "labels"}
    for folder in sorted(
        each for parent in beside if parent.is_dir() for each in parent.iterdir() if each.is_dir()
    ):
        if not any(each == str(folder) or each.startswith(f"{folder}{os.sep}") for each in read):
            place = relative(folder, plan.root)
            found[str(folder)] = f"No split of {path.name} names {place}: it was not read."
    return found


def there(path: Path) -> bool:
    """Whether a place exists, or at least the labels of the images it should hold."""
    return os.path.exists(path) or there_as_labels(path)  # pathlib raises where a path is too long


def there_as_labels(path: Path) -> bool:
    labels = label_folder(str(path))
    return labels != str(path) and os.path.isdir(labels)


def common_root(folder: Path, parts: Iterable[Part]) -> Path:
    """Return the folder that holds the yaml and all it names: the yaml's own, if it can be."""
    places = [each for part in parts for each in (part.images, part.labels, str(part.listing or "")) if each]
    places = [os.path.normpath(Path(each).absolute()) for each in places]
    own = os.path.normpath(folder.absolute())
    root = os.path.commonpath([own, *places])
    return folder if root == own else Path(root)


# Darknet and CVAT: obj.data.


def of_data_file(path: Path, gathering: Gathering) -> Plan:
    taken = gathering.take(path, "config")
    assert taken is not None, "the survey found it"
    config = read_data(taken.held)
    gathering.file(taken.source, config.faults)
    plan = Plan("darknet", path.parent, path.parent)
    for split, places in config.splits.items():
        for place in places:
            listing = found_tail(parts_of(place.text), 1, path.parent)
            if listing is None or not listing.is_file():
                told = {"split": split, "path": place.text}
                gathering.file(taken.source, [Told("FMT004", "{split}: {path} does not exist", told, place)])
                continue
            plan.parts.append(Part(split, listing=listing, source=taken.source, line=place.line))
    if not plan.parts:
        plan.parts = of_folders("darknet", path.parent, gathering).parts
    names = found_tail(parts_of(config.names_file.text), 1, path.parent) if config.names_file else None
    if names is not None and names.is_file() and (held := gathering.take(names, "classes")):
        own = read_list(gathering, held)
        plan.lists.append(own)
        if config.count is not None and config.count != len(own.names):
            gathering.file(taken.source, [wrong_count(config, len(own.names))])
    elif config.names_file:
        told = {"path": config.names_file.text}
        gathering.file(
            taken.source, [Told("FMT004", "names: {path} does not exist", told, config.names_file)]
        )
    plan.lists += class_lists(path.parent, gathering)
    return plan


def wrong_count(config: Config, names: int) -> Told:
    told = {"nc": str(config.count), "names": names, "new": str(names)}
    return Told(
        "FMT004", "classes is {nc}, but there are {names} names", told, config.count_place, fix=Fix.SAFE
    )


# Label Studio, and folders without a configuration.


def of_folders(layout: str, folder: Path, gathering: Gathering) -> Plan:
    plan = Plan(layout, folder, folder)
    labels = label_folders(Listing(folder)) or [folder]
    for each in labels:
        split = each.parent.name if each.parent != folder and each.parent.name.lower() in SPLITS else ""
        images = image_folder(str(each))
        images = images if images != str(each) and Path(images).is_dir() else ""
        plan.parts.append(Part(split, images, str(each), by_folder=not split))
    for above in (folder, folder.parent):
        plan.sets = plan.sets or lists_of_stems(above / "sets", labels)
        plan.root = above if plan.sets and plan.root == folder else plan.root
    notes = Listing(folder).file("notes.json")
    plan.lists = class_lists(folder, gathering)
    if not plan.lists and notes and (taken := gathering.take(notes, "classes")):
        plan.lists += [each for each in (read_notes(gathering, taken),) if each]
    return plan


def lists_of_stems(folder: Path, labels: Iterable[Path]) -> list[Path]:
    """Return the text files of a folder, if most of the first lines of each are stems of label files."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".txt" and path.is_file())
        stems = [stem for path in paths for stem in path.read_text("utf-8", "replace").split()[:SAMPLE]]
    except OSError:
        return []
    known = sum(any((each / f"{stem}.txt").is_file() for each in labels) for stem in stems)
    return paths if 2 * known > len(stems) else []


def class_lists(folder: Path, gathering: Gathering) -> list[ClassList]:
    """Read the class lists that lie in a folder."""
    files = Listing(folder).files
    found = []
    for name in files:
        taken = gathering.take(folder / name, "classes") if name.lower() in NAMES else None
        if taken and is_class_list(name, taken.held):
            found.append(read_list(gathering, taken))
    return found
