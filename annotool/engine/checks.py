"""Every rule asked once, by itself; of a large dataset by two processes, each with some families of rules."""

from __future__ import annotations

from collections.abc import Mapping

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.parallel import aside
from annotool.progress import track
from annotool.rules.base import Rule

__all__ = ["answers"]

# What takes about half of the time, and shares nothing costly with the others.
BESIDE = ("CLS", "DUP", "FMT")
BYTES = 100  # an annotation, in the tables that rules look at

Answer = tuple[str, Findings]


def answers(data: Dataset, rules: Mapping[str, Rule]) -> dict[str, Answer]:
    """Return, by code, in the order given, why a rule cannot judge all (empty: it can), and what it found."""
    there = {code: rule for code, rule in rules.items() if code.startswith(BESIDE)}
    here = {code: rule for code, rule in rules.items() if code not in there}
    size = len(data.table("annotations")) * BYTES if there and here else 0
    with aside(lambda: asked(data, there), size) as other:
        found = asked(data, here)
        found |= other.result() if other else asked(data, there)
    return {code: found[code] for code in rules}


def asked(data: Dataset, rules: Mapping[str, Rule]) -> dict[str, Answer]:
    found = {}
    for code, rule in track(rules.items(), "Checking rules"):
        try:
            found[code] = rule.unable(data), rule.check(data)
        except Exception as error:
            error.add_note(
                f"while rule {code} {rule.slug} was checking the dataset; this is a fault of annotool"
            )
            raise
    return found
