"""Writing Ultralytics' layout from the tables of any dataset: data.yaml, images/SPLIT, labels/SPLIT."""

from __future__ import annotations

import csv
import io
import math
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.formats.base import WriteOptions, Written, left_out
from annotool.formats.yolo.outlines import corners, outlines, turned
from annotool.formats.yolo.sizes import NAMES_FILE
from annotool.formats.yolo.targets import Place, class_indices, places
from annotool.progress import track
from annotool.schema import Kind
from annotool.table import Array
from annotool.wording import plural

__all__ = ["write"]

NUMBER = "%.12f"  # 3e-9 px at 6000 px
ROWS = 1 << 16  # annotations turned to text at a time
REASONS = (
    "",
    "its image is not known",
    "its category is not known",
    "a label for a whole image; YOLO's rows are boxes and outlines",
    "a crowd (--crowd skip)",
    "the size of its image is not known",
    "it has no finite geometry",
    "it has no outline of three points",
)
CROWD, NO_OUTLINE = 4, 7
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
OUTLINES = {"segment": "outline", "obb": "oriented box"}


def write(data: Dataset, out: Path, options: WriteOptions) -> Written:
    """Write the dataset into the empty folder `out`; see the package's docstring for what is kept."""
    return Writer(data, out, options).run()


@dataclass
class Writer:
    """The writing of one dataset."""

    data: Dataset
    out: Path
    options: WriteOptions
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keypoints: int = 0

    def run(self) -> Written:
        where = places(self.data, self.options)
        self.classes = class_indices(self.data)
        self.width, self.height = self.sizes()
        image = self.data.image_rows(self.data.table("annotations")["image"])
        why = self.reasons(image)
        texts = self.texts(why)
        rows = np.flatnonzero(why == 0)
        order = rows[np.argsort(image[rows], kind="stable")]
        first = np.searchsorted(image[order], np.arange(len(where) + 1)).tolist()
        index = self.classes.index[self.data.annotation_labels[order]].tolist()
        lines = [f"{number} {texts[row]}\n" for row, number in zip(order.tolist(), index, strict=True)]
        self.folders(where)
        for at, place in enumerate(track(where, "writing label files")):
            self.put(place.label, "".join(lines[first[at] : first[at + 1]]).encode())
        self.put("data.yaml", self.yaml(where).encode())
        self.put(NAMES_FILE, self.side(where).encode("utf-8", "replace"))
        self.tell(where, why)
        skipped = tuple(left_out(self.data, at, REASONS[why[at]]) for at in np.flatnonzero(why).tolist())
        return Written(tuple(self.files), len(where), len(order), skipped, tuple(self.notes))

    def folders(self, where: list[Place]) -> None:
        """Make all folders; images/SPLIT too, for ultralytics wants it even where no image is placed."""
        labels = {place.label.rpartition("/")[0] for place in where}
        for folder in sorted(labels | {f"images/{place.split}" for place in where}):
            (self.out / folder).mkdir(parents=True, exist_ok=True)

    def put(self, name: str, held: bytes) -> None:
        file = os.open(os.path.join(self.out, name), FLAGS, 0o666)
        try:
            left = memoryview(held)
            while left:
                left = left[os.write(file, left) :]
        finally:
            os.close(file)
        self.files.append(name)

    # Rows.

    def sizes(self) -> tuple[Array, Array]:
        """Width and height of each annotation's image: as declared, else as its file says; NaN where neither does."""
        images = self.data.table("images")
        width, height = images["width"], images["height"]
        unknown = ~((width > 0) & (height > 0))
        if unknown.any() and self.data.images_checked != "none" and (images["path"][unknown] != "").any():
            files = self.data.image_files
            width, height = np.where(unknown, files.width, width), np.where(unknown, files.height, height)
        known = (width > 0) & (height > 0)
        rows = self.data.image_rows(self.data.table("annotations")["image"])
        sides = (np.append(np.where(known, side, np.nan), np.nan)[rows] for side in (width, height))
        wide, high = sides
        return wide, high

    def fractions(self) -> Array:
        """Boxes as fractions x y w h (n, 4): as written, else pixels over the image's size."""
        rows = self.data.table("annotations")
        written = np.stack([rows[name] for name in ("xn", "yn", "wn", "hn")], axis=1)
        pixels = np.stack([rows[name] for name in "xywh"], axis=1)
        side = np.stack([self.width, self.height, self.width, self.height], axis=1)
        return np.where(np.isfinite(written).all(axis=1)[:, None], written, pixels / side)

    def reasons(self, image: Array) -> Array:
        """Why each annotation is left out, a number of REASONS; 0: it is written."""
        rows = self.data.table("annotations")
        index = self.classes.index[self.data.annotation_labels]
        pixels = np.isfinite(np.stack([rows[name] for name in "xywh"], axis=1)).all(axis=1)
        written = np.isfinite(np.stack([rows[name] for name in ("xn", "yn", "wn", "hn")], axis=1)).all(axis=1)
        why = np.zeros(len(rows), dtype=np.int8)
        cases = [
            image < 0,
            index < 0,
            rows["kind"] == Kind.IMAGE,
            (rows["iscrowd"] == 1) & (self.options.crowd == "skip"),
            pixels & ~written & ~np.isfinite(self.width),
            ~pixels & ~written,
        ]
        for number, case in reversed(list(enumerate(cases, 1))):
            why[case] = number
        return why

    def texts(self, why: Array) -> list[str]:
        """Return what stands after the class of each annotation that is written; what stands for others is open."""
        box = self.fractions()
        if self.options.task in OUTLINES:
            return self.rings(box, why)
        centre = np.concatenate([box[:, :2] + box[:, 2:] / 2, box[:, 2:]], axis=1)
        found = spelled(centre)
        if self.options.task == "pose":
            for row, points in self.points(why).items():
                found[row] += points
        return found

    def rings(self, box: Array, why: Array) -> list[str]:
        """Outlines, or corners of oriented boxes; a plain box gives its own corners."""
        rows, kinds = np.flatnonzero(why == 0), self.data.table("annotations")["kind"]
        found = spelled(corners(box))
        told: Counter[str] = Counter(boxes=int((kinds[rows] <= Kind.BOX).sum()))
        sides = np.nan_to_num(np.stack([self.width, self.height], axis=1), nan=1.0)
        seen = np.zeros(len(kinds), dtype=bool)
        for row, ring, parts, holes in outlines(self.data, rows):
            seen[row] = True
            if self.options.task == "obb" and ring is not None and kinds[row] != Kind.OBB:
                ring = turned(ring)
                told["turned"] += 1
            if ring is None:
                why[row] = NO_OUTLINE
            else:
                (found[row],) = spelled((ring.reshape(-1, 2) / sides[row]).reshape(1, -1))
                told.update(joined=parts > 1, holes=holes > 0)
        told["boxes"] += int((~seen[rows] & (kinds[rows] > Kind.BOX)).sum())
        words = {
            "boxes": f"{{:,}} annotations have a box only: its corners are their {OUTLINES[self.options.task]}",
            "turned": "{:,} outlines became the smallest turned rectangle around them",
            "joined": "{:,} outlines of several parts were joined to one by lines without width",
            "holes": "{:,} masks lost their holes",
        }
        self.notes += [words[name].format(count) for name, count in told.items() if count]
        return found

    def points(self, why: Array) -> dict[int, str]:
        """Keypoints x y v of all rows, as fractions, padded with zeros to the most any row has."""
        rows, table = np.flatnonzero(why == 0), self.data.table("annotations")
        formats = self.data.table("sources")["format"]
        has = rows[table["kpt_start"][rows] >= 0]
        found: dict[int, Array] = {}
        for name, decoder in self.data.decoders.items():
            own = has[formats[table["source"][has]] == name]
            decoded = decoder.keypoints(self.data, own).each() if decoder.keypoints else []
            for row, points in zip(own.tolist(), decoded, strict=False):
                side = np.nan_to_num([self.width[row], self.height[row]], nan=1.0)
                scaled = np.where(points[:, 2:] > 0, points[:, :2] / side, 0.0)
                if np.isfinite(scaled).all():
                    found[row] = np.column_stack([scaled, np.nan_to_num(points[:, 2])])
        self.keypoints = max(map(len, found.values()), default=0)
        if not self.keypoints:
            raise UsageError("--task pose: no annotation has keypoints; nothing was written")
        short = sum(len(found.get(row, ())) < self.keypoints for row in rows.tolist())
        if short:
            self.notes.append(
                f"{plural(short, 'annotation has', 'annotations have')} fewer than {self.keypoints} keypoints: the rest are 0 0 0"
            )
        padded = {row: np.zeros((self.keypoints, 3)) for row in rows.tolist()}
        for row, points in found.items():
            padded[row][: len(points)] = points
        return {
            row: "".join(
                f" {place} {seen:.0f}"
                for place, seen in zip(spelled(points[:, :2]), points[:, 2], strict=True)
            )
            for row, points in padded.items()
        }

    # Around.

    def yaml(self, where: list[Place]) -> str:
        import yaml

        met = dict.fromkeys(place.split for place in where)
        splits: list[str] = [name for name in ("train", "val", "test") if name in met]
        splits += [name for name in met if name not in splits]
        content: dict[str, Any] = {split: f"images/{split}" for split in splits}
        content |= {"nc": len(self.classes.names)}
        if self.options.task in OUTLINES:
            content["task"] = self.options.task  # ultralytics passes it over; four corners may be either
        if self.keypoints:
            content["kpt_shape"] = [self.keypoints, 3]
        content["names"] = dict(enumerate(self.classes.names))
        text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1 << 20)
        return text

    def side(self, where: list[Place]) -> str:
        images = self.data.table("images")
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("stem", "file_name", "width", "height"))
        columns = (images[name].tolist() for name in ("file_name", "width", "height"))
        for place, name, width, height in zip(where, *columns, strict=True):
            rows.writerow((f"{place.split}/{place.stem}", name, plain(width), plain(height)))
        return text.getvalue()

    def tell(self, where: list[Place], why: Array) -> None:
        """Say what is other than the user may expect."""
        images, splits = self.data.table("images"), self.data.table("splits")
        crowds = int((why == CROWD).sum())
        if crowds:
            self.notes.append(
                f"{crowds:,} crowds were left out: YOLO has none (--crowd keep writes them as objects)"
            )
        if self.classes.grouping:
            self.notes.append(
                f"categories that only group others get no class index: {', '.join(self.classes.grouping)}"
            )
        several = len(splits) - len(np.unique(splits["image"]))
        if several:
            self.notes.append(
                f"{several:,} entries put an image in a second split: it was written in its first"
            )
        stems = [
            os.path.splitext(os.path.basename(name.replace("\\", "/")))[0]
            for name in images["file_name"].tolist()
        ]
        renamed = sum(place.stem.rpartition("/")[2] != stem for place, stem in zip(where, stems, strict=True))
        if renamed:
            self.notes.append(
                f"{plural(renamed, 'image')} got another name, for one label file each; {NAMES_FILE} has the old"
            )
        met = {place.split for place in where}
        if "val" not in met:
            more = "" if self.options.val else "; --val 0.2 makes it of a fifth of the images"
            self.notes.append(f"there is no val split, which ultralytics wants{more}")
        if self.options.val and len(met) > 1 and not np.all(self.data.image_splits == ""):
            self.notes.append("--val was not used: the dataset has several splits")


def spelled(numbers: Array) -> list[str]:
    """Return the numbers of each row (n, k) with twelve decimals, or six where these say all."""
    template = " ".join([NUMBER] * numbers.shape[1]) + " "
    found: list[str] = []
    for first in range(0, len(numbers), ROWS):
        rows = numbers[first : first + ROWS].tolist()
        # A number ends with a blank, so that six zeros before it are its last.
        found += [(template % tuple(row)).replace("000000 ", " ")[:-1] for row in rows]
    return found


def plain(value: float) -> str:
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value == int(value) else repr(value)
