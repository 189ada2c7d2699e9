"""SPL001."""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec
import numpy as np

from annotool import imagefile
from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.rules.base import (
    DatasetRule,
    Edits,
    Findings,
    Fix,
    Op,
    Severity,
    found,
    mendable,
    worded,
    written_in,
)
from annotool.table import Array, Table

TRAIN = ("train", "training")
USUAL = ("train", "val", "valid", "validation", "test")


class Members(msgspec.Struct, frozen=True):
    """One row an image and split: image, split, file_name, path, bytes, width, height, pixels (digest), where the split's list names it
    (source, line; listed: a list of names does), the image's own record in COCO and VOC (own_source, own_line, own_start, own_end, own_file). `order`: the splits, train first."""

    rows: Table
    order: tuple[str, ...]
    decode: bool


class ExactLeak(DatasetRule[Members]):
    """The same image is in two splits.

    What: an image named by the lists of two splits; or two image files of the same bytes in different splits, or with
    `--decode` of the same pixels. The finding is on the later of train, val, test. Two splits that are the same images
    altogether, as when train and val have the same path, are one finding.

    Why: what was trained on is asked in the test; the score flatters (tqwei05/PlantSeg#11: 265 groups;
    stefyste/RIAWELC#2: all 2,443 test images were in train, 93 % became 82 % without them).

    Bad: `a.jpg` in train.txt and in val.txt.

    Good: `a.jpg` in one of them.

    Fix: unsafe. The image leaves train: its line in the list goes, or its record with its annotations. None between
    other splits, none for whole splits.

    Source: tqwei05/PlantSeg#11; stefyste/RIAWELC#2; joojs/fairface#21.
    """

    code = "SPL001"
    slug = "exact-leak"
    severities = (Severity.ERROR,)
    fixes = (Fix.UNSAFE,)
    verdict = ("the same image is in two splits", "{n} times the same image is in two splits")

    def unable(self, data: Dataset) -> str:
        if len(data.split_names) < 2:
            return "fewer than two splits"
        if data.images_checked == "none" or not (data.table("images")["path"] != "").any():
            return "no image files: only names in the splits' lists were compared"
        return ""

    def partial(self, shard: Dataset) -> Members:
        splits, images = shard.table("splits"), shard.table("images")
        at = shard.image_rows(splits["image"])
        columns = {name: splits[name] for name in ("image", "split", "source", "line")}
        columns |= {name: images[name][at] for name in ("file_name", "path")}
        recorded = written_in(shard, images, ("coco", "voc"))[at]
        for name, absent in (("source", -1), ("line", 0), ("start", -1), ("end", -1)):
            columns[f"own_{name}"] = np.where(recorded, images[name][at], absent)
        columns["own_file"] = written(shard)[columns["own_source"]]
        lists = np.append(shard.table("sources")["role"] == "split", False)
        columns["listed"] = lists[splits["source"]] & (splits["line"] > 0)
        blank = np.full(len(at), np.nan)
        sizes = {"bytes": np.full(len(at), -1, dtype=np.int64), "width": blank, "height": blank}
        if shard.images_checked != "none" and len(splits):
            files = shard.image_files
            sizes = {name: getattr(files, name)[at] for name in sizes}
        pixels = np.full(len(at), b"", dtype="S32")
        if shard.images_checked == "decode" and len(splits):
            pixels = shard.image_pixels["pixels"][at]
        return Members(
            Table(columns | sizes | {"pixels": pixels}), shard.split_names, shard.images_checked == "decode"
        )

    def merge(self, states: Sequence[Members]) -> Members:
        met = dict.fromkeys(name for each in states for name in each.order)
        order = tuple(dict.fromkeys([*(name for name in USUAL if name in met), *met]))
        return Members(Table.concat([each.rows for each in states]), order, states[0].decode)

    def finish(self, state: Members) -> Findings:
        if len(state.order) < 2:
            return Findings()
        rank = ranks(state)
        rows = state.rows.take(np.lexsort((state.rows["image"], rank)))
        rank = np.sort(rank)
        file = identity(rows)
        findings, whole = Findings(), np.zeros(len(rows), dtype=bool)
        for later in range(1, len(state.order)):
            for earlier in range(later):
                if set(file[rank == later].tolist()) == set(file[rank == earlier].tolist()):
                    findings += self.same_split(
                        rows.take(rank == later), state.order[later], state.order[earlier]
                    )
                    whole |= rank == later
                    break
        rows, rank, file = rows.take(~whole), rank[~whole], file[~whole]
        group = content(rows, rank, file, state.decode)
        first = first_equal(group)
        leaks = np.flatnonzero((first >= 0) & (rank != rank[first]))
        return findings + self.leaks(rows, leaks, first[leaks], file, state.decode)

    def same_split(self, rows: Table, later: str, earlier: str) -> Findings:
        """One finding for two splits that are the same images."""
        line = np.unique(rows["line"])
        return found(
            self,
            worded("{split} and {partner_split} are the same {images:,} image[|s]", len(rows)),
            values={"split": later, "partner_split": earlier, "images": len(rows)},
            source=rows["source"][0],
            line=line[0] if len(line) == 1 else 0,
        )

    def leaks(self, rows: Table, later: Array, earlier: Array, file: Array, decode: bool) -> Findings:
        """One finding for each row `later`, twin of the row `earlier`."""
        same_file = file[later] == file[earlier]
        content = "has the same pixels" if decode else "has the same bytes"
        findings = Findings()
        for chosen, basis in ((same_file, "is the same file"), (~same_file, content)):
            mine, other = rows.take(later[chosen]), rows.take(earlier[chosen])
            in_train = np.array([name.lower() in TRAIN for name in other["split"].tolist()], dtype=bool)
            can_go = in_train & (other["listed"] | (other["image"] != mine["image"]))
            named = mine["listed"]
            findings += found(
                self,
                "{file_name} of {split} {basis} as {partner} of {partner_split}",
                mine.with_columns(
                    source=np.where(named, mine["source"], mine["own_source"]),
                    line=np.where(named, mine["line"], mine["own_line"]),
                    start=np.where(named, -1, mine["own_start"]),
                    end=np.where(named, -1, mine["own_end"]),
                ),
                fix=np.where(can_go, Fix.UNSAFE, Fix.NONE),
                values={
                    "file_name": mine["file_name"],
                    "split": mine["split"],
                    "partner": other["file_name"],
                    "partner_split": other["split"],
                    "basis": basis,
                },
            )
        return findings

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, images, _ = mendable(findings, "image")
        state = self.partial(data)
        rows, group = state.rows, content(state.rows, ranks(state), identity(state.rows), state.decode)
        of_image = dict(zip(rows["image"].tolist(), group.tolist(), strict=True))
        train = np.array([name.lower() in TRAIN for name in rows["split"].tolist()], dtype=bool)
        parts = []
        for number, image in zip(finding.tolist(), images.tolist(), strict=True):
            twin = train & (group == of_image[image]) & (rows["listed"] | (rows["image"] != image))
            twins = np.flatnonzero(twin).tolist()
            parts += [self.leaves(data, rows.take(np.array([row])), number) for row in twins]
        return Edits.concat(parts)

    def leaves(self, data: Dataset, row: Table, finding: int) -> Edits:
        """The edit by which one image leaves train: its line in the list goes, or its record (annotations follow)."""
        if row["listed"][0]:
            source, line = int(row["source"][0]), int(row["line"][0])
            lines = bytes(data.source_bytes(source)).splitlines(keepends=True)
            start = sum(map(len, lines[: line - 1]))
            end = start + len(lines[line - 1])
            return Edits.make(1, op=Op.BYTES, table="sources", row=source, start=start, end=end, new="",
                              finding=finding, safe=False, rule=self.code)  # fmt: skip
        key = int(row["image"][0])
        return Edits.make(1, op=Op.DROP, table="images", row=key, finding=finding, safe=False, rule=self.code)


