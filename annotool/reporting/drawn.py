"""Pictures in files: one image by its name, or the images that rules find fault with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from annotool.dataset import Dataset
from annotool.drawing.painting import LEAST_SIDE, paint
from annotool.drawing.scene import partners, rows_of, scene
from annotool.errors import UsageError
from annotool.findings import Findings
from annotool.output import staged, write_file
from annotool.progress import track
from annotool.reporting.rows import Row, ordered, rows
from annotool.schema import NO_ID
from annotool.wording import plural

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Drawn", "check_file", "draw_findings", "draw_image", "image_named"]

FORMS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
LISTED = 10


@dataclass(frozen=True)
class Drawn:
    """The pictures that were written, and what the user should know of them, a sentence each."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass
class Meant:
    """What findings mean in one image: annotations, those they are compared with, and what is said."""

    flagged: set[int] = field(default_factory=set)
    partner: set[int] = field(default_factory=set)
    said: list[str] = field(default_factory=list)


def image_named(data: Dataset, name: str) -> int:
    """Return the position of the image of this file name, end of a path, name without suffix, or id, the first of these
    that one image has. Raises UsageError with what comes near where none has it, or with all where several have."""
    images = data.table("images")
    names = [str(each).replace("\\", "/") for each in images["file_name"].tolist()]
    sought = name.replace("\\", "/").removeprefix("./")
    ids = images["id"].tolist()
    ways: tuple[Callable[[int], bool], ...] = (
        lambda at: names[at] == sought,
        lambda at: names[at].endswith(f"/{sought}") or sought.endswith(f"/{names[at]}"),
        lambda at: str(images["path"][at]).replace("\\", "/").endswith(f"/{sought}"),
        lambda at: names[at].rsplit("/", 1)[-1].rsplit(".", 1)[0] == sought,
        lambda at: ids[at] != NO_ID and str(ids[at]) == sought,
    )
    for way in ways:
        found = [at for at in range(len(names)) if way(at)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"--image {name}: {len(found):,} images are called that: {told(data, found)}; name more of its path, or its id"
            )
    import difflib

    near = difflib.get_close_matches(sought, names[:20_000], 3, 0.5)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise UsageError(f"--image {name}: no image of that file name, path or id{hint}")


def told(data: Dataset, found: Sequence[int]) -> str:
    """Images so that they can be told apart."""
    images, splits = data.table("images"), data.image_splits
    words = []
    for at in found[:LISTED]:
        more = [f"id {images['id'][at]}"] if images["id"][at] != NO_ID else []
        more += [str(splits[at])] if splits[at] else []
        words.append(
            str(images["path"][at] or images["file_name"][at]) + (f" ({', '.join(more)})" if more else "")
        )
    return ", ".join(words) + (" ..." if len(found) > LISTED else "")


def check_file(out: Path, inputs: Sequence[Path], *, overwrite: bool) -> str:
    """Return the form a picture file is to have. Raises UsageError for an unknown suffix, a file that is there already, a
    folder that is not, and a place in the dataset."""
    if out.suffix.lower() not in FORMS:
        raise UsageError(f"--out {out}: expected a name that ends in .png or .jpg")
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: no such folder: {out.parent}")
    if out.is_dir() or (out.exists() and not overwrite):
        raise UsageError(f"--out {out}: is there already; choose another name, or say --overwrite")
    real = out.resolve()
    for each in inputs:
        if real == each.resolve() or (each.is_dir() and each.resolve() in real.parents):
            raise UsageError(f"--out {out}: lies in the dataset at {each}; choose a place apart from it")
    return FORMS[out.suffix.lower()]


def draw_image(data: Dataset, image: int, findings: Findings, out: Path, form: str, max_side: int) -> Drawn:
    """Write the picture of one image to a file, with what findings say of it."""
    check_side(max_side)
    meant = by_image(data, findings).get(image, Meant())
    picture, why = painted(data, image, meant, max_side)
    write_file(out, [encoded(picture, form)])
    return Drawn((out,), tuple(blank(data, [(image, why)])))


