from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask

import annotool
from annotool.findings import Fix, Severity
from annotool.rules.box.bbox_mask_mismatch import BboxMaskMismatch
from annotool.testing import check_rule, tiny

RING = [100.0, 100.0, 140.0, 100.0, 140.0, 120.0, 100.0, 120.0]
RUNS = {"size": [480, 640], "counts": [480 * 100 + 100, *[20, 460] * 39, 20, 480 * 500 + 360]}


def boxed(*box: float, **more: object) -> dict[str, object]:
    return {"polygon": [RING], "box": box, **more}


def test_boxes_that_are_not_those_of_their_masks() -> None:
    assert sum(RUNS["counts"]) == 480 * 640
    check_rule(
        BboxMaskMismatch,
        valid=[
            tiny(annotations=[boxed(100, 100, 40, 20), boxed(99, 99, 42, 22), boxed(100, 100, 39, 19), {}]),
            tiny(annotations=[{"rle": RUNS, "box": (100.0, 100.0, 40.0, 20.0)}]),
            tiny(annotations=[boxed(300, 300, 5, 5, bbox_derived=True)]),
            tiny(annotations=[{"polygon": [[-6.0, 10.0, 20.0, 10.0, 20.0, 30.0]], "box": (0.0, 10.0, 20.0, 20.0)}]),
            tiny(annotations=[{"polygon": [[0.0, 10.0, 20.0, 10.0, 20.0, 30.0]], "box": (-9.0, 10.0, 29.0, 20.0)}]),
        ],
        invalid=[
            (
                tiny(annotations=[boxed(112, 100, 40, 20), boxed(100, 100, 40, 23), {"rle": RUNS, "box": (90.0, 100.0, 50.0, 20.0)},
                                  boxed(620, 100, 40, 20), boxed(112, 100, 40, 20, area=0.0)]),
                [
                    {"severity": Severity.WARNING, "fix": Fix.UNSAFE, "values": {"off": 12.0, "x0": 100.0, "y1": 120.0},
                     "message": "the left of the box is 12 px off its mask, which spans 100, 100 to 140, 120"},
                    {"values": {"edge": "bottom", "off": 3.0}},
                    {"values": {"edge": "left", "off": 10.0}},
                    {"severity": Severity.ERROR},
                    {"values": {"area": 0.0}},
                ],
            )
        ],
    )  # fmt: skip


def test_a_box_rounded_outward_that_counts_the_last_pixel_is_that_of_a_small_mask() -> None:
    small = [[100.4, 100.4, 104.2, 100.4, 104.2, 103.2, 100.4, 103.2]]  # 100 to 105, 100 to 104 outward
    check_rule(
        BboxMaskMismatch,
        valid=[tiny(annotations=[{"polygon": small, "box": (100.0, 100.0, 6.0, 5.0)}])],
        invalid=[
            (tiny(annotations=[{"polygon": small, "box": (98.9, 100.0, 6.0, 5.0)}]), [0]),
            (tiny(annotations=[{"polygon": small, "box": (101.5, 100.0, 4.0, 4.0)}]), [0]),
        ],
    )


def test_most_boxes_off_are_one_cause() -> None:
    off = [boxed(112, 100, 40, 20) for _ in range(15)]
    sound = [boxed(100, 100, 40, 20) for _ in range(15)]
    one = {
        "annotation": -1,
        "fix": Fix.NONE,
        "values": {"count": 24, "judged": 30, "share": 0.8, "worst": 12.0},
    }
    check_rule(
        BboxMaskMismatch,
        valid=[tiny(annotations=sound * 2)],
        invalid=[
            (tiny(annotations=(off * 2)[:24] + sound[:6]), [one]),
            (tiny(annotations=off[:12] + sound), list(range(12))),
        ],
    )


def test_boxes_of_whole_persons_around_masks_of_what_is_seen() -> None:
    whole, seen = boxed(100, 100, 40, 30), boxed(100, 100, 40, 20)
    check_rule(
        BboxMaskMismatch,
        invalid=[
            (tiny(annotations=[whole] * 20 + [seen] * 80), [{"annotation": -1, "values": {"count": 20}}]),
            (tiny(annotations=[whole] * 20 + [seen] * 81), [*range(20)]),
        ],
    )


def test_area_follows_where_it_is_not_the_masks() -> None:
    data = tiny(annotations=[boxed(112, 100, 40, 20, area=800.0), boxed(112, 100, 60, 20, area=1200.0)])
    rule = BboxMaskMismatch()
    edits = rule.fix(data, rule.check(data))
    told = set(zip(edits["row"].tolist(), edits["column"].tolist(), edits["new"].tolist(), strict=True))
    assert told == {
        (0, "bbox", (100.0, 100.0, 40.0, 20.0)),
        (1, "bbox", (100.0, 100.0, 40.0, 20.0)),
        (1, "area", 800.0),
    }


def test_an_area_of_nothing_is_told_beside_it() -> None:
    rule = BboxMaskMismatch()
    found = rule.check(tiny(annotations=[boxed(112, 100, 40, 20), boxed(112, 100, 40, 20, area=0.0)]))
    assert [rule.condemns(part).tolist() for part in found.blocks] == [[True], [False]]


side = st.integers(1, 20)


@given(side, side, side, side)
@settings(max_examples=100)
def test_the_box_of_pycocotools_is_never_named(x: int, y: int, w: int, h: int) -> None:
    pixels = np.zeros((48, 64), np.uint8, order="F")
    pixels[y : y + h, x : x + w] = 1
    runs = mask.encode(pixels)
    runs["counts"] = runs["counts"].decode()
    image = [{"width": 64.0, "height": 48.0}]
    own = tuple(mask.toBbox(runs).tolist())
    assert not len(BboxMaskMismatch().check(tiny(image, [{"rle": runs, "box": own}])))
    far = (own[0] + 3, *own[1:])
    assert len(BboxMaskMismatch().check(tiny(image, [{"rle": runs, "box": far}]))) == 1


def test_taco_boxes_fit_their_outlines(real_data: Path) -> None:
    assert not len(
        annotool.audit(
            annotool.read(real_data / "taco"), select=["BOX006", "SEG004", "SEG005", "SEG006", "SEG007"]
        )
    )
