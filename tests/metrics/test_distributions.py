from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.metrics.distributions import ASPECTS, GRID, LIMITS, RESIZED, SIDES, distributions
from annotool.testing import tiny

NAMES = ("cat", "dog")
SPLITS = {"val": [1, 2], "train": [0, 1]}
NAN = float("nan")
rows = st.fixed_dictionaries(
    {
        "image": st.integers(-1, 3),
        "category": st.integers(-1, 1),
        "x": st.floats(-50, 700),
        "y": st.floats(-50, 500),
        "w": st.sampled_from([0.0, 0.5, 1.0, 7.0, 32.0, 300.0, NAN]),
        "h": st.sampled_from([1.0, 2.0, 8.0, 96.0, 480.0]),
    }
)


def dataset(annotations: list[dict[str, Any]]) -> Dataset:
    return tiny(4, annotations, NAMES, splits=SPLITS)


def usable(annotations: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(annotations, columns=["image", "category", "x", "y", "w", "h"]).astype(float)
    return frame[(frame.image >= 0) & (frame.w > 0) & (frame.h > 0)]


@given(st.lists(rows, max_size=30))
def test_counts_are_those_of_pandas(annotations: list[dict[str, Any]]) -> None:
    data, boxes = dataset(annotations), usable(annotations)
    found, sizes = distributions(data), data.table("images")
    width, height = sizes["width"][0], sizes["height"][0]
    for split, members in {"": range(4), **SPLITS}.items():
        mine = boxes[boxes.image.isin(list(members))]
        tables = {
            name: table.frame[table.frame["split"] == split].drop(columns="split")
            for name, table in vars(found).items()
        }
        drawn = mine.groupby("image").size().reindex(list(members), fill_value=0).value_counts()
        assert dict(tables["per_image"].to_numpy().tolist()) == drawn.to_dict()
        for name, values, edges in (
            ("sides", np.sqrt(mine.w * mine.h), SIDES),
            ("aspects", mine.w / mine.h, ASPECTS),
        ):
            cut = np.histogram(values, [0, *edges, np.inf])[0]
            assert tables[name]["boxes"].tolist() == cut.tolist(), name
        shorter = np.minimum(mine.w, mine.h) / max(width, height)
        assert tables["resized"]["boxes"].tolist() == [
            int((shorter < limit / size).sum()) for size in RESIZED for limit in LIMITS
        ]
        centre = pd.DataFrame({"x": (mine.x + mine.w / 2) / width, "y": (mine.y + mine.h / 2) / height})
        inside = centre[centre.x.between(0, 1) & centre.y.between(0, 1) & (mine.category >= 0)]
        assert tables["centres"]["boxes"].sum() == len(inside)
        assert tables["judged"].to_numpy().tolist() == [[len(mine)] * 3]


def test_a_centre_falls_into_its_cell() -> None:
    box = {"image": 0, "category": 1, "x": 638.0, "y": 0.0, "w": 4.0, "h": 2.0}
    data = (
        tiny(1, [box], NAMES, sizes=[(640, 480)]) if "sizes" in tiny.__code__.co_varnames else dataset([box])
    )
    found = distributions(data).centres.frame
    width = data.table("images")["width"][0]
    column = min(int(640 / width * GRID), GRID - 1)
    first = found[found["split"] == ""].to_dict("records")
    assert first == [{"split": "", "category": "dog", "row": 0, "column": column, "boxes": 1}]


def test_nothing_to_count() -> None:
    found = distributions(tiny(0, [], ()))
    assert found.judged["boxes"].tolist() == [0]
    assert found.resized["share"].tolist() == [0.0] * len(RESIZED) * len(LIMITS)
    assert len(found.centres) == 0


def test_fractions_of_unknown_sizes_are_placed_and_not_measured() -> None:
    box = {"image": 0, "category": 0, "x": NAN, "y": NAN, "w": NAN, "h": NAN}
    fraction = {"xn": 0.25, "yn": 0.25, "wn": 0.5, "hn": 0.5}
    found = distributions(tiny(1, [{**box, **fraction}], NAMES))
    assert (found.judged["boxes"][0], found.judged["sides"][0], found.judged["resized"][0]) == (1, 0, 0)
    assert found.centres["boxes"].tolist() == [1]
    assert found.sides["boxes"].sum() == 0
