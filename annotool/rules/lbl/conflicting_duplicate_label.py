"""LBL003."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool import imagefile
from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.rules.base import DatasetRule, Findings, Severity, found, image_files_lacking
from annotool.rules.lbl.base import label_rows, labelled
from annotool.table import Array, Table


class Shown(msgspec.Struct, frozen=True):
    """One row a labelled image: the columns of its first label's annotation, file_name, path, split, bytes, pixels (digest),
    names (of its labels, sorted, as one text); whether pixels are compared."""

    rows: Table
    decode: bool


class ConflictingDuplicateLabel(DatasetRule[Shown]):
    """The same image has one label here and another there.

    What: image files of the same bytes, or with `--decode` of the same pixels, in whatever split, whose labels differ. One
    finding an image, which names the first of its copies with other labels. For copies with boxes see IMG008 and SPL001.

    Why: at least one of the labels is wrong, and a model is taught both; across splits it is asked for what it was
    taught not to say (jhl-Det/CVA-Net#27).

    Bad: `cat/17.jpg` and `dog/17 (1).jpg` of the same bytes.

    Good: the image once, under the label that is right.

    Fix: none: which is right, a look at the image can tell.

    Source: jhl-Det/CVA-Net#27; fastdup names such pairs too.
    """

    code = "LBL003"
    slug = "conflicting-duplicate-label"
    severities = (Severity.ERROR,)
    verdict = ("1 image has another label than its copy", "{n} images have other labels than their copies")
    silenced_by = ("SCH001", "SCH002", "IMG001")

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data) if labelled(data) else ""

    def partial(self, shard: Dataset) -> Shown:
        decode = shard.images_checked == "decode"
        at, image, label = label_rows(shard)
        if shard.images_checked == "none":
            at, image, label = at[:0], image[:0], label[:0]
        first = np.flatnonzero(np.append(True, image[1:] != image[:-1])[: len(image)])
        names = [
            "; ".join(sorted({shard.labels[each] for each in own.tolist()}))
            for own in np.split(label, first[1:])[: len(first)]
        ]
        text = np.empty(len(first), dtype=object)
        text[:] = names
        own, images = image[first], shard.table("images")
        rows = shard.table("annotations").take(at[first]).with_columns(
            file_name=images["file_name"][own], path=images["path"][own], split=shard.image_splits[own], names=text,
            bytes=shard.image_headers.bytes[own] if len(own) else own,
            pixels=shard.image_pixels["pixels"][own] if decode and len(own) else np.full(len(own), b"", dtype="S32"),
        )  # fmt: skip
        return Shown(rows.take((rows["path"] != "") & (rows["bytes"] > 0)), decode)

    def merge(self, states: Sequence[Shown]) -> Shown:
        return Shown(Table.concat([each.rows for each in states]), states[0].decode)

    def finish(self, state: Shown) -> Findings:
        rows = state.rows
        group = contents(rows, state.decode)
        rows, group = rows.take(group >= 0), group[group >= 0]
        if not len(rows):
            return Findings()
        head = first_equal(group)
        head = np.where(head >= 0, head, np.arange(len(rows)))
        differs = np.flatnonzero(rows["names"] != rows["names"][head])
        partner = rows.take(head[differs])
        mine = rows.take(differs)
        return found(
            self,
            "{file_name} has the same {content} as {partner}, but is labelled {label!r} and not {partner_label!r}",
            mine,
            annotation=-1,  # it is the image that is spoilt, whatever else is said of it
            values={
                "file_name": mine["file_name"],
                "content": "pixels" if state.decode else "bytes",
                "partner": partner["file_name"],
                "label": mine["names"],
                "partner_label": partner["names"],
                "partner_split": partner["split"],
            },
        )


def contents(rows: Table, decode: bool) -> Array:
    """Return a number for each row, equal where images hold the same; -1 for one alone (int64)."""
    if not decode:
        return imagefile.same_content(rows["path"].tolist(), rows["bytes"])
    there = np.flatnonzero(rows["pixels"] != b"")
    group = np.full(len(rows), -1, dtype=np.int64)
    group[there] = np.unique(rows["pixels"][there], return_inverse=True)[1]
    return group
