"""The page around what is shown: its head, style and script. Nothing is asked for from outside, whatever a name tries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files

from annotool.reporting.html.markup import tag, text

__all__ = ["page"]

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(title: str, head: str, main: Iterable[str], skip: str = "") -> Iterator[str]:
    """Yield a page: `head` and `main` are markup, the title text; `skip` a link for those who go by keys."""
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield tag("title", f"annotool: {text(title)}")
    yield f"<style>{asset('style.css')}</style></head><body>"
    yield skip
    yield tag("header", head)
    yield "<main>"
    yield from main
    yield "</main>"
    yield f"<script>{asset('script.js')}</script></body></html>"


def asset(name: str) -> str:
    return files("annotool.reporting.html").joinpath(name).read_text("utf-8")
