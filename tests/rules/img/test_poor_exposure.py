from pathlib import Path

import numpy as np
from PIL import Image

from annotool.rules.img.poor_exposure import PoorExposure
from annotool.testing import check_rule, tiny


def row(folder: Path, name: str, low: int, high: int, share: float) -> dict[str, str]:
    """A picture of two greys, the share of it that is of the lower one."""
    pixels = np.full((100, 100), high, dtype=np.uint8)
    pixels[: round(100 * share)] = low
    Image.fromarray(pixels).save(folder / name)
    return {"path": str(folder / name), "file_name": name}


def test_dark_and_light(tmp_path: Path) -> None:
    good = [row(tmp_path, "a.png", 0, 255, 0.97), row(tmp_path, "b.png", 200, 255, 0.06)]
    good += [row(tmp_path, "c.png", 82, 82, 1.0), row(tmp_path, "d.png", 242, 242, 1.0)]
    bad = [row(tmp_path, "e.png", 0, 81, 0.5), row(tmp_path, "f.png", 243, 255, 0.5)]
    (tmp_path / "text.png").write_text("no image")
    check_rule(
        PoorExposure,
        valid=[
            tiny(images_checked="decode"),
            tiny([*good, {}, {"path": str(tmp_path / "text.png")}], images_checked="decode"),
            tiny(bad),
            tiny(bad, images_checked="none"),
        ],
        invalid=[
            (
                tiny([*good, *bad], images_checked="decode"),
                [
                    {"image": 4, "message": "dark: 99 % of the pixels are under 0.32 of full brightness"},
                    {"image": 5, "message": "light: 95 % of the pixels are over 0.95 of full brightness"},
                ],
            )
        ],
    )
    check_rule(PoorExposure(dark=0.0, light=0.0), valid=[tiny(bad, images_checked="decode")])


def test_pixels_are_needed_and_that_is_said(tmp_path: Path) -> None:
    there = [row(tmp_path, "a.png", 0, 0, 1.0)]
    assert PoorExposure().unable(tiny(there)) == "needs --decode"
    assert PoorExposure().unable(tiny(there, images_checked="none")) == "--images none"
    assert PoorExposure().unable(tiny(images_checked="decode")) == "no image files"
    assert PoorExposure().unable(tiny(there, images_checked="decode")) == ""


def test_a_kind_of_picture_is_one_finding(tmp_path: Path) -> None:
    dark, good = row(tmp_path, "a.png", 0, 40, 0.5), row(tmp_path, "b.png", 0, 255, 0.5)
    check_rule(
        PoorExposure,
        invalid=[
            (
                tiny([dark] * 11 + [good] * 40, images_checked="decode"),
                [{"image": -1, "message": "dark: 11 of 51 images"}],
            ),
            (tiny([dark] * 11 + [good] * 44, images_checked="decode"), [*range(11)]),
            (tiny([dark] * 10, images_checked="decode"), [*range(10)]),
        ],
    )
