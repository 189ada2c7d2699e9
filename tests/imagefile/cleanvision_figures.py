"""Makes pictures and writes what cleanvision says of them to cleanvision.csv, which test_cleanvision.py reads.

    pip install cleanvision==0.3.7 && PYTHONPATH=. python tests/imagefile/cleanvision_figures.py

cleanvision (Apache-2.0) draws in matplotlib and scipy, too much for every test run; its figures only change with its version.
"""

import csv
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

FIGURES = Path(__file__).with_name("cleanvision.csv")
ISSUES = ("dark", "light", "blurry", "low_information", "odd_aspect_ratio", "odd_size")


def scene(seed: int, size: tuple[int, int] = (240, 180)) -> Image.Image:
    """A picture with large shapes, small ones and some noise, as a photograph has."""
    rng = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(rng.integers(0, 256, (*cells, 3), dtype=np.uint8)).resize(
                size, Image.Resampling.BICUBIC
            ),
            dtype=np.float64,
        )
        for cells in ((4, 5), (16, 20), (60, 80))
    ]
    mixed = 0.55 * layers[0] + 0.3 * layers[1] + 0.15 * layers[2] + rng.normal(0, 4, layers[0].shape)
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def pictures() -> dict[str, Image.Image]:
    """The pictures, by file name; some lie closely around a threshold."""
    made = {f"scene_{seed:02}.png": scene(seed, (200 + 5 * seed, 150 + 3 * seed)) for seed in range(20)}
    for percent in (5, 20, 30, 36, 38, 40, 42, 44, 50, 70):
        made[f"dimmed_{percent:02}.png"] = scene(30, (228, 170)).point(
            lambda level, p=percent: level * p // 100
        )
    for low in (180, 225, 238, 241, 243, 246, 252):
        made[f"bright_{low}.png"] = scene(31, (250, 190)).point(
            lambda level, low=low: low + level * (255 - low) // 255
        )
    for radius in (1, 2, 4, 6, 8, 12, 16, 24, 40):
        made[f"blurred_{radius:02}.png"] = scene(32, (236, 180)).filter(ImageFilter.GaussianBlur(radius))
        made[f"faint_{radius:02}.png"] = (
            scene(33, (244, 186)).filter(ImageFilter.GaussianBlur(radius)).point(lambda level: level // 2)
        )
    for top in (60, 120, 160, 190, 205, 212, 220, 240):
        down, right = np.mgrid[0:180, 0:240]
        levels = right / 240 * top * 0.6 + down / 180 * top * 0.4
        made[f"slope_{top:03}.png"] = Image.fromarray(np.stack([levels.astype(np.uint8)] * 3, axis=2))
    for bits in (1, 2, 3, 4):
        made[f"posterised_{bits}.png"] = scene(34, (256, 192)).point(
            lambda level, b=bits: level >> (8 - b) << (8 - b)
        )
    for name, colour in (("black", 0), ("grey", 128), ("white", 255)):
        made[f"blank_{name}.png"] = Image.new("RGB", (240, 180), (colour,) * 3)
    drawing = Image.new("RGB", (240, 180), (250, 250, 250))
    drawing.paste((20, 40, 200), (40, 30, 90, 160))
    made["drawing.png"] = drawing
    made["narrow.png"], made["wide.png"] = scene(35, (60, 200)), scene(36, (300, 110))
    made["barely.png"], made["tiny.png"], made["huge.png"] = (
        scene(37, (300, 104)),
        scene(38, (24, 18)),
        scene(39, (900, 700)),
    )
    made["grey_scene.png"], made["grey_few.png"] = (
        scene(40).convert("L"),
        scene(41).convert("L").point(lambda v: v & 0xE0),
    )
    made["copy.png"], made["smaller.png"] = (
        made["scene_03.png"].copy(),
        made["scene_04.png"].resize((180, 140)),
    )
    made["softer.png"] = made["scene_05.png"].filter(ImageFilter.GaussianBlur(1))
    made["mirrored.png"] = made["scene_06.png"].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return made


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, image in pictures().items():
            image.save(Path(folder) / name)
        lab: Any = import_module("cleanvision").Imagelab(data_path=folder)
        lab.find_issues(n_jobs=1, verbose=False)
        issues = lab.issues
        issues.index = [Path(path).name for path in issues.index]
        sets = {kind: [[Path(p).name for p in each] for each in lab.info[kind]["sets"]]
                for kind in ("exact_duplicates", "near_duplicates")}  # fmt: skip
    with FIGURES.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", *(f"{issue}_{part}" for issue in ISSUES for part in ("is", "score")), *sets])
        for name, row in issues.sort_index().iterrows():
            cells = [c for i in ISSUES for c in (int(row[f"is_{i}_issue"]), f"{row[f'{i}_score']:.6f}")]
            alike = [
                next((at for at, each in enumerate(groups) if name in each), "") for groups in sets.values()
            ]
            writer.writerow([name, *cells, *alike])


if __name__ == "__main__":
    main()