def ranks(state: Members) -> Array:
    """The place of each row's split in the order."""
    place = {name: at for at, name in enumerate(state.order)}
    return np.array([place[name] for name in state.rows["split"].tolist()], dtype=np.int64)


def identity(rows: Table) -> Array:
    """A number for each file: that of its path, or where none is known of its record in a file, or of its image (int64)."""
    keys: dict[object, int] = {}
    records = zip(rows["own_file"].tolist(), rows["own_start"].tolist(), strict=True)
    triples = zip(rows["path"].tolist(), records, rows["image"].tolist(), strict=True)
    return np.array(
        [keys.setdefault(path or (own if own[0] else image), len(keys)) for path, own, image in triples],
        dtype=np.int64,
    )


def written(data: Dataset) -> Array:
    """The path of each source file, and an empty one at the end (object): a file may be given for two splits."""
    table = data.table("sources")
    pairs = zip(table["path"].tolist(), table["file"].tolist(), strict=True)
    given = [str((path if path.is_dir() else path.parent).resolve()) for path in data.paths]
    return np.array(
        [*(os.path.join(given[at], file) if at < len(given) else "" for at, file in pairs), ""], dtype=object
    )


def content(rows: Table, rank: Array, file: Array, decode: bool) -> Array:
    """A number for each row, equal for equal files and for files of equal content (int64). Files are read only where
    one of another split has the same size."""
    group = file.copy()
    if decode:
        there = np.flatnonzero(rows["pixels"] != b"")
        equal = np.unique(rows["pixels"][there], return_inverse=True)[1]
    else:
        there = np.flatnonzero(rows["bytes"] > 0)
        there = there[in_several(rows.take(there), rank[there])]
        equal = imagefile.same_content(rows["path"][there].tolist(), rows["bytes"][there])
    alike = equal >= 0
    group[there[alike]] = equal[alike] + len(rows)
    return group


def in_several(rows: Table, rank: Array) -> Array:
    """Whether a row of another split has the same bytes, width and height, bool (n,)."""
    shape = [np.nan_to_num(rows[name], nan=-1.0) for name in ("width", "height")]
    first = first_equal(rows["bytes"], *shape)
    head = np.where(first >= 0, first, np.arange(len(rows)))
    low, high = np.full(len(rows), np.iinfo(np.int64).max), np.full(len(rows), -1)
    np.minimum.at(low, head, rank)
    np.maximum.at(high, head, rank)
    return np.asarray(low[head] != high[head])
