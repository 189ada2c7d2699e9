from __future__ import annotations

from pathlib import Path

import pytest

from annotool.formats.images import called, locate, roots_beside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("images/a.jpg", "images/sub/b.JPG", "other/a.jpg", "secret.jpg"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(b"x")
    (tmp_path / "outside.jpg").write_bytes(b"x")
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.jpg", "images/a.jpg"),
        ("sub/b.JPG", "images/sub/b.JPG"),
        (r"sub\b.JPG", "images/sub/b.JPG"),
        pytest.param("sub/b.jpg", "images/sub/b.JPG", id="another case"),
        pytest.param(r"C:\old\images\sub\b.jpg", "images/sub/b.JPG", id="the tail of a dead absolute path"),
        pytest.param("/home/else/a.jpg", "images/a.jpg", id="absolute"),
        pytest.param("../wrong/a.jpg", "images/a.jpg", id="up"),
        ("none.jpg", ""),
        ("", ""),
    ],
)
def test_names_as_people_write_them(root: Path, name: str, found: str) -> None:
    located = locate([name], [root / "images"], [root])
    assert located.paths[0] == (str(root / found) if found else "")


def test_the_root_with_most_names_wins_and_is_said(root: Path) -> None:
    located = locate(["a.jpg", "sub/b.JPG"], [root / "other", root / "images"], [root])
    assert located.root == root / "images"
    assert "2 of 2 images found" in located.said


def test_nothing_outside_the_dataset_is_found(root: Path) -> None:
    (root / "images" / "link.jpg").symlink_to(root.parent / "outside.jpg")
    located = locate(["link.jpg", "../../outside.jpg", "a.jpg"], [root / "images"], [root])
    assert located.paths.tolist()[:2] == ["", ""]
    assert located.paths[2]


def test_no_images_at_all(root: Path) -> None:
    located = locate(["x.jpg"], [root / "images"], [root])
    assert located.root is None
    assert located.said == "no image files found"


def test_roots_are_beside_and_one_up(root: Path) -> None:
    (root / "annotations").mkdir()
    roots = roots_beside(root / "annotations", "val")
    assert roots[0] == root / "annotations" or root / "images" in roots
    assert root / "images" in roots
    assert all(each.is_dir() for each in roots)


def test_a_file_is_found_by_the_name_it_is_about_to_take_and_by_no_other(root: Path) -> None:
    path = str(root / "images/sub/b.JPG")
    renamed = {path: str(root / "images/sub/b.PNG")}
    names = ["a.jpg", "sub/b.JPG", "sub/b.PNG", "sub/B.png"]
    found = locate(names, [root / "images"], [root], renamed)
    assert found.paths.tolist() == [str(root / "images/a.jpg"), "", path, path]


def test_files_by_the_names_they_are_about_to_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    renamed = {str(tmp_path / "x/a.jpg"): str(tmp_path / "x/a.png"), "x/b.jpg": "x/b.bmp"}
    assert called("x", ["a.jpg", "b.jpg", "c.jpg"], renamed) == {
        "a.png": "a.jpg",
        "b.bmp": "b.jpg",
        "c.jpg": "c.jpg",
    }
    assert called("x", ["a.jpg"], {}) == {"a.jpg": "a.jpg"}


def test_links_that_lead_out_are_told_with_what_helps(root: Path) -> None:
    (root.parent / "far").mkdir()
    for name in ("x.jpg", "y.jpg"):
        (root.parent / "far" / name).write_bytes(b"x")
        (root / "images" / name).symlink_to(root.parent / "far" / name)
    located = locate(["a.jpg", "x.jpg", "y.jpg"], [root / "images"], [root])
    told = f"; 2 lead out of the dataset, by a link or '..', and count as missing: --images {root.parent / 'far'}"
    assert located.said == f"1 of 3 images found in {root / 'images'}{told}"
    assert located.outside == told
    again = locate(["x.jpg", "y.jpg"], [root.parent / "far"], [root, root.parent / "far"])
    assert all(again.paths) and not again.outside


def test_a_folder_that_is_a_link_is_the_datasets(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "images").rename(root.parent / "far")
    (root / "images").symlink_to(root.parent / "far")
    assert all(locate(["a.jpg"], [root / "images"], [root]).paths)
    monkeypatch.chdir(root.parent)
    near = Path(root.name)
    assert all(locate(["a.jpg"], [near / "images"], [near.absolute()]).paths), "by a relative path too"