def draw_findings(
    data: Dataset, findings: Findings, out: Path, inputs: Sequence[Path], limit: int, max_side: int
) -> Drawn:
    """Write pictures of the first images that findings name, in their order, to a new folder: `0001_name.jpg` and so on."""
    check_side(max_side)
    if limit < 1:
        raise UsageError(f"--limit {limit}: expected a number above 0")
    meant = by_image(data, findings)
    chosen = list(meant.items())[:limit]
    digits = max(4, len(str(len(chosen))))
    files, bare = [], []
    with staged(out, inputs) as work:
        for at, (image, each) in enumerate(track(chosen, "drawing"), 1):
            name = f"{at:0{digits}}_{harmless(str(data.table('images')['file_name'][image]))}.jpg"
            picture, why = painted(data, image, each, max_side)
            (work / name).write_bytes(encoded(picture, "JPEG"))
            files.append(out / name)
            bare.append((image, why))
    notes = list(blank(data, bare))
    if len(meant) > limit:
        notes.append(
            f"{plural(len(meant) - limit, 'more image has', 'more images have')} such findings; --limit draws more"
        )
    if nowhere := int((data.image_rows(findings.column("image")) < 0).sum()):
        notes.append(f"{plural(nowhere, 'finding names', 'findings name')} no image: not drawn")
    return Drawn(tuple(files), tuple(notes))


def check_side(max_side: int) -> None:
    if not LEAST_SIDE <= max_side <= 20_000:
        raise UsageError(f"--max-side {max_side}: expected {LEAST_SIDE} to 20000 pixels")


def by_image(data: Dataset, findings: Findings) -> dict[int, Meant]:
    """What findings mean, by image, images in the order of their first finding."""
    if not len(findings):
        return {}
    order = ordered(data, findings)
    images = data.image_rows(findings.column("image")[order])
    annotations = findings.column("annotation")[order]
    found = dict[int, Meant]()
    for row, image, annotation in zip(
        rows(data, findings, order), images.tolist(), annotations.tolist(), strict=True
    ):
        if image < 0:
            continue
        meant = found.setdefault(image, Meant())
        meant.said.append(sentence(row))
        if annotation >= 0:
            meant.flagged.add(annotation)
            meant.partner |= partners(data, rows_of(data, image), row.values)
    return found


def sentence(row: Row) -> str:
    number = "" if row.annotation_id is None else f" #{row.annotation_id}"
    return f"{row.rule} {row.slug}{number}: {row.message}"


def painted(data: Dataset, image: int, meant: Meant, max_side: int) -> tuple[Image, str]:
    seen = scene(data, image, meant.flagged, meant.partner - meant.flagged)
    caption = [f"{seen.name}, {seen.width:g} x {seen.height:g}"] if meant.said else []
    caption += meant.said[:3]
    caption += [f"and {len(meant.said) - 3:,} more"] if len(meant.said) > 3 else []
    return paint(seen, max_side, caption)


def encoded(picture: Image, form: str) -> bytes:
    held = BytesIO()
    options = {"quality": 92, "subsampling": 0} if form == "JPEG" else {}
    picture.save(held, form, **options)
    return held.getvalue()


def blank(data: Dataset, pictures: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Say which images could not be read."""
    why = [each for _, each in pictures if each]
    for reason in dict.fromkeys(why):
        names = [str(data.table("images")["file_name"][image]) for image, each in pictures if each == reason]
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        yield f"{names[0]}{more}: {reason}; drawn on a blank ground"


def harmless(name: str) -> str:
    """The last part of a file name, without suffix, as every file system takes it."""
    stem = re.split(r"[/\\]", name)[-1].rsplit(".", 1)[0]
    return re.sub(r"[^\w-]+", "_", stem, flags=re.ASCII).strip("_")[:80] or "image"
