from annotool.dataset import Dataset
from annotool.findings import Fix, Severity
from annotool.rules.box.tiny_box import TinyBox
from annotool.testing import check_rule, tiny

NAN = float("nan")
INCLUSIVE = {"voc_base": {"base": "1-inclusive"}}


def boxes(*given: tuple[float, float, float, float]) -> Dataset:
    return tiny(images=[{"width": 64.0, "height": 48.0}], annotations=[{"box": box} for box in given])


def voc(*given: tuple[float, float, float, float]) -> Dataset:
    rows = [{"box": box} for box in given]
    return tiny([{"width": 64.0, "height": 48.0}], rows, format_name="voc", facts=INCLUSIVE)


def test_a_side_under_one_pixel() -> None:
    check_rule(
        TinyBox,
        valid=[
            boxes((5, 5, 1, 1), (5, 5, 20, 20)),
            boxes((5, 5, 0, 9), (5, 5, -1, 9), (5, NAN, 0.5, 9)),  # BOX001, SCH004
            tiny([{"width": NAN}], [{"fractions": (0.5, 0.5, 1e-5, 1e-5)}], format_name="yolo"),
        ],
        invalid=[
            (
                boxes((5, 5, 0.6, 20), (5, 5, 20, 20), (5, 5, 30, 0.99)),
                [
                    {"annotation": 0, "severity": -1, "fix": Fix.UNSAFE,
                     "message": "box of 0.6 x 20 px has a side under 1 px"},
                    {"annotation": 2},
                ],
            )
        ],
    )  # fmt: skip


def test_both_corners_the_same_on_one_axis_of_inclusive_voc() -> None:
    check_rule(
        TinyBox,
        valid=[voc((5, 5, 2, 20), (5, 5, 1, 1))],  # the second is BOX001
        invalid=[
            (voc((5, 5, 1, 20)), [{"message": "box of 1 x 20 px: both corners are the same on one axis"}])
        ],
    )


def test_a_pixel_that_a_yolo_row_rounded_is_a_pixel() -> None:
    wide = [{"width": 640.0, "height": 480.0}]

    def row(w: float, h: float) -> Dataset:
        return tiny(wide, [{"fractions": (0.5, 0.5, w, h), "decimals": 6}], format_name="yolo")

    check_rule(
        TinyBox(share=2.0),
        valid=[row(0.001562, 0.002083), row(0.5, 0.002083)],  # 1 / 640 = 0.0015625, 1 / 480 = 0.0020833...
        invalid=[(row(0.001561, 0.5), [{"message": "box of 0.99904 x 240 px has a side under 1 px"}])],
    )


def test_share_of_boxes_too_small_for_training_is_one_info() -> None:
    # 2000 px wide: 9 px are 2.88 at 640 and 5.76 at 1280; 4 px are 1.28 and 2.56.
    wide = [{"width": 2000.0, "height": 1000.0}] * 2
    small = [{"box": (5, 5, 9, 90)}, {"box": (5, 5, 90, 90), "image": 1}, {"box": (5, 5, 90, 4), "image": 1}]
    told = "2 of 3 boxes (66.7%) have a side under 3 px when images are resized to 640, 1 (33.3%) at 1280"
    check_rule(
        TinyBox,
        valid=[
            tiny(wide, [{"box": (5, 5, 9.375, 90)}]),  # 3 px at 640
            tiny([{"width": NAN}], [{"box": (5, 5, 1, 1)}]),
            tiny([{"width": 0.0, "height": 0.0}], [{"box": (5, 5, 1, 1)}]),
            tiny([{"width": 640.0, "height": 0.0}], [{"box": (5, 5, 1, 1)}]),
        ],
        invalid=[
            (
                tiny(wide, small),
                [{"annotation": -1, "severity": Severity.INFO, "fix": Fix.NONE, "message": told}],
            )
        ],
    )
    check_rule(TinyBox(share=0.7), valid=[tiny(wide, small)])
    assert len(TinyBox(imgsz=1280, large_imgsz=2560).check(tiny(wide, small))) == 1
    assert len(TinyBox(min_resized_px=1.0).check(tiny(wide, small))) == 0


def test_options() -> None:
    assert len(TinyBox(min_side_px=5, share=1.1).check(boxes((5, 5, 4, 20), (5, 5, 5, 20)))) == 1


def test_what_could_not_be_judged_is_said() -> None:
    assert TinyBox().unable(boxes((5, 5, 4, 20))) == ""
    data = tiny([{"width": NAN}, {}], [{"fractions": (0.5, 0.5, 0.1, 0.1)}, {"image": 1}], format_name="yolo")
    assert (
        TinyBox().unable(tiny([{"width": 0.0}], [{}])) == "1 of 1 boxes: the size of their image is not known"
    )
    assert TinyBox().unable(data) == "1 of 2 boxes: the size of their image is not known"
