"""SPL002."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.imagefile import nearest
from annotool.imagefile.origins import COPY, EXPORT, PLAIN, made_from
from annotool.rules.base import DatasetRule, Findings, Severity, found, pixels_lacking, written_in
from annotool.table import Array, Table

USUAL = ("train", "training", "val", "valid", "validation", "test")
ORIGINALS = {PLAIN: (COPY, EXPORT), COPY: (PLAIN,), EXPORT: (EXPORT, PLAIN)}  # whose relation each is


@dataclass(frozen=True)
class NearLeak(DatasetRule[Table]):
    """An image looks like one of another split, or is made from the same picture.

    What: the perceptual hashes (pHash) of two images in different splits differ in at most `distance` of 64 bits (needs
    `--decode`); or their names say that both come from one picture: `a_jpg.rf.HASH.jpg`, as Roboflow names what it exports, in
    both splits, or `a.jpg` in one and `a_aug1.jpg` in the other. One finding on the image of the later split: train, val, test.

    Why: what was trained on is asked in the test, under another name; the score flatters. Mostly copies were made before
    the split, or neighbouring frames of a video were dealt out at random.

    Bad: `a_jpg.rf.0f3a9c1e.jpg` in train and `a_jpg.rf.b71d20aa.jpg` in val

    Good: both in train

    Fix: none: which split the scene belongs to is a decision; move all of its pictures there.

    Source: https://docs.roboflow.com/datasets/create-a-dataset-version (augmentation comes after the split); IMG009 for the hash
    """

    distance: int = 2
    contrast: float = 4.0  # of 255 levels, at 32 x 32 pixels: a blank image is like every other

    code = "SPL002"
    slug = "near-leak"
    severities = (Severity.WARNING,)
    verdict = ("1 image is nearly in two splits", "{n} images are nearly in two splits")
    silenced_by = ("IMG001", "SPL001")

    def unable(self, data: Dataset) -> str:
        if len(data.split_names) < 2:
            return "fewer than two splits"
        why = pixels_lacking(data)
        return f"{why}: only names were compared" if why else ""

    def partial(self, shard: Dataset) -> Table:
        splits, images = shard.table("splits"), shard.table("images")
        at = shard.image_rows(splits["image"])
        recorded = written_in(shard, images, ("coco", "voc"))[at]
        columns = {"image": splits["image"], "split": splits["split"]}
        columns |= {name: images[name][at] for name in ("file_name", "path")}
        for name, absent in (("source", -1), ("line", 0), ("start", -1), ("end", -1)):
            columns[name] = np.where(recorded, images[name][at], absent)
        known, phash = np.zeros(len(at), dtype=bool), np.zeros(len(at), dtype=np.uint64)
        pixels = np.full(len(at), b"", dtype="S32")
        if shard.images_checked == "decode" and len(at):
            held = shard.image_pixels
            known = (held["known"] & (held["contrast"] >= self.contrast))[at]
            phash, pixels = held["phash"][at], held["pixels"][at]
        return Table({**columns, "known": known, "phash": phash, "pixels": pixels})

    def merge(self, states: Sequence[Table]) -> Table:
        return Table.concat(list(states))

    def finish(self, state: Table) -> Findings:
        met = dict.fromkeys(state["split"].tolist())
        order = dict.fromkeys([*(name for name in USUAL if name in met), *sorted(met)])
        if len(order) < 2:
            return Findings()
        place = {name: at for at, name in enumerate(order)}
        rank = np.array([place[name] for name in state["split"].tolist()], dtype=np.int64)
        rows = state.take(np.lexsort((state["image"], rank)))
        rank = np.sort(rank)
        looks, distance = alike(rows, rank, self.distance)
        named = np.where(looks >= 0, -1, related(rows, rank))
        findings = Findings()
        message = "{file_name} of {split} looks like {partner} of {partner_split}: {distance} of 64 bits of their hashes differ"
        for other, text in (
            (looks, message),
            (
                named,
                "{file_name} of {split} is by its name made from the same picture as {partner} of {partner_split}",
            ),
        ):
            bad = np.flatnonzero(other >= 0)
            partner = rows.take(other[bad])
            values = {"file_name": rows["file_name"][bad], "split": rows["split"][bad]}
            values |= {"partner": partner["file_name"], "partner_split": partner["split"]}
            if other is looks:
                values["distance"] = distance[bad]
            findings += found(self, text, rows, take=bad, values=values)
        return findings


def alike(rows: Table, rank: Array, most: int) -> tuple[Array, Array]:
    """Return for each row the nearest row of an earlier split by its picture and the distance, -1 for none (int64)."""
    partner, distance = np.full(len(rows), -1, dtype=np.int64), np.full(len(rows), -1, dtype=np.int64)
    twins = np.unique(rows["pixels"], return_inverse=True)[1]
    for later in range(1, int(rank.max(initial=0)) + 1):
        asked, among = rows["known"] & (rank == later), rows["known"] & (rank < later)
        other, far = nearest(rows["phash"], twins, asked, among, most)
        partner, distance = np.where(asked, other, partner), np.where(asked, far, distance)
    return partner, distance


def related(rows: Table, rank: Array) -> Array:
    """Return for each row the first one of an earlier split whose name says that it is of the same picture; -1: none."""
    partner = np.full(len(rows), -1, dtype=np.int64)
    read = [made_from(name) for name in rows["file_name"].tolist()]
    marked = {key for key, kind in read if kind != PLAIN}
    first: dict[tuple[str, int], int] = {}
    own: set[tuple[str, int]] = {
        (read[at][0], int(rank[at]))
        for at in range(len(rows))
        if read[at][1] == PLAIN and read[at][0] in marked
    }
    for at, (key, kind) in enumerate(read):
        if key not in marked:
            continue
        first.setdefault((key, kind), at)
        # An original beside a copy is what it was made from, whatever bears that name in another split.
        others = () if kind != PLAIN and (key, int(rank[at])) in own else ORIGINALS[kind]
        found_at = [first[key, other] for other in others if (key, other) in first]
        found_at = [
            other
            for other in found_at
            if rank[other] < rank[at]
            and rows["image"][other] != rows["image"][at]
            and (read[other][1] == PLAIN or (key, int(rank[other])) not in own)
        ]
        partner[at] = min(found_at, default=-1)
    return partner
