from __future__ import annotations

import pytest

from annotool.formats.csv.columns import Columns, boolean, columns_of, divided

JPG = [f"{at}.jpg" for at in range(4)]


def sheet(head: str, *rows: str) -> list[list[str]]:
    return [line.split("#") for line in (head, *rows)]


MEANT = [
    (sheet("file#label", "a.jpg#cat", "b.jpg#dog"), Columns(True, 0, (1,), "one")),
    (sheet("label#filename", "cat#a.jpg"), Columns(True, 1, (0,), "one")),
    (sheet("a.jpg#cat", "b.jpg#dog"), Columns(False, 0, (1,), "one")),
    (sheet("a.jpg#0", "b.jpg#1"), Columns(False, 0, (1,), "one")),
    (sheet("a.jpg#cat#", "b.jpg#dog#cat"), Columns(False, 0, (1, 2), "several")),
    (sheet("image#label1#label_2", "a.jpg#cat#", "b.jpg#cat#dog"), Columns(True, 0, (1, 2), "several")),
    (sheet("fname#labels#is_valid", "a.jpg#cat dog#True", "b.jpg#cat#False", "c.jpg#dog#False"), Columns(True, 0, (1,), "divided", " ", -1, 2)),
    (sheet("Image Name#Tags#Split", "a.jpg#cat|dog#train"), Columns(True, 0, (1,), "divided", "|", 2)),
    (sheet("file#label", "a.jpg#cat;dog", "b.jpg#dog", "c.jpg#cat"), Columns(True, 0, (1,), "divided", ";")),
    (sheet("file#label", "a.jpg#tench, Tinca tinca", "b.jpg#hen, bird", "c.jpg#hen"), Columns(True, 0, (1,), "one")),
    (sheet("file#classes", "a.jpg#red fox", "b.jpg#snow owl"), Columns(True, 0, (1,), "one")),
    (sheet("filename# cat# dog", "a.jpg#0#1", "b.jpg#1#0"), Columns(True, 0, (1, 2), "marks")),
    (sheet("file#cat#dog", "a.jpg#True#False", "b.jpg#FALSE#true"), Columns(True, 0, (1, 2), "marks")),
    (sheet("file#cat#dog#is_valid", "a.jpg#True#False#True", "b.jpg#False#True#False"), Columns(True, 0, (1, 2), "marks", "", -1, 3)),
    (sheet("#file#cat#dog", "0#a.jpg#0#1", "1#b.jpg#1#0"), Columns(True, 1, (2, 3), "marks")),
    (sheet("Unnamed: 0.1#Unnamed: 0#file#cat#dog", "0#0#a.jpg#0#1", "7#1#b.jpg#1#0"), Columns(True, 2, (3, 4), "marks")),
    (sheet("file#label#class_name", "a.jpg#0#cat"), Columns(True, 0, (2,), "one")),
    (sheet("file#valid#label", "a.jpg#yes#cat"), Columns(True, 0, (2,), "one", "", -1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), MEANT)
def test_columns_are_known(rows: list[list[str]], expected: Columns) -> None:
    assert columns_of(rows) == expected


NOT_MEANT = [
    ([], "fewer than two columns"),
    (sheet("file_name"), "fewer than two"),
    (sheet("epoch#train/loss", "1#0.5"), "no column names images"),
    (sheet("file_name#annotator#batch", "a.jpg#ann#7"), "no column holds labels"),
    (sheet("file_name#width#height", "a.jpg#640#480"), "no column holds labels"),
    (sheet("file_name#reviewed#who", "a.jpg#1#ann", "b.jpg#0#bob"), "no column holds labels"),
    (sheet("filename#width#height#class#xmin#ymin#xmax#ymax", "a.jpg#1#1#cat#0#0#1#1"), "boxes"),
    (sheet("image_id#bbox#label", "a.jpg#[1,2]#cat"), "boxes"),
    (sheet("a.jpg#1#2#3#4#cat", "b.jpg#1#2#3#4#cat"), "numbers beside"),
    (sheet("a.jpg#0.25", "b.jpg#0.5"), "numbers with a fraction"),
    (sheet("file#label#score", "a.jpg#cat#.5"), "predictions"),
    (sheet("file#cat#dog", "a.jpg#0.25#0.75"), "no column holds labels"),
    (sheet("file#cat#dog#eel", "a.jpg#1#0#0", "b.jpg#0#1#2"), "others are of 0 and 1, but not eel"),
    (sheet("rule#severity#image#category", "BOX001#error#a.jpg#cat"), "report"),
    (sheet("id#label", "7#cat", "8#dog"), "names no images"),
    (sheet("a.jpg#cat", "x#dog", "y#dog", "z#dog"), "first line only"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "why"), NOT_MEANT)
def test_other_sheets_are_not(rows: list[list[str]], why: str) -> None:
    found = columns_of(rows)
    assert isinstance(found, str)
    assert why in found


def test_names_need_no_suffix_where_the_files_were_found() -> None:
    assert columns_of(sheet("image#MEL#NV", "ISIC_1#1.0#0.0"), named=True) == Columns(
        True, 0, (1, 2), "marks"
    )


def test_cells() -> None:
    assert [boolean(each) for each in (" True", "0.0", "maybe", "")] == [True, False, None, None]
    assert divided("a | b||", "|") == ["a", "b"]
    assert divided(" a b ", "") == ["a b"]
