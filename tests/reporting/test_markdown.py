from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from annotool.api import lines
from annotool.findings import Findings, Skipped, block
from annotool.reporting.markdown import code, prose
from annotool.reporting.told import Told
from annotool.testing import tiny

COMMENT, SUMMARY = 65_536, 1 << 20  # GitHub's limits: characters of a comment, bytes of a job's summary


class Page(HTMLParser):
    """What a reader sees: tags that are not ours, texts outside code, cells of each row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[int] = []
        self.plain = ""
        self.spans: list[str] = []
        self.open: list[str] = []
        self.feed(MarkdownIt("commonmark").enable("table").render(text))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1
        if tag == "code":
            self.spans.append("")

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.spans[-1] += data
        else:
            self.plain += data


def page(told: Told) -> Page:
    return Page("\n".join(lines(told, "markdown")))


def test_it_tells_verdict_rules_and_worst_images(told: Told) -> None:
    shown = page(told)
    assert "not ready to train: 1 of 2 images has errors" in shown.plain
    assert {"annotations.json:4", "box [bold] leaves by 61.0 px", "1.jpg", "no image files"} <= set(
        shown.spans
    )
    assert "Worst images" in shown.plain
    assert any("annotool rule BAL001" in span for span in shown.spans)
    assert "known" not in shown.plain


def test_against_a_baseline_it_counts_new_fixed_and_known(compared: Told) -> None:
    text = "\n".join(lines(compared, "markdown"))
    assert "| new | fixed | known |\n|---|---|---|\n| 2 | 2 | 1 |" in text
    assert "gone" in "".join(page(compared).spans)
    assert "BAL001" not in text.split("### Not run")[0].split("### Fixed")[0]


def test_the_worst_images_have_most_errors_and_say_what_was_joined() -> None:
    data = tiny(images=20, joined={"annotator": np.array([f"a{at}" for at in range(20)], dtype=object)})
    errors = block("BOX001", "m", 30, severity=2, image=[19] * 3 + [7] * 27)
    warned = block("BOX003", "m", 60, severity=1, image=np.arange(60) % 20)
    text = "\n".join(lines(Told(data, Findings((errors, warned))), "markdown"))
    rows = re.findall(r"^\| `(\d+)\.jpg` \| (\d+) \| (\d+) .*`(a\d+)` \|$", text, re.M)
    assert rows[:2] == [("7", "27", "3", "a7"), ("19", "3", "3", "a19")]
    assert len(rows) == 10


def test_nothing_found_is_short(told: Told) -> None:
    text = "\n".join(lines(replace(told, findings=Findings()), "markdown"))
    assert "nothing found" in text
    assert len(text) < 400


def test_names_are_no_markup(hostile: Told) -> None:
    shown = page(hostile)
    assert shown.tags <= {
        "h2",
        "h3",
        "p",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "pre",
        "ul",
        "li",
    }
    assert not re.search(r"@everyone|www\.evil|http://evil|#1\b", shown.plain)
    assert any("<script>alert(1)</script>" in span for span in shown.spans)


@given(st.text())
def test_a_code_span_shows_any_text_in_one_cell(text: str) -> None:
    shown = Page(f"| a | b |\n|---|---|\n| {code(text)} | end |")
    assert shown.rows == [2, 2]
    assert shown.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    if text.isprintable() and len(text) < 200 and "\\|" not in text and text.strip():
        assert re.sub(" +", " ", shown.spans[0]).strip() == re.sub(" +", " ", text).strip()


@given(st.text())
def test_prose_is_no_markup(text: str) -> None:
    shown = Page(f"**a {prose(text)} b**")
    assert shown.tags == {"p", "strong"}


@pytest.mark.parametrize("name", ["x" * 5000, "|" * 300, "`" * 300, "😀" * 500])
def test_it_never_outgrows_github(name: str) -> None:
    data = tiny(
        images=[{"file_name": f"{name}{at}"} for at in range(300)],
        annotations=[{"image": at, "category": at} for at in range(300)],
        categories=[f"{at}{name}" for at in range(300)],
        joined={f"{column}{name}": np.array([name] * 300, dtype=object) for column in range(5)},
    )
    blocks = tuple(
        block(
            f"ABC{at:03}",
            "{name}",
            300,
            values={"name": name},
            severity=at % 3,
            image=np.arange(300),
            category=np.arange(300),
        )
        for at in range(300)
    )
    skipped = tuple(Skipped(f"XYZ{at:03}", f"{at}{name}") for at in range(500))
    told = Told(
        data,
        Findings(blocks, skipped),
        statistics=True,
        group_by=f"0{name}",
        command=f"annotool audit {name}",
    )
    text = "\n".join(lines(told, "markdown")) + "\n"
    assert len(text) <= COMMENT
    assert len(text.encode()) <= SUMMARY
    assert "shortened" in text
    assert text.rstrip().endswith("```")


def test_the_command_is_shown_as_typed(many: Callable[..., Told]) -> None:
    text = "\n".join(lines(replace(many(3), command="annotool audit 'my data' --select BOX"), "markdown"))
    assert "annotool audit 'my data' --select BOX" in text
    assert "annotool rule BOX002" in text
