from pathlib import Path

import pytest

from annotool.findings import Fix, Severity
from tests.formats.voc.build import PNG, box, found, load, put, xml

INNER, ONE, TWO, ZERO, END = (10, 10, 20, 20), (1, 5, 9, 9), (2, 5, 9, 9), (0, 5, 9, 9), (50, 50, 100, 60)


def dataset(root: Path, *groups: tuple[int, tuple[int, int, int, int]]) -> Path:
    """Write 20 boxes a file."""
    boxes = [box(*corners) for count, corners in groups for _ in range(count)]
    files = {f"Annotations/{at:04}.xml": xml(*boxes[at : at + 20]) for at in range(0, len(boxes), 20)}
    return put(root, {**files, "JPEGImages/0000.png": PNG})


def test_lone_zeros_among_ones_are_faults(tmp_path: Path) -> None:
    data = load(dataset(tmp_path, (1, ZERO), (300, INNER), (30, ONE), (1, (5, 0, 9, 9))))
    assert data.facts["voc_base"]["base"] == "1-inclusive"
    assert found(data) == [
        ("FMT007", f"xmin {x}, ymin {y}: this dataset counts from 1 (30 boxes start at 1, 2 at 0)", True)
        for x, y in ((0, 5), (5, 0))
    ]
    rows = data.table("annotations")
    assert data.problems.column("annotation").tolist() == [0, 331]
    assert data.problems.column("line").tolist() == rows["line"][[0, 331]].tolist()
    assert data.problems.column("severity").tolist() == [Severity.ERROR] * 2
    assert data.problems.column("fix").tolist() == [Fix.UNSAFE] * 2
    for row in (0, 1):
        source, start, end = (int(data.problems.column(name)[row]) for name in ("source", "start", "end"))
        assert bytes(data.source_bytes(source)[start:end]) == b"0"
    assert rows["x"][0] == -1  # as written: nothing is clipped


def test_both_zeros_of_a_corner_become_ones(tmp_path: Path) -> None:
    data = load(dataset(tmp_path, (1, (0, 0, 9, 9)), (300, INNER), (30, ONE)))
    part = data.problems.blocks[0]
    start, end = (int(part.columns[name][0]) for name in ("start", "end"))
    held = bytes(data.source_bytes(0))
    assert (
        b"<xmin>1</xmin>\n\t\t\t<ymin>1</ymin>" in held[:start] + part.values["new"][0].encode() + held[end:]
    )


def test_zeros_in_a_set_that_proves_nothing(tmp_path: Path) -> None:
    data = load(dataset(tmp_path, (60, INNER), (5, ZERO)))
    assert [(rule, message[:29]) for rule, message, _ in found(data)] == [
        ("FMT007", "5 of 65 boxes start at 0, whi")
    ]
    assert data.problems.column("severity").tolist() == [Severity.WARNING]
    assert data.problems.column("line").tolist() == [8]


def test_two_ways_of_counting(tmp_path: Path) -> None:
    data = load(dataset(tmp_path, (300, INNER), (40, ZERO), (40, ONE), (5, TWO), (3, END)))
    assert found(data) == [
        (
            "FMT007",
            "two ways of counting: 40 boxes start at 0, 40 at 1, 5 at 2; all are read as 0-exclusive",
            True,
        )
    ]


def test_the_option_disagrees(tmp_path: Path) -> None:
    root = dataset(tmp_path, (300, INNER), (40, ZERO), (3, END))
    assert found(load(root)) == []
    assert found(load(root, voc_base="0-exclusive")) == []
    assert found(load(root, voc_base="1-inclusive")) == [
        ("FMT007", "voc_base is 1-inclusive, but the boxes look 0-exclusive: 40 start at 0, 0 at 1, 3 end at the width or height", True)
    ]  # fmt: skip
    assert load(root, voc_base="1-inclusive").table("annotations")["x"][-1] == 49


@pytest.mark.parametrize(
    "groups", [((300, INNER), (30, ONE), (30, END)), ((300, INNER), (30, ZERO)), ((5, INNER),)]
)
def test_healthy_sets_are_silent(
    tmp_path: Path, groups: tuple[tuple[int, tuple[int, int, int, int]], ...]
) -> None:
    assert found(load(dataset(tmp_path, *groups))) == []


def test_what_annotool_wrote_is_never_doubted(tmp_path: Path) -> None:
    marked = "<source><database>annotool</database></source>"
    boxes = [box(*ZERO)] * 30
    data = load(put(tmp_path, {"a.xml": xml(*boxes, more=marked), "b.xml": xml(more=marked)}))
    assert found(data) == []
    assert data.facts["voc_base"]["decided"] == "marker"
    assert data.table("annotations")["x"][0] == -1
