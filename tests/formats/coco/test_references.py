import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.coco import references
from annotool.formats.coco.references import resolve, resolve_texts
from annotool.schema import NO_ID

ids = st.integers(-3, 8) | st.sampled_from([NO_ID, 2**62, -(2**62)])


@given(st.lists(ids, max_size=12), st.lists(ids, max_size=12), st.sampled_from([1, 1 << 24]))
def test_the_first_of_equal_ids_is_meant(known: list[int], wanted: list[int], widest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(references, "WIDEST", widest)
        found = resolve(np.array(known, dtype=np.int64), np.array(wanted, dtype=np.int64))
    assert found.tolist() == [known.index(each) if each in known and each != NO_ID else -1 for each in wanted]


def test_texts_resolve_by_equal_text() -> None:
    rows = np.array([-1, -1, 5])
    resolve_texts(rows, {0: '"a"', 1: '"b"', 2: '"a"'}, {0: '"a"', 1: '"1"'})
    assert rows.tolist() == [0, -1, 5]
