"""The sample pictures, painted with Pillow: shapes on varied backgrounds."""

import random
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageDraw

from sample_data.maker.truth import SEED, Fruit, Picture, under_leaf

Colour = tuple[int, int, int]

FINE = 4  # paint this much larger, then shrink: smooth edges

COLOURS: dict[str, Colour] = {"apple": (196, 42, 46), "banana": (238, 205, 66), "orange": (240, 138, 30)}
GROUNDS: tuple[tuple[Colour, Colour], ...] = (
    ((214, 201, 180), (186, 168, 140)),
    ((120, 150, 170), (90, 120, 145)),
    ((225, 228, 222), (196, 204, 198)),
    ((96, 128, 92), (72, 102, 72)),
    ((150, 120, 160), (120, 92, 134)),
)


def paint(picture: Picture) -> Image.Image:
    """Return the picture, RGB."""
    rng = random.Random(f"{SEED}/paint/{picture.name}")
    image = Image.new("RGB", (picture.width * FINE, picture.height * FINE))
    background(image, rng)
    for fruit in picture.fruits:
        paint_fruit(image, fruit, rng)
    return image.resize((picture.width, picture.height), Image.Resampling.BOX)


def encode(image: Image.Image, name: str, orientation: int | None = None) -> bytes:
    """Return the bytes of an image file; the name's suffix says which kind."""
    buffer = BytesIO()
    if name.endswith(".png"):
        # Few colours: a small file of a kind people do have.
        image.convert("RGB").save(buffer, "PNG", optimize=True)
        return buffer.getvalue()
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    image.save(buffer, "JPEG", quality=70, **({"exif": exif} if orientation is not None else {}))
    return buffer.getvalue()


def background(image: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    light, dark = rng.choice(GROUNDS)
    width, height = image.size
    image.paste(light, (0, 0, width, height))
    step = rng.randint(16, 40) * FINE
    kind = rng.choice(["planks", "checks", "slope", "leaves"])
    if kind == "planks":
        for y in range(0, height, step):
            draw.rectangle((0, y, width, y + step - FINE * 2), fill=mixed(light, dark, rng.random()))
    elif kind == "checks":
        for y in range(0, height, step):
            for x in range(y // step % 2 * step, width, 2 * step):
                draw.rectangle((x, y, x + step, y + step), fill=dark)
    elif kind == "slope":
        for y in range(height):
            draw.line((0, y, width, y), fill=mixed(light, dark, y / height))
    else:
        for _ in range(40):
            x, y = rng.randint(0, width), rng.randint(0, height)
            draw.ellipse((x, y, x + step, y + step // 3), fill=mixed(light, dark, rng.random()))


def paint_fruit(image: Image.Image, fruit: Fruit, rng: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    points = [(x * FINE, y * FINE) for x, y in zip(fruit.outline[0::2], fruit.outline[1::2], strict=True)]
    colour = mixed(COLOURS[fruit.category], (90, 160, 40), rng.uniform(0, 0.25))
    draw.polygon(points, fill=colour)
    draw.line([*points, points[0]], fill=mixed(colour, (30, 20, 10), 0.4), width=FINE)
    x1, y1, x2, y2 = (FINE * side for side in fruit.box)
    if fruit.category == "apple":
        top = (x1 + x2) // 2
        draw.line(
            (top, y1 + (y2 - y1) // 8, top + 2 * FINE, y1 + (y2 - y1) // 3), fill=(80, 52, 30), width=2 * FINE
        )
        shine(draw, x1, y1, x2, y2, mixed(colour, (255, 255, 255), 0.5))
    elif fruit.category == "orange":
        shine(draw, x1, y1, x2, y2, mixed(colour, (255, 240, 200), 0.5))
    else:
        for a, b in pairwise(points[3:8]):
            draw.line((*a, *b), fill=mixed(colour, (120, 80, 20), 0.5), width=2 * FINE)
    if fruit.leaf:
        paint_leaf(image, x1, y1, x2, y2)


def shine(draw: ImageDraw.ImageDraw, x1: int, y1: int, x2: int, y2: int, colour: Colour) -> None:
    w, h = x2 - x1, y2 - y1
    draw.ellipse((x1 + w * 0.22, y1 + h * 0.3, x1 + w * 0.38, y1 + h * 0.46), fill=colour)


def paint_leaf(image: Image.Image, x1: int, y1: int, x2: int, y2: int) -> None:
    for y in range(max(y1, 0), min(y2, image.height)):
        for x in range(max(x1, 0), min(x2, image.width)):
            if under_leaf((x - x1) * 2 / (x2 - x1) - 1, (y - y1) * 2 / (y2 - y1) - 1):
                image.putpixel((x, y), (52, 120, 48))


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """Return a colour between the two; share 0 is the first."""
    red, green, blue = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return red, green, blue
