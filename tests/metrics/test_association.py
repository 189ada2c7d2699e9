import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotool.metrics.association import cramers_v, ks_distance
from annotool.table import Array

TABLES = st.tuples(st.integers(2, 4), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(1, 500))
)


@given(TABLES)
def test_cramers_v_is_scipys_less_its_bias(table: Array) -> None:
    from scipy.stats.contingency import association

    n, (r, k) = table.sum(), table.shape
    phi2 = association(table, method="cramer") ** 2 * min(r - 1, k - 1) - (r - 1) * (k - 1) / (n - 1)
    sides = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    assert abs(cramers_v(table) - min(np.sqrt(max(phi2, 0) / sides), 1)) < 1e-9


def test_cramers_v_of_little() -> None:
    assert cramers_v(np.array([[5, 0], [0, 5]])) > 0.9
    assert cramers_v(np.array([[5, 5]])) == 0
    assert cramers_v(np.array([[5, 0], [3, 0]])) == 0
    assert cramers_v(np.zeros((2, 3), dtype=np.int64)) == 0
    assert cramers_v(np.array([[1, 0], [0, 1]])) <= 1


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_ks_distance_is_scipys(one: list[int], other: list[int]) -> None:
    from scipy.stats import ks_2samp

    d = ks_distance(np.bincount(one, minlength=10), np.bincount(other, minlength=10))
    with np.errstate(all="ignore"):  # its p-value of few numbers
        assert abs(d - ks_2samp(one, other, method="asymp").statistic) < 1e-9
