from __future__ import annotations

from annotool.reporting.concise import lines
from annotool.reporting.told import Told


def test_file_line_code_message(told: Told) -> None:
    assert list(lines(told)) == [
        "dataset: BAL001 ratio inf",
        "annotations.json: CLS003 same as [red]",
        "annotations.json:4: BOX002 box [bold] leaves by 61.0 px (1.jpg, annotation 2)",
    ]
