"""Which rules run: what the settings file and the command line choose, the more specific word winning, as in ruff."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotool.errors import UsageError
from annotool.rules import registry

__all__ = ["Choice", "chosen", "found", "named", "nearest"]

EXACT = 99  # a code or a slug in full; a prefix is as specific as it is long, ALL the least


@dataclass(frozen=True)
class Choice:
    """What one place (the settings file, the command line) says. Words are codes, prefixes of codes, slugs or ALL."""

    select: tuple[str, ...] = ()  # in place of what was chosen before
    extend_select: tuple[str, ...] = ()  # added to it
    ignore: tuple[str, ...] = ()


def chosen(choices: Sequence[Choice] = (), preview: bool = False) -> frozenset[str]:
    """Return the codes of the rules that run; each choice goes before those to its left.

    Rules in preview are chosen only with `preview`. Raises UsageError for a word that names no rule, and for a rule
    in preview named in full without `preview`.
    """
    rules = registry()
    codes = {code for code, rule in rules.items() if preview or not rule.preview}
    for choice in choices:
        verdicts = judged(choice, preview)
        if choice.select:
            codes = set()
        codes = {code for code in rules if verdicts.get(code, code in codes)}
    return frozenset(codes)


def judged(choice: Choice, preview: bool) -> dict[str, bool]:
    """Whether a choice takes each rule that it speaks of; where two words are as specific, ignore wins."""
    said: list[tuple[int, bool, str]] = []
    for word in words((*choice.select, *choice.extend_select)):
        hits, weight = found(word)
        waiting = [code for code in hits if registry()[code].preview and not preview]
        if waiting and weight == EXACT:
            raise UsageError(f"rule {waiting[0]} is in preview and does not run without --preview")
        said += [(weight, True, code) for code in hits if code not in waiting]
    for word in words(choice.ignore):
        hits, weight = found(word)
        said += [(weight, False, code) for code in hits]
    return {code: taken for _, taken, code in sorted(said, key=lambda each: (each[0], not each[1]))}


def named(texts: Iterable[str]) -> frozenset[str]:
    """Return the codes of all rules that words name, in preview or not. Raises UsageError for a word that names none."""
    return frozenset(code for word in words(texts) for code in found(word)[0])


def words(texts: Iterable[str]) -> list[str]:
    """The words of texts, each of which may hold several parted by commas."""
    return [each.strip() for text in texts for each in text.split(",") if each.strip()]


def found(word: str) -> tuple[list[str], int]:
    """The codes a word names, and how specific it is."""
    rules = registry()
    if word.upper() == "ALL":
        return [*rules], 0
    full = [code for code, rule in rules.items() if word == rule.slug or word.upper() == code]
    hits = full or [code for code in rules if code.startswith(word.upper())]
    if not hits:
        every = [*rules, *(rule.slug for rule in rules.values())]
        raise UsageError(f"no rule is called {word!r}{nearest(word, every)}; `annotool rules` lists them")
    return hits, EXACT if full else len(word)


def nearest(word: str, names: Iterable[str]) -> str:
    """Return a hint at the name that a word is closest to, or nothing."""
    close = difflib.get_close_matches(word, list(names), n=1)
    return f", did you mean {close[0]!r}?" if close else ""
