import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.voc.document import Document, Element, parse

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<annotation><object><name>&lol2;</name></object></annotation>"""
OUTSIDE = b"""<!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<annotation><filename>&x;</filename></annotation>"""
PARAMETER = b"""<!DOCTYPE annotation [<!ENTITY % p SYSTEM "http://localhost:1/x.dtd"> %p;]><annotation/>"""
LEANS = (
    b"""<!DOCTYPE annotation SYSTEM "http://localhost:1/x.dtd"><annotation><name>ca&t;</name></annotation>"""
)


def texts(element: Element, document: Document) -> list[bytes]:
    """The source text of an element and of all below it."""
    own = document.data[element.start : element.end]
    return [own, *(text for child in element.children for text in texts(child, document))]


def root(document: Document) -> Element:
    assert document.root is not None
    return document.root


def test_spans_are_the_elements_bytes() -> None:
    document = parse(
        b'<a x="1>2">\r\n <b/>\n <b></b ><c  k=\'"\' >t&amp;<!-- </c> -->u<![CDATA[<d>]]></c\n></a>'
    )
    assert texts(root(document), document) == [
        document.data, b"<b/>", b"<b></b >", b"<c  k='\"' >t&amp;<!-- </c> -->u<![CDATA[<d>]]></c\n>",
    ]  # fmt: skip
    a, c = root(document), root(document).children[2]
    assert document.inner(a) == 11
    assert document.data[document.inner(c) : c.stop] == b"t&amp;<!-- </c> -->u<![CDATA[<d>]]>"
    assert (document.text(c), [document.line(each) for each in a.children]) == ("t&u<d>", [2, 3, 3])


def test_an_empty_element_inside_its_namesake() -> None:
    document = parse(b"<a><a/></a>")
    assert texts(root(document), document) == [b"<a><a/></a>", b"<a/>"]


@pytest.mark.parametrize("bad", [BOMB, OUTSIDE, PARAMETER, LEANS])
def test_entities_and_outside_dtds_are_refused_whole(bad: bytes) -> None:
    document = parse(bad)
    assert document.root is None
    assert document.fault is not None
    assert "entity" in document.fault.why
    assert document.fault.line > 0


def test_a_doctype_without_entities_is_harmless() -> None:
    document = parse(
        b'<!DOCTYPE annotation SYSTEM "http://localhost:1/x.dtd"><annotation>a&amp;b&#33;</annotation>'
    )
    assert document.fault is None
    assert document.text(root(document)) == "a&b!"


@pytest.mark.parametrize(
    ("data", "why", "line", "column"),
    [
        (b"", "the file is empty", 0, 0),
        (b" \n", "the file holds only blanks", 0, 0),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ("a git-lfs pointer stands in place of the "
         "file; run `git lfs pull`"), 0, 0),
        (b"<a>\n<b></a>", "not well-formed: mismatched tag", 2, 6),
        (b"<a>\n", "not well-formed: no element found", 2, 1),
        (b"\x00\x01\xff", "not well-formed: not well-formed (invalid token)", 1, 1),
        (b"<a>\xe9</a>", "not well-formed: not well-formed (invalid token)", 1, 4),
        (b"<a/>junk", "not well-formed: junk after document element", 1, 5),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "its encoding 'nonsense' is not known", 0, 0),
        (b"<?xml version='1.0' encoding='hex'?><a/>", "its encoding 'hex' is not known", 0, 0),
        (b"<?xml version='1.0' encoding='gbk'?><a>\xff\xff</a>", ("it says its encoding is 'gbk', but its bytes are "
         "not"), 0, 0),
    ],
)  # fmt: skip
def test_faults_name_the_place(data: bytes, why: str, line: int, column: int) -> None:
    fault = parse(data).fault
    assert fault is not None
    assert (fault.why, fault.line, fault.column) == (why, line, column)


def test_what_stands_before_the_break_is_there() -> None:
    document = parse(b"<a><b>1</b><c><d>2</d>")
    assert [(each.tag, each.end) for each in root(document).children] == [("b", 11), ("c", -1)]


def test_depth_is_bounded() -> None:
    fault = parse(b"<a>" * 100_000).fault
    assert fault is not None
    assert "deep" in fault.why


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "gbk", "cp1251", "latin-1", "shift_jis"]
)
def test_other_encodings_are_recoded(encoding: str) -> None:
    text = {"gbk": "中", "shift_jis": "カ", "latin-1": "é"}.get(encoding, "Ж")
    data = f"<?xml version='1.0' encoding='{encoding}'?><a>{text}</a>".encode(encoding)
    if encoding in ("utf-16-le", "utf-16-be"):
        data = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}[encoding] + data
    document = parse(data)
    assert document.fault is None
    assert (document.text(root(document)), document.own) == (text, False)


def test_a_byte_order_mark_is_counted() -> None:
    document = parse(b"\xef\xbb\xbf<a>\xd0\x96</a>")
    assert (document.bom, document.own, root(document).start, document.text(root(document))) == (
        3,
        True,
        3,
        "Ж",
    )


@given(st.binary(max_size=200))
def test_never_raises(data: bytes) -> None:
    document = parse(data)
    assert document.fault is not None or document.root is not None


@given(st.recursive(st.sampled_from(["t", "&lt;", "<e/>", "<!-- x -->", "\n"]),
                    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"<n a='>'>{''.join(parts)}</n>")))  # fmt: skip
def test_every_span_parses_alone(content: str) -> None:
    document = parse(f"<r>{content}</r>".encode())
    for text in texts(root(document), document):
        again = parse(text)
        assert again.fault is None
        assert (root(again).start, root(again).end) == (0, len(text))
