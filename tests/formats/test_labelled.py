from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import api
from annotool.formats.base import Problems, ReadOptions
from annotool.formats.labelled import (
    Gathered,
    Span,
    find_images,
    image_labels,
    label_counts,
    splits_of,
    unlabelled,
    with_labels,
)
from annotool.schema import Kind
from annotool.testing import tiny
from tests.dirty import picture, put, voc_object, voc_text


def labels(*pairs: tuple[int, int], images: int = 4, splits: dict[str, list[int]] | None = None):  # type: ignore[no-untyped-def]
    rows = [
        {"image": image, "category": category, "kind": Kind.IMAGE, "box": (np.nan,) * 4}
        for image, category in pairs
    ]
    return tiny(images, rows, splits=splits)


FACTS = [
    ([(0, 0), (1, 1)], None, {"kind": "single", "images": 2, "several": 0, "none": 2, "from": "inferred"}),
    ([(0, 0), (0, 1), (1, 1)], None, {"kind": "multi", "images": 2, "several": 1, "none": 2, "from": "inferred"}),
    ([(0, 0), (0, 1)], "single", {"kind": "single", "images": 1, "several": 1, "none": 3, "from": "option"}),
    ([(0, 0), (0, 0)], None, {"kind": "single", "images": 1, "several": 0, "none": 3, "from": "inferred"}),
]  # fmt: skip


@pytest.mark.parametrize(("pairs", "kind", "fact"), FACTS)
def test_single_or_multi(pairs: list[tuple[int, int]], kind: str | None, fact: dict[str, object]) -> None:
    data = with_labels(labels(*pairs), kind)
    assert data.facts["labels"] == fact
    assert data.notes[0].startswith(f"{fact['kind']}-label classification")


@pytest.mark.parametrize(("several", "kind"), [(1, "single"), (2, "multi")])
def test_the_border_is_at_95_percent(several: int, kind: str) -> None:
    pairs = [(image, 0) for image in range(20)] + [(image, 1) for image in range(several)]
    assert with_labels(labels(*pairs, images=20)).facts["labels"]["kind"] == kind


def test_boxes_alone_say_nothing_of_labels() -> None:
    assert "labels" not in with_labels(tiny(annotations=[{}]), "single").facts


def test_counts_are_of_different_labels() -> None:
    assert label_counts(labels((0, 0), (0, 0), (0, 1), (2, 1))).tolist() == [2, 0, 1, 0]


def test_what_writers_take() -> None:
    data = tiny(2, [{"kind": Kind.IMAGE}, {}, {"kind": Kind.IMAGE, "category": -1}, {"image": -1, "kind": Kind.IMAGE}],
                splits={"val": [1, 0], "train": [1]})  # fmt: skip
    rows, skipped = unlabelled(data)
    assert rows.tolist() == [0]
    assert [each["why"] for each in skipped] == [
        "this format holds labels of whole images only", "its category is not known", "its image is not known",
    ]  # fmt: skip
    assert unlabelled(data, boxes=True)[0].tolist() == [0, 1]
    assert image_labels(data, rows) == [["cat"], []]
    assert splits_of(data) == [["val"], ["val", "train"]]


def test_names_without_suffix_are_found_by_stem(tmp_path: Path) -> None:
    for name in ("ISIC_1.jpg", "ISIC_2.png"):
        Image.new("RGB", (3, 2)).save(tmp_path / name)
    paths, said = find_images(["ISIC_1", "ISIC_2", "ISIC_3"], [tmp_path], [tmp_path])
    assert [Path(path).name for path in paths] == ["ISIC_1.jpg", "ISIC_2.png", ""]
    assert said.startswith("2 of 3 images found")


def test_what_is_gathered_becomes_tables(tmp_path: Path) -> None:
    gathered = Gathered("csv", tmp_path, ReadOptions(images="none"))
    source = gathered.file(tmp_path / "x.csv", b"0123456789", "val")
    span = Span(source, 2, 5, 1, 0)
    image = gathered.image(str(tmp_path), "a.jpg", span, "train")
    assert gathered.image(str(tmp_path), "a.jpg", span._replace(start=7), "train") == image
    gathered.label(image, "7", span)
    gathered.label(image, "12", span, (1, 2, 3, 4))
    gathered.bad("SCH002", "bad {what}", span, kept=False, what="cell")
    data = gathered.dataset()
    assert data.table("images")["start"].tolist() == [2]
    assert data.table("annotations")["kind"].tolist() == [Kind.IMAGE, Kind.BOX]
    assert data.table("categories")["id"].tolist() == [12, 7]
    assert data.table("splits")["split"].tolist() == ["train"]
    assert data.table("sources")["records"].tolist() == [3]
    assert data.problems.column("kept").tolist() == [False]


def test_an_object_that_lacks_its_box_is_no_label() -> None:
    faulty = Problems()
    faulty.add("SCH002", "neither bbox nor segmentation", annotation=0)
    assert "labels" not in with_labels(replace(labels((0, 0)), problems=faulty.findings())).facts
    assert "labels" in with_labels(replace(labels((0, 0), (1, 0)), problems=faulty.findings())).facts


def test_names_without_suffix_are_found_in_their_folders_too(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.jpg", "2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    paths, said = find_images(["a/1", "b/1", "2", "c/1", "../x/3", "/3"], [tmp_path], [tmp_path])
    assert paths.tolist() == [f"{tmp_path}/a/1.png", f"{tmp_path}/b/1.jpg", f"{tmp_path}/2.png", "", "", ""]
    assert said == f"3 of 6 images found in {tmp_path}"


SETS = {
    "coco": {"annotations.json": '{"images": [{"id": 1, "file_name": "1.jpg", "width": 20, "height": 10}], "annotations": [], "categories": [{"id": 1, "name": "cat"}]}'},
    "csv": {"labels.csv": "file,label\n1.jpg,cat\n"},
    "huggingface": {"metadata.jsonl": '{"file_name": "1.jpg", "label": "cat"}\n'},
    "voc": {"1.xml": voc_text(voc_object(1, 1, 9, 9), filename="1.jpg", width=20, height=10)},
    "voc lists": {"ImageSets/Main/cat_train.txt": "1 1\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_every_format_tells_of_links_that_lead_out(name: str, tmp_path: Path) -> None:
    put(tmp_path, {f"a/in/{file}": held for file, held in SETS[name].items()})
    put(tmp_path, {"far/1.jpg": picture(20, 10)})
    (tmp_path / "a/in/1.jpg").symlink_to(tmp_path / "far/1.jpg")
    told = (
        f"1 leads out of the dataset, by a link or '..', and counts as missing: --images {tmp_path / 'far'}"
    )
    data = api.read(tmp_path / "a/in")
    assert [told in note for note in data.notes].count(True) == 1, data.notes
    assert all(api.read(tmp_path / "a/in", images=str(tmp_path / "far")).table("images")["path"])
