from pathlib import Path

import pytest

from annotool.errors import UsageError
from tests.formats.yolo.build import ROW, Files, boxes, codes, png, put, read, texts, usual

YAML = "train: {0}/train\nval: {0}/train\nnames: [cat]\n"


def found(root: Path, **options: object) -> list[tuple[str, bool, str]]:
    """File name, whether there is an image, and the label file of each image."""
    data = read(root, **options)
    images, files = data.table("images"), [*data.table("sources")["file"].tolist(), ""]
    return [
        (name, path != "", files[source])
        for name, path, source in zip(
            images["file_name"].tolist(), images["path"].tolist(), images["source"].tolist(), strict=True
        )
    ]


def test_images_and_labels_of_all_kinds(tmp_path: Path) -> None:
    files: Files = {
        "data.yaml": YAML.format("images"),
        "labels/train/a.txt": ROW,
        "labels/train/sub/b.txt": ROW,
        "labels/train/orphan.txt": ROW,
        "labels/train/d.e.TXT": ROW,
        "images/train/a.PNG": png(),
        "images/train/sub/b.jpg": png(),
        "images/train/unlabelled.png": png(),
        "images/train/d.e.png": png(),
        "images/train/Thumbs.db": "x",
    }
    assert found(put(tmp_path, files)) == [
        ("images/train/a.PNG", True, "labels/train/a.txt"),
        ("images/train/d.e.png", True, "labels/train/d.e.TXT"),
        ("images/train/unlabelled.png", True, ""),
        ("images/train/sub/b.jpg", True, "labels/train/sub/b.txt"),
        ("train/orphan", False, "labels/train/orphan.txt"),
    ]


def test_paths_of_images_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual(tmp_path / "set", {"train/a": ROW})
    monkeypatch.chdir(tmp_path)
    data = read(Path("set"))
    assert data.table("images")["path"].tolist() == [str(tmp_path / "set/images/train/a.png")]
    assert data.table("images")["file_name"].tolist() == ["images/train/a.png"]


def test_two_images_of_one_stem(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW})
    data = read(put(root, {"images/train/a.jpg": png(10, 10)}))
    assert len(data.table("images")) == 2
    assert len(data.table("annotations")) == 1
    assert "1 image shares the label file of another of the same stem, which keeps its rows." in data.notes


@pytest.mark.parametrize("folder", ["pictures", "Images", "imgs"])
def test_folders_ultralytics_does_not_look_from(tmp_path: Path, folder: str) -> None:
    files: Files = {"data.yaml": YAML.format(folder)}
    files |= {f"labels/train/{name}.txt": ROW for name in "abc"} | {
        f"{folder}/train/{name}.png": png() for name in "abc"
    }
    data = read(put(tmp_path, files))
    assert boxes(data) == [(40, 15, 20, 20)] * 3
    assert texts(data, "FMT005") == [
        f"3 images in {folder}/train: ultralytics looks for their labels in {folder}/train, they are in labels/train"
    ]
    assert data.problems.column("line").tolist() == [1]


def test_labels_with_keypoints_elsewhere(tmp_path: Path) -> None:
    files: Files = {
        "data.yaml": YAML.format("pictures") + "kpt_shape: [2, 3]\n",
        "pictures/train/a.png": png(),
    }
    files["labels/train/a.txt"] = "0 0.5 0.5 0.2 0.4 0.5 0.5 2 0.4 0.4 1\n"
    assert len(texts(read(put(tmp_path, files)), "FMT005")) == 1


def test_the_last_images_counts(tmp_path: Path) -> None:
    files: Files = {
        "data.yaml": "train: images/a/images\nval: images/a/images\nnames: [cat]\n",
        "images/a/images/x.png": png(),
    }
    data = read(put(tmp_path, {**files, "images/a/labels/x.txt": ROW}))
    assert (codes(data), len(data.table("annotations"))) == ({}, 1)
    (tmp_path / "images/a/labels").rename(tmp_path / "labels")
    data = read(tmp_path)
    assert texts(data, "FMT005") == [
        "1 images in images/a/images: ultralytics looks for their labels in images/a/labels, they are in labels"
    ]


def test_backgrounds_are_not_taken_for_unmappable(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW, "train/b": ROW})
    (root / "labels/train/b.txt").unlink()
    assert codes(read(root)) == {}


def test_images_given_by_the_user(tmp_path: Path) -> None:
    root = usual(tmp_path / "set", {"train/a": ROW, "train/b": ROW}, images=False)
    put(tmp_path / "pictures", {"deep/a.png": png(), "other.png": png()})
    assert found(root, images=tmp_path / "pictures") == [
        ("other.png", True, ""),
        ("deep/a.png", True, "labels/train/a.txt"),
        ("train/b", False, "labels/train/b.txt"),
    ]
    assert codes(read(root, images=tmp_path / "pictures")) == {}
    with pytest.raises(UsageError, match="no such folder"):
        read(root, images=tmp_path / "nowhere")


def test_no_image_is_looked_for(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW})
    data = read(root, images="none")
    assert found(root, images="none") == [("train/a", False, "labels/train/a.txt")]
    assert (data.images_checked, data.probed) == ("none", None)


def test_a_link_that_leads_back_up(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW})
    (root / "images/train/loop").symlink_to(root / "images")
    (root / "labels/train/loop").symlink_to(root / "labels")
    assert len(read(root).table("annotations")) >= 1


@pytest.mark.parametrize("stem", ["файл с пробелами", "a.b.c", "<script>", "quote'\"", "x" * 200, " leading"])
def test_odd_names(tmp_path: Path, stem: str) -> None:
    root = usual(tmp_path, {f"train/{stem}": ROW})
    assert found(root) == [(f"images/train/{stem}.png", True, f"labels/train/{stem}.txt")]


def test_a_dataset_below_a_folder_called_images(tmp_path: Path) -> None:
    root = tmp_path / "images" / "labels" / "fruit"
    yaml = "train: ../train/images\nval: ../train/images\nnames: [cat]\n"
    files: Files = {"data.yaml": yaml, "train/images/a.png": png(), "train/labels/a.txt": ROW}
    data = read(put(root, {**files, "train/labels/orphan.txt": ROW}))
    assert (codes(data), len(data.table("annotations"))) == ({}, 2)
    assert data.table("splits")["split"].tolist() == ["train", "train", "val", "val"]


def test_other_text_files_below_a_folder_called_labels(tmp_path: Path) -> None:
    root = put(tmp_path / "labels" / "fruit", {"a.txt": ROW, "a.png": png(), "README.txt": "about fruit"})
    data = read(root)
    assert (codes(data), len(data.table("annotations"))) == ({}, 1)
