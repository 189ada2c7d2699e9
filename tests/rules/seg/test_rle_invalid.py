import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask

import annotool
from annotool.findings import Fix, Op
from annotool.rules.seg.rle_invalid import RleInvalid
from annotool.testing import check_rule, tiny

IMAGE = [{"width": 3.0, "height": 2.0}]
GOOD = {"size": [2, 3], "counts": [1, 2, 3]}


def held(*masks: dict[str, Any]) -> annotool.Dataset:
    return tiny(IMAGE, [{"rle": each, "box": (0, 0, 2, 2)} for each in masks])


def test_masks_that_cannot_be_used() -> None:
    check_rule(
        RleInvalid,
        valid=[
            held(GOOD, {"size": [2, 3], "counts": str(mask.encode(np.ones((2, 3), np.uint8, order="F"))["counts"], "ascii")}),
            tiny([{"width": np.nan}], [{"rle": {"size": [9, 9], "counts": [0, 81]}}]),
            tiny(annotations=[{"polygon": [[0.0, 0.0, 1.0, 1.0, 2.0, 0.0]]}]),
        ],
        invalid=[
            (
                held({**GOOD, "counts": [1, 2, 2]}, {**GOOD, "counts": [6]}, {"size": [3, 2], "counts": [0, 6]},
                     {"size": [4, 4], "counts": [0, 16]}, {**GOOD, "counts": [-1, 7]}),
                [
                    {"fix": Fix.NONE, "message": "no mask: counts cover 5 pixels, size 2 x 3 has 6"},
                    {"fix": Fix.UNSAFE, "message": "the mask has no pixel"},
                    {"fix": Fix.UNSAFE,
                     "message": "the mask is 3 x 2 (height x width), its image 2 x 3"},
                    {"fix": Fix.NONE, "values": {"height": 4, "width": 4}},
                    {"fix": Fix.NONE, "message": "no mask: counts: run 1 is negative"},
                ],
            )
        ],
    )  # fmt: skip


def test_an_empty_mask_goes_and_a_turned_one_is_turned_back() -> None:
    data = held({**GOOD, "counts": [6]}, {"size": [3, 2], "counts": [0, 6]})
    rule = RleInvalid()
    edits = rule.fix(data, rule.check(data))
    told = {
        row: (Op(op), new)
        for row, op, new in zip(*(edits[c].tolist() for c in ("row", "op", "new")), strict=True)
    }
    assert told == {0: (Op.DROP, None), 1: (Op.SET, {"counts": [0, 6], "size": [2, 3]})}


def coco(tmp_path: Path, segmentation: str) -> Path:
    record = '{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 2, "bbox": [0, 0, 2, 2], "segmentation": '
    text = '{"images": [{"id": 1, "file_name": "a.jpg", "width": 3, "height": 2}],\n"annotations": [' + record
    path = tmp_path / "a.json"
    path.write_text(text + segmentation + '}],\n"categories": [{"id": 1, "name": "apple"}]}')
    return path


TEXT = str(mask.encode(np.asfortranarray(np.array([[0, 1, 0], [1, 0, 0]], np.uint8)))["counts"], "ascii")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f'{{"size": [2,3],  "counts": "b\'{TEXT}\'"}}', f'{{"size": [2,3],  "counts": "{TEXT}"}}'),
        (
            '{"counts": ["1", "2", "3"], "size": [2, 3], "by": 7}',
            '{"counts": [1, 2, 3], "size": [2, 3], "by": 7}',
        ),
        ('{"counts": [1, 2, 3], "size": ["2", "3"]}', '{"counts": [1, 2, 3], "size": [2, 3]}'),
    ],
)
def test_what_is_only_written_wrong_is_mended_safely(tmp_path: Path, old: str, new: str) -> None:
    path = coco(tmp_path, old)
    before = path.read_text()
    annotool.fix(path, out=tmp_path / "out", select=["SEG006"])
    after = next((tmp_path / "out").rglob("a.json")).read_text()
    assert after == before.replace(old, new)
    value = json.loads(new)
    if isinstance(value["counts"], str):
        assert mask.area(value) == 2
    assert not len(annotool.audit(tmp_path / "out", select=["SEG006"]))


hostile = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=6,
)


@given(hostile, hostile)
@settings(max_examples=100, deadline=None)
def test_no_mask_crashes_an_audit(tmp_path_factory: pytest.TempPathFactory, counts: Any, size: Any) -> None:
    path = coco(tmp_path_factory.mktemp("rle"), json.dumps({"counts": counts, "size": size}))
    data = annotool.read(path)
    told = annotool.audit(data, select=["SEG", "BOX"]).counts()
    assert "SEG006" in told or told == {} or (counts == [] and size == [2, 3])
    annotool.fix(path, unsafe=True, select=["SEG", "BOX"])


@pytest.mark.parametrize("counts", ["[0, 4294967295, 4294967295]", '"' + "o" * 100_000 + '"', '"o' + "0" * 50_000 + '"',
                                    "[" + "1," * 100_000 + "1]", '"\\ud800"', '""', "[]", "[" * 400 + "]" * 400])  # fmt: skip
@pytest.mark.parametrize(
    "size", ["[2, 3]", "[0, 0]", "[-2, -3]", "[99999999, 99999999]", "[2]", "[1e400, 3]", "null"]
)
def test_lies_are_told(tmp_path: Path, counts: str, size: str) -> None:
    path = coco(tmp_path, f'{{"counts": {counts}, "size": {size}}}')
    told = annotool.audit(annotool.read(path), select=["SEG006", "SCH"]).counts()
    assert set(told) & {"SEG006", "SCH001", "SCH002", "SCH004"}
