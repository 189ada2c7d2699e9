"""Sheets (csv, tsv) that name images and say what each shows.

    file,label            one label a row; a file in several rows has several labels
    file,label1,label2    columns of labels
    file,labels           several in one cell: "cat|dog", "cat;dog", "cat, dog", "cat dog" (the last two only where the column's
                          name is a plural; with --labels multi any of these signs in such a column)
    file,cat,dog          a column of 0 and 1, or True and False, for each category: all columns that are neither image nor split
                          nor the index that pandas writes
    a.jpg,cat             no header: the first line names an image

Columns are known by their names (file_name, filename, image, path, id ...; label, class, category, tags ...), case and `_`
aside. A column split, subset, set, phase tells the split; fastai's valid or is_valid is true for val, else train. Several
sheets with the name of a split (train.csv, test.csv), or one in each folder of a split (train/_classes.csv), are one dataset.
Delimiter (`,` `;` tab `|`, or a first line `sep=;`), quotes, header, line ends and a byte order mark are found out and said.

An image is found by its name beside the sheet, in images/, in the split's folder; where names lack the suffix, by its stem. A
name that stands only in cells is a category that no file declares; columns of 0 and 1 declare theirs. An empty cell is no
label. Rows with too few cells or no image are SCH002; nothing is dropped in silence.

Claimed by content: a column of image names and one of labels. No datasets are sheets with boxes in columns (not read), with
scores, without labels (what --join takes), annotool's own side files and reports, a metadata.csv (Hugging Face), and any
sheet called results, predictions or submission.

What it cannot hold: boxes and all other geometry, attributes, ids, sizes of images, categories without images.

A fix changes the cells it has to and keeps every other byte: a label is rewritten in its cell, taken out of a cell of
several, or becomes 0. Where a row holds one label, the row goes with it; with an image that is dropped all its rows go.

Sources: RFC 4180; fastai's ImageDataLoaders.from_csv and from_df; Roboflow's _classes.csv; ISIC and Kaggle challenges.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.formats.base import Claim, Format, Keeps, ReadOptions, Splice, WriteOptions, Written, objects
from annotool.formats.csv import layout, patch, read, write
from annotool.formats.listing import Listing
from annotool.table import Array

__all__ = ["FORMAT"]


class Csv(Format):
    """Sheets of images and labels."""

    name = "csv"
    title = "csv of labels"
    keeps = Keeps(image_labels="yes", splits="yes")

    def detect(self, folder: Listing) -> list[Claim] | str:
        """Claim a folder for its sheets, or each of several."""
        return layout.claims(folder)

    def detect_file(self, path: Path) -> Claim | str:
        """Claim one sheet."""
        return layout.claim_file(path)

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read images and labels of all sheets."""
        return read.read(path, options)

    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Write labels.csv: file_name, label (or labels), split."""
        return write.write(data, out)

    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Images lie in images/."""
        return objects(write.places(data))

    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return the cells and rows to change."""
        return patch.patch(data, edits)


FORMAT = Csv()
