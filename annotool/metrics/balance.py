"""How many instances of which category stand where, and how even that is.

n_c is the count of category c, N = sum n_c, K the categories that have instances, p_c = n_c / N.

| number | formula | source |
|---|---|---|
| imbalance ratio | max n_c / min n_c over n_c > 0; categories without instances are named apart | as Datumaro, which counts empty ones in: infinite |
| normalised entropy (evenness) | J = -sum p_c ln p_c / ln K: 1 all equal, towards 0 all in one; undefined below two categories | Pielou 1966, after Shannon 1948 |
| size bins | small: area < 32^2, medium: < 96^2, large: the rest, px | pycocotools cocoeval Params.areaRng |

Counts of parts add up (`added`), so a dataset may be counted in shards. Crowd regions count as one instance each;
annotations whose image or category is not known do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotool.dataset import Dataset
from annotool.metrics import weights
from annotool.metrics.distributions import Distributions, distributions
from annotool.metrics.parts import membership
from annotool.metrics.scarcity import scarce
from annotool.notebook import Showing
from annotool.schema import Kind
from annotool.table import Array, Table

__all__ = [
    "Balance",
    "Counts",
    "added",
    "balance",
    "count",
    "image_counts",
    "imbalance_ratio",
    "instance_counts",
    "normalised_entropy",
    "of_counts",
    "per_image",
    "split_codes",
    "unfollowed",
]

SMALL, MEDIUM = 32.0**2, 96.0**2
USUAL = ("train", "val", "valid", "validation", "test")


@dataclass(frozen=True)
class Counts:
    """What is counted, in arrays of parts x categories (x 3 sizes); part 0 is the whole, then come the splits.

    instances, images (that show the category), int64 (1 + splits, K); sizes int64 (1 + splits, K, 3); total and
    empty: images, and those without any annotation, int64 (1 + splits,).
    """

    categories: tuple[str, ...]
    splits: tuple[str, ...]
    instances: Array
    images: Array
    sizes: Array
    total: Array
    empty: Array


@dataclass(frozen=True)
class Balance(Showing):
    """The balance of a dataset, ready to be shown.

    categories: one row a split and category: split ("" the whole), category, instances, images, share (of the split's
    instances), per_image (mean instances in the images that show it, 0 for none), small, medium, large, frequency (rare,
    common, frequent), weight_inverse, weight_effective, repeat_factor (metrics/weights.py).
    splits: one row a split: split, images, without_objects, instances, imbalance_ratio, entropy, gini,
    effective_categories.
    scarce: one row a split, threshold and category below it (metrics/scarcity.py).
    unused: categories without a single instance. labels: what is counted are labels of whole images, which have no size.
    boxes: how large they are, how long, how many an image, where (metrics/distributions.py); None of counts alone.
    `imbalance_ratio` and `entropy` are NaN where undefined.
    """

    categories: Table
    splits: Table
    scarce: Table
    unused: tuple[str, ...]
    labels: bool = False
    boxes: Distributions | None = None

    @property
    def imbalance_ratio(self) -> float:
        """Of the whole dataset."""
        return float(self.splits["imbalance_ratio"][0])

    @property
    def entropy(self) -> float:
        """Normalised, of the whole dataset."""
        return float(self.splits["entropy"][0])

    @property
    def images_without_objects(self) -> int:
        """Images that no annotation refers to."""
        return int(self.splits["without_objects"][0])


def balance(data: Dataset) -> Balance:
    """Return the balance of a dataset. Names that stand only in a YOLO class list nothing goes by are left out."""
    rows, category = data.table("categories"), data.table("annotations")["category"]
    own = np.bincount(category[category >= 0], minlength=len(rows))
    formats = np.append(data.table("sources")["format"], "")
    stray = unfollowed(rows, own, formats[rows["source"]] == "yolo")
    counts, kept = count(data), np.unique(rows["label"][~stray])
    made = of_counts(
        replace(
            counts,
            categories=tuple(counts.categories[label] for label in kept.tolist()),
            instances=counts.instances[:, kept],
            images=counts.images[:, kept],
            sizes=counts.sizes[:, kept],
        )
    )
    kinds = data.table("annotations")["kind"]
    labels = bool((kinds == Kind.IMAGE).any() and (kinds <= Kind.IMAGE).all())
    return replace(made, labels=labels, boxes=distributions(data))


def unfollowed(categories: Table, counts: Array, yolo: Array) -> Array:
    """Which rows of `categories` stand in a YOLO class list that differs from the one its dataset goes by: no
    annotation is of any row of that list. `counts`: annotations of each row; `yolo`: it is of a YOLO file. bool (n,)."""
    source = categories["source"]
    followed = np.zeros(int(source.max(initial=-1)) + 2, dtype=bool)
    followed[source[counts > 0]] = True
    alone = not (yolo & (counts > 0)).any()  # nothing is annotated: then no list is better than another
    return np.asarray(yolo & ~followed[source] & (not alone), dtype=bool)


def of_counts(counts: Counts) -> Balance:
    """Return the balance that these counts make."""
    parts, k = counts.instances.shape
    names = np.array(["", *counts.splits], dtype=object)
    totals = counts.instances.sum(axis=1)
    flat = {name: getattr(counts, name).ravel() for name in ("instances", "images")}
    categories = Table(
        {
            "split": np.repeat(names, k),
            "category": np.tile(np.array(counts.categories, dtype=object), parts),
            **flat,
            "share": (counts.instances / np.maximum(totals, 1)[:, None]).ravel(),
            "per_image": flat["instances"] / np.maximum(flat["images"], 1),
            **{name: counts.sizes[:, :, at].ravel() for at, name in enumerate(("small", "medium", "large"))},
            "frequency": weights.frequencies(flat["images"]),
            "weight_inverse": np.concatenate([weights.inverse_weights(row) for row in counts.instances]),
            "weight_effective": np.concatenate([weights.effective_weights(row) for row in counts.instances]),
            "repeat_factor": weights.repeat_factors(flat["images"], np.repeat(counts.total, k)),
        }
    )
    splits = Table(
        {
            "split": names,
            "images": counts.total,
            "without_objects": counts.empty,
            "instances": totals,
            "imbalance_ratio": np.array([imbalance_ratio(row) for row in counts.instances]),
            "entropy": np.array([normalised_entropy(row) for row in counts.instances]),
            "gini": np.array([weights.gini(row) for row in counts.instances]),
            "effective_categories": np.array([weights.effective_categories(row) for row in counts.instances]),
        }
    )
    unused = tuple(
        n for n, own in zip(counts.categories, counts.instances[0].tolist(), strict=True) if not own
    )
    return Balance(categories, splits, scarce(categories), unused)


def imbalance_ratio(instances: Array) -> float:
    """Largest over smallest count of those that are not 0; NaN where there is none."""
    some = instances[instances > 0]
    return float(some.max() / some.min()) if len(some) else float("nan")


def normalised_entropy(instances: Array) -> float:
    """J = -sum p ln p / ln K over the K counts that are not 0, in 0..1; NaN below two of them. Pielou 1966."""
    some = instances[instances > 0]
    if len(some) < 2:
        return float("nan")
    p = some / some.sum()
    return float(-(p * np.log(p)).sum() / np.log(len(some)))


def count(data: Dataset) -> Counts:
    """Count a dataset, or a shard of one."""
    k, members = len(data.labels), membership(data)
    rows, images, labels = data.once(counted)
    bins = size_bins(data, rows)
    pair_image, pair_label = shown_in(images, labels, k)
    has = np.zeros(len(data.table("images")), dtype=bool)
    owner = data.image_rows(data.table("annotations")["image"])
    has[owner[owner >= 0]] = True
    instances, shown, sizes = [], [], []
    for member in members.values():
        inside = member[images]
        own = np.bincount(labels[inside] * 4 + bins[inside], minlength=4 * k).reshape(k, 4)
        instances.append(own.sum(axis=1))
        sizes.append(own[:, :3])
        shown.append(np.bincount(pair_label[member[pair_image]], minlength=k))
    return Counts(
        categories=data.labels,
        splits=tuple(members)[1:],
        instances=np.array(instances, dtype=np.int64),
        images=np.array(shown, dtype=np.int64),
        sizes=np.array(sizes, dtype=np.int64),
        total=np.array([int(member.sum()) for member in members.values()], dtype=np.int64),
        empty=np.array([int((member & ~has).sum()) for member in members.values()], dtype=np.int64),
    )


def added(parts: Sequence[Counts]) -> Counts:
    """Return the counts of several parts of one dataset together; splits in the order of `Dataset.split_names`."""
    met = dict.fromkeys(name for part in parts for name in part.splits)
    splits = tuple(dict.fromkeys([*(name for name in USUAL if name in met), *met]))
    place = {name: at for at, name in enumerate(("", *splits))}
    whole: dict[str, Array] = {}
    for name in ("instances", "images", "sizes", "total", "empty"):
        shape = getattr(parts[0], name).shape[1:]
        whole[name] = np.zeros((len(place), *shape), dtype=np.int64)
        for part in parts:
            whole[name][[place[each] for each in ("", *part.splits)]] += getattr(part, name)
    return Counts(parts[0].categories, splits, **whole)


def instance_counts(data: Dataset) -> Array:
    """Instances of each category, by label number: int64 (K,)."""
    _, _, labels = data.once(counted)
    return np.bincount(labels, minlength=len(data.labels))


def image_counts(data: Dataset) -> Array:
    """Images that show each category, by label number: int64 (K,)."""
    k = len(data.labels)
    _, images, labels = data.once(counted)
    return np.bincount(shown_in(images, labels, k)[1], minlength=k)


def counted(data: Dataset) -> tuple[Array, Array, Array]:
    """Positions of the annotations that count, with the position of their image and their label number."""
    labels = data.annotation_labels
    images = data.image_rows(data.table("annotations")["image"])
    rows = np.flatnonzero((labels >= 0) & (images >= 0))
    return rows, images[rows], labels[rows]


def shown_in(images: Array, labels: Array, k: int) -> tuple[Array, Array]:
    """The distinct pairs of an image and a label of k: image positions and labels."""
    keys = np.sort(images * max(k, 1) + labels)  # and not np.unique, which takes ten times as long
    keys = keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
    return keys // max(k, 1), keys % max(k, 1)


def per_image(data: Dataset) -> Array:
    """Return how many annotations each image has, int64 (images,)."""
    rows = data.image_rows(data.table("annotations")["image"])
    return np.bincount(rows[rows >= 0], minlength=len(data.table("images")))


def split_codes(data: Dataset) -> tuple[Array, tuple[str, ...]]:
    """Return the number of each image's first split (int64), and the splits by number; the last, "", is none."""
    names = (*data.split_names, "")
    code = np.full(len(data.table("images")), len(names) - 1, dtype=np.int64)
    splits = data.table("splits")
    rows = data.image_rows(splits["image"])
    for at in reversed(range(len(names) - 1)):
        mine = rows[splits["split"] == names[at]]
        code[mine[mine >= 0]] = at
    return code, names


def size_bins(data: Dataset, rows: Array) -> Array:
    """0 small, 1 medium, 2 large, 3 not known, by the declared area, else by that of the box: int64 (n,)."""
    table = data.table("annotations")
    area = table["area"][rows]
    area = np.where(np.isfinite(area), area, table["w"][rows] * table["h"][rows])
    return np.select([np.isnan(area), area < SMALL, area < MEDIUM], [3, 0, 1], 2)
