"""IMG005: image files of another format than their name says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.imagefile.suffix import resuffixed
from annotool.rules.base import (
    WARNING,
    Edits,
    Findings,
    Fix,
    ImageRule,
    image_files_lacking,
    mendable,
    together,
)
from annotool.rules.img.base import has_files, of_files
from annotool.rules.targets import drops_image, no, value_is
from annotool.table import Array

# By suffix, in Pillow's words; a suffix that is not here says nothing.
SUFFIXES = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif", "jif", "mpo"),
    "PNG": ("png", "apng"),
    "BMP": ("bmp", "dib"),
    "GIF": ("gif",),
    "TIFF": ("tif", "tiff"),
    "WEBP": ("webp",),
    "PPM": ("ppm", "pgm", "pbm", "pnm", "pfm"),
    "JPEG2000": ("jp2", "j2k", "j2c", "jpc", "jpf", "jpx", "jpeg2000"),
    "AVIF": ("avif", "avifs"),
    "ICO": ("ico",),
}
FORMAT = {suffix: kind for kind, suffixes in SUFFIXES.items() for suffix in suffixes}


@dataclass(frozen=True)
class FormatMismatch(ImageRule):
    """An image file is of another format than its name says, or of one that trainers do not open.

    What: the first bytes of the file are those of another format than its suffix stands for; or the format is not
    among `allowed`, by default what both torchvision's ImageFolder and ultralytics list.

    Why: decoders that go by the suffix fail or take another path: TensorFlow stopped at the PNG and GIF files called .jpg
    in Oxford Pets (tensorflow/models#2194). Readers of other formats leave the image out, or give it a palette.

    Bad: a PNG file called `a.jpg`; a GIF

    Good: a PNG file called `a.png`

    Fix: unsafe, and with `--out` only: in the mended copy the image has the suffix of its format, in capitals where the
    old one was, and so have the labels and lists that name it; scripts of your own may still go by the old name. None
    where an image of that stem lies beside it, nor for a format that is not among `allowed`.

    Source: tensorflow/models#2194; IMG_EXTENSIONS of torchvision/datasets/folder.py and IMG_FORMATS of
    ultralytics/data/utils.py.
    Of the consumers: ultralytics 8.4.190 data/utils.py check_image.
    """

    allowed: tuple[str, ...] = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "PPM")

    code = "IMG005"
    slug = "format-mismatch"
    severities = (WARNING,)
    verdict = (
        "1 image file has a format that does not fit",
        "{n} image files have a format that does not fit",
    )
    fixes = (Fix.UNSAFE,)
    silenced_by = ("IMG001",)
    targets = (
        drops_image(
            "ultralytics",
            "drops the image",
            when=no(
                value_is(
                    "format",
                    "AVIF",
                    "BMP",
                    "DNG",
                    "HEIC",
                    "HEIF",
                    "JPEG",
                    "JPEG2000",
                    "MPO",
                    "PNG",
                    "TIFF",
                    "WEBP",
                )
            ),
        ),
    )

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def check(self, data: Dataset) -> Findings:
        if not has_files(data):
            return Findings()
        formats, paths = data.image_files.format, data.image_paths
        suffixes = np.array([path.rpartition(".")[2].lower()[:12] for path in paths.tolist()], dtype="U12")
        kinds, of = np.unique(suffixes, return_inverse=True)
        named = np.array([FORMAT.get(suffix, "") for suffix in kinds.tolist()], dtype="U8")[of]
        known = formats != ""
        wrong = np.flatnonzero(known & (named != "") & (named != formats))
        odd = known & ~np.isin(formats, np.array(self.allowed, dtype="U8"))
        odd[wrong] = False
        findings = self.misnamed(data, wrong, formats, suffixes)
        rare = np.flatnonzero(odd)
        allowed = ", ".join(self.allowed)
        rarely: dict[str, Any] = {"format": formats[rare].astype(object), "allowed": allowed}
        return findings + of_files(
            self, "{format} is none of the formats that trainers open: {allowed}", data, rare, values=rarely
        )

    def misnamed(self, data: Dataset, wrong: Array, formats: Array, suffixes: Array) -> Findings:
        """Return the findings of files (rows `wrong` of all) whose name says another format than they hold."""
        beside = twins(data.table("images")["path"][wrong].tolist())
        fit = np.where(np.isin(formats[wrong], np.array(self.allowed, dtype="U8")), Fix.UNSAFE, Fix.NONE)
        message = "the file holds {format}, its name ends in .{suffix}"
        values = {
            "format": formats[wrong].astype(object),
            "suffix": suffixes[wrong].astype(object),
            "beside": beside,
        }
        findings = []
        for text, which in ((message, beside == ""), (f"{message}; {{beside}} lies beside it", beside != "")):
            own = {name: column[which] for name, column in values.items() if f"{{{name}}}" in text}
            fix = fit[which] if text == message else Fix.NONE
            findings.append(of_files(self, text, data, wrong[which], fix=fix, values=own))
        return together(findings)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings, "image")
        images, formats = data.table("images"), data.image_files.format
        paths = images["path"]
        same: dict[str, list[int]] = {}  # records of one file take its new name together
        for row in np.flatnonzero(np.isin(paths, paths[keys])).tolist():
            same.setdefault(paths[row], []).append(row)
        cells = []  # finding, row, and the suffixes: the one of the name, the one of the format
        for finding, key in zip(at.tolist(), keys.tolist(), strict=True):
            ends = paths[key].rpartition(".")[2], SUFFIXES[str(formats[key])][0]
            cells += [(finding, row, *ends) for row in same[paths[key]]]
        edits = []
        for column in ("path", "file_name"):
            new = [resuffixed(images[column][row], *ends) for _, row, *ends in cells]
            kept = [n for n, (_, row, *_) in enumerate(cells) if new[n] != images[column][row]]
            by, rows = ([cells[n][part] for n in kept] for part in (0, 1))
            edits.append(Edits.make(len(kept), table="images", column=column, row=rows, new=[new[n] for n in kept],
                                    finding=by, safe=False, rule=self.code))  # fmt: skip
        return Edits.concat(edits)


def twins(paths: Sequence[str]) -> Array:
    """Return for each image the name of another one of its stem in its folder, in any case, empty for none (object): two
    of them would share a name, or the labels that go by it.
    """
    wanted: dict[str, dict[str, list[int]]] = {}
    for at, path in enumerate(paths):
        folder, name = os.path.split(path)
        wanted.setdefault(folder, {}).setdefault(os.path.splitext(name)[0].casefold(), []).append(at)
    found = np.full(len(paths), "", dtype=object)
    for folder, stems in wanted.items():
        for name in sorted(os.listdir(folder or "."), reverse=True):
            stem, suffix = os.path.splitext(name)
            for at in stems.get(stem.casefold(), ()) if suffix[1:].lower() in FORMAT else ():
                found[at] = name if name != os.path.basename(paths[at]) else found[at]
    return found
