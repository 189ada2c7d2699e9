from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.spl.split_drift import SplitDrift
from annotool.table import Array
from annotool.testing import check_rule, tiny


def made(train: Array, val: Array, names: tuple[str, str] = ("train", "val")) -> Dataset:
    """A dataset of two images, one a split; rows are category, width, height."""
    rows = [
        {"image": image, "category": int(c), "box": (1, 1, w, h)}
        for image, own in enumerate((train, val))
        for c, w, h in own.tolist()
    ]
    return tiny(2, rows, ("cat", "dog"), {names[0]: [0], names[1]: [1]})


def rows(n: int, cats: float = 0.5, size: float = 50.0, ratio: float = 1.0, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    scale = rng.lognormal(0, 0.3, n) * size
    return np.stack([rng.random(n) > cats, scale * ratio**0.5, scale / ratio**0.5], axis=1)


def values(**more: Any) -> list[dict[str, Any]]:
    return [{"key": -1, "values": more}]


def test_splits_that_differ() -> None:
    check_rule(
        SplitDrift,
        valid=[
            made(rows(900), rows(300, seed=1)),
            made(rows(900), rows(199, 0.1)),  # too few to tell
            made(rows(100), rows(300, 0.1)),
            tiny(2, [{}] * 400),
            tiny(2, [], splits={"train": [0], "val": [1]}),
        ],
        invalid=[
            (made(rows(900), rows(400, 0.2)), values(split="val", base="train", name="cat", most=0.15)),
            (made(rows(400), rows(900, 0.2), ("left", "right")), values(split="left", base="right")),
            (made(rows(900), rows(300, size=80)), values(split="val", what="size")),
            (made(rows(900), rows(300, ratio=2)), values(what="form (width over height)", base_median=1.005)),
        ],
    )


def test_measures_agree_with_scipy() -> None:
    from scipy.stats import ks_2samp
    from scipy.stats.contingency import association

    train, val = rows(1500), rows(700, 0.1, 90, 1.6, seed=2)
    found = SplitDrift().check(made(train, val))
    mix, size, form = (part.row_values(0) for part in found.blocks)
    table = np.array([np.bincount(each[:, 0].astype(int)) for each in (train, val)])
    plain = association(table, method="cramer")
    n = table.sum()
    phi2 = plain**2 - 1 / (n - 1)  # Bergsma's correction of a table of 2 x 2
    assert abs(mix["v"] - np.sqrt(phi2 / (1 - 1 / (n - 1)))) < 1e-4
    area = [np.log(each[:, 1] * each[:, 2]) for each in (train, val)]
    ratio = [np.log(each[:, 1] / each[:, 2]) for each in (train, val)]
    assert abs(size["d"] - ks_2samp(*area).statistic) < 0.01
    assert abs(form["d"] - 1) < 1e-6
    assert ks_2samp(*ratio).statistic == 1
    assert abs(size["median"] / np.median(np.exp(area[1])) - 1) < 0.02


def test_options_and_what_cannot_run() -> None:
    assert SplitDrift().unable(tiny(2)) == "fewer than two splits"
    assert not len(SplitDrift(most=0.9).check(made(rows(900), rows(400, 0.2))))
    assert len(SplitDrift(instances=50).check(made(rows(100), rows(100, 0.1))))
