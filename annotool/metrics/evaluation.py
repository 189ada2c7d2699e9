"""A model's predictions scored against a dataset: the one value that all reports of an evaluation are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Findings
from annotool.metrics import calibration, classification, coco_ap, confusion, errors, masks, matching, slices
from annotool.metrics.parts import membership
from annotool.metrics.scene import Scene, notes_of, said_of_predictions, scene
from annotool.metrics.voc_ap import voc_ap
from annotool.schema import Kind
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["BACKGROUND", "ENGINES", "GEOMETRIES", "Evaluation", "evaluate"]

BACKGROUND = "(background)"
ONE = {
    "images": "image", "objects": "object", "crowds": "crowd", "predictions": "prediction", "categories": "category",
    "images with predictions": "image with predictions",
}  # fmt: skip
ENGINES = ("annotool", "pycocotools")
GEOMETRIES = ("bbox", "segm")
TOO_GOOD = 0.99
Outlines = tuple[list[masks.Mask], list[masks.Mask]]


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation says.

    task: "detection" or "classification"; settings: what it was done with (geometry, engine, least score ...); counts: of
    images, objects, predictions, and what was left out; numbers: the overall ones, NaN where not defined; notes: one
    sentence each. `tables` by name:

    | table | rows |
    |---|---|
    | categories | one a category: its counts and numbers |
    | slices | (detection) one a part of the dataset, see metrics.slices |
    | errors | (detection) one a kind of mistake, see metrics.errors |
    | mistakes | (detection) category, error, count: the mistakes of each category, where there are any |
    | curves | (detection) precision by recall, see metrics.coco_ap; (classification) ROC: category, fpr, tpr, score |
    | confusion | truth, predicted, count: cells above 0; `(background)` is none of the categories |
    | reliability | (classification) bins: equal width or mass, low, high, count, score, right |
    """

    task: str
    settings: Mapping[str, str | float]
    counts: Mapping[str, int]
    numbers: Mapping[str, float]
    tables: Mapping[str, Table]
    notes: tuple[str, ...] = ()

    @property
    def counted(self) -> str:
        """The counts in words; what there is none of is left out."""
        words = ((count, name.replace("_", " ")) for name, count in self.counts.items() if count)
        return ", ".join(plural(count, ONE.get(many, many), many) for count, many in words)


def evaluate(
    data: Dataset,
    *,
    geometry: str = "bbox",
    engine: str = "annotool",
    least_score: float = confusion.LEAST_SCORE,
    split: str | None = None,
    findings: Findings | None = None,
) -> Evaluation:
    """Score the predictions of a dataset: its boxes or masks (`geometry`), or its image labels.

    `least_score` is that of a prediction that counts in the confusion matrix; `split`: only its images; with `findings` detections are also scored on
    images with and without them. Raises UsageError for unknown options, and where no prediction can be scored.
    """
    for name, value, known in (("geometry", geometry, GEOMETRIES), ("engine", engine, ENGINES)):
        if value not in known:
            raise UsageError(f"--{name} {value!r}: expected one of {', '.join(known)}")
    if not 0 <= least_score <= 1:
        raise UsageError(f"--least-score {least_score}: expected 0 to 1")
    members = membership(data)
    if split is not None and split not in members:
        there = ", ".join(data.split_names) or "none"
        raise UsageError(f"--split {split!r}: the dataset has no such split; it has {there}")
    inside = members[split or ""]
    if data.probabilities is not None:
        told = of_labels(data, inside)
    elif inside.any():
        comparable(data)
        told = of_boxes(data, inside, geometry, engine, least_score, findings)
    else:
        raise UsageError("the dataset has no images, so there is nothing to compare predictions with")
    return told if split is None else replace(told, settings={**told.settings, "split": split})


def comparable(data: Dataset) -> None:
    """Raise UsageError where boxes, or none at all, are to be compared with labels of whole images."""
    kinds = data.table("annotations")["kind"]
    read = len(data.table("predictions")) or not said_of_predictions(data)
    if read and (kinds <= Kind.IMAGE).all() and (kinds == Kind.IMAGE).any():
        wanted = "a csv with a column of scores for each class, or file, label, score"
        raise UsageError(
            f"the dataset has labels of whole images, and the predictions are boxes; expected {wanted}"
        )


