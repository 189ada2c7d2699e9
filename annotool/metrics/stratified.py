"""Groups dealt out to splits so that each split gets its share of every label, and no group is cut.

Iterative stratification (Sechidis, Tsoumakas and Vlahavas, On the stratification of multi-label data, 2011), for counts
in place of yes and no and for groups in place of examples: the label that is left in the fewest groups comes first, the
group richest in it first of these, and goes to the split that lacks most of it. Two things are ours. A label that
is in as many groups as there are splits, or more, reaches every split. And afterwards groups move, one by one or two that change
places, for as long as that lowers

    cost = sum over splits s and labels c of (n_cs / N_c - r_s)^2

(n_cs: count of c in s, N_c: its sum, r_s: the wanted share), the sizes of the groups being one label more, which weighs
as much as a third of all others together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from annotool.table import Array

__all__ = ["Cells", "deviations", "stratify"]

PASSES = 50  # over all groups, to move some; a few are enough
ROUNDS, CANDIDATES, TRADES = (
    10,
    256,
    100,
)  # of trading; groups of each split looked at; trades of two splits in a round
LEAST = 1e-12  # a smaller gain is a rounding error


@dataclass(frozen=True)
class Cells:
    """What each group holds of each label: the cells of that matrix that are not 0, int64 (m,) each, in any order and
    each at most once; and the size of each group, int64 (groups,), above 0.
    """

    group: Array
    label: Array
    count: Array
    sizes: Array

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return int(self.label.max(initial=-1)) + 1


def stratify(cells: Cells, ratios: Array, rank: Array) -> Array:
    """Return the split of each group, a number of `ratios`: int64 (groups,).

    ratios: the wanted share of each split, float64 (splits,), above 0, their sum 1. rank: the place of each group, all
    different, which decides where all else is equal; int64 (groups,). Equal groups in another order, with their ranks,
    get the same splits.
    """
    if not len(cells.sizes):
        return np.empty(0, dtype=np.int64)
    state = State(cells, np.asarray(ratios, dtype=np.float64), rank)
    state.deal()
    state.improve()
    for _ in range(ROUNDS):
        if not state.trade():
            break
        state.improve()
    return state.split


def deviations(cells: Cells, ratios: Array, split: Array) -> Array:
    """Return how far the share of each label in each split is from the wanted one: float64 (splits, labels + 1), the
    last column for the sizes; 0 for a label of no group.
    """
    s, k = len(ratios), cells.labels
    at = split[cells.group] * (k + 1) + cells.label
    counts = np.bincount(at, weights=cells.count, minlength=s * (k + 1)).reshape(s, k + 1)
    counts[:, k] = np.bincount(split, weights=cells.sizes, minlength=s)
    total = counts.sum(axis=0)
    shares = counts / np.maximum(total, 1)
    return np.where(total > 0, shares - np.asarray(ratios, dtype=np.float64)[:, None], 0.0)


@dataclass
class State:
    """A dealing under way. Arrays of splits x labels have one column more, for the sizes."""

    cells: Cells
    ratios: Array
    rank: Array
    split: Array = field(init=False)

    def __post_init__(self) -> None:
        cells, n, k = self.cells, len(self.cells.sizes), self.cells.labels
        order = np.lexsort((cells.label, cells.group))
        self.group, self.label = cells.group[order], cells.label[order]
        self.count = cells.count[order].astype(np.float64)
        self.starts = np.searchsorted(self.group, np.arange(n + 1)).tolist()
        self.members = np.bincount(self.label, minlength=k)  # groups of each label
        sums = np.append(np.bincount(self.label, weights=self.count, minlength=k), cells.sizes.sum())
        self.over = -self.ratios[:, None] * sums  # what each split holds more than it should
        self.weight = 1 / np.maximum(sums, 1) ** 2
        self.weight[k] *= max(1.0, np.count_nonzero(self.members) / 3)
        self.met = np.zeros((len(self.ratios), k), dtype=np.int64)  # groups of each label in each split
        self.everywhere = self.members >= len(self.ratios)  # labels that every split is to have
        self.split = np.full(n, -1, dtype=np.int64)

    def put(self, group: int, split: int) -> None:
        own = slice(self.starts[group], self.starts[group + 1])
        labels, old = self.label[own], int(self.split[group])
        for to, sign in ((split, 1), (old, -1)):
            if to >= 0:
                self.over[to, labels] += sign * self.count[own]
                self.over[to, -1] += sign * self.cells.sizes[group]
                self.met[to, labels] += sign
        self.split[group] = split

    # Dealing.

    def deal(self) -> None:
        """Give each group its first split, the rarest label first; what has no label comes last, largest first."""
        by_label = np.lexsort((self.rank[self.group], -self.count, self.label))
        groups, edges = (
            self.group[by_label],
            np.searchsorted(self.label[by_label], np.arange(len(self.members) + 1)),
        )
        left = np.where(self.members > 0, self.members, np.iinfo(np.int64).max)
        while (left < np.iinfo(np.int64).max).any():
            label = int(left.argmin())
            for group in groups[edges[label] : edges[label + 1]].tolist():
                if self.split[group] < 0:
                    self.put(group, self.wanting(label, int(left[label])))
                    left[self.label[self.starts[group] : self.starts[group + 1]]] -= 1
            left[left == 0] = np.iinfo(np.int64).max
        rest = np.flatnonzero(self.split < 0)
        for group in rest[np.lexsort((self.rank[rest], -self.cells.sizes[rest]))].tolist():
            self.put(group, int(self.over[:, -1].argmin()))

    def wanting(self, label: int, left: int) -> int:
        """The split that lacks most of a label, and of images where several do; of `left` groups that still show it, the
        last are for splits that have none."""
        lacks = np.lexsort((self.over[:, -1], self.over[:, label]))
        none = self.met[lacks, label] == 0
        if self.everywhere[label] and none.any() and left <= np.count_nonzero(none):
            return int(lacks[none][0])
        return int(lacks[0])

    # Moving.

    def improve(self) -> None:
        """Move groups while the cost falls and no label leaves a split that it is to be in."""
        for _ in range(PASSES):
            gains = -2 * self.costs().min(axis=0)
            hopeful = np.flatnonzero(gains > LEAST)
            moved = [
                self.move(group)
                for group in hopeful[np.lexsort((self.rank[hopeful], -gains[hopeful]))].tolist()
            ]
            if not any(moved):
                return

    def costs(self) -> Array:
        """Half of how much the cost would rise by moving each group alone to each split, float64 (splits, groups)."""
        own, sizes = self.split[self.group], self.cells.sizes
        cost = np.empty((len(self.ratios), len(sizes)))
        for to in range(len(self.ratios)):
            more = self.count * (self.over[to, self.label] - self.over[own, self.label] + self.count)
            cost[to] = np.bincount(self.group, weights=more * self.weight[self.label], minlength=len(sizes))
            cost[to] += self.weight[-1] * sizes * (self.over[to, -1] - self.over[self.split, -1] + sizes)
        cost[self.split, np.arange(len(sizes))] = 0.0
        return cost

    def move(self, group: int) -> bool:
        """Move a group to its best split, if there is a better one; return whether it moved."""
        own, size = slice(self.starts[group], self.starts[group + 1]), self.cells.sizes[group]
        labels, count, at = self.label[own], self.count[own], int(self.split[group])
        if self.needed(group):
            return False
        differ = self.over - self.over[at]
        cost = (differ[:, labels] + count) @ (count * self.weight[labels])
        cost += self.weight[-1] * size * (differ[:, -1] + size)
        cost[at] = 0.0
        to = int(cost.argmin())
        if cost[to] * 2 >= -LEAST:
            return False
        self.put(group, to)
        return True

    def needed(self, group: int) -> bool:
        """Whether its split has a label that every split is to have from this group alone."""
        labels = self.label[self.starts[group] : self.starts[group + 1]]
        return bool((self.met[self.split[group], labels][self.everywhere[labels]] == 1).any())

    # Trading.

    def trade(self) -> bool:
        """Let groups of two splits change places while the cost falls; return whether any did."""
        traded = [self.trade_between(*pair) for pair in combinations(range(len(self.ratios)), 2)]
        return any(traded)

    def trade_between(self, one: int, other: int) -> bool:
        """Trade among the groups of two splits that cost least to move to the other one."""
        cost = self.costs()
        sides = [self.cheapest(cost[to], at) for at, to in ((one, other), (other, one))]
        rows = [self.dense(side) for side in sides]
        own = [(each * each) @ self.weight for each in rows]
        cross = (rows[0] * self.weight) @ rows[1].T
        left = [np.ones(len(side), dtype=bool) for side in sides]
        traded = False
        for _ in range(TRADES if min(map(len, sides)) else 0):
            gap = self.weight * (self.over[other] - self.over[one])
            ends = [
                np.where(left[0], own[0] + rows[0] @ gap, np.inf),
                np.where(left[1], own[1] - rows[1] @ gap, np.inf),
            ]
            sums = ends[0][:, None] + ends[1][None, :] - 2 * cross
            mine, theirs = np.unravel_index(int(sums.argmin()), sums.shape)
            if not 2 * sums[mine, theirs] < -LEAST:
                break
            left[0][mine] = left[1][theirs] = False
            groups = int(sides[0][mine]), int(sides[1][theirs])
            if not any(map(self.needed, groups)):
                self.put(groups[0], other)
                self.put(groups[1], one)
                traded = True
        return traded

    def cheapest(self, cost: Array, split: int) -> Array:
        """The groups of a split that cost least to move, the first of equals by rank."""
        groups = np.flatnonzero(self.split == split)
        return groups[np.lexsort((self.rank[groups], cost[groups]))][:CANDIDATES]

    def dense(self, groups: Array) -> Array:
        """What these groups hold of each label, and their sizes: float64 (groups, labels + 1)."""
        rows = np.zeros((len(groups), self.over.shape[1]))
        rows[:, -1] = self.cells.sizes[groups]
        for at, group in enumerate(groups.tolist()):
            own = slice(self.starts[group], self.starts[group + 1])
            rows[at, self.label[own]] = self.count[own]
        return rows
