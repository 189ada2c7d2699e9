import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.coco import lines
from annotool.formats.coco.lines import line_numbers


@given(st.text(alphabet="a\n", min_size=1, max_size=300), st.data(), st.sampled_from([1, 7, 64, 1 << 20]))
def test_lines_are_counted_from_one(text: str, data: st.DataObject, block: int) -> None:
    places = data.draw(st.lists(st.integers(-1, len(text) - 1), max_size=20))
    before, lines.BLOCK = lines.BLOCK, block
    try:
        found = line_numbers(text.encode(), np.array(places, dtype=np.int64))
    finally:
        lines.BLOCK = before
    assert found.tolist() == [text[:at].count("\n") + 1 if at >= 0 else 0 for at in places]
