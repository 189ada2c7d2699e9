"""What the rules on categories share: when two names differ in spelling only."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["folded"]


def folded(name: str) -> str:
    """Return what is left of a name without case, width of letters, outer blanks and the kind of separator."""
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", name).casefold()).strip()
