"""What is collected while one dataset is read: small files taken whole, faults, facts and notes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from annotool.formats.base import Problems, ReadOptions, load
from annotool.formats.yolo.config import Told

__all__ = ["Gathering", "Taken"]


class Taken(NamedTuple):
    """A small file that was read: its row in `sources`, where it lies, what it is for, its bytes."""

    source: int
    path: Path
    role: str
    held: bytes
    records: int = 0


class Gathering(msgspec.Struct):
    """The small files come first in the table `sources`, in the order they were taken; label files follow."""

    options: ReadOptions
    files: list[Taken] = msgspec.field(default_factory=list)
    problems: Problems = msgspec.field(default_factory=Problems)
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)

    def take(self, path: Path, role: str) -> Taken | None:
        """Read a file and give it a row in `sources`; None where it is not there. What cannot be read is SCH001."""
        known = next((each for each in self.files if each.path == path), None)
        if known:
            return known
        try:
            held = load(path, self.options)
        except OSError as error:
            taken = Taken(len(self.files), path, role, b"")
            self.files.append(taken)
            why = error.strerror or str(error)
            self.problems.add("SCH001", "cannot be read: {why}", source=taken.source, why=why)
            return taken
        if held is None:
            return None
        taken = Taken(len(self.files), path, role, held)
        self.files.append(taken)
        return taken

    def file(self, source: int, faults: Iterable[Told]) -> None:
        """File the faults of one file."""
        for each in faults:
            place: dict[str, Any] = {}
            if each.place is not None:
                place = {"line": each.place.line}
                if each.place.end > each.place.start or "new" in each.values:
                    place |= {"start": each.place.start, "end": each.place.end}
            self.problems.add(
                each.rule,
                each.message,
                source=source,
                severity=each.severity,
                fix=each.fix,
                **place,
                **each.values,
            )
