from pathlib import Path
from typing import Any

from PIL import Image

from annotool.findings import Severity
from annotool.rules.img.image_too_small import ImageTooSmall
from annotool.testing import check_rule, tiny


def test_sizes(tmp_path: Path) -> None:
    def rows(*sizes: tuple[int, int]) -> list[dict[str, Any]]:
        made = []
        for width, height in sizes:
            path = tmp_path / f"{width}x{height}.png"
            Image.new("L", (width, height)).save(path)
            made.append({"path": str(path), "file_name": path.name})
        return made

    small = rows((32, 32), (31, 100), (9, 40), (10, 10), (700, 3))
    folders = tiny(rows((31, 31)), format_name="imagefolder")
    check_rule(
        ImageTooSmall,
        valid=[tiny(), tiny(rows((32, 32), (640, 480))), tiny(small, images_checked="none"), folders],
        invalid=[
            (
                tiny([*small, {}]),
                [
                    {"image": -1, "severity": Severity.INFO, "values": {"count": 2, "images": 5}, "message":
                     "2 of 5 images have a side under 32 pixels, which mmdetection leaves out; as 31x100.png, 10x10.png"},
                    {"image": 2, "severity": -1,
                     "message": "9 x 40 pixels: a side under 10 is taken for a corrupt file"},
                    {"image": 4, "values": {"width": 700.0, "height": 3.0}},
                ],
            ),
            (tiny(rows((9, 9)), format_name="imagefolder"), [0]),
        ],
    )  # fmt: skip
    check_rule(ImageTooSmall(rejected=2, small=3), valid=[tiny(small)])
