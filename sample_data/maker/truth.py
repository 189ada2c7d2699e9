"""What is true of the sample pictures: where which fruit lies. Integer boxes, so that COCO, VOC and YOLO agree exactly."""

import math
import random
from dataclasses import dataclass

CATEGORIES = ("apple", "banana", "orange")

# Sides that divide 500 or 640: an edge at a whole pixel is exact in six decimals of YOLO.
SIZES = ((200, 160), (160, 200), (250, 160), (200, 250))

SEED = 20261123


@dataclass(frozen=True)
class Fruit:
    """One fruit: its box in pixels, half-open, and its outline as flat x y numbers within that box."""

    category: str
    box: tuple[int, int, int, int]  # x1 y1 x2 y2
    outline: tuple[float, ...]
    leaf: bool = False  # a leaf lies across it: its mask has two parts, which takes an RLE

    @property
    def xywh(self) -> tuple[int, int, int, int]:
        """The box as x y w h."""
        x1, y1, x2, y2 = self.box
        return x1, y1, x2 - x1, y2 - y1


@dataclass(frozen=True)
class Picture:
    """One picture and what lies in it."""

    number: int
    name: str
    split: str
    width: int
    height: int
    fruits: tuple[Fruit, ...]


def pictures() -> list[Picture]:
    """Return 24 pictures: 16 to train on (the last one empty), 8 to validate with."""
    made = []
    for number in range(1, 25):
        rng = random.Random(f"{SEED}/{number}")
        width, height = SIZES[number % len(SIZES)]
        suffix = "png" if number % 7 == 0 else "jpg"
        wanted = [] if number == 16 else ["apple", "banana", "orange", "apple", "apple"][: 4 + number % 2]
        split = "train" if number <= 16 else "val"
        fruits = placed(wanted, width, height, rng)
        if number == 5:
            fruits[2] = Fruit("orange", fruits[2].box, fruits[2].outline, leaf=True)
        made.append(Picture(number, f"fruit_{number:03}.{suffix}", split, width, height, tuple(fruits)))
    return made


def small_pictures(count: int = 10, split: str = "train", first: int = 1) -> list[Picture]:
    """Return small pictures of one apple each: enough for a case that needs a dataset of its own."""
    made = []
    for number in range(first, first + count):
        rng = random.Random(f"{SEED}/small/{number}")
        fruits = placed(["apple"], 80, 50, rng, side=(16, 30))
        made.append(Picture(number, f"apple_{number:02}.jpg", split, 80, 50, tuple(fruits)))
    return made


def crowded_pictures() -> list[Picture]:
    """Return ten small pictures of eleven apples each, some at the border."""
    made = []
    for number in range(1, 11):
        cells = [(column, row) for row in range(3) for column in range(4)][:11]
        boxes = [
            (20 * c + 3 * (c > 0), 16 * r + 2, 20 * c + 17 + 3 * (c == 3), 16 * r + 14) for c, r in cells
        ]
        fruits = tuple(Fruit("apple", box, fitted(apple_shape(), box)) for box in boxes)
        made.append(Picture(number, f"apples_{number:02}.jpg", "train", 80, 50, fruits))
    return made


def placed(
    wanted: list[str], width: int, height: int, rng: random.Random, side: tuple[int, int] = (34, 54)
) -> list[Fruit]:
    """Put fruits into a picture: about one in three at a border, none over another."""
    fruits: list[Fruit] = []
    while len(fruits) < len(wanted):
        category = wanted[len(fruits)]
        w, h = rng.randint(*side), rng.randint(*side)
        if category == "banana":
            w, h = rng.choice([(w + 14, h - 6), (w - 6, h + 14)])
        x, y = rng.randint(2, width - w - 2), rng.randint(2, height - h - 2)
        border = rng.randint(0, 11)
        x = {0: 0, 1: width - w}.get(border, x)
        y = {2: 0, 3: height - h}.get(border, y)
        box = (x, y, x + w, y + h)
        if all(apart(box, other.box) for other in fruits):
            fruits.append(Fruit(category, box, fitted(shape(category, rng), box)))
    return fruits


def apart(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) <= max(a[1], b[1])


def shape(category: str, rng: random.Random) -> list[tuple[float, float]]:
    """Return an outline of the fruit, of any size and place."""
    if category == "apple":
        return apple_shape()
    if category == "orange":
        return [(math.cos(t), math.sin(t)) for t in turn(24)]
    tilt = rng.uniform(-0.5, 0.5)
    outer = [(math.cos(t), math.sin(t)) for t in arc(0.15, math.pi - 0.15, 11)]
    inner = [(0.9 * math.cos(t), 0.45 * math.sin(t)) for t in arc(math.pi - 0.3, 0.3, 9)]
    return [turned(x, y, tilt) for x, y in outer + inner]


def apple_shape() -> list[tuple[float, float]]:
    # A circle with a dent at the top, where y is smallest, and a flatter bottom.
    dents = [1 - 0.22 * math.exp(-((math.cos(t) / 0.35) ** 2)) * (math.sin(t) < 0) for t in turn(28)]
    return [(r * math.cos(t), r * math.sin(t) * 0.95) for r, t in zip(dents, turn(28), strict=True)]


def fitted(points: list[tuple[float, float]], box: tuple[int, int, int, int]) -> tuple[float, ...]:
    """Return the outline stretched to touch all four sides of the box, in hundredths of a pixel."""
    x1, y1, x2, y2 = box
    xs, ys = [x for x, _ in points], [y for _, y in points]
    flat: list[float] = []
    for x, y in points:
        flat.append(round(x1 + (x2 - x1) * (x - min(xs)) / (max(xs) - min(xs)), 2))
        flat.append(round(y1 + (y2 - y1) * (y - min(ys)) / (max(ys) - min(ys)), 2))
    return tuple(flat)


def turn(points: int) -> list[float]:
    return [2 * math.pi * k / points for k in range(points)]


def arc(start: float, end: float, points: int) -> list[float]:
    return [start + (end - start) * k / (points - 1) for k in range(points)]


def turned(x: float, y: float, angle: float) -> tuple[float, float]:
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def shoelace(outline: tuple[float, ...]) -> float:
    """Return the area of an outline, square pixels."""
    xs, ys = outline[0::2], outline[1::2]
    return abs(sum(xs[k - 1] * ys[k] - xs[k] * ys[k - 1] for k in range(len(xs)))) / 2


def leaf_mask(fruit: Fruit) -> list[list[bool]]:
    """Return rows of the box: inside the round fruit and not under the slanting leaf that lies across it."""
    _, _, w, h = fruit.xywh
    rows = []
    for j in range(h):
        v = (j + 0.5) * 2 / h - 1
        row = []
        for i in range(w):
            u = (i + 0.5) * 2 / w - 1
            row.append(u * u + v * v <= 1 and not under_leaf(u, v))
        rows.append(row)
    return rows


def under_leaf(u: float, v: float) -> bool:
    """Whether the point, -1 to 1 in both axes of the box, lies under the leaf."""
    along, across = turned(u, v, 0.6)
    return (along / 1.3) ** 2 + (across / 0.24) ** 2 <= 1
