"""A clean made-up dataset, one truth: pictures with objects that nobody could find fault with."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

CLASSES = ("person", "bicycle", "kettle", "lantern", "gravel truck", "umbrella", "violin", "wardrobe")
JOINTS = ("head", "left hand", "right hand", "feet")
WIDTH, HEIGHT = 360, 240
COLUMNS, ROWS = 3, 2  # cells of a picture; each holds one object at most, so that none overlap
CORNERS = 10


@dataclass(frozen=True)
class Thing:
    """An object: class number, box x y w h in whole pixels, outline that touches all four sides of the box."""

    category: int
    box: tuple[int, int, int, int]
    outline: tuple[float, ...]


@dataclass(frozen=True)
class Picture:
    """An image: its name, split, file and objects. All are WIDTH x HEIGHT."""

    name: str
    split: str
    data: bytes
    things: tuple[Thing, ...]


def pictures(count: int, seed: int = 7) -> list[Picture]:
    """Draw so many pictures, a fifth of them in val."""
    rng = random.Random(seed)
    noise = np.random.default_rng(seed)
    made = []
    for number in range(count):
        split = "val" if number % 5 == 4 else "train"
        name = f"{split}_{number:05}.jpg"
        made.append(Picture(name, split, photograph(noise), things(rng, number)))
    return made


def things(rng: random.Random, number: int) -> tuple[Thing, ...]:
    """Objects of one picture; one picture in twenty holds none."""
    if number % 20 == 7:
        return ()
    cells = rng.sample(range(COLUMNS * ROWS), rng.randint(3, 6))
    cell_width, cell_height = WIDTH // COLUMNS, HEIGHT // ROWS
    made = []
    for cell in sorted(cells):
        width, height = rng.randint(30, 90), rng.randint(30, 90)
        x = cell % COLUMNS * cell_width + rng.randint(8, cell_width - width - 8)
        y = cell // COLUMNS * cell_height + rng.randint(8, cell_height - height - 8)
        box = (x, y, width, height)
        made.append(Thing(rng.randrange(len(CLASSES)), box, outline(box, rng)))
    return tuple(made)


def outline(box: tuple[int, int, int, int], rng: random.Random) -> tuple[float, ...]:
    """A ring of corners around the middle that reaches each side of the box."""
    x, y, w, h = box
    turns = [2 * math.pi * (k + 0.6 * rng.random()) / CORNERS for k in range(CORNERS)]
    across = [math.cos(turn) for turn in turns]
    down = [math.sin(turn) for turn in turns]
    xs = [round(x + w * (each - min(across)) / (max(across) - min(across)), 2) for each in across]
    ys = [round(y + h * (each - min(down)) / (max(down) - min(down)), 2) for each in down]
    return tuple(number for point in zip(xs, ys, strict=True) for number in point)


def photograph(rng: np.random.Generator) -> bytes:
    """A JPEG unlike any other: soft shapes with fine grain, neither dark nor blurred."""
    coarse = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
    grain = rng.integers(-18, 19, (HEIGHT, WIDTH, 1))
    pixels = np.clip(np.asarray(picture).astype(np.int64) + grain, 0, 255).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=60)
    return file.getvalue()


def area(outline: tuple[float, ...]) -> float:
    """The area inside a ring, in square pixels (shoelace)."""
    xs, ys = outline[0::2], outline[1::2]
    return abs(sum(xs[k - 1] * ys[k] - xs[k] * ys[k - 1] for k in range(len(xs)))) / 2
