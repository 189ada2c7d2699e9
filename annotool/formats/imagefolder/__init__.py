"""Class folders: an image's category is the name of the folder it lies in.

    root/cat/1.jpg  root/dog/2.jpg                             one split, or none
    root/train/cat/1.jpg  root/val/cat/2.jpg                   a folder a split: train, val, valid, validation, test, dev

Claimed by content: at least two folders that hold images and nothing a label could be (json, xml, txt, csv, yaml), in one of the
split folders where there are some. Folders with the names of other layouts (images, JPEGImages, labels, train2017 ...) are no
classes. Files beside the class folders are nobody's; a metadata.jsonl, .csv or .parquet among them makes it Hugging Face's.

The class index that loaders use is the rank of the sorted folder name, in each split for itself: a class without a folder in
one split shifts all that follow (torchvision's ImageFolder, ultralytics). Here a category's `id` is its rank over all splits.
A class folder is the label source of its images: one row of `sources`, without bytes. An empty one still makes a category.

Written are SPLIT/CLASS/NAME, or CLASS/NAME without splits; sub-folders of the name go, for a class folder holds none. What a
folder cannot be called (`/`, a leading dot, `images`, `train`) is changed, and told. Images of no split go to train where
others have one; of an image in several splits, the first counts.

What it cannot hold: boxes and all other geometry, more than one category an image, images without a category, or without a
file, attributes.

No label is fixed in class folders: it is the place of an image file, and annotool moves none to another folder. Convert to
csv, fix that, and convert back.

Sources: torchvision.datasets.ImageFolder; ultralytics' classification layout.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.formats.base import Claim, Format, Keeps, ReadOptions, Splice, WriteOptions, Written, objects
from annotool.formats.imagefolder import read, write
from annotool.formats.listing import Listing
from annotool.table import Array

__all__ = ["FORMAT"]


class ImageFolder(Format):
    """Class folders."""

    name = "imagefolder"
    title = "class folders"
    keeps = Keeps(image_labels="one an image", splits="yes")

    def detect(self, folder: Listing) -> list[Claim] | str:
        """Claim a folder of class folders, or of split folders that hold class folders."""
        return read.claims(folder)

    def detect_file(self, path: Path) -> Claim | str:
        """Say no: the dataset is a folder."""
        return "not a folder"

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the images of all class folders, a label each."""
        return read.read(path, options)

    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Make the class folders; the images that go there are the labels."""
        return write.write(data, out, options)

    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Return SPLIT/CLASS/NAME for each image; empty for one without a label."""
        return objects(write.places(data))

    def split_name(self, name: str) -> str:
        """Return the name, if class folders are looked for in a folder called so."""
        return name if name.lower() in read.SPLITS else ""

    def unpatched(self, file: str) -> str:
        """No file says what the label is."""
        return "no label is fixed in class folders, where a label is the place of a file; convert to csv, fix that, convert back"

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return nothing: a class folder has no bytes to change."""
        return []


FORMAT = ImageFolder()
