import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

import annotool
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.metrics.coco_ap import NUMBERS
from annotool.metrics.evaluation import BACKGROUND, evaluate
from annotool.schema import Kind
from annotool.testing import tiny

NAN = float("nan")
BOX = (10, 10, 100, 100)


def pictures(shown: Sequence[Sequence[int]], scores: Any, **facts: Any) -> Dataset:
    """A dataset of image labels, with a probability an image and category."""
    rows = [
        {"image": image, "category": label, "kind": Kind.IMAGE, "box": (NAN,) * 4}
        for image, several in enumerate(shown)
        for label in several
    ]
    matrix = np.array(scores, dtype=np.float64)
    names = [f"c{at}" for at in range(matrix.shape[1])]
    return tiny(len(shown), rows, names, probabilities=matrix, facts=facts)


# Detections.


def test_both_engines_say_the_same(toy: Any, tmp_path: Path) -> None:
    for name, value in zip(("truth", "results"), toy, strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    data = annotool.read(tmp_path / "truth.json", predictions=tmp_path / "results.json", images="none")
    for geometry in ("bbox", "segm"):
        ours, theirs = (
            evaluate(data, geometry=geometry, engine=each) for each in ("annotool", "pycocotools")
        )
        for name, value in ours.numbers.items():
            assert value == pytest.approx(theirs.numbers[name], abs=1e-9, nan_ok=True)
        for name in NUMBERS:
            one, other = (told.tables["categories"][name] for told in (ours, theirs))
            np.testing.assert_allclose(one, other, atol=1e-9)


def test_counts_tables_and_confusion(predicted: Any) -> None:
    truths = [{"box": BOX}, {"box": BOX, "image": 1, "category": 1}, {"box": BOX, "image": 2, "iscrowd": 1}]
    guesses = [
        {"box": BOX, "score": 0.9},
        {"box": BOX, "image": 1, "score": 0.8},
        {"box": (400, 300, 50, 50), "category": 2, "score": 0.7},
        {"box": BOX, "score": NAN},
    ]
    told = evaluate(predicted(truths, guesses))
    assert dict(told.counts) == {
        "images": 3, "objects": 2, "crowds": 1, "predictions": 4, "left_out": 1, "images_with_predictions": 2,
    }  # fmt: skip
    cells = {
        (row["truth"], row["predicted"]): row["count"]
        for row in told.tables["confusion"].frame.to_dict("records")
    }
    assert cells == {("cat", "cat"): 1, ("dog", "cat"): 1, (BACKGROUND, "emu"): 1}
    mistakes = told.tables["mistakes"].frame.to_dict("records")
    assert {(row["category"], row["error"]) for row in mistakes} == {
        ("cat", "classification"),
        ("emu", "background"),
    }
    rows = told.tables["categories"]
    assert rows["category"].tolist() == ["cat", "dog", "emu"]
    assert rows["objects"].tolist() == [1, 1, 0]
    assert rows["predictions"].tolist() == [2, 0, 1]
    assert np.isnan(rows["AP"]).tolist() == [False, False, True]


def test_a_model_that_is_too_good_is_said(predicted: Any) -> None:
    rows: list[dict[str, Any]] = [{"box": BOX}, {"box": BOX, "image": 1}]
    perfect = evaluate(predicted(rows, [{**row, "score": 0.9} for row in rows]))
    assert any("to have seen these images in training" in note for note in perfect.notes)
    half = evaluate(predicted(rows, [{**rows[0], "score": 0.9}]))
    assert not any("training" in note for note in half.notes)


@pytest.mark.parametrize(
    ("truths", "guesses", "expected"),
    [
        ([{"box": BOX}], [], 0.0),
        ([], [{"box": BOX, "score": 0.5}], NAN),
        ([], [], NAN),
        ([{"box": BOX}], [{"box": BOX, "category": 1, "score": 0.5}], 0.0),
        ([{"box": BOX, "iscrowd": 1}], [{"box": BOX, "score": 0.5}], NAN),
        ([{"box": (0, 0, 0, 0)}], [{"box": (0, 0, 0, 0), "score": 0.5}], 0.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("geometry", ["bbox", "segm"])
@pytest.mark.parametrize("engine", ["annotool", "pycocotools"])
def test_poor_input_has_numbers_or_none(
    predicted: Any, truths: Any, guesses: Any, expected: float, geometry: str, engine: str
) -> None:
    told = evaluate(predicted(truths, guesses), geometry=geometry, engine=engine)
    assert told.numbers["AP"] == pytest.approx(expected, nan_ok=True)


def test_no_images_and_unknown_options(predicted: Any) -> None:
    with pytest.raises(UsageError, match="no images"):
        evaluate(tiny(0, []))
    for options, text in (
        ({"geometry": "mask"}, "--geometry 'mask': expected one of bbox, segm"),
        ({"engine": "coco"}, "--engine 'coco': expected one of annotool, pycocotools"),
        ({"least_score": 2}, "--least-score 2: expected 0 to 1"),
    ):
        with pytest.raises(UsageError, match=text):
            evaluate(predicted([], []), **options)


def test_one_of_each_is_counted_in_the_singular(predicted: Any) -> None:
    guesses = [{"box": BOX, "score": 0.9}, {"box": BOX, "category": 1, "score": NAN}]
    told = evaluate(predicted([{"box": BOX}], guesses[:1], 1))
    assert told.counted == "1 image, 1 object, 1 prediction, 1 image with predictions"
    told = evaluate(predicted([{"box": BOX}], guesses, 1))
    assert told.counted == "1 image, 1 object, 2 predictions, 1 left out, 1 image with predictions"


# Labels.


def test_one_label(predicted: Any) -> None:
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.ones(6), size=300)
    label = rng.integers(6, size=300)
    told = evaluate(pictures([[each] for each in label.tolist()], scores))
    assert told.task == "classification"
    assert dict(told.settings) == {"labels": "single"}
    guess = scores.argmax(axis=1)
    assert told.numbers["accuracy"] == pytest.approx((guess == label).mean(), abs=1e-12)
    assert told.numbers["macro_F1"] == pytest.approx(
        metrics.f1_score(label, guess, average="macro"), abs=1e-12
    )
    each = [metrics.roc_auc_score(label == at, scores[:, at]) for at in range(6)]
    assert told.tables["categories"]["AUC"] == pytest.approx(each, abs=1e-12)
    matrix = metrics.confusion_matrix(label, guess)
    cells = told.tables["confusion"]
    assert {
        (t, p): n for t, p, n in zip(cells["truth"], cells["predicted"], cells["count"], strict=True)
    } == {(f"c{t}", f"c{p}"): n for (t, p), n in np.ndenumerate(matrix) if n}
    assert set(told.tables["reliability"]["bins"]) == {"width", "mass"}
    assert told.notes == ()


def test_several_labels() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random((200, 4)) < 0.4
    scores = rng.random((200, 4))
    told = evaluate(pictures([np.flatnonzero(row).tolist() for row in truth], scores))
    assert dict(told.settings) == {"labels": "multi"}
    assert told.numbers["macro_AP"] == pytest.approx(
        metrics.average_precision_score(truth, scores), abs=1e-12
    )
    assert told.numbers["micro_F1"] == pytest.approx(
        metrics.f1_score(truth, scores >= 0.5, average="micro"), abs=1e-12
    )
    assert told.numbers["Brier"] == pytest.approx(((scores - truth) ** 2).mean())
    assert "confusion" not in told.tables
    assert told.counts["left_out"] == 0  # an image may have none


def test_images_that_cannot_be_scored_are_left_out_and_said() -> None:
    good, none, wild = [0.75, 0.25], [NAN, NAN], [3.0, -2.0]
    data = pictures(
        [[0], [0], [0], [], [0, 1]], [good, none, wild, good, good], labels={"kind": "single", "images": 5}
    )
    told = evaluate(data)
    assert told.counts["left_out"] == 4
    assert told.numbers["accuracy"] == 1
    for why in (
        "1 without a prediction",
        "1 with a score outside 0 to 1",
        "1 without a label",
        "1 with several labels",
    ):
        assert any(note.startswith(f"images left out: {why}") for note in told.notes)
    with pytest.raises(UsageError, match="none of 1 image can be scored"):
        evaluate(pictures([[0]], [none]))


@pytest.mark.parametrize(
    ("scores", "said"),
    [([75.0, 25.0], "look like percents"), ([2.5, -1.0], "look like logits"), ([NAN, NAN], "1 without")],
)
def test_scores_that_are_none_are_told_with_what_helps(scores: list[float], said: str) -> None:
    with pytest.raises(UsageError, match=f"none of 1 image can be scored: .*{said}"):
        evaluate(pictures([[0]], [scores]))


def test_labels_of_images_are_not_scored_by_boxes_or_by_a_file_that_is_none(tmp_path: Path) -> None:
    truth = tmp_path / "labels.csv"
    truth.write_text("file,label\na.jpg,cat\nb.jpg,dog\n")
    for text, said in (
        ("hello", "the file is no JSON"),
        ("", "the file is empty"),
        ("[]", "labels of whole images, and the predictions are boxes; expected a csv"),
        ("file,label\na.jpg,cat\n", "no column holds scores: expected one of numbers for each class"),
        ("file,p_cat,p_dog\na.jpg,1,0\n", "no category 'p_cat'"),
    ):
        (tmp_path / "said.txt").write_text(text)
        with pytest.raises(UsageError, match=said):
            annotool.evaluate(truth, predictions=tmp_path / "said.txt", images="none")


def test_classes_without_scores_are_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\na.jpg,cat\nb.jpg,dog\n")
    (tmp_path / "scores.csv").write_text("file,cat\na.jpg,1\nb.jpg,0.5\n")
    told = annotool.evaluate(tmp_path / "labels.csv", predictions=tmp_path / "scores.csv", images="none")
    assert "no score of dog: taken as 0" in told.notes


def test_one_class_all_wrong_and_scores_that_are_no_probabilities() -> None:
    told = evaluate(pictures([[0], [0]], [[0.1, 0.9], [0.3, 0.6]]))
    assert told.numbers["accuracy"] == told.numbers["macro_F1"] == 0
    assert np.isnan(told.numbers["macro_AUC"])
    assert any("AUC is not defined" in note for note in told.notes)
    assert any("do not add up to 1" in note for note in told.notes)
    empty = pictures([[0]], [[1.0]])
    assert np.isnan(evaluate(empty).numbers["macro_AUC"])
    nothing = replace(tiny(0, []), probabilities=np.empty((0, 2)))
    with pytest.raises(UsageError, match="none of 0 images"):
        evaluate(nothing)


# Splits.


def test_a_split_is_scored_alone_and_one_without_predictions_is_said(predicted: Any) -> None:
    truths = [{"box": BOX}, {"box": BOX, "image": 1}, {"box": BOX, "image": 2}]
    data = predicted(truths, [{"box": BOX, "image": 2, "score": 0.9}], splits={"train": [0, 1], "val": [2]})
    whole, part = evaluate(data), evaluate(data, split="val")
    assert whole.numbers["AP"] == pytest.approx(34 / 101)
    assert any(note.startswith("no prediction is of the split train") for note in whole.notes)
    assert part.numbers["AP"] == pytest.approx(1)
    assert (part.counts["images"], part.counts["objects"], part.settings["split"]) == (1, 1, "val")
    assert not any("split" in note or "left out" in note for note in part.notes)
    empty = evaluate(data, split="train")
    assert (empty.numbers["AP"], empty.counts["objects"]) == (0, 2)
    with pytest.raises(UsageError, match="it has train, val"):
        evaluate(data, split="test")


def test_labels_of_a_split() -> None:
    data = pictures([[0], [0], [1]], [[0.9, 0.1], [0.1, 0.9], [NAN, NAN]])
    splits = tiny(3, splits={"train": [0, 2], "val": [1]}).table("splits")
    held = replace(data, tables={**data.tables, "splits": splits})
    told = {name: evaluate(held, split=name) for name in ("train", "val")}
    assert [told[name].numbers["accuracy"] for name in told] == [1, 0]
    assert [told[name].counts["left_out"] for name in told] == [1, 0]
