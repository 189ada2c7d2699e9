"""What the App's panel says. Names come from files of other people: as markdown they would do what they say."""

from __future__ import annotations

import re
from typing import Any

from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Item, Review
from annotool.rules import registry

__all__ = ["BUTTONS", "COLUMNS", "about", "finding_text", "plain", "progress_text", "row"]

BUTTONS = {  # label, icon
    "accept": ("Accept fix (A)", "check"),
    "ignore": ("Ignore (I)", "visibility_off"),
    "delete": ("Delete box (D)", "delete"),
    "skip": ("Skip (S)", "redo"),
    "undo": ("Undo (U)", "undo"),
    "open_next": ("Next finding (N)", "skip_next"),
    "open": ("Open", "open_in_new"),
}
COLUMNS = [("rule", "Rule"), ("image", "Image"), ("message", "What is wrong"), ("score", "Score")]
MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$:/])")


def plain(text: str) -> str:
    """Return text as markdown that shows it letter by letter, on one line."""
    return MARKS.sub(r"\\\1", re.sub(r"\s+", " ", text)).replace("\\<", "&lt;").replace("\\>", "&gt;")


def row(item: Item) -> dict[str, Any]:
    """Return a finding as a row of the table, whose cells are text."""
    where = f"{item.file}, {item.category}" if item.category and item.file else item.file or item.category
    mend = f"  Fix: {item.proposal}" if item.proposal else ""
    return {
        "number": item.number,
        "rule": f"{item.severity} {item.rule} {item.slug}",
        "image": where,
        "message": f"{item.message}.{mend}",
        "score": f"{item.score:.2f}",
    }


def progress_text(progress: tuple[int, int], review: Review) -> str:
    """Return how far the review is."""
    done, total = progress
    missing = f"; {len(review.missing):,} images are not on disk and not shown" if review.missing else ""
    return f"{done:,} of {total:,} decided{missing}"


def about(item: Item | None, at: Desk) -> dict[str, Any]:
    """Return what the bar under the open image says of a finding, as plain text."""
    done, total = at.progress()
    told: dict[str, Any] = {"progress": f"{done:,} of {total:,} decided"}
    if item is None:
        return told
    names = (
        "number",
        "rule",
        "slug",
        "severity",
        "message",
        "category",
        "proposal",
        "sample",
        "box",
        "field",
    )
    return told | {name: getattr(item, name) for name in names} | {
        "why": why(item), "shown": item.shown, "size": item.size,
    }  # fmt: skip


def finding_text(item: Item) -> str:
    """Return what is wrong, why it matters, and what the fix would do, as markdown."""
    lines = [f"**Next: {item.severity} {item.rule} {plain(item.slug)}** {plain(item.message)}"]
    if reason := why(item):
        lines.append(f"*Why:* {plain(reason)}")
    lines.append(
        f"*Fix:* {plain(item.proposal)}" if item.proposal else "*Fix:* none at hand; mend it in Annotate"
    )
    return "\n\n".join(lines)


def why(item: Item) -> str:
    """Why it matters, in a sentence; empty where the rule is not known here."""
    rule = registry().get(item.rule)
    return first_why(rule.documentation()) if rule is not None else ""


def first_why(text: str) -> str:
    """The first sentence of what a rule's documentation says under Why."""
    found = re.search(r"^Why[:\s]+(.*?)(?:\n\n|\n[A-Z][a-z]+:|\Z)", text, re.S | re.M)
    return re.split(r"(?<=[.!?])\s", " ".join(found[1].split()))[0] if found else ""
