"""Names come from files of other people: in the panel they stay text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from annotool.reviewing.folder import Item
from annotool.reviewing.serve import Guard
from annotool.reviewing.words import finding_text, plain

RENDER = MarkdownIt("commonmark", {"html": True, "linkify": False})
EVIL = st.text(alphabet="<>[]()!*_`#&;\\/\"'=:. abij", max_size=40)


@given(EVIL)
def test_markdown_shows_a_name_letter_by_letter(name: str) -> None:
    (paragraph, inline, _) = [*RENDER.parse(f"x{plain(name)}x")]
    assert paragraph.type == "paragraph_open" and inline.children is not None
    assert {each.type for each in inline.children} <= {"text", "text_special"}
    assert (
        "".join(each.content for each in inline.children)
        == f"x{' '.join(name.split(' '))}x".replace("  ", " ")
        or "  " in name
    )


def test_a_message_with_markup_is_no_markup() -> None:
    item = Item(
        0, "f", "BOX002", "out-of-bounds", "error", 1.0, '<img src=x onerror="alert(1)"> [a](javascript:b)'
    )
    html = RENDER.render(finding_text(item))
    assert "<img" not in html and "<a " not in html and "&lt;img" in html


def request(path: str, host: str, query: str = "") -> dict[str, object]:
    return {
        "type": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", host.encode())],
    }


def test_the_server_gives_its_images_and_no_other_file() -> None:
    guard = Guard(None, frozenset({"/data/a b.jpg"}))  # type: ignore[arg-type]
    assert guard.allows(request("/media", "127.0.0.1:5151", "filepath=/data/a%20b.jpg"))
    for query in (
        "filepath=/etc/passwd",
        "",
        "filepath=/data/a%20b.jpg&filepath=/etc/passwd",
        "filepath=/data/../data/a%20b.jpg",
    ):
        assert not guard.allows(request("/media", "127.0.0.1:5151", query))
        assert not guard.allows(request("/media/", "127.0.0.1:5151", query))
    assert guard.allows(request("/fiftyone", "localhost:5151")) and guard.allows(request("/", "[::1]:5151"))
    assert not guard.allows(request("/", "evil.example:5151")) and not guard.allows(request("/", ""))
