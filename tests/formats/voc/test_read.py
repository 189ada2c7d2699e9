import os
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from annotool.errors import NoDatasetError, UsageError
from annotool.findings import Fix, Severity
from annotool.formats.base import ReadOptions
from annotool.formats.voc.read import read
from annotool.schema import NO_ID, Kind, SizeFrom
from tests.formats.voc.build import PNG, accounted, box, found, load, one, put, xml, xywh

A, B = (
    xml(box(1, 2, 30, 40), box(5, 6, 7, 8, name="dog"), filename="a.png"),
    xml(box(2, 2, 9, 9), filename="b.png"),
)
DEVKIT: dict[str, str | bytes] = {
    "Annotations/a.xml": A, "Annotations/b.xml": B, "JPEGImages/a.png": PNG, "JPEGImages/b.png": PNG,
    "ImageSets/Main/train.txt": "a\n", "ImageSets/Main/val.txt": "b\n", "ImageSets/Main/trainval.txt": "a\nb\n",
}  # fmt: skip


def splits(root: Path, **options: object) -> list[tuple[str, str]]:
    data = load(root, **options)
    table, names = data.table("splits"), data.table("images")["file_name"]
    return [
        (names[image], split)
        for image, split in zip(table["image"].tolist(), table["split"].tolist(), strict=True)
    ]


