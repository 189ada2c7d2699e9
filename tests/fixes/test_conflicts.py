from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.fixes.conflicts import settle
from annotool.schema import Kind
from annotool.testing import tiny

DATA = tiny(
    images=[{}, {}, {"path": "on/disk.jpg"}],
    annotations=[
        {},
        {},
        {"image": 1, "area": 7.0},
        {"image": 1, "polygon": [[0, 0, 9, 0, 9, 9]], "area": 40.5},
    ],
)


def edit(
    finding: int, rule: str, op: Op = Op.SET, table: str = "annotations", row: int = 0, **more: Any
) -> Edits:
    return Edits.make(1, finding=finding, rule=rule, op=op, table=table, row=row, **more)


def settled(*edits: Edits, data: Dataset = DATA) -> list[tuple[str, str, int, str]]:
    """The edits that are made: rule, op, row, column."""
    made = settle(data, Edits.concat(edits))
    return sorted(
        (made["rule"][at], Op(made["op"][at]).name, int(made["row"][at]), made["column"][at])
        for at in range(len(made))
    )


def test_nothing_asked_nothing_made() -> None:
    assert settled() == []


def test_edits_of_different_cells_stand_together() -> None:
    one, two = edit(0, "AAA001", column="id", new=5), edit(1, "AAA002", column="iscrowd", new=0)
    assert len(settled(one, two)) == 2


def test_one_edit_a_cell_lower_code_first() -> None:
    assert settled(edit(0, "BBB001", column="id", new=5), edit(1, "AAA001", column="id", new=6)) == [
        ("AAA001", "SET", 0, "id")
    ]


def test_earlier_finding_first_where_all_else_is_equal() -> None:
    made = settle(
        DATA, Edits.concat([edit(4, "AAA001", column="id", new=5), edit(3, "AAA001", column="id", new=6)])
    )
    assert made["new"].tolist() == [6]


def test_safe_beats_unsafe() -> None:
    made = settled(edit(0, "AAA001", column="id", new=5, safe=False), edit(1, "BBB001", column="id", new=6))
    assert made == [("BBB001", "SET", 0, "id")]


def test_drop_beats_set_even_a_safe_one() -> None:
    made = settled(edit(0, "AAA001", column="id", new=5), edit(1, "BBB001", Op.DROP, safe=False))
    assert made == [("BBB001", "DROP", 0, "")]


def test_the_sides_of_a_box_are_one_cell() -> None:
    assert settled(
        edit(0, "AAA001", column="w", new=5.0), edit(1, "BBB001", column="bbox", new=(0, 0, 1, 1))
    ) == [("AAA001", "SET", 0, "w")]


def test_a_findings_edits_are_made_together_or_not_at_all() -> None:
    lost = Edits.concat([edit(1, "BBB001", column="id", new=6), edit(1, "BBB001", row=1, column="id", new=7)])
    assert settled(edit(0, "AAA001", column="id", new=5), lost) == [("AAA001", "SET", 0, "id")]


def test_who_lost_only_to_a_loser_is_made() -> None:
    first = edit(0, "AAA001", column="id", new=1)
    second = Edits.concat(
        [edit(1, "BBB001", column="id", new=2), edit(1, "BBB001", row=1, column="id", new=2)]
    )
    third = edit(2, "CCC001", row=1, column="id", new=3)
    assert [rule for rule, *_ in settled(first, second, third)] == ["AAA001", "CCC001"]


def test_dropping_a_record_twice_is_done_once() -> None:
    twice = settled(edit(0, "AAA001", Op.DROP), edit(1, "BBB001", Op.DROP), edit(1, "BBB001", Op.DROP, row=1))
    assert twice == [("AAA001", "DROP", 0, ""), ("BBB001", "DROP", 1, "")]


def test_a_dropped_image_takes_its_annotations_and_their_edits_along() -> None:
    made = settled(edit(0, "AAA001", row=2, column="id", new=9), edit(1, "SPL001", Op.DROP, "images", 1))
    assert made == [("SPL001", "DROP", 1, ""), ("SPL001", "DROP", 2, ""), ("SPL001", "DROP", 3, "")]


def test_a_background_image_on_disk_is_never_dropped() -> None:
    assert settled(edit(0, "AAA001", Op.DROP, "images", 2)) == []
    empty = tiny(images=2, annotations=[{}])
    assert settled(edit(0, "SCH010", Op.DROP, "images", 1), data=empty), "its file is gone: a name, no image"
    unseen = tiny(images=2, annotations=[{}], images_checked="none")
    assert settled(edit(0, "AAA001", Op.DROP, "images", 1), data=unseen) == []


def test_the_area_of_a_row_that_is_only_a_box_follows_it() -> None:
    made = settle(DATA, edit(0, "BOX002", row=2, column="bbox", new=(0.0, 0.0, 3.0, 4.0), safe=False))
    assert made["column"].tolist() == ["bbox", "area"] and made["new"].tolist() == [
        (0.0, 0.0, 3.0, 4.0),
        12.0,
    ]
    assert made["rule"].tolist() == ["BOX002"] * 2 and made["finding"].tolist() == [0, 0]
    assert not made["safe"].any()


