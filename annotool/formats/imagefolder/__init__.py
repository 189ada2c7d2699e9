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

Fixed they are with `--out` only, by moving image files: in the mended copy an image whose category changes lies in the folder
of that category, in its split; the images of a category that takes another name lie in a folder of that name, and an image that
is dropped, or loses its label, is not there. Where its new class has a file of its name, in any split and case aside, it gets
a number (a.jpg, a-1.jpg); no file takes the place of another, be it one that moves as well. A folder that loses its last image goes. Nothing is moved where fewer than two
folders would be left, nor with `--images none`.

Sources: torchvision.datasets.ImageFolder; ultralytics' classification layout.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.formats.base import (
    Claim,
    Format,
    Keeps,
    Move,
    ReadOptions,
    Splice,
    WriteOptions,
    Written,
    objects,
)
from annotool.formats.imagefolder import move, read, write
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

    placed = True

    def unpatched(self, data: Dataset, file: str) -> str:
        """Without the images there is nothing to move."""
        bare = data.images_checked == "none"
        return "nothing is fixed in class folders with --images none: a label is the place of a file" * bare

    def moves(self, data: Dataset, edits: Edits) -> list[Move]:
        """Return which images go to another folder, and which go."""
        return move.moves(data, edits)

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return nothing: a class folder has no bytes to change."""
        return []


FORMAT = ImageFolder()
