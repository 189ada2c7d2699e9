"""Images dealt out to splits: what is counted of each group, and the dataset with its new splits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.fingerprint import plain
from annotool.formats.base import objects
from annotool.metrics.balance import counted, per_image
from annotool.metrics.stratified import Cells, stratify
from annotool.schema import make
from annotool.splitting.belonging import Belonging
from annotool.splitting.leaving import without
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["Dealt", "deal"]


@dataclass(frozen=True)
class Dealt:
    """data: with its new splits. ratios: the wanted share of each split that was dealt. group, names, words: as in
    Belonging, of the images of `data`. groups: in how many groups that were dealt each category stands, by label number, int64 (K,).
    left_out: what skipped.jsonl says of images that belong to a group of a kept split. notes: one sentence each.
    """

    data: Dataset
    ratios: Mapping[str, float]
    kept: tuple[str, ...]
    group: Array
    names: Array
    words: tuple[str, ...]
    groups: Array
    left_out: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...]


def deal(
    data: Dataset, ratios: Mapping[str, float], together: Belonging, seed: int, keep: Mapping[str, str]
) -> Dealt:
    """Return the dataset with its images in new splits, but for those of the splits to keep (and what each is to be
    called). Raises UsageError where no image is left to be dealt.
    """
    splits = data.table("splits")
    stays = np.array([name in keep for name in splits["split"].tolist()], dtype=bool)
    n = len(data.table("images"))
    held = np.zeros(n, dtype=bool)
    held[data.image_rows(splits["image"][stays])] = True
    touched = np.isin(together.group, np.unique(together.group[held]))
    away = np.flatnonzero(touched & ~held)
    free = np.flatnonzero(~touched)
    if not len(free):
        raise UsageError("no image is left to be dealt out: all are in, or belong to, what --keep names")
    of_image, members = np.full(n, -1, dtype=np.int64), np.array([*ratios], dtype=object)
    chosen, groups = assigned(data, free, together.group, np.array([*ratios.values()]), seed)
    of_image[free] = chosen
    fresh = make("splits", len(free), image=data.table("images")["image"][free], split=members[chosen])
    called = objects([keep[name] for name in splits["split"][stays].tolist()])
    old = make("splits", len(called), image=splits["image"][stays], split=called)
    dealt = replace(data, tables={**data.tables, "splits": Table.concat([old, fresh])})
    left = np.ones(n, dtype=bool)
    left[away] = False
    return Dealt(
        without(dealt, away) if len(away) else dealt, ratios, tuple(keep.values()), together.group[left],
        together.names[left], together.words, groups, tuple(told_away(data, away, together)),
        (*together.notes, *notes(data, [*keep], away)),
    )  # fmt: skip


def assigned(data: Dataset, free: Array, group: Array, ratios: Array, seed: int) -> tuple[Array, Array]:
    """The split of each image of `free`, and in how many of their groups each category stands, by label number."""
    whole = group[free]
    heads, own = np.unique(whole, return_inverse=True)
    of_image = np.full(len(data.table("images")), -1, dtype=np.int64)
    of_image[free] = own
    _, images, labels = data.once(counted)
    inside = of_image[images] >= 0
    k = len(data.labels)
    by_name = np.empty(k, dtype=np.int64)  # numbered by name, not in the order in which files declare them
    by_name[np.array(sorted(range(k), key=data.labels.__getitem__), dtype=np.int64)] = np.arange(k)
    bare = own[per_image(data)[free] == 0]  # images that show nothing are one label more
    code = np.concatenate([of_image[images[inside]] * (k + 1) + by_name[labels[inside]], bare * (k + 1) + k])
    cells, count = np.unique(code, return_counts=True)
    held = Cells(cells // (k + 1), cells % (k + 1), count, np.bincount(own, minlength=len(heads)))
    split = stratify(held, ratios, ranks(data, free, own, seed))
    shown = np.bincount(held.label, minlength=k + 1)
    return split[own], shown[by_name]


def ranks(data: Dataset, free: Array, own: Array, seed: int) -> Array:
    """The place of each group in an order that hangs on the seed and the images' names, not on their order or the place
    of the dataset on disk: int64 (groups,)."""
    images, sources = data.table("images"), np.append(data.table("sources")["file"], "")
    columns = (images["file_name"][free].tolist(), sources[images["source"][free]].tolist())
    keys = [(digest(seed, name), name, source) for name, source in zip(*columns, strict=True)]
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
    _, first = np.unique(own[order], return_index=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place


def digest(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{plain(name)}".encode("utf-8", "surrogatepass")).digest()


def told_away(data: Dataset, away: Array, together: Belonging) -> list[Mapping[str, str]]:
    names = data.table("images")["file_name"][away].tolist()
    return [
        {"table": "images", "image": name, "why": f"it belongs to {group!r}, which is in a kept split"}
        for name, group in zip(names, together.names[away].tolist(), strict=True)
    ]


def notes(data: Dataset, keep: Sequence[str], away: Array) -> list[str]:
    said, old = [], [name for name in data.split_names if name not in keep]
    if old:
        more = "" if keep else "; --keep NAME keeps one as it is"
        said.append(f"all images of {', '.join(old)} were dealt out anew{more}")
    if keep:
        said.append(f"kept as {'it was' if len(keep) == 1 else 'they were'}: {', '.join(keep)}")
    if len(away):
        said.append(
            f"{plural(len(away), 'image belongs to a group', 'images belong to groups')} with images of {', '.join(keep)}: left out, as no "
            "split may have them; skipped.jsonl names them"
        )
    return said
