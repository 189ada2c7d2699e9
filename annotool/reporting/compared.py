"""Two reports in json side by side: what was mended since the older one, what is new, what stays. By fingerprint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from annotool.errors import UsageError
from annotool.wording import printable

__all__ = ["lines", "read"]

Report = Sequence[Mapping[str, Any]]
EXAMPLES = 3


def read(file: Path) -> Report:
    """Return the findings of a report in json. Raises UsageError for any other file."""
    try:
        held = msgspec.json.decode(file.read_bytes())
        found = held["findings"]
        if isinstance(found, list) and all(
            isinstance(each["fingerprint"], str) and isinstance(each["rule"], str) for each in found
        ):
            return found
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except (msgspec.DecodeError, KeyError, TypeError):
        pass
    raise UsageError(
        f"{file}: expected a report of `annotool audit --output json={file.name}`, got something else"
    )


def lines(old: Report, new: Report) -> Iterator[str]:
    """Yield a line for the whole and one a rule: mended, new, still there; then some examples of what is new."""
    before, after = counted(old), counted(new)
    gone, come, kept = before - after, after - before, before & after
    yield f"{gone.total():,} mended, {come.total():,} new, {kept.total():,} still there"
    rules = sorted({rule for rule, _ in [*before, *after]})
    if rules:
        yield f"{'rule':<8} {'before':>9} {'now':>9} {'mended':>9} {'new':>9}"
    for rule in rules:
        sums = [
            sum(n for (code, _), n in part.items() if code == rule) for part in (before, after, gone, come)
        ]
        yield f"{rule:<8} " + " ".join(f"{each:>9,}" for each in sums)
    shown = [each for each in new if (each["rule"], each["fingerprint"]) in come][:EXAMPLES]
    for each in shown:
        told = f"new: {each['rule']} {each.get('image') or each.get('file') or ''}: {each.get('message', '')}"
        yield printable(told)


def counted(report: Report) -> Counter[tuple[str, str]]:
    return Counter((each["rule"], each["fingerprint"]) for each in report)
