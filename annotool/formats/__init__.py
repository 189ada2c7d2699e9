"""The formats: one module each, found by walking this folder; `detect` and `read` for a path of any of them."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset, concat
from annotool.errors import NoDatasetError, SeveralDatasetsError, UsageError
from annotool.findings import Edits
from annotool.formats.base import Claim, Format, Move, ReadOptions, Splice
from annotool.formats.labelled import with_labels
from annotool.formats.listing import Listing
from annotool.table import Array

__all__ = ["check_local", "detect", "moves", "packed", "patch", "placed", "read", "registry", "unpatched"]

SHARED = ("base", "images", "labelled", "listing", "naming", "sheet", "sidefile")
CHOICES = {
    "labels": (None, "single", "multi"),
    "task": (None, "detect", "segment", "obb", "pose"),
    "voc_base": ("auto", "1-inclusive", "0-exclusive", "0-inclusive"),
}
DEPTH = 4  # folders below the path that are searched for datasets


@cache
def names() -> tuple[str, ...]:
    """Return the names of all formats, which are those of their modules."""
    return tuple(sorted(each.name for each in pkgutil.iter_modules(__path__) if each.name not in SHARED))


@cache
def imported(name: str) -> Format:
    found: Format = importlib.import_module(f"{__name__}.{name}").FORMAT
    return found


def registry() -> dict[str, Format]:
    """Return all formats by name."""
    return {name: imported(name) for name in names()}


def chosen(name: str | None) -> Iterator[Format]:
    """Yield the format of that name, or all, each imported when its turn comes. Raises UsageError for an unknown name."""
    if name is not None and name not in names():
        raise UsageError(f"no format is called {name!r}; there are: {', '.join(names())}")
    return map(imported, names() if name is None else [name])


def check_local(path: str) -> None:
    """Raise NoDatasetError for an address; its text, for a Path makes one slash of two."""
    if path.startswith(("s3:/", "gs:/", "http:/", "https:/", "az:/", "hf:/")):
        raise NoDatasetError(
            f"{path}: annotool reads local files; copy the labels here first (images are optional)"
        )


def detect(path: Path, format: str | None = None) -> list[Claim]:
    """Return the datasets at a path (a file, or a folder and up to four folders below it), each claimed once.

    Raises NoDatasetError with each format's reason when there is none.
    """
    check_local(str(path))
    if not path.exists():
        raise NoDatasetError(f"{path}: no such file or folder")
    formats = chosen(format)
    said: dict[str, str] = {}
    claims: list[Claim] = []
    if not path.is_file():
        claims = survey(Listing(path), [*formats], DEPTH, said)
    for each in formats if path.is_file() else ():
        answer = each.detect_file(path)
        if isinstance(answer, Claim):  # one format at most claims a file
            claims = [answer]
            break
        said[each.name] = answer
    if not claims:
        reasons = "; ".join(f"not {name}: {why}" for name, why in said.items())
        raise NoDatasetError(f"{path}: no dataset found ({reasons})")
    return claims


def survey(folder: Listing, formats: Sequence[Format], depth: int, said: dict[str, str]) -> list[Claim]:
    claims: list[Claim] = []
    for each in formats:
        answer = each.detect(folder)
        if isinstance(answer, str):
            said.setdefault(each.name, answer)
        else:
            claims += answer
    if folder.error:
        raise NoDatasetError(f"{folder.path}: cannot be listed ({folder.error})")
    if claims or not depth:
        return claims
    below = [each for name, each in folder.folders.items() if not name.startswith(".")]
    return [claim for each in below for claim in survey(each, formats, depth - 1, said)]


def read(paths: Sequence[Path], options: ReadOptions) -> Dataset:
    """Read one dataset from one or several paths; `splits` of `split=path` are in `options.split` a path.

    A path given twice for one split is read once. Raises SeveralDatasetsError when a path holds more than one dataset,
    NoDatasetError when it holds none.
    """
    check(options)
    asked: list[tuple[str | None, Path]] = []
    for path in paths:
        name, _, rest = str(path).partition("=")
        asked.append((name, Path(rest)) if rest and not path.exists() else (options.split, path))
    once = {(split, path.resolve()): (split, path) for split, path in reversed(asked)}
    given = list(reversed(once.values()))
    parts = [read_one(path, replace(options, split=split)) for split, path in given]
    read_in = frozenset(name for part in parts for name in part.formats)
    if options.sizes is not None and "yolo" not in read_in:
        raise UsageError(
            f"--sizes goes with YOLO labels only: {'+'.join(sorted(read_in))} declares sizes itself"
        )
    whole = concat(parts)
    repeats = (*given_twice(asked), *read_twice([split for split, _ in given], parts))
    whole = replace(whole, notes=(*repeats, *whole.notes))
    if options.classes is not None and options.predictions is None and not read_in & {"yolo", "voc"}:
        note = (
            f"--classes {options.classes} was not used: {'+'.join(sorted(read_in))} names its classes itself"
        )
        whole = replace(whole, notes=(*whole.notes, note))
    return with_labels(called_anew(whole, options.renamed), options.labels)


def given_twice(asked: Sequence[tuple[str | None, Path]]) -> Iterator[str]:
    """Tell of paths that are given several times for one split."""
    count = Counter((split, path.resolve()) for split, path in asked)
    named = {(split, path.resolve()): path for split, path in reversed(asked)}
    for key, times in count.items():
        if times > 1:
            yield f"{named[key]} is given {times} times and read once"


def read_twice(splits: Sequence[str | None], parts: Sequence[Dataset]) -> Iterator[str]:
    """Tell of label files that lie in several of the paths given for one split: what stands in them counts twice."""
    first: dict[tuple[str | None, str], int] = {}
    for at, (split, part) in enumerate(zip(splits, parts, strict=True) if len(parts) > 1 else ()):
        table, path = part.table("sources"), part.paths[0]
        folder = (path if path.is_dir() else path.parent).resolve()
        own = table["file"][(table["role"] == "labels") & (table["records"] > 0)].tolist()
        places = [(split, os.path.join(folder, file)) for file in own]
        twice = [first[each] for each in places if first.setdefault(each, at) != at]
        if twice:
            files = "1 label file counts" if len(twice) == 1 else f"{len(twice):,} label files count"
            yield f"{files} twice: in {parts[twice[0]].paths[0]} and in {path}; give one of them"


def called_anew(data: Dataset, renamed: Mapping[str, str]) -> Dataset:
    """Return the dataset with its images called as they will be: where a folder names them, the reader saw them as they are."""
    images = data.table("images")
    rows = np.flatnonzero(np.isin(images["path"], list(renamed)))
    if not len(rows):
        return data
    names = np.array(images["file_name"])
    for row in rows.tolist():
        old, new = (os.path.basename(each) for each in (images["path"][row], renamed[images["path"][row]]))
        if names[row].rpartition("/")[2] == old:
            names[row] = names[row].removesuffix(old) + new
    tables = {**data.tables, "images": images.with_columns(file_name=names)}
    return replace(data, tables=tables, renamed=renamed)


def check(options: ReadOptions) -> None:
    """Raise UsageError for an option that no dataset could be read with, be it of use for this one or not."""
    for name in ("classes", "sizes", "predictions", "join"):
        path = getattr(options, name)
        if path is not None and path not in options.overlay and not Path(path).exists():
            raise UsageError(f"--{name} {path}: no such file")
    if options.images is not None and options.images != "none" and not Path(options.images).is_dir():
        raise UsageError(f"--images {options.images}: no such folder; a folder of images, or none")
    for name, allowed in CHOICES.items():
        if getattr(options, name) not in allowed:
            known = ", ".join(filter(None, allowed))
            option = name.replace("_", "-")
            raise UsageError(f"--{option} {getattr(options, name)!r}: expected one of {known}")


def read_one(path: Path, options: ReadOptions) -> Dataset:
    claims = detect(path, options.format)
    if len(claims) > 1:
        listed = "\n".join(
            f"  annotool audit {each.path} --format {each.format}   ({each.evidence})" for each in claims
        )
        raise SeveralDatasetsError(f"{path} holds {len(claims)} datasets; choose one:\n{listed}")
    claim = claims[0]
    data = imported(claim.format).read(claim.path, options)
    if claim.format == "imagefolder" and claim.path != path:
        # The images are its labels: nothing else would tell of those that are not read.
        note = f"class folders are those in {claim.path}; no image elsewhere below {path} is read"
        return replace(data, notes=(note, *data.notes))
    return data


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes to change so that the edits hold, each worked out by the format of the file it is in."""
    if len(data.formats) == 1:
        return imported(next(iter(data.formats))).patch(data, edits)
    sources = np.full(len(edits), -1, dtype=np.int64)
    for name in set(edits["table"].tolist()):
        mine = edits["table"] == name
        rows = edits["row"][mine]
        sources[mine] = rows if name == "sources" else data.table(name)["source"][rows]
    written = data.table("sources")["format"][sources]
    splices: list[Splice] = []
    for name in sorted(data.formats):
        rows = np.flatnonzero(written == name)
        own = imported(name).patch(data, edits.take(rows)) if len(rows) else []
        splices += [each._replace(edit=int(rows[each.edit])) for each in own]
    return splices


def packed(format: str, held: bytes, text: bytes) -> bytes:
    """Return a binary file of a format, like `held`, whose rows are those of this text."""
    return imported(format).packed(held, text)


def unpatched(data: Dataset) -> Array:
    """Return for each source of a dataset why nothing can be fixed in it, in a sentence; empty where it can. Object array."""
    sources = data.table("sources")
    why = np.full(len(sources), "", dtype=object)
    for name in sorted(data.formats):
        form = imported(name)
        if type(form).unpatched is not Format.unpatched:
            mine = np.flatnonzero((sources["format"] == name) & (sources["role"] != "predictions"))
            why[mine] = [form.unpatched(data, file) for file in sources["file"][mine].tolist()]
    return why


def placed(data: Dataset) -> Array:
    """Return which sources are folders where the place of an image file is its label, bool."""
    sources = data.table("sources")
    known = [name for name in data.formats.intersection(names()) if imported(name).placed]
    found: Array = np.isin(sources["format"], known) & (sources["role"] != "predictions")
    return found


def moves(data: Dataset, edits: Edits) -> list[Move]:
    """Return where image files go so that the edits hold, in such folders."""
    return [
        each
        for name in sorted(data.formats.intersection(names()))
        for each in imported(name).moves(data, edits)
    ]
