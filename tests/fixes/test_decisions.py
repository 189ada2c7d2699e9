"""Decisions: their file, several reviewers merged, contradictions found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.errors import UsageError
from annotool.fixes.decisions import Decision, Value, box_marks, merge, read, write
from annotool.testing import tiny

BOX = Value(box=(1.0, 2.0, 3.0, 4.0))


def accept(print_: str = "f", reviewer: str = "ann", **more: Any) -> Decision:
    return Decision("accept", print_, "BOX002", reviewer=reviewer, **more)


def ignore(print_: str = "f", reviewer: str = "ann", **more: Any) -> Decision:
    return Decision("ignore", print_, "BOX002", reviewer=reviewer, **more)


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    said = [
        accept(), ignore("g", reason="é\n<b>"), Decision("draw", image="a", category="x", new=BOX),
        Decision("move", box="m", old=Value(), new=BOX, time="t"),
    ]  # fmt: skip
    write(tmp_path / "d.jsonl", "name", said)
    assert read(tmp_path / "d.jsonl") == said


@pytest.mark.parametrize(
    ("text", "where"),
    [("", ":1"), ("[1]\n", ":1"), ('{"annotool_decisions":9}\n', "layout 9"),
     ('{"annotool_decisions":1}\n{"action":"burn"}\n', ":2"), ('{"annotool_decisions":1}\n\n{"a', ":3")],
)  # fmt: skip
def test_what_is_no_file_of_decisions(text: str, where: str, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(text)
    with pytest.raises(UsageError, match=where):
        read(tmp_path / "d.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.jsonl")


def test_reviewers_who_agree_are_one() -> None:
    merged = merge([[accept()], [accept(reviewer="bob")]])
    assert [each.reviewer for each in merged.decisions] == ["ann"] and not merged.contradictions


def test_reviewers_who_differ_contradict_each_other_and_nothing_is_applied() -> None:
    merged = merge([[accept(), accept("g")], [ignore(reviewer="bob")]])
    assert [each.fingerprint for each in merged.decisions] == ["g"]
    ((one, other),) = merged.contradictions
    assert {one.action, other.action} == {"accept", "ignore"}


def test_a_reviewer_who_thinks_again_is_taken_at_the_last_word() -> None:
    merged = merge([[accept(time="1")], [ignore(time="2")]])
    assert [each.action for each in merged.decisions] == ["ignore"] and not merged.contradictions


def test_two_places_for_one_box_contradict_each_other() -> None:
    other = Value(box=(9.0, 2.0, 3.0, 4.0))
    merged = merge(
        [[Decision("move", box="m", new=BOX, reviewer="ann")], [Decision("move", box="m", new=other)]]
    )
    assert not merged.decisions and len(merged.contradictions) == 1


def test_a_move_and_a_relabel_of_one_box_go_together() -> None:
    merged = merge(
        [
            [Decision("move", box="m", new=BOX)],
            [Decision("relabel", box="m", new=Value(category="x"), reviewer="bob")],
        ]
    )
    assert len(merged.decisions) == 2 and not merged.contradictions


def test_a_delete_against_a_move() -> None:
    merged = merge([[Decision("delete", box="m", reviewer="ann")], [Decision("move", box="m", new=BOX)]])
    assert not merged.decisions and len(merged.contradictions) == 1


def test_a_fix_one_accepted_of_a_box_another_moved() -> None:
    moved = Decision("move", box="m", new=BOX, reviewer="bob")
    merged = merge([[accept(box="m")], [moved]])
    assert not merged.decisions and len(merged.contradictions) == 1
    mine = merge([[accept(box="m"), Decision("move", box="m", new=BOX, reviewer="ann")]])
    assert [each.action for each in mine.decisions] == ["move"], "what one did by hand goes before the fix"


words = st.builds(
    Decision,
    action=st.sampled_from(["accept", "ignore", "delete", "move"]),
    fingerprint=st.sampled_from(["f", "g"]),
    box=st.sampled_from(["", "m", "n"]),
    new=st.sampled_from([None, BOX]),
    reviewer=st.sampled_from(["ann", "bob", "eve"]),
    time=st.sampled_from(["1", "2", "3"]),
)


@given(st.lists(words, max_size=12))
def test_merging_what_is_merged_changes_nothing_and_no_target_is_left_with_two_words(
    said: list[Decision],
) -> None:
    merged = merge([said])
    assert set(merge([merged.decisions]).decisions) == set(merged.decisions)
    assert not merge([merged.decisions]).contradictions
    against = {each.target for several in merged.contradictions for each in several}
    assert not against & {each.target for each in merged.decisions}


def test_marks_tell_boxes_apart_and_stay() -> None:
    rows = [
        {"box": (1, 2, 3, 4)},
        {"box": (1, 2, 3, 4)},
        {"box": (5, 2, 3, 4)},
        {"box": (1, 2, 3, 4), "category": 1},
    ]
    marks = box_marks(tiny(2, rows)).tolist()
    assert len(set(marks)) == 4
    assert box_marks(tiny(5, [*rows, {"box": (7, 7, 7, 7), "image": 3}])).tolist()[:4] == marks
    assert box_marks(tiny(1)).tolist() == []
