"""A category renamed: its name in every list of the dataset that gives it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Splice
from annotool.formats.yolo.classes import is_class_list, names_in
from annotool.formats.yolo.config import Place, read_yaml

__all__ = ["renamed"]

OBJECT = re.compile(rb"\{[^{}]*\}")
NAME = re.compile(rb'"name"\s*:\s*("(?:[^"\\]|\\.)*")')


def renamed(data: Dataset, row: int, new: str) -> Iterator[Splice]:
    """Yield the bytes that give a category (its row) another name: in data.yaml, class lists and notes.json alike, as
    long as they have the old name under the same index."""
    rows, sources = data.table("categories"), data.table("sources")
    source, index, old = int(rows["source"][row]), int(rows["id"][row]), str(rows["name"][row])
    if source < 0 or sources["format"][source] != "yolo":
        return
    lists = (sources["path"] == sources["path"][source]) & (sources["format"] == "yolo")
    lists &= np.isin(sources["role"], ("classes", "config"))
    for each in np.flatnonzero(lists).tolist():
        name, held = str(sources["file"][each]).rpartition("/")[2], bytes(data.source_bytes(each))
        place = places(name, held).get(index)
        if place is not None and place.text == old and place.start < place.end:
            yield Splice(each, place.start, place.end, spelled(name, held[place.start : place.end], new), 0)


def places(name: str, held: bytes) -> Mapping[int, Place]:
    """Return where a file names classes, by index; nothing where it names none."""
    kind = name.lower().rpartition(".")[2]
    if kind in ("yaml", "yml"):
        return read_yaml(held).names or {}
    if kind == "json":
        return dict(in_notes(held))
    return names_in(held)[0] if is_class_list(name, held) or kind == "names" else {}


def in_notes(held: bytes) -> Iterator[tuple[int, Place]]:
    """Yield index and place of the categories of Label Studio's notes.json."""
    for found in OBJECT.finditer(held):
        name = NAME.search(found[0])
        try:
            index = json.loads(found[0]).get("id")
        except ValueError:
            continue
        if name and isinstance(index, int):
            start = found.start() + name.start(1)
            yield index, Place(json.loads(name[1]), start, start + len(name[1]), 0)


def spelled(name: str, old: bytes, new: str) -> bytes:
    """Return a name as the file spells names: YAML and JSON in quotes where the old one was, or where it has to be."""
    kind = name.lower().rpartition(".")[2]
    if kind == "json":
        return json.dumps(new, ensure_ascii=b"\\u" in old).encode()
    if kind not in ("yaml", "yml"):
        return new.encode()
    if not new.isprintable():
        return quoted(new)
    if old[:1] == b"'":
        return b"'" + new.replace("'", "''").encode() + b"'"
    return (new if old[:1] != b'"' and is_plain(new) else json.dumps(new, ensure_ascii=False)).encode()


def quoted(text: str) -> bytes:
    """Return a text as YAML in double quotes, all that is no ASCII spelled out."""
    import yaml

    return str(yaml.safe_dump(text, default_style='"', width=10**9)).strip().encode()


def is_plain(text: str) -> bool:
    """Whether a text is the same text as a plain YAML scalar in a list."""
    import yaml

    try:
        return bool(yaml.safe_load(f"[{text}]") == [text])
    except yaml.YAMLError:
        return False
