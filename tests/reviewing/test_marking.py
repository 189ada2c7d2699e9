"""Marks, tags of people, and edits by hand, on samples that behave as FiftyOne's."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from annotool.reviewing import folder
from annotool.reviewing.acting import hear
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Item, Review
from annotool.reviewing.ids import label_id, sample_id
from annotool.reviewing.marking import by_hand, mark, spoken, take_up

ONE, TWO = sample_id(1), sample_id(2)


class Label(SimpleNamespace):
    def __getitem__(self, name: str) -> Any:
        return getattr(self, name, None)


class Sample(dict[str, Any]):
    saved = 0

    def __init__(self, oid: str, tags: list[str], **fields: Any) -> None:
        super().__init__(fields)
        self.id, self.tags = oid, tags

    def has_field(self, name: str) -> bool:
        return name in self

    def save(self) -> None:
        self.saved += 1


class Data(dict[str, Sample]):
    """A dataset of few samples."""

    def labels(self) -> list[Label]:
        fields = [held for sample in self.values() for held in sample.values() if held]
        return [label for held in fields for label in held["detections"]]

    def count_label_tags(self) -> dict[str, int]:
        return {tag: 1 for label in self.labels() for tag in label.tags}

    def count_sample_tags(self) -> dict[str, int]:
        return {tag: 1 for sample in self.values() for tag in sample.tags}

    def match_labels(self, tags: list[str]) -> View:
        return View(self, tags)

    match_tags = match_labels


class View(list[Sample]):
    def __init__(self, data: Data, tags: list[str]) -> None:
        super().__init__(data.values())
        self.data = data

    def untag_labels(self, tags: list[str]) -> None:
        for label in self.data.labels():
            label.tags = [tag for tag in label.tags if tag not in tags]

    def untag_samples(self, tags: list[str]) -> None:
        for sample in self:
            sample.tags = [tag for tag in sample.tags if tag not in tags]


def item(number: int, rule: str, sample: str, row: int) -> Item:
    label = label_id("ground_truth", row) if row else ""
    return Item(number, f"f{number}", rule, "slug", "error", 1.0, "", "a.jpg", sample, label,
                "ground_truth" if row else "", "m" if row else "", "car", shown=(0.1, 0.1, 0.2, 0.2), name="car")  # fmt: skip


def box(row: int, *tags: str) -> Label:
    return Label(
        id=label_id("ground_truth", row),
        label="car",
        bounding_box=[0.1, 0.1, 0.2, 0.2],
        tags=[*tags],
        review=None,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    items = [
        item(0, "BOX002", ONE, 7),
        item(1, "BOX003", ONE, 7),
        item(2, "BOX002", TWO, 8),
        item(3, "IMG003", TWO, 0),
    ]
    folder.save(tmp_path / "findings.jsonl", items)
    review = Review("r", ["/data"], "0", "ann", "now", ["car"], 2, 3, 4)
    (tmp_path / "review.json").write_bytes(msgspec.json.encode(review))
    return Desk(tmp_path)


@pytest.fixture
def data() -> Data:
    return Data(
        {
            ONE: Sample(ONE, ["train"], ground_truth={"detections": [box(7)]}),
            TWO: Sample(TWO, [], ground_truth={"detections": [box(8), box(9, "mine")]}, proxies=None),
        }
    )


def test_a_mark_says_what_was_decided_of_which_rule_and_is_no_decision(desk: Desk, data: Data) -> None:
    mark(data, desk.items[:1], "accept")
    (label, *_) = data.labels()
    assert label.tags == ["annotool:accepted BOX002"] and not [*spoken(desk.items, label.tags)]
    mark(data, desk.items[1:2], "ignore")
    assert label.tags == ["annotool:accepted BOX002", "annotool:ignored BOX003"]
    mark(data, desk.items[:1], None)
    assert label.tags == ["annotool:ignored BOX003"]
    assert take_up(data, desk) == ([], [])


def test_tags_of_labels_are_taken_up_once(desk: Desk, data: Data) -> None:
    data.labels()[0].tags = ["annotool:ignore:BOX003", "other"]
    assert [each.number for each in take_up(data, desk)[0]] == [1]
    assert {number: each.action for number, each in desk.decided().items()} == {1: "ignore"}
    assert sorted(data.labels()[0].tags) == ["annotool:ignored BOX003", "other"]
    assert take_up(data, desk) == ([], [])
    desk.undo()
    assert desk.decided() == {}


def test_a_tag_without_a_rule_speaks_of_all_findings_of_the_label(desk: Desk, data: Data) -> None:
    data.labels()[0].tags = ["annotool:accept"]
    assert sorted(each.number for each in take_up(data, desk)[0]) == [0, 1]


def test_a_tag_of_an_image_speaks_of_all_its_findings_and_deletes_nothing(desk: Desk, data: Data) -> None:
    data[TWO].tags = ["annotool:ignore", "val"]
    assert sorted(each.number for each in take_up(data, desk)[0]) == [2, 3]
    assert data[TWO].tags == ["val"]
    data[ONE].tags = ["annotool:delete"]
    found, (told,) = take_up(data, desk)
    assert (
        found == [] and "of an image say accept or ignore" in told and data[ONE].tags == ["annotool:delete"]
    )


def test_a_mistyped_rule_in_a_tag_is_told_and_the_tag_stays(desk: Desk, data: Data) -> None:
    label, other, _ = data.labels()
    label.tags, other.tags = ["annotool:ignore:BOX0O2"], ["annotool:ignore: box002"]
    found, (told,) = take_up(data, desk)
    assert [each.number for each in found] == [2], "small letters and a space are no mistake"
    assert told == (
        "The tag annotool:ignore:BOX0O2 says nothing: nothing was found of a rule BOX0O2; the nearest is BOX002."
    )
    assert label.tags == ["annotool:ignore:BOX0O2"], "it can be put right"
    label.tags = ["annotool:ignore:XYZ9"]
    assert "there are BOX002, BOX003, IMG003" in take_up(data, desk)[1][0]


def test_a_mistyped_word_in_a_tag_is_told(desk: Desk, data: Data) -> None:
    data.labels()[0].tags = ["annotool:ignored", "annotool:accepted BOX002", "other"]
    found, (told,) = take_up(data, desk)
    assert found == [] and told.startswith(
        "The tag annotool:ignored says nothing: there are annotool:accept,"
    )


def test_one_rule_named_for_all_of_a_view_is_no_mistake_on_labels_without_it(desk: Desk, data: Data) -> None:
    for label in data.labels():
        label.tags = ["annotool:ignore:BOX003"]
    found, told = take_up(data, desk)
    assert [each.number for each in found] == [1] and told == []
    assert not any("annotool:ignore:BOX003" in label.tags for label in data.labels())


def test_a_tag_on_the_box_a_fix_would_make_speaks_of_its_finding(desk: Desk, data: Data) -> None:
    made = Label(id=label_id("proposals", 3), label="IMG003 fix", tags=["annotool:accept"])
    data[TWO]["proposals"] = {"detections": [made]}
    found, told = take_up(data, desk)
    assert [each.number for each in found] == [3] and told == [] and made.tags == []


def test_what_was_edited_by_hand_needs_no_more_decision(desk: Desk, data: Data) -> None:
    assert by_hand(data, desk, ONE) == []
    (label,) = data[ONE]["ground_truth"]["detections"]
    for name, value in (("label", "bus"), ("bounding_box", [0.1, 0.1, 0.2, 0.3]), ("review", "ignore")):
        before = label[name]
        setattr(label, name, value)
        assert [each.number for each in by_hand(data, desk, ONE)] == [0, 1]
        setattr(label, name, before)
    data[ONE]["ground_truth"]["detections"].clear()
    assert [each.number for each in by_hand(data, desk, ONE)] == [0, 1]
    desk.decide(desk.items[:2], "mend")
    assert desk.mended(ONE) == desk.items[:2] and desk.progress() == (2, 4)
    assert desk.undo() == [], "what was done in Annotate is undone there"


def test_an_edit_that_was_taken_back_in_annotate_leaves_its_findings_undecided(
    desk: Desk, data: Data
) -> None:
    (label,) = data[ONE]["ground_truth"]["detections"]
    ctx = SimpleNamespace(dataset=data, current_sample=ONE)
    desk.decide(desk.items[2:3], "ignore")
    label.label = "bus"
    for _ in range(2):
        hear(ctx, desk)
        assert sorted(desk.decided()) == [0, 1, 2]
    assert desk.undo() == [desk.items[2]], "a button's word, not the edit that came after it"
    label.label = "car"
    hear(ctx, desk)
    assert desk.decided() == {} and len(desk.entries()) == 6


def test_a_finding_without_a_label_is_not_edited_by_hand(desk: Desk, data: Data) -> None:
    data[TWO]["ground_truth"]["detections"].clear()
    assert [each.number for each in by_hand(data, desk, TWO)] == [2]
