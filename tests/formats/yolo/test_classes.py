from pathlib import Path

import numpy as np
import pytest

from annotool.findings import Fix
from annotool.formats.base import ReadOptions
from annotool.formats.yolo.classes import ClassList, categories, choose, is_class_list, read_list, read_notes
from annotool.formats.yolo.gathering import Gathering
from tests.formats.yolo.build import put


def listed(root: Path, held: str | bytes, name: str = "classes.txt") -> tuple[ClassList, Gathering]:
    gathering = Gathering(ReadOptions())
    taken = gathering.take(put(root, {name: held}) / name, "classes")
    assert taken is not None
    return read_list(gathering, taken), gathering


@pytest.mark.parametrize(
    ("name", "held", "is_one"),
    [
        ("classes.txt", "cat\ndog\n", True),
        ("LABELS.TXT", "traffic light\n", True),
        ("labels.txt", "0 0.5 0.5 0.1 0.1\n", False),
        ("labels.txt", "", True),
        ("a.txt", "cat\n", False),
    ],
)
def test_is_class_list(name: str, held: str, is_one: bool) -> None:
    assert is_class_list(name, held.encode()) == is_one


def test_one_name_a_line(tmp_path: Path) -> None:
    held = "\ufeffcat \r\n\r\nгруша\n\n \n".encode()
    found, gathering = listed(tmp_path, held)
    assert found.texts == {0: "cat ", 1: "", 2: "груша"}
    assert [held[place.start : place.end].decode() for place in found.names.values()] == ["cat ", "", "груша"]
    assert [place.line for place in found.names.values()] == [1, 2, 3]
    (part,) = gathering.problems.findings().blocks
    assert (part.rule, part.columns["fix"].tolist(), part.columns["end"].tolist()) == (
        "SCH001",
        [Fix.SAFE],
        [3],
    )


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    found, gathering = listed(tmp_path, b"k\xe4se\nwurst\n")
    assert found.texts == {0: "käse", 1: "wurst"}
    assert gathering.problems.findings().counts() == {"SCH001": 1}


def test_no_names(tmp_path: Path) -> None:
    assert listed(tmp_path, b"\n \n")[0].names == {}


def test_equal_lists_count_once(tmp_path: Path) -> None:
    first, gathering = listed(tmp_path, "cat\ndog\n")
    same, _ = listed(tmp_path, "cat\r\ndog", "labels.txt")
    other, _ = listed(tmp_path, "dog\n", "names.txt")
    empty, _ = listed(tmp_path, "", "obj.names")
    assert choose(gathering, [first, empty, same, other]) == [first, other]
    assert gathering.facts["yolo_names"] == {"from": "classes.txt", "classes": 2, "differ": ["names.txt"]}
    assert gathering.notes == ["Class names are classes.txt's; names.txt differs."]


def test_indices_that_nobody_names() -> None:
    table, rows = categories([], np.array([7, 2, -3, 7]))
    assert table["name"].tolist() == ["2", "7"]
    assert table["source"].tolist() == [-1, -1]
    assert rows.tolist() == [1, 0, -1, 1]


def test_rows_of_indices(tmp_path: Path) -> None:
    found, _ = listed(tmp_path, "cat\ndog\ncat\n")
    table, rows = categories([found], np.array([2, 3, 0, -1, np.iinfo(np.int64).min]))
    assert rows.tolist() == [2, -1, 0, -1, -1]
    assert table["label"].tolist() == [0, 1, 0]
    assert table["index"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "held", ["{", "[]", "{}", '{"categories": 3}', '{"categories": [{"id": "x"}]}', "[" * 5000]
)
def test_notes_that_say_nothing(tmp_path: Path, held: str) -> None:
    gathering = Gathering(ReadOptions())
    taken = gathering.take(put(tmp_path, {"notes.json": held}) / "notes.json", "classes")
    assert taken is not None
    assert read_notes(gathering, taken) is None
    assert gathering.problems.findings().counts() == {"SCH001": 1}
