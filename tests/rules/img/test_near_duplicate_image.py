from pathlib import Path

import numpy as np
from PIL import Image

from annotool.engine import run
from annotool.findings import Severity
from annotool.rules.base import Rule
from annotool.rules.img.exact_duplicate_image import ExactDuplicateImage
from annotool.rules.img.near_duplicate_image import NearDuplicateImage
from annotool.testing import check_rule, tiny


def scene(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC)


def rows(folder: Path) -> list[dict[str, str]]:
    """a; b, another; a again, worse; a again, smaller; a once more as it was; two blank ones."""
    scene(1).save(folder / "a.png")
    scene(2).save(folder / "b.png")
    scene(1).save(folder / "worse.jpg", quality=40)
    scene(1).resize((200, 150)).save(folder / "smaller.png")
    scene(1).save(folder / "copy.bmp")
    Image.new("RGB", (320, 240), (0, 0, 0)).save(folder / "black.png")
    Image.new("RGB", (320, 240), (2, 2, 2)).save(folder / "dark.png")
    names = ("a.png", "b.png", "worse.jpg", "smaller.png", "copy.bmp", "black.png", "dark.png")
    return [{"path": str(folder / name), "file_name": name} for name in names]


def test_pictures_that_look_alike(tmp_path: Path) -> None:
    all_rows = rows(tmp_path)
    check_rule(
        NearDuplicateImage,
        valid=[
            tiny(images_checked="decode"),
            tiny([*all_rows[:2], *all_rows[5:]], images_checked="decode"),
            tiny(all_rows),  # needs --decode
            tiny(all_rows[:3], splits={"train": [0, 1], "val": [2]}, images_checked="decode"),  # SPL002's
            tiny([all_rows[0], all_rows[4]], images_checked="decode"),  # IMG008's
        ],
        invalid=[
            (
                tiny(all_rows, images_checked="decode"),
                [
                    {"image": 2, "message": "looks like a.png: 0 of 64 bits of their hashes differ"},
                    {"image": 3, "values": {"partner": "a.png"}},
                    {"image": 4, "values": {"partner": "worse.jpg"}},
                ],
            ),
        ],
    )
    assert NearDuplicateImage().unable(tiny(all_rows)) == "needs --decode"


def test_a_copy_is_told_once(tmp_path: Path) -> None:
    rules: dict[str, Rule] = {"IMG008": ExactDuplicateImage(), "IMG009": NearDuplicateImage()}
    found = run(tiny(rows(tmp_path), images_checked="decode"), rules, list(rules), {})
    assert found.of("IMG008").column("image").tolist() == [4]
    assert found.of("IMG009").column("image").tolist() == [2, 3]


def test_copies_that_names_call_so_are_meant(tmp_path: Path) -> None:
    one, other = rows(tmp_path)[0], rows(tmp_path)[2]
    pair = (
        {**one, "file_name": "IMG_1_jpg.rf.0f3a9c1e.jpg"},
        {**other, "file_name": "IMG_1_jpg.rf.b71d20aa.jpg"},
    )
    check_rule(
        NearDuplicateImage,
        valid=[
            tiny(pair, images_checked="decode"),
            tiny([one, {**other, "file_name": "a_aug1.jpg"}], images_checked="decode"),
        ],
        invalid=[
            (
                tiny([pair[0], {**other, "file_name": "IMG_2_jpg.rf.b71d20aa.jpg"}], images_checked="decode"),
                [1],
            )
        ],
    )


def test_frames_of_a_video_are_a_fact(tmp_path: Path) -> None:
    names = []
    for at in range(9):
        scene(100 + at).save(tmp_path / f"{at}.png")
        names.append({"path": str(tmp_path / f"{at}.png"), "file_name": f"{at}.png"})
    one, other = rows(tmp_path)[0], rows(tmp_path)[2]
    check_rule(
        NearDuplicateImage,
        invalid=[
            (tiny([*names, one, other], images_checked="decode"), [{"severity": Severity.WARNING}]),
            (tiny([*names[:2], one, other], images_checked="decode"), [{"severity": Severity.INFO}]),
        ],
    )