def test_a_devkit(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    images, rows, sources = data.table("images"), data.table("annotations"), data.table("sources")
    assert images["file_name"].tolist() == ["a.png", "b.png"]
    assert images["path"].tolist() == [str(tmp_path / f"JPEGImages/{name}.png") for name in "ab"]
    assert (images["width"].tolist(), images["height"].tolist()) == ([100.0] * 2, [80.0] * 2)
    assert images["size_from"].tolist() == [SizeFrom.DECLARED] * 2
    assert (images["id"] == NO_ID).all()
    assert xywh(data) == [(0, 1, 30, 39), (4, 5, 3, 3), (1, 1, 8, 8)]
    assert rows["kind"].tolist() == [Kind.BOX] * 3
    assert data.names_of(rows["category"]).tolist() == ["cat", "dog", "cat"]
    assert [rows[name].tolist() for name in ("image", "source", "index")] == [[0, 0, 1], [0, 0, 1], [0, 1, 0]]
    assert sources["file"].tolist() == ["Annotations/a.xml", "Annotations/b.xml", "ImageSets/Main/train.txt",
                                        "ImageSets/Main/trainval.txt", "ImageSets/Main/val.txt"]  # fmt: skip
    assert sources["role"].tolist() == ["labels"] * 2 + ["split"] * 3
    assert sources["records"].tolist() == [2, 1, 0, 0, 0]
    assert data.notes[0] == "the list trainval holds train and val: it is no split of its own"
    assert (data.facts["image_root"], data.facts["declared_categories"]) == (
        str(tmp_path / "JPEGImages"),
        False,
    )
    assert len(data.problems) == 0


def test_records_know_their_bytes_and_lines(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    rows = data.table("annotations")
    for row in range(3):
        source, start, end = (int(rows[name][row]) for name in ("source", "start", "end"))
        record, held = data.source_bytes(source)[start:end], bytes(data.source_bytes(source))
        assert bytes(record).startswith(b"<object>")
        assert bytes(record).endswith(b"</object>")
        assert held.count(b"\n", 0, start) + 1 == rows["line"][row]
    images = data.table("images")
    assert [images[name].tolist() for name in ("start", "end", "line")] == [[0, 0], [len(A), len(B)], [1, 1]]


@pytest.mark.parametrize("names", [("a.xml", "a.png"), ("a.XML", "a.PNG"), ("annotations/a.xml", "images/a.png"),
                                   ("Annotations/a.xml", "JPEGImages/a.png"), ("gt/a.xml", "images/a.png")])  # fmt: skip
def test_images_are_found(tmp_path: Path, names: tuple[str, str]) -> None:
    put(tmp_path, {names[0]: A, names[1]: PNG})
    root = tmp_path / "gt" if names[0].startswith("gt") else tmp_path
    assert load(root).table("images")["path"].tolist() == [str(tmp_path / names[1])]


def test_the_stem_goes_before_the_filename(tmp_path: Path) -> None:
    files = {
        "a.xml": xml(filename="b.png"),
        "b.xml": xml(filename="zzz.png"),
        "c.xml": xml(filename="other.png"),
        "d.xml": xml(filename=""),
    }
    pictures = dict.fromkeys(("a.png", "b.png", "other.png", "d.png"), PNG)
    data = load(put(tmp_path, {**files, **pictures}))
    images = data.table("images")
    assert [Path(path).name for path in images["path"].tolist()] == ["a.png", "b.png", "other.png", "d.png"]
    assert images["file_name"].tolist() == [
        "b.png",
        "zzz.png",
        "other.png",
        "d.png",
    ]  # as written; FMT006 tells
    assert images["source"].tolist() == [0, 1, 2, 3]


def test_images_without_an_xml_are_rows(tmp_path: Path) -> None:
    data = load(put(tmp_path, {"a.xml": A, "a.png": PNG, "lone.jpg": PNG, "a.jpg": PNG}))
    images = data.table("images")
    assert images["file_name"].tolist() == ["a.png", "a.jpg", "lone.jpg"]
    assert images["source"].tolist() == [0, -1, -1]
    assert [images[name].tolist() for name in ("start", "end", "line")] == [
        [0, -1, -1],
        [len(A), -1, -1],
        [1, 0, 0],
    ]


def test_missing_images_and_none(tmp_path: Path) -> None:
    put(tmp_path, DEVKIT)
    (tmp_path / "JPEGImages/b.png").unlink()
    assert [bool(path) for path in load(tmp_path).table("images")["path"]] == [True, False]
    without = load(tmp_path, images="none")
    assert (without.images_checked, without.table("images")["path"].tolist()) == ("none", ["", ""])
    assert load(tmp_path, decode=True).images_checked == "decode"


def test_the_image_folder_can_be_given(tmp_path: Path) -> None:
    put(tmp_path, {"labels/a.xml": A, "far/away/a.png": PNG})
    assert load(tmp_path / "labels").table("images")["path"].tolist() == [""]
    given = load(tmp_path / "labels", images=tmp_path / "far/away")
    assert given.table("images")["path"].tolist() == [str(tmp_path / "far/away/a.png")]
    with pytest.raises(UsageError, match="no such folder"):
        load(tmp_path / "labels", images=tmp_path / "nowhere")


def test_paths_that_lead_out_are_never_followed(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "secret.png": PNG,
            "set/labels/x.xml": xml(filename="../../secret.png"),
            "set/labels/y.xml": xml(filename="/etc/passwd"),
        },
    )
    (tmp_path / "set/labels/z.xml").write_text(xml())
    (tmp_path / "set/labels/z.png").symlink_to(tmp_path / "secret.png")
    images = load(tmp_path / "set/labels").table("images")
    assert images["path"].tolist() == ["", "", ""]
    assert images["file_name"].tolist()[:2] == ["../../secret.png", "/etc/passwd"]


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, DEVKIT)
    monkeypatch.chdir(tmp_path / "Annotations")
    data = load(Path())
    assert data.table("images")["path"].tolist() == [
        str(tmp_path / f"JPEGImages/{name}.png") for name in "ab"
    ]
    assert data.table("sources")["file"].tolist()[:2] == ["a.xml", "b.xml"]
    assert data.table("sources")["file"].tolist()[2] == (tmp_path / "ImageSets/Main/train.txt").as_posix()
    assert len(data.table("splits")) == 2


