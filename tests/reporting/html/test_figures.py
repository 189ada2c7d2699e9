import re
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotool.drawing.colours import FLAGGED
from annotool.drawing.scene import scene
from annotool.reporting.html.figures import CORNERS, SIDE, drawing, fitted, letters
from annotool.testing import tiny


def drawn(*annotations: dict[str, Any], names: Any = ("cat", "dog"), **marks: Any) -> ET.Element:
    data = tiny([{"width": 100, "height": 80}], annotations, names)
    return ET.fromstring(drawing(scene(data, 0, **marks), "", "title"))


def of(tree: ET.Element, kind: str, which: str) -> list[dict[str, str]]:
    return [each.attrib for each in tree.iter(kind) if (each.get("class") or "").split()[-1:] == [which]]


def test_boxes_outlines_and_points() -> None:
    ring = [10, 10, 30, 10, 30, 30, 10, 30]
    tree = drawn(
        {"box": (10, 10, 20, 20), "polygon": [ring]}, {"box": (50, 50, 5, 5)}, {"box": (40, 40, 9, 9), "keypoints": [41, 42, 2, 43, 44, 1, 0, 0, 0]},
        flagged={0, 2}, partner={1},
    )  # fmt: skip
    first = of(tree, "rect", "flagged")[0]
    assert [first[each] for each in ("x", "y", "width", "height", "stroke")] == [
        "10.00",
        "10.00",
        "20.00",
        "20.00",
        FLAGGED,
    ]
    assert of(tree, "path", "flagged")[0]["d"] == "M10.0 10.0 30.0 10.0 30.0 30.0 10.0 30.0Z"
    (partner,) = of(tree, "rect", "partner")
    assert partner["stroke-dasharray"]
    assert [(each["cx"], each["cy"]) for each in of(tree, "circle", "point")] == [
        ("41.0", "42.0"),
        ("43.0", "44.0"),
    ]
    assert {each.text for each in tree.iter("text")} == {"cat #1", "cat #2", "cat #3"}


def test_a_box_without_area_or_far_away_is_still_seen() -> None:
    for box in ((50, 50, 0, 0), (1e300, 5, 1, 1), (-500, -500, 1, 1)):
        tree = drawn({"box": box}, flagged={0})
        x0, y0, w, h = map(float, tree.attrib["viewBox"].split())
        (rect,) = of(tree, "rect", "flagged")
        assert float(rect["width"]) > 0 and float(rect["height"]) > 0
        assert x0 - 0.01 <= float(rect["x"]) <= x0 + w and y0 - 0.01 <= float(rect["y"]) <= y0 + h


def test_an_outline_has_no_more_corners_than_are_seen() -> None:
    turn = np.linspace(0, 2 * np.pi, 50_000)
    ring = np.stack([50 + 30 * np.cos(turn), 40 + 30 * np.sin(turn)], axis=1).ravel().tolist()
    (path,) = of(drawn({"box": (20, 10, 60, 60), "polygon": [ring]}, flagged={0}), "path", "flagged")
    assert len(path["d"].split()) <= 2 * CORNERS + 2


@given(
    st.lists(st.tuples(st.floats(0, 90), st.floats(0, 70)), min_size=1, max_size=4),
    st.text(min_size=1, max_size=60),
)
def test_labels_stay_in_the_picture(corners: list[tuple[float, float]], name: str) -> None:
    boxes = [{"box": (x, y, 9, 9)} for x, y in corners]
    tree = drawn(*boxes, names=[re.sub(r"[^\w ]", "", name) or "x"], flagged=set(range(len(boxes))))
    plates = [each.attrib for each in tree.iter("rect") if "rx" in each.attrib]
    assert len(plates) == len(boxes)
    for each in plates:
        assert float(each["x"]) >= -0.1 and float(each["x"]) + float(each["width"]) <= 100.2
        assert float(each["y"]) >= -0.1 and float(each["y"]) + float(each["height"]) <= 80.2


def test_a_long_name_is_cut() -> None:
    assert letters(fitted("m" * 100, 20)) <= 20 and fitted("m" * 100, 20).endswith("…")
    assert fitted("cat #1", 20) == "cat #1" and fitted("", 1) == ""
    assert SIDE == 320
