"""Which findings are the known faults of a baseline: one to one, nearest first.

Faults of equal texts (rule, image, category, ...) whose boxes are equal as written are paired first. What is left is
paired by geometry: a pair is possible at IoU >= .95 or where every edge is within a pixel, and pairs are taken
greedily by the sum of their edges' distances, ties by place in the file, then by order of findings. Where that leaves
both known faults and findings over, partners are exchanged until no more of them can be paired.

A known fault is compared with at most the 1,024 findings of its texts to either side of it (by left edge), and chooses
from the 64 nearest of them. Where thousands of boxes on one spot have all moved, the work is bounded further: fewer
findings to either side (64 at least), so many steps of exchange, so many rounds. What is left then is new, and its
known faults are found no more: a heap may hide no new fault.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotool.baselines.entries import BOX, NO_BOX, keys
from annotool.fingerprint import ordinals
from annotool.geometry.boxes import iou
from annotool.geometry.groups import first_equal
from annotool.table import Array, Table

__all__ = ["match"]

IOU = 0.95
EDGE = 1.011  # a pixel, and what is lost by keeping boxes at two decimals
FRACTION = 1000.0  # where sizes are unknown an image counts as so many pixels wide and high
PARTNERS = 64  # that one known fault may choose from
WINDOW = 1024  # findings looked at to either side of a known fault
LEAST_WINDOW = 64  # and this many, however large the heap
PAIRS = 1 << 23  # looked at in a round, about
PAIRS_IN_A_BLOCK = 1 << 17
STEPS = 1 << 21  # from one finding to another, looking for partners to exchange, in a round
ROUNDS = 8


def match(known: Table, found: Table) -> tuple[Array, Array]:
    """Return how many faults of each known entry are found no more (int64, one an entry), and which findings are known
    (bool, one a finding)."""
    key, box = keys(known, found), boxes(known, found)
    same = first_equal(key, *box.T)
    head = np.where(same < 0, np.arange(len(same)), same)
    # Findings of one text and box stand together as one row with a count: the first of them.
    mine = head[len(known) :]
    leader = np.full(len(head), -1, dtype=np.int64)
    leader[mine[::-1]] = np.arange(len(found))[::-1]
    group = leader[mine]
    left_found = np.bincount(group, minlength=len(found))
    left_known = known["count"].copy()
    exact = np.flatnonzero(leader[head[: len(known)]] >= 0)
    give(exact, leader[head[exact]], left_known, left_found)
    for _ in range(ROUNDS):  # one but for heaps of boxes on one spot
        pairs = near(key, box, left_known, left_found)
        if not len(pairs[0]):
            break
        taken = give(*pairs, left_known, left_found)
        both = np.intersect1d(key[: len(known)][left_known > 0], key[len(known) :][left_found > 0])
        over = np.isin(key[pairs[0]], both)
        exchange(pairs[0][over], pairs[1][over], taken[over], left_known, left_found)
    return left_known, ordinals(group) < (np.bincount(group, minlength=len(found)) - left_found)[group]


def boxes(known: Table, found: Table) -> Array:
    """Boxes in one frame, float64 (n, 4): pixels, or thousandths where neither side knows the image's size."""
    both = {
        name: np.concatenate([known[name], found[name]]) for name in (*BOX, "width", "height", "fraction")
    }
    box = np.stack([both[side] for side in BOX], axis=1)
    if both["fraction"].any():
        size = np.stack([both["width"], both["height"]], axis=1)
        names = known["image"].tolist() + found["image"].tolist()
        number = {name: at for at, name in enumerate(dict.fromkeys(names))}
        image = np.fromiter(map(number.__getitem__, names), np.int64, len(names))
        sizes = np.full((len(number), 2), FRACTION)
        sizes[image[np.isfinite(size).all(axis=1)]] = size[np.isfinite(size).all(axis=1)]
        box = np.where(both["fraction"][:, None], np.round(box * np.tile(sizes[image], 2), 2), box)
    filled: Array = np.nan_to_num(box, nan=NO_BOX) + 0.0  # no -0.0
    return filled


def give(entry: Array, group: Array, left_known: Array, left_found: Array) -> Array:
    """Pair entries with groups of findings, the first pairs first, as many faults as both have left; return how many
    each pair took (int64)."""
    amounts = np.zeros(len(entry), dtype=np.int64)
    pair = np.arange(len(entry))
    while len(entry):
        order = np.arange(len(entry))
        first_known, first_found = np.empty(len(left_known), np.int64), np.empty(len(left_found), np.int64)
        first_known[entry[::-1]] = first_found[group[::-1]] = order[::-1]
        # No better pair of either is open.
        best = (first_known[entry] == order) & (first_found[group] == order)
        taken = np.minimum(left_known[entry[best]], left_found[group[best]])
        left_known[entry[best]] -= taken
        left_found[group[best]] -= taken
        amounts[pair[best]] = taken
        open_ = (left_known[entry] > 0) & (left_found[group] > 0)
        entry, group, pair = entry[open_], group[open_], pair[open_]
    return amounts


def exchange(entry: Array, group: Array, taken: Array, left_known: Array, left_found: Array) -> None:
    """Give entries that are left over a partner by giving its partner another one (augmenting paths), few as they are;
    ends after `STEPS`."""
    links: dict[int, list[int]] = {}
    flow: dict[int, dict[int, int]] = {}  # how many of a group each entry has
    for mine, other, amount in zip(entry.tolist(), group.tolist(), taken.tolist(), strict=True):
        links.setdefault(mine, []).append(other)
        flow.setdefault(other, {})[mine] = amount
    dead: set[int] = set()  # groups from which no way leads on: none ever will
    steps = 0
    for start in [each for each in links if left_known[each] > 0]:
        while left_known[start] > 0 and steps < STEPS:
            path, made = way(start, links, flow, left_found, dead)
            steps += made
            if not path:
                break
            for mine, other, giver in path:
                flow[other][mine] += 1
                if giver >= 0:
                    flow[other][giver] -= 1
            left_known[start] -= 1
            left_found[path[0][1]] -= 1


