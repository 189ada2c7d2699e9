"""What the App's panel says. Names come from files of other people: as markdown they would do what they say."""

from __future__ import annotations

import re
from typing import Any

from annotool.reviewing.folder import Item, Review
from annotool.rules import registry

__all__ = ["BUTTONS", "COLUMNS", "finding_text", "plain", "progress_text", "row"]

BUTTONS = {  # label, icon
    "accept": ("Accept fix (A)", "check"),
    "ignore": ("Ignore (I)", "visibility_off"),
    "delete": ("Delete box (D)", "delete"),
    "skip": ("Skip (S)", "redo"),
    "undo": ("Undo (U)", "undo"),
    "open_next": ("Next finding (N)", "skip_next"),
    "open": ("Open", "open_in_new"),
}
COLUMNS = [("severity", "Severity"), ("rule", "Rule"), ("score", "Score"), ("image", "Image"), ("category", "Class"),
           ("message", "What is wrong"), ("fix", "Its fix")]  # fmt: skip
MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$:/])")


def plain(text: str) -> str:
    """Return text as markdown that shows it letter by letter, on one line."""
    return MARKS.sub(r"\\\1", re.sub(r"\s+", " ", text)).replace("\\<", "&lt;").replace("\\>", "&gt;")


def row(item: Item) -> dict[str, Any]:
    """Return a finding as a row of the table, whose cells are text."""
    return {
        "number": item.number,
        "severity": item.severity,
        "rule": f"{item.rule} {item.slug}",
        "score": f"{item.score:.2f}",
        "image": item.file,
        "category": item.category,
        "message": item.message,
        "fix": item.proposal or "by hand",
    }


def progress_text(progress: tuple[int, int], review: Review) -> str:
    """Return how far the review is."""
    done, total = progress
    missing = f"; {len(review.missing):,} images are not on disk and not shown" if review.missing else ""
    return f"{done:,} of {total:,} decided{missing}"


def finding_text(item: Item) -> str:
    """Return what is wrong, why it matters, and what the fix would do, as markdown."""
    lines = [f"**Next: {item.severity} {item.rule} {plain(item.slug)}** {plain(item.message)}"]
    rule = registry().get(item.rule)
    if rule is not None and (why := first_why(rule.documentation())):
        lines.append(f"*Why:* {plain(why)}")
    lines.append(f"*Fix:* {plain(item.proposal)}" if item.proposal else "*Fix:* none at hand; mend it in Annotate")
    return "\n\n".join(lines)


def first_why(text: str) -> str:
    """The first sentence of what a rule's documentation says under Why."""
    found = re.search(r"^Why[:\s]+(.*?)(?:\n\n|\n[A-Z][a-z]+:|\Z)", text, re.S | re.M)
    return re.split(r"(?<=[.!?])\s", " ".join(found[1].split()))[0] if found else ""
