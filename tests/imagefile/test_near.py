import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.imagefile.near import MOST_BITS, _looked_up, close_pairs, nearest
from annotool.table import Array


def brute_pairs(values: list[int], most: int) -> list[tuple[int, int, int]]:
    pairs = ((a, b, (x ^ y).bit_count()) for a, x in enumerate(values) for b, y in enumerate(values) if a < b)
    return [pair for pair in pairs if pair[2] <= most]


def found_pairs(values: list[int], most: int) -> list[tuple[int, int, int]]:
    first, second, distance = close_pairs(np.array(values, dtype=np.uint64), most)
    return list(zip(first.tolist(), second.tolist(), distance.tolist(), strict=True))


# Hashes near one another: a few, each with some bits turned.
hashes = st.lists(
    st.builds(
        lambda base, bits: base ^ sum({1 << bit for bit in bits}),
        st.sampled_from([0, 0xFFFF_0000_FFFF_0000, 0x0123_4567_89AB_CDEF]),
        st.lists(st.integers(0, 63), max_size=5),
    ),
    max_size=40,
)


@given(hashes, st.integers(0, 6))
def test_no_pair_is_missed_and_none_is_made_up(values: list[int], most: int) -> None:
    distinct = sorted(set(values))
    assert found_pairs(distinct, most) == brute_pairs(distinct, most)


@pytest.mark.parametrize("most", [1, 2, 5, MOST_BITS])
def test_the_bits_may_differ_anywhere(most: int) -> None:
    rng = np.random.default_rng(most)
    for _ in range(20):
        turned = sum(1 << int(bit) for bit in rng.choice(64, most, replace=False))
        base = int(rng.integers(0, 1 << 63))
        values = sorted([base, base ^ turned])
        assert found_pairs(values, most) == [(0, 1, most)]
        assert found_pairs(values, most - 1) == []


@given(st.lists(st.integers(0, 255), min_size=60, max_size=200), st.integers(1, 4))
def test_a_crowd_is_looked_up_and_gives_the_same(values: list[int], most: int) -> None:
    distinct = sorted({0xF0F0 << 40 | value << 11 for value in values})
    assert found_pairs(distinct, most) == brute_pairs(distinct, most)
    first, second, distance = _looked_up(np.array(distinct, dtype=np.uint64), most)
    got = list(zip(first.tolist(), second.tolist(), distance.tolist(), strict=True))
    assert got == brute_pairs(distinct, most)


def test_the_work_on_a_crowd_grows_with_it_and_not_with_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that all agree in most bands are not compared with one another."""
    crowd = np.arange(1 << 15, dtype=np.uint64)  # 15 bits that differ: half a thousand million pairs
    monkeypatch.setattr("annotool.imagefile.near._within_runs", None)  # would compare them
    first, _, distance = close_pairs(crowd, 2)
    assert len(first) == (1 << 15) * (15 + 15 * 14 // 2) // 2
    assert set(distance.tolist()) == {1, 2}


def test_a_distance_without_sense_is_refused() -> None:
    for most in (-1, MOST_BITS + 1):
        with pytest.raises(ValueError, match="must be 0 to 8"):
            found_pairs([1, 2], most)


def brute_nearest(
    values: list[int], twins: list[int], asked: list[bool], among: list[bool], most: int
) -> list[tuple[int, int]]:
    found = []
    for row, value in enumerate(values):
        earlier = [
            ((value ^ values[other]).bit_count(), other)
            for other in range(row)
            if asked[row] and among[other] and twins[other] != twins[row]
        ]
        distance, partner = min(earlier, default=(99, -1))
        found.append((partner, distance) if distance <= most else (-1, -1))
    return found


@given(hashes, st.integers(0, 4), st.data())
def test_the_nearest_earlier_row_is_found(values: list[int], most: int, data: st.DataObject) -> None:
    masks = st.lists(st.booleans(), min_size=len(values), max_size=len(values))
    split = data.draw(masks)
    later = np.array(sorted(split), dtype=bool)  # the rows of the later split come after those of the earlier
    everything = np.ones(len(values), dtype=bool)
    twins = list(range(len(values)))
    for asked, among in ((everything, everything), (later, ~later)):
        found = nearest(
            np.array(values, dtype=np.uint64), np.array(twins, dtype=np.int64), asked, among, most
        )
        expected = brute_nearest(values, twins, asked.tolist(), among.tolist(), most)
        assert list(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected


def said(values: list[int], twins: list[int]) -> list[int]:
    everything = np.ones(len(values), dtype=bool)
    hashes = np.array(values, dtype=np.uint64)
    partner, _ = nearest(hashes, np.array(twins, dtype=np.int64), everything, everything, 2)
    return list(map(int, partner))


def test_copies_are_no_partners() -> None:
    assert said([5, 5, 5, 4, 4], [0, 0, 1, 2, 2]) == [-1, -1, 0, 0, 0]
    assert said([5, 5], [0, 0]) == [-1, -1]
    assert said([], []) == []


def clustered(count: int) -> Array:
    """Hashes as of real pictures: half of the bits set, low frequencies alike, many equal ones."""
    rng = np.random.default_rng(1)
    scenes = rng.integers(0, 1 << 63, count // 10, dtype=np.uint64)
    hashes = scenes[rng.integers(0, len(scenes), count)] & ~np.uint64(0xFFFFF)
    for _ in range(3):
        turn = rng.random(count) < 0.5
        hashes[turn] ^= np.uint64(1) << rng.integers(0, 64, int(turn.sum())).astype(np.uint64)
    return hashes


@pytest.mark.slow
def test_a_hundred_thousand_hashes_with_many_equal_ones_take_a_moment() -> None:
    hashes = clustered(100_000)
    hashes[:30_000] = hashes[0]  # 450 million pairs of equal ones
    everything, rows = np.ones(len(hashes), dtype=bool), np.arange(len(hashes))
    started = time.process_time()
    partner, distance = nearest(hashes, rows, everything, everything, 2)
    assert time.process_time() - started < 10  # about half a second
    assert (partner[1:30_000] == 0).all() and (distance[1:30_000] == 0).all()
    sample = np.random.default_rng(2).choice(100_000, 200, replace=False)
    for row in sample.tolist():
        bits = np.bitwise_count(hashes[:row] ^ hashes[row])
        best = int(bits.min()) if row else 99
        assert distance[row] == (best if best <= 2 else -1)
        assert partner[row] == (int(bits.argmin()) if best <= 2 else -1)
