"""The folder a review lives in: what was put into the App, what was decided there, its database.

NAME/review.json     what is reviewed, by whom, since when
NAME/findings.jsonl  the findings, in the order of the queue
NAME/boxes.jsonl     every box put into the App: its label's id, mark, and exact numbers
NAME/log.jsonl       what was decided by button, appended and synced one line a decision
NAME/data/           the FiftyOne dataset; NAME/db/ the database
NAME/lock            held by the process that has the review open; NAME/server.json where it answers
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from annotool.errors import AnnotoolError, UsageError

__all__ = [
    "Box",
    "Entry",
    "Item",
    "Review",
    "append",
    "folder",
    "home",
    "lines",
    "load",
    "made",
    "no_place",
    "reviews",
    "save",
]

T = TypeVar("T")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Review(msgspec.Struct, frozen=True):
    """What a review is of. digest: of the label files it was made from; missing: images that are not on disk."""

    name: str
    paths: list[str]
    digest: str
    reviewer: str
    created: str
    classes: list[str]
    images: int
    annotations: int
    findings: int
    missing: list[str] = []
    notes: list[str] = []
    fields: list[str] = []  # label fields in the App
    reasons: list[str] = []
    balance: dict[str, int] = {}  # annotations of each class, in the whole dataset
    splits: list[str] = []  # tags that images have from the beginning
    points: list[str] = []  # names of keypoints
    skeleton: list[list[int]] = []  # which of them are joined
    share: str = ""  # which images were asked for, in words; empty: those with findings


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding in the queue. sample, label: ids in the App, empty where it names no image, no box."""

    number: int
    fingerprint: str
    rule: str
    slug: str
    severity: str
    score: float
    message: str
    file: str = ""
    sample: str = ""
    label: str = ""
    field: str = ""
    box: str = ""
    category: str = ""
    fix: str = "none"
    proposal: str = ""
    place: tuple[float, float, float, float] | None = None  # where the fix would put its box, fractions
    shown: tuple[float, float, float, float] | None = (
        None  # where its box is in the App, or would be, fractions
    )
    size: tuple[float, float] | None = None  # of its image, pixels
    name: str = ""  # what its label is called in the App
    where: str = ""  # label file and line
    predicted: float | None = None  # score of the prediction that speaks for it
    alike: int = 1  # findings that are equal in all that the fingerprint is made of but the ordinal


class Box(msgspec.Struct, frozen=True, omit_defaults=True):
    """One label put into the App. xywh: the source's numbers, pixels; shown: what the App was given, fractions;
    size: of its image, pixels.
    """

    id: str
    sample: str
    field: str
    mark: str
    file: str
    label: str
    xywh: tuple[float | None, float | None, float | None, float | None]
    shown: tuple[float, float, float, float]
    size: tuple[float, float]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the log. action: accept, ignore, delete, skip, mend (by hand, in Annotate), or undo, which takes
    back the last on `number`.
    """

    action: str
    number: int
    time: str
    reviewer: str = ""
    reason: str = ""


def home() -> Path:
    """Return the folder of all reviews: $ANNOTOOL_REVIEWS, else below the user's state folder."""
    if set_to := os.environ.get("ANNOTOOL_REVIEWS"):
        return Path(set_to)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "annotool" / "reviews"


def folder(name: str) -> Path:
    """Return the folder of a review. Raises UsageError for a name that is none."""
    if not NAME.fullmatch(name):
        raise UsageError(f"--name {name!r}: letters, digits, . _ - only, 64 at most")
    return home() / name


def made(name: str) -> Path:
    """Return the folder of a review, there and for its user alone. Raises AnnotoolError where it cannot be written."""
    place = folder(name)
    try:
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o700)
    except OSError as error:
        raise no_place(place, error) from error
    return place


def no_place(place: Path, error: OSError) -> AnnotoolError:
    """The error for a review's folder that cannot be written: what happened and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        todo = "free some space and start again, or set ANNOTOOL_REVIEWS to a folder on another disk"
    else:
        todo = "set ANNOTOOL_REVIEWS to a folder that can be written"
    return AnnotoolError(f"{error.filename or place}: {error.strerror or error}; {todo}")


def reviews() -> list[str]:
    """Return the names of all reviews there are."""
    return sorted(each.parent.name for each in home().glob("*/review.json"))


def load(name: str) -> Review:
    """Return what is known of a review. Raises UsageError where there is none of that name."""
    file = folder(name) / "review.json"
    if not file.exists():
        known = ", ".join(reviews()) or "none yet"
        raise UsageError(f"no review {name!r} in {home()}; there are: {known}")
    return msgspec.json.decode(file.read_bytes(), type=Review)


def save(file: Path, rows: Iterable[Any]) -> None:
    """Write structs as JSON lines."""
    encoder = msgspec.json.Encoder()
    try:
        file.write_bytes(encoder.encode_lines(list(rows)))
    except OSError as error:
        raise no_place(file, error) from error


def lines(file: Path, kind: type[T]) -> list[T]:
    """Return the structs of a file of JSON lines; none where there is no file.

    A last line that was cut off, as when the machine stopped in the middle of it, is left out.
    """
    if not file.exists():
        return []
    text = file.read_bytes()
    return msgspec.json.Decoder(kind).decode_lines(text[: text.rfind(b"\n") + 1])


def append(file: Path, rows: Iterable[Any]) -> None:
    """Add structs to a file of JSON lines; when it returns they are on the disk. Raises AnnotoolError where they are
    not, as on a full disk; then nothing is counted."""
    text = msgspec.json.Encoder().encode_lines(list(rows))
    try:
        with file.open("ab+") as out:
            if out.tell() and not whole(file):
                out.truncate(file.read_bytes().rfind(b"\n") + 1)
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise AnnotoolError(
            f"not decided, for it could not be written down: {no_place(file, error)}"
        ) from error


def whole(file: Path) -> bool:
    with file.open("rb") as held:
        held.seek(-1, os.SEEK_END)
        return held.read(1) == b"\n"
