"""How many planted label errors PRD001-003 and LBL001 find: clean made-up data, predictions of a good made-up model, faults planted.

    python -m bench.label_errors        prints the tables of docs/label-errors.md

Those of boxes are scored by cleanlab too, on the same inputs in the same run; it takes some minutes. Of labels of images the
flags are those of cleanlab's prune_by_noise_rate (tests/metrics/test_confident_learning.py).
"""

from __future__ import annotations

import numpy as np

from annotool.metrics.confident_learning import flagged, self_confidence
from annotool.rules.prd.base import Compared, PredictionRule, compared
from annotool.rules.prd.likely_bad_location import LikelyBadLocation
from annotool.rules.prd.likely_missing_box import LikelyMissingBox
from annotool.rules.prd.likely_wrong_class import LikelyWrongClass
from annotool.schema import make
from annotool.table import Array
from annotool.testing import tiny

IMAGES, CATEGORIES, SIZE = 2000, 8, (640.0, 480.0)
RULES: dict[str, PredictionRule] = {
    "missing": LikelyMissingBox(),
    "class": LikelyWrongClass(),
    "place": LikelyBadLocation(),
}
FIRST = 200


def world(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Image, category and x y w h of objects that overlap now and then."""
    image = np.repeat(np.arange(IMAGES), rng.integers(1, 7, IMAGES))
    side = rng.uniform(24, 150, (len(image), 2))
    start = rng.uniform(0, 1, (len(image), 2)) * (np.array(SIZE) - side)
    return image, rng.integers(0, CATEGORIES, len(image)), np.concatenate([start, side], axis=1)


def predictions(rng: np.random.Generator, image: Array, category: Array, boxes: Array) -> dict[str, Array]:
    """A good model: 95 % found, 4 % off at each edge, 97 % of the right class, some false alarms of low scores."""
    seen = np.flatnonzero(rng.random(len(image)) < 0.95)
    off = rng.normal(0, 0.04, (len(seen), 4)) * boxes[seen][:, [2, 3, 2, 3]]
    right = rng.random(len(seen)) < 0.97
    score = np.where(right, 1 - np.abs(rng.normal(0, 0.04, len(seen))), rng.uniform(0.3, 0.9, len(seen)))
    said = np.where(right, category[seen], rng.integers(0, CATEGORIES, len(seen)))
    many = rng.poisson(0.6, IMAGES)
    lone = np.repeat(np.arange(IMAGES), many)
    alone = np.concatenate([rng.uniform(0, 400, (len(lone), 2)), rng.uniform(20, 80, (len(lone), 2))], axis=1)
    found = np.concatenate([boxes[seen] + off, alone])
    return {
        "image": np.concatenate([image[seen], lone]),
        "category": np.concatenate([said, rng.integers(0, CATEGORIES, len(lone))]),
        **dict(zip("xywh", np.maximum(found, 0.5).T, strict=True)),
        "score": np.concatenate([np.clip(score, 0.05, 1), rng.beta(1, 5, len(lone))]),
    }


def detection(kind: str, rate: float) -> dict[str, float]:
    """Plant one kind of fault and measure."""
    rng = np.random.default_rng(7)
    image, category, boxes = world(rng)
    guesses = predictions(rng, image, category, boxes)
    bad = rng.random(len(image)) < rate
    if kind == "class":
        category = np.where(bad, (category + rng.integers(1, CATEGORIES, len(image))) % CATEGORIES, category)
    if kind == "place":
        boxes[bad, :2] += boxes[bad, 2:] * rng.choice([-0.6, 0.6], (int(bad.sum()), 2))
    kept = ~bad if kind == "missing" else np.ones(len(image), dtype=bool)
    rows = [
        {"image": i, "category": c, "x": x, "y": y, "w": w, "h": h}
        for i, c, (x, y, w, h) in zip(
            image[kept].tolist(), category[kept].tolist(), boxes[kept].tolist(), strict=True
        )
    ]
    data = tiny(
        [{"width": SIZE[0], "height": SIZE[1]}] * IMAGES, rows, [f"c{at}" for at in range(CATEGORIES)]
    )
    table = make(
        "predictions",
        len(guesses["image"]),
        source=np.zeros(len(guesses["image"])),
        kind=np.full(len(guesses["image"]), 2),
        **guesses,
    )
    data = type(data)(tables={**data.tables, "predictions": table}, images_checked="none")
    found = RULES[kind].check(data)
    state = data.once(compared)
    if kind == "missing":
        truth, hit = np.bincount(image[bad], minlength=IMAGES) > 0, np.zeros(IMAGES, dtype=bool)
        hit[found.column("image")] = True
        quality = np.ones(IMAGES)
        np.minimum.at(quality, state.guesses["image"], np.nan_to_num(missing(state), nan=1.0))
    else:
        truth, hit = bad, np.zeros(len(rows), dtype=bool)
        hit[found.column("annotation")] = True
        quality = (
            state.by_pixel.swapped(state.by_pixel.least) if kind == "class" else state.by_pixel.located()
        )
    told = measured(truth, hit, quality)
    marked = np.zeros(IMAGES, dtype=bool)
    for rule in RULES.values():
        marked[rule.check(data).column("image")] = True
    faulty = np.bincount(image[bad], minlength=IMAGES) > 0
    return (
        told
        | cleanlabs(state, kind, truth)
        | by_image("annotool", faulty, marked)
        | by_image("cleanlab", faulty, flags_of_cleanlab(state))
    )


def sides(state: Compared) -> tuple[list[dict[str, Array]], list[Array]]:
    """Labels and predictions as cleanlab takes them."""
    labels, guesses = state.labels, state.guesses
    box, found = (
        np.stack([t["x"], t["y"], t["x"] + t["w"], t["y"] + t["h"]], axis=1) for t in (labels, guesses)
    )
    scored = np.column_stack([found, guesses["score"]])
    first = [
        {"bboxes": box[rows], "labels": labels["label"][rows]}
        for rows in (np.flatnonzero(labels["image"] == at) for at in range(IMAGES))
    ]
    second = []
    for at in range(IMAGES):
        mine = guesses["image"] == at
        kinds = [scored[mine & (guesses["label"] == kind)] for kind in range(CATEGORIES)]
        second.append(np.array([*kinds, None], dtype=object)[:-1])
    return first, second


def cleanlabs(state: Compared, kind: str, truth: Array) -> dict[str, float]:
    """AUROC and precision of the first 200 by cleanlab's scores; of missing labels by image."""
    from cleanlab.object_detection import rank

    labels, guesses = sides(state)
    score = {
        "missing": rank.compute_overlooked_box_scores,
        "class": rank.compute_swap_box_scores,
        "place": rank.compute_badloc_box_scores,
    }[kind]
    parts = score(labels=labels, predictions=guesses)
    if kind == "missing":
        quality = np.array([np.nan_to_num(part, nan=1.0).min(initial=1.0) for part in parts])
    else:
        quality = np.concatenate(parts)
    held = measured(truth, truth, quality)
    return {f"cleanlab's {name}": held[name] for name in ("AUROC", "precision@200")}


def flags_of_cleanlab(state: Compared) -> Array:
    """Which images cleanlab flags, of whatever kind."""
    from cleanlab.object_detection.filter import find_label_issues

    return np.asarray(find_label_issues(*sides(state)))


def by_image(who: str, faulty: Array, marked: Array) -> dict[str, float]:
    both = float((faulty & marked).sum())
    return {
        f"{who}, images flagged": float(marked.sum()),
        f"{who}, precision by image": both / max(marked.sum(), 1),
        f"{who}, recall by image": both / max(faulty.sum(), 1),
    }


def missing(state: Compared) -> Array:
    return state.by_pixel.overlooked(state.guesses["score"], state.by_pixel.least)


def classification(noise: float) -> dict[str, float]:
    """Labels with noise; a model with 93 % accuracy that is sure where it is right."""
    rng = np.random.default_rng(3)
    n, k = 5000, 10
    true = rng.integers(0, k, n)
    known = rng.random(n) < 0.93
    logits = rng.normal(0, 1, (n, k))
    logits[np.arange(n), np.where(known, true, rng.integers(0, k, n))] += np.where(known, 5, 3)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    bad = rng.random(n) < noise
    labels = np.where(bad, (true + rng.integers(1, k, n)) % k, true)
    return measured(bad, flagged(labels, probabilities), self_confidence(labels, probabilities))


def measured(truth: Array, hit: Array, quality: Array) -> dict[str, float]:
    """Precision and recall of the flags; AUROC and precision of the first 200 by score, low first."""
    from sklearn.metrics import roc_auc_score

    first = np.argsort(quality, kind="stable")[:FIRST]
    return {
        "planted": float(truth.sum()),
        "flagged": float(hit.sum()),
        "precision": float((hit & truth).sum() / max(hit.sum(), 1)),
        "recall": float((hit & truth).sum() / max(truth.sum(), 1)),
        "AUROC": float(roc_auc_score(truth, -quality)),
        "precision@200": float(truth[first].mean()),
    }


def main() -> None:
    """Print the tables in markdown: of all, and boxes beside cleanlab."""
    boxes = [(f"{kind}, {rate:.0%}", detection(kind, rate)) for kind in RULES for rate in (0.02, 0.1)]
    images = [(f"image label, {noise:.0%}", classification(noise)) for noise in (0.01, 0.05, 0.25)]
    own = list(images[0][1])
    table(own, [*boxes, *images])
    table([each for each in boxes[0][1] if each in own[-2:] or each not in own], boxes)


def table(names: list[str], rows: list[tuple[str, dict[str, float]]]) -> None:
    print("| planted | " + " | ".join(names) + " |")
    print("|---|" + "---|" * len(names))
    for name, held in rows:
        cells = [
            f"{held[each]:,.0f}" if each.endswith(("planted", "flagged")) else f"{held[each]:.3f}"
            for each in names
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print()


if __name__ == "__main__":
    main()
