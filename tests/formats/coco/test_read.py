from pathlib import Path

import pytest

from annotool.errors import NoDatasetError
from annotool.formats.base import ReadOptions
from annotool.formats.coco import FORMAT
from annotool.schema import SizeFrom
from tests.formats.coco.build import annotation, category, codes, document, image, lines, put, read, read_text

TWO = {
    "annotations/instances_train2017.json": document(
        [image(1), image(2)], [annotation(1, image_id=2)], [category(3, "dog"), category(1, "cat")]
    ),
    "annotations/instances_val2017.json": document(
        [image(1, file_name="v.jpg")], [annotation(1), annotation(2, category_id=9)], [category(1, "cat")]
    ),
}


def test_spans_lead_to_the_records(tmp_path: Path) -> None:
    content = document([image(1), image(2)], [annotation(1), annotation(2)], info={"a": [1]})
    text = lines(content)
    data = read_text(tmp_path, text)
    for name in ("images", "annotations", "categories"):
        table = data.table(name)
        for row in range(len(table)):
            start, end, line = (int(table[column][row]) for column in ("start", "end", "line"))
            assert text[start:end].startswith(b'{"id": %d' % table["id"][row])
            assert text[start:end].endswith(b"}")
            assert line == text[:start].count(b"\n") + 1
            assert table["index"][row] == row
    rows = data.table("annotations")
    for start, end in zip(rows["seg_start"], rows["seg_end"], strict=True):
        assert text[start:end] == b"[[10, 10, 60, 10, 60, 50.5, 10, 50]]"


def test_files_are_put_side_by_side(tmp_path: Path) -> None:
    data = read(put(tmp_path, TWO))
    assert data.table("annotations")["image"].tolist() == [1, 2, 2]
    assert data.table("annotations")["category"].tolist() == [1, 2, -1]
    assert data.table("categories")["label"].tolist() == [0, 1, 1]
    assert data.table("splits")["split"].tolist() == ["train", "train", "val"]
    assert data.table("splits")["image"].tolist() == [0, 1, 2]
    sources = data.table("sources")
    assert sources["file"].tolist() == list(TWO)
    assert sources["split"].tolist() == ["train", "val"]
    assert sources["records"].tolist() == [5, 4]
    assert sources["path"].tolist() == [0, 0]
    assert data.paths == (tmp_path,)
    assert bytes(data.source_bytes(1)) == (tmp_path / "annotations/instances_val2017.json").read_bytes()


def test_one_file_without_a_splits_name_is_in_no_split(tmp_path: Path) -> None:
    data = read_text(tmp_path, document())
    assert len(data.table("splits")) == 0
    assert data.table("sources")["file"].tolist() == ["labels.json"]


def test_a_file_with_the_images_of_all_others_is_not_read(tmp_path: Path) -> None:
    files = {f"{name}.json": document([image(n)]) for n, name in enumerate(("train", "val"), 1)}
    files["all.json"] = document([image(1), image(2)])
    data = read(put(tmp_path, files))
    assert data.table("sources")["file"].tolist() == ["train.json", "val.json"]
    assert "Not read: all.json, whose images are those of the other files together." in data.notes


def test_files_with_the_same_images_are_both_read(tmp_path: Path) -> None:
    data = read(put(tmp_path, {"train.json": document(), "val.json": document()}))
    assert len(data.table("images")) == 2


def test_what_lies_beside_is_named(tmp_path: Path) -> None:
    data = read(put(tmp_path, {**TWO, "annotations/~$lock.json": b"\x00"}))
    assert data.notes == ("Not read: annotations/~$lock.json (no JSON text).",)
    assert codes(data) == []


def test_lvis(tmp_path: Path) -> None:
    picture = {"id": 7, "width": 640, "height": 480, "coco_url": "http://images.cocodataset.org/train2017/000000000007.jpg",
               "neg_category_ids": [3], "not_exhaustive_category_ids": []}  # fmt: skip
    content = document(
        [picture], [annotation(image_id=7, iscrowd=...)], [category(frequency="r", synset="a.n.01")]
    )
    data = read_text(tmp_path, content)
    assert codes(data) == []
    assert data.table("images")["file_name"].tolist() == ["train2017/000000000007.jpg"]
    assert data.table("annotations")["iscrowd"].tolist() == [-1]
    assert data.facts["lvis"] is True
    assert data.table("categories")["extra"].tolist() == [True]


