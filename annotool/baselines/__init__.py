"""Known faults of a dataset, kept in a file: an audit tells them from new ones, in any format the set is in.

A fault is one of a rule, in an image (its plain name), of a category (its name), at a place. Ids, lines, messages and
measured values say nothing here. Faults without an image are those of the rule and category, and of the split where
the finding names one. Faults of one format (`bound`) also hold that format, and their file where they name no image.
"""

from __future__ import annotations

from annotool.baselines.known import Baseline, check_baseline, compare, keep
from annotool.baselines.lines import check_there, read

__all__ = ["Baseline", "check_baseline", "check_there", "compare", "keep", "read"]
