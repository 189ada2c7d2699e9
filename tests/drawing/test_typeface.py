import pytest

from annotool.drawing.typeface import lacking, measure, printable, typeface, wrapped


@pytest.mark.parametrize("text", ["cat", "Kätzchen", "кошка", "\U00012345 cat", "猫", "", "ا ب"])
def test_what_no_font_has_is_marked(text: str) -> None:
    font, shown = typeface(text, 14)
    assert len(shown) == len(text)
    assert not lacking(font, frozenset(shown) - {"?"})
    assert font.getlength(shown) >= 0


def test_what_cannot_be_seen_is_marked() -> None:
    assert printable("a\nb\u202ec\x00") == "a\ufffdb\ufffdc\ufffd"


def test_lines_are_no_longer_than_asked() -> None:
    text = "out-of-bounds: right edge 650 is beyond 640 " + "x" * 300 + " end"
    lines = wrapped(text, 14, 200)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(measure(each, 14) <= 200 for each in lines)
    assert wrapped("", 14, 200) == []
