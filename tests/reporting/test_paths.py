from __future__ import annotations

from annotool.reporting.paths import lines
from annotool.reporting.told import Told


def test_each_image_once(told: Told) -> None:
    assert list(lines(told)) == ["1.jpg"]
