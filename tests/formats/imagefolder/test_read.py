from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import api
from annotool.errors import NoDatasetError
from annotool.findings import Edits
from annotool.formats.base import ReadOptions
from annotool.formats.imagefolder import FORMAT
from annotool.formats.listing import Listing
from annotool.schema import Kind, SizeFrom


def picture() -> bytes:
    held = BytesIO()
    Image.new("RGB", (7, 5)).save(held, "png")
    return held.getvalue()


PNG = picture()


def put(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(PNG if name.lower().endswith(("png", "jpg")) else b"{}")
    return root


CLAIMED = [
    (["cat/1.png", "dog/2.JPG"], "2 class folders"),
    (
        [
            "cat/1.png",
            "dog/2.png",
            "README.md",
            "classes.txt",
            ".git/config",
            "cat/.DS_Store",
            "cat/Thumbs.db",
            "__MACOSX/cat/._1.png",
        ],
        "2 class folders",
    ),
    (["train/cat/1.png", "train/dog/2.png", "test/cat/3.png"], "2 class folders in test, train"),
    (["val/кот/1.png", "val/dog.v2 x/2.png"], "2 class folders in val"),
    (["train/a/1.png", "train/b/2.png", "train/c/", "loose.png"], "3 class folders in train"),
]


@pytest.mark.parametrize(("names", "evidence"), CLAIMED)
def test_class_folders_are_claimed(tmp_path: Path, names: list[str], evidence: str) -> None:
    claims = FORMAT.detect(Listing(put(tmp_path, *names)))
    assert not isinstance(claims, str)
    assert [(each.format, each.path, each.evidence) for each in claims] == [
        ("imagefolder", tmp_path, evidence)
    ]


NOT_CLAIMED = [
    ["cat/1.png"],
    ["1.png", "2.png"],
    ["cat/", "dog/"],
    ["images/1.png", "labels/1.txt"],  # YOLO
    ["images/train/1.png", "images/val/2.png", "labels/train/1.txt", "data.yaml"],
    ["train/images/1.png", "train/labels/1.txt", "valid/images/2.png", "valid/labels/2.txt"],
    ["obj_train_data/1.png", "obj_train_data/1.txt", "other/2.png", "obj.data"],  # Darknet
    ["train2017/1.png", "val2017/2.png", "annotations/instances_train2017.json"],  # COCO
    ["train/1.png", "train/_annotations.coco.json", "valid/2.png", "valid/_annotations.coco.json"],
    ["a/1.png", "b/2.png", "annotations.json"],
    ["Annotations/1.xml", "JPEGImages/1.png"],  # VOC
    ["JPEGImages/1.png", "SegmentationClass/1.png"],
    ["a/1.png", "a/1.xml", "b/2.png", "b/2.xml"],
    ["images/cat/1.png", "images/dog/2.png", "labels/cat/1.txt", "labels/dog/2.txt"],
    ["train/1.png", "val/2.png"],
    ["cat/1.png", "dog/2.png", "metadata.csv"],
    ["train/cat/1.png", "train/dog/2.png", "train/metadata.jsonl"],
]


@pytest.mark.parametrize("names", NOT_CLAIMED)
def test_folders_of_other_formats_are_not(tmp_path: Path, names: list[str]) -> None:
    assert isinstance(FORMAT.detect(Listing(put(tmp_path, *names))), str)


def test_a_file_is_none(tmp_path: Path) -> None:
    assert isinstance(FORMAT.detect_file(put(tmp_path, "a.png") / "a.png"), str)
    with pytest.raises(NoDatasetError):
        FORMAT.read(tmp_path / "a.png", ReadOptions())
    with pytest.raises(NoDatasetError, match="no two folders"):
        FORMAT.read(tmp_path, ReadOptions())


def test_each_image_has_a_label(tmp_path: Path) -> None:
    put(
        tmp_path,
        "train/dog/1.png",
        "train/cat/2.JPG",
        "train/cat/notes.md",
        "test/cat/3.png",
        "train/emu/",
        "train/loose.png",
    )
    data = FORMAT.read(tmp_path, ReadOptions())
    images, rows, categories = data.table("images"), data.table("annotations"), data.table("categories")
    assert images["file_name"].tolist() == ["test/cat/3.png", "train/cat/2.JPG", "train/dog/1.png"]
    assert images["path"].tolist() == [str(tmp_path / name) for name in images["file_name"].tolist()]
    assert (images["width"].tolist(), images["height"].tolist()) == ([7] * 3, [5] * 3)
    assert (images["size_from"] == SizeFrom.HEADER).all()
    assert categories["name"].tolist() == ["cat", "dog", "emu"]
    assert data.names_of(rows["category"]).tolist() == ["cat", "cat", "dog"]
    assert (rows["kind"] == Kind.IMAGE).all()
    assert np.isnan(rows["w"]).all()
    assert rows["image"].tolist() == [0, 1, 2]
    assert data.image_splits.tolist() == ["test", "train", "train"]
    sources = data.table("sources")
    assert [sources["file"][source] for source in images["source"]] == ["test/cat", "train/cat", "train/dog"]
    assert (rows["source"] == images["source"]).all()
    assert int(sources["records"].sum()) == len(rows)
    assert data.notes == ("1 image lies beside the class folders and is not read",)
    assert (len(data.problems), data.facts["declared_categories"], data.images_checked) == (
        0,
        False,
        "header",
    )


def test_without_splits_or_images(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "dog/2.png")
    assert len(FORMAT.read(tmp_path, ReadOptions()).table("splits")) == 0
    assert FORMAT.read(tmp_path, ReadOptions(split="val")).image_splits.tolist() == ["val", "val"]
    bare = FORMAT.read(tmp_path, ReadOptions(images="none"))
    assert (bare.images_checked, bare.table("images")["path"].tolist()) == ("none", ["", ""])
    assert np.isnan(bare.table("images")["width"]).all()


def test_links_out_of_the_dataset_are_not_opened(tmp_path: Path) -> None:
    put(tmp_path, "secret.png", "set/cat/1.png", "set/dog/2.png")
    (tmp_path / "set/dog/3.png").symlink_to(tmp_path / "secret.png")
    data = FORMAT.read(tmp_path / "set", ReadOptions())
    assert [bool(path) for path in data.table("images")["path"]] == [True, True, False]
    told = (
        "1 image leads out of the dataset, by a link, and counts as missing: put the files themselves there"
    )
    assert data.notes == (told,)


def test_without_images_nothing_is_fixed_and_that_is_said(tmp_path: Path) -> None:
    data = FORMAT.read(put(tmp_path / "in", "cat/1.png", "dog/2.png", " cow/3.png"), ReadOptions())
    assert FORMAT.patch(data, Edits.make(1, table="images", row=0)) == []
    assert len(api.fix(tmp_path / "in", unsafe=True).changes) == 1
    made = api.fix(tmp_path / "in", unsafe=True, images="none")
    said = "nothing is fixed in class folders with --images none: a label is the place of a file"
    assert (made.notes, len(made.changes)) == ((said,), 0)
    assert not api.audit(tmp_path / "in", images="none", select=["CLS005"]).column("fix").any()


def test_the_real_crops(real_data: Path) -> None:
    claims = FORMAT.detect(Listing(real_data / "bccd_crops_cls"))
    assert not isinstance(claims, str)
    data = FORMAT.read(claims[0].path, ReadOptions())
    assert (len(data.table("images")), len(data.table("categories"))) == (255, 3)
    names, counts = np.unique(data.image_splits.astype(str), return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {"train": 180, "test": 75}
    small = np.minimum(data.table("images")["width"], data.table("images")["height"]) < 32
    assert small.sum() == 17
    for other in (
        "bccd_voc/BCCD",
        "raccoon_voc",
        "taco",
        "applebbch81",
        "okra_yolo",
        "predictions_toy/toyexample",
        "voc_ap_case",
    ):
        assert all(isinstance(FORMAT.detect(folder), str) for folder in Listing(real_data / other).walk())


def test_class_folders_that_lie_deeper_are_told(tmp_path: Path) -> None:
    for name in ("cat/a/1.png", "cat/b/2.png", "dog/a/3.png", "dog/4.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    data = api.read(tmp_path)
    assert data.table("images")["file_name"].tolist() == ["a/1.png", "b/2.png"]
    assert data.notes[0].endswith(f"{tmp_path / 'cat'}; no image elsewhere below {tmp_path} is read")
    assert "elsewhere" not in str(api.read(tmp_path / "cat").notes)
