"""IMG005: image files of another format than their name says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, Findings, ImageRule, image_files_lacking
from annotool.rules.img.base import has_files, of_files
from annotool.rules.targets import drops_image, no, value_is

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

    Fix: none: the file wants another name, and every label, list and script that names it with it; and the journal of a
    fix holds the bytes of labels, so no undo would give the image its name back.

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
        formats, paths = data.image_files.format, data.table("images")["path"]
        suffixes = np.array([path.rpartition(".")[2].lower()[:12] for path in paths.tolist()], dtype="U12")
        kinds, of = np.unique(suffixes, return_inverse=True)
        named = np.array([FORMAT.get(suffix, "") for suffix in kinds.tolist()], dtype="U8")[of]
        known = formats != ""
        wrong = np.flatnonzero(known & (named != "") & (named != formats))
        odd = known & ~np.isin(formats, np.array(self.allowed, dtype="U8"))
        odd[wrong] = False
        message = "the file holds {format}, its name ends in .{suffix}"
        values = {"format": formats[wrong].astype(object), "suffix": suffixes[wrong].astype(object)}
        findings = of_files(self, message, data, wrong, values=values)
        rare = np.flatnonzero(odd)
        allowed = ", ".join(self.allowed)
        rarely: dict[str, Any] = {"format": formats[rare].astype(object), "allowed": allowed}
        return findings + of_files(
            self, "{format} is none of the formats that trainers open: {allowed}", data, rare, values=rarely
        )
