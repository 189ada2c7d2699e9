from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Severity
from annotool.rules.box.non_positive_size import NonPositiveSize, unswapped
from annotool.schema import Kind
from annotool.testing import check_rule, edited, tiny

INCLUSIVE = {"voc_base": {"base": "1-inclusive"}}


def boxes(*given: tuple[float, float, float, float]) -> Dataset:
    return tiny(annotations=[{"box": box} for box in given])


def voc(*given: tuple[float, float, float, float], base: str = "1-inclusive") -> Dataset:
    facts = {"voc_base": {"base": base}}
    return tiny(annotations=[{"box": box} for box in given], format_name="voc", facts=facts)


def mended(data: Dataset) -> list[list[float]]:
    rule = NonPositiveSize()
    table = edited(data, rule.fix(data, rule.check(data))).table("annotations")
    return [[float(table[side][row]) for side in "xywh"] for row in range(len(table))]


def test_boxes_with_and_without_area() -> None:
    nan = float("nan")
    check_rule(
        NonPositiveSize,
        valid=[
            boxes((0, 0, 1, 1), (5, 5, 0.001, 1e-9), (nan, 0, 5, 5), (0, 0, nan, -5)),
            tiny(annotations=[{"box": (0, 0, 0, 0), "kind": Kind.IMAGE}]),
        ],
        invalid=[
            (
                boxes((1, 1, 5, 5), (1, 1, 0, 5), (1, 1, -5, 5), (9, 9, -5, 0)),
                [
                    {"annotation": 1, "message": "no area: width 0, height 5 px", "severity": Severity.ERROR},
                    {"annotation": 2, "message": "corners are swapped: width -5, height 5 px"},
                    {"annotation": 3, "message": "no area: width -5, height 0 px", "fix": Fix.UNSAFE},
                ],
            ),
            (
                tiny(annotations=[{"fractions": (0.5, 0.5, 0.0, 0.2)}], images=[{"width": float("nan")}],
                     format_name="yolo"),
                [{"message": "no area: width 0, height 0.2 of the image's sides"}],
            ),
        ],
    )  # fmt: skip


def test_one_pixel_of_inclusive_corners_is_a_box() -> None:
    click = (10, 10, 1, 1)
    check_rule(
        NonPositiveSize,
        valid=[
            voc((10, 10, 1, 5), (10, 10, 9, 1)),  # a slip on one axis is BOX003
            voc(click, base="0-exclusive"),
            tiny(annotations=[{"box": click}], facts=INCLUSIVE),  # COCO beside VOC
        ],
        invalid=[
            (voc(click), [{"severity": Severity.WARNING, "fix": Fix.UNSAFE}]),
            (voc(click, base="0-inclusive"), [0]),
            # xmax one below xmin makes a width of 0, two below -1.
            (
                voc((10, 10, 0, 5), (10, 10, 5, -1)),
                [{"message": "corners are swapped: width 0, height 5 px"}, {"severity": Severity.ERROR}],
            ),
        ],
    )


def test_swapped_corners_are_put_right_and_the_rest_goes() -> None:
    assert mended(boxes((50, 60, -20, 10), (1, 1, 0, 4), (50, 60, -20, -10), (1, 2, 3, 4))) == [
        [30, 60, 20, 10],
        [30, 50, 20, 10],
        [1, 2, 3, 4],
    ]
    # xmin 81, xmax 40 in the file: x = 80, w = 40 - 81 + 1.
    assert mended(voc((80, 10, -40, 5))) == [[39, 10, 42, 5]]


RING = [100.0, 100.0, 140.0, 100.0, 140.0, 120.0, 100.0, 120.0]
OVER = [600.0, 100.0, 660.0, 100.0, 660.0, 120.0, 600.0, 120.0]  # of an image 640 wide
LINE = [100.0, 100.0, 140.0, 100.0, 120.0, 100.0]


def test_beside_a_mask_the_box_becomes_its_extent() -> None:
    flat, swapped = (100.0, 100.0, 0.0, 20.0), (150.0, 100.0, -40.0, 20.0)
    runs = {"size": [480, 640], "counts": [480 * 100 + 100, *[20, 460] * 39, 20, 480 * 500 + 360]}
    data = tiny(
        annotations=[
            {"polygon": [RING], "box": flat, "area": 0.0},
            {"polygon": [RING], "box": swapped, "area": 800.0},
            {"rle": runs, "box": flat},
            {"polygon": [OVER], "box": flat, "area": float("nan")},
            {"polygon": [LINE], "box": flat},
            {"polygon": [[1000.0, 0.0, 1010.0, 0.0, 1010.0, 9.0]], "box": flat},
            {"box": swapped},
        ]
    )
    rule = NonPositiveSize()
    table = edited(data, rule.fix(data, rule.check(data))).table("annotations")
    boxes = [[float(table[side][row]) for side in "xywh"] for row in range(len(table))]
    mask = [100, 100, 40, 20]
    assert boxes == [mask, mask, mask, [600, 100, 40, 20], [110, 100, 40, 20]]
    assert table["area"][:2].tolist() == [800, 800] and np.isnan(table["area"][3])


def test_a_derived_box_is_never_turned() -> None:
    data = tiny(annotations=[{"box": (5, 5, -1, 4), "bbox_derived": True}])
    assert mended(data) == []


@given(st.lists(st.tuples(*[st.integers(1, 60)] * 4), min_size=1, max_size=8), st.booleans())
def test_turning_gives_the_box_of_the_right_corners(corners: list[tuple[int, ...]], closed: bool) -> None:
    x0, y0, x1, y1 = np.array(corners, dtype=float).T
    written = np.stack([x0, y0, x1 - x0 + closed, y1 - y0 + closed], axis=1)
    left, top = np.minimum(x0, x1), np.minimum(y0, y1)
    right = np.stack([left, top, abs(x1 - x0) + closed, abs(y1 - y0) + closed], axis=1)
    assert (unswapped(written, np.full(len(written), closed)) == right).all()


def test_the_box_of_a_mask_in_a_file(tmp_path: Path) -> None:
    """The record stays, and nothing else of it changes but the area."""
    record = '{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [%s], "bbox": [100, 100, %s, 20], "area": %s, "iscrowd": 0}'
    text = '{"images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],\n"annotations": [\n%s\n],\n"categories": [{"id": 1, "name": "cat"}]}\n'
    path = tmp_path / "a.json"
    path.write_text(text % (record % (RING, "0", "0")))
    made = annotool.fix(path, in_place=True, unsafe=True)
    assert "BOX001" in made.before.counts() and not {"BOX001", "BOX006"} & made.after.counts().keys()
    assert path.read_text() == text % (record % (RING, "40", "800"))
