"""FMT007: VOC boxes that count pixels from another number than the rest."""

from __future__ import annotations

from annotool.rules.base import ERROR, WARNING, Fix, ReaderRule
from annotool.rules.targets import misreads


class VocCoordinateBase(ReaderRule):
    """The dataset counts pixels in two ways, or in another way than its user says.

    What: Pascal VOC counts from 1 and its corners are inside the box; many tools write 0-based corners
    instead. The base is inferred over the whole dataset: any 0 means 0-based, and a largest corner equal to
    the width besides means that corners are outside the box; no 0 and a corner equal to the width means
    1-based. Less than 1 % zeros beside at least 20 corners at 1 are faults in a 1-based set. With fewer than
    20 boxes that touch an edge 1-based is taken. What was inferred, with the counts, stands in the report's
    dataset; a finding is made only where they contradict.

    Why: a reader that subtracts 1 makes -1 of a 0: NaN or infinite loss (dusty-nv/jetson-inference#1010),
    65535 in unsigned numbers (apache/mxnet#3904). A wrong base moves every box by a pixel, and nothing tells.

    Bad: `<xmin>0</xmin>` in a set with hundreds of `<xmin>1</xmin>`

    Good: `<xmin>1</xmin>`

    Fix: unsafe: the lone zeros become ones.

    Source: the VOC2007 and VOC2012 development kits ("the top-left pixel in the image has coordinates
    (1,1)"); https://github.com/dusty-nv/jetson-inference/issues/1010
    Of the consumers: mmdet 3.3.0 datasets/xml_style.py XMLDataset._parse_instance_info.
    """

    code = "FMT007"
    slug = "voc-coordinate-base"
    severities = (WARNING, ERROR)
    verdict = ("the base of the corners is in doubt", "the base of the corners is in doubt {n} times")
    fixes = (Fix.UNSAFE,)
    formats = ("voc",)
    targets = (misreads("mmdet", "takes 1 off every corner, whatever the base", severity=WARNING),)
