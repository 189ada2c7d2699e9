from __future__ import annotations

from pathlib import Path

import pytest

from annotool import api
from annotool.errors import NoDatasetError
from annotool.findings import Edits, Op
from annotool.fixes import splices
from annotool.formats import patch
from annotool.formats.base import Claim, ReadOptions
from annotool.formats.listing import Listing
from annotool.formats.voc import FORMAT
from annotool.schema import Kind
from tests.dirty import accounted, picture, put, seen, voc_object, voc_text

LISTS = {
    "ImageSets/Main/train.txt": "2007_1\n2007_2\n2007_3\n",
    "ImageSets/Main/cat_train.txt": "2007_1  1\n2007_2 -1\n2007_3  0\n",
    "ImageSets/Main/dog_train.txt": "2007_1  1\r\n2007_2 -1\r\n2007_3 -1\r\n",
    "ImageSets/Main/cat_val.txt": "2007_4  1\n",
    "ImageSets/Main/dog_val.txt": "2007_4 -1\n",
    "ImageSets/Main/cat_trainval.txt": "2007_1  1\n2007_2 -1\n2007_3  0\n2007_4  1\n",
    "ImageSets/Main/potted plant_test.txt": "2007_5 1\n",
}
IMAGES = {f"JPEGImages/2007_{at}.jpg": picture(20, 10, shade=at) for at in range(1, 6)}


def test_lists_of_classes_are_labels_where_no_xml_is(tmp_path: Path) -> None:
    data = api.read(put(tmp_path, {**LISTS, **IMAGES}))
    rows, images = data.table("annotations"), data.table("images")
    shown = zip(
        data.image_values("file_name").tolist(), data.names_of(rows["category"]).tolist(), strict=True
    )
    assert sorted(shown) == [
        ("2007_1.jpg", "cat"), ("2007_1.jpg", "dog"), ("2007_4.jpg", "cat"), ("2007_5.jpg", "potted plant"),
    ]  # fmt: skip
    assert (rows["kind"] == Kind.IMAGE).all()
    assert all(images["path"])
    splits = dict(zip(images["file_name"].tolist(), data.image_splits.tolist(), strict=True))
    assert splits == {
        f"2007_{at}.jpg": split
        for at, split in zip(range(1, 6), ["train"] * 3 + ["val", "test"], strict=True)
    }
    assert data.facts["labels"]["none"] == 2
    assert data.facts["class_lists"] == ["cat", "dog", "potted plant"]
    assert "entries of 0 (hard to see) in lists of a class are no labels: 1" in data.notes
    assert accounted(data)


def test_beside_xml_they_are_none(tmp_path: Path) -> None:
    text = voc_text(voc_object(1, 1, 9, 9), filename="2007_1.jpg", width=20, height=10)
    data = api.read(put(tmp_path / "lists", {**LISTS, **IMAGES, "Annotations/2007_1.xml": text}))
    assert (data.table("annotations")["kind"] == Kind.BOX).all()
    assert "labels" not in data.facts
    plain = {name: held for name, held in LISTS.items() if "_" not in name}
    without = put(tmp_path / "plain", {**plain, **IMAGES, "Annotations/2007_1.xml": text})
    assert api.audit(data).counts() == api.audit(api.read(without)).counts(), "the lists bring no finding"


def test_claims(tmp_path: Path) -> None:
    said = "ImageSets/Main with lists of 3 classes, no xml files"
    assert FORMAT.detect(Listing(put(tmp_path / "a", LISTS))) == [Claim("voc", tmp_path / "a", said)]
    plain = put(tmp_path / "b", {"ImageSets/Main/train.txt": "1\n", "ImageSets/Main/cat_train.txt": "1\n"})
    assert FORMAT.detect(Listing(plain)) == "no xml files"
    with pytest.raises(NoDatasetError, match="no xml files"):
        FORMAT.read(plain, ReadOptions())


