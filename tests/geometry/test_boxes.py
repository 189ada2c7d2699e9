import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pycocotools import mask
from shapely.geometry import box as shapely_box

from annotool.geometry import boxes

NAN, INF = np.nan, np.inf
WIDTH, HEIGHT = 100.0, 50.0
pixels = st.integers(-30, 130).map(float) | st.floats(-30, 130, allow_subnormal=False)
lengths = st.integers(-5, 60).map(float) | st.floats(0.01, 60)
rows = st.lists(st.tuples(pixels, pixels, lengths, lengths), max_size=25).map(
    lambda found: np.array(found, dtype=np.float64).reshape(-1, 4)
)


def sizes(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.full(n, WIDTH), np.full(n, HEIGHT)


def one(*numbers: float) -> NDArray[np.float64]:
    return np.array([numbers], dtype=np.float64)


def test_corners_and_back() -> None:
    assert boxes.xywh_to_xyxy(one(1, 2, 3, 4)).tolist() == [[1, 2, 4, 6]]
    assert boxes.xyxy_to_xywh(one(1, 2, 4, 6)).tolist() == [[1, 2, 3, 4]]


@given(rows)
def test_corners_and_back_is_the_same(xywh: NDArray[np.float64]) -> None:
    before = xywh.copy()
    assert np.allclose(boxes.xyxy_to_xywh(boxes.xywh_to_xyxy(xywh)), xywh, atol=1e-12)
    assert np.array_equal(xywh, before)


@pytest.mark.parametrize(
    ("xywh", "expected"),
    [
        ((0, 0, 100, 50), 0),
        ((99, 49, 1, 1), 0),
        ((-2, 5, 10, 10), 2),
        ((5, -3, 10, 10), 3),
        ((95, 5, 10, 10), 5),
        ((5, 45, 10, 12), 7),
        ((-2, -3, 10, 60), 7),
        ((-2, -9, 200, 60), 98),
        ((120, 5, 10, 10), 30),
        ((20, 5, -30, 10), 10),  # a negative size: its far corner leaves
        ((110, 5, -20, 10), 10),
        ((-INF, 5, 1, 1), INF),
        ((NAN, 5, 10, 10), NAN),
        ((5, 5, 10, NAN), NAN),
        ((-50, 5, 10, NAN), NAN),
        ((INF, 5, -INF, 10), NAN),
    ],
)
def test_overshoot(xywh: tuple[float, ...], expected: float) -> None:
    assert boxes.overshoot(one(*xywh), *sizes(1)) == pytest.approx([expected], nan_ok=True)


def test_overshoot_of_an_unknown_image_is_unknown() -> None:
    assert np.isnan(boxes.overshoot(one(-5, 0, 1, 1), np.array([NAN]), np.array([HEIGHT]))).all()


@pytest.mark.parametrize(
    ("xywh", "expected"),
    [
        ((-10, 5, 10, 5), True),  # touches the border from outside
        ((-10, 5, 10.5, 5), False),
        ((100, 5, 10, 5), True),
        ((99.9, 5, 10, 5), False),
        ((5, 50, 5, 5), True),
        ((5, -5, 5, 5), True),
        ((5, 5, 0, 5), True),
        ((NAN, 60, 5, 5), False),
    ],
)
def test_outside(xywh: tuple[float, ...], expected: bool) -> None:
    assert boxes.outside(one(*xywh), *sizes(1)).tolist() == [expected]


@given(rows)
def test_clip_agrees_with_shapely(xywh: NDArray[np.float64]) -> None:
    xywh = xywh[(xywh[:, 2:] > 0).all(axis=1)]
    image = shapely_box(0, 0, WIDTH, HEIGHT)
    clipped = boxes.clip(xywh, *sizes(len(xywh)))
    outside = boxes.outside(xywh, *sizes(len(xywh)))
    over = boxes.overshoot(clipped, *sizes(len(xywh)))
    for row, (x0, y0, x1, y1) in enumerate(boxes.xywh_to_xyxy(xywh).tolist()):
        shared = image.intersection(shapely_box(x0, y0, x1, y1)).area
        assert clipped[row, 2] * clipped[row, 3] == pytest.approx(shared, abs=1e-9)
        assert outside[row] == (shared == 0)
        assert over[row] <= 1e-12


def test_clip_keeps_the_numbers_it_need_not_change() -> None:
    odd = (0.1, 0.2, 0.7000000000000001, 0.3)
    assert boxes.clip(one(*odd), *sizes(1)).tolist() == [list(odd)]
    assert boxes.clip(one(95, 0.2, 10, 0.3), *sizes(1)).tolist() == [[95, 0.2, 5, 0.3]]
    unknown = (-5.0, 0.1, 10.0, 0.2)
    assert boxes.clip(one(*unknown), np.array([NAN]), np.array([NAN])).tolist() == [list(unknown)]
    assert boxes.clip(one(150, 10, 10, 10), *sizes(1)).tolist() == [[100, 10, 0, 10]]


@given(rows, st.data())
def test_iou_agrees_with_pycocotools(xywh: NDArray[np.float64], data: st.DataObject) -> None:
    xywh = xywh[(xywh[:, 2:] > 0).all(axis=1)]
    other = xywh[data.draw(st.permutations(range(len(xywh))))] if len(xywh) else xywh
    share = boxes.iou(xywh, other)
    expected = np.diag(mask.iou(xywh, other, [0] * len(xywh))) if len(xywh) else np.empty(0)
    assert share.tolist() == expected.tolist()


def test_iou_of_odd_boxes() -> None:
    a = np.array([[0, 0, 10, 10], [0, 0, 0, 10], [NAN, 0, 1, 1], [0, 0, 10, 10]], dtype=np.float64)
    b = np.array([[10, 0, 10, 10], [0, 0, 0, 10], [0, 0, 1, 1], [0, 5, 10, 10]], dtype=np.float64)
    assert boxes.iou(a, b) == pytest.approx([0, 0, NAN, 1 / 3], nan_ok=True)


def brute_force(
    image: NDArray[np.int64], xywh: NDArray[np.float64], threshold: float
) -> list[tuple[int, int, float]]:
    usable = [
        i
        for i in range(len(xywh))
        if image[i] >= 0 and np.isfinite(xywh[i]).all() and (xywh[i, 2:] > 0).all()
    ]
    found = []
    for i in usable:
        for j in usable:
            if i < j and image[i] == image[j]:
                share = float(boxes.iou(xywh[[i]], xywh[[j]])[0])
                if share >= threshold:
                    found.append((i, j, share))
    return found


def pairs(
    image: NDArray[np.int64], xywh: NDArray[np.float64], threshold: float
) -> list[tuple[int, int, float]]:
    first, second, share = boxes.overlapping_pairs(image, xywh, threshold)
    assert [str(column.dtype) for column in (first, second, share)] == ["int64", "int64", "float64"]
    return list(zip(first.tolist(), second.tolist(), share.tolist(), strict=True))


wild = st.sampled_from([0.0, -0.0, 1e-3, 1.0, 1e7, -1e9, 1e17, 1e300, -1e300, NAN, INF, -INF, 3.5])


@given(st.data(), st.sampled_from([1e-9, 0.1, 0.5, 0.9, 1.0]), st.booleans())
def test_pairs_agree_with_brute_force(data: st.DataObject, threshold: float, odd: bool) -> None:
    n = data.draw(st.integers(0, 30))
    image = data.draw(hnp.arrays(np.int64, n, elements=st.integers(-1, 3)))
    numbers = wild if odd else st.integers(0, 12).map(float) | st.floats(0, 10, width=32)
    xywh = data.draw(hnp.arrays(np.float64, (n, 4), elements=numbers))
    with np.errstate(all="ignore"):  # sums and areas beyond float64 are no boxes
        sound = np.isfinite(xywh[:, :2] + xywh[:, 2:]).all(axis=1) & np.isfinite(xywh[:, 2] * xywh[:, 3])
        sound &= xywh[:, 2] * xywh[:, 3] != 0
    assert pairs(image, xywh, threshold) == brute_force(np.where(sound, image, -1), xywh, threshold)


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.95])
def test_pairs_agree_with_pycocotools_over_many_images(threshold: float) -> None:
    draw = np.random.default_rng(4)
    image = draw.integers(0, 40, 1200)
    xywh = np.hstack((draw.uniform(0, 200, (1200, 2)), draw.lognormal(4, 0.4, (1200, 2))))
    xywh[::3] = xywh[1::3] + draw.normal(0, 1, (400, 4))
    image[::3] = image[1::3]
    image = image * 1_000_003 + 5  # row keys need not be dense
    expected = []
    for number in np.unique(image):
        rows = np.flatnonzero(image == number)
        share = mask.iou(xywh[rows], xywh[rows], [0] * len(rows))
        for a, b in zip(*np.nonzero(np.triu(share >= threshold, 1)), strict=True):
            expected.append((int(rows[a]), int(rows[b]), float(share[a, b])))
    assert len(expected) > 50
    assert pairs(image, xywh, threshold) == sorted(expected)


def test_pairs_in_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(5)
    image = draw.integers(0, 3, 300)
    xywh = np.hstack((draw.uniform(0, 20, (300, 2)), draw.uniform(5, 30, (300, 2))))
    whole = pairs(image, xywh, 0.3)
    monkeypatch.setattr(boxes, "PAIRS_IN_A_BLOCK", 7)
    assert pairs(image, xywh, 0.3) == whole
    assert whole == brute_force(image, xywh, 0.3)


def test_pairs_of_fractions_beside_pixels() -> None:
    xywh = np.array([[0.1, 0.1, 0.2, 0.2], [0.1, 0.1, 0.2, 0.21], [4000, 10, 50, 50], [4001, 10, 50, 50]])
    assert [p[:2] for p in pairs(np.array([7, 7, 9, 9]), xywh, 0.9)] == [(0, 1), (2, 3)]


@pytest.mark.parametrize("threshold", [0, -1, 1.01, NAN])
def test_pairs_refuse_a_threshold_that_means_nothing(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        boxes.overlapping_pairs(np.zeros(1, np.int64), one(0, 0, 1, 1), threshold)


def test_pairs_of_nothing() -> None:
    assert pairs(np.empty(0, np.int64), np.empty((0, 4)), 0.5) == []
