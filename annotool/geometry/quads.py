"""Quadrilaterals: (n, 4, 2) float64, corners in order, absolute pixels."""

from __future__ import annotations

import numpy as np

from annotool.geometry.boxes import Bools, Floats

__all__ = ["areas", "crossing", "skew"]


def areas(quads: Floats) -> Floats:
    """Area by the shoelace formula, (n,); of one that crosses itself the difference of its two parts."""
    x, y = quads[:, :, 0], quads[:, :, 1]
    before = np.roll(x, 1, axis=1), np.roll(y, 1, axis=1)
    return np.asarray(np.abs((before[0] * y - x * before[1]).sum(axis=1)) / 2)


def crossing(quads: Floats) -> Bools:
    """Whether two opposite sides cross each other, (n,) bool; touching is not crossing."""
    a, b, c, d = (quads[:, corner] for corner in range(4))
    return crosses(a, b, c, d) | crosses(b, c, d, a)


def crosses(a: Floats, b: Floats, c: Floats, d: Floats) -> Bools:
    """Whether the inside of segment a b crosses that of c d: each has its ends on both sides of the other."""
    return np.asarray((side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0))


def side(a: Floats, b: Floats, p: Floats) -> Floats:
    """The sign tells on which side of the line through a and b each p lies."""
    return np.asarray(
        np.sign((b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0]))
    )


def skew(quads: Floats) -> tuple[Floats, Floats]:
    """How far the worst angle is from 90 degrees, (n,) degrees, and by how many pixels its corner is off, (n,): the
    shorter of its sides times the sine. NaN where a side has no length."""
    there, back = np.roll(quads, -1, axis=1) - quads, np.roll(quads, 1, axis=1) - quads
    lengths = np.linalg.norm(there, axis=2), np.linalg.norm(back, axis=2)
    with np.errstate(all="ignore"):
        sine = np.abs((there * back).sum(axis=2)) / (lengths[0] * lengths[1])
    worst = np.argmax(np.nan_to_num(sine), axis=1)[:, None]
    sine = np.take_along_axis(sine, worst, axis=1)[:, 0]
    short = np.take_along_axis(np.minimum(*lengths), worst, axis=1)[:, 0]
    return np.degrees(np.arcsin(np.clip(sine, 0.0, 1.0))), short * sine
