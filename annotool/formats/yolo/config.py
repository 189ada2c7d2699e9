"""What data.yaml and obj.data say: splits, class names, counts, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from annotool.findings import Fix, Severity
from annotool.formats.yolo.odd import BOM

if TYPE_CHECKING:
    import yaml

__all__ = ["TASKS", "Config", "Place", "Told", "is_data_file", "is_data_yaml", "read_data", "read_yaml"]

TASKS = ("detect", "segment", "obb", "pose")
YAML_KEY = re.compile(rb"^[\"']?(names|nc|train|val|validation|test)[\"']?\s*:", re.MULTILINE)
DATA_KEY = re.compile(rb"^\s*(names|train|valid|classes)\s*=", re.MULTILINE)
KNOWN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in "binary bool float int map merge null omap pairs seq set str timestamp value".split()
)


class Place(msgspec.Struct, frozen=True):
    """A written value: its text, the bytes of the file it takes, its line."""

    text: str
    start: int
    end: int
    line: int


class Told(msgspec.Struct, frozen=True):
    """A fault of the file: rule, message template and values; place: what it speaks of."""

    rule: str
    message: str
    values: Mapping[str, Any] = msgspec.field(default_factory=dict)
    place: Place | None = None
    severity: int = -1
    fix: Fix = Fix.NONE


class Config(msgspec.Struct):
    """What a configuration says. names: by class index, None where there are none; splits: by name, each a folder or
    a list file or several; base: the value of `path`; kpt_shape: number of keypoints, numbers of each; task: none of
    ultralytics' keys, but one our writer leaves.
    """

    names: dict[int, Place] | None = None
    names_file: Place | None = None
    count: int | None = None
    count_place: Place | None = None
    base: Place | None = None
    splits: dict[str, list[Place]] = msgspec.field(default_factory=dict)
    kpt_shape: tuple[int, int] | None = None
    task: str | None = None
    faults: list[Told] = msgspec.field(default_factory=list)


def is_data_yaml(held: bytes) -> bool:
    """Return whether a yaml file speaks of a YOLO dataset: names or nc, and train or val."""
    keys = set(YAML_KEY.findall(held))
    return bool(keys & {b"names", b"nc"}) and bool(keys & {b"train", b"val", b"validation"})


def is_data_file(held: bytes) -> bool:
    """Return whether a .data file is darknet's."""
    return len(set(DATA_KEY.findall(held))) >= 2


