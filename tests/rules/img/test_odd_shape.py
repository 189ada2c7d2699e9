from pathlib import Path

from PIL import Image

from annotool.rules.img.odd_shape import OddShape
from annotool.testing import check_rule, tiny


def rows(folder: Path, *sizes: tuple[int, int]) -> list[dict[str, str]]:
    for width, height in set(sizes):
        Image.new("1", (width, height)).save(folder / f"{width}x{height}.png")
    names = [f"{width}x{height}.png" for width, height in sizes]
    return [{"path": str(folder / name), "file_name": name} for name in names]


def test_shapes_and_sizes(tmp_path: Path) -> None:
    usual = [(64 + at % 8, 48) for at in range(40)]
    check_rule(
        OddShape,
        valid=[
            tiny(),
            tiny(rows(tmp_path, *usual, (100, 35), (80, 60))),
            tiny(
                rows(tmp_path, *[(64, 48)] * 40, (65, 48), (90, 60))
            ),  # no spread: a little larger is not odd
            tiny(rows(tmp_path, (64, 48), (640, 480))),  # too few to know what is usual
            tiny(rows(tmp_path, *usual, (640, 480)), images_checked="none"),
        ],
        invalid=[
            (
                tiny(rows(tmp_path, *usual, (100, 34), (30, 100))),
                [
                    {"image": 40, "message": "100 x 34 pixels: one side is 0.34 of the other"},
                    {"image": 41, "values": {"ratio": 0.3}},
                ],
            ),
            (
                tiny(rows(tmp_path, *usual, (200, 150), (24, 20))),
                [
                    {
                        "image": 40,
                        "message": "200 x 150 pixels: as a square 173 a side, where the median is 57",
                    },
                    {"image": 41, "values": {"size": 21.9}},
                ],
            ),
            (tiny(rows(tmp_path, *[(64, 48)] * 40, (128, 96))), [40]),
            (
                tiny(rows(tmp_path, *[(100, 30)] * 11, *[(64, 48)] * 20)),  # strips, as from cars and lines
                [
                    {
                        "image": -1,
                        "message": "11 of 31 images are narrow: one side is 0.30 of the other and less",
                    }
                ],
            ),
            (tiny(rows(tmp_path, *[(100, 30)] * 10)), [*range(10)]),
        ],
    )
    check_rule(OddShape(ratio=0.2), valid=[tiny(rows(tmp_path, (100, 34)))])
