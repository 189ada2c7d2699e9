from xml.etree import ElementTree as ET

import pytest

from annotool.reporting.html.charts import bars, columns, curves, heat, matrix


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
    ground, none, low, high, _ = rects(heat("t", [0, 1, 10, 0], 2))
    assert ground["class"] == "ground"
    assert (none["fill-opacity"], high["fill-opacity"]) == ("0", "1.000")
    assert 0 < float(low["fill-opacity"]) < 0.3
    assert (float(low["x"]) > 0, float(low["y"])) == (True, 0)
    assert (float(high["x"]), float(high["y"]) > 0) == (0, True)


def test_a_row_without_a_count_has_no_bar() -> None:
    svg = bars("t", ["a", "… 7 more …", "b"], [2, None, 1], shown=["2.00", "", "1.00"], most=4)
    drawn = rects(svg)
    assert float(drawn[0]["width"]) == pytest.approx(2 * float(drawn[1]["width"]), abs=0.1)
    assert "… 7 more …" in svg
    assert "a: 2.00" in svg
    full = rects(bars("t", ["a"], [4], most=4))[0]
    assert float(full["width"]) == pytest.approx(2 * float(drawn[0]["width"]), abs=0.1)


def test_nothing_to_draw() -> None:
    assert rects(bars("t", [], [])) == []
    assert rects(columns("t", [], [])) == []
    assert len(rects(heat("t", [], 16))) == 1


def test_curves_go_through_their_points() -> None:
    svg = ET.fromstring(
        curves("t", [("a", [0, 1], [1, 0]), ("b", [0.5, float("nan")], [0.5, 1])], ("x", "y"), dots=True)
    )
    first, second = svg.iter("polyline")
    left, low = (float(each) for each in first.attrib["points"].split()[0].split(","))
    right, high = (float(each) for each in first.attrib["points"].split()[1].split(","))
    assert right - left == high - low > 0, "y goes up"
    assert second.attrib["points"] == f"{(left + right) / 2:.1f},{(low + high) / 2:.1f}"
    assert len(list(svg.iter("circle"))) == 3


def test_cells_of_a_matrix_are_shaded_by_row() -> None:
    svg = matrix("t", ["<a>", "b"], [[4, 2], [0, 1]])
    shades = [each["fill-opacity"] for each in rects(svg) if each["class"] in ("right", "wrong")]
    assert len(shades) == 3 and shades[0] == shades[2] == "1.000" and 0.4 < float(shades[1]) < 0.6
    assert "&lt;a&gt; as b: 2" in svg and rects(matrix("t", [], [])) == []


def test_a_long_name_loses_its_middle_and_keeps_it_in_its_title() -> None:
    svg = bars("t", ["traffic sign, speed limit 30", "traffic sign, speed limit 50"], [1, 2])
    assert "limit 30<" in svg
    assert "traffic s…limit 50<" in svg
    assert "traffic sign, speed limit 50: 2" in svg
