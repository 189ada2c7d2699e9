"""Hugging Face's imagefolder with metadata: a file beside the images says what each shows.

    metadata.jsonl  images.jpg ...                             one split, or none
    train/metadata.jsonl  validation/metadata.jsonl            one in the folder of each split

A record has `file_name`, below the metadata file's folder, and `label` (or category, class) for one label, `labels` for a list,
`objects` for boxes: {"bbox": [[x, y, w, h], ...], "categories": [...]} or a list of {"bbox": ..., "category": ...}. Boxes are
COCO's: pixels, from the left top corner of the left top pixel, width and height. A label is a name, or a number that the
dataset card (README.md, dataset_info: features: class_label: names) gives a name; without one the number is the name.

Read are metadata.jsonl, metadata.csv (cells may hold JSON lists) and metadata.parquet (which needs pyarrow, the extra
`parquet`). Parquet files that hold the images themselves are not read. A line that is no JSON object is SCH001, a record without
file_name and a label or box of another kind SCH002.

Claimed by content: a file of that name with file_name and labels. Captions and other columns alone are no dataset.

Written is jsonl, with names; splits are called train, validation and test where they mean these, others go to train, and are
told. Of an image in several splits the first counts.

What it cannot hold: outlines, masks, keypoints, crowds, attributes, ids, sizes of images, categories without annotations.

A fix changes values in metadata.jsonl or cells of metadata.csv and metadata.parquet, in the records it has to. Parquet is
written again for that, as it was: schema, row groups, compression and metadata stay. What its columns cannot hold is left alone.

Sources: huggingface.co/docs/datasets image_dataset (ImageFolder with metadata); its object detection guide.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.formats.base import Claim, Format, Keeps, ReadOptions, Splice, WriteOptions, Written, objects
from annotool.formats.huggingface import layout, parquet, patch, read, write
from annotool.formats.listing import Listing
from annotool.table import Array

__all__ = ["FORMAT"]


class HuggingFace(Format):
    """Images with metadata."""

    name = "huggingface"
    title = "Hugging Face imagefolder"
    keeps = Keeps(boxes="yes", image_labels="yes", splits="yes")

    def detect(self, folder: Listing) -> list[Claim] | str:
        """Claim a folder with metadata beside its images, or in the folders of its splits."""
        return layout.claims(folder)

    def detect_file(self, path: Path) -> Claim | str:
        """Claim one metadata file."""
        return layout.claim_file(path)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read images, labels and boxes of all metadata files."""
        return read.read(path, options)

    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Write metadata.jsonl, one in the folder of each split."""
        return write.write(data, out)

    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Images lie beside their metadata file."""
        return objects(write.places(data))

    def split_name(self, name: str) -> str:
        """Return the name in Hugging Face's words, if metadata is looked for in a folder called so."""
        word = write.SPLITS.get(name.lower(), name)
        return word if word.lower() in layout.SPLITS else ""

    def outside_split(self, name: str, split: str) -> str:
        """Return an image's file name without the folder of a split, whichever word for it the folder has."""
        first, slash, rest = name.partition("/")
        return rest if slash and first.lower() in layout.SPLITS else name

    def packed(self, held: bytes, text: bytes) -> bytes:
        """Return a metadata.parquet with the cells that differ in this text of its rows."""
        return parquet.packed(held, text)

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return the values to change in metadata.jsonl and .csv, and in the text of parquet's rows."""
        return patch.patch(data, edits)


FORMAT = HuggingFace()
