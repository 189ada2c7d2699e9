"""Writing a VOC devkit from the tables of any dataset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Written, left_out
from annotool.formats.voc.corners import to_corners
from annotool.formats.voc.layout import NAMES_FILE
from annotool.formats.voc.lists import names_text
from annotool.formats.voc.names import Place, places, safe
from annotool.formats.voc.plain import MARK
from annotool.formats.voc.records import FLAGS
from annotool.progress import track
from annotool.schema import Kind
from annotool.table import Array
from annotool.wording import plural

__all__ = ["escape", "write"]

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
POSE = re.compile(rb"<pose>([^<>]*)</pose>")
DEPTH = {"1": 1, "L": 1, "I;16": 1, "LA": 2, "RGBA": 4, "CMYK": 4}
OBJECT = """\t<object>
\t\t<name>{}</name>
\t\t<pose>{}</pose>
\t\t<truncated>{}</truncated>
\t\t<difficult>{}</difficult>{}
\t\t<bndbox>
\t\t\t<xmin>{}</xmin>
\t\t\t<ymin>{}</ymin>
\t\t\t<xmax>{}</xmax>
\t\t\t<ymax>{}</ymax>
\t\t</bndbox>
\t</object>
"""
HEAD = """<annotation>
\t<folder>{}</folder>
\t<filename>{}</filename>
\t<source>
\t\t<database>{}</database>
\t</source>
{}\t<segmented>0</segmented>
"""
SIZE = "\t<size>\n\t\t<width>{}</width>\n\t\t<height>{}</height>\n\t\t<depth>{}</depth>\n\t</size>\n"


def escape(text: str) -> str:
    """Return text as XML content that reads back as it was, characters XML cannot hold replaced by U+FFFD."""
    if text.isalnum():
        return text
    return "".join(SPECIAL.get(each, each) for each in ILLEGAL.sub("\ufffd", text))


def write(data: Dataset, out: Path) -> Written:
    """Write the dataset into the empty folder `out`; see the package's docstring for what is kept."""
    return Writer(data, out).run()


