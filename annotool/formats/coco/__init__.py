"""COCO: one JSON object with `images`, `annotations` and `categories`, boxes in absolute pixels.

- `bbox` is x, y, w, h in float pixels; origin at the outer corner of the top-left pixel, so [0, 0, 1, 1] encloses the
  first pixel (pycocotools/mask.py). This is the frame annotool itself uses. Polygon vertices lie in the same frame;
  keypoints are pixel indices, x y v with v 0 not labelled, 1 hidden, 2 visible.
- `segmentation` is a list of rings (each at least 6 numbers), or a run-length mask: column-major, `size` is [height,
  width], the first run is of zeros; `counts` is a list of ints or COCO's compressed string.
- `area` is that of the segment, not of the box; cocoeval sorts objects into small, medium and large by it.
- `iscrowd` 1 marks a region to ignore, by convention an RLE.
- Annotation ids are unique in a file and start at 1: cocoeval takes 0 for "not matched". Category ids may have gaps.
- An image without annotations is an entry in `images` alone, and stays one.

Read: one file; a folder with a file a split; Roboflow's `train|valid|test/_annotations.coco.json`; `annotations/
instances_*.json` as downloaded, where captions, keypoints, stuff and panoptic files beside it are named, not read;
LVIS (no iscrowd, `coco_url` in place of `file_name`). Results lists are predictions. Unknown keys stay in the bytes.

Written: `annotations/instances_<split>.json` with images below `images/`. Ids stay where they are unique, else count
from 1; category ids stay, YOLO's indices are moved up by one; records from COCO keep their own text.

It cannot hold: holes in polygons (a mask can), more than one box an annotation, which images belong to no split.
Source: https://cocodataset.org/#format-data, pycocotools 2.0.11, lvis-api.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.formats.base import Claim, Format, Keeps, ReadOptions, Splice, WriteOptions, Written
from annotool.formats.coco.layout import claim_file, claims
from annotool.formats.coco.patch import patch
from annotool.formats.coco.read import read
from annotool.formats.coco.write import image_targets, write
from annotool.formats.listing import Listing
from annotool.table import Array

__all__ = ["FORMAT"]


class Coco(Format):
    """COCO instances."""

    name = "coco"
    title = "COCO"
    keeps = Keeps(
        boxes="yes",
        polygons="yes",
        rle="yes",
        holes="yes, as masks",
        keypoints="yes",
        obb="as polygons",
        crowd="yes",
        ids="yes",
        attributes="difficult, truncated, occluded, under `attributes`",
        image_sizes="yes",
        image_labels="yes",
        unknown_keys="yes",
        unused_categories="yes",
        splits="yes, a file each",
    )

    def detect(self, folder: Listing) -> list[Claim] | str:
        """Claim the COCO datasets that sit in `folder`."""
        return claims(folder)

    def detect_file(self, path: Path) -> Claim | str:
        """Claim one json file."""
        return claim_file(path)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the dataset at a claimed path."""
        return read(path, options)

    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Write json files, one a split."""
        return write(data, out)

    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Images go below `images/`."""
        return image_targets(data)

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return the bytes to change in json files."""
        return patch(data, edits)


FORMAT = Coco()
