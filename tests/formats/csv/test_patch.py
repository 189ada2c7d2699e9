from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotool import api
from annotool.findings import Edits, Op
from annotool.fixes import splices
from annotool.formats.csv import FORMAT
from tests.dirty import put

ONE = 'file,label,who\r\n1.jpg,"cat",ann\r\n2.jpg,dog,bob\r\n1.jpg,dog,cid\r\n3.jpg,,eve'
DIVIDED = 'file,labels\n1.jpg,"cat, dog"\n2.jpg,dog\n3.jpg,cat\n'
MARKS = "file, cat, dog\n1.jpg,1,0\n2.jpg,0.0,1.0\n"
WORDS = "file,cat,dog\n1.jpg,True,False\n2.jpg,false,TRUE\n3.jpg,,true\n"
SEVERAL = "file,label1,label2\n1.jpg,cat,dog\n2.jpg,dog,\n"


def edit(table: str, row: int, column: str = "", new: Any = None, op: Op = Op.SET) -> Edits:
    return Edits.make(1, op=op, table=table, column=column, row=row, new=[new], rule="TST001")


def patched(root: Path, text: str, *edits: Edits) -> str:
    data = api.read(put(root, {"x.csv": text}), images="none")
    every = FORMAT.patch(data, Edits.concat(edits))
    made = splices.table(data, every)
    return (splices.replaced(data, made).get(0, text.encode()) or b"").decode()


CASES = [
    (ONE, [edit("annotations", 0, "category", 1)], ONE.replace('"cat"', '"dog"')),
    (ONE, [edit("annotations", 1, op=Op.DROP)], ONE.replace("2.jpg,dog,bob\r\n", "")),
    (ONE, [edit("images", 0, op=Op.DROP)], "file,label,who\r\n2.jpg,dog,bob\r\n3.jpg,,eve"),
    (ONE, [edit("images", 0, "file_name", "x;1.jpg")], ONE.replace("1.jpg", "x;1.jpg")),
    (ONE, [edit("categories", 1, "name", "big, dog")], ONE.replace("dog", '"big, dog"')),
    (ONE, [edit("categories", 0, "name", "cat")], ONE),
    (DIVIDED, [edit("annotations", 0, op=Op.DROP)], DIVIDED.replace("cat, dog", "dog")),
    (DIVIDED, [edit("annotations", 0, op=Op.DROP), edit("annotations", 1, op=Op.DROP)], DIVIDED.replace('"cat, dog"', '""')),
    (DIVIDED, [edit("annotations", 1, "category", 0), edit("annotations", 3, op=Op.DROP)], 'file,labels\n1.jpg,"cat, cat"\n2.jpg,dog\n3.jpg,\n'),
    (DIVIDED, [edit("categories", 0, "name", "hen")], DIVIDED.replace("cat", "hen")),
    (MARKS, [edit("annotations", 0, "category", 1)], MARKS.replace("1.jpg,1,0", "1.jpg,0,1")),
    (MARKS, [edit("annotations", 1, op=Op.DROP)], MARKS.replace("0.0,1.0", "0.0,0.0")),
    (MARKS, [edit("categories", 0, "name", "hen")], MARKS.replace(" cat", "hen")),
    (WORDS, [edit("annotations", 0, "category", 1)], WORDS.replace("True,False", "False,True")),
    (WORDS, [edit("annotations", 1, op=Op.DROP)], WORDS.replace("false,TRUE", "false,FALSE")),
    (WORDS, [edit("annotations", 2, "category", 0)], WORDS.replace(",,true", ",true,false")),
    (SEVERAL, [edit("annotations", 1, op=Op.DROP)], SEVERAL.replace("cat,dog", "cat,")),
    (SEVERAL, [edit("annotations", 0, "category", 1)], SEVERAL.replace("cat,dog", "dog,dog")),
    (SEVERAL, [Edits.make(1, op=Op.BYTES, table="sources", row=0, start=0, end=4, new=["path"])], SEVERAL.replace("file", "path")),
    (SEVERAL, [edit("images", 0, "width", 7.0), edit("splits", 0, op=Op.DROP)], SEVERAL),
]  # fmt: skip


@pytest.mark.parametrize(("text", "edits", "expected"), CASES)
def test_only_what_has_to_changes(tmp_path: Path, text: str, edits: list[Edits], expected: str) -> None:
    assert patched(tmp_path, text, *edits) == expected


def test_no_edits_change_nothing(tmp_path: Path) -> None:
    assert FORMAT.patch(api.read(put(tmp_path, {"x.csv": ONE}), images="none"), Edits.make(0)) == []


def test_an_image_goes_from_all_sheets_of_its_folder(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"train.csv": "file,label\n1.jpg,cat\n2.jpg,dog\n", "test.csv": "file,label\n1.jpg,cat\n3.jpg,dog\n"},
    )
    data = api.read(tmp_path, images="none")
    made = splices.replaced(data, splices.table(data, FORMAT.patch(data, edit("images", 0, op=Op.DROP))))
    assert made == {0: b"file,label\n3.jpg,dog\n", 1: b"file,label\n2.jpg,dog\n"}


def test_a_fix_on_the_whole_way(tmp_path: Path) -> None:
    text = "file,label\r\n1.jpg,cat\r\n2.jpg,dog \r\n2.jpg,dog \r\n3.jpg,dog \r\n"
    put(tmp_path / "in", {"x.csv": text})
    made = api.fix(
        tmp_path / "in", out=tmp_path / "out", images="none", unsafe=True, select=["CLS005", "DUP001"]
    )
    assert (tmp_path / "out/x.csv").read_bytes() == b"file,label\r\n1.jpg,cat\r\n2.jpg,dog\r\n3.jpg,dog\r\n"
    assert made.complete
    api.undo(tmp_path / "out/fixes.jsonl")
    assert (tmp_path / "out/x.csv").read_bytes() == text.encode()
