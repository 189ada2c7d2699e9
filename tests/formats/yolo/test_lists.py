from pathlib import Path

import pytest

from annotool.formats.yolo.lists import entries
from tests.formats.yolo.build import ROW, codes, png, put, read

YAML = "train: train.txt\nval: lists/val.txt\nnames: [cat]\n"


def test_entries() -> None:
    held = "\ufeffa.png\r\n\n  б c.png \nd".encode()
    found = list(entries(held))
    assert [(text, line) for text, line, _, _ in found] == [("a.png", 1), ("б c.png", 3), ("d", 4)]
    assert [held[start:end].decode() for _, _, start, end in found] == ["a.png", "б c.png", "d"]


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ("images/a.png", "./../images/b.png"),
        ("./images/a.png", "images/b.png"),
        ("images\\a.png", "..\\images\\b.png"),
        ("/home/alice/fruit/images/a.png", "C:\\fruit\\images\\b.png"),
        ("../../images/a.png", "data/images/b.png"),
    ],
)
def test_lists_of_images(tmp_path: Path, train: str, val: str) -> None:
    files = {"data.yaml": YAML, "train.txt": f"{train}\n", "lists/val.txt": f"{val}\r\n"}
    put(
        tmp_path,
        {**files, "images/a.png": png(), "images/b.png": png(), "labels/a.txt": ROW, "labels/b.txt": ROW},
    )
    data = read(tmp_path)
    images, splits = data.table("images"), data.table("splits")
    assert codes(data) == {}
    assert [Path(path).name for path in images["path"]] == ["a.png", "b.png"]
    assert images["file_name"].tolist() == [train.removeprefix("./"), val.removeprefix("./")]
    assert list(zip(splits["split"], splits["line"].tolist(), strict=True)) == [("train", 1), ("val", 1)]
    assert [data.table("sources")["file"][source] for source in splits["source"]] == [
        "train.txt",
        "lists/val.txt",
    ]
    assert len(data.table("annotations")) == 2


def test_entries_without_an_image(tmp_path: Path) -> None:
    files = {
        "data.yaml": YAML,
        "train.txt": "images/a.png\n\nimages/gone.png\n",
        "lists/val.txt": "../images/b.png\n",
    }
    put(tmp_path, {**files, "images/a.png": png(), "labels/a.txt": ROW, "labels/b.txt": ROW})
    data = read(tmp_path)
    images, sources = data.table("images"), data.table("sources")
    told = zip(
        images["file_name"],
        images["path"] != "",
        sources["file"][images["source"]],
        images["line"].tolist(),
        strict=True,
    )
    assert [(name, bool(there), file, line) for name, there, file, line in told] == [
        ("images/a.png", True, "labels/a.txt", 0),
        ("images/gone.png", False, "train.txt", 3),
        ("../images/b.png", False, "lists/val.txt", 1),
    ]
    assert len(data.table("annotations")) == 2, "the label is read although its image is not there"
    start, end = int(images["start"][1]), int(images["end"][1])
    assert bytes(data.source_bytes(int(images["source"][1]))[start:end]) == b"images/gone.png"


def test_what_lies_outside_is_missing(tmp_path: Path) -> None:
    put(tmp_path, {"outside.png": png(), "outside.txt": ROW})
    root = put(
        tmp_path / "set",
        {"data.yaml": YAML, "train.txt": f"../outside.png\n{tmp_path}/outside.png\n", "lists/val.txt": ""},
    )
    data = read(root)
    assert data.table("images")["path"].tolist() == ["", ""]
    assert len(data.table("annotations")) == 0


def test_an_image_in_two_lists(tmp_path: Path) -> None:
    files = {
        "data.yaml": YAML,
        "train.txt": "images/a.png\nimages/a.png\n",
        "lists/val.txt": "../images/a.png\n",
    }
    data = read(put(tmp_path, {**files, "images/a.png": png(), "labels/a.txt": ROW}))
    assert len(data.table("images")) == 1
    assert data.table("splits")["split"].tolist() == ["train", "val"]


def test_labels_no_list_names_are_told(tmp_path: Path) -> None:
    files = {"data.yaml": YAML, "train.txt": "images/a.png\n", "lists/val.txt": "../images/a.png\n"}
    data = read(put(tmp_path, {**files, "images/a.png": png(), "labels/a.txt": ROW, "labels/b.txt": ROW}))
    assert len(data.table("annotations")) == 1
    assert "1 text files beside the labels are named by no list and were not read." in data.notes
