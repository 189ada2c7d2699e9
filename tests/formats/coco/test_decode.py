import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.formats.coco import decode
from annotool.formats.coco.document import parse
from annotool.formats.coco.tables import build
from tests.formats.coco.build import annotation, document, put, read

numbers = (
    st.integers(-9, 5000)
    | st.floats(0, 5000).map(lambda n: round(n, 2))
    | st.floats(-1e9, 1e9)
    | st.sampled_from([1e-9, 123456789.125])
)
outlines = st.lists(st.lists(numbers, max_size=9), max_size=4)
others: st.SearchStrategy[Any] = st.sampled_from([[], {"size": [2, 3], "counts": [1, 2, 3]}, None, ...])


def dataset(records: list[Any], **form: Any) -> Dataset:
    return build(parse(json.dumps(document(annotations=records), **form).encode()), "a.json", "")


@given(
    st.lists(outlines | others, min_size=1, max_size=20),
    st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}]),
    st.sampled_from([1, 100, 1 << 19]),
)
@settings(max_examples=300)
def test_rings_are_those_of_json(segmentations: list[Any], form: dict[str, Any], text: int) -> None:
    data = dataset([annotation(n, segmentation=each) for n, each in enumerate(segmentations, 1)], **form)
    every = np.arange(len(segmentations))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "TEXT", text)
        found = decode.rings(data, every)
    expected = [
        (row, ring) for row, each in enumerate(segmentations) if isinstance(each, list) for ring in each
    ]
    assert found.row.tolist() == [row for row, _ in expected]
    split = [found.xy[s:e].tolist() for s, e in zip(found.offsets[:-1], found.offsets[1:], strict=True)]
    assert split == [ring for _, ring in expected]


def test_numbers_in_quotes_and_nan_are_decoded_with_patience() -> None:
    segmentations = [[[1, 2, 3]], [["1.5", 2, None]], [[float("nan"), 1]], [1, 2, 3, 4]]
    data = dataset([annotation(n, segmentation=each) for n, each in enumerate(segmentations, 1)])
    found = decode.rings(data, np.arange(4))
    assert str(found.xy.tolist()) == "[1.0, 2.0, 3.0, 1.5, 2.0, nan, nan, 1.0, 1.0, 2.0, 3.0, 4.0]"
    assert found.row.tolist() == [0, 1, 2, 3]


def test_rows_of_several_files(tmp_path: Path) -> None:
    files = {
        f"{name}.json": document(annotations=[annotation(segmentation=[[n, 1, 2, 3, 4, 5]])])
        for n, name in enumerate(("train", "val"))
    }
    data = read(put(tmp_path, files))
    found = decode.rings(data, np.array([0, 1]))
    assert found.xy[found.offsets[:-1]].tolist() == [0, 1]


@pytest.mark.parametrize(
    "text", [b"{}", b'{"counts": "\xff", "size": [1, 2]}', b'{"counts": [1.5], "size": [1, 2]}', b'{"counts": "o", "size": [1, 2]}',
             b'{"counts": [99999999999999999999], "size": [1, 2]}']
)  # fmt: skip
def test_masks_that_are_none(text: bytes) -> None:
    assert decode.mask(text) is None


def test_masks_of_both_spellings_are_the_same() -> None:
    from pycocotools import mask

    counts = [7, 5, 40, 3, 45]
    compressed = mask.frPyObjects({"size": [10, 10], "counts": counts}, 10, 10)
    written = {"size": [10, 10], "counts": compressed["counts"].decode()}
    data = dataset(
        [
            annotation(1, segmentation={"size": [10, 10], "counts": counts}),
            annotation(2, segmentation=written),
            annotation(3),
        ]
    )
    first, second, third = decode.masks(data, np.arange(3))
    assert first is not None
    assert second is not None
    assert third is None
    assert first[0].tolist() == second[0].tolist() == counts
    assert first[1] == second[1] == (10, 10)


def test_keypoints_are_triples() -> None:
    data = dataset(
        [
            annotation(1, keypoints=[1, 2.5, 2, 0, 0, 0]),
            annotation(2),
            annotation(3, keypoints=[1, "2", 2, 7]),
        ]
    )
    found = decode.keypoints(data, np.arange(3))
    assert found.numbers.tolist() == [6, 0, 4]
    assert [points.tolist() for points in found.each()] == [[[1, 2.5, 2], [0, 0, 0]], [], [[1, 2, 2]]]


@pytest.mark.parametrize("digits", [0, 1, 3, 9, 17])
def test_keypoints_are_the_numbers_that_json_reads(digits: int) -> None:
    random = np.random.default_rng(digits)
    flat = [random.uniform(-5, 2000, 3 * n + n % 3).round(digits).tolist() for n in range(20)]
    data = dataset([annotation(at + 1, keypoints=each) for at, each in enumerate(flat)])
    found = decode.keypoints(data, np.arange(20))
    assert found.numbers.tolist() == [len(each) for each in flat]
    for each, points in zip(flat, found.each(), strict=True):
        assert points.ravel().tolist() == each[: len(each) // 3 * 3]