def test_one_file(tmp_path: Path) -> None:
    put(tmp_path, DEVKIT)
    data = load(tmp_path / "Annotations/b.xml")
    assert (xywh(data), data.table("sources")["file"][0]) == ([(1, 1, 8, 8)], "b.xml")
    assert data.table("images")["path"][0] == str(tmp_path / "JPEGImages/b.png")


def test_split_folders(tmp_path: Path) -> None:
    files = {f"{split}/{name}.{kind}": content for split in ("train", "valid") for name, kind, content in
             (("a", "xml", A), ("a", "png", PNG), ("only", "jpg", PNG))}  # fmt: skip
    data = load(put(tmp_path, files))
    assert data.table("images")["file_name"].tolist() == [
        "train/a.png",
        "valid/a.png",
        "train/only.jpg",
        "valid/only.jpg",
    ]
    assert data.table("images")["path"].tolist()[0] == str(tmp_path / "train/a.png")
    assert splits(tmp_path) == [
        (name, name.split("/")[0]) for name in data.table("images")["file_name"].tolist()
    ]


def test_sub_folders_of_a_devkit(tmp_path: Path) -> None:
    files = {f"{top}/{folder}/a.{kind}": content for folder in ("x", "y") for top, kind, content in
             (("Annotations", "xml", A), ("JPEGImages", "png", PNG))}  # fmt: skip
    put(tmp_path, {**files, "ImageSets/Main/train.txt": "x/a\n", "ImageSets/Main/test.txt": "y/a\n"})
    assert splits(tmp_path) == [("y/a.png", "test"), ("x/a.png", "train")]


def test_an_inner_folder_of_the_labels_alone(tmp_path: Path) -> None:
    data = load(put(tmp_path, {"annotations/xmls/a.xml": A, "images/a.png": PNG}))
    assert data.table("images")["file_name"].tolist() == ["a.png"]
    assert data.table("images")["path"].tolist() == [str(tmp_path / "images/a.png")]


def test_lists(tmp_path: Path) -> None:
    put(tmp_path, DEVKIT)
    put(tmp_path, {"JPEGImages/lone.png": PNG, "ImageSets/Main/train.txt": "a\nlone\nghost\na\n", "ImageSets/Main/cat_train.txt": "a 1\nb -1\n",
                   "ImageSets/Main/trainval.txt": "a\nb\nlone\nghost\n", "Annotations/unlisted.xml": xml(filename="u.png")})  # fmt: skip
    data = load(tmp_path)
    assert splits(tmp_path) == [
        ("a.png", "train"),
        ("lone.png", "train"),
        ("ghost", "train"),
        ("b.png", "val"),
    ]
    images = data.table("images")
    ghost = images["file_name"].tolist().index("ghost")
    assert (images["path"][ghost], images["image"][ghost], images["line"][ghost]) == ("", ghost, 3)
    assert data.table("sources")["file"][images["source"][ghost]] == "ImageSets/Main/train.txt"
    assert "1 xml file is in no list of ImageSets: read, and in no split" in data.notes
    part = data.problems.blocks[0]
    assert (part.rule, part.text(0)) == ("SCH002", "a is listed twice, first on line 1")
    assert (part.columns["severity"][0], part.columns["fix"][0], part.columns["line"][0]) == (
        Severity.WARNING,
        Fix.SAFE,
        4,
    )
    held = bytes(data.source_bytes(int(part.columns["source"][0])))
    assert held[: part.columns["start"][0]] + held[part.columns["end"][0] :] == b"a\nlone\nghost\n"
    table = data.table("splits")
    assert table["line"].tolist() == [1, 2, 3, 1]
    assert data.table("sources")["file"][table["source"][0]] == "ImageSets/Main/train.txt"


def test_an_image_in_two_lists_is_a_leak(tmp_path: Path) -> None:
    put(tmp_path, {**DEVKIT, "ImageSets/Main/val.txt": "b\na\n"})
    assert splits(tmp_path) == [("a.png", "train"), ("b.png", "val"), ("a.png", "val")]


