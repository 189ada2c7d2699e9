"""sample_data/faulty/cases/<CODE>: faults in outlines and masks. See cases.py."""

from sample_data.maker.cases import Maker

CASES: dict[str, Maker] = {}
