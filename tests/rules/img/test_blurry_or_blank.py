from pathlib import Path

import numpy as np
from PIL import Image

from annotool.rules.img.blurry_or_blank import BlurryOrBlank
from annotool.testing import check_rule, tiny


def row(folder: Path, name: str, image: Image.Image) -> dict[str, str]:
    image.save(folder / name)
    return {"path": str(folder / name), "file_name": name}


def noise(seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((640, 480), Image.Resampling.NEAREST)


def slope() -> Image.Image:
    """Grey levels that rise evenly from one corner to the other: many levels, no edges."""
    down, right = np.mgrid[0:480, 0:640]
    return Image.fromarray((right / 640 * 100 + down / 480 * 60).astype(np.uint8))


def test_blurred_and_blank(tmp_path: Path) -> None:
    good = row(tmp_path, "a.png", noise())
    blurred = row(tmp_path, "b.png", slope())
    blank = row(tmp_path, "c.png", Image.new("RGB", (640, 480), (90, 90, 200)))
    grey = row(tmp_path, "d.png", Image.new("L", (640, 480), 90))
    check_rule(
        BlurryOrBlank,
        valid=[
            tiny(images_checked="decode"),
            tiny([good, {}], images_checked="decode"),
            tiny([good, blurred, blank]),
            tiny([good, blurred, blank], images_checked="none"),
        ],
        invalid=[
            (
                tiny([good, blurred, blank, grey], images_checked="decode"),
                [
                    {"image": 1, "message": "blurry: a sharpness of 0.21 of 1"},
                    {"image": 2, "message": "blank: 1.6 bits of entropy in its colours"},
                    {"image": 3, "message": "blank: 1.6 bits of entropy in its colours"},
                ],
            )
        ],
    )
    assert BlurryOrBlank().unable(tiny([good])) == "needs --decode"


def test_sheets_of_one_colour_are_one_finding(tmp_path: Path) -> None:
    blank = row(tmp_path, "c.png", Image.new("RGB", (640, 480), (90, 90, 200)))
    check_rule(
        BlurryOrBlank,
        invalid=[
            (
                tiny([blank] * 11, images_checked="decode"),
                [{"image": -1, "message": "blank: 11 of 11 images"}],
            ),
            (tiny([blank] * 10, images_checked="decode"), [*range(10)]),
        ],
    )
