from pathlib import Path

import pytest

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Fix, Severity
from tests.formats.yolo.build import ROW, Files, codes, names, png, put, read, texts, usual

SPLITS = "train: images/train\nval: images/val\nnames: [cat, dog]\n"
LABELS = {"train/a": ROW, "train/b": "", "val/c": "1 0.5 0.5 0.2 0.4\n"}


def splits(data: Dataset) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    table = data.table("splits")
    for image, split in zip(table["image"].tolist(), table["split"].tolist(), strict=True):
        found.setdefault(split, []).append(data.table("images")["file_name"][image])
    return found


def mended(data: Dataset, rule: str = "FMT004") -> bytes:
    """The first source with the one fix of a rule made."""
    (part,) = [part for part in data.problems.of(rule).blocks if part.columns["fix"][0] == Fix.SAFE]
    source = int(part.columns["source"][0])
    held = bytes(data.source_bytes(source))
    start, end = int(part.columns["start"][0]), int(part.columns["end"][0])
    new: str = part.values["new"][0]
    return held[:start] + new.encode() + held[end:]


BOTH = {"train": ["images/train/a.png", "images/train/b.png"], "val": ["images/val/c.png"]}


@pytest.mark.parametrize(
    "yaml",
    [
        SPLITS,
        "path: .\n" + SPLITS,
        SPLITS.replace("images/val", "images/val/"),
        SPLITS.replace("images/train", "./images/train"),
        SPLITS.replace("train: images/train", "train: [images/train]"),
        SPLITS.replace("train: images/train", "train: ../images/train"),
        SPLITS.replace("train: images/train", "train: images\\train"),
    ],
)
def test_splits_of_an_ordinary_yaml(tmp_path: Path, yaml: str) -> None:
    data = read(usual(tmp_path, LABELS, yaml))
    assert splits(data) == BOTH
    assert names(data) == ["cat", "dog"]
    assert codes(data) == {}
    assert data.facts["layout"] == "ultralytics"
    assert data.table("images")["source"].min() >= 0


def test_the_yaml_itself_may_be_given(tmp_path: Path) -> None:
    usual(tmp_path, LABELS, SPLITS)
    (tmp_path / "data.yaml").rename(tmp_path / "Fruit.YML")
    assert splits(read(tmp_path / "Fruit.YML")) == BOTH


def test_an_absolute_path_that_exists(tmp_path: Path) -> None:
    data = read(usual(tmp_path, LABELS, f"path: {tmp_path}\n{SPLITS}"))
    assert (splits(data), codes(data)) == (BOTH, {})
    assert data.paths == (tmp_path,)


def test_a_yaml_apart_from_its_images(tmp_path: Path) -> None:
    usual(tmp_path / "set", LABELS, SPLITS)
    put(tmp_path, {"cfg/my.yaml": "path: ../set\n" + SPLITS})
    data = read(tmp_path / "cfg" / "my.yaml")
    assert codes(data) == {}
    assert data.paths == (tmp_path,)
    assert sorted(data.table("sources")["file"])[:2] == ["cfg/my.yaml", "set/labels/train/a.txt"]
    assert len(data.table("annotations")) == 2


def test_roboflow(tmp_path: Path) -> None:
    yaml = "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['cat']\nroboflow:\n  version: 1\n"
    files: Files = {
        "data.yaml": yaml,
        "train/labels/a.txt": "0 0.50781249999999999 0.5 0.1 0.1",
        "valid/labels/b.txt": "",
    }
    put(tmp_path, {**files, "train/images/a.png": png(), "valid/images/b.png": png()})
    data = read(tmp_path)
    assert splits(data) == {"train": ["train/images/a.png"], "val": ["valid/images/b.png"]}
    assert codes(data) == {}


def test_labels_without_their_images(tmp_path: Path) -> None:
    data = read(usual(tmp_path, LABELS, SPLITS, images=False))
    assert splits(data) == {"train": ["train/a", "train/b"], "val": ["val/c"]}
    assert codes(data) == {}
    assert set(data.table("images")["path"]) == {""}


@pytest.mark.parametrize(
    "yaml",
    [
        "path: /home/alice/fruit\n" + SPLITS,
        "path: C:\\Users\\alice\\fruit\n" + SPLITS,
        SPLITS.replace("train: ", "train: /home/alice/fruit/"),
        SPLITS.replace("train: ", "train: C:/fruit/"),
        SPLITS.replace("train: ", "train: ../../"),
        SPLITS.replace("train: images", "train: Images"),
    ],
)
def test_a_path_of_another_machine_is_found_and_mended(tmp_path: Path, yaml: str) -> None:
    data = read(usual(tmp_path, LABELS, yaml))
    assert splits(data) == BOTH
    (part,) = data.problems.blocks
    assert (part.rule, part.columns["severity"].tolist()) == ("FMT004", [Severity.WARNING])
    (tmp_path / "data.yaml").write_bytes(mended(data))
    again = read(tmp_path)
    assert (splits(again), codes(again)) == (BOTH, {})


