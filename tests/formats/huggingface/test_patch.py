from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from annotool import api
from annotool.findings import Edits, Op
from annotool.fixes import splices
from annotool.formats.huggingface import FORMAT
from annotool.formats.huggingface.patch import spelled
from tests.dirty import put

ONE = '{"file_name" : "1.jpg",  "label":"cat", "x": 1.0}\r\n{"file_name": "2.jpg", "label": "dog"}\r\n'
MANY = '{"labels": ["cat", null, "dog"], "file_name": "é.jpg"}\n{"file_name": "2.jpg", "labels": ["dog"]}\n'
OBJECTS = '{"file_name": "1.jpg", "objects": {"id": [7, 8], "bbox": [[1.50, 2, 3, 4], [5, 6, 7, 8]], "categories": ["cat", "dog"]}}\n'
LISTED = '{"file_name": "1.jpg", "objects": [{"bbox": [1, 2, 3, 4], "category": "cat"}, {"bbox": [5, 6, 7, 8], "category": "dog"}]}\n'
NUMBERS = '{"file_name": "1.jpg", "label": 0}\n{"file_name": "2.jpg", "label": 1}\n'


def edit(table: str, row: int, column: str = "", new: Any = None, op: Op = Op.SET) -> Edits:
    return Edits.make(1, op=op, table=table, column=column, row=row, new=[new], rule="TST001")


CASES = [
    (ONE, [edit("annotations", 0, "category", 1)], ONE.replace('"cat"', '"dog"')),
    (ONE, [edit("annotations", 1, op=Op.DROP)], ONE.replace('"dog"', "null")),
    (ONE, [edit("images", 1, op=Op.DROP)], ONE[: ONE.index("\n") + 1]),
    (ONE, [edit("images", 0, "file_name", "x.jpg"), edit("categories", 0, "name", "hen")], ONE.replace("1.jpg", "x.jpg").replace("cat", "hen")),
    (MANY, [edit("annotations", 1, "category", 0)], MANY.replace('"dog"], "file', '"cat"], "file')),
    (MANY, [edit("annotations", 0, op=Op.DROP)], MANY.replace('"cat", null', "null")),
    (MANY, [edit("categories", 1, "name", "hen")], MANY.replace("dog", "hen")),
    (OBJECTS, [edit("annotations", 0, op=Op.DROP)], OBJECTS.replace("[7, 8],", "[8],", 1).replace("[1.50, 2, 3, 4], ", "").replace('"cat", ', "")),
    (OBJECTS, [edit("annotations", 1, "bbox", (5.0, 6.25, 7.0, 8.0))], OBJECTS.replace("1.50", "1.5").replace("[5, 6,", "[5, 6.25,")),
    (LISTED, [edit("annotations", 1, "category", 0), edit("annotations", 0, op=Op.DROP)], '{"file_name": "1.jpg", "objects": [{"bbox": [5, 6, 7, 8], "category": "cat"}]}\n'),
    (NUMBERS, [edit("annotations", 0, "category", 1)], NUMBERS.replace('"label": 0', '"label": 1')),
    (ONE, [edit("images", 0, "width", 7.0), edit("sources", 0, op=Op.BYTES)], ONE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "edits", "expected"), CASES)
def test_only_what_has_to_changes(tmp_path: Path, text: str, edits: list[Edits], expected: str) -> None:
    data = api.read(put(tmp_path, {"metadata.jsonl": text}), images="none")
    made = splices.table(data, FORMAT.patch(data, Edits.concat(edits)))
    assert splices.replaced(data, made).get(0, text.encode()) == expected.encode()


SHEET = '\ufefffile_name;note;label\r\n1.jpg;"a ""b""";"cat"\r\n2.jpg;;dog\r\n'
LISTS = 'file_name,labels\n1.jpg,"[""cat"", ""dog""]"\n2.jpg,"[""dog""]"\n'
BOXES = 'file_name,objects\n1.jpg,"{""bbox"": [[1, 2, 3, 4], [5, 6, 7, 8]], ""categories"": [""cat"", ""dog""]}"\n2.jpg,\n'
DIGITS = "file_name,label\n1.jpg,0\n2.jpg,1\n"

SHEETS = [
    (SHEET, [edit("annotations", 0, "category", 1)], SHEET.replace('"cat"', '"dog"')),
    (SHEET, [edit("annotations", 1, op=Op.DROP)], SHEET.replace("dog", "")),
    (SHEET, [edit("images", 0, op=Op.DROP)], SHEET.replace('1.jpg;"a ""b""";"cat"\r\n', "")),
    (SHEET, [edit("images", 1, "file_name", "x;y.jpg"), edit("categories", 0, "name", "hen")], SHEET.replace("2.jpg", '"x;y.jpg"').replace("cat", "hen")),
    (LISTS, [edit("annotations", 0, "category", 1)], LISTS.replace("cat", "dog")),
    (LISTS, [edit("annotations", 0, op=Op.DROP)], LISTS.replace('""cat"", ', "")),
    (BOXES, [edit("annotations", 1, "bbox", (5.0, 6.25, 7.0, 8.0))], BOXES.replace("[5, 6,", "[5, 6.25,")),
    (BOXES, [edit("annotations", 0, op=Op.DROP)], BOXES.replace("[1, 2, 3, 4], ", "").replace('""cat"", ', "")),
    (DIGITS, [edit("annotations", 0, "category", 1)], DIGITS.replace("1.jpg,0", "1.jpg,1")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "edits", "expected"), SHEETS)
