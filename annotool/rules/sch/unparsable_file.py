"""SCH001: files that no parser takes."""

from __future__ import annotations

from dataclasses import dataclass

from annotool.rules.base import ERROR, WARNING, Fix, ReaderRule


@dataclass(frozen=True)
class UnparsableFile(ReaderRule):
    """A label file, or a part of one, cannot be parsed.

    What: JSON, XML, YAML or text that breaks off, is not valid, or is in another encoding than UTF-8; XML
    that declares entities, which annotool does not expand. All that stands before the fault, and every other
    file, is read; what could not be read is named with its bytes. A byte order mark is a warning: the file is
    read, but not by all.

    Why: most loaders stop with a message that does not name the file (voxel51/fiftyone#1777), and those that
    go on lose the file in silence: ultralytics drops the image with its labels. A byte order mark makes
    json.load raise, and becomes part of the first class number in a YOLO file.

    Bad: `{"images": [{"id": 1, "file_name": "a.jp` and nothing after it.

    Good: `{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [], "categories": []}`

    Fix: safe for a byte order mark, which goes. None otherwise: what is not there cannot be mended.

    Source: JSON RFC 8259 section 8.1, XML 1.0 section 2.1; https://github.com/voxel51/fiftyone/issues/1777
    """

    code = "SCH001"
    slug = "unparsable-file"
    severities = (ERROR, WARNING)
    fixes = (Fix.SAFE,)
    verdict = ("1 place cannot be parsed", "{n} places cannot be parsed")
