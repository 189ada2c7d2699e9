"""Decisions applied to real files: exactly these, every other byte the same, and a second time nothing."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.fingerprint import fingerprints
from annotool.fixes.decided import IGNORED
from annotool.fixes.decisions import Decision, Value, box_marks, write

FORMS = ["coco", "voc", "yolo"]


def sound(data: Dataset) -> list[int]:
    """Rows of boxes nothing is wrong with, each in an image of its own."""
    bad = set(api.audit(data).column("annotation").tolist())
    rows, seen = [], set[int]()
    for row, image in enumerate(data.table("annotations")["image"].tolist()):
        if row not in bad and image not in seen and data.boxes.usable[row]:
            rows.append(row)
            seen.add(image)
    return rows


def decided(tmp_path: Path, *said: Decision, name: str = "d") -> Path:
    file = tmp_path / f"{name}.jsonl"
    write(file, "test", said)
    return file


def labels(root: Path) -> dict[str, str]:
    return {
        str(file.relative_to(root)): file.read_bytes().decode("utf-8", "surrogateescape")
        for file in sorted(root.rglob("*"))
        if file.suffix in (".json", ".xml", ".txt", ".yaml") and file.is_file()
    }


def differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    assert set(old) == set(new)
    lines = []
    for name in old:
        told = difflib.unified_diff(old[name].splitlines(), new[name].splitlines(), lineterm="", n=0)
        lines += [line for line in told if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return lines


def of_box(data: Dataset, row: int, action: Any, **new: Any) -> Decision:
    image, category = (int(data.table("annotations")[name][row]) for name in ("image", "category"))
    return Decision(
        action, box=box_marks(data)[row], image=data.table("images")["file_name"][image],
        category=data.table("categories")["name"][category], new=Value(**new) if new else None, reviewer="ann",
    )  # fmt: skip


def xywh(data: Dataset, row: int) -> tuple[float, float, float, float]:
    x, y, w, h = (float(data.table("annotations")[side][row]) for side in "xywh")
    return x, y, w, h


@pytest.mark.parametrize("form", FORMS)
def test_delete_move_relabel_and_draw_by_hand(form: str, sample_data: Path, tmp_path: Path) -> None:
    source = sample_data / form
    data = api.read(source)
    rows = sound(data)
    names = [name for name in data.labels if name]
    gone, moved, other, near = rows[:4]
    x, y, w, h = xywh(data, moved)
    new_name = next(name for name in names if name != of_box(data, other, "move").category)
    image = data.table("images")["file_name"][int(data.table("annotations")["image"][near])]
    drawn = Decision(
        "draw",
        image=image,
        category=names[0],
        new=Value(box=(1.0, 2.0, 30.0, 20.0), category=names[0]),
        reviewer="ann",
        reason="seen",
    )
    file = decided(
        tmp_path, of_box(data, gone, "delete"), of_box(data, moved, "move", box=(x, y, w - 3, h - 2)),
        of_box(data, other, "relabel", category=new_name), drawn,
    )  # fmt: skip
    made = api.fix(source, out=tmp_path / "out", decisions=[file])
    assert made.notes == () or not any("not in this dataset" in note for note in made.notes)
    after = api.read(tmp_path / "out")
    assert len(after.table("annotations")) == len(data.table("annotations"))
    marks = set(box_marks(after).tolist())
    assert not {box_marks(data)[row] for row in (gone, moved, other)} & marks
    untouched = set(box_marks(data).tolist()) - {box_marks(data)[row] for row in (gone, moved, other)}
    assert untouched <= marks
    there = {(name, *np.round(box).astype(int).tolist()) for name, box in zip(
        after.names_of(after.table("annotations")["category"]).tolist(),
        np.stack([after.table("annotations")[side] for side in "xywh"], axis=1), strict=True)}  # fmt: skip
    assert (names[0], 1, 2, 30, 20) in there
    assert any(
        each[0] == new_name and each[1:] == tuple(round(side) for side in xywh(data, other)) for each in there
    )
    assert set(made.changes["reviewer"].tolist()) == {"ann"} and set(made.changes["reason"].tolist()) <= {
        "",
        "seen",
    }
    assert "seen" in (tmp_path / "out" / "fixes.jsonl").read_text()
    again = api.fix(tmp_path / "out", decisions=[file])
    assert not len(again.changes), "a second time nothing is left to do"


@pytest.mark.parametrize("form", FORMS)
def test_only_what_was_decided_is_edited(form: str, sample_data: Path, tmp_path: Path) -> None:
    source = sample_data / "faulty" / form
    data = api.read(source)
    findings = api.audit(data)
    prints, fix = fingerprints(data, findings), findings.column("fix")
    rules = findings.column("rule").astype(object)
    wanted = np.flatnonzero((fix > 0) & (rules == ("BOX003" if form != "yolo" else "BOX002")))[:1]
    wanted = wanted if len(wanted) else np.flatnonzero(fix > 0)[:1]
    at = int(wanted[0])
    file = decided(tmp_path, Decision("accept", prints[at], rules[at], reviewer="ann"))
    made = api.fix(source, out=tmp_path / "out", decisions=[file])
    assert set(made.changes["rule"].tolist()) == {rules[at]}
    assert prints[at] not in fingerprints(made.fixed, api.audit(made.fixed)).tolist()
    assert 0 < len(differences(labels(source), labels(tmp_path / "out"))) <= 40
    journal = (tmp_path / "out" / "fixes.jsonl").read_text()
    assert prints[at] in journal


def test_every_other_byte_is_the_same(sample_data: Path, tmp_path: Path) -> None:
    source = sample_data / "faulty" / "coco"
    data = api.read(source)
    row = sound(data)[0]
    file = decided(tmp_path, of_box(data, row, "delete"))
    api.fix(source, out=tmp_path / "out", decisions=[file])
    label = data.table("sources")["file"][data.table("annotations")["source"][row]]
    old, new = labels(source)[label], labels(tmp_path / "out")[label]
    table = data.table("annotations")
    record = old.encode()[int(table["start"][row]) : int(table["end"][row])].decode()
    assert json.loads(record)["id"] == table["id"][row]
    before, after = old.split(record)
    assert new in (
        before.rstrip().removesuffix(",") + after,
        before + after.lstrip().removeprefix(",").lstrip(),
    )


def test_ignored_findings_are_a_baseline_with_reason_and_name(sample_data: Path, tmp_path: Path) -> None:
    source = sample_data / "faulty" / "coco"
    data = api.read(source)
    findings = api.audit(data, select=["BOX002"])
    prints = fingerprints(data, findings)
    said = [Decision("ignore", each, "BOX002", reviewer="ann", reason="as it should be") for each in prints]
    api.fix(source, out=tmp_path / "out", decisions=[decided(tmp_path, *said)])
    entries = [json.loads(line) for line in (tmp_path / "out" / IGNORED).read_text().splitlines()[1:]]
    assert len(entries) == len(prints) and {each["reason"] for each in entries} == {"as it should be"}
    assert {each["by"] for each in entries} == {"ann"}
    found = api.audit(tmp_path / "out", baseline=tmp_path / "out" / IGNORED)
    assert found.of("BOX002").column("known").all() and not found.of("BOX001").column("known").any()


def test_decisions_for_another_dataset_are_refused(sample_data: Path, tmp_path: Path) -> None:
    said = [
        Decision("accept", "0" * 16, "BOX002"), Decision("delete", box="1" * 16),
        Decision("relabel", box=box_marks(api.read(sample_data / "coco"))[0], new=Value(category="unicorn")),
        Decision("draw", image="nowhere.jpg", category="x", new=Value(box=(1.0, 1.0, 2.0, 2.0))),
    ]  # fmt: skip
    made = api.fix(sample_data / "coco", out=tmp_path / "out", decisions=[decided(tmp_path, *said)])
    assert not len(made.changes)
    text = "\n".join(made.notes)
    assert "not in this dataset, done already or made for another: 2" in text
    assert "'unicorn': no such class" in text and "nowhere.jpg" in text
    assert labels(sample_data / "coco") == {
        k: v for k, v in labels(tmp_path / "out").items() if "fixes" not in k
    }


def test_contradictions_are_listed_and_not_applied(sample_data: Path, tmp_path: Path) -> None:
    data = api.read(sample_data / "coco")
    row = sound(data)[0]
    x, y, w, h = xywh(data, row)
    files = [
        decided(tmp_path, of_box(data, row, "delete"), name="a"),
        decided(tmp_path, Decision("move", box=box_marks(data)[row], image="i", new=Value(box=(x, y, w - 1, h)), reviewer="bob"), name="b"),
    ]  # fmt: skip
    made = api.fix(sample_data / "coco", decisions=files)
    assert not len(made.changes)
    assert any("contradict" in note and "ann: delete" in note and "bob: move" in note for note in made.notes)


@pytest.mark.parametrize("form", FORMS)
def test_each_box_that_is_drawn_is_signed_by_who_drew_it(
    form: str, sample_data: Path, tmp_path: Path
) -> None:
    data = api.read(sample_data / form)
    images, name = data.table("images")["file_name"].tolist(), next(each for each in data.labels if each)
    said = [
        Decision("draw", image=image, category=name, new=Value(box=box, category=name), reviewer=who)
        for image, box, who in (
            (images[0], (1.0, 2.0, 30.0, 20.0), "ann"), (images[1], (5.0, 2.0, 30.0, 20.0), "bob")
        )
    ]  # fmt: skip
    made = api.fix(sample_data / form, out=tmp_path / "out", decisions=[decided(tmp_path, *said)])
    told = dict(zip(made.changes["image"].tolist(), made.changes["reviewer"].tolist(), strict=True))
    assert told == {images[0]: "ann", images[1]: "bob"}


def test_a_label_that_was_given_to_an_image_is_told_and_not_lost(sample_data: Path, tmp_path: Path) -> None:
    given = Decision(
        "draw", image="fruit_001.jpg", category="apple", new=Value(category="apple"), reviewer="ann"
    )
    made = api.fix(sample_data / "csv", decisions=[decided(tmp_path, given)])
    assert not len(made.changes)
    (told,) = [note for note in made.notes if "fruit_001.jpg" in note]
    assert (
        told
        == "fruit_001.jpg: the label 'apple' that was given to the image is not added by a fix: write it into its file"
    )