def test_a_dead_path_is_mended_in_its_place(tmp_path: Path) -> None:
    data = read(usual(tmp_path, LABELS, "# fruit\npath: '/home/alice/fruit'\r\n" + SPLITS))
    assert mended(data) == ("# fruit\n" + SPLITS).encode()


def test_a_path_beside_others_on_one_line_is_not_cut_out(tmp_path: Path) -> None:
    yaml = "{path: /home/x, train: images/train, val: images/val, names: [cat, dog]}\n"
    data = read(usual(tmp_path, LABELS, yaml))
    assert splits(data) == BOTH
    assert [part.columns["fix"].tolist() for part in data.problems.of("FMT004").blocks] == [[Fix.NONE]]


def test_ultralytics_datasets_folder_is_no_fault(tmp_path: Path) -> None:
    data = read(usual(tmp_path, LABELS, "path: coco8\n" + SPLITS))
    assert (splits(data), codes(data)) == (BOTH, {})
    assert any("path coco8 is not there" in note for note in data.notes)


def test_a_split_that_is_nowhere(tmp_path: Path) -> None:
    data = read(usual(tmp_path, LABELS, SPLITS.replace("images/val", "images/other") + "test: images/none\n"))
    assert splits(data) == {"train": BOTH["train"]}
    assert texts(data, "FMT004") == ["test: images/none does not exist", "val: images/other does not exist"]
    assert sorted(data.problems.column("severity").tolist()) == [-1, Severity.WARNING]


def test_labels_are_read_although_the_yaml_is_broken(tmp_path: Path) -> None:
    for yaml, rule in (
        ("names: [cat\ntrain: x", "SCH001"),
        ("- a list\n", "SCH001"),
        ("names: [cat, dog]\n", "FMT004"),
    ):
        data = read(usual(tmp_path, LABELS, yaml))
        assert len(data.table("annotations")) == 2
        assert splits(data) == BOTH
        assert rule in codes(data)


@pytest.mark.parametrize("target", ["/etc", "/", "../../../../../../etc", "/etc/passwd"])
def test_what_lies_elsewhere_is_not_opened(tmp_path: Path, target: str) -> None:
    data = read(usual(tmp_path, LABELS, SPLITS.replace("images/val", target)))
    assert splits(data) == {"train": BOTH["train"]}
    assert texts(data, "FMT004") == [f"val: {target} does not exist"]
    assert data.paths == (tmp_path,)


