"""sample_data/faulty/cases/<CODE>: faults in classes, splits and balance. See cases.py."""

from sample_data.maker.cases import Maker

CASES: dict[str, Maker] = {}
