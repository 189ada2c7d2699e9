"""What the rules on splits share: what a split is called that is trained on, or validated with."""

from __future__ import annotations

__all__ = ["TRAIN", "VAL"]

TRAIN = ("train", "training")
VAL = ("val", "valid", "validation")
