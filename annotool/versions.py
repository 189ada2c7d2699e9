"""Version specifiers of PEP 440, as `required-version` needs them: no epochs, no local versions, no `===`."""

from __future__ import annotations

import re

__all__ = ["allows", "parsed"]

VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:(a|b|rc)(\d+))?(?:\.post(\d+))?(?:\.dev(\d+))?")
CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*(.+)")
FINAL = 3  # stands for "no a, b or rc", which come before it
LAST = 1 << 60

Key = tuple[tuple[int, ...], tuple[int, int], int, int]


def parsed(text: str) -> Key:
    """Return a key that sorts as PEP 440 orders versions. Raises ValueError for what is none."""
    match = VERSION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is no version")
    release, letter, number, post, dev = match.groups()
    numbers = [int(each) for each in release.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    early = (("a", "b", "rc").index(letter), int(number)) if letter else (FINAL, 0)
    if dev is not None and not letter and post is None:
        early = (-1, 0)  # 1.0.dev1 comes before 1.0a1
    return (tuple(numbers), early, -1 if post is None else int(post), LAST if dev is None else int(dev))


def allows(specifier: str, version: str) -> bool:
    """Return whether a version meets all clauses of a specifier (`>=0.2, <1`); a version alone means that one.

    Pre-releases and development versions are compared like any other. Raises ValueError for what is no specifier.
    """
    clauses = [each.strip() for each in specifier.split(",") if each.strip()]
    if not clauses:
        raise ValueError(f"{specifier!r} is no version specifier")
    return all(meets(clause, version) for clause in clauses)


def meets(clause: str, version: str) -> bool:
    match = CLAUSE.fullmatch(clause) or CLAUSE.fullmatch(f"=={clause}")
    assert match is not None
    sign, text = match.groups()
    own = parsed(version)
    if text.endswith(".*"):
        wanted = [int(each) for each in parsed_release(text[:-2])]
        same = begins(own, wanted)
        if sign not in ("==", "!="):
            raise ValueError(f"{clause!r}: only == and != take a .*")
        return same if sign == "==" else not same
    other = parsed(text)
    if sign == "~=":
        parts = parsed_release(text)
        if len(parts) < 2:
            raise ValueError(f"{clause!r}: ~= needs two numbers or more")
        return own >= other and begins(own, [int(each) for each in parts[:-1]])
    if sign == ">":  # not a post-release of the version named
        of_it = own[:2] == other[:2] and own[2] >= 0 > other[2] and other[3] == LAST
        return own > other and not of_it
    if sign == "<":  # not a pre-release of the version named
        early = other[1] == (FINAL, 0) and other[2] < 0 and other[3] == LAST
        return own < other and not (early and own[0] == other[0])
    return {"==": own == other, "!=": own != other, "<=": own <= other, ">=": own >= other}[sign]


def parsed_release(text: str) -> list[str]:
    parsed(text)
    match = VERSION.fullmatch(text.strip().lower())
    assert match is not None
    return match[1].split(".")


def begins(own: Key, wanted: list[int]) -> bool:
    padded = (*own[0], *([0] * len(wanted)))
    return list(padded[: len(wanted)]) == wanted
