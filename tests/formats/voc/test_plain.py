import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotool.formats.base import Problems
from annotool.formats.voc.document import parse
from annotool.formats.voc.gather import Rows
from annotool.formats.voc.plain import COLUMNS, Head, plain
from annotool.formats.voc.records import Reading
from annotool.table import Array
from tests.formats.voc.build import box, xml

FLAGS = "\t\t<truncated>1</truncated>\n\t\t<difficult>0</difficult>\n"
USUAL = xml(box(1, 2, 30, 40, flags=FLAGS), box("1.5", -2, 30, 40, name="Кот в сапогах"))


def columns(rows: Rows) -> dict[str, list[object]]:
    held: dict[str, Array] = rows.columns()
    names = {code: name for name, code in rows.names.items()}
    lists: dict[str, list[object]] = {name: held[name].tolist() for name in COLUMNS}
    lists["name"] = [names[code] for code in held["name"].tolist()]
    return lists


def tolerant(data: bytes) -> tuple[Head, dict[str, list[object]], int]:
    reading = Reading(parse(data), 0, 0, 0, Problems())
    head, rows = reading.run(), Rows()
    rows.extend(reading.objects)
    return head, columns(rows), len(reading.problems.findings())


def same(data: bytes) -> bool:
    """Whether the fast way took the file; where it did, both ways have to say the same, and see no fault."""
    read = plain(data, 0)
    if read is None:
        return False
    head, rows = read[0], Rows()
    rows.extend(read[1])
    slow_head, slow, problems = tolerant(data)
    assert problems == 0
    np.testing.assert_equal(tuple(head), tuple(slow_head))
    np.testing.assert_equal(columns(rows), slow)
    return True


TAKEN = [
    USUAL,
    xml(),
    xml(box(1, 1, 2, 2)).replace("\n", "\r\n"),
    xml(box(1, 1, 2, 2)).replace("\n", "").replace("\t", ""),
    xml(filename=""),
    '<?xml version="1.0" encoding="utf-8"?>\n' + USUAL,
    "<?xml version='1.0'?>" + USUAL.replace("<annotation>", '<annotation verified="yes">'),
    xml(box(1, 1, 2, 2).replace("Unspecified", "Frontal")),
    xml(box(1, 1, 2, 2, more="<part><name>head</name><bndbox><xmin>3</xmin></bndbox></part>\n<part><name>foot</name></part>\n")),
    xml(box(1, 1, 2, 2, more='<attributes><attribute id="1"><name>rotation</name><value>0.0</value></attribute></attributes>'), box(3, 3, 4, 4)),
    xml(box(1, 1, 2, 2, more="<polygon>\r\n<x1>1</x1><y1>2</y1></polygon><point><x>1</x></point>").replace("<pose>Unspecified</pose>", "")),
    xml(more="<folder/><owner><flickrid>Fried</flickrid><name>?</name></owner>"),
    xml(more="<source><database>annotool</database></source><folder>x</folder><path>C:\\y</path><segmented>0</segmented>"),
    ("<annotation><object><name>a</name><bndbox><ymin>1</ymin><xmin>2</xmin><ymax>3</ymax><xmax>4</xmax></bndbox>"
    "<occluded>1</occluded><difficult>0</difficult></object></annotation>"),
]  # fmt: skip


@pytest.mark.parametrize("document", TAKEN)
def test_the_usual_shapes_are_taken(document: str) -> None:
    assert same(document.encode())


