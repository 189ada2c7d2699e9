"""COCO: one JSON file with lists of images, annotations and categories, boxes in pixels.

    {"images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
     "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [x, y, w, h], "area": 1.0, "iscrowd": 0,
                      "segmentation": [[x1, y1, x2, y2, x3, y3]], "keypoints": [x, y, v], "num_keypoints": 1}],
     "categories": [{"id": 1, "name": "cat", "supercategory": "animal"}]}

Frame: floating point pixels, origin at the outer corner of the top left pixel, half-open: our own. `area` is that of the
segment, and decides in evaluation what is small; `iscrowd` marks groups. Keypoints are pixel indices, kept as written.

`segmentation` is a list of rings (flat x, y lists, three points or more), or RLE: {"size": [height, width], "counts"},
columns first, zeros first, as numbers or as a compressed text. RLE does not mean crowd. `[]` is no segmentation. An
annotation without any geometry is a label of its whole image. Without bbox the extent of the geometry is taken.

Layouts, told by content: a file; a folder with a file a split; `annotations/` with such files, images anywhere beside;
`train/ valid/ test/` with `_annotations.coco.json` in each (Roboflow). Names tell the split (instances_train2017). Beside
instances, the files of COCO's other tasks (captions_, person_keypoints_, stuff_, panoptic_) are named as not read, and
so are lists of results, which --predictions takes. A file whose images are those of the others together is not read.

LVIS: `file_name` may be absent, then the last two parts of `coco_url` stand for it; no iscrowd. Flags `difficult`,
`truncated`, `occluded` are read from `attributes`. Unknown keys stay in the bytes of the record.

Where tools disagree: ids are whole numbers, and "1" is not 1 (pycocotools finds no such image). Of equal image ids the
first owns the annotations, where pycocotools keeps the last. A key or section that stands twice: both sections are read,
of keys the last counts, as in json. What is no JSON (NaN, trailing commas, a file that breaks off) spoils its own record,
not the file.

What COCO cannot hold: polygons with holes (a hole makes it RLE), oriented boxes (written as polygons).

Writing: annotations/instances_SPLIT.json (instances.json for images of no split), images below images/ by their file
names; ids of a COCO source where they can stand, else from 1; the written area, else that of the mask, the rings, or
w * h; numbers in the fewest digits that give them back. A COCO record keeps its own text wherever it says the same.

Sources: https://cocodataset.org/#format-data; pycocotools coco.py, mask.py; https://www.lvisdataset.org/dataset.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.formats.base import Claim, Format, Keeps, ReadOptions, Splice, WriteOptions, Written, objects
from annotool.formats.coco.file_names import file_names
from annotool.formats.coco.layout import claim_file, claims, named, split_in
from annotool.formats.coco.patch import patch
from annotool.formats.coco.read import read
from annotool.formats.coco.write import file_stem, write
from annotool.formats.listing import Listing
from annotool.table import Array

__all__ = ["FORMAT"]


class Coco(Format):
    """COCO."""

    name = "coco"
    title = "COCO"
    keeps = Keeps(
        boxes="yes",
        polygons="yes",
        rle="yes",
        holes="as RLE",
        keypoints="yes",
        obb="as polygon",
        crowd="yes",
        ids="yes",
        attributes="yes",
        image_sizes="yes",
        image_labels="yes",
        unknown_keys="from COCO",
        unused_categories="yes",
        splits="yes",
    )

    def detect(self, folder: Listing) -> list[Claim] | str:
        """Claim a folder with COCO's JSON files, or one whose annotations/ or train/, val/, test/ hold some."""
        return claims(folder)

    def detect_file(self, path: Path) -> Claim | str:
        """Claim a JSON file with COCO's sections, a list of results, or one that is no JSON at all."""
        return claim_file(path)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the dataset at a claimed path."""
        return read(path, options)

    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Write a label file a split into the empty folder `out`."""
        return write(data, out)

    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Return images/ and each image's file name."""
        return objects([f"images/{name}" for name in file_names(data)])

    def split_name(self, name: str) -> str:
        """Return what the name of its file says."""
        file = f"instances_{file_stem(name)}.json"
        return split_in(file) or named(Path(file))

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return the bytes to change in JSON files."""
        return patch(data, edits)


FORMAT = Coco()