def test_images_are_found_beside_and_below(tmp_path: Path) -> None:
    put(tmp_path, {**TWO, "train2017/1.jpg": b"x", "val2017/v.jpg": b"x"})
    data = FORMAT.read(tmp_path, ReadOptions())
    train = tmp_path / "train2017"
    assert data.table("images")["path"].tolist() == [
        str(train / "1.jpg"),
        "",
        str(tmp_path / "val2017/v.jpg"),
    ]
    assert data.facts["image_root"] == str(train)
    assert data.images_checked == "header"


def test_images_in_a_folder_of_an_unusual_name(tmp_path: Path) -> None:
    put(tmp_path, {**TWO, "some/where/1.jpg": b"x"})
    data = FORMAT.read(tmp_path, ReadOptions())
    assert data.table("images")["path"].tolist() == [str(tmp_path / "some/where/1.jpg"), "", ""]


def test_images_given_and_none_asked_for(tmp_path: Path) -> None:
    put(tmp_path, {"a/labels.json": document(), "b/1.jpg": b"x", "a/1.jpg": b"y"})
    given = FORMAT.read(tmp_path / "a/labels.json", ReadOptions(images=tmp_path / "b"))
    assert given.table("images")["path"].tolist() == [str(tmp_path / "b/1.jpg")]
    none = FORMAT.read(tmp_path / "a/labels.json", ReadOptions(images="none"))
    assert none.table("images")["path"].tolist() == [""]
    assert none.images_checked == "none"


def test_a_name_that_leads_out_is_not_looked_at(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"secret.jpg": b"x", "set/data/labels.json": document([image(file_name="../../secret.jpg")])},
    )
    data = FORMAT.read(tmp_path / "set/data/labels.json", ReadOptions())
    assert data.table("images")["path"].tolist() == [""]


def test_sizes_are_declared_or_unknown(tmp_path: Path) -> None:
    data = read_text(tmp_path, document([image(1), {"id": 2, "file_name": "2.jpg"}]))
    assert data.table("images")["size_from"].tolist() == [SizeFrom.DECLARED, SizeFrom.UNKNOWN]


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"train.json": document(), "val.json": document()})
    real = Path.open

    def refusing(self: Path, *args: object, **kwargs: object) -> object:
        if self.name == "val.json":
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refusing)
    data = read(tmp_path)
    assert codes(data) == ["SCH001"]
    assert data.table("sources")["file"].tolist() == ["train.json", "val.json"]
    assert len(data.table("images")) == 1


def test_no_label_files(tmp_path: Path) -> None:
    with pytest.raises(NoDatasetError, match="no COCO label files"):
        read(tmp_path)


def test_an_overlay_is_read_instead(tmp_path: Path) -> None:
    put(tmp_path, {"labels.json": document()})
    changed = lines(document(annotations=[annotation(5)]))
    data = read(tmp_path / "labels.json", overlay={tmp_path / "labels.json": changed})
    assert data.table("annotations")["id"].tolist() == [5]


def test_a_large_file_is_read_as_a_small_one(tmp_path: Path) -> None:
    records = [annotation(n, note="x" * 3000) if n % 7 else annotation(n) for n in range(1, 1500)]
    data = read_text(tmp_path, document(annotations=records))
    assert data.table("annotations")["id"].tolist() == list(range(1, 1500))
    assert data.table("annotations")["extra"].tolist() == [n % 7 != 0 for n in range(1, 1500)]
    assert len(data.rings) == 1499


def test_absent_columns_cost_no_memory(tmp_path: Path) -> None:
    rows = read_text(tmp_path, document(annotations=[annotation(n) for n in range(1, 100)])).table(
        "annotations"
    )
    constant = [name for name in rows if rows[name].strides == (0,)]
    assert {"score", "difficult", "truncated", "occluded", "kpt_start", "kpt_end", "xn", "decimals"} <= set(
        constant
    )
