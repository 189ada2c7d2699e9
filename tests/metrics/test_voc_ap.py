from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.metrics.evaluation import paired
from annotool.metrics.scene import scene
from annotool.metrics.voc_ap import voc_ap
from annotool.testing import tiny

PUBLISHED = {  # IoU: 11 points, every point
    0.1: (0.3333333333, 0.3371980676),
    0.3: (0.2683982683, 0.2456866804),
    0.5: (0.0303030303, 0.0222222222),
    0.75: (0.0, 0.0),
}


def rows_of(folder: Path) -> list[dict[str, Any]]:
    rows = []
    for image in range(7):
        for line in (folder / f"{image + 1:05}.txt").read_text().splitlines():
            *score, x, y, w, h = map(float, line.split()[1:])  # x + w is the last pixel, as VOC counts
            rows.append(
                {"image": image, "box": (x, y, w + 1, h + 1), **({"score": score[0]} if score else {})}
            )
    return rows


def test_published_numbers(real_data: Path, predicted: Any) -> None:
    folder = real_data / "voc_ap_case"
    sides = scene(predicted(rows_of(folder / "gts"), rows_of(folder / "dets"), 7))
    pairs = paired(sides, None)
    for threshold, (eleven, every) in PUBLISHED.items():
        told = voc_ap(sides, pairs, threshold)
        assert [told[0][0], told[1][0]] == pytest.approx([eleven, every], abs=1e-9)


BOXES = st.tuples(st.integers(0, 3).map(lambda n: n * 8), st.just(0), st.sampled_from([16, 32]), st.just(32))
TRUTHS = st.lists(
    st.fixed_dictionaries(
        {"image": st.integers(0, 1), "box": BOXES, "difficult": st.sampled_from([0, 0, 1])}
    ),
    min_size=1,
    max_size=6,
)
GUESSES = st.lists(
    st.fixed_dictionaries({"image": st.integers(0, 1), "box": BOXES, "score": st.integers(0, 1000).map(lambda n: n / 1000)}),
    max_size=12,
    unique_by=lambda row: row["score"],
)  # fmt: skip


def overlap(one: Any, other: Any) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(across, 0) * max(down, 0)
    return float(both / (one[2] * one[3] + other[2] * other[3] - both))


def slow_ap(truths: Any, guesses: Any) -> tuple[float, float]:
    """What the development kit does, one guess after the other."""
    objects = sum(not row["difficult"] for row in truths)
    if not objects:
        return float("nan"), float("nan")
    seen, precision, recall, tp, fp = set(), [], [], 0, 0
    for guess in sorted(guesses, key=lambda row: -row["score"]):
        shares = [
            overlap(guess["box"], row["box"]) if row["image"] == guess["image"] else -1.0 for row in truths
        ]
        best = shares.index(max(shares))
        if max(shares) < 0.5:
            fp += 1
        elif not truths[best]["difficult"]:
            tp, fp = (tp, fp + 1) if best in seen else (tp + 1, fp)
            seen.add(best)
        precision.append(tp / max(tp + fp, 1))
        recall.append(tp / objects)
    eleven = sum(
        max([p for p, r in zip(precision, recall, strict=True) if r >= t], default=0)
        for t in np.linspace(0, 1, 11)
    )
    area, before = 0.0, 0.0
    for at, r in enumerate(recall):
        area += (r - before) * max(precision[at:])
        before = r
    return eleven / 11, area


@given(TRUTHS, GUESSES)
def test_as_one_guess_after_the_other(predicted: Any, truths: Any, guesses: Any) -> None:
    sides = scene(predicted(truths, guesses))
    told = voc_ap(sides, paired(sides, None))
    assert [told[0][0], told[1][0]] == pytest.approx(list(slow_ap(truths, guesses)), abs=1e-12, nan_ok=True)
    assert np.isnan([told[0][1], told[1][2]]).all()


def test_difficult_objects_are_no_objects(predicted: Any) -> None:
    box = (0, 0, 20, 20)
    only = scene(predicted([{"box": box, "difficult": 1}], [{"box": box, "score": 0.9}]))
    assert np.isnan(voc_ap(only, paired(only, None))).all()


def test_nothing_at_all() -> None:
    sides = scene(tiny(1))
    assert np.isnan(voc_ap(sides, paired(sides, None))).all()