def test_the_same_folder_twice(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": ROW}, SPLITS.replace("images/val", "images/train")))
    assert splits(data) == {"train": ["images/train/a.png"], "val": ["images/train/a.png"]}
    assert len(data.table("images")) == 1
    assert data.table("splits")["line"].tolist() == [1, 2]
    assert data.table("splits")["source"].tolist() == [0, 0]


def test_two_class_lists_that_differ(tmp_path: Path) -> None:
    put(tmp_path, {"classes.txt": "dog\ncat\n", "labels.txt": "cat\ndog\n"})
    data = read(usual(tmp_path, LABELS, SPLITS))
    rows = data.table("categories")
    files = data.table("sources")["file"][rows["source"]]
    assert list(zip(files, rows["id"].tolist(), rows["name"], strict=True)) == [
        ("data.yaml", 0, "cat"),
        ("data.yaml", 1, "dog"),
        ("classes.txt", 0, "dog"),
        ("classes.txt", 1, "cat"),
    ]
    assert names(data) == ["cat", "dog"]
    assert data.facts["yolo_names"] == {"from": "data.yaml", "classes": 2, "differ": ["classes.txt"]}


def test_cvat(tmp_path: Path) -> None:
    files: Files = {
        "obj.data": "classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\nbackup = backup/\n",
        "obj.names": "cat\ndog\n",
        "train.txt": "data/obj_train_data/a.png\ndata/obj_train_data/sub/b.png\n",
        "valid.txt": "data/obj_valid_data/c.png\n",
        "obj_train_data/a.txt": ROW,
        "obj_train_data/sub/b.txt": "",
        "obj_valid_data/c.txt": "1 0.5 0.5 0.2 0.4\n",
        "obj_valid_data/left.txt": ROW,
    }
    data = read(put(tmp_path, files))
    assert data.facts["layout"] == "darknet"
    assert codes(data) == {}
    assert names(data) == ["cat", "dog"]
    assert splits(data) == {
        "train": ["data/obj_train_data/a.png", "data/obj_train_data/sub/b.png"],
        "val": ["data/obj_valid_data/c.png"],
    }
    assert any(note.startswith("1 text files beside the labels") for note in data.notes)
    roles = data.table("sources")["role"][data.table("images")["source"]]
    assert roles.tolist() == ["split"] * 3, "the list speaks of images that are not there"
    put(tmp_path, {f"obj_{name}.png": png() for name in ("train_data/a", "train_data/sub/b", "valid_data/c")})
    data = read(tmp_path / "obj.data")
    assert set(data.table("sources")["role"][data.table("images")["source"]]) == {"labels"}
    assert data.table("annotations")["x"].tolist() == [40, 40]


def test_faults_of_obj_data(tmp_path: Path) -> None:
    files: Files = {
        "obj.data": "classes = 3\ntrain = t.txt\nvalid = v.txt\nnames = obj.names\n",
        "obj.names": "cat\n",
    }
    data = read(put(tmp_path, {**files, "t.txt": "a.png\n", "a.txt": ROW}))
    assert texts(data, "FMT004") == ["classes is 3, but there are 1 names", "val: v.txt does not exist"]
    assert mended(data) == b"classes = 1\ntrain = t.txt\nvalid = v.txt\nnames = obj.names\n"
    (tmp_path / "obj.names").unlink()
    assert "names: obj.names does not exist" in texts(read(tmp_path), "FMT004")


def test_label_studio(tmp_path: Path) -> None:
    files: Files = {
        "notes.json": '{"categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}], "info": {}}',
        "classes.txt": "cat\ndog\n",
        "labels/a1b2c3d4-one.txt": ROW,
        "labels/11223344-two.txt": ROW,
        "labels/images%5Cthree.txt": ROW,
        "labels/..\\..\\four.txt": ROW,
        "images/a1b2c3d4-one.png": png(),
        "images/two.png": png(),
        "images/three.png": png(),
        "images/four.png": png(),
    }
    data = read(put(tmp_path, files))
    assert data.facts["layout"] == "label studio"
    assert codes(data) == {}
    images = data.table("images")
    assert images["file_name"].tolist() == [
        f"images/{n}.png" for n in ("a1b2c3d4-one", "four", "three", "two")
    ]
    assert (images["source"] >= 0).all()
    assert any(
        note.startswith("3 label files were matched to images by the end of their name")
        for note in data.notes
    )
    assert len(data.table("categories")) == 2


def test_notes_name_the_classes_where_nothing_else_does(tmp_path: Path) -> None:
    data = read(
        put(tmp_path, {"notes.json": '{"categories": [{"id": 0, "name": "cat"}]}', "labels/a.txt": ROW})
    )
    assert (names(data), codes(data)) == (["cat"], {})
    data = read(put(tmp_path, {"notes.json": "{"}))
    assert (names(data), codes(data)) == (["0"], {"SCH001": 1})


def test_folders_without_a_configuration(tmp_path: Path) -> None:
    files: Files = {
        "labels/train/a.txt": ROW,
        "labels/val/sub/b.txt": "5 0.5 0.5 0.2 0.4\n",
        "images/train/a.png": png(),
    }
    data = read(put(tmp_path, files))
    assert splits(data) == {"train": ["images/train/a.png"], "val": ["val/sub/b"]}
    assert names(data) == ["0", "5"]
    assert (data.facts["declared_categories"], data.table("categories")["source"].tolist()) == (
        False,
        [-1, -1],
    )
    assert "No class list was found: categories are named by their index." in data.notes


def test_a_class_list_among_labels(tmp_path: Path) -> None:
    for name in ("classes.txt", "labels.txt"):
        root = put(
            tmp_path / name, {f"labels/{name}": "cat\ndog\n", "labels/a.txt": ROW, "images/a.png": png()}
        )
        data = read(root)
        assert names(data) == ["cat"]
        assert texts(data, "FMT002") == ["a class list among label files; read as a class list"]
        assert data.problems.column("severity").tolist() == [Severity.INFO]
        assert len(data.table("images")) == 1


def test_an_image_may_be_called_classes(tmp_path: Path) -> None:
    root = put(tmp_path, {"labels/classes.txt": ROW, "labels/a.txt": ROW, "images/classes.png": png()})
    assert len(read(root).table("annotations")) == 2


def test_folders_by_split(tmp_path: Path) -> None:
    files: Files = {
        "train/labels/a.txt": ROW,
        "valid/labels/b.txt": ROW,
        "train/images/a.png": png(),
        "notes.txt": "hello",
    }
    data = read(put(tmp_path, files))
    assert splits(data) == {"train": ["train/images/a.png"], "valid": ["valid/b"]}


def test_labels_beside_images(tmp_path: Path) -> None:
    files: Files = {
        "classes.txt": "cat\n",
        "a.txt": ROW,
        "a.PNG": png(),
        "b.TXT": ROW,
        "b.png": png(),
        "readme.txt": "hi there",
    }
    data = read(put(tmp_path, files))
    assert data.table("images")["file_name"].tolist() == ["a.PNG", "b.png"]
    assert (len(data.table("annotations")), names(data), codes(data)) == (2, ["cat", "cat"], {})


def test_the_labels_folder_itself(tmp_path: Path) -> None:
    put(tmp_path, {"labels/train/a.txt": ROW, "images/train/a.png": png()})
    data = read(tmp_path / "labels")
    assert data.table("annotations")["w"].tolist() == [20]
    assert splits(data) == {"train": ["a.png"]}


def test_lists_of_stems_one_folder_up(tmp_path: Path) -> None:
    files: Files = {
        "sets/all.txt": "a\nb\nc\nd\n",
        "sets/train.txt": "b\na\n",
        "sets/val.txt": "c\n",
        "sets/test.txt": "d\n",
        "sets/train_val.txt": "a\nb\nc\n",
        **{f"data/labels/{name}.txt": ROW for name in "abc"},
        "data/images/a.png": png(),
    }
    put(tmp_path, files)
    data = read(tmp_path / "data")
    assert splits(data) == {"test": ["d"], "train": ["b", "images/a.png"], "val": ["c"]}
    assert data.paths == (tmp_path,)
    assert [note for note in data.notes if note.endswith("no split.")] == [
        "all.txt is test.txt and train_val.txt together: no split.",
        "train_val.txt is train.txt and val.txt together: no split.",
    ]
    image = data.table("images").take(data.table("images")["file_name"] == "d")
    assert data.table("sources")["file"][image["source"][0]] == "sets/test.txt"


def test_lists_of_something_else_are_no_splits(tmp_path: Path) -> None:
    put(tmp_path, {"sets/train.txt": "x\ny\nz\n", "data/labels/a.txt": ROW})
    data = read(tmp_path / "data")
    assert (splits(data), data.paths) == ({}, (tmp_path / "data",))
    assert data.table("sources")["file"].tolist() == ["labels/a.txt"]


def test_the_users_class_list_counts(tmp_path: Path) -> None:
    put(tmp_path, {"mine.txt": "pear\nplum\n"})
    data = read(usual(tmp_path / "set", LABELS, SPLITS), classes=tmp_path / "mine.txt")
    assert names(data) == ["pear", "plum"]


def test_the_users_split_counts(tmp_path: Path) -> None:
    assert list(splits(read(usual(tmp_path, LABELS, SPLITS), split="test"))) == ["test"]


def test_a_relative_path_to_a_yaml_apart_from_its_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual(tmp_path / "set", LABELS, SPLITS)
    put(tmp_path, {"cfg/my.yaml": "path: ../set\n" + SPLITS})
    monkeypatch.chdir(tmp_path / "cfg")
    data = read(Path("my.yaml"))
    assert data.paths == (tmp_path,)
    assert data.table("sources")["file"][0] == "cfg/my.yaml"


def test_labels_that_no_split_names_are_told(tmp_path: Path) -> None:
    root = put(usual(tmp_path, LABELS, SPLITS), {"labels/test/x.txt": ROW})
    data = read(root)
    assert len(data.table("annotations")) == 2
    assert "No split of data.yaml names labels/test: it was not read." in data.notes


def test_labels_that_a_list_leads_to_are_not_called_unread(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW, "c/b": ROW}, "train: images/train\nval: val.txt\n")
    put(root, {"val.txt": "./images/c/b.png\n", "labels/test/x.txt": ROW})
    data = read(root)
    assert len(data.table("annotations")) == 2
    assert [note for note in data.notes if "not read" in note] == [
        "No split of data.yaml names labels/test: it was not read."
    ]


def test_a_split_that_is_neither_a_folder_nor_a_list(tmp_path: Path) -> None:
    root = put(usual(tmp_path, LABELS, SPLITS.replace("images/val", "val.zip")), {"val.zip": "PK"})
    assert texts(read(root), "FMT004") == ["val: val.zip is neither a folder nor a .txt that lists images"]


def test_a_class_list_of_the_user_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read(usual(tmp_path, LABELS, SPLITS), classes=tmp_path / "nowhere.txt")
