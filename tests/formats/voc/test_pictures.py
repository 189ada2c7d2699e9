from pathlib import Path

from annotool.formats.base import ReadOptions
from annotool.formats.voc.layout import Layout
from annotool.formats.voc.pictures import Pictures, find
from tests.formats.voc.build import PNG, put, xml


def look(
    root: Path, labels: list[str], pictures: list[str], written: list[str], images: Path | None = None
) -> Pictures:
    put(root, {**{f"{stem}.xml": xml() for stem in labels}, **dict.fromkeys(pictures, PNG)})
    layout = Layout.of(root / "Annotations" if (root / "Annotations").exists() else root)
    stems = [name[: -len(".xml")] for name in layout.files]
    return find(layout, stems, written, ReadOptions(images=images))


def names(root: Path, found: Pictures) -> list[str]:
    return [path and Path(path).relative_to(root).as_posix() for path in found.paths]


def test_of_several_of_one_stem_the_named_one(tmp_path: Path) -> None:
    found = look(tmp_path, ["a", "b"], ["a.jpg", "a.png", "b.bmp", "b.gif"], ["a.png", "b.tif"])
    assert names(tmp_path, found) == ["a.png", "b.bmp"]
    assert dict(found.alone) == {"a.jpg": str(tmp_path / "a.jpg"), "b.gif": str(tmp_path / "b.gif")}
    assert found.said == f"4 of 4 images found in {tmp_path}, 2 of them without xml"


def test_the_folder_with_most_wins(tmp_path: Path) -> None:
    found = look(tmp_path, ["a", "b", "c"], ["a.png", "images/b.png", "images/c.png"], ["", "", ""])
    assert names(tmp_path, found) == ["", "images/b.png", "images/c.png"]
    assert found.root == tmp_path / "images"


def test_case_may_differ(tmp_path: Path) -> None:
    assert names(tmp_path, look(tmp_path, ["IMG_1", "b"], ["img_1.JPG", "b.png"], ["", ""])) == [
        "img_1.JPG",
        "b.png",
    ]


def test_an_ambiguous_name_in_other_folders_is_no_match(tmp_path: Path) -> None:
    labels, pictures = (
        ["Annotations/z/a", "Annotations/b"],
        ["JPEGImages/x/a.png", "JPEGImages/y/a.png", "JPEGImages/b.png"],
    )
    found = look(tmp_path, labels, pictures, ["", ""])
    assert names(tmp_path, found) == ["JPEGImages/b.png", ""]


def test_a_name_found_by_filename_is_not_alone(tmp_path: Path) -> None:
    found = look(tmp_path, ["a", "b"], ["a.png", "other.png"], ["a.png", "other.png"])
    assert names(tmp_path, found) == ["a.png", "other.png"]
    assert dict(found.alone) == {}


def test_no_images(tmp_path: Path) -> None:
    found = look(tmp_path, ["a"], [], ["a.png"])
    assert (found.paths, found.alone, found.root, found.said) == ([""], {}, None, "0 of 1 images found")
    assert look(tmp_path, [], ["unrelated.png"], [""]).alone == {}


def test_a_given_folder_may_hold_the_usual_one(tmp_path: Path) -> None:
    root, away = tmp_path / "set", tmp_path / "away"
    put(away, {"JPEGImages/a.png": PNG})
    assert [Path(path).parent for path in look(root, ["a"], [], [""], images=away).paths] == [
        away / "JPEGImages"
    ]
