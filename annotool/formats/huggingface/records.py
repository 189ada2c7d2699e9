"""Records of metadata files: what each says of its image, and where in its text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import yaml

__all__ = ["CATEGORY", "LABEL", "Found", "Name", "card_names", "cell", "labels_of", "members", "spare"]

LABEL = ("label", "labels", "category", "categories", "class", "class_name", "tags")
CATEGORY = ("category", "categories", "category_id", "label", "labels", "class")
BLANK = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()
FRONT = re.compile(rb"\A---\r?\n(.*?)\n---", re.DOTALL)


class Name(NamedTuple):
    """A class name of a dataset card: its text, the bytes that spell it in the file, their line from 1."""

    text: str
    start: int
    end: int
    line: int


class Found(NamedTuple):
    """One label of a record: its value as written (text or number), its box, or what is wrong with it."""

    value: Any
    box: tuple[float, float, float, float] | None = None
    wrong: str = ""


def labels_of(record: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the labels of a record: those of the whole image, then those of `objects`."""
    key = next((key for key in LABEL if key in record), "")
    value = record.get(key)
    for each in value if isinstance(value, list) else [value]:
        if each is not None and each != "":
            yield Found(
                each,
                None,
                "" if is_label(each) else f"{key} is {kind(each)}, expected text or a whole number",
            )
    objects = record.get("objects")
    if isinstance(objects, Mapping):
        yield from of_columns(objects)
    elif isinstance(objects, list):
        for each in objects:
            held = each if isinstance(each, Mapping) else {}
            named = next((held[key] for key in CATEGORY if key in held), None)
            yield checked(named, held.get("bbox"))
    elif objects is not None:
        yield Found(None, None, f"objects is {kind(objects)}, expected bbox and categories")


def spare(record: Mapping[str, Any]) -> bool:
    """Return whether a record holds keys that are not understood, of its own or in `objects`."""
    objects = record.get("objects")
    parts = objects if isinstance(objects, list) else [objects]
    known = {"file_name", "objects", next((key for key in LABEL if key in record), "")}
    return not known.issuperset(record) or any(
        not {"bbox", "bboxes", next((key for key in CATEGORY if key in part), "")}.issuperset(part)
        for part in parts
        if isinstance(part, Mapping)
    )


def of_columns(objects: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the objects of a record that holds them in lists of equal length."""
    boxes = objects.get("bbox", objects.get("bboxes"))
    names = next((objects[key] for key in CATEGORY if isinstance(objects.get(key), list)), None)
    boxes, names = (each if isinstance(each, list) else [] for each in (boxes, names))
    for at in range(max(len(boxes), len(names))):
        if at >= min(len(boxes), len(names)):
            yield Found(None, None, f"objects holds {len(boxes)} bbox and {len(names)} categories")
        else:
            yield checked(names[at], boxes[at])


def checked(name: Any, box: Any) -> Found:
    """Return one object, or what is wrong with it."""
    if not is_label(name):
        return Found(None, None, f"category of an object is {kind(name)}, expected text or a whole number")
    if not isinstance(box, list) or len(box) != 4 or not all(is_number(side) for side in box):
        return Found(None, None, "bbox of an object is not four numbers")
    x, y, w, h = map(float, box)
    return Found(name, (x, y, w, h))


def cell(text: str) -> Any:
    """Return what a cell of a csv holds."""
    if text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def is_label(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def kind(value: Any) -> str:
    words = {
        dict: "an object",
        list: "a list",
        bool: "true or false",
        float: "a fraction",
        type(None): "null",
    }
    return words.get(type(value), type(value).__name__)


def members(text: str) -> dict[str, tuple[int, int]]:
    """Return where the value of each key of a JSON object stands in its text (characters). Raises ValueError where the
    text is none.
    """
    found: dict[str, tuple[int, int]] = {}
    at = skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("no object")
    at = skip(text, at + 1)
    while text[at : at + 1] == '"':
        key, at = DECODER.raw_decode(text, at)
        start = skip(text, skip(text, at) + 1)
        _, end = DECODER.raw_decode(text, start)
        found[key] = (start, end)
        at = skip(text, end)
        at = skip(text, at + 1) if text[at : at + 1] == "," else at
    return found


def skip(text: str, at: int) -> int:
    blank = BLANK.match(text, at)
    assert blank is not None
    return blank.end()


def card_names(card: bytes) -> list[Name]:
    """Return the names of a dataset card's first class_label feature, by number; none where it has none."""
    import yaml

    front = FRONT.match(card)
    try:
        text = front[1].decode() if front else ""
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return []
    for node in class_labels(root):
        if names := listed(node):
            before = front.start(1) if front else 0
            return [placed(each, text, before) for each in names]
    return []


def placed(node: yaml.ScalarNode, text: str, before: int) -> Name:
    """Return the name that a scalar is, `before` bytes and the line of three dashes above the text."""
    start, end = (len(text[: mark.index].encode()) for mark in (node.start_mark, node.end_mark))
    return Name(str(node.value), before + start, before + end, node.start_mark.line + 2)


def listed(node: yaml.Node) -> list[yaml.ScalarNode]:
    """Return the names that a list has, or a mapping of the numbers from 0; none where one is no name."""
    held = node.value if isinstance(node.value, list) else []
    if held and isinstance(held[0], tuple):
        if [str(key.value) for key, _ in held] != [str(at) for at in range(len(held))]:
            return []
        held = [value for _, value in held]
    elif any(each.tag != "tag:yaml.org,2002:str" for each in held):
        return []
    return held if all(isinstance(each.value, str) for each in held) else []


def class_labels(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield what stands under class_label: names, anywhere in a card."""
    held = node.value if node is not None and isinstance(node.value, list) else []
    pairs = [each for each in held if isinstance(each, tuple)]
    for key, value in pairs:
        if key.value == "class_label" and isinstance(value.value, list):
            yield from (
                inner[1] for inner in value.value if isinstance(inner, tuple) and inner[0].value == "names"
            )
    for each in held:
        yield from class_labels(each[1] if isinstance(each, tuple) else each)
