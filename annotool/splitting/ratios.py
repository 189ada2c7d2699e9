"""Which splits there shall be, and what share each is to get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from annotool.errors import UsageError
from annotool.formats.base import Format

__all__ = ["parse_ratios", "written_names"]

EXAMPLE = "--ratios train=.8,val=.2"
CLOSE = Fraction(1, 10**9)  # floats that sum to 1 may miss it by less


def parse_ratios(ratios: str | Mapping[str, float]) -> dict[str, float]:
    """Return the share of each split, from a text as `train=.8,val=.2` (or `train=2/3,val=1/3`) or a mapping.

    Raises UsageError unless each split is named once, each share is above 0, and they sum to 1.
    """
    pairs = pairs_in(ratios) if isinstance(ratios, str) else [(name, str(ratios[name])) for name in ratios]
    found: dict[str, Fraction] = {}
    for name, text in pairs:
        if not re.fullmatch(r"[^\x00-\x1f\x7f/\\=,]+", name):
            raise UsageError(f"--ratios: {name!r} cannot be a split's name; {EXAMPLE}")
        if name in found:
            raise UsageError(f"--ratios: split {name} is named twice; name each once, as {EXAMPLE}")
        found[name] = share(name, text)
    total = sum(found.values(), Fraction(0))
    if abs(total - 1) > CLOSE:
        off = f"{float(abs(1 - total)):g}"
        todo = (
            f"take {off} off them" if total > 1 else f"add {off} to one, or name a split that gets the rest"
        )
        raise UsageError(f"--ratios: the shares sum to {float(total):g}, expected 1; {todo}")
    return {name: float(each / total) for name, each in found.items()}


def pairs_in(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--ratios {text!r}: {part!r} is no NAME=SHARE; expected such as {EXAMPLE}")
        pairs.append((name.strip(), value.strip()))
    return pairs


def share(name: str, text: str) -> Fraction:
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(
            f"--ratios: {name}={text}: expected a share from 0 to 1, such as .8 or 4/5"
        ) from error
    if not 0 < found <= 1:
        todo = "80 % is .8" if found > 1 else "leave out a split without images"
        raise UsageError(f"--ratios: {name}={text}: expected a share above 0, at most 1; {todo}")
    return found


def written_names(names: Iterable[str], target: Format) -> dict[str, str]:
    """Return what each split is called in a dataset of a format, once written. Raises UsageError where it cannot have a
    split of that name, or would have two of one.
    """
    called = {name: target.split_name(name) for name in names}
    for name, word in called.items():
        if not word:
            raise UsageError(
                f"{target.title} cannot have a split {name!r}: it would not be read again; call the splits train, val and "
                "test, or convert to csv, coco or voc first, which take any name"
            )
        twins = [other for other, same in called.items() if same.casefold() == word.casefold()]
        if len(twins) > 1:
            raise UsageError(
                f"{target.title} would have one split {word!r} for {' and '.join(twins)}; choose other names"
            )
    return called