def test_no_area_where_none_was_written_or_a_polygon_has_its_own() -> None:
    assert DATA.table("annotations")["kind"][3] == Kind.POLYGON
    assert settled(edit(0, "BOX002", row=3, column="bbox", new=(0, 0, 3, 4))) == [
        ("BOX002", "SET", 3, "bbox")
    ]
    bare = tiny(annotations=[{"area": np.nan}])
    assert len(settled(edit(0, "BOX002", column="bbox", new=(0, 0, 3, 4)), data=bare)) == 1


def test_an_area_that_the_rule_gives_itself_stands() -> None:
    own = Edits.concat(
        [edit(0, "BOX002", column="bbox", new=(0, 0, 3, 4)), edit(0, "BOX002", column="area", new=11.0)]
    )
    assert settle(DATA, own)["new"].tolist() == [(0, 0, 3, 4), 11.0]


def bytes_edit(finding: int, rule: str, start: int, end: int, **more: Any) -> Edits:
    return edit(finding, rule, Op.BYTES, "sources", 0, start=start, end=end, new="x", **more)


def test_byte_ranges_do_not_overlap() -> None:
    low, high = DATA.table("annotations")["start"][0], DATA.table("annotations")["end"][0]
    one = bytes_edit(0, "AAA001", low + 2, low + 5)
    assert settled(one, bytes_edit(1, "BBB001", low + 4, low + 6)) == [("AAA001", "BYTES", 0, "")]
    assert settled(one, bytes_edit(1, "BBB001", low + 2, low + 2)) == [("AAA001", "BYTES", 0, "")], (
        "same place"
    )
    assert len(settled(one, bytes_edit(1, "BBB001", low + 5, low + 6))) == 2, "side by side"
    assert len(settled(one, bytes_edit(1, "BBB001", high, high + 1))) == 2


def test_byte_ranges_wait_for_edits_of_the_record_they_are_in() -> None:
    low, high = DATA.table("annotations")["start"][0], DATA.table("annotations")["end"][0]
    cell, other = edit(0, "AAA001", column="id", new=5), edit(0, "AAA001", row=1, column="id", new=5)
    inside = bytes_edit(1, "BBB001", low + 2, low + 3)
    assert settled(cell, inside) == [("AAA001", "SET", 0, "id")]
    assert len(settled(other, inside)) == 2
    assert len(settled(cell, bytes_edit(1, "BBB001", high, high + 1))) == 2
    gone = edit(2, "CCC001", Op.DROP, safe=False)
    assert settled(gone, inside) == [("CCC001", "DROP", 0, "")]


EDITS = st.tuples(
    st.integers(0, 5),
    st.sampled_from(["id", "area", "bbox", "x", "drop", "drop image", "bytes"]),
    st.integers(0, 3),
    st.booleans(),
)


@given(st.lists(EDITS, max_size=12))
def test_no_two_edits_clash_and_none_is_half_made(asked: list[tuple[int, str, int, bool]]) -> None:
    """Whatever is asked for: cells are set once, no dropped record is touched, findings are whole, one always
    wins.
    """
    parts = []
    for finding, what, row, safe in asked:
        rule = f"AAA00{finding}"
        if what == "drop":
            parts.append(edit(finding, rule, Op.DROP, row=row, safe=safe))
        elif what == "drop image":
            parts.append(edit(finding, rule, Op.DROP, "images", row % 2, safe=safe))
        elif what == "bytes":
            at = int(DATA.table("annotations")["start"][row])
            parts.append(bytes_edit(finding, rule, at + 1, at + 4, safe=safe))
        else:
            new = (0.0, 0.0, 2.0, 2.0) if what == "bbox" else 1.0
            parts.append(edit(finding, rule, row=row, column=what, new=new, safe=safe))
    given_edits = Edits.concat(parts)
    made = settle(DATA, given_edits)
    rows = list(
        zip(*(made[name].tolist() for name in ("op", "table", "row", "column", "finding")), strict=True)
    )
    gone = {(table, row) for op, table, row, _, _ in rows if op == Op.DROP}
    gone |= {("annotations", row) for row in range(4) if ("images", row // 2) in gone}
    cells: dict[tuple[str, int, str], int] = {}
    for op, table, row, column, finding in rows:
        if op == Op.SET:
            cell = (table, row, "bbox" if column in "xywh" else column)
            assert (table, row) not in gone or finding in {f for o, t, r, _, f in rows if o == Op.DROP}
            assert cells.setdefault(cell, finding) == finding
    kept = set(made["finding"].tolist())
    for finding in kept:
        wanted = {
            (op, table, row, column)
            for op, table, row, column, by in zip(
                *(given_edits[name].tolist() for name in ("op", "table", "row", "column", "finding")),
                strict=True,
            )
            if by == finding
        }
        done = {row[:4] for row in rows if row[4] == finding}
        assert all(each in done or (each[0] == Op.DROP and each[1:3] in gone) for each in wanted)
    assert bool(len(made)) == bool(asked)
