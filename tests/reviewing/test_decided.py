"""What was decided, from the log and from the labels before and after."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.fixes.decisions import Decision, Value
from annotool.reviewing.decided import After, Label, decisions, said_nothing, trust
from annotool.reviewing.folder import Box, Entry, Item
from annotool.reviewing.ids import label_id

SAMPLE = "000000a00000000000000000"
LABEL = label_id("ground_truth", 7)
BOX = Box(LABEL, SAMPLE, "ground_truth", "mark1", "a.jpg", "car", (10.1, 20.2, 30.3, 40.4),
          (10.1 / 640, 20.2 / 480, 30.3 / 640, 40.4 / 480), (640.0, 480.0))  # fmt: skip
SAME = Label("ground_truth", LABEL, "car", BOX.shown)
ITEMS = [
    Item(
        0,
        "f0",
        "BOX002",
        "out-of-bounds",
        "error",
        1.0,
        "",
        "a.jpg",
        SAMPLE,
        LABEL,
        "ground_truth",
        "mark1",
        "car",
    ),
    Item(
        1,
        "f1",
        "BOX003",
        "tiny-box",
        "warning",
        0.5,
        "",
        "a.jpg",
        SAMPLE,
        LABEL,
        "ground_truth",
        "mark1",
        "car",
    ),
    Item(2, "f2", "SCH010", "missing-image", "error", 1.0, "", "b.jpg"),
]


def changed(**values: Any) -> Label:
    return msgspec.structs.replace(SAME, **values)


def said(*labels: Label, entries: tuple[Entry, ...] = (), boxes: tuple[Box, ...] = (BOX,)) -> list[Decision]:
    after = [After(SAMPLE, "a.jpg", (640.0, 480.0), "2026-01-01T00:00:00", list(labels))]
    return decisions(ITEMS, boxes, entries, after, "ann")


def test_a_box_nobody_touched_says_nothing() -> None:
    assert said(SAME) == []


def test_a_side_that_was_not_moved_keeps_its_exact_number() -> None:
    x, y, _, h = BOX.shown
    (one,) = said(changed(bounding_box=(x, y, 50 / 640, h)))
    assert one.action == "move" and one.box == "mark1" and one.reviewer == "ann"
    assert one.new is not None and one.new.box == (10.1, 20.2, 50.0, 40.4)
    assert one.old is not None and one.old.box == (10.1, 20.2, 30.3, 40.4)


def test_a_proxy_that_was_moved_is_taken_whole() -> None:
    proxy = msgspec.structs.replace(
        BOX, field="proxies", shown=(0.0, 0.0, 0.02, 0.02), xywh=(None, 1.0, 2.0, 3.0)
    )
    (one,) = said(changed(bounding_box=(0.0, 0.0, 0.5, 0.02)), boxes=(proxy,))
    assert one.new is not None and one.new.box == (0.0, 0.0, 320.0, 9.6)
    assert one.old is not None and one.old.box is None


def test_a_box_moved_and_relabelled_is_two_decisions() -> None:
    both = said(changed(label="bus", bounding_box=(0.5, 0.5, 0.1, 0.1)))
    assert [each.action for each in both] == ["move", "relabel"]
    assert both[1].new is not None and both[1].new.category == "bus" and both[1].category == "car"


def test_a_box_that_is_gone_was_deleted() -> None:
    (one,) = said()
    assert (one.action, one.box, one.category) == ("delete", "mark1", "car")


def test_a_box_that_is_new_was_drawn() -> None:
    one = said(SAME, Label("ground_truth", "other", "bus", (0.25, 0.5, 0.1, 0.2)))[0]
    assert (one.action, one.image, one.category) == ("draw", "a.jpg", "bus")
    assert one.new is not None and one.new.box == (160.0, 240.0, 64.0, 96.0)


def test_an_image_taken_out_of_the_app_says_nothing_of_its_boxes() -> None:
    assert decisions(ITEMS, [BOX], [], [], "ann") == []


def test_buttons_and_undo() -> None:
    log = (
        Entry("accept", 0, "t1", "ann"), Entry("ignore", 0, "t2", "bob", "not a fault"), Entry("skip", 1, "t3"),
        Entry("accept", 2, "t4", "ann"), Entry("undo", 2, "t5"), Entry("undo", 2, "t6"),
    )  # fmt: skip
    (one,) = said(SAME, entries=log)
    assert (one.action, one.fingerprint, one.reviewer, one.reason) == ("ignore", "f0", "bob", "not a fault")


def test_the_form_and_a_tag_speak_of_all_findings_of_the_box() -> None:
    for label in (changed(review="ignore"), changed(tags=["annotool:ignore"])):
        assert [(each.action, each.fingerprint) for each in said(label)] == [
            ("ignore", "f0"),
            ("ignore", "f1"),
        ]


def test_a_tag_may_name_the_rule_it_is_about() -> None:
    (one,) = said(changed(tags=["annotool:accept:BOX003"]))
    assert (one.action, one.fingerprint) == ("accept", "f1")
    both = said(changed(tags=["annotool:accept:BOX003", "annotool:ignore:BOX002"]))
    assert [(each.action, each.rule) for each in both] == [("accept", "BOX003"), ("ignore", "BOX002")]


def test_a_tag_on_the_outline_of_a_box_speaks_of_the_box_and_the_outline_is_none() -> None:
    outline = Label("outlines", label_id("outlines", 7), tags=["annotool:ignore"])
    assert [(each.action, each.rule) for each in said(SAME, outline)] == [
        ("ignore", "BOX002"),
        ("ignore", "BOX003"),
    ]
    guess = Label("predictions", label_id("predictions", 7), "car", (0.0, 0.0, 0.5, 0.5), ["annotool:ignore"])
    assert said(SAME, guess) == []


def test_what_a_button_wrote_on_a_box_is_no_word_on_its_other_findings() -> None:
    both = said(changed(tags=["annotool:accepted BOX002"]), entries=(Entry("accept", 0, "t", "ann"),))
    assert [(each.action, each.rule) for each in both] == [("accept", "BOX002")]


def test_tags_of_an_image() -> None:
    def tagged(*tags: str) -> list[Decision]:
        after = [After(SAMPLE, "a.jpg", (640.0, 480.0), "t", [SAME], ["train", *tags])]
        return decisions(ITEMS, [BOX], [], after, "ann", ["train"])

    assert tagged() == []
    assert [(each.action, each.rule) for each in tagged("annotool:ignore")] == [
        ("ignore", "BOX002"),
        ("ignore", "BOX003"),
    ]
    assert [each.rule for each in tagged("annotool:accept:BOX003")] == ["BOX003"]
    assert tagged("annotool:delete") == [], "an image's tag deletes no box"
    (own,) = tagged("blurred")
    assert (
        own.action == "tag" and own.image == "a.jpg" and own.new is not None and own.new.tags == ("blurred",)
    )


def test_labels_of_whole_images() -> None:
    mark = label_id("image_label", 7)
    whole = msgspec.structs.replace(BOX, id=mark, field="image_label", xywh=(None,) * 4, shown=(0.0,) * 4)
    same = Label("image_label", mark, "car")
    assert said(same, boxes=(whole,)) == []
    (one,) = said(msgspec.structs.replace(same, label="bus"), boxes=(whole,))
    assert (
        one.action == "relabel" and one.new is not None and one.new.category == "bus" and one.box == "mark1"
    )
    (one,) = said(boxes=(whole,))
    assert one.action == "delete"
    (one,) = said(Label("image_labels", "0123456789abcdef01234567", "bus"), boxes=())
    assert one.action == "draw" and one.category == "bus" and one.new is not None and one.new.box is None


def test_a_label_of_an_image_deleted_and_given_anew_is_relabelled() -> None:
    mark = label_id("image_label", 7)
    whole = msgspec.structs.replace(BOX, id=mark, field="image_label", xywh=(None,) * 4, shown=(0.0,) * 4)
    (one,) = said(Label("image_label", "0123456789abcdef01234567", "bus"), boxes=(whole,))
    assert (one.action, one.box, one.old) == ("relabel", "mark1", Value(category="car"))
    assert one.new == Value(category="bus")
    assert said(Label("image_label", "0123456789abcdef01234567", "car"), boxes=(whole,)) == []


def test_one_of_several_labels_deleted_and_given_anew_is_none_that_changed() -> None:
    marks = [label_id("image_labels", row) for row in (7, 8)]
    boxes = tuple(
        msgspec.structs.replace(BOX, id=oid, mark=name, field="image_labels", label=name, shown=(0.0,) * 4)
        for oid, name in zip(marks, ("car", "bus"), strict=True)
    )
    first, second = (Label("image_labels", oid, box.label) for oid, box in zip(marks, boxes, strict=True))
    new = Label("image_labels", "0123456789abcdef01234567", "car")
    assert said(second, new, boxes=boxes) == []
    other = msgspec.structs.replace(new, label="van")
    assert [(each.action, each.category) for each in said(second, other, boxes=boxes)] == [
        ("draw", "van"), ("delete", "car"),
    ]  # fmt: skip
    (one,) = said(msgspec.structs.replace(first, label="bus"), second, boxes=boxes)
    assert (one.action, one.box) == ("delete", "car"), "an image has a label once"
    swapped = [msgspec.structs.replace(each, label=name) for each, name in ((first, "van"), (second, "van"))]
    assert sorted(each.action for each in said(*swapped, boxes=boxes)) == ["delete", "relabel"]


def test_a_tag_on_the_box_a_fix_would_make_speaks_of_its_finding() -> None:
    made = Label("proposals", label_id("proposals", 1), tags=["annotool:accept"])
    assert [(each.action, each.rule) for each in said(SAME, made)] == [("accept", "BOX003")]


def test_tags_that_say_nothing_are_told() -> None:
    def told(label: Label, *tags: str) -> list[str]:
        return said_nothing(ITEMS, [After(SAMPLE, "a.jpg", (640.0, 480.0), "t", [label], ["train", *tags])])

    assert (
        told(SAME) == told(changed(tags=["mine", "annotool:ignore:BOX003", "annotool:accepted BOX002"])) == []
    )
    assert told(SAME, "annotool:accept:BOX002") == []
    (one,) = told(changed(tags=["annotool:ignore:BOX03"]))
    assert one.startswith("The tag annotool:ignore:BOX03 says nothing") and "BOX003" in one
    assert "annotool:delete" in told(SAME, "annotool:delete")[0]


def test_a_reason_of_the_form_comes_along() -> None:
    assert {each.reason for each in said(changed(review="ignore", reason="as it should be"))} == {
        "as it should be"
    }


def test_a_button_goes_before_the_tag_it_left() -> None:
    both = said(changed(tags=["annotool:ignore"]), entries=(Entry("accept", 0, "t", "ann"),))
    assert [(each.action, each.fingerprint) for each in both] == [("accept", "f0"), ("ignore", "f1")]


def test_own_tags_are_told() -> None:
    (one,) = said(changed(tags=["check again"]))
    assert one.action == "tag" and one.new is not None and one.new.tags == ("check again",)


def test_trust_counts_what_was_mended_by_hand_as_confirmed() -> None:
    rows = {each.rule: each for each in trust(ITEMS, said(changed(label="bus")))}
    assert (rows["BOX002"].confirmed, rows["BOX003"].confirmed, rows["SCH010"].undecided) == (1, 1, 1)
    rows = {each.rule: each for each in trust(ITEMS, said(SAME, entries=(Entry("ignore", 1, "t"),)))}
    assert (rows["BOX002"].undecided, rows["BOX003"].rejected) == (1, 1)


side = st.floats(1e-3, 5000, allow_subnormal=False)


@given(st.tuples(side, side, side, side), st.floats(1, 10_000), st.floats(1, 10_000), st.integers(0, 3))
def test_only_the_moved_side_changes(
    xywh: tuple[float, float, float, float], width: float, height: float, which: int
) -> None:
    x, y, w, h = xywh
    box = msgspec.structs.replace(
        BOX, xywh=xywh, shown=(x / width, y / height, w / width, h / height), size=(width, height)
    )
    now = [*box.shown]
    now[which] += 0.125
    (one,) = said(changed(bounding_box=tuple(now)), boxes=(box,))
    assert one.new is not None and one.new.box is not None
    kept = [one.new.box[at] == xywh[at] for at in range(4) if at != which]
    assert all(kept)
    assert one.new.box[which] == pytest.approx(xywh[which] + 0.125 * (width, height)[which % 2], abs=0.01)
