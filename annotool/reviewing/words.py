"""What the App's panel says. Names come from files of other people: as markdown they would do what they say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Item, Review
from annotool.reviewing.tabs import tabs_text
from annotool.rules import registry
from annotool.wording import plural

__all__ = [
    "BUTTONS",
    "COLUMNS",
    "about",
    "finding_text",
    "listed_text",
    "nothing_left",
    "place",
    "plain",
    "progress_text",
    "row",
    "rule_text",
    "subject",
    "tagged_text",
    "why_of",
]

BUTTONS = {  # label, icon
    "accept": ("Accept fix (A)", "check"),
    "ignore": ("Ignore (I)", "visibility_off"),
    "delete": ("Delete box (D)", "delete"),
    "skip": ("Skip (S)", "redo"),
    "undo": ("Undo (U)", "undo"),
    "open_next": ("Next finding (N)", "skip_next"),
    "open": ("Open", "open_in_new"),
}
COLUMNS = [("rule", "Rule"), ("image", "Where"), ("message", "What is wrong"), ("score", "Score")]
MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$:/])")


def plain(text: str) -> str:
    """Return text as markdown that shows it letter by letter, on one line."""
    return MARKS.sub(r"\\\1", re.sub(r"\s+", " ", text)).replace("\\<", "&lt;").replace("\\>", "&gt;")


def row(item: Item) -> dict[str, Any]:
    """Return a finding as a row of the table, whose cells are text."""
    mend = f"  Fix: {item.proposal}" if item.proposal else ""
    return {
        "number": item.number,
        "rule": f"{item.severity} {item.rule}",
        "image": place(item),
        "message": f"{item.message}.{mend}",
        "score": f"{item.score:.2f}",
    }


def place(item: Item) -> str:
    """Return where a finding is: its image and class, or the label file it is about."""
    return ", ".join(each for each in (item.file or item.where, item.category) if each) or "the whole dataset"


def subject(item: Item) -> str:
    """Return what a finding is about."""
    if item.field.startswith("image_label"):
        return f"label {item.name} of the image"
    if item.box:
        return f"box, {item.name or item.category or 'no class'}"
    if item.file and item.place:
        return "a box that is missing"
    if item.file:
        return "the whole image"
    if item.category:
        return f"class {item.category}"
    return "the label file" if item.where else "the dataset"


def progress_text(progress: tuple[int, int], review: Review) -> str:
    """Return how far the review is."""
    done, total = progress
    missing = (
        f"; {plural(len(review.missing), 'image is', 'images are')} not on disk and not shown"
        if review.missing
        else ""
    )
    return f"{done:,} of {total:,} decided{missing}"


def listed_text(shown: int, every: int) -> str:
    """Return what the end of the table says."""
    if not every:
        return "Nothing is undecided here."
    return (
        ""
        if shown == every
        else f"The first {shown:,} of {every:,}; the next ones follow as these are decided."
    )


def tagged_text(said: Sequence[Item]) -> str:
    """Return which findings tags have decided: of a box more than one rule may have found something."""
    rules = Counter(each.rule for each in said)
    told = ", ".join(f"{count:,} of {rule}" for rule, count in sorted(rules.items()))
    return f"Decided by tags: {told}. Undo takes all of it back."


def rule_text(rule: str) -> str:
    """Return why the rule that is chosen matters, as markdown; empty where none is."""
    if not rule:
        return ""
    reason = why_of(rule)
    return f"**{rule}** {plain(reason)}" if reason else f"**{rule}**: all rules whose code begins so"


def nothing_left(at: Desk) -> str:
    """Return what to say where no image has an undecided finding."""
    done, total = at.progress()
    if not total:
        return "Nothing was found. What you change in Annotate counts all the same."
    if done == total:
        return f"All {total:,} findings are decided. `annotool decisions {at.review.name}` takes them out."
    left = plural(total - done, "finding")
    return f"All images are done; left in the table: {left} of no image that is shown."


def about(item: Item | None, at: Desk) -> dict[str, Any]:
    """Return what the bar under the open image says of a finding, as plain text."""
    done, total = at.progress()
    told: dict[str, Any] = {"progress": f"{done:,} of {total:,} decided", "reasons": at.review.reasons[:9],
                            "tabs": tabs_text()}  # fmt: skip
    if item is None:
        return told
    names = (
        "number",
        "rule",
        "slug",
        "severity",
        "message",
        "proposal",
        "sample",
        "box",
        "field",
        "shown",
        "size",
    )
    also = [each.rule for each in at.left(item.sample) if item.box and each.box == item.box and each != item]
    return told | {name: getattr(item, name) for name in names} | {
        "why": why(item), "subject": subject(item), "also": also,
    }  # fmt: skip


def finding_text(item: Item) -> str:
    """Return what is wrong, why it matters, and what the fix would do, as markdown."""
    lines = [f"**Next: {item.severity} {item.rule} {plain(item.slug)}** {plain(item.message)}"]
    lines.insert(1, plain(": ".join(filter(None, (item.file or item.where, subject(item))))))
    if reason := why(item):
        lines.append(f"*Why:* {plain(reason)}")
    lines.append(
        f"*Fix:* {plain(item.proposal)}" if item.proposal else "*Fix:* none at hand; mend it in Annotate"
    )
    return "\n\n".join(lines)


def why(item: Item) -> str:
    """Why it matters, in a sentence; empty where the rule is not known here."""
    return why_of(item.rule)


@cache
def why_of(code: str) -> str:
    """Why a rule matters, in a sentence; empty where it is not known here."""
    rule = registry().get(code)
    return first_why(rule.documentation()) if rule is not None else ""


def first_why(text: str) -> str:
    """The first sentence of what a rule's documentation says under Why."""
    found = re.search(r"^Why[:\s]+(.*?)(?:\n\n|\n[A-Z][a-z]+:|\Z)", text, re.S | re.M)
    return re.split(r"(?<=[.!?])\s", " ".join(found[1].split()))[0] if found else ""
