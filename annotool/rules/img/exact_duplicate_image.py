"""IMG008: images that stand in a split twice."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool import imagefile
from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.rules.base import (
    WARNING,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    Op,
    found,
    image_files_lacking,
    mendable,
)
from annotool.rules.img.base import by_split, has_files, label_digests, located
from annotool.table import Array, Table


class State(msgspec.Struct, frozen=True):
    """One row an image file: what its finding points to, file_name, path, split, bytes, pixels (digest), labels (digest)
    and count of its annotations; whether pixels are compared."""

    rows: Table
    decode: bool


class ExactDuplicateImage(DatasetRule[State]):
    """The same image stands twice in one split.

    What: two files with the same bytes, or with `--decode` with the same mode, size and pixels. One finding for each image that
    has a copy before it, which names the first; it says whether categories and boxes of the two are the same. Copies in two
    splits are SPL001's.

    Why: a copy weighs double; COCO train2017 has 35 such groups. Where the labels differ, at least one of them is wrong,
    and the model is taught both (jhl-Det/CVA-Net#27).

    Bad: `a.jpg` and `a (1).jpg` of the same bytes

    Good: each picture once

    Fix: unsafe where the labels are the same: the later image goes with its annotations. None where they differ:
    which are right, a look at the image can tell.

    Source: https://github.com/Deci-AI/data-gradients; cleanvision's exact_duplicates, which names the first as well
    """

    code = "IMG008"
    slug = "exact-duplicate-image"
    severities = (WARNING,)
    fixes = (Fix.UNSAFE,)
    verdict = ("an image stands in its split twice", "{n} images stand in their split twice")
    silenced_by = ("IMG001", "LBL003")
    told_by = ("LBL003",)

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def partial(self, shard: Dataset) -> State:
        images, rows = shard.table("images"), located(shard)
        decode = shard.images_checked == "decode"
        size, labels = np.full(len(rows), -1, dtype=np.int64), np.zeros((2, len(rows)), dtype=np.uint64)
        pixels = np.full(len(rows), b"", dtype="S32")
        if has_files(shard):
            files = shard.image_headers
            size, labels = np.where(files.error == "", files.bytes, -1), label_digests(shard)
            pixels = shard.image_pixels["pixels"] if decode else pixels
        rows = rows.with_columns(
            file_name=images["file_name"], path=images["path"], split=shard.image_splits, bytes=size,
            pixels=pixels, labels=labels[0], count=labels[1].astype(np.int64),
        )  # fmt: skip
        return State(rows.take(size > 0), decode)

    def merge(self, states: Sequence[State]) -> State:
        return State(Table.concat([state.rows for state in states]), states[0].decode)

    def finish(self, state: State) -> Findings:
        again = first_equal(state.rows["path"], state.rows["split"]) >= 0
        rows = state.rows.take(~again)  # one file that two records name is SCH005's
        first = copies(rows, state.decode)
        later = np.flatnonzero(first >= 0)
        mine, other = rows.take(later), rows.take(first[later])
        same = (mine["labels"] == other["labels"]) & (mine["count"] == other["count"])
        content = "pixels" if state.decode else "bytes"
        findings = Findings()
        texts = (
            f"has the same {content} as {{partner}}, and the same {{count:,}} annotations",
            f"has the same {content} as {{partner}}, but other annotations: {{count:,}} here, {{partner_count:,}} there",
        )
        for chosen, text, fix in ((same, texts[0], Fix.UNSAFE), (~same, texts[1], Fix.NONE)):
            values = {
                "partner": other["file_name"][chosen],
                "count": mine["count"][chosen],
                "partner_count": other["count"][chosen],
                "same_annotations": bool(fix),
            }
            findings += found(self, text, mine, take=chosen, fix=fix, values=values)
        return findings

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, images, _ = mendable(findings, "image")
        return Edits.make(
            len(images), op=Op.DROP, table="images", row=images, finding=finding, safe=False, rule=self.code
        )


def copies(rows: Table, decode: bool) -> Array:
    """Return for each row the first of its split with the same content, -1 for that one itself (int64)."""
    first = np.full(len(rows), -1, dtype=np.int64)
    for inside in by_split(rows["split"]):
        here = np.flatnonzero(inside)
        if decode:
            here = here[rows["pixels"][here] != b""]
            group = np.unique(rows["pixels"][here], return_inverse=True)[1]
        else:
            group = imagefile.same_content(rows["path"][here].tolist(), rows["bytes"][here])
            here, group = here[group >= 0], group[group >= 0]
        head = first_equal(group)
        first[here] = np.where(head >= 0, here[head], -1)
    return first
