import json
from pathlib import Path
from typing import Any

import pytest

from annotool import api
from annotool.findings import Fix
from annotool.formats.coco.document import parse
from annotool.formats.coco.faults import Fault, got
from annotool.formats.coco.tables import build
from annotool.schema import Kind
from tests.dirty import coco_box, coco_text
from tests.formats.coco.build import annotation, category, document, image, lines, told


def test_faults_name_the_rows_they_belong_to() -> None:
    content = document(
        [image(1), image("2")],
        [annotation(1), annotation(2, area="7"), 5, annotation(4, area="9")],
        [category(1), {"id": 2, "name": 7}],
    )
    data = build(parse(lines(content)), "a.json", "")
    rows = [
        (
            str(part.columns["pointer"][at]),
            *(int(part.columns[name][at]) for name in ("image", "annotation", "category", "line")),
        )
        for part in data.problems.blocks
        for at in range(len(part))
    ]
    assert sorted(rows) == [
        ("/annotations/1", 0, 1, 0, 7),
        ("/annotations/2", -1, -1, -1, 8),
        ("/annotations/3", 0, 2, 0, 9),
        ("/categories/1", -1, -1, 1, 13),
        ("/images/1", 1, -1, -1, 3),
    ]


def test_faults_of_the_caller_come_along() -> None:
    mine = Fault("SCH001", "it is {how}", 0, 0, fix=Fix.NONE, values={"how": "odd"})
    data = build(parse(lines(document())), "a.json", "train", more=[mine])
    assert told(data) == [("SCH001", "", "it is odd")]
    assert data.table("splits")["split"].tolist() == ["train"]
    assert data.table("sources")["role"].tolist() == ["labels"]


@pytest.mark.parametrize(("lacking", "faults"), [(0, 0), (1, 1), (4, 4), (5, 0), (100, 0)])
def test_a_few_rows_without_geometry(lacking: int, faults: int) -> None:
    bare: dict[str, Any] = {"bbox": ..., "segmentation": ...}
    records = [annotation(n, **(bare if n <= lacking else {})) for n in range(1, 101)]
    data = build(parse(json.dumps(document(annotations=records)).encode()), "a.json", "")
    assert len(told(data)) == faults


def test_values_are_shown_short() -> None:
    assert got(b'"a\n  b"') == '"a b"'
    assert got(b"x" * 100) == "x" * 37 + "..."
    assert got(b"\xff") == "\ufffd"


@pytest.mark.parametrize("bbox", [[], None])
@pytest.mark.parametrize(("boxes", "labels", "of"), [(0, 40, 40), (2, 38, 40), (3, 0, 40), (0, 0, 19)])
def test_empty_boxes_are_labels_where_nearly_all_are(
    tmp_path: Path, bbox: Any, boxes: int, labels: int, of: int
) -> None:
    notes = [coco_box(at, bbox) if at > boxes else coco_box(at) for at in range(1, of + 1)]
    (tmp_path / "instances.json").write_text(coco_text(notes))
    data = api.read(tmp_path, images="none")
    assert int((data.table("annotations")["kind"] == Kind.IMAGE).sum()) == labels
    assert len(data.problems.of("SCH002")) == of - boxes - labels
    assert ("labels" in data.facts) == bool(labels)
