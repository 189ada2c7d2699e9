"""Markup in small pieces: every text goes through `text`, so that a name from the dataset is never markup."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["data_json", "download", "exact", "prose", "rows_apart", "tag", "text", "web_link"]

# What xml cannot hold, and what would turn the direction of the text around a name.
STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def text(value: Any) -> str:
    """Return a value as text that is safe between tags and in quoted attributes."""
    return html.escape(STEERING.sub("\ufffd", str(value)), quote=True)


def exact(value: str) -> str:
    """Return a value as the page's script compares it: `text` leaves all of it as it is, so that no two become one."""
    return json.dumps(value)[1:-1]


def prose(value: str) -> str:
    """Return a sentence of a rule's documentation, what stands in backticks as code."""
    parts = text(value).split("`")
    return "".join(
        tag("code", part) if at % 2 and at < len(parts) - 1 else part for at, part in enumerate(parts)
    )


def tag(name: str, content: str | Iterable[str] = "", **attributes: Any) -> str:
    """Return an element; `content` is markup, attributes are texts. `_` in an attribute's name is `-`; None leaves it out,
    and True gives it no value."""
    parts = [name]
    for key, value in attributes.items():
        if value is not None and value is not False:
            key = key.rstrip("_").replace("_", "-")
            parts.append(key if value is True else f'{key}="{text(value)}"')
    inner = content if isinstance(content, str) else "".join(content)
    return f"<{' '.join(parts)}>{inner}</{name}>"


def web_link(url: str, name: str) -> str:
    """Return a name that leads to an address of the web; of another kind of address, the name alone."""
    if not url.startswith(("http://", "https://")):
        return text(name)
    return tag("a", text(name), href=url, rel="noreferrer noopener")


def data_json(name: str, value: Any) -> str:
    """Return a value for the page's script, where no text can end the element."""
    held = json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")
    return f'<script type="application/json" id="{text(name)}">{held}</script>'


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return the numbers behind a chart: a table that opens, which the page's script offers as csv."""
    head = tag("tr", (tag("th", text(each), scope="col") for each in header))
    body = (tag("tr", (tag("td", text(each)) for each in row)) for row in rows)
    table = tag("table", tag("thead", head) + tag("tbody", body))
    return opening(name, tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=name), None)


def rows_apart(name: str, source: str) -> str:
    """Return the numbers behind maps, which the page's script writes out of the json of that id when asked for."""
    return opening(name, "", source)


def opening(name: str, inner: str, source: str | None) -> str:
    buttons = (
        tag("button", label, type="button", class_=kind, data_name=name, data_from=source)
        for label, kind in (("Download csv", "csv"), ("Copy", "copy"))
    )
    return tag("details", tag("summary", "Numbers") + "".join(buttons) + inner, class_="numbers")