def test_the_split_can_be_given(tmp_path: Path) -> None:
    put(tmp_path, DEVKIT)
    assert splits(tmp_path, split="holdout") == [("a.png", "holdout"), ("b.png", "holdout")]


def test_declared_categories(tmp_path: Path) -> None:
    put(tmp_path, {**DEVKIT, "labels.txt": "horse\ndog\n"})
    data = load(tmp_path)
    table = data.table("categories")
    assert table["name"].tolist() == ["horse", "dog", "cat"]
    assert [table[name].tolist() for name in ("line", "index")] == [[1, 2, 0], [0, 1, -1]]
    source = int(table["source"][0])
    assert table["source"].tolist() == [source, source, -1]
    assert data.table("sources")["role"][source] == "classes"
    assert bytes(data.source_bytes(source)[table["start"][1] : table["end"][1]]) == b"dog\n"
    assert data.facts["declared_categories"] is True
    assert data.names_of(data.table("annotations")["category"]).tolist() == ["cat", "dog", "cat"]


def test_categories_from_a_file_of_the_user(tmp_path: Path) -> None:
    put(tmp_path, {**DEVKIT, "labels.txt": "other\n", "mine/names": "dog\ncat\n"})
    assert load(tmp_path, classes=tmp_path / "mine/names").table("categories")["name"].tolist() == [
        "dog",
        "cat",
    ]
    with pytest.raises(UsageError, match="--classes"):
        load(tmp_path, classes=tmp_path / "absent")


def test_a_name_declared_twice(tmp_path: Path) -> None:
    data = load(put(tmp_path, {**DEVKIT, "labels.txt": "cat\ndog\ncat\n"}))
    table = data.table("categories")
    assert (table["name"].tolist(), table["label"].tolist()) == (["cat", "dog", "cat"], [0, 1, 0])
    assert data.table("annotations")["category"].tolist() == [0, 1, 0]


def test_names_are_taken_as_they_stand(tmp_path: Path) -> None:
    names = ["Кот в сапогах v1.2", " cat ", "Cat", "<b>", "a&b", "x\ty"]
    escaped = [name.replace("&", "&amp;").replace("<", "&lt;") for name in names]
    data = one(tmp_path, xml(*(box(1, 2, 3, 4, name=name) for name in escaped)))
    assert data.names_of(data.table("annotations")["category"]).tolist() == names
    assert data.table("categories")["name"].tolist() == sorted(names)


def test_cyrillic_paths_with_spaces_and_dots(tmp_path: Path) -> None:
    stem = "фото 1.2 (копия)"
    put(tmp_path, {f"Annotations/{stem}.xml": xml(box(1, 2, 3, 4), filename=f"{stem}.JPG"), f"JPEGImages/{stem}.JPG": PNG,
                   "ImageSets/Main/train.txt": f"{stem}\r\n"})  # fmt: skip
    data = load(tmp_path)
    assert data.table("images")["path"].tolist() == [str(tmp_path / f"JPEGImages/{stem}.JPG")]
    assert splits(tmp_path) == [(f"{stem}.JPG", "train")]


def test_utf16_has_no_bytes_of_its_own_but_lines(tmp_path: Path) -> None:
    data = one(
        tmp_path,
        f'<?xml version="1.0" encoding="utf-16"?>\n{xml(box(1, 2, 30, 40, name="кот"))}'.encode("utf-16"),
    )
    rows = data.table("annotations")
    assert [rows[name].tolist() for name in ("start", "end", "line")] == [[-1], [-1], [9]]
    assert data.table("categories")["name"].tolist() == ["кот"]
    assert found(data) == []