def test_a_line_that_is_none(tmp_path: Path) -> None:
    lists = {"ImageSets/Main/cat_train.txt": "1 1\n2 7\n3\n4 -1\n"}
    found = seen(put(tmp_path, lists), images="none")
    assert [(each.line, each.message) for each in found.of("SCH002")] == [
        (2, "expected the name of an image and -1, 0 or 1, got '2 7'"),
        (3, "expected the name of an image and -1, 0 or 1, got '3'"),
    ]


def test_a_dropped_label_says_minus_one(tmp_path: Path) -> None:
    data = api.read(put(tmp_path, {**LISTS, **IMAGES}))
    rows, names = data.table("annotations"), data.table("sources")["file"].tolist()
    dog = int((data.names_of(rows["category"]) == "dog").argmax())
    edits = [
        Edits.make(1, op=Op.DROP, table="annotations", row=dog),
        Edits.make(1, op=Op.DROP, table="images", row=int(rows["image"][-1])),
        Edits.make(1, table="annotations", column="category", row=0, new=[1]),
    ]
    made = splices.replaced(data, splices.table(data, patch(data, Edits.concat(edits))))
    assert {names[source]: held for source, held in made.items()} == {
        "ImageSets/Main/dog_train.txt": b"2007_1  -1\r\n2007_2 -1\r\n2007_3 -1\r\n",
        "ImageSets/Main/potted plant_test.txt": b"",
    }


def test_a_label_that_becomes_another_says_so_in_both_lists(tmp_path: Path) -> None:
    data = api.read(put(tmp_path, {**LISTS, **IMAGES}))
    rows, names = data.table("annotations"), data.table("sources")["file"].tolist()
    labels = data.names_of(rows["category"]).tolist()
    images = data.image_values("file_name").tolist()
    row = [*zip(images, labels, strict=True)].index(("2007_4.jpg", "cat"))
    new = data.table("categories")["name"].tolist().index("dog")
    edit = Edits.make(1, table="annotations", column="category", row=row, new=[new])
    made = splices.replaced(data, splices.table(data, patch(data, edit)))
    assert {names[source]: held for source, held in made.items()} == {
        "ImageSets/Main/cat_val.txt": b"2007_4  -1\n",
        "ImageSets/Main/dog_val.txt": b"2007_4 1\n",
    }
    plant = data.table("categories")["name"].tolist().index("potted plant")
    nowhere = Edits.make(1, table="annotations", column="category", row=row, new=[plant])
    assert patch(data, nowhere) == [], "no list of that class names the image"


def test_a_label_goes_with_the_lines_of_its_image(tmp_path: Path) -> None:
    lists = {
        "ImageSets/Main/cat_train.txt": "1 1\n2 -1\n9 1\n",
        "ImageSets/Main/dog_train.txt": "1 1\n9 -1\n",
    }
    root = put(
        tmp_path / "in", {**lists, **{f"JPEGImages/{at}.jpg": picture(20, 10, shade=at) for at in (1, 2)}}
    )
    made = api.fix(root, out=tmp_path / "out", select=["SCH010"], unsafe=True)
    assert not len(made.after)
    main = tmp_path / "out/ImageSets/Main"
    assert (main / "cat_train.txt").read_text() == "1 1\n2 -1\n"
    assert (main / "dog_train.txt").read_text() == "1 1\n"


def test_they_go_to_csv(tmp_path: Path) -> None:
    api.convert(put(tmp_path / "in", {**LISTS, **IMAGES}), "csv", tmp_path / "out")
    text = (tmp_path / "out/labels.csv").read_text().splitlines()
    assert text[0] == "file_name,labels,split"
    assert "images/2007_1.jpg,cat|dog,train" in text


def test_lists_declare_no_sizes_and_name_no_file(tmp_path: Path) -> None:
    lists = {name: text for name, text in LISTS.items() if "_" in name}  # without train.txt
    data = api.read(put(tmp_path, {**lists, **IMAGES}))
    assert len(data.table("images")) == 5
    found = api.audit(data, select=["SCH009", "FMT006"])
    assert not len(found)
