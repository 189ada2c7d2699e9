"""Pascal VOC: one XML file an image, corners in pixels.

    <annotation>
      <filename>a.jpg</filename>
      <size><width>640</width><height>480</height><depth>3</depth></size>
      <object>
        <name>cat</name> <pose>Left</pose> <truncated>0</truncated> <difficult>0</difficult> <occluded>0</occluded>
        <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>640</xmax><ymax>480</ymax></bndbox>
      </object>
    </annotation>

Layouts, found by content, names in any case: xml beside the images; `annotations/` or `Annotations/` beside `images/` or
`JPEGImages/`, with or without sub-folders; `train/ valid/ test/` with xml and images in each. `ImageSets/Main/*.txt` give
the splits: a list of stems each. A list that is the union of others (trainval) is no split, nor is one that says -1, 0
or 1 behind each stem (`cat_train.txt`): without any xml file such lists are labels of whole images. `labels.txt` or `labelmap.txt` declare the categories; else they are those in use.

Frame: the specification counts pixels from 1 and both corners lie inside, so xmin 1 and xmax 640 span 640 pixels. Many
tools count from 0 instead: the base is inferred over the whole dataset, told, and can be set (`corners`).

Where tools disagree: an image belongs to the xml of its stem, `<filename>` comes second, `<path>` and `<folder>` never.
The first of several equal elements counts (as for ElementTree). Children may stand in any order. A `<name>` is taken as
it stands, spaces included. `<size>` is what it says, be it missing or 0: rules speak of that. Objects with a polygon
have the box of `<bndbox>`. An image that a list names without xml or image file has a row whose source
is the list.

Safety: expat, no external entity, DTD or network; a document that declares an entity is not read at all.

What VOC cannot hold: ids, polygons, masks, keypoints, rotated boxes, crowds, scores, labels of whole images beside boxes,
fractions of a pixel. What annotool does not understand (parts, actions, polygons, attributes) stays in the bytes of the record; `patch`
keeps it.

Labels of whole images alone are written as lists of their classes (`class_lists`). Else writing makes a devkit: 1-inclusive whole pixels, the nearest to each edge; `truncated` and `difficult` 0 where unknown;
`<database>annotool</database>`, by which our reader knows the base for sure. Sub-folders of image names stay sub-folders.
Of equal stems in one folder (a.jpg, a.png) the second becomes `a_png`. Names that files cannot bear are made safe.
`annotool-names.csv` (stem, file_name, width, height) is written when a name could not be told from the files; our reader
restores it, and puts the `<filename>` it replaced into the table `originals`. An object that cannot be written is listed.

Sources: the development kits of VOC2007 and VOC2012 (host.robots.ox.ac.uk/pascal/VOC).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

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
from annotool.formats.voc import class_list_files, class_lists
from annotool.formats.voc.layout import NO_XML, claim_file, claims
from annotool.formats.voc.names import places, safe
from annotool.formats.voc.patch import patch
from annotool.formats.voc.read import read
from annotool.formats.voc.write import write
from annotool.table import Array

__all__ = ["FORMAT"]


class Voc(Format):
    """Pascal VOC."""

    name = "voc"
    title = "Pascal VOC"
    keeps = Keeps(
        boxes="to integer corners",
        polygons="no",
        rle="no",
        holes="no",
        keypoints="no",
        obb="no",
        crowd="as plain object",
        ids="no",
        attributes="yes",
        image_sizes="yes",
        image_labels="where there are no boxes",
        unknown_keys="no",
        unused_categories="yes",
        splits="yes",
    )

    def detect(self, folder: Listing) -> list[Claim] | str:
        """Claim a folder with VOC's xml, one whose Annotations hold it, or a devkit with lists of classes alone."""
        found = claims(folder)
        return (class_lists.claims(folder) or found) if found == NO_XML else found

    def detect_file(self, path: Path) -> Claim | str:
        """Claim an xml file whose root element is <annotation>."""
        return claim_file(path)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the dataset at a claimed path."""
        return read(path, options)

    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Write a devkit into the empty folder `out`."""
        return class_list_files.write(data, out) if class_list_files.only_labels(data) else write(data, out)

    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Return JPEGImages/ and each image's stem and suffix."""
        return objects([f"JPEGImages/{place.stem}{place.suffix}" for place in places(data)])

    def label_files(self, data: Dataset, options: WriteOptions) -> Mapping[str, bytes | None] | None:
        """Return the xml files, where each keeps its name."""
        if class_list_files.only_labels(data):
            return None
        where = places(data)
        found = own_files(data, [f"Annotations/{place.stem}.xml" for place in where])
        files = np.append(data.table("sources")["file"], "")[data.table("images")["source"]].tolist()
        rows = zip(files, where, strict=True)
        same = all(not file or Path(file).stem == place.stem.rpartition("/")[2] for file, place in rows)
        return found if same else None

    def split_name(self, name: str) -> str:
        """Return the name of its list in ImageSets/Main."""
        return safe(name.replace("/", "_"))

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return the bytes to change in xml files and lists."""
        return patch(data, edits)


FORMAT = Voc()
