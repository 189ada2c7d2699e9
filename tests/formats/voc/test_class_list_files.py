from __future__ import annotations

from pathlib import Path

import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.errors import LossError
from annotool.formats.voc.class_list_files import only_labels
from tests.dirty import picture, put, tree
from tests.formats.voc.test_class_lists import IMAGES, LISTS

MAIN = "ImageSets/Main/"


def shown(data: Dataset) -> dict[str, tuple[set[str], str]]:
    """By image stem: its labels, its split."""
    images = data.table("images")["file_name"].tolist()
    found = {
        Path(name).stem: (set[str](), split) for name, split in zip(images, data.image_splits, strict=True)
    }
    rows = data.table("annotations")
    owners = data.image_values("file_name").tolist()
    for name, label in zip(owners, data.names_of(rows["category"]).tolist(), strict=True):
        found[Path(name).stem][0].add(label)
    return found


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return put(tmp_path / "in", {**LISTS, **IMAGES})


def texts(out: Path) -> dict[str, str]:
    return {name: held.decode() for name, held in tree(out).items() if name.startswith(MAIN)}


def test_a_split_keeps_every_line_a_nought_too(given: Path) -> None:
    out = given.parent / "out"
    done = api.split(given, "train=.6,dev=.4", out)
    old = {line for text in LISTS.values() for line in text.splitlines() if " " in line}
    new = {name: text for name, text in texts(out).items() if "_" in name.removeprefix(MAIN)}
    kept = {" ".join(line.split()) for text in new.values() for line in text.splitlines()}
    assert kept == {" ".join(line.split()) for line in old}
    assert sum("2007_3  0" in text for text in new.values()) == 1
    labels = {stem: own for stem, (own, _) in shown(api.read(given)).items()}
    assert {stem: own for stem, (own, _) in shown(done.data).items()} == labels
    assert set(done.data.split_names) == {"train", "dev"}


def test_a_trainval_of_its_own_loses_no_image(tmp_path: Path) -> None:
    sheet = "file,label,split\n" + "".join(
        f"JPEGImages/2007_{at}.jpg,cat,{split}\n" for at, split in enumerate(["train", "val", "trainval"], 1)
    )
    given = put(tmp_path / "in", {**IMAGES, "labels.csv": sheet})
    done = api.convert(given, "voc", tmp_path / "out")
    assert (
        "split 'trainval' is written as 'trainval_', for it holds more than train and val"
        in done.written.notes
    )
    back = api.read(tmp_path / "out")
    assert len(back.table("annotations")) == 3
    assert set(back.split_names) == {"train", "val", "trainval_"}


@pytest.mark.parametrize("to", ["csv", "coco", "huggingface"])
def test_to_another_format_and_back(given: Path, to: str) -> None:
    before = shown(api.read(given))
    api.convert(given, to, given.parent / "there")
    api.convert(given.parent / "there", "voc", given.parent / "back")
    back = api.read(given.parent / "back")
    assert back.formats == {"voc"}
    usual = {"validation": "val"}
    assert {stem: (own, usual.get(split, split)) for stem, (own, split) in shown(back).items()} == before


def test_class_folders_and_back(tmp_path: Path) -> None:
    folders = {f"{split}/{name}/{at}.jpg": picture(20, 10, shade=at) for at, (split, name) in
               enumerate([("train", "cat"), ("train", "dog"), ("val", "dog"), ("val", "cat")])}  # fmt: skip
    put(tmp_path / "in", folders)
    api.convert(tmp_path / "in", "voc", tmp_path / "voc")
    assert texts(tmp_path / "voc")[f"{MAIN}cat_val.txt"].split() == ["val/cat/3", "1", "val/dog/2", "-1"]
    api.convert(tmp_path / "voc", "imagefolder", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(tmp_path / "in")


def test_images_of_no_split_and_a_class_that_none_shows(tmp_path: Path) -> None:
    put(tmp_path / "in", {"labels.csv": "file,cat,dog,hen\na.jpg,1,0,0\nb.jpg,1,1,0\nc.jpg,0,0,0\n"})
    api.convert(tmp_path / "in", "voc", tmp_path / "voc", image_files="none")
    assert texts(tmp_path / "voc") == {
        f"{MAIN}all.txt": "a\nb\nc\n",
        f"{MAIN}cat_all.txt": "a  1\nb  1\nc -1\n",
        f"{MAIN}dog_all.txt": "a -1\nb  1\nc -1\n",
        f"{MAIN}hen_all.txt": "a -1\nb -1\nc -1\n",
    }
    back = api.read(tmp_path / "voc", images="none")
    assert shown(back) == {"a": ({"cat"}, ""), "b": ({"cat", "dog"}, ""), "c": (set(), "")}
    assert set(back.table("categories")["name"].tolist()) == {"cat", "dog", "hen"}


def test_names_that_files_cannot_bear_are_told(tmp_path: Path) -> None:
    put(tmp_path / "in", {"labels.csv": "file,label\na.jpg,a/b\nb.jpg,a_b\nc.jpg,A_B\n"})
    done = api.convert(tmp_path / "in", "voc", tmp_path / "voc", image_files="none")
    assert set(done.written.notes) == {
        "class 'a/b' is written as list 'a_b-3'",
        "class 'a_b' is written as list 'a_b-2'",
    }
    assert len(set(api.read(tmp_path / "voc", images="none").table("categories")["name"].tolist())) == 3


def test_labels_beside_boxes_are_not_held(tmp_path: Path) -> None:
    line = (
        '{"file_name": "a.jpg", "label": "cat", "objects": {"bbox": [[1, 2, 3, 4]], "categories": ["dog"]}}\n'
    )
    put(tmp_path / "in", {"metadata.jsonl": line, "a.jpg": picture(20, 10)})
    assert not only_labels(api.read(tmp_path / "in"))
    with pytest.raises(LossError, match="1 label of whole images is left out"):
        api.convert(tmp_path / "in", "voc", tmp_path / "out")
