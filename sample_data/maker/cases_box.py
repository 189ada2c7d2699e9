"""sample_data/faulty/cases/<CODE>: faults in boxes, keypoints and overlap. See cases.py."""

from sample_data.maker.cases import Maker

CASES: dict[str, Maker] = {}
