"""A dataset written in another format: what would be lost is told first, then labels and images, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import LossError, UsageError
from annotool.findings import Block, Findings
from annotool.formats import registry as formats
from annotool.formats.base import Format, WriteOptions, Written
from annotool.output import json_text, place_image, staged
from annotool.progress import track
from annotool.rules.base import classifies
from annotool.rules.fmt.lossy_export import LossyExport

__all__ = ["Converted", "convert"]

CHOICES = {
    "task": ("detect", "segment", "obb", "pose"),
    "crowd": ("skip", "keep"),
    "image_files": ("link", "copy", "none"),
}


@dataclass(frozen=True)
class Converted:
    """What a conversion did: where, what was written, what was lost (findings of FMT012), what was told; labels: whether
    all annotations label whole images.
    """

    out: Path
    format: str
    written: Written
    losses: Findings
    images_placed: int
    labels: bool = False


def convert(
    data: Dataset,
    to: str,
    out: Path,
    options: WriteOptions,
    left_out: Sequence[Mapping[str, Any]] = (),
    label_files: Mapping[str, bytes | None] | None = None,
) -> Converted:
    """Write `data` in the format `to` into the new folder `out`.

    Raises LossError, before anything is written, when an object, a category, an image or asked-for geometry would be
    lost or changed and `options.allow_loss` is not set. What has no finite geometry, no known image or no category is
    left out and listed in `skipped.jsonl`, after what the caller has `left_out`. With
    `label_files` these stand in place of those the format would write, and nothing of them is lost.
    """
    target = known(to)
    for name, allowed in CHOICES.items():
        if getattr(options, name) not in allowed:
            raise UsageError(f"{name} = {getattr(options, name)!r}: expected one of {', '.join(allowed)}")
    if not 0 <= options.val < 1:
        raise UsageError(f"val = {options.val:g}: expected a share of the images, from 0 to below 1, as 0.2")
    losses = LossyExport().losses(data, target.keeps, options) if label_files is None else Findings()
    stopping = losses.where(stops)
    if len(stopping) and not options.allow_loss:
        told = "; ".join(part.text(row) for part in stopping.blocks for row in range(len(part)))
        others = ", ".join(name for name, form in formats().items() if form.keeps.image_labels == "yes")
        helps = others if classifies(data) and target.keeps.image_labels == "no" else ""
        goes_on = f"{helps} can; --allow-loss goes on" if helps else "--allow-loss goes on"
        raise LossError(f"{to} cannot hold all of this: {told}. Nothing was written; {goes_on}")
    with staged(out, data.paths) as work:
        written = target.write(data, work, options)
        placed = place_images(data, target, work, options)
        if label_files is not None:
            written = unchanged(written, work, label_files, len(data.table("annotations")))
        written = replace(written, skipped=(*left_out, *written.skipped))
        if written.skipped:
            text = "".join(f"{json_text(row)}\n" for row in written.skipped).encode()
            (work / "skipped.jsonl").write_bytes(text)
            written = replace(written, files=(*written.files, "skipped.jsonl"))
    return Converted(out, to, written, losses, placed, classifies(data))


def unchanged(
    written: Written, work: Path, label_files: Mapping[str, bytes | None], annotations: int
) -> Written:
    """Put label files as they were read in place of those that were written; None: there is none."""
    for place, held in label_files.items():
        if held is None:
            (work / place).unlink()
        else:
            (work / place).write_bytes(held)
    files = tuple(file for file in written.files if label_files.get(file, b"") is not None)
    return replace(written, files=files, annotations=annotations, skipped=(), notes=())


def known(name: str) -> Format:
    found = formats()
    writable = ", ".join(each for each, form in found.items() if form.writes)
    if name not in found:
        raise UsageError(f"no format is called {name!r}; there are: {writable}")
    if not found[name].writes:
        raise UsageError(f"{name} is read only: it cannot be written yet; choose one of {writable}")
    return found[name]


def stops(part: Block) -> Any:
    return np.asarray(part.values["stops"], dtype=bool)


def place_images(data: Dataset, target: Format, work: Path, options: WriteOptions) -> int:
    """Put the image files where the format wants them; return how many there were."""
    if options.image_files == "none":
        return 0
    paths: Mapping[str, str] = {
        str(place): path
        for place, path in zip(
            target.image_targets(data, options), data.table("images")["path"].tolist(), strict=True
        )
        if path and place
    }
    for place, path in track(list(paths.items()), "Placing images"):
        place_image(path, work / place, options.image_files)
    return len(paths)