def test_only_cells_that_have_to_change(tmp_path: Path, text: str, edits: list[Edits], expected: str) -> None:
    data = api.read(put(tmp_path, {"metadata.csv": text}), images="none")
    made = splices.table(data, FORMAT.patch(data, Edits.concat(edits)))
    assert splices.replaced(data, made).get(0, text.encode()) == expected.encode()


def test_a_number_is_written_only_where_it_is_the_name_or_the_cards(tmp_path: Path) -> None:
    text = '{"file_name": "1.jpg", "label": 7}\n{"file_name": "2.jpg", "label": "cat"}\n'
    data = api.read(put(tmp_path / "a", {"metadata.jsonl": text}), images="none")
    to = data.table("categories")["name"].tolist().index("cat")
    made = splices.table(data, FORMAT.patch(data, edit("annotations", 0, "category", to)))
    assert splices.replaced(data, made)[0] == text.replace("7", '"cat"').encode()
    card = "---\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names: [hen, cat]\n---\n"
    data = api.read(put(tmp_path / "b", {"metadata.csv": DIGITS, "README.md": card}), images="none")
    made = splices.table(data, FORMAT.patch(data, edit("annotations", 0, "category", 1)))
    assert DIGITS.replace("1.jpg,0", "1.jpg,1").encode() in splices.replaced(data, made).values()


def test_a_row_of_another_length_is_left_alone(tmp_path: Path) -> None:
    text = "file_name,label\n1.jpg,cat,x\n2.jpg,dog\n3.jpg,cat\n"
    data = api.read(put(tmp_path, {"metadata.csv": text}), images="none")
    made = splices.table(data, FORMAT.patch(data, edit("categories", 0, "name", "hen")))
    assert splices.replaced(data, made)[0] == text.replace("3.jpg,cat", "3.jpg,hen").encode()


def test_a_fix_on_the_whole_way(tmp_path: Path) -> None:
    text = ONE.replace('"dog"', '"dog "')
    put(tmp_path / "in", {"metadata.jsonl": text})
    api.fix(tmp_path / "in", out=tmp_path / "out", images="none", select=["CLS005"])
    assert (tmp_path / "out/metadata.jsonl").read_bytes() == ONE.encode()
    api.undo(tmp_path / "out/fixes.jsonl")
    assert (tmp_path / "out/metadata.jsonl").read_bytes() == text.encode()


def test_a_label_that_a_model_speaks_against_is_mended_in_a_sheet(tmp_path: Path) -> None:
    rows = "".join(f"{at}.jpg,{'cat' if at < 6 else 'dog'}\n" for at in range(12))
    put(tmp_path / "in", {"metadata.csv": "file_name,label\n" + rows})
    wrong = "".join(f"{at}.jpg,{'.1,.9' if at >= 6 or at == 2 else '.9,.1'}\n" for at in range(12))
    put(tmp_path, {"scores.csv": "file,cat,dog\n" + wrong})
    made = api.fix(
        tmp_path / "in", out=tmp_path / "out", images="none", predictions=str(tmp_path / "scores.csv"),
        select=["LBL001"], unsafe=True,
    )  # fmt: skip
    assert made.changes["score"].tolist() == [pytest.approx(0.9)]
    text = (tmp_path / "out/metadata.csv").read_text()
    assert text == "file_name,label\n" + rows.replace("2.jpg,cat", "2.jpg,dog", 1)


NAMED = "---\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': cat\n          '1': 'dog '\n---\n# Pets\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.jsonl", '{"file_name": "1.jpg", "label": 0}\n{"file_name": "2.jpg", "label": 1}\n'),
        ("metadata.csv", "file_name,label\n1.jpg,0\n2.jpg,1\n"),
    ],
)
def test_a_class_of_the_card_is_renamed_in_the_card_and_numbers_stay(
    tmp_path: Path, name: str, text: str
) -> None:
    put(tmp_path / "in", {name: text, "README.md": NAMED})
    api.fix(tmp_path / "in", out=tmp_path / "out", images="none", select=["CLS005"])
    assert (tmp_path / "out/README.md").read_text() == NAMED.replace("'dog '", "dog")
    assert (tmp_path / "out" / name).read_text() == text
    api.undo(tmp_path / "out/fixes.jsonl")
    assert (tmp_path / "out/README.md").read_text() == NAMED


def test_records_that_spell_a_class_of_the_card_are_renamed_with_it(tmp_path: Path) -> None:
    text = '{"file_name": "1.jpg", "label": "cat"}\n{"file_name": "2.jpg", "label": "dog "}\n'
    put(tmp_path / "in", {"metadata.jsonl": text, "README.md": NAMED})
    api.fix(tmp_path / "in", out=tmp_path / "out", images="none", select=["CLS005"])
    assert (tmp_path / "out/README.md").read_text() == NAMED.replace("'dog '", "dog")
    assert (tmp_path / "out/metadata.jsonl").read_text() == text.replace("dog ", "dog")


@pytest.mark.parametrize("name", ["no", "1", "a: b", "x, y", "#1", "ключ", 'say "so"', "plain name"])
def test_names_as_yaml_spells_them(name: str) -> None:
    held = spelled(name).decode()
    assert [yaml.safe_load(form.format(held)) for form in ("[{}]", "- {}")] == [[name]] * 2
