"""The buttons: which finding is meant, what comes next, and that a decision is on the disk."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from annotool.errors import UsageError
from annotool.reviewing import folder
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Entry, Item, Review

REVIEW = Review("r", ["/data"], "0", "ann", "now", ["car"], 2, 3, 4)
ONE, TWO = "000000a00000000000000001", "000000a00000000000000002"


def item(number: int, rule: str, sample: str, row: int, severity: str = "error") -> Item:
    label = f"00000001{row:016x}" if row else ""
    return Item(
        number,
        f"f{number}",
        rule,
        "slug",
        severity,
        1.0,
        "",
        "a.jpg",
        sample,
        label,
        "ground_truth",
        "m" if row else "",
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    items = [
        item(0, "BOX002", ONE, 7), item(1, "BOX001", ONE, 7), item(2, "BOX001", TWO, 8, "warning"),
        item(3, "SCH010", "", 0), item(4, "IMG003", ONE, 0, "info"),
    ]  # fmt: skip
    folder.save(tmp_path / "findings.jsonl", items)
    (tmp_path / "review.json").write_bytes(msgspec.json.encode(REVIEW))
    return Desk(tmp_path)


def numbers(items: list[Item]) -> list[int]:
    return [each.number for each in items]


def test_what_is_meant(desk: Desk) -> None:
    assert numbers(desk.meant(ONE)) == [0]
    assert numbers(desk.meant(ONE, [f"00000001{7:016x}"])) == [0]
    assert numbers(desk.meant(ONE, [f"00000003{7:016x}"])) == [0], "an outline stands for its box"
    assert numbers(desk.meant(ONE, [f"00000001{9:016x}"])) == [], "a box with no finding is not another's"
    assert numbers(desk.meant(None)) == [0]
    desk.decide(desk.items[:1], "accept")
    assert numbers(desk.meant(ONE, [f"00000001{7:016x}"])) == [1], "the second finding of the box is next"


def test_next_goes_round_and_comes_back_to_what_was_skipped(desk: Desk) -> None:
    following = desk.next(0)
    assert following is not None and following.number == 1
    desk.decide([desk.items[1]], "skip")
    desk.decide([desk.items[2], desk.items[4]], "ignore")
    following = desk.next(2)
    assert following is not None and following.number == 0
    desk.decide([desk.items[0]], "accept")
    following = desk.next(0)
    assert following is not None and following.number == 1, "skipped ones come last; what has no image, never"
    desk.decide([desk.items[1]], "accept")
    assert desk.next(1) is None


def test_a_decision_is_on_the_disk_and_another_process_sees_it(desk: Desk) -> None:
    desk.decide([desk.items[0]], "ignore", "not a fault")
    other = Desk(desk.place)
    assert other.progress() == (1, 5)
    (entry,) = other.entries()
    assert (entry.action, entry.reviewer, entry.reason) == ("ignore", "ann", "not a fault")


def test_undo_takes_back_a_whole_bulk_and_then_what_was_before(desk: Desk) -> None:
    desk.decide([desk.items[3]], "ignore")
    desk.decide(desk.of_rule("BOX001"), "accept")
    assert set(desk.decided()) == {1, 2, 3}
    assert set(numbers(desk.undo())) == {1, 2}
    assert set(desk.decided()) == {3}
    assert numbers(desk.undo()) == [3]
    assert desk.undo() == []


def test_nothing_is_deleted_where_there_is_no_box(desk: Desk) -> None:
    assert desk.decide([desk.items[3]], "delete") == []
    assert desk.progress() == (0, 5)


def test_an_action_that_is_none(desk: Desk) -> None:
    with pytest.raises(UsageError, match="accept, ignore, delete, skip"):
        desk.decide(desk.items[:1], "burn")


def test_a_line_cut_off_by_a_crash_is_left_out_and_written_over(desk: Desk) -> None:
    desk.decide([desk.items[0]], "accept")
    with desk.log.open("ab") as log:
        log.write(b'{"action":"accept","numb')
    assert desk.progress() == (1, 5)
    desk.decide([desk.items[1]], "ignore")
    assert {number: each.action for number, each in desk.decided().items()} == {0: "accept", 1: "ignore"}
    assert folder.lines(desk.log, Entry)[-1].number == 1


def test_the_table_sorts_and_leaves_out_what_is_decided(desk: Desk) -> None:
    assert numbers(desk.table()) == [0, 1, 2, 3, 4]
    assert numbers(desk.table(order="rule")) == [1, 2, 0, 4, 3]
    assert numbers(desk.table(order="severity")) == [0, 1, 3, 2, 4]
    assert numbers(desk.table(rule="BOX001")) == [1, 2]
    desk.decide([desk.items[1], desk.items[2]], "accept")
    assert numbers(desk.table(rule="BOX001")) == []
    assert desk.rules() == [
        (
            "BOX001",
            "slug",
            0,
        ),  # stays: the App lays a shorter list of bars over the old one, whose end would stay
        ("BOX002", "slug", 1),
        ("IMG003", "slug", 1),
        ("SCH010", "slug", 1),
    ]
