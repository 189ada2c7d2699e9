"""A review made from findings: which images and labels it shows, and the folder it is written to."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.drawing.shapes import skeleton
from annotool.errors import UsageError
from annotool.findings import Findings
from annotool.fingerprint import fingerprints, image_names
from annotool.fixes.decisions import box_marks
from annotool.memory import without_collector
from annotool.reviewing import folder
from annotool.reviewing.choosing import Share, chosen
from annotool.reviewing.folder import Review
from annotool.reviewing.ids import FIELDS
from annotool.reviewing.layout import metadata
from annotool.reviewing.queue import items
from annotool.reviewing.samples import frame, samples
from annotool.rules.base import Rule

__all__ = ["Choice", "called", "digest", "make", "reported", "standing"]


class Reported(msgspec.Struct):
    fingerprint: str


class Report(msgspec.Struct):
    findings: list[Reported]


@dataclass(frozen=True)
class Choice:
    """What of a dataset is reviewed, and by whom."""

    every: bool = False
    sample: int | None = None
    part: Share = (1, 1)
    overlap: float = 0.0
    reviewer: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def share(self) -> str:
        """Which images are asked for, in words; empty: those with findings."""
        told = {
            "all images": self.every,
            f"a sample of {self.sample}": self.sample is not None,
            "part {}/{}".format(*self.part): self.part != (1, 1),
            f"an overlap of {self.overlap:g}": self.overlap > 0,
        }
        return ", ".join(text for text, asked in told.items() if asked)


def called(name: str | None, paths: Sequence[Path]) -> str:
    """Return the name a review goes by: the given one, else that of the dataset's first path."""
    if name is not None:
        folder.folder(name)
        return name
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(os.path.abspath(paths[0])).stem).strip("-._")  # noqa: PTH100
    return plain[:64] or "review"


def reported(data: Dataset, findings: Findings, file: Path) -> Findings:
    """Return the findings with those marked as known that a report in json does not name, by their fingerprints.

    Raises UsageError where it is no such report, or names nothing that is still found.
    """
    try:
        report = msgspec.json.decode(file.read_bytes(), type=Report)
    except OSError as error:
        raise UsageError(f"--findings {file}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--findings {file}: no report of annotool ({error}); `annotool audit --output json={file}` makes one"
        ) from error
    wanted = {each.fingerprint for each in report.findings}
    keep = np.isin(fingerprints(data, findings).astype(str), list(wanted))
    if wanted and not keep.any():
        raise UsageError(
            f"--findings {file}: nothing it names is found in this dataset any more; audit it anew"
        )
    known, start, parts = findings.column("known") | ~keep, 0, []
    for part in findings.blocks:
        mine = known[start : start + len(part)]
        parts.append(replace(part, columns=part.columns.with_columns(known=mine)))
        start += len(part)
    return replace(findings, blocks=tuple(parts))


def digest(data: Dataset) -> str:
    """Return a hash of every label file's bytes, in order: equal as long as nothing was edited."""
    whole = hashlib.sha256()
    for source in range(len(data.table("sources"))):
        if data.table("sources")["buffer"][source] >= 0:
            whole.update(hashlib.sha256(data.source_bytes(source)).digest())
    return whole.hexdigest()


def standing(data: Dataset, name: str, choice: Choice | None = None) -> Review | None:
    """Return the review of that name, made before from the same labels, with all that was decided; None: there is none.

    Raises UsageError where it is of other labels, or `choice` asks for other images or another reviewer: what that one
    decided would bear the first one's name.
    """
    if not (folder.folder(name) / "review.json").exists():
        return None
    known = folder.load(name)
    if known.digest != digest(data):
        raise UsageError(
            f"review {name!r} was made from other labels, of {known.created}: take its decisions out with "
            f"`annotool decisions {name} --out decisions.jsonl`, then give this one another --name"
        )
    asked = choice or Choice()
    if asked.reviewer not in ("", known.reviewer):
        raise UsageError(
            f"review {name!r} is {known.reviewer}'s, not {asked.reviewer}'s: give this one another --name"
        )
    if asked.share not in ("", known.share):
        raise UsageError(
            f"review {name!r} is of {known.share or 'all images with findings'}, not of {asked.share}: give this one "
            "another --name"
        )
    return known


