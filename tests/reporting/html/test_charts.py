from xml.etree import ElementTree as ET

import pytest

from annotool.reporting.html.charts import bars, columns, heat


def rects(svg: str) -> list[dict[str, str]]:
    root = ET.fromstring(svg)
    return [each.attrib for each in root.iter("rect")]


def test_bars_are_as_long_as_their_counts() -> None:
    drawn = rects(bars("t", ["a", "b", "<c>"], [100, 50, 0], log=True))
    widths = [float(each["width"]) for each in drawn]
    assert widths[1] == pytest.approx(widths[0] / 2, abs=0.1)
    assert widths[2] == 0
    assert float(drawn[1]["data-log"]) > widths[1]


def test_columns_are_as_tall_as_their_counts() -> None:
    heights = [float(each["height"]) for each in rects(columns("t", ["0", "1", "2"], [1, 4, 2]))]
    assert heights == pytest.approx([heights[1] / 4, heights[1], heights[1] / 2], abs=0.1)


def test_cells_are_as_dark_as_their_counts() -> None:
    ground, low, high = rects(heat("t", [(0, 1, 1), (3, 2, 10)], 16))
    assert ground["class"] == "ground"
    assert float(low["fill-opacity"]) < float(high["fill-opacity"]) == 1
    assert float(high["y"]) > float(high["x"])


def test_nothing_to_draw() -> None:
    assert rects(bars("t", [], [])) == []
    assert rects(columns("t", [], [])) == []
    assert len(rects(heat("t", [], 16))) == 1
