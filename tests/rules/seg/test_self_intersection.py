from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask
from shapely.geometry import Polygon

import annotool
from annotool.findings import Fix, Severity
from annotool.rules.seg.self_intersection import SelfIntersection
from annotool.testing import check_rule, tiny

SQUARE = [10.0, 10.0, 50.0, 10.0, 50.0, 50.0, 10.0, 50.0]
HOURGLASS = [10.0, 10.0, 50.0, 50.0, 50.0, 10.0, 10.0, 50.0]
MEETING = [
    10.0,
    10.0,
    30.0,
    30.0,
    50.0,
    10.0,
    50.0,
    50.0,
    30.0,
    30.0,
    10.0,
    50.0,
]  # two triangles, corner to corner
FRAME = [0, 0, 30, 0, 30, 30, 0, 30, 0, 0, 10, 10, 10, 20, 20, 20, 20, 10, 10, 10]  # a hole joined by a line
LINE = [10.0, 10.0, 20.0, 20.0, 30.0, 30.0]


def test_what_crosses_and_what_only_touches() -> None:
    check_rule(
        SelfIntersection,
        valid=[
            tiny(annotations=[{"polygon": [SQUARE]}, {}, {"polygon": [[*SQUARE, 10.0, 10.0]]}]),
            tiny(annotations=[{"polygon": [LINE, [0.0, 0.0, 1.0]]}]),
        ],
        invalid=[
            (
                tiny(annotations=[{"polygon": [SQUARE, HOURGLASS]}, {"polygon": [MEETING]}, {"polygon": [FRAME]}]),
                [
                    {"annotation": 0, "severity": Severity.WARNING, "fix": Fix.UNSAFE, "values": {"ring": 1, "x": 30.0, "y": 30.0},
                     "message": "ring 1 crosses itself, near 30, 30"},
                    {"annotation": 1, "severity": Severity.INFO, "fix": Fix.UNSAFE, "message": "ring 0 touches itself, at 30, 30"},
                    {"annotation": 2, "severity": Severity.INFO, "fix": Fix.NONE},
                ],
            ),
            (tiny(annotations=[{"polygon": [MEETING]}, {"polygon": [HOURGLASS]}], format_name="yolo"), [1]),
        ],
    )  # fmt: skip


ring = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=4, max_size=8, unique=True)


@given(ring)
@settings(max_examples=150, deadline=None)
def test_the_mended_ring_is_valid_and_fills_no_pixel_less(outline: list[tuple[int, int]]) -> None:
    numbers = [float(n) for point in outline for n in point]
    data = tiny(annotations=[{"polygon": [numbers]}])
    rule = SelfIntersection()
    found = rule.check(data)
    whole = Polygon(outline)
    enclosed = Polygon(outline).buffer(0).area
    if whole.is_valid:
        assert not len(found)
        return
    assert len(found) == 1 or enclosed < 20
    edits = rule.fix(data, found)
    for new in edits["new"][edits["column"] == "segmentation"]:
        shapes = [Polygon(np.reshape(part, (-1, 2))) for part in new]
        assert all(shape.area > 0 for shape in shapes)
        again = tiny(annotations=[{"polygon": [list(part) for part in new]}])
        assert not (rule.check(again).column("severity") > Severity.INFO).any()
        drawn = mask.merge(mask.frPyObjects([list(part) for part in new], 31, 31))
        old = mask.merge(mask.frPyObjects([numbers], 31, 31))
        lost = mask.area(old) - mask.area(mask.merge([drawn, old], intersect=True))
        assert lost <= 4 * 6 + whole.length * 0.5, "only pieces below 4 px^2, and border pixels, may go"


def test_taco_has_84_of_them(real_data: Path) -> None:
    """As an independent scan by shapely's is_valid has it: 58 cross, 26 meet themselves in a point or on a line."""
    findings = annotool.audit(annotool.read(real_data / "taco"), select=["SEG002"])
    severity = findings.column("severity").tolist()
    assert (severity.count(Severity.WARNING), severity.count(Severity.INFO)) == (58, 26)
    assert len(set(findings.column("annotation").tolist())) == 84


COCO = """{"images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
"annotations": [
{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 2400, "bbox": [10, 10, 40, 80],
 "segmentation": [[10.0,10.00,50,50.0, 50.0,10, 10,50], [ 10,50, 5e1,50, 50,90.0, 10,90 ]]},
{"id": 2, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 1600, "bbox": [10, 10, 40, 40],
 "segmentation": [[10.0,10.0, 50.0,10.0, 50.0,50.0, 10.0,50.0]]}],
"categories": [{"id": 1, "name": "apple"}]}
"""


def test_a_mended_coco_file_changes_that_ring_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(COCO)
    options = {"unsafe": True, "select": ["SEG002"]}
    annotool.fix(path, out=tmp_path / "out", **options)  # type: ignore[arg-type]
    new = next((tmp_path / "out").rglob("a.json")).read_text()
    before, after = COCO.split("\n"), new.split("\n")
    assert [at for at in range(len(before)) if before[at] != after[at]] == [3]
    assert "[ 10,50, 5e1,50, 50,90.0, 10,90 ]]}," in after[3], (
        "the ring that was not named keeps its spelling"
    )
    data = annotool.read(tmp_path / "out")
    assert data.rings["numbers"].tolist() == [6, 6, 8, 8]
    assert not len(annotool.audit(data, select=["SEG", "BOX"]))
    assert not len(annotool.fix(tmp_path / "out", **options).changes)  # type: ignore[arg-type]


def test_a_mended_yolo_row_is_one_ring(tmp_path: Path) -> None:
    rows = ["0 0.1 0.1 0.5 0.5 0.5 0.1 0.1 0.5", "0 0.2 0.2 0.4 0.2 0.40000 0.4"]
    (tmp_path / "in/labels").mkdir(parents=True)
    (tmp_path / "in/labels/a.txt").write_text("\n".join(rows) + "\n")
    (tmp_path / "in/data.yaml").write_text("names: [apple]\n")
    data = annotool.read(tmp_path / "in")
    assert annotool.audit(data, select=["SEG002"]).counts() == {"SEG002": 1}
    annotool.fix(tmp_path / "in", out=tmp_path / "out", unsafe=True, select=["SEG002"])
    new = next((tmp_path / "out").rglob("a.txt")).read_text().split("\n")
    assert new[1:] == [rows[1], ""]
    again = annotool.read(tmp_path / "out")
    assert annotool.audit(again, select=["SEG"]).counts() == {}
    assert again.rings["area"][0] == pytest.approx(0.08)
