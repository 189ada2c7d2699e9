from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annotool.findings import Severity
from annotool.rules.img.exif_orientation import ExifOrientation
from annotool.testing import check_rule, tiny

SWAP = {"width": 480.0, "height": 640.0}


@pytest.fixture
def images(tmp_path: Path) -> dict[int, dict[str, Any]]:
    rows = {}
    for orientation in (0, 1, 3, 6, 8):
        exif = Image.Exif()
        if orientation:
            exif[274] = orientation
        path = tmp_path / f"{orientation}.jpg"
        Image.new("RGB", (640, 480)).save(path, exif=exif)
        rows[orientation] = {"path": str(path), "file_name": path.name}
    return rows


def test_one_finding_a_dataset(images: dict[int, dict[str, Any]]) -> None:
    plain = [images[0], images[1]]
    stored = (
        "3 images carry an EXIF orientation, by a quarter: 2; declared sizes of the stored pixels: 2, of "
        "the turned ones: 0; as 3.jpg, 6.jpg, 8.jpg"
    )
    check_rule(
        ExifOrientation,
        valid=[tiny(), tiny(plain), tiny(images_checked="none")],
        invalid=[
            (
                tiny([*plain, images[3], images[6], images[8]]),
                [{"image": -1, "severity": Severity.WARNING, "message": stored}],
            ),
            (
                tiny([images[6], {**images[8], **SWAP}]),
                [{"image": -1, "severity": Severity.ERROR, "values": {"stored": 1, "shown": 1}}],
            ),
            (tiny([{**images[6], **SWAP}, {**images[8], **SWAP}]), [{"severity": Severity.WARNING}]),
        ],
    )


def test_a_single_image_is_named(images: dict[int, dict[str, Any]]) -> None:
    check_rule(
        ExifOrientation,
        invalid=[
            (
                tiny([images[0], images[6]]),
                [{"image": 1, "source": 0, "line": 2, "severity": Severity.WARNING}],
            ),
            (tiny([images[0], images[6]], format_name="yolo"), [{"image": 1, "source": -1}]),
        ],
    )
