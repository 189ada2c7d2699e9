import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotool
from annotool.formats.yolo.config import read_yaml
from annotool.formats.yolo.renaming import in_notes, spelled

ROW = "0 0.500000 0.500000 0.200000 0.300000\n"


def dataset(folder: Path, **files: str) -> Path:
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "labels/a.txt").write_text(ROW)
    for name, text in files.items():
        (folder / name.replace("__", "/").replace("_", ".")).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("yaml", "mended"),
    [
        ('names: ["car ", bus]', 'names: ["car", bus]'),
        ("names: ['car ', bus]  # two", "names: ['car', bus]  # two"),
        ("names:\n  0: 'car '\n  1: bus", "names:\n  0: 'car'\n  1: bus"),
        ("names:\n- 'car '\n- bus", "names:\n- 'car'\n- bus"),
    ],
)
def test_every_list_that_has_the_name(tmp_path: Path, yaml: str, mended: str) -> None:
    head = "train: images\nval: images\nnc: 2\n"
    given = dataset(tmp_path / "given", data_yaml=head + yaml + "\n", classes_txt="car \r\nbus\r\n")
    annotool.fix(given, out=tmp_path / "out", select=["CLS005"])
    assert (tmp_path / "out/data.yaml").read_text() == head + mended + "\n"
    assert (tmp_path / "out/classes.txt").read_bytes() == b"car\r\nbus\r\n"
    assert annotool.read(tmp_path / "out").labels == ("car", "bus")
    annotool.undo(tmp_path / "out/fixes.jsonl")
    assert (tmp_path / "out/classes.txt").read_bytes() == b"car \r\nbus\r\n"


def test_a_list_inside_labels_and_notes_of_label_studio(tmp_path: Path) -> None:
    inside = dataset(tmp_path / "inside", labels__classes_txt="car\t\nbus\n")
    annotool.fix(inside, out=tmp_path / "one", select=["CLS005"])
    assert (tmp_path / "one/labels/classes.txt").read_bytes() in (b"car\nbus\n", b"car\t\nbus\n")
    notes = json.dumps({"categories": [{"id": 0, "name": "car "}, {"id": 1, "name": "bus"}]})
    studio = dataset(tmp_path / "studio", notes_json=notes)
    annotool.fix(studio, out=tmp_path / "two", select=["CLS005"])
    assert (tmp_path / "two/notes.json").read_text() == notes.replace("car ", "car")


def test_two_spellings_in_two_lists_become_one(tmp_path: Path) -> None:
    head = "train: images\nval: images\n"
    given = dataset(tmp_path / "given", data_yaml=head + "names: [car]\n", classes_txt="Car\n")
    annotool.fix(given, out=tmp_path / "out", unsafe=True, select=["CLS003"])
    assert (tmp_path / "out/classes.txt").read_text() == "car\n"
    assert (tmp_path / "out/labels/a.txt").read_text() == ROW


@given(st.text(min_size=1, max_size=8), st.sampled_from(["x", "'x'", '"x"']))
def test_a_name_reads_back_from_yaml(name: str, old: str) -> None:
    text = spelled("data.yaml", old.encode(), name)
    names = read_yaml(b"train: a\nval: b\nnames: [" + text + b", other]\n").names
    assert names is not None
    assert [each.text for each in names.values()] == [name, "other"]


def test_places_in_notes() -> None:
    held = b'{"categories": [{"id": 1, "name": "a\\"b"}, {"name": "c", "id": "no"}], "info": {"name": "d"}}'
    ((index, place),) = in_notes(held)
    assert (index, place.text, held[place.start : place.end]) == (1, 'a"b', b'"a\\"b"')
