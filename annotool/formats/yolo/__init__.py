"""YOLO, as ultralytics reads it.

A label file beside each image, one line an object, numbers separated by white space, fractions of the image's width
and height with the origin at the outer corner of the top left pixel:

    detect    class cx cy w h                      centre and size of the box
    segment   class x1 y1 ... xn yn                one outline of three points or more
    obb       class x1 y1 x2 y2 x3 y3 x4 y4        four corners
    pose      class cx cy w h x1 y1 (v1) ...       keypoints of 2 or 3 numbers, as kpt_shape says

The class is the index of its name, from 0. Nothing in a file says which task it is for, and nine numbers are an
oriented box or a polygon of four points: we go by --task, by kpt_shape, else by what most rows of the dataset look
like, and say which. CRLF, tabs, blank lines, `2e-01` and a missing last line end are legal and stay byte for byte.

Layouts, told apart by content:

- Ultralytics: a yaml with `names` (list, or mapping whose KEYS are the indices) and `train`, `val`, `test`, each a
  folder, a text file that lists images, or several; relative to `path`, else to the yaml. `../x` falls back to `x`, as
  ultralytics does; a dead absolute path to its tail beside the yaml (FMT004). The label of .../images/a/b.jpg is
  .../labels/a/b.txt: the LAST `/images/` counts. Where that leads to no label but one of that stem lies elsewhere,
  ultralytics trains on nothing: FMT005. labelformat replaces the first "images", Datumaro ignores the keys of names,
  supervision sorts them; we follow ultralytics.
- Darknet and CVAT 1.1: obj.data names obj.names and lists of images; labels lie beside the images.
- Label Studio: notes.json and classes.txt; `a1b2c3d4-` before a name, and folders written into it, are looked past.
- Folders: labels/ beside images/, SPLIT/labels, or labels beside images; `classes.txt` or `labels.txt` name the
  classes; sets/*.txt of stems are splits. Without a class list a category is named by its index.

An image without a label file is an unlabelled image; an empty label file says that there is nothing in the picture.

What YOLO cannot hold: image sizes (read from the images' headers, from --sizes, or from `annotool-names.csv`, which
our writer leaves: stem, file_name, width, height), ids, crowds, holes, several parts (joined to one outline by lines
without width, as ultralytics' converter does), attributes, labels of whole images.

Writing: Ultralytics' layout without `path`. The class index is the rank of the category's id; categories that only
group others get none. Twelve decimals, or six where these say all; nothing is clipped. Sources:
https://docs.ultralytics.com/datasets/ ; verify_image_label, img2label_paths and check_det_dataset of
ultralytics/data/utils.py, read, not copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.formats.base import (
    Claim,
    Format,
    Keeps,
    ReadOptions,
    Splice,
    WriteOptions,
    Written,
    objects,
    own_files,
)
from annotool.formats.listing import Listing
from annotool.formats.yolo.layout import survey, survey_file
from annotool.formats.yolo.patch import patch
from annotool.formats.yolo.read import read
from annotool.formats.yolo.targets import SPLITS, class_indices, places
from annotool.formats.yolo.write import write
from annotool.table import Array

__all__ = ["FORMAT"]


class Yolo(Format):
    """YOLO."""

    name = "yolo"
    title = "YOLO"
    keeps = Keeps(
        boxes="yes, as fractions",
        polygons="with --task segment",
        rle="with --task segment",
        holes="no",
        keypoints="with --task pose",
        obb="with --task obb",
        crowd="with --crowd keep, as plain objects",
        ids="no",
        attributes="no",
        image_sizes="yes",
        image_labels="no",
        unknown_keys="no",
        unused_categories="yes",
        splits="yes",
    )

    def detect(self, folder: Listing) -> list[Claim] | str:
        """Claim a folder with a data.yaml or an obj.data, or with label files of YOLO's rows."""
        found = survey(folder)
        if isinstance(found, str):
            return found
        one = len(found) == 1 and found[0].layout in ("ultralytics", "darknet")
        return [Claim("yolo", folder.path if one else each.path, each.evidence) for each in found]

    def detect_file(self, path: Path) -> Claim | str:
        """Claim a data.yaml or an obj.data."""
        found = survey_file(path)
        return found if isinstance(found, str) else Claim("yolo", found.path, found.evidence)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the dataset at a claimed path."""
        return read(path, options)

    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Write Ultralytics' layout into the empty folder `out`."""
        return write(data, out, options)

    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Return images/SPLIT/ and each image's name."""
        return objects([place.image for place in places(data, options)])

    def label_files(self, data: Dataset, options: WriteOptions) -> Mapping[str, bytes | None] | None:
        """Return the label files, where each class keeps its index and each keypoint is of three numbers."""
        if options.task == "pose" and data.facts["task"].get("kpt_shape", (0, 3))[1] != 3:
            return None
        table, index = data.table("annotations"), class_indices(data).index[data.annotation_labels]
        if (index != table["category_id"])[data.annotation_labels >= 0].any():
            return None
        return own_files(data, [place.label for place in places(data, options)])

    def split_name(self, name: str) -> str:
        """Return the name in ultralytics' words, if it is one that a data.yaml can have."""
        word = SPLITS.get(name.lower(), name)
        return word if word in ("train", "val", "test") else ""

    def outside_split(self, name: str, split: str) -> str:
        """Return an image's file name without the folder of a split, whichever word for it the folder has."""
        *folders, last = name.split("/")
        words = [SPLITS.get(each.lower(), each) for each in folders]
        word = SPLITS.get(split.lower(), split)
        if word in words:
            folders.pop(words.index(word))
        return "/".join([*folders, last])

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return the bytes to change in label files and lists."""
        return patch(data, edits)


FORMAT = Yolo()
