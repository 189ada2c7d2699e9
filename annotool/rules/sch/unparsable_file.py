"""SCH001: files that no parser takes."""

from __future__ import annotations

from annotool.rules.base import ERROR, WARNING, Fix, ReaderRule
from annotool.rules.targets import both, drops_image, no, of_image, severe, stops, worded_as


class UnparsableFile(ReaderRule):
    """A label file, or a part of one, cannot be parsed.

    What: JSON, XML, YAML or text that breaks off, is not valid, or is in another encoding than UTF-8; XML
    that declares entities, which annotool does not expand. All that stands before the fault, and every other
    file, is read; what could not be read is named with its bytes. A byte order mark is a warning: the file is
    read, but not by all.

    Why: most loaders stop with a message that does not name the file (voxel51/fiftyone#1777), and those that
    go on lose the file in silence: ultralytics drops the image with its labels. A byte order mark makes
    json.load raise, and becomes part of the first class number in a YOLO file, but for ultralytics 8.4.190.

    Bad: `{"images": [{"id": 1, "file_name": "a.jp` and nothing after it.

    Good: `{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [], "categories": []}`

    Fix: safe for a byte order mark, which goes. None otherwise: what is not there cannot be mended.

    Source: JSON RFC 8259 section 8.1, XML 1.0 section 2.1; https://github.com/voxel51/fiftyone/issues/1777
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label; ultralytics 8.4.190
    utils/__init__.py YAML.load; pycocotools 2.0.11 coco.py COCO.__init__ (json.load), which torchvision,
    detectron2 and mmdet call; mmdet 3.3.0 datasets/xml_style.py XMLDataset.parse_data_info.
    """

    code = "SCH001"
    slug = "unparsable-file"
    severities = (ERROR, WARNING)
    fixes = (Fix.SAFE,)
    verdict = ("1 place cannot be parsed", "{n} places cannot be parsed")
    targets = (
        drops_image("ultralytics", "drops the image", when=both(of_image, severe)),
        stops("ultralytics", "stops: it cannot read the settings", when=worded_as("no YAML")),
        stops("torchvision", "stops: Python's json refuses the file"),
        stops("detectron2", "stops: Python's json refuses the file"),
        stops(
            "mmdet",
            "stops: the file cannot be parsed",
            when=both(severe, no(worded_as("the file is not UTF-8 (byte"))),
        ),
        stops("coco-eval", "stops: Python's json refuses the file"),
    )
