from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annotool.findings import Fix
from annotool.rules.img.size_mismatch import SizeMismatch
from annotool.schema import SizeFrom
from annotool.testing import check_rule, edited, tiny


@pytest.fixture
def image(tmp_path: Path) -> dict[str, Any]:
    Image.new("RGB", (640, 480)).save(tmp_path / "a.jpg")
    return {"path": str(tmp_path / "a.jpg")}


@pytest.fixture
def turned(tmp_path: Path) -> dict[str, Any]:
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (640, 480)).save(tmp_path / "turned.jpg", exif=exif)
    return {"path": str(tmp_path / "turned.jpg")}


def test_sizes(image: dict[str, Any], turned: dict[str, Any]) -> None:
    double = {**image, "width": 1280.0, "height": 960.0}
    swap = {"width": 480.0, "height": 640.0}
    inside, beyond = {"box": (0, 0, 640, 480)}, {"box": (600, 0, 41, 10)}
    said = "declared 1280 x 960, the file has 640 x 480"
    check_rule(
        SizeMismatch,
        valid=[
            tiny(),
            tiny([image]),
            tiny([{**double, "size_from": SizeFrom.SIZES}]),
            tiny([{**image, "width": 0.0}]),  # SCH009
            tiny([{**turned, **swap}, turned]),  # IMG004
            tiny([{"width": 9.0}]),
        ],
        invalid=[
            (
                tiny([image, double], [{"image": 1, **inside}]),
                [{"image": 1, "fix": Fix.SAFE, "message": said}],
            ),
            (tiny([double], [inside, beyond]), [{"fix": Fix.NONE}]),
            (tiny([{**image, **swap}]), [{"fix": Fix.NONE, "values": {"width": 480.0, "file_width": 640.0}}]),
            (tiny([{**double, "height": 480.0}], format_name="voc"), [{"fix": Fix.SAFE}]),
        ],
    )


def test_the_size_of_the_file_is_written(image: dict[str, Any]) -> None:
    data = tiny([{**image, "width": 1280.0}, image])
    rule = SizeMismatch()
    edits = rule.fix(data, rule.check(data))
    assert edits["column"].tolist() == ["width"]
    assert edited(data, edits).table("images")["width"].tolist() == [640, 640]
