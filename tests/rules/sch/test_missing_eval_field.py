import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask

import annotool
from annotool.findings import Fix, Severity
from annotool.geometry import rle
from annotool.rules.sch.missing_eval_field import MissingEvalField
from annotool.schema import Kind
from annotool.testing import check_rule, edited, tiny

NO_AREA, NO_CROWD = {"area": np.nan}, {"iscrowd": -1}
TRIANGLE = [[0, 0, 40, 0, 40, 30]]


def test_some_rows_and_whole_files() -> None:
    some = tiny(
        3, [{}, {"image": 1, **NO_AREA}, {"image": 2, **NO_CROWD, "w": 4.0, "h": 0.0, "x": 0.0, "y": 0.0}]
    )
    whole = tiny(2, [{**NO_CROWD}, {"image": 1, **NO_CROWD, **NO_AREA}])
    check_rule(
        MissingEvalField,
        valid=[
            tiny(),
            tiny(annotations=[{}]),
            tiny(annotations=[{**NO_AREA, **NO_CROWD, "kind": Kind.IMAGE}]),
        ],
        invalid=[
            (
                some,
                [
                    {"annotation": 1, "severity": -1, "fix": Fix.SAFE, "values": {"field": "area"}},
                    {"annotation": 2, "fix": Fix.SAFE, "values": {"field": "iscrowd"}},
                ],
            ),
            (
                whole,
                [
                    {
                        "annotation": -1,
                        "source": 0,
                        "severity": Severity.WARNING,
                        "values": {"annotations": 2},
                    },
                    {"annotation": 1, "values": {"field": "area"}},
                ],
            ),
        ],
    )


def test_each_file_is_judged_by_itself() -> None:
    files = [{"file": "train.json"}, {"file": "val.json"}]
    images = [{"source": 0}, {"source": 1}]
    data = tiny(images, [{**NO_AREA}, {**NO_AREA}, {"image": 1, **NO_AREA}, {"image": 1}], sources=files)
    expected = [
        {"source": 0, "annotation": -1, "severity": Severity.WARNING},
        {"annotation": 2, "severity": -1},
    ]
    check_rule(MissingEvalField, invalid=[(data, expected)])


def test_lvis_needs_no_iscrowd() -> None:
    rows = [{**NO_CROWD}, {**NO_CROWD}]
    check_rule(MissingEvalField, valid=[tiny(annotations=rows, facts={"lvis": True})])
    check_rule(MissingEvalField, valid=[tiny(annotations=rows, format_name="voc")])


def test_a_box_without_area_cannot_be_mended() -> None:
    flat = tiny(annotations=[{}, {**NO_AREA, "x": 1.0, "y": 1.0, "w": 0.0, "h": 5.0}])
    check_rule(MissingEvalField, invalid=[(flat, [{"annotation": 1, "fix": Fix.NONE}])])


def test_areas_are_those_of_the_geometry() -> None:
    counts = [100, 7, 480 - 7, 9, 640 * 480 - 100 - 480 - 9]
    rows = [
        {},
        {**NO_AREA},
        {**NO_AREA, "polygon": TRIANGLE, "box": (0, 0, 40, 30)},
        {**NO_AREA, "rle": {"counts": rle.string_from_counts(counts), "size": [480, 640]}},
    ]
    data = tiny(annotations=rows)
    rule = MissingEvalField()
    areas = edited(data, rule.fix(data, rule.check(data))).table("annotations")["area"]
    encoded = mask.frPyObjects({"counts": counts, "size": [480, 640]}, 480, 640)
    assert areas.tolist() == [5000.0, 5000.0, 600.0, float(mask.area(encoded))]
    check_rule(MissingEvalField, invalid=[(data, [1, 2, 3])])


def test_a_whole_file_is_mended() -> None:
    data = tiny(3, [{"image": at, **NO_AREA, **NO_CROWD} for at in range(3)])
    rule = MissingEvalField()
    after = edited(data, rule.fix(data, rule.check(data))).table("annotations")
    assert after["area"].tolist() == [5000.0] * 3
    assert after["iscrowd"].tolist() == [0] * 3


@pytest.mark.parametrize(("field", "text"), [("area", "NaN"), ("area", "null"), ("iscrowd", "null")])
@pytest.mark.parametrize("count", [1, 3])
def test_what_is_null_or_no_number_in_all_rows_is_told_once(
    tmp_path: Path, field: str, text: str, count: int
) -> None:
    box = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 30], "area": 600, "iscrowd": 0}
    rows = [{"id": at + 1, **box, **({field: "?"} if at < count else {})} for at in range(3)]
    document = {"images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}], "annotations": rows,
                "categories": [{"id": 1, "name": "cat"}]}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(document).replace('"?"', text))
    found = annotool.audit(tmp_path / "a.json", select=["SCH002", "SCH003", "SCH004"])
    assert len(found) == count
    assert "SCH003" not in found.counts()
