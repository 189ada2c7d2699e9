from pathlib import Path

import numpy as np
from PIL import Image

from annotool.dataset import Dataset
from annotool.rules.spl.near_leak import NearLeak
from annotool.testing import check_rule, tiny


def named(train: list[str], val: list[str]) -> Dataset:
    names = [*train, *val]
    splits = {"val": list(range(len(train), len(names))), "train": list(range(len(train)))}
    return tiny([{"file_name": name} for name in names], splits=splits)


def test_names_that_say_where_a_picture_comes_from() -> None:
    message = "b/a_jpg.rf.b71d20aa.jpg of val is by its name made from the same picture as a_jpg.rf.0f3a9c1e.jpg of train"
    check_rule(
        NearLeak,
        valid=[
            tiny([{"file_name": "a_jpg.rf.0f3a9c1e.jpg"}]),
            named(["a_jpg.rf.0f3a9c1e.jpg", "a_jpg.rf.b71d20aa.jpg"], ["b_jpg.rf.0f3a9c1e.jpg"]),
            named(["1.jpg", "2.jpg"], ["1.jpg", "2.jpg"]),  # numbers that start anew
            named(["1.jpg", "1_aug1.jpg"], ["1.jpg"]),  # each beside what it was made from
            named(["2023_aug_12.jpg"], ["2023_aug_13.jpg"]),  # a month
        ],
        invalid=[
            (
                named(["a_jpg.rf.0f3a9c1e.jpg"], ["b/a_jpg.rf.b71d20aa.jpg"]),
                [{"image": 1, "message": message}],
            ),
            (
                named(["x/a.jpg", "b.jpg"], ["a_aug1.jpg", "c.jpg"]),
                [{"image": 2, "values": {"partner": "x/a.jpg"}}],
            ),
            (named(["a_aug.jpg"], ["a.jpg"]), [{"image": 1, "values": {"partner": "a_aug.jpg"}}]),
            (named(["a.png"], ["a_png.rf.b71d20aa.png"]), [1]),
        ],
    )


def scene(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC)


def test_pictures_that_look_alike(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.png")
    scene(2).save(tmp_path / "b.png")
    scene(1).save(tmp_path / "c.jpg", quality=40)
    Image.new("RGB", (320, 240)).save(tmp_path / "d.png")
    Image.new("RGB", (321, 240)).save(tmp_path / "e.png")
    rows = [{"path": str(path), "file_name": path.name} for path in sorted(tmp_path.iterdir())]
    splits = {"train": [0, 1, 3], "test": [2, 4]}
    check_rule(
        NearLeak,
        valid=[
            tiny(rows, splits=splits),
            tiny(rows, splits={"train": [0, 2, 3, 4], "val": [1]}, images_checked="decode"),
            tiny([rows[0], rows[0]], splits={"train": [0], "val": [1]}, images_checked="decode"),  # SPL001's
        ],
        invalid=[
            (
                tiny(rows, splits=splits, images_checked="decode"),
                [{"image": 2, "message": "c.jpg of test looks like a.png of train: 0 of 64 bits of their hashes differ"}],
            ),
            (tiny(rows, splits={"test": [0, 1], "train": [2]}, images_checked="decode"), [0]),
        ],
    )  # fmt: skip
    assert NearLeak().unable(tiny(rows, splits=splits)) == "needs --decode: only names were compared"
    assert NearLeak().unable(tiny(rows)) == "fewer than two splits"
    assert NearLeak().unable(tiny(rows, splits=splits, images_checked="decode")) == ""
