from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from annotool.errors import UsageError
from annotool.findings import Findings, Severity, block
from annotool.metrics.scene import notes_of, places, said_of_predictions, scene
from annotool.testing import tiny

NAN = float("nan")
TRUTH = {"box": (10, 10, 40, 40)}


def guess(**more: Any) -> dict[str, Any]:
    return {"box": (10, 10, 40, 40), "score": 0.5, **more}


def test_guesses_stand_by_image_and_falling_score_with_their_place(predicted: Any) -> None:
    rows = [guess(image=1), guess(score=0.2), guess(score=0.9), guess(score=0.2), guess(category=1)]
    held = scene(predicted([TRUTH], rows)).guesses
    assert held["row"].tolist() == [2, 4, 1, 3, 0]
    assert held["place"].tolist() == [0, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (guess(image=-1), "of an image that is not in the dataset"),
        (guess(category=-1), "of a category that is not in the dataset"),
        (guess(score=NAN), "without a score"),
        (guess(score=1.5), "with a score outside 0 to 1"),
        (guess(score=-0.1), "with a score outside 0 to 1"),
        (guess(box=(1, NAN, 3, 4)), "with a box that is no numbers"),
    ],
)
def test_what_cannot_be_scored_is_left_out_counted_and_said(predicted: Any, row: Any, why: str) -> None:
    held = scene(predicted([TRUTH], [guess(), row]))
    assert held.left_out == {why: 1}
    assert held.guesses["row"].tolist() == [0]
    assert f"predictions left out: 1 {why}" in held.notes
    with pytest.raises(UsageError, match=f"none of 2 predictions can be scored: 2 {why}"):
        scene(predicted([TRUTH], [row, row]))


def test_a_prediction_is_left_out_for_one_reason(predicted: Any) -> None:
    assert sum(scene(predicted([TRUTH], [guess(), guess(image=-1, score=NAN)])).left_out.values()) == 1


def test_annotations_without_image_category_or_box_are_left_out(predicted: Any) -> None:
    truths = [TRUTH, {**TRUTH, "image": -1}, {**TRUTH, "category": -1}, {"box": (1, 2, NAN, 4)}]
    held = scene(predicted(truths, [guess()]))
    assert held.truths["row"].tolist() == [0]
    assert any(note.startswith("annotations left out: 3 with") for note in held.notes)


def test_an_area_that_is_not_written_is_that_of_the_box(predicted: Any) -> None:
    held = scene(predicted([{**TRUTH, "area": NAN}, {**TRUTH, "area": 7.0}], [guess()]))
    assert held.truths["area"].tolist() == [1600.0, 7.0]


def test_pixels_and_fractions_are_not_compared() -> None:
    sizeless = [{"width": NAN, "height": NAN}]
    rows = [{"fractions": (0.1, 0.1, 0.2, 0.2), "box": (NAN,) * 4}]
    data = tiny(sizeless, rows, format_name="yolo")
    held = data.table("annotations")
    pixels = held.with_columns(**{c: np.array([5.0]) for c in "xywh"}, score=np.array([0.5]))
    with pytest.raises(UsageError, match="in pixels where the truth is in fractions"):
        scene(replace(data, tables={**data.tables, "predictions": pixels}))
    both = scene(
        replace(data, tables={**data.tables, "predictions": held.with_columns(score=np.array([0.5]))})
    )
    assert both.boxes("guesses").tolist() == both.boxes("truths").tolist()
    assert np.isnan(both.truths["area"]).all()


def test_in_several_files_categories_of_one_name_are_one() -> None:
    kinds = [
        {"name": "cat", "source": 0},
        {"name": "dog", "source": 0},
        {"name": "cat", "source": 1, "id": 1},
    ]
    rows = [{"category": 0}, {"category": 2}]
    data = tiny(1, rows, kinds, sources=[{"file": "a.json"}, {"file": "b.json"}])
    assert scene(data).truths["label"].tolist() == [0, 0]


def test_no_predictions_and_no_objects_are_said(predicted: Any) -> None:
    assert "there is no prediction: every object counts as missed" in scene(predicted([TRUTH], [])).notes
    assert any("no object to be found" in note for note in scene(predicted([], [guess()])).notes)


def test_places() -> None:
    assert places(np.array([3, 1, 3, 3, 1])).tolist() == [0, 0, 1, 2, 1]


def test_faults_of_predictions_are_said_and_a_file_without_any_prediction_is_no_score_of_zero(
    predicted: Any,
) -> None:
    warned = block("PRD005", "twice", 1, severity=int(Severity.WARNING))
    broken = block("PRD005", "is {what}", 2, values={"what": "no JSON"}, line=3, source=0)
    for guesses in ([], [guess()]):
        data = predicted([TRUTH], guesses)
        assert said_of_predictions(replace(data, problems=Findings((warned,)))) == ""
        scene(data)
        faulty = replace(data, problems=Findings((warned, broken)))
        said = said_of_predictions(faulty)
        assert said.startswith("2 faults in the predictions (PRD005), the first: ")
        assert said.endswith(":3: is no JSON")
        if guesses:
            assert said in scene(faulty).notes
        else:
            with pytest.raises(UsageError, match="no prediction could be read: 2 faults"):
                scene(faulty)


def test_notes_have_no_full_stop(predicted: Any) -> None:
    assert notes_of(replace(predicted([TRUTH], []), notes=("One.", "two"))) == ["One", "two"]


def test_numbers_nobody_knows_can_be_told_by_names(predicted: Any) -> None:
    with pytest.raises(UsageError, match="--classes FILE"):
        scene(predicted([TRUTH], [guess(category=-1)]))
    with pytest.raises(UsageError) as error:
        scene(predicted([TRUTH], [guess(image=-1)]))
    assert "--classes" not in str(error.value)
