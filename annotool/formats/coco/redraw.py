"""A segmentation drawn anew: what stays of its text keeps its spelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from annotool.formats.coco.jsontext import Broken, Member, items, loaded, members

__all__ = ["resegmented"]

Change = tuple[int, int, bytes]
Spell = Callable[[Any, bytes], bytes]  # a value, and the text of the old one


def resegmented(text: bytes, member: Member, new: Any, spelled: Spell) -> list[Change]:
    """Return what makes a record's segmentation the new one: rings, or the members of a mask."""
    whole = text[member.start : member.end]
    try:
        if isinstance(new, Mapping):
            return masked(text, member, new, spelled)
        return [(member.start, member.end, outline(whole, new, spelled))]
    except Broken:
        return [(member.start, member.end, spelled(new, b""))]


def masked(text: bytes, member: Member, new: Mapping[str, Any], spelled: Spell) -> list[Change]:
    """Change those members of a mask that differ."""
    there = {each.key: each for each in members(text, member.start)}
    if not new.keys() <= there.keys():
        return [(member.start, member.end, spelled(dict(new), b""))]
    changes = []
    for key, value in new.items():
        start, end = there[key].start, there[key].end
        if repr(loaded(text[start:end])) != repr(value):  # 1.0 is not the integer that a run has to be
            changes.append((start, end, spelled(value, text[start:end])))
    return changes


def outline(text: bytes, new: Sequence[Sequence[float]], spelled: Spell) -> bytes:
    """Return the text of rings: one that stands in the old text as it is there, one of as many numbers with those
    changed that differ, others with the blanks of the first."""
    spans = list(items(text, 0))
    if not spans or not all(text[start : start + 1] == b"[" for start, _ in spans):
        return spelled([list(ring) for ring in new], b"")
    old = [text[start:end] for start, end in spans]
    held = [loaded(each) for each in old]
    known = {number: word for each in old for number, word in words(each)}
    rings = []
    for at, ring in enumerate(map(list, new)):
        if ring in held:
            rings.append(old[held.index(ring)])
        elif at < len(held) and len(held[at]) == len(ring):
            rings.append(exchanged(old[at], ring, spelled))
        else:
            rings.append(composed(old[0], ring, known, spelled))
    comma = text[spans[0][1] : spans[1][0]] if len(spans) > 1 else between(old[0])
    return text[: spans[0][0]] + comma.join(rings) + text[spans[-1][1] :]


def words(ring: bytes) -> list[tuple[Any, bytes]]:
    return [(loaded(ring[start:end]), ring[start:end]) for start, end in items(ring, 0)]


def between(ring: bytes) -> bytes:
    """The comma and blanks between the first two numbers of a ring."""
    spans = list(items(ring, 0))
    return ring[spans[0][1] : spans[1][0]] if len(spans) > 1 else b", "


def exchanged(ring: bytes, new: Sequence[float], spelled: Spell) -> bytes:
    """A ring's text with those numbers changed that differ."""
    parts, before = [], 0
    for (start, end), value in zip(items(ring, 0), new, strict=True):
        if loaded(ring[start:end]) != value:
            parts += [ring[before:start], spelled(value, ring[start:end])]
            before = end
    return b"".join([*parts, ring[before:]])


def composed(ring: bytes, new: Sequence[float], known: Mapping[Any, bytes], spelled: Spell) -> bytes:
    """A ring of other numbers in the manner of an old one; numbers that were there keep their spelling."""
    spans = list(items(ring, 0))
    head, tail = (ring[: spans[0][0]], ring[spans[-1][1] :]) if spans else (b"[", b"]")
    return head + between(ring).join(known.get(value) or spelled(value, b"") for value in new) + tail