def test_unreadable_text_files(tmp_path: Path) -> None:
    put(tmp_path, {**DEVKIT, "labels.txt": b"cat\nd\xf6g\n", "ImageSets/Main/train.txt": b"a\n\xff\n"})
    assert [(rule, message[:21]) for rule, message, _ in found(load(tmp_path))] == [
        ("SCH001", "the file is not UTF-8")
    ] * 2


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    put(tmp_path, DEVKIT)
    (tmp_path / "Annotations/c.xml").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "Annotations/d.xml")
    data = load(tmp_path)
    assert [(rule, message, kept) for rule, message, kept in found(data)] == [
        ("SCH001", "the file cannot be read: no such file or directory; nothing is read", False),
    ]  # and a pipe is no file at all
    assert accounted(data)


def test_the_overlay_takes_the_files_place(tmp_path: Path) -> None:
    put(tmp_path, DEVKIT)
    overlay = {tmp_path / "Annotations/a.xml": xml(box(9, 9, 10, 10)).encode(), tmp_path / "Annotations/b.xml": None,
               tmp_path / "ImageSets/Main/val.txt": b"", tmp_path / "ImageSets/Main/trainval.txt": None}  # fmt: skip
    data = load(tmp_path, overlay=overlay)
    assert xywh(data) == [(8, 8, 2, 2)]
    assert data.table("sources")["file"].tolist() == [
        "Annotations/a.xml",
        "ImageSets/Main/train.txt",
        "ImageSets/Main/val.txt",
    ]
    assert data.table("images")["file_name"].tolist() == ["a.png", "b.png"]
    assert data.table("images")["source"].tolist() == [0, -1]


def test_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(NoDatasetError, match="no xml files"):
        read(tmp_path, ReadOptions())


def test_a_set_of_broken_files_alone(tmp_path: Path) -> None:
    data = load(put(tmp_path, {"Annotations/a.xml": "", "Annotations/b.xml": "<x", "JPEGImages/a.png": PNG}))
    assert (len(data.table("images")), len(data.table("annotations")), accounted(data)) == (2, 0, True)
    assert data.table("images")["file_name"].tolist() == ["a.png", "b"]
    assert np.isnan(data.table("images")["width"]).all()


def test_the_side_file_gives_names_back(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            **DEVKIT,
            "annotool-names.csv": "stem,file_name,width,height\na,sub/..weird/é.png,100,80\nnone,x,,\n",
        },
    )
    data = load(tmp_path)
    assert data.table("images")["file_name"].tolist() == ["sub/..weird/é.png", "b.png"]
    odd = data.table("originals")
    assert [odd[name].tolist() for name in ("table", "row", "column", "raw")] == [
        ["images"],
        [0],
        ["file_name"],
        ["a.png"],
    ]


def test_hidden_files_are_nobodys(tmp_path: Path) -> None:
    data = load(
        put(tmp_path, {**DEVKIT, "Annotations/._a.xml": b"\x00\x05\x16\x07", "JPEGImages/._a.png": b"\x00"})
    )
    assert (len(data.table("images")), found(data)) == (2, [])


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"a\xff")
    data = load(put(tmp_path, {f"Annotations/{name}.xml": A, f"JPEGImages/{name}.png": PNG}))
    assert data.table("images")["path"].tolist() == [str(tmp_path / f"JPEGImages/{name}.png")]
    assert data.table("sources")["file"].tolist() == [f"Annotations/{name}.xml"]


def test_what_another_reader_sees(tmp_path: Path) -> None:
    """The standard library's parser is the judge of names and numbers."""
    document = xml(*(box(n, 2, 30 + n, 40, name=f"c{n} &#233;&lt;") for n in range(5)), filename="&amp;.png")
    data = one(tmp_path, document)
    root = ET.fromstring(document)
    names = [each.findtext("name") for each in root.iter("object")]
    assert data.names_of(data.table("annotations")["category"]).tolist() == names
    assert data.table("images")["file_name"].tolist()[0] == root.findtext("filename")
    assert [x + 1 for x, *_ in xywh(data)] == [
        float(each.findtext("bndbox/xmin") or "") for each in root.iter("object")
    ]
