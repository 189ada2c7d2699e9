"""The documents FiftyOne imports: every box once, where it is, or a proxy of it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotool import api
from annotool.config import Config
from annotool.errors import UsageError
from annotool.reviewing import folder
from annotool.reviewing.folder import Box, Item, Review
from annotool.reviewing.opening import Choice, called, make, reported
from annotool.reviewing.samples import LEAST, clamped, drawable

ANY = st.floats(-3, 3) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0])


@given(arrays.arrays(np.float64, (5, 4), elements=ANY))
def test_a_proxy_is_always_in_the_image_and_never_nothing(xywh: Any) -> None:
    x, y, w, h = clamped(xywh).T
    assert (x >= 0).all() and (y >= 0).all() and (w >= LEAST).all() and (h >= LEAST).all()
    assert (x + w <= 1 + 1e-12).all() and (y + h <= 1 + 1e-12).all()


@given(arrays.arrays(np.float64, (5, 4), elements=ANY))
def test_what_is_drawable_has_a_part_in_the_image(xywh: Any) -> None:
    x, y, w, h = np.where(drawable(xywh)[:, None], xywh, (0.0, 0.0, 1.0, 1.0)).T
    assert (np.minimum(x + w, 1) - np.maximum(x, 0) >= 0).all() and (w > 0).all()
    assert (np.minimum(y + h, 1) - np.maximum(y, 0) >= 0).all() and (h > 0).all()


def test_what_the_app_cannot_draw() -> None:
    boxes = np.array([[0.1, 0.1, 0.2, 0.2], [0.1, 0.1, 0, 0.2], [0.1, 0.1, -0.1, 0.2], [np.nan, 0, 1, 1],
                      [1.2, 0.1, 0.2, 0.2], [0.9, 0.1, 0.2, 0.2], [-0.5, 0.1, 0.2, 0.2]])  # fmt: skip
    assert drawable(boxes).tolist() == [True, False, False, False, False, True, False]


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path))
    return tmp_path


def reviewed(
    path: Path, name: str, **choice: Any
) -> tuple[Review, list[dict[str, Any]], list[Item], list[Box]]:
    data = api.read(path)
    review = make(data, api.audit(data), Config().rules, name, Choice(**choice))
    place = folder.folder(name)
    docs = json.loads((place / "data" / "samples.json").read_bytes())["samples"]
    return (
        review,
        docs,
        folder.lines(place / "findings.jsonl", Item),
        folder.lines(place / "boxes.jsonl", Box),
    )


@pytest.mark.parametrize("form", ["coco", "voc", "yolo"])
def test_every_finding_and_every_box_of_a_faulty_set(form: str, homes: Path, sample_data: Path) -> None:
    path = sample_data / "faulty" / form
    review, docs, items, boxes = reviewed(path, form)
    data = api.read(path)
    assert len(items) == review.findings == len(api.audit(data))
    assert [each.number for each in items] == list(range(len(items)))
    assert [each.score for each in items] == sorted((each.score for each in items), reverse=True)
    samples = {doc["_id"]["$oid"]: doc for doc in docs}
    labels = {
        label["_id"]["$oid"]: (doc, field, label)
        for doc in docs
        for field in ("ground_truth", "proxies")
        for label in doc.get(field, {}).get("detections", [])
    }
    assert set(labels) == {box.id for box in boxes} and len(labels) == len(boxes)
    for each in items:
        assert not each.sample or each.sample in samples
        assert not each.label or each.rule in labels[each.label][2]["rules"]
    for box in boxes:
        assert tuple(labels[box.id][2]["bounding_box"]) == box.shown and box.sample in samples
        assert all(math.isfinite(side) for side in box.shown)
    ids = [label["_id"]["$oid"] for doc in docs for field in doc.values() if isinstance(field, dict)
           for label in field.get("detections", []) + field.get("polylines", [])]  # fmt: skip
    assert len(ids) == len(set(ids)) and all(len(each) == 24 and int(each, 16) for each in ids)
    assert all(Path(doc["filepath"]).is_file() for doc in docs)


def test_images_that_are_not_on_disk_are_listed(homes: Path, sample_data: Path) -> None:
    review, docs, items, _ = reviewed(sample_data / "faulty" / "coco", "missing")
    assert review.missing == ["fruit_008.jpg", "fruit_013.jpg"]
    assert not {doc["file_name"] for doc in docs} & set(review.missing)
    assert any(each.file == "fruit_008.jpg" and not each.sample for each in items)


def test_proxies_stand_for_what_cannot_be_drawn(homes: Path, sample_data: Path) -> None:
    _, _docs, items, boxes = reviewed(sample_data / "faulty" / "coco", "proxies")
    (empty,) = [each for each in items if each.rule == "BOX001"]
    assert empty.field == "proxies"
    box = next(each for each in boxes if each.id == empty.label)
    assert box.xywh[2] == 0 and box.shown[2] >= LEAST
    assert empty.proposal.startswith("set the box to") and empty.place is not None


def test_a_review_of_the_same_labels_stays_with_its_decisions(homes: Path, sample_data: Path) -> None:
    data = api.read(sample_data / "faulty" / "coco")
    first = make(data, api.audit(data), Config().rules, "again", Choice(reviewer="ann"))
    (folder.folder("again") / "log.jsonl").write_text('{"action":"accept","number":0,"time":"t"}\n')
    assert make(data, api.audit(data), Config().rules, "again", Choice(reviewer="ann")) == first
    assert (folder.folder("again") / "log.jsonl").exists()


def test_a_review_of_other_labels_is_refused_under_the_same_name(homes: Path, sample_data: Path) -> None:
    for form in ("coco", "voc"):
        data = api.read(sample_data / "faulty" / form)
        if form == "coco":
            make(data, api.audit(data), Config().rules, "one", Choice())
    with pytest.raises(UsageError, match="another --name"):
        make(data, api.audit(data), Config().rules, "one", Choice())


@pytest.mark.parametrize(
    ("choice", "told"), [(Choice(reviewer="bob"), "is ann's, not bob's"), (Choice(part=(2, 3)), "part 1/3")]
)
def test_a_review_is_not_gone_on_with_by_another_or_on_other_images(
    choice: Choice, told: str, homes: Path, sample_data: Path
) -> None:
    data = api.read(sample_data / "faulty" / "coco")
    first = Choice(part=(1, 3), reviewer="ann")
    made = make(data, api.audit(data), Config().rules, "mine", first)
    for same in (first, Choice(), Choice(reviewer="ann")):
        assert make(data, api.audit(data), Config().rules, "mine", same) == made
    with pytest.raises(UsageError, match=told):
        make(data, api.audit(data), Config().rules, "mine", choice)


def test_nothing_wrong_is_nothing_to_review(homes: Path, sample_data: Path) -> None:
    data = api.read(sample_data / "coco")
    with pytest.raises(UsageError, match="--all-images"):
        make(data, api.audit(data), Config().rules, "clean", Choice())
    review = make(data, api.audit(data), Config().rules, "clean", Choice(every=True))
    assert review.images == len(data.table("images")) and review.findings == 0


def test_known_faults_are_left_out(homes: Path, sample_data: Path, tmp_path: Path) -> None:
    data = api.read(sample_data / "faulty" / "coco")
    api.baseline(data, tmp_path / "known.jsonl", select=["BOX"])
    found = api.audit(data, baseline=tmp_path / "known.jsonl")
    make(data, found, Config().rules, "known", Choice())
    rules = {each.rule for each in folder.lines(folder.folder("known") / "findings.jsonl", Item)}
    assert rules and not any(rule.startswith("BOX") for rule in rules)


def test_findings_of_a_report(homes: Path, sample_data: Path, tmp_path: Path) -> None:
    data = api.read(sample_data / "faulty" / "coco")
    report = tmp_path / "audit.json"
    report.write_text(api.report(data, api.audit(data, select=["BOX"]), "json"))
    found = reported(data, api.audit(data), report)
    asked = ~found.column("known")
    assert set(found.column("rule")[asked]) == {each.rule for each in api.audit(data, select=["BOX"]).blocks}
    assert int(asked.sum()) == len(api.audit(data, select=["BOX"])) > 0
    other = api.read(sample_data / "faulty" / "voc")
    with pytest.raises(UsageError, match="audit it anew"):
        reported(other, api.audit(other, select=["FMT"]), report)
    report.write_text("[]")
    with pytest.raises(UsageError, match="no report"):
        reported(data, api.audit(data), report)


def test_the_same_import_each_time(homes: Path, sample_data: Path) -> None:
    texts = []
    for name in ("first", "second"):
        reviewed(sample_data / "faulty" / "yolo", name)
        texts.append((folder.folder(name) / "data" / "samples.json").read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "x" * 65, "a b"])
def test_names_that_are_no_folder(name: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        called(name, [Path("/x")])


def test_a_name_from_the_path() -> None:
    assert called(None, [Path("/data/My set (1)")]) == "My-set-1"
    assert called(None, [Path("/data/größe.json")]) == "gr-e"


def test_no_review_of_that_name(homes: Path) -> None:
    with pytest.raises(UsageError, match="none yet"):
        folder.load("nobody")


def test_what_is_written_is_plain_json(homes: Path, sample_data: Path) -> None:
    reviewed(sample_data / "faulty" / "voc", "plain")
    place = folder.folder("plain")
    assert msgspec.json.decode((place / "review.json").read_bytes(), type=Review).name == "plain"
    metadata = json.loads((place / "data" / "metadata.json").read_bytes())
    assert {each["name"] for each in metadata["sample_fields"]} >= {"filepath", "severity", "rules", "score"}