class Writer(msgspec.Struct):
    """The writing of one dataset."""

    data: Dataset
    out: Path
    files: list[str] = msgspec.field(default_factory=list)
    skipped: list[dict[str, Any]] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)

    def run(self) -> Written:
        where = places(self.data)
        texts, order, first = self.objects()
        heads = self.heads(where)
        for folder in sorted({"", *(place.stem.rpartition("/")[0] for place in where)}):
            (self.out / "Annotations" / folder).mkdir(parents=True, exist_ok=True)
        for row, place in enumerate(track(where, "writing xml files")):
            own = order[first[row] : first[row + 1]]
            text = heads[row] + "".join([texts[at] for at in own]) + "</annotation>\n"
            self.put(f"Annotations/{place.stem}.xml", text.encode())
        self.splits(where)
        names = self.data.labels
        if names:
            self.put(
                "labels.txt", "".join(f"{one_line(name)}\n" for name in names).encode("utf-8", "replace")
            )
        if any(place.renamed for place in where):
            self.put(NAMES_FILE, names_text(self.side_rows(where)))
        return Written(tuple(self.files), len(where), len(order), tuple(self.skipped), tuple(self.notes))

    def put(self, name: str, data: bytes) -> None:
        with (self.out / name).open("wb") as file:
            file.write(data)
        self.files.append(name)

    # Objects.

    def objects(self) -> tuple[list[str], list[int], list[int]]:
        """Return the text of each annotation, the positions to write sorted by image, and where each image's begin."""
        rows = self.data.table("annotations")
        image = self.data.image_rows(rows["image"])
        writable = np.flatnonzero(self.reasons(image))
        order = writable[np.argsort(image[writable], kind="stable")]
        first = np.searchsorted(image[order], np.arange(len(self.data.table("images")) + 1))
        corners = self.grid(np.stack([rows[name][order] for name in "xywh"], axis=1)).tolist()
        names = [escape(name) for name in self.data.names_of(rows["category"]).tolist()]
        flags = {name: rows[name].tolist() for name in FLAGS}
        poses = self.poses()
        texts = [""] * len(rows)
        for at, box in zip(order.tolist(), corners, strict=True):
            occluded = flags["occluded"][at]
            more = f"\n\t\t<occluded>{occluded}</occluded>" if occluded >= 0 else ""
            states = (max(flags["truncated"][at], 0), max(flags["difficult"][at], 0))
            texts[at] = OBJECT.format(names[at], poses.get(at, "Unspecified"), *states, more, *box)
        self.tell(order)
        return texts, order.tolist(), first.tolist()

    def reasons(self, image: Array) -> Array:
        """Return which annotations can be written, bool; the others go to `skipped` with the reason."""
        rows = self.data.table("annotations")
        xywh = np.stack([rows[name] for name in "xywh"], axis=1)
        names = self.data.names_of(rows["category"])
        bad_name = np.array(
            [not name or ILLEGAL.search(name) is not None for name in names.tolist()], dtype=bool
        )
        fractions = np.isnan(xywh).any(axis=1) & np.isfinite(rows["xn"])
        why = np.zeros(len(rows), dtype=np.int8)
        texts = ["", "its image is not known", "its category is not known", "its category's name is empty or holds what XML cannot",
                 "a label for a whole image; VOC holds boxes only", "the size of its image is not known", "it has no finite box"]  # fmt: skip
        cases = [image < 0, rows["category"] < 0, bad_name, rows["kind"] == Kind.IMAGE, fractions,
                 ~(np.isfinite(xywh).all(axis=1) & (np.abs(xywh) < 1e15).all(axis=1))]  # fmt: skip
        for number, case in reversed(list(enumerate(cases, 1))):
            why[case] = number
        for at in np.flatnonzero(why).tolist():
            self.skipped.append(left_out(self.data, at, texts[why[at]]))
        return np.asarray(why == 0)

    def grid(self, xywh: Array) -> Array:
        """Return 1-inclusive corners in whole pixels, int64 (n, 4): each edge at the nearest; a side that would be lost
        becomes the pixel its middle lies in."""
        exact = to_corners(xywh, "1-inclusive")
        whole = np.floor(exact + 0.5)
        thin = (xywh[:, 2:] > 0) & (whole[:, 2:] < whole[:, :2])
        middle = np.floor(xywh[:, :2] + xywh[:, 2:] / 2) + 1
        whole = np.where(np.tile(thin, 2), np.tile(middle, 2), whole)
        moved = np.abs(whole - exact).max(axis=1, initial=0)
        count = int((moved > 1e-9).sum())
        if count:
            most = f"{moved.max():.2g}"
            self.notes.append(
                f"{count:,} of {len(xywh):,} boxes moved by up to {most} px: VOC's corners are whole pixels"
            )
        return whole.astype(np.int64)

    def poses(self) -> dict[int, str]:
        """Return the poses that VOC sources name, by position; they are in no table."""
        rows, sources = self.data.table("annotations"), self.data.table("sources")
        found = {}
        if "voc" in self.data.formats:
            voc = (
                (sources["format"] == "voc")[rows["source"]]
                & (rows["source"] >= 0)
                & rows["extra"]
                & (rows["start"] >= 0)
            )
            for at in np.flatnonzero(voc).tolist():
                record = self.data.source_bytes(int(rows["source"][at]))[rows["start"][at] : rows["end"][at]]
                match = POSE.search(record)
                if match:
                    found[at] = match[1].decode("utf-8", "replace").strip() or "Unspecified"
        return found

    def tell(self, order: Array) -> None:
        rows = self.data.table("annotations").take(order)
        crowds = int((rows["iscrowd"] == 1).sum())
        if crowds:
            self.notes.append(
                f"{plural(crowds, 'crowd is written as a plain object', 'crowds are written as plain objects')}: VOC has no crowds"
            )

    # Images.

    def heads(self, where: list[Place]) -> list[str]:
        images = self.data.table("images")
        depth = ["3"] * len(images)
        width, height = images["width"].astype(np.float64), images["height"].astype(np.float64)
        if self.data.images_checked != "none" and (images["path"] != "").any():
            files = self.data.image_files
            depth = [str(DEPTH.get(mode, 3)) for mode in files.mode.tolist()]
            width, height = (
                np.where(own > 0, own, there) for own, there in ((width, files.width), (height, files.height))
            )
        unknown = int((~((width > 0) & (width < inf)) | ~((height > 0) & (height < inf))).sum())
        if unknown:
            self.notes.append(
                f"{plural(unknown, 'image has', 'images have')} no known size: no <size> in the xml"
            )
        return list(self.head_texts(where, width.tolist(), height.tolist(), depth))

    @staticmethod
    def head_texts(
        where: list[Place], width: list[float], height: list[float], depth: list[str]
    ) -> Iterator[str]:
        for place, w, h, d in zip(where, width, height, depth, strict=True):
            folder, _, stem = place.stem.rpartition("/")
            size = SIZE.format(plain_number(w), plain_number(h), d) if 0 < w < inf and 0 < h < inf else ""
            below = f"JPEGImages/{folder}" if folder else "JPEGImages"
            yield HEAD.format(escape(below), escape(stem + place.suffix), MARK, size)

    def splits(self, where: list[Place]) -> None:
        splits = self.data.table("splits")
        rows = self.data.image_rows(splits["image"])
        for name in self.data.split_names:
            (self.out / "ImageSets" / "Main").mkdir(parents=True, exist_ok=True)
            own = rows[(splits["split"] == name) & (rows >= 0)].tolist()
            stems = dict.fromkeys(where[row].stem for row in own)
            self.put(
                f"ImageSets/Main/{safe(name.replace('/', '_'))}.txt",
                "".join(f"{stem}\n" for stem in stems).encode(),
            )

    def side_rows(self, where: list[Place]) -> list[tuple[str, str, float, float]]:
        images = self.data.table("images")
        sizes = zip(images["width"].tolist(), images["height"].tolist(), strict=True)
        return [
            (place.stem, place.file_name, w, h)
            for place, (w, h) in zip(where, sizes, strict=True)
            if place.renamed
        ]


def plain_number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def one_line(name: str) -> str:
    """Return a name for a line of labels.txt, line breaks spelled `\\n`; `lists.read_classes` reads them."""
    return name.replace("\r", "\\r").replace("\n", "\\n")