def read_yaml(held: bytes) -> Config:
    """Read data.yaml without building any object but text; what is wrong with it is in `faults`."""
    import yaml

    config = Config()
    skip = len(held) - len(held.removeprefix(BOM))
    if skip:
        mark = Place("", 0, skip, 1)
        told = {"new": ""}
        config.faults.append(
            Told("SCH001", "the file begins with a byte order mark", told, mark, Severity.WARNING, Fix.SAFE)
        )
    try:
        text = held[skip:].decode("utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        place = Place("", error.start + skip, error.end + skip, line)
        config.faults.append(Told("SCH001", "the file is not UTF-8", place=place))
        return config
    except (yaml.YAMLError, RecursionError) as error:
        config.faults.append(unparsable(error))
        return config
    if not isinstance(root, yaml.MappingNode):
        message = "expected a mapping with names, train and val"
        config.faults.append(Told("SCH001", message, place=Place("", 0, 0, 1)))
        return config
    Reader(config, text, skip, root).read()
    return config


def unparsable(error: Exception) -> Told:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    why = getattr(error, "problem", None) or getattr(error, "reason", None) or "nested too deeply"
    return Told(
        "SCH001", "no YAML: {why} (column {column})", {"why": why, "column": column}, Place("", 0, 0, line)
    )


class Reader:
    """Reads the top level of a yaml document that was composed, not constructed: no tag can call anything."""

    def __init__(self, config: Config, text: str, skip: int, root: yaml.MappingNode) -> None:
        self.config, self.text, self.skip, self.root = config, text, skip, root
        self.ascii = text.isascii()
        self.keys: dict[str, tuple[Place, yaml.Node]] = {}

    def read(self) -> None:
        for key, value in self.root.value:
            name = str(getattr(key, "value", ""))
            if name in self.keys:
                self.fault(
                    "{key} stands twice; the last one counts",
                    key=name,
                    place=self.place(key),
                    severity=Severity.WARNING,
                )
            self.keys[name] = self.place(key), value
        self.tags(self.root, set())
        self.read_splits()
        self.read_names()
        self.read_keypoints()
        task = self.scalars("task")
        self.config.task = task[0].text if task and task[0].text in TASKS else None

    def place(self, node: yaml.Node) -> Place:
        first, last = node.start_mark.index, node.end_mark.index
        if not self.ascii:
            first, last = (len(self.text[:at].encode()) for at in (first, last))
        text = str(node.value) if isinstance(node.value, str) else ""
        return Place(text, first + self.skip, last + self.skip, node.start_mark.line + 1)

    def fault(
        self, message: str, place: Place, severity: int = -1, fix: Fix = Fix.NONE, **values: Any
    ) -> None:
        self.config.faults.append(Told("FMT004", message, values, place, severity, fix))

    @property
    def top(self) -> Place:
        return Place("", 0, 0, 1)

    def tags(self, node: yaml.Node, seen: set[int]) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        if node.tag not in KNOWN_TAGS:
            tag = node.tag.removeprefix("tag:yaml.org,2002:")
            told = Told(
                "SCH001", "tag {tag} is not allowed; it was not followed", {"tag": tag}, self.place(node)
            )
            self.config.faults.append(told)
        for child in children(node):
            self.tags(child, seen)

    def read_splits(self) -> None:
        spelled = "validation" in self.keys and "val" not in self.keys
        for name in ("train", "val", "test"):
            key = "validation" if name == "val" and spelled else name
            places = [each for each in self.scalars(key) if each.text not in ("", "null", "~")]
            if places:
                self.config.splits[name] = places
            elif name != "test":
                self.fault("no {key}: ultralytics wants train and val", self.top, key=name)
        if spelled:
            self.fault(
                "validation, expected val", self.keys["validation"][0], Severity.WARNING, Fix.SAFE, new="val"
            )
        base = [each for each in self.scalars("path") if each.text]
        self.config.base = base[0] if base else None

    def scalars(self, key: str) -> list[Place]:
        if key not in self.keys:
            return []
        node = self.keys[key][1]
        return [self.place(each) for each in ([node] if isinstance(node.value, str) else children(node))]

    def read_names(self) -> None:
        count = self.number("nc")
        self.config.count = count
        if "names" not in self.keys:
            severity = -1 if count is None else Severity.WARNING
            self.fault("no names: the classes are numbers only", self.top, severity)
            return
        key, node = self.keys["names"]
        names = self.listed(node)
        if names is None:
            self.fault("names: expected a list or a mapping of names", key)
            return
        self.config.names = names
        indices = sorted(names)
        if indices != list(range(len(names))):
            told: dict[str, Any] = {"keys": keys_found(indices), "last": len(names) - 1}
            if indices[-1] - indices[0] < len(names):
                told["first"] = indices[0]  # no gap: all are shifted
            self.fault("names: keys are to be 0 to {last}, found {keys}", key, **told)
        if "nc" in self.keys and count != len(names):
            place = self.place(self.keys["nc"][1])
            told = {"nc": place.text or "no number", "names": len(names), "new": str(len(names))}
            fix = (
                Fix.SAFE
                if isinstance(self.keys["nc"][1].value, str) and place.end > place.start
                else Fix.NONE
            )
            self.fault("nc is {nc}, but there are {names} names", place, fix=fix, **told)

    def listed(self, node: yaml.Node) -> dict[int, Place] | None:
        """Return names by index of a list or a mapping; a mapping's keys are the indices, in any order."""
        import yaml

        if isinstance(node, yaml.SequenceNode):
            return {at: self.place(each) for at, each in enumerate(node.value)}
        if not isinstance(node, yaml.MappingNode):
            return None
        names: dict[int, Place] = {}
        for key, value in node.value:
            text = str(key.value)
            if not re.fullmatch(r"[+-]?\d{1,9}", text):
                self.fault("names: key {key!r} is no whole number", self.place(key), key=text[:40])
            elif int(text) in names:
                self.fault(
                    "names: key {key} stands twice; the last one counts", self.place(key), key=int(text)
                )
                names[int(text)] = self.place(value)
            else:
                names[int(text)] = self.place(value)
        return names

    def number(self, key: str) -> int | None:
        places = self.scalars(key)
        return int(places[0].text) if len(places) == 1 and re.fullmatch(r"\d{1,9}", places[0].text) else None

    def read_keypoints(self) -> None:
        if "kpt_shape" not in self.keys:
            return
        numbers = [each.text for each in self.scalars("kpt_shape")]
        if (
            len(numbers) == 2
            and numbers[0].isdigit()
            and numbers[1] in ("2", "3")
            and 0 < int(numbers[0]) < 10_000
        ):
            self.config.kpt_shape = int(numbers[0]), int(numbers[1])
        else:
            message = "kpt_shape: expected [keypoints, 2 or 3], found [{found}]"
            self.fault(message, self.keys["kpt_shape"][0], found=", ".join(numbers)[:40])


def keys_found(indices: list[int]) -> str:
    """Say which keys names has, sorted; of many that leave gaps, the first five that are beyond the end."""
    first, last, count = indices[0], indices[-1], len(indices)
    shown = ", ".join(map(str, indices if count <= 10 else [at for at in indices if not 0 <= at < count][:5]))
    if last - first + 1 > count:
        return shown
    return f"{shown if count <= 10 else f'{first} to {last}'}: numbering starts at {first}"


def children(node: yaml.Node) -> Iterator[yaml.Node]:
    for each in node.value if not isinstance(node.value, str) else ():
        yield from each if isinstance(each, tuple) else (each,)


def read_data(held: bytes) -> Config:
    """Read darknet's obj.data: `key = value` lines."""
    config = Config()
    found: dict[str, Place] = {}
    for match in re.finditer(rb"^[ \t]*(\w+)[ \t]*=[ \t]*([^\r\n]*?)[ \t]*\r?$", held, re.MULTILINE):
        line = held.count(b"\n", 0, match.start()) + 1
        text = match[2].decode("utf-8", "replace")
        found[match[1].decode().lower()] = Place(text, match.start(2), match.end(2), line)
    for key, split in (("train", "train"), ("valid", "val"), ("val", "val"), ("test", "test")):
        if key in found and found[key].text:
            config.splits.setdefault(split, [found[key]])
    config.names_file = found.get("names")
    if "classes" in found and found["classes"].text.isdigit():
        config.count, config.count_place = int(found["classes"].text), found["classes"]
    config.faults += [
        Told("FMT004", "no {key}", {"key": key}, Place("", 0, 0, 1))
        for key in ("train", "names")
        if key not in found
    ]
    return config