LEFT = [
    USUAL.replace("<pose>", "<!-- x --><pose>"),
    USUAL.replace("<difficult>0", "<difficult>2"),
    USUAL.replace("<difficult>0", "<difficult>"),
    USUAL.replace("<name>cat", "<name>c&amp;t"),
    USUAL.replace("<name>cat</name>", "<name> </name>"),
    USUAL.replace("<name>cat</name>", ""),
    USUAL.replace("<name>cat</name>", "<name>cat</name><name>cat</name>"),
    USUAL.replace("<xmin>1</xmin>", "<xmin>1</xmin><xmin>2</xmin>"),
    USUAL.replace("<xmin>1</xmin>", ""),
    USUAL.replace("<xmin>1</xmin>", "<xmin>nan</xmin>"),
    USUAL.replace("<xmin>1</xmin>", "<xmin>1e999</xmin>"),
    USUAL.replace("<bndbox>", "<bndbox></bndbox><bndbox>"),
    USUAL.replace("<truncated>1</truncated>", "<truncated>1</truncated><truncated>0</truncated>"),
    USUAL.replace("<object>", "<object><part/>"),
    USUAL.replace("<pose>", "<part><name></part><pose>"),
    USUAL.replace("<pose>", "<part><part></part></part><pose>"),
    USUAL.replace("<pose>", "<part><!-- </part> --></part><pose>"),
    USUAL.replace("<pose>", "<part><object></object></part><pose>"),
    USUAL.replace("<pose>", "<part></part>x<pose>"),
    USUAL.replace("<pose>", "<part></part><pose>").replace("<bndbox>", "<part></part><bndbox>"),
    USUAL.replace("<pose>", "<part>]]></part><pose>"),
    USUAL.replace("<pose>", "<part>&lt;</part><pose>"),
    USUAL.replace("<object>", "stray<object>"),
    USUAL.replace("</annotation>", "</annotation>x"),
    USUAL.replace("</annotation>", ""),
    USUAL.replace("<size>", "<size><width>3</width><height>4</height></size><size>"),
    USUAL.replace("<filename>", "<filename>b</filename><filename>"),
    USUAL.replace("Кот", "К\ufffe"),
    USUAL.replace("cat", "c\x0bt"),
    USUAL.replace("cat", "c\nt"),
    USUAL.replace("annotation>", "Annotation>"),
    "\ufeff" + USUAL,
    '<?xml version="1.0" encoding="cp1251"?>' + USUAL,
    "<!DOCTYPE annotation>" + USUAL,
    " " + '<?xml version="1.0"?>' + USUAL,
]


@pytest.mark.parametrize("document", LEFT)
def test_anything_else_is_left_to_the_tree(document: str) -> None:
    assert plain(document.encode(), 0) is None


def test_bytes_that_are_no_utf8_are_left_to_the_tree() -> None:
    assert plain(USUAL.replace("cat", "\xe9").encode("latin-1", "replace"), 0) is None
    assert plain(USUAL.encode().replace(b"cat", b"\xed\xa0\x80"), 0) is None


PIECES = ["<part>", "</part>", "<actions><a>1</a></actions>", "<owner></owner>", "<object>", "</object>", "<bndbox>", "</bndbox>", "<xmin>1</xmin>", "<name>a</name>", "<name>", "</annotation>", "&",
          "<!--", "-->", "]]>", "<![CDATA[", "<difficult>1</difficult>", "<size>", "\x00", "\t", "é", "<a/>", "<?x?>"]  # fmt: skip


@given(
    st.sampled_from(TAKEN),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 30), st.sampled_from(["", *PIECES])), max_size=3),
)
@example(USUAL, [])
def test_both_ways_agree_on_mangled_files(document: str, cuts: list[tuple[int, int, str]]) -> None:
    for at, length, piece in cuts:
        document = document[:at] + piece + document[at + length :]
    same(document.encode("utf-8", "surrogatepass"))


def test_lines_and_bytes() -> None:
    data = USUAL.encode()
    read = plain(data, 7)
    assert read is not None
    for row, line in zip(read[1], (8, 20), strict=True):
        source, _, start, end, said = row[:5]
        assert (source, said) == (7, line)
        assert data[start:end].startswith(b"<object>")
        assert data[start:end].endswith(b"</object>")
        assert data.count(b"\n", 0, start) + 1 == line
