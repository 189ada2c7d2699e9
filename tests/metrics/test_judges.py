import io
from contextlib import redirect_stdout
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.metrics import coco_ap
from annotool.metrics.evaluation import paired
from annotool.metrics.judges import pycocotools_curves
from annotool.metrics.scene import scene

BOXES = st.sampled_from([(0, 0, 40, 40), (0, 0, 40, 60), (8, 0, 40, 40), (100, 100, 200, 200)])
PLACES = {"image": st.integers(0, 1), "category": st.integers(0, 2), "box": BOXES}
TRUTHS = st.lists(
    st.fixed_dictionaries({**PLACES, "iscrowd": st.sampled_from([0, 0, 1])}), min_size=1, max_size=8
)
GUESSES = st.lists(
    st.fixed_dictionaries({**PLACES, "score": st.sampled_from([0.1, 0.5])}), min_size=1, max_size=12
)


@settings(max_examples=40)
@given(TRUTHS, GUESSES, st.booleans())
def test_every_curve_is_that_of_pycocotools(predicted: Any, truths: Any, guesses: Any, zero: bool) -> None:
    ids = [{"id": at + 1 - zero} for at in range(len(truths))]
    sides = scene(predicted([{**row, **own} for row, own in zip(truths, ids, strict=True)], guesses, 2))
    ours = coco_ap.curves(sides, coco_ap.judge(sides, paired(sides, None)))
    with redirect_stdout(io.StringIO()) as said:
        theirs = pycocotools_curves(sides)
    np.testing.assert_allclose(ours.precision, theirs.precision, atol=1e-9)
    np.testing.assert_allclose(ours.recall, theirs.recall, atol=1e-9)
    reached = theirs.precision > 0
    np.testing.assert_allclose(ours.score[reached], theirs.score[reached], atol=1e-9)
    assert said.getvalue() == ""
