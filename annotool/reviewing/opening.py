"""A review made from findings, and opened: dataset folder, database, App server, browser."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.errors import AnnotoolError, UsageError
from annotool.findings import Findings
from annotool.fingerprint import fingerprints, image_names
from annotool.fixes.decisions import box_marks
from annotool.reviewing import folder, servers
from annotool.reviewing.choosing import Share, chosen
from annotool.reviewing.folder import Review
from annotool.reviewing.layout import metadata
from annotool.reviewing.queue import items
from annotool.reviewing.samples import FIELDS, frame, samples
from annotool.reviewing.servers import HERE, Running
from annotool.rules.base import Rule

__all__ = ["Choice", "Handle", "address", "called", "digest", "keep_open", "make", "open_review", "reported"]


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


def called(name: str | None, paths: Sequence[Path]) -> str:
    """Return the name a review goes by: the given one, else that of the dataset's first path."""
    if name is not None:
        folder.folder(name)
        return name
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(os.path.abspath(paths[0])).stem).strip("-._")  # noqa: PTH100
    return plain[:64] or "review"


def reported(data: Dataset, findings: Findings, file: Path) -> Findings:
    """Return those findings that a report in json names, by their fingerprints.

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
    ends = iter(np.split(keep, np.cumsum([len(part) for part in findings.blocks])[:-1]))
    return findings.where(lambda _: next(ends))


def digest(data: Dataset) -> str:
    """Return a hash of every label file's bytes, in order: equal as long as nothing was edited."""
    whole = hashlib.sha256()
    for source in range(len(data.table("sources"))):
        if data.table("sources")["buffer"][source] >= 0:
            whole.update(hashlib.sha256(data.source_bytes(source)).digest())
    return whole.hexdigest()


def make(data: Dataset, findings: Findings, rules: Mapping[str, Rule], name: str, choice: Choice) -> Review:
    """Write the folder of a review; where it stands already, of the same labels, it stays as it is, decisions too.

    Raises UsageError where it is of other labels, or no image is left to look at.
    """
    place, mark = folder.folder(name), digest(data)
    if (place / "review.json").exists():
        known = folder.load(name)
        if known.digest != mark:
            raise UsageError(
                f"review {name!r} was made from other labels, of {known.created}: take its decisions out with "
                f"`annotool decisions {name} --out decisions.jsonl`, then give this one another --name"
            )
        return known
    review, parts = built(data, findings, rules, name, choice, mark)
    work = place.with_name(f".{name}-unfinished")
    try:
        shutil.rmtree(work, ignore_errors=True)
        (work / "data").mkdir(parents=True)
        for file, rows in parts.items():
            write(work / file, rows)
        (work / "review.json").write_bytes(msgspec.json.encode(review))
        if place.exists():
            shutil.rmtree(place)
        work.rename(place)
    except OSError as error:
        raise AnnotoolError(
            f"{error.filename or place}: {error.strerror}; set ANNOTOOL_REVIEWS to a folder that can be written"
        ) from error
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
    findings = findings.where(lambda part: ~part.columns["known"])
    table = data.table("images")
    flagged = np.zeros(len(table), dtype=bool)
    named = data.image_rows(findings.column("image"))
    flagged[named[named >= 0]] = True
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
        raise UsageError(nothing_to_show(len(findings), missing))
    asked = np.isin(named, mine) | (named < 0)
    marks, held = box_marks(data), frame(data, shown)
    ends = iter(np.split(asked, np.cumsum([len(part) for part in findings.blocks])[:-1]))
    queue = items(data, findings.where(lambda _: next(ends)), rules, held, marks)
    guesses = frame(data, shown, "predictions") if len(data.table("predictions")) else None
    docs, boxes = samples(data, held, queue, marks, guesses)
    fields = [each for each in FIELDS if any(each in doc for doc in docs)]
    fields = list(dict.fromkeys(["ground_truth", *fields]))
    review = Review(
        name=name, paths=[os.path.abspath(path) for path in data.paths], digest=mark,  # noqa: PTH100
        reviewer=choice.reviewer or whoami(), created=datetime.now(UTC).isoformat(timespec="seconds"),
        classes=[each for each in data.labels if each], images=len(docs), annotations=len(boxes),
        findings=len(queue), missing=missing, fields=fields, reasons=list(choice.reasons),
    )  # fmt: skip
    return review, {
        "data/metadata.json": metadata(name, fields),
        "data/samples.json": {"samples": docs},
        "findings.jsonl": queue,
        "boxes.jsonl": boxes,
        "images.txt": "\0".join(doc["filepath"] for doc in docs),
    }


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


