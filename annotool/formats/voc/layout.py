"""Where the parts of a VOC dataset lie: the xml files, the lists of ImageSets/Main, the class list, the side file."""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path

import msgspec

from annotool.formats.base import Claim
from annotool.formats.listing import Listing
from annotool.formats.sidefile import NAMES_FILE
from annotool.formats.voc.document import BOMS
from annotool.wording import plural

__all__ = ["NAMES_FILE", "NO_XML", "SPLIT_FOLDERS", "Layout", "claim_file", "claims", "is_label_folder"]

FOLDERS = ("Annotations", "annotation", "xmls", "xml", "labels", "label")
CLASS_LISTS = ("labels.txt", "labelmap.txt")
SPLIT_FOLDERS = ("train", "val", "valid", "validation", "test", "dev")
ROOT = re.compile(
    rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>\s*)*<([^\s/>!?]+)", re.DOTALL
)
HEAD_BYTES = 8192
NO_XML = "no xml files"
LOOK_AT = 100  # files looked into before a folder is said to hold no VOC
DEPTH = 4


class Layout(msgspec.Struct, frozen=True):
    """The parts of one dataset. root: the claimed path's folder; labels: the folder the xml files are named below."""

    root: Path
    labels: Path
    files: tuple[str, ...]  # below `labels`, forward slashes
    lists: tuple[Path, ...]
    class_list: Path | None
    names: Path | None

    @property
    def nested(self) -> bool:
        """Whether some xml files lie in sub-folders."""
        return any("/" in name for name in self.files)

    @staticmethod
    def of(path: Path, added: Container[Path] = ()) -> Layout:
        """Find the parts of the dataset at a claimed path, a folder or one xml file; a class list may be among the
        files `added` to it, which are not on the disk."""
        if path.is_file():
            files: tuple[str, ...] = (path.name,)
            labels = root = path.parent
        else:
            root = path
            labels, files = label_files(Listing(path))
        near = [Listing(root), Listing(labels)]
        if labels == root and is_label_folder(labels.absolute().name):
            near.append(Listing(labels.absolute().parent))  # the path is a devkit's Annotations
        found = {}
        for name, names in (("class_list", CLASS_LISTS), ("names", (NAMES_FILE,))):
            found[name] = next((file for place in near if (file := place.file(*names))), None)
        new = root / CLASS_LISTS[0]
        found["class_list"] = found["class_list"] or (new if new in added else None)
        lists = next((each for place in near if (each := split_lists(place))), ())
        return Layout(root, labels, files, lists, found["class_list"], found["names"])


def is_label_folder(name: str) -> bool:
    """Whether a folder is called as one that holds labels."""
    return any(name.lower() in (each.lower(), f"{each.lower()}s") for each in FOLDERS)


def label_files(folder: Listing) -> tuple[Path, tuple[str, ...]]:
    """Return the folder that xml files are named below, and their names: the folder itself, its Annotations, or its
    train, val and test."""
    own = visible(folder)
    if any(root_of(folder.path / name) == "annotation" for name in own[:LOOK_AT]):
        return folder.path, xml_below(folder)
    for name in FOLDERS:
        below = folder.folder(name, name + "s")
        if below is not None and (files := xml_below(below)):
            return below.path, files
    splits = [each for name, each in folder.folders.items() if name.lower() in SPLIT_FOLDERS]
    files = tuple(f"{each.path.name}/{name}" for each in splits for name in visible(each))
    return folder.path, files or own


def xml_below(folder: Listing) -> tuple[str, ...]:
    names = []
    for each in folder.walk(DEPTH):
        prefix = "" if each is folder else each.path.relative_to(folder.path).as_posix() + "/"
        names += [prefix + name for name in visible(each)]
    return tuple(names)


def visible(folder: Listing) -> tuple[str, ...]:
    """Return the xml files of a folder without hidden ones and Office's locks: macOS leaves a `._a.xml` beside an a.xml, and no XML in it."""
    return tuple(name for name in folder.with_suffix(".xml") if not name.startswith((".", "~$")))


def split_lists(folder: Listing) -> tuple[Path, ...]:
    """Return the text files of ImageSets/Main, or of ImageSets itself."""
    sets = folder.folder("ImageSets")
    for place in (sets and sets.folder("Main"), sets):
        if place and (names := place.with_suffix(".txt")):
            return tuple(place.path / name for name in names)
    return ()


def claims(folder: Listing) -> list[Claim] | str:
    """Return the VOC dataset whose top `folder` is, or why it is none."""
    labels, files = label_files(folder)
    if not files:
        pointer = next((name for name in folder.files if name.lower() in ("annotations.dvc",)), "")
        if pointer:
            return f"{folder.path / pointer} is a dvc pointer; run `dvc pull`"
        return NO_XML
    pictures = folder.folder("JPEGImages")
    root = ""
    for name in files[:LOOK_AT]:
        root = root_of(labels / name) or root
        if root == "annotation":
            break
    # A devkit by its folders is one even where its first files are broken.
    if root != "annotation" and not (pictures and labels.name.lower() == "annotations"):
        return (
            f"the root element of {files[0]} is <{root}>, not <annotation>"
            if root
            else unreadable(labels / files[0]) or "no xml file is VOC's"
        )
    own = "*.xml" if any("/" not in name for name in files) else "split folders"
    kind = f"{labels.name}/" if labels != folder.path else own
    beside = " and JPEGImages/" if pictures else ""
    return [Claim("voc", folder.path, f"{kind}{beside}, {plural(len(files), 'xml file')}")]


def claim_file(path: Path) -> Claim | str:
    """Return a claim for one xml file, or why not."""
    if path.suffix.lower() != ".xml":
        return "no xml file"
    root = root_of(path)
    if root == "annotation":
        return Claim("voc", path, "one xml file with the root element <annotation>")
    return f"the root element is <{root}>, not <annotation>" if root else "empty, or no XML"


def unreadable(path: Path) -> str:
    """Return why a file cannot be read; empty where it can."""
    try:
        path.open("rb").close()
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return ""


def root_of(path: Path) -> str:
    """Return the name of a file's root element; empty where none is found in its first bytes."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return ""
    mark, encoding = next(((mark, name) for mark, name in BOMS if head.startswith(mark)), (b"", "utf-8"))
    if encoding != "utf-8":
        head = head[: len(head) // 2 * 2].decode(encoding, "replace").encode()
    found = ROOT.match(
        head.removeprefix(mark) if encoding == "utf-8" else head.removeprefix("\ufeff".encode())
    )
    return found[1].decode("utf-8", "replace") if found else ""