def of_boxes(
    data: Dataset, inside: Array, geometry: str, engine: str, least_score: float, findings: Findings | None
) -> Evaluation:
    """Score detections."""
    sides, outlines = prepared(data, inside, geometry)
    pairs = paired(sides, outlines)
    judged = coco_ap.judge(sides, pairs)
    whole = coco_ap.curves(sides, judged)
    if engine == "pycocotools":
        from annotool.metrics.judges import pycocotools_curves

        whole = pycocotools_curves(sides, outlines)
    eleven, every = voc_ap(sides, pairs)
    parts = slices.split_parts(data) if inside.all() else {}
    if findings is not None:
        parts |= slices.finding_parts(data, findings)
    notes = [*notes_of(data), *sides.notes, *unseen(sides, parts)]
    fair = judged
    if sides.truths["lost"].any():
        fair = coco_ap.judge(sides, pairs, lost=False)
        without = coco_ap.summary(coco_ap.curves(sides, fair))["AP"]
        notes.append(
            f"an object has the id 0, which pycocotools never counts as found (SCH008): else AP is {without:.3f}"
        )
    made = errors.mistakes(sides, pairs, fair)
    numbers = {
        **coco_ap.summary(whole),
        "VOC11": coco_ap.mean(np.nan_to_num(eleven, nan=-1)),
        "VOC": coco_ap.mean(np.nan_to_num(every, nan=-1)),
    }
    tables = {
        "categories": coco_ap.category_table(sides, whole).with_columns(VOC11=eleven, VOC=every),
        "slices": slices.slice_table(sides, judged, whole, parts),
        "errors": errors.error_table(sides, fair, made),
        "mistakes": errors.by_category(sides, made),
        "curves": coco_ap.curve_table(sides, whole),
        "confusion": cells((*sides.names, BACKGROUND), confusion.matrix(sides, pairs, least_score)),
    }
    counts = {
        "images": len(sides.images),
        "objects": int(judged.counts[:, 0].sum()),
        "crowds": int(sides.truths["crowd"].sum()),
        "predictions": len(data.table("predictions")),
        "left_out": sum(sides.left_out.values()),
        "images_with_predictions": len(np.unique(sides.guesses["image"])),
    }
    settings: dict[str, str | float] = {"geometry": geometry, "engine": engine, "least_score": least_score}
    notes += too_good("AP", numbers["AP"])
    return Evaluation("detection", settings, counts, numbers, tables, tuple(notes))


def prepared(data: Dataset, inside: Array, geometry: str) -> tuple[Scene, Outlines | None]:
    """The scene, and the masks of its truths and guesses where they are to be compared."""
    sides = scene(data, inside)
    if geometry == "segm" or data.table("predictions")["bbox_derived"].any():
        truths, guesses = masks.encoded(data, sides)
        sides = masks.with_mask_areas(data, sides, guesses)
        return sides, (truths, guesses) if geometry == "segm" else None
    return sides, None


def paired(sides: Scene, outlines: Outlines | None) -> matching.Overlaps:
    """What overlaps, by boxes or by the masks of truths and guesses."""
    crowd, image = sides.truths["crowd"], sides.guesses["image"]
    if outlines is None:
        iou = matching.box_overlap(sides.boxes("guesses"), sides.boxes("truths"), crowd)
    else:
        iou = masks.mask_overlap(outlines[1], outlines[0], image, crowd)
    return matching.overlaps(image, sides.truths["image"], iou)


def cells(names: tuple[str, ...], matrix: Array) -> Table:
    """The cells of a confusion matrix above 0: truth, predicted, count."""
    held = np.array([*names, ""], dtype=object)
    truth, predicted = np.nonzero(matrix)
    return Table({"truth": held[truth], "predicted": held[predicted], "count": matrix[truth, predicted]})


def unseen(sides: Scene, parts: Mapping[tuple[str, str], Array]) -> list[str]:
    """Say which splits no prediction is of, where others have some."""
    seen = np.zeros(len(sides.images), dtype=bool)
    seen[sides.guesses["image"]] = True
    none = [
        part for (kind, part), mask in parts.items() if kind == "split" and not seen[mask[sides.images]].any()
    ]
    if not none or not seen.any():
        return []
    return [
        f"no prediction is of the split {', '.join(none)}, so all its objects count as missed; see --split"
    ]


def too_good(name: str, value: float) -> tuple[str, ...]:
    if not value > TOO_GOOD:
        return ()
    seen = f"{name} is {value:.3f}: the model seems to have seen these images in training, so this says little of new ones"
    return (f"{seen}; predict with a model that was trained without them",)


