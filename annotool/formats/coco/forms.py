"""What the text of a geometry is, told at a glance: by its brackets, and by what else it is written with."""

from __future__ import annotations

import re

import msgspec

from annotool.schema import Kind

__all__ = ["NUMERIC", "keypoints_kind", "segmentation_kind"]

NUMERIC = b"0123456789.,-+eE[] \t\r\n"  # all that rings and keypoints may be written with
INSIDE = b"0123456789.-+eE \t\r\n"
RINGS = re.compile(rb"\[\[,*+\](?:,\[,*+\])*+\]")  # rings without numbers and blanks


class Mask(msgspec.Struct):
    """What RLE has to have; whether it makes sense is for rules to say."""

    counts: msgspec.Raw
    size: msgspec.Raw


MASK = msgspec.json.Decoder(Mask)


def segmentation_kind(text: bytes) -> Kind | None:
    """Return POLYGON or RLE, NONE for an empty list; None for what has to be looked at with patience."""
    if text.startswith(b"{"):
        try:
            MASK.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return Kind.RLE
    outline = text.translate(None, INSIDE)
    if outline == b"[]":
        return None if text[1:-1].strip() else Kind.NONE
    return Kind.POLYGON if RINGS.fullmatch(outline) else None


def keypoints_kind(text: bytes) -> Kind | None:
    """Return KEYPOINTS, NONE for an empty list; None for what has to be looked at with patience."""
    inside = text[1:-1]
    if text[:1] != b"[" or inside.translate(None, NUMERIC) or b"[" in inside:
        return None
    return Kind.KEYPOINTS if inside.strip() else Kind.NONE
