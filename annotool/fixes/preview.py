"""What fixes would do to single findings, for pictures: nothing is read again, settled or written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, Fix
from annotool.rules.base import Rule
from annotool.table import Array

__all__ = ["asked"]


def asked(data: Dataset, rule: Rule, findings: Findings, take: Array) -> dict[int, Edits]:
    """Return the edits that a rule asks for to mend findings at these positions (ascending, all of that rule), by position."""
    keep = np.zeros(len(findings), dtype=bool)
    keep[take] = findings.column("fix")[take] > Fix.NONE
    if not rule.fixes or not keep.any():
        return {}
    masks = iter(np.split(keep, np.cumsum([len(part) for part in findings.blocks])[:-1]))
    edits = rule.fix(data, replace(findings.where(lambda _: next(masks)), skipped=()))
    positions = np.flatnonzero(keep)
    return {
        int(positions[at]): edits.take(edits["finding"] == at) for at in np.unique(edits["finding"]).tolist()
    }