def address(name: str, port: int) -> str:
    """Return where the browser finds a review, with the workspace that has our panel."""
    return f"http://{HERE}:{port}/datasets/{name}?workspace=review"


@dataclass(frozen=True)
class Handle:
    """An open review. `close` ends what it started; decisions stay."""

    review: Review
    url: str
    database: servers.Database
    server: subprocess.Popen[bytes] | None

    def close(self) -> None:
        """End the servers that were started for it."""
        servers.stop(self.server)
        servers.stop(self.database.process)
        (folder.folder(self.review.name) / "server.json").unlink(missing_ok=True)

    def alive(self) -> Handle:
        """Return the handle with whatever died started again, on the same ports; nothing decided is lost by that."""
        place, now = folder.folder(self.review.name), self
        port = int(self.url.split(":")[2].split("/")[0])
        if (held := now.database.process) is not None and held.poll() is not None:
            now = replace(
                now, database=servers.start_database(place, int(now.database.uri.rpartition(":")[2]))
            )
        if now.server is not None and now.server.poll() is not None:
            now = replace(now, server=servers.serve(place, now.database.uri, port))
        return now


def open_review(review: Review, port: int | None) -> Handle:
    """Start what a review needs and return when the App answers. An open one is handed back as it is.

    Raises AnnotoolError, with what to do, where something does not start; then everything started is ended.
    """
    servers.check_extra()
    place = folder.folder(review.name)
    if (known := servers.running(place)) is not None:
        return Handle(review, address(review.name, known.port), servers.Database(known.uri), None)
    port = servers.free_port(port, servers.DEFAULT_PORT)
    database = servers.start_database(place)
    handle = Handle(review, address(review.name, port), database, None)
    try:
        handle = replace(handle, server=servers.serve(place, database.uri, port))
        inside("load", place, database.uri)
        wait(handle, port)
        (place / "server.json").write_bytes(msgspec.json.encode(Running(os.getpid(), port, database.uri)))
    except BaseException:
        handle.close()
        raise
    return handle


def wait(handle: Handle, port: int) -> None:
    for _ in range(1200):
        if servers.answers(port):
            return
        if handle.server is not None and handle.server.poll() is not None:
            break
        time.sleep(0.1)
    log = folder.folder(handle.review.name) / "server.log"
    raise AnnotoolError(f"the App's server did not start; {log} says why: {tail(log)}")


def inside(what: str, place: Path, uri: str) -> str:
    """Run one of `annotool.reviewing.inside` in a process of its own; return what it printed."""
    words = [sys.executable, "-m", "annotool.reviewing.inside", what, str(place)]
    done = subprocess.run(
        words, env=servers.environment(place, uri), capture_output=True, text=True, check=False
    )
    if done.returncode:
        (place / f"{what}.log").write_text(done.stdout + done.stderr)
        raise AnnotoolError(
            f"FiftyOne could not {what} the review; {place / what}.log says why: {ended(done.stderr)}"
        )
    return done.stdout.strip()


def tail(log: Path) -> str:
    return ended(log.read_text("utf-8", "replace")) if log.exists() else ""


def ended(text: str) -> str:
    return next((line.strip()[:300] for line in reversed(text.splitlines()) if line.strip()), "")


def keep_open(handle: Handle, say: Callable[[str], None], every: float = 0.5) -> None:
    """Keep an open review alive until a KeyboardInterrupt, then end it; say what had to be started again."""
    try:
        while True:
            time.sleep(every)
            now = handle.alive()
            if now is not handle:
                what = "MongoDB" if now.database is not handle.database else "the App's server"
                say(f"{what} had ended and was started again; reload the page, nothing decided is lost")
            handle = now
    except KeyboardInterrupt:
        say("")
    finally:
        handle.close()
