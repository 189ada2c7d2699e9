"""The whole way without the App: reviewed, decided, fixed, reviewed again; on COCO, VOC and YOLO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from annotool import api
from annotool.config import Config
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.fixes.decided import IGNORED
from annotool.fixes.decisions import Decision, box_marks, write
from annotool.reviewing import folder
from annotool.reviewing.decided import After, Label, decisions
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Box, Item
from annotool.reviewing.ids import EDITABLE
from annotool.reviewing.opening import Choice, make

FORMS = pytest.mark.parametrize("form", ["coco", "voc", "yolo"])
INNER = ("detections", "classifications")


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path / "reviews"))
    (tmp_path / "reviews").mkdir()
    return tmp_path


def reviewed(path: Path, name: str, **options: Any) -> tuple[Dataset, Desk]:
    data = api.read(path)
    make(
        data, api.audit(data, **options), Config().rules, name, Choice(reviewer="ann", reasons=("so it is",))
    )
    return data, Desk(folder.folder(name))


def as_left(desk: Desk) -> list[After]:
    """The images as the App would hold them, had nobody touched a label."""
    docs = json.loads((desk.place / "data" / "samples.json").read_bytes())["samples"]
    out = []
    for doc in docs:
        labels = [
            Label(field, label["_id"]["$oid"], label["label"], tuple(label["bounding_box"]))
            for field in EDITABLE
            for inner in INNER
            for label in doc.get(field, {}).get(inner, [])
        ]
        size = (doc["metadata"]["width"], doc["metadata"]["height"])
        out.append(
            After(doc["_id"]["$oid"], doc["file_name"], size, "2026-01-01T00:00:00", labels, doc["tags"])
        )
    return out


def said(desk: Desk, after: list[After]) -> list[Decision]:
    boxes = folder.lines(desk.place / "boxes.jsonl", Box)
    return decisions(desk.items, boxes, desk.entries(), after, "ann", desk.review.splits)


def changed(after: list[After], oid: str, **values: Any) -> list[After]:
    return [
        msgspec.structs.replace(
            image,
            labels=[
                msgspec.structs.replace(each, **values) if each.id == oid else each for each in image.labels
            ],
        )
        for image in after
    ]


def quiet(desk: Desk) -> Box:
    """A box nothing was found of."""
    flagged = {each.box for each in desk.items}
    boxes = folder.lines(desk.place / "boxes.jsonl", Box)
    return next(each for each in boxes if each.mark not in flagged and each.field == "ground_truth")


def texts(root: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(root)): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.suffix in (".json", ".xml", ".txt") and file.is_file()
    }


@FORMS
def test_a_review_nobody_touched_changes_no_byte(form: str, homes: Path, sample_data: Path) -> None:
    source = sample_data / "faulty" / form
    _, desk = reviewed(source, form)
    assert said(desk, as_left(desk)) == []
    write(homes / "d.jsonl", form, [])
    made = api.fix(source, out=homes / "out", decisions=[homes / "d.jsonl"])
    assert not len(made.changes) and texts(homes / "out") == texts(source)


@FORMS
def test_one_box_that_was_moved_is_one_record_and_all_others_keep_their_numbers(
    form: str, homes: Path, sample_data: Path
) -> None:
    source = sample_data / form
    data = api.read(source)
    make(data, api.audit(data), Config().rules, form, Choice(every=True))
    desk = Desk(folder.folder(form))
    box = quiet(desk)
    x, y, w, h = box.shown
    words = said(desk, changed(as_left(desk), box.id, bounding_box=(x, y, w * 0.75, h)))
    assert [(each.action, each.box) for each in words] == [("move", box.mark)]
    write(homes / "d.jsonl", form, words)
    api.fix(source, out=homes / "out", decisions=[homes / "d.jsonl"])
    after = api.read(homes / "out")
    rows = np.flatnonzero(box_marks(data) != box.mark)
    for side in ("x", "y", "w", "h", "xn", "yn", "wn", "hn"):
        before, now = (each.table("annotations")[side] for each in (data, after))
        assert np.array_equal(before[rows], now[rows], equal_nan=True), side
    (row,) = np.flatnonzero(box_marks(data) == box.mark)
    wide = float(after.table("annotations")["w"][row])
    assert wide == pytest.approx(0.75 * float(data.table("annotations")["w"][row]), abs=1)


@FORMS
def test_the_round_is_idempotent_and_a_second_review_shows_only_what_is_undecided(
    form: str, homes: Path, sample_data: Path
) -> None:
    source = sample_data / "faulty" / form
    _, desk = reviewed(source, form)
    fixable = next(each for each in desk.items if each.box and each.proposal and each.fix == "safe")
    ignored = next(each for each in desk.items if each.box and each.box != fixable.box)
    desk.decide([fixable], "accept", "so it is")
    desk.decide([ignored], "ignore", "so it is")
    words = said(desk, as_left(desk))
    assert [(each.action, each.reason) for each in words if each.fingerprint == ignored.fingerprint] == [
        ("ignore", "so it is")
    ]
    write(homes / "d.jsonl", form, words)
    api.fix(source, out=homes / "out", decisions=[homes / "d.jsonl"])
    journal = [json.loads(line) for line in (homes / "out" / "fixes.jsonl").read_text().splitlines()[1:-1]]
    mine = [line for line in journal if line["fingerprint"] == fixable.fingerprint]
    assert mine and {(line["reviewer"], line["reason"]) for line in mine} == {("ann", "so it is")}
    again = api.fix(homes / "out", decisions=[homes / "d.jsonl"])
    assert not len(again.changes)
    _, second = reviewed(homes / "out", f"{form}-2", baseline=homes / "out" / IGNORED)
    left = {each.fingerprint for each in second.items}
    assert not {fixable.fingerprint, ignored.fingerprint} & left
    others = {each.fingerprint for each in desk.items} - {fixable.fingerprint, ignored.fingerprint}
    assert len(others & left) >= len(others) - 5, "what nobody decided is asked again"
    (entry,) = [
        json.loads(line)
        for line in (homes / "out" / IGNORED).read_text().splitlines()[1:]
        if "so it is" in line
    ]
    assert (entry["reason"], entry["by"]) == ("so it is", "ann")


@FORMS
def test_decisions_for_labels_that_changed_since_are_refused_by_name(
    form: str, homes: Path, sample_data: Path
) -> None:
    source = sample_data / form
    data = api.read(source)
    make(data, api.audit(data), Config().rules, form, Choice(every=True))
    desk = Desk(folder.folder(form))
    box = quiet(desk)
    x, y, w, h = box.shown
    first = said(desk, changed(as_left(desk), box.id, bounding_box=(x, y, w * 0.75, h)))
    write(homes / "first.jsonl", form, first)
    api.fix(source, out=homes / "moved", decisions=[homes / "first.jsonl"])
    old = said(desk, [msgspec.structs.replace(each, labels=[one for one in each.labels if one.id != box.id])
                      for each in as_left(desk)])  # fmt: skip
    assert [each.action for each in old] == ["delete"]
    write(homes / "old.jsonl", form, old)
    made = api.fix(homes / "moved", out=homes / "out", decisions=[homes / "old.jsonl"])
    assert not len(made.changes) and any("not in this dataset" in note for note in made.notes)
    moved = api.read(homes / "moved")
    with pytest.raises(UsageError, match="made from other labels"):
        make(moved, api.audit(moved), Config().rules, form, Choice(every=True))


@FORMS
def test_reviewers_who_contradict_each_other_are_both_named_and_nothing_is_done(
    form: str, homes: Path, sample_data: Path
) -> None:
    source = sample_data / "faulty" / form
    _, desk = reviewed(source, form)
    item = next(each for each in desk.items if each.proposal and each.fix == "safe")
    for name, action in (("ann", "accept"), ("bob", "ignore")):
        word = Decision(action, item.fingerprint, item.rule, item.box, item.file, reviewer=name, time=name)  # type: ignore[arg-type]
        write(homes / f"{name}.jsonl", form, [word])
    files = [homes / "ann.jsonl", homes / "bob.jsonl"]
    made = api.fix(source, out=homes / "out", decisions=files)
    assert not len(made.changes) and texts(homes / "out") == texts(source)
    (note,) = [each for each in made.notes if "contradict" in each]
    assert "ann: accept" in note and "bob: ignore" in note
    alone = api.fix(source, decisions=files[:1])
    assert len(alone.changes)


def test_findings_of_files_and_classes_say_where_they_are(homes: Path, sample_data: Path) -> None:
    from annotool.reviewing.words import place, subject

    items: list[Item] = []
    for form in ("coco", "voc", "yolo"):
        items += reviewed(sample_data / "faulty" / form, form)[1].items
    for each in items:
        assert subject(each), each
    of_files = [each for each in items if not each.file]
    assert of_files and all(place(each) for each in of_files)
    assert {place(each) for each in of_files if not each.where and not each.category} == {"the whole dataset"}
    assert {subject(each) for each in of_files if each.where and not each.category} == {"the label file"}
    assert {subject(each) for each in items if not each.box and each.file} == {"the whole image"}


def test_a_relabelled_image_is_one_word_in_its_csv(homes: Path) -> None:
    from PIL import Image

    root = homes / "set"
    root.mkdir()
    names = [f"{name}.png" for name in "abcd"]
    for name in names:
        Image.new("RGB", (20, 10), (9, 90, 9)).save(root / name)
    text = "file_name,label\n" + "".join(f"{name},{'cat' if name < 'c' else 'dog'}\n" for name in names)
    (root / "labels.csv").write_text(text)
    data = api.read(root / "labels.csv")
    make(data, api.audit(data), Config().rules, "csv", Choice(every=True))
    desk = Desk(folder.folder("csv"))
    box = next(each for each in folder.lines(desk.place / "boxes.jsonl", Box) if each.file == "b.png")
    docs = json.loads((desk.place / "data" / "samples.json").read_bytes())["samples"]
    after = [
        After(doc["_id"]["$oid"], doc["file_name"], (20, 10), "t",
              [Label("image_label", doc["image_label"]["_id"]["$oid"], doc["image_label"]["label"])], doc["tags"])
        for doc in docs
    ]  # fmt: skip
    words = said(desk, changed(after, box.id, label="dog"))
    assert [(each.action, each.image) for each in words] == [("relabel", "b.png")]
    write(homes / "d.jsonl", "csv", words)
    api.fix(root / "labels.csv", out=homes / "out", decisions=[homes / "d.jsonl"])
    assert (homes / "out" / "labels.csv").read_text() == text.replace("b.png,cat", "b.png,dog")
