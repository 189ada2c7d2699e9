from hypothesis import given
from hypothesis import strategies as st

from annotool.drawing.labels import place

ROOM = (0.0, 0.0, 400.0, 300.0)
number = st.floats(-50, 450)
label = st.tuples(
    st.tuples(number, number, number, number), st.tuples(st.floats(5, 120), st.just(16.0)), st.booleans()
)


def cross(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@given(st.lists(label, max_size=40))
def test_none_hides_another_and_all_are_in_the_room(
    wanted: list[tuple[tuple[float, ...], tuple[float, float], bool]],
) -> None:
    anchors = [(min(x, u), min(y, v), max(x, u), max(y, v)) for (x, y, u, v), _, _ in wanted]
    sizes, must = [each[1] for each in wanted], [each[2] for each in wanted]
    spots = place(ROOM, anchors, sizes, must)
    placed: list[tuple[float, ...]] = []
    for spot, (width, height), needed in zip(spots, sizes, must, strict=True):
        assert spot is not None or not needed
        if spot is None:
            continue
        box = (*spot, spot[0] + width, spot[1] + height)
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= 400.001 and box[3] <= 300.001
        if not needed:
            assert not any(cross(tuple(round(e, 6) for e in box), other) for other in placed)
        placed.append(tuple(round(e, 6) for e in box))


def test_above_first_then_below_then_elsewhere() -> None:
    anchor, size = (100.0, 100.0, 200.0, 200.0), (60.0, 16.0)
    spots = place(ROOM, [anchor] * 4, [size] * 4, [False] * 4)
    assert spots[0] == (100.0, 84.0)
    assert None not in spots
    assert place(ROOM, [(100.0, 0.0, 200.0, 50.0)], [size], [False]) == [(100, 0)]


def test_one_larger_than_the_room_begins_in_it() -> None:
    assert place((0.0, 0.0, 10.0, 10.0), [(0.0, 0.0, 5.0, 5.0)], [(60.0, 16.0)], [True]) == [(0, 0)]