def way(
    start: int,
    links: dict[int, list[int]],
    flow: dict[int, dict[int, int]],
    left_found: Array,
    dead: set[int],
) -> tuple[list[tuple[int, int, int]], int]:
    """The shortest chain from an entry to a group with findings left, its end first: (entry, group it gets, who gives
    one of that up; -1: nobody), empty where there is none; and the steps made to find it."""
    came: dict[int, tuple[int, int]] = {start: (-1, -1)}  # entry: who wants a group it has, and which
    todo, seen, steps = [start], set[int](), 0
    for mine in todo:
        steps += len(links[mine])
        for other in links[mine]:
            if left_found[other] > 0:
                path, giver = [(mine, other, -1)], mine
                while giver != start:
                    wants, had = came[giver]
                    path.append((wants, had, giver))
                    giver = wants
                return path, steps
            if other in seen or other in dead:
                continue
            seen.add(other)
            for giver, amount in flow[other].items():
                if amount > 0 and giver not in came:
                    came[giver] = (mine, other)
                    todo.append(giver)
    dead |= seen
    return [], steps


def near(key: Array, box: Array, left_known: Array, left_found: Array) -> tuple[Array, Array]:
    """Possible pairs of what is left, nearest first: entries and groups of findings (int64 each)."""
    placed = (box != NO_BOX).all(axis=1)
    entries = np.flatnonzero((left_known > 0) & placed[: len(left_known)])
    groups = np.flatnonzero((left_found > 0) & placed[len(left_known) :])
    theirs = groups + len(left_known)
    entries = entries[np.isin(key[entries], key[theirs])]
    theirs = theirs[np.isin(key[theirs], key[entries])]
    hits = []
    for first, second in windows(key, box, entries, theirs):
        apart = distances(box[first], box[second])
        close = key[first] == key[second]
        close &= (apart.max(axis=1) <= EDGE) | (iou(box[first], box[second]) >= IOU)
        hits.append(nearest(apart[close].sum(axis=1), first[close], second[close]))
    if not hits:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    apart, first, second = (np.concatenate(part) for part in zip(*hits, strict=True))
    order = np.lexsort((second, first, apart))
    return first[order], second[order] - len(left_known)


def nearest(apart: Array, entry: Array, other: Array) -> tuple[Array, Array, Array]:
    """The nearest partners of each entry, so that a heap of boxes on one spot cannot fill the memory."""
    order = np.lexsort((other, apart))
    order = order[ordinals(entry[order]) < PARTNERS]
    return apart[order], entry[order], other[order]


def distances(a: Array, b: Array) -> Array:
    """How far each of the four edges is from its counterpart: (n, 4), pixels."""
    with np.errstate(all="ignore"):
        start = a[:, :2] - b[:, :2]
        edges: Array = np.abs(np.hstack((start, start + a[:, 2:] - b[:, 2:])))
    return edges


def windows(key: Array, box: Array, entries: Array, theirs: Array) -> Iterator[tuple[Array, Array]]:
    """Pairs of rows of one key whose left edges are near enough, and perhaps a few more, in blocks of bounded length.

    IoU >= t needs the left edges within (1 - t) / t of a width. One number sorts by key and left edge.
    """
    if not len(entries):
        return
    x, w = box[:, 0], np.abs(box[:, 2])
    low, high = np.clip((x[theirs].min(), x[theirs].max()), -1e7, 1e7)
    span = max(high - low, 1.0)
    number = (
        np.unique(key[np.concatenate((entries, theirs))], return_inverse=True)[1]
        .reshape(-1)
        .astype(np.float64)
    )
    mine, other = 2 * number[: len(entries)], 2 * number[len(entries) :]
    place = other + (np.clip(x[theirs], low, high) - low) / span
    order = np.argsort(place, kind="stable")
    reach = np.maximum(EDGE, (1 - IOU) / IOU * w[entries]) + span * (mine + 1) * 1e-15
    put, lines = place[order], [np.clip(x[entries] + edge, low, high) for edge in (-reach, 0.0, reach)]
    least, own, most = (mine + (line - low) / span for line in lines)
    least, own, most = (
        np.searchsorted(put, least),
        np.searchsorted(put, own),
        np.searchsorted(put, most, side="right"),
    )
    begin, counts = bounded(least, own, most, WINDOW)
    if (many := int(counts.sum())) > PAIRS:
        begin, counts = bounded(least, own, most, max(LEAST_WINDOW, WINDOW * PAIRS // many))
    total = np.concatenate(([0], np.cumsum(counts)))
    start = 0
    while start < len(counts):
        stop = int(np.searchsorted(total, total[start] + PAIRS_IN_A_BLOCK, side="right")) - 1
        stop = min(max(stop, start + 1), len(counts))
        first = np.repeat(np.arange(start, stop), counts[start:stop])
        within = np.arange(len(first)) - (total[first] - total[start])
        yield entries[first], theirs[order[begin[first] + within]]
        start = stop


def bounded(begin: Array, middle: Array, end: Array, window: int) -> tuple[Array, Array]:
    """Where each range begins and how long it is (int64 each), at most `window` to either side of its middle."""
    begin = np.maximum(begin, middle - window)
    return begin, np.maximum(np.minimum(end, middle + window) - begin, 0)
