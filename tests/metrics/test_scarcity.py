import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotool.metrics.balance import Counts, of_counts
from annotool.metrics.scarcity import LIMITS


@given(
    st.lists(st.sampled_from([0, 1, 9, 10, 99, 100, 999, 1000, 5000]), min_size=1, max_size=8), st.booleans()
)
def test_what_is_below_each_threshold(counts: list[int], empty_split: bool) -> None:
    rows = np.array([counts, [0] * len(counts) if empty_split else counts], dtype=np.int64)
    names = tuple(f"c{at}" for at in range(len(counts)))
    made = of_counts(
        Counts(
            names,
            ("val",),
            rows,
            rows,
            np.zeros((*rows.shape, 3), dtype=np.int64),
            rows.sum(axis=1),
            rows.sum(axis=1),
        )
    )
    frame = made.scarce.frame
    for split, own in (("", rows[0]), ("val", rows[1])):
        for measure, below in LIMITS:
            mine = frame[
                (frame["split"] == split) & (frame["measure"] == measure) & (frame["below"] == below)
            ]
            values = own if measure == "annotations" else own / max(own.sum(), 1)
            judged = measure == "annotations" or own.sum() > 0
            expected = {
                name: value
                for name, value in zip(names, values.tolist(), strict=True)
                if judged and value < below
            }
            assert dict(zip(mine["category"], mine["value"], strict=True)) == expected
    assert len(frame) == len(frame.drop_duplicates(["split", "measure", "below", "category"]))
