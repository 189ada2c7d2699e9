from pathlib import Path

import pytest

from annotool.formats.base import ReadOptions
from annotool.formats.listing import Listing
from annotool.formats.voc import FORMAT
from annotool.formats.voc.layout import Layout
from tests.formats.voc.build import PNG, box, put, xml

DOC = xml(box(1, 2, 3, 4))

CLAIMED = [
    (["a.xml", "a.png"], "*.xml, 1 xml file"),
    (["a.XML", "a.PNG"], "*.xml, 1 xml file"),
    (["annotations/a.xml", "images/a.png"], "annotations/, 1 xml file"),
    (["Annotations/a.xml", "JPEGImages/a.png", "ImageSets/Main/train.txt"], "Annotations/ and JPEGImages/, 1 xml file"),
    (["ANNOTATIONS/sub/a.xml", "ANNOTATIONS/b.xml"], "ANNOTATIONS/, 2 xml files"),
    (["train/a.xml", "train/a.png", "valid/b.xml"], "split folders, 2 xml files"),
    (["labels/a.xml", "images/a.png"], "labels/, 1 xml file"),
]  # fmt: skip


def laid(root: Path, names: list[str]) -> Path:
    return put(
        root,
        {
            name: PNG if name.lower().endswith("png") else DOC if name.lower().endswith("xml") else ""
            for name in names
        },
    )


@pytest.mark.parametrize(("names", "evidence"), CLAIMED)
def test_layouts_are_claimed(tmp_path: Path, names: list[str], evidence: str) -> None:
    claims = FORMAT.detect(Listing(laid(tmp_path, names)))
    assert not isinstance(claims, str)
    assert [(each.format, each.path, each.evidence) for each in claims] == [("voc", tmp_path, evidence)]


def test_companions_and_locks_are_neither_labels_nor_images(tmp_path: Path) -> None:
    data = FORMAT.read(
        laid(tmp_path, ["a.xml", "a.png", "~$a.xml", "._a.xml", "~$b.png", "._b.png"]), ReadOptions()
    )
    assert data.table("images")["file_name"].tolist() == ["a.png"]
    assert data.table("sources")["file"].tolist() == ["a.xml"]


NOT_CLAIMED = [
    ({"pom.xml": "<project/>"}, "the root element of pom.xml is <project>, not <annotation>"),
    ({"annotations.xml": "<annotations><image/></annotations>"}, "the root element of annotations.xml is <annotations>, not <annotation>"),
    ({"annotations/instances_train.json": "{}", "images/a.png": PNG}, "no xml files"),
    ({"a.xml": ""}, "no xml file is VOC's"),
    ({"JPEGImages/a.png": PNG, "Annotations.dvc": "outs:"}, "Annotations.dvc is a dvc pointer; run `dvc pull`"),
    ({}, "no xml files"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "why"), NOT_CLAIMED)
def test_others_are_not(tmp_path: Path, files: dict[str, str | bytes], why: str) -> None:
    said = FORMAT.detect(Listing(put(tmp_path, files)))
    assert isinstance(said, str)
    assert said.endswith(why)


@pytest.mark.parametrize(
    "head",
    [
        "<annotation/>", "\ufeff<annotation >", "<?xml version='1.0'?>\n<!-- by hand -->\n<annotation x='1'>",
        "<!DOCTYPE annotation [<!ENTITY a 'b>'>]>\n<annotation>", "  <annotation>cut",
    ],
)  # fmt: skip
def test_a_root_is_seen_through_what_comes_before(tmp_path: Path, head: str) -> None:
    put(tmp_path, {"a.xml": head, "b.xml": head.removeprefix("\ufeff").encode("utf-16")})
    assert not isinstance(FORMAT.detect(Listing(tmp_path)), str)
    assert not isinstance(FORMAT.detect_file(tmp_path / "b.xml"), str)


def test_a_devkit_with_broken_files_is_one_all_the_same(tmp_path: Path) -> None:
    claims = FORMAT.detect(Listing(put(tmp_path, {"Annotations/a.xml": "", "JPEGImages/a.png": PNG})))
    assert not isinstance(claims, str)


def test_files(tmp_path: Path) -> None:
    put(tmp_path, {"a.xml": DOC, "b.xml": "<html/>", "c.txt": "", "d.xml": ""})
    said = [FORMAT.detect_file(tmp_path / name) for name in ("a.xml", "b.xml", "c.txt", "d.xml")]
    assert [each if isinstance(each, str) else each.path.name for each in said] == [
        "a.xml", "the root element is <html>, not <annotation>", "no xml file", "empty, or no XML"
    ]  # fmt: skip


def test_several_roots_are_several_datasets(tmp_path: Path) -> None:
    for year in ("VOC2007", "VOC2012"):
        laid(tmp_path / "VOCdevkit" / year, ["Annotations/a.xml", "JPEGImages/a.png"])
    assert isinstance(FORMAT.detect(Listing(tmp_path)), str)
    assert isinstance(FORMAT.detect(Listing(tmp_path / "VOCdevkit")), str)
    assert not isinstance(FORMAT.detect(Listing(tmp_path / "VOCdevkit/VOC2007")), str)


def test_the_parts_of_a_devkit(tmp_path: Path) -> None:
    laid(tmp_path, ["Annotations/b/a.xml", "Annotations/c.xml", "ImageSets/Main/val.txt", "ImageSets/Main/train.TXT",
                    "ImageSets/Layout/test.txt", "labelmap.txt", "annotool-names.csv"])  # fmt: skip
    for path in (tmp_path, tmp_path / "Annotations"):
        layout = Layout.of(path)
        assert layout.labels == tmp_path / "Annotations"
        assert [each.name for each in layout.lists] == ["train.TXT", "val.txt"]
        assert (layout.class_list, layout.names) == (
            tmp_path / "labelmap.txt",
            tmp_path / "annotool-names.csv",
        )
        assert layout.files == ("c.xml", "b/a.xml")
    assert Layout.of(tmp_path).nested
    assert Layout.of(tmp_path / "Annotations/c.xml").files == ("c.xml",)