def make(data: Dataset, findings: Findings, rules: Mapping[str, Rule], name: str, choice: Choice) -> Review:
    """Write the folder of a review; where it stands already, of the same labels, it stays as it is, decisions too.

    Raises UsageError where it is of other labels, or no image is left to look at.
    """
    if (known := standing(data, name, choice)) is not None:
        return known
    with without_collector():
        return written(*built(data, findings, rules, name, choice, digest(data)))


def written(review: Review, parts: Mapping[str, object]) -> Review:
    """Write the files of a review; none of them stands before all are whole."""
    name = review.name
    place = folder.made(name)
    work = place / "unfinished"
    try:
        shutil.rmtree(work, ignore_errors=True)
        (work / "data").mkdir(parents=True)
        (place / "data").mkdir(exist_ok=True)
        for file, rows in parts.items():
            write(work / file, rows)
        for file in parts:
            (work / file).replace(place / file)
        write(work / "review.json", review)
        (work / "review.json").replace(place / "review.json")  # the last: now it stands
    except OSError as error:
        raise folder.no_place(place, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return review


def write(file: Path, rows: object) -> None:
    if file.suffix == ".jsonl":
        folder.save(file, rows if isinstance(rows, list) else [])
    elif isinstance(rows, str):
        file.write_text(rows, "utf-8", "surrogateescape")
    else:
        file.write_bytes(msgspec.json.encode(rows))


def built(
    data: Dataset, findings: Findings, rules: Mapping[str, Rule], name: str, choice: Choice, mark: str
) -> tuple[Review, dict[str, object]]:
    """What a review is, and its files by name."""
    new, table = ~findings.column("known"), data.table("images")
    flagged = np.zeros(len(table), dtype=bool)
    named = data.image_rows(findings.column("image"))
    flagged[named[new & (named >= 0)]] = True
    mine = chosen(
        image_names(data).tolist(),
        flagged,
        every=choice.every,
        sample=choice.sample,
        part=choice.part,
        overlap=choice.overlap,
    )
    there = data.image_headers.exists[mine] & np.isfinite(data.image_headers.width[mine])
    missing = [str(each) for each in table["file_name"][mine[~there]].tolist()]
    shown = mine[there]
    if not len(shown):
        raise UsageError(nothing_to_show(int(new.sum()), missing))
    asked = new & (np.isin(named, mine) | (named < 0))
    marks, held = box_marks(data), frame(data, shown)
    queue = items(data, findings, rules, held, marks, asked)
    guesses = frame(data, shown, "predictions") if len(data.table("predictions")) else None
    docs, boxes = samples(data, held, queue, marks, guesses)
    docs.sort(key=lambda each: -each["score"])  # as the App's grid shows them
    fields = [each for each in FIELDS if any(each in doc for doc in docs)]
    if not {"image_label", "image_labels"} & set(fields):
        fields = list(dict.fromkeys(["ground_truth", *fields]))
    points, joined = skeleton(data) if "keypoints" in fields else ([], [])
    review = Review(
        name=name, paths=[os.path.abspath(path) for path in data.paths], digest=mark,  # noqa: PTH100
        reviewer=choice.reviewer or whoami(), created=datetime.now(UTC).isoformat(timespec="seconds"),
        classes=[each for each in data.labels if each], images=len(docs), annotations=len(boxes),
        findings=len(queue), missing=missing, fields=fields, reasons=list(choice.reasons),
        balance=balance(data), splits=list(data.split_names), points=points, skeleton=joined, share=choice.share,
    )  # fmt: skip
    return review, {
        "data/metadata.json": metadata(name, fields),
        "data/samples.json": {"samples": docs},
        "findings.jsonl": queue,
        "boxes.jsonl": boxes,
        "images.txt": "\0".join(doc["filepath"] for doc in docs),
    }


def balance(data: Dataset) -> dict[str, int]:
    """How many annotations each class has."""
    names = data.names_of(data.table("annotations")["category"]).astype(str)
    found, counts = np.unique(names, return_counts=True)
    counted = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return {name: counted.get(name, 0) for name in dict.fromkeys(each for each in data.labels if each)}


def nothing_to_show(findings: int, missing: list[str]) -> str:
    if missing:
        return f"none of the {len(missing):,} images to look at is on disk ({missing[0]}, ...); --images DIR says where they are"
    if not findings:
        return (
            "nothing is wrong with this dataset, so there is nothing to review; --all-images shows it anyway"
        )
    return "no finding is of an image in this part; --all-images shows them anyway"


def whoami() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