def of_labels(data: Dataset, inside: Array) -> Evaluation:
    """Score the labels of images."""
    assert data.probabilities is not None
    names, scores, n = data.labels, data.probabilities.astype(np.float64, copy=False), int(inside.sum())
    truth, notes = label_truth(data), notes_of(data)
    if not truth.any() and (data.table("annotations")["kind"] > Kind.IMAGE).any():
        raise UsageError(
            "the predictions are scores of whole images, and the dataset has boxes and no labels of images; boxes are read "
            "from COCO results (json) or a folder of label files"
        )
    facts = data.facts.get("labels") or {}
    several = int((truth.sum(axis=1) > 1).sum())
    single = facts.get("kind", "multi" if several else "single") == "single"
    good, left_out = scorable(truth, scores, inside, single)
    absent = (part for part in data.problems.of("PRD005").blocks if "names" in part.values)
    notes = [*filter(None, [said_of_predictions(data)]), *(part.text(0) for part in absent), *notes]
    if not good.any():
        why = "; ".join(filter(None, [*left_out, hint(scores[inside]), *notes]))
        raise UsageError(f"none of {plural(n, 'image')} can be scored: {why or 'there is none'}")
    notes += [f"images left out: {each}" for each in left_out]
    truth, scores = truth[good], scores[good]
    if single and (np.abs(scores.sum(axis=1) - 1) > 0.01).any():
        notes.append("the scores of an image do not add up to 1: calibration takes them as they are")
    rows = classification.label_table(names, truth, scores, single)
    if (met := int((rows["images"] > 0).sum())) < 2:
        notes.append(f"the images show {met} of the {len(names):,} categories: AUC is not defined")
    numbers = classification.summary(rows, truth, scores, single)
    told, right = answers(truth, scores, single)
    bins = {name: calibration.reliability(told, right, mass=name == "mass") for name in ("width", "mass")}
    numbers["ECE"], numbers["ECE_mass"] = (calibration.expected_error(each) for each in bins.values())
    numbers["Brier"] = calibration.brier(truth, scores, single)
    tables = {"categories": rows, "curves": classification.roc_table(names, truth, scores)}
    if single:
        guess = classification.guessed(scores, single)
        tables["confusion"] = cells(names, truth.T.astype(np.int64) @ guess.astype(np.int64))
    kinds = [
        each.with_columns(bins=np.array([name] * len(each), dtype=object)) for name, each in bins.items()
    ]
    tables["reliability"] = Table.concat(kinds)
    counts = {"images": n, "left_out": n - int(good.sum()), "categories": len(names)}
    settings = {"labels": "single" if single else "multi"}
    notes += too_good("accuracy", numbers["accuracy"])
    return Evaluation("classification", settings, counts, numbers, tables, tuple(notes))


def scorable(truth: Array, scores: Array, inside: Array, single: bool) -> tuple[Array, list[str]]:
    """Which images can be scored, bool, and how many of those inside cannot, for each reason."""
    predicted = np.isfinite(scores).all(axis=1) if scores.shape[1] else np.zeros(len(scores), dtype=bool)
    in_range = predicted & (scores >= 0).all(axis=1) & (scores <= 1).all(axis=1)
    reasons = {
        "without a prediction": ~predicted,
        "with a score outside 0 to 1": predicted & ~in_range,
    }
    if single:
        reasons["without a label"] = in_range & ~truth.any(axis=1)
        reasons["with several labels where one is expected"] = in_range & (truth.sum(axis=1) > 1)
    counts = {why: int((bad & inside).sum()) for why, bad in reasons.items()}
    good = inside & ~np.logical_or.reduce([*reasons.values()])
    return good, [f"{count:,} {why}" for why, count in counts.items() if count]


def hint(scores: Array) -> str:
    """What scores that are none may be instead."""
    if (scores < 0).any():
        return "these look like logits: put them through a softmax, or a sigmoid where an image has several labels"
    return "these look like percents: divide them by 100" if (scores > 1).any() else ""


def label_truth(data: Dataset) -> Array:
    """Which labels each image has: bool (images, labels)."""
    table = data.table("annotations")
    truth = np.zeros((len(data.table("images")), len(data.labels)), dtype=bool)
    image, label = data.image_rows(table["image"]), data.annotation_labels
    mine = (table["kind"] == Kind.IMAGE) & (image >= 0) & (label >= 0)
    truth[image[mine], label[mine]] = True
    return truth


def answers(truth: Array, scores: Array, single: bool) -> tuple[Array, Array]:
    """The scores that are to be right so often, and whether each is: of the guess of each image, or of every label."""
    if not single:
        return scores.ravel(), truth.ravel()
    guess = scores.argmax(axis=1)
    rows = np.arange(len(scores))
    return scores[rows, guess], truth[rows, guess]
