"""Makes large synthetic datasets in the shape of COCO train2017: numbers of images, boxes, points, crowds and categories.

    python bench/generate.py coco FILE --images 118287          polygons and crowds (476 MB at 118287 images)
    python bench/generate.py coco FILE --images 100000 --boxes  boxes only
    python bench/generate.py voc DIR --images 10000             Annotations/*.xml, no image files
    python bench/generate.py yolo DIR --images 118287           labels/train/*.txt and data.yaml, no image files

About 2 % of the annotations are faulty (no area, out of the image, exact duplicate, unknown category) and 1 % of the
rings cross themselves; --clean makes none of these. The same --seed gives the same data in every format.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

CATEGORIES = 80
PER_IMAGE = 860_001 / 118_287
BLOCK = 16_384  # annotations written at a time
UNKNOWN = 999  # a category id nobody declares


@dataclass(frozen=True)
class Drawn:
    """What was drawn: images, and annotations in no order."""

    image_id: Array
    width: Array
    height: Array
    image: Array  # row of its image, for each annotation
    category: Array  # 0 to 79; 80: unknown
    box: Array  # x y w h in hundredths of a pixel
    crowd: Array
    clean: bool


def draw(images: int, seed: int = 1, clean: bool = False) -> Drawn:
    """Draw a dataset of so many images."""
    rng = np.random.default_rng(seed)
    boxes = round(images * PER_IMAGE)
    image_id = np.sort(rng.choice(images * 5, images, replace=False)) + 1
    short, upright = (
        rng.choice([480, 427, 425, 360], images, p=[0.6, 0.2, 0.1, 0.1]),
        rng.random(images) < 0.3,
    )
    width, height = np.where(upright, short, 640), np.where(upright, 640, short)
    # One image in a hundred stays empty, the others hold at least one object, few of them many.
    filled = np.flatnonzero(rng.random(images) > 0.01)
    share = np.cumsum(rng.gamma(0.9, 1.0, len(filled)))
    more = filled[np.searchsorted(share / share[-1], rng.random(boxes - len(filled)))]
    image = rng.permutation(np.concatenate([filled, more]))
    # One category has a third of all boxes, the others a long tail.
    weight = np.append(
        0.3, 0.7 * np.exp(-np.arange(CATEGORIES - 1) / 18) / np.exp(-np.arange(CATEGORIES - 1) / 18).sum()
    )
    category = rng.choice(CATEGORIES, boxes, p=weight)
    side = np.clip(np.exp(rng.normal(-2.1, 1.0, boxes)), 0.008, 0.98)
    aspect = np.exp(rng.normal(0, 0.45, boxes))
    size = np.clip(np.stack([side * aspect, side / aspect], 1), 0.006, 0.99)
    frame = np.stack([width[image], height[image]], 1)
    corner = rng.random((boxes, 2)) * (1 - size)
    box = np.floor(np.hstack([corner * frame, size * frame]) * 100).astype(np.int64)
    drawn = Drawn(image_id, width, height, image, category, box, rng.random(boxes) < 0.0122, clean)
    if not clean:
        spoil(drawn, rng)
    return drawn


def spoil(drawn: Drawn, rng: np.random.Generator) -> None:
    """Make 2 % of the annotations faulty, in place: four faults in equal parts."""
    bad = rng.choice(len(drawn.image), len(drawn.image) // 50, replace=False)
    flat, outside, twin, unknown = (bad[kind::4] for kind in range(4))
    drawn.box[flat, 2] = 0
    drawn.box[outside, 0] = drawn.width[drawn.image[outside]] * 100 - drawn.box[outside, 2] // 2
    source = (twin + 1) % len(drawn.image)
    for column in (drawn.box, drawn.image, drawn.category):
        column[twin] = column[source]
    drawn.category[unknown] = CATEGORIES


def category_id(category: Array) -> Array:
    """Return ids with gaps, as COCO's; the unknown category gets one that is not declared."""
    return np.where(category < CATEGORIES, category + 1 + category // 9, UNKNOWN)


def category_name(category: int) -> str:
    return f"class_{category:02}"


class Numbers:
    """Writes arrays of hundredths as text, `12.3` for 1230, by looking whole numbers up in a table of texts."""

    def __init__(self, largest: int) -> None:
        texts = [repr(k / 100).encode() for k in range(largest + 1)]
        self.table = np.array(texts, dtype="S7").view(np.uint8).reshape(-1, 7)

    def lists(self, values: Array, ends: Array, after: Iterable[bytes]) -> bytes:
        """Return the numbers joined by commas, but the one before each of `ends` followed by the text in `after`."""
        follow = np.full(len(values), b",", dtype="S4")
        follow[ends - 1] = list(after)
        text = np.concatenate([self.table[values], follow.view(np.uint8).reshape(-1, 4)], axis=1).ravel()
        joined: bytes = text[text != 0].tobytes()
        return joined


def write_coco(drawn: Drawn, path: Path, boxes_only: bool = False, seed: int = 1) -> None:
    """Write one COCO file, laid out as the official ones: no line breaks, annotations in no order."""
    numbers = Numbers(64_000)
    with path.open("wb") as file:
        file.write(
            b'{"info": {"description": "synthetic, in the shape of train2017"}, "licenses": [],"images": ['
        )
        file.write(b",".join(image_records(drawn)))
        file.write(b'],"annotations": [')
        for number, first in enumerate(range(0, len(drawn.image), BLOCK)):
            rows = np.arange(first, min(first + BLOCK, len(drawn.image)))
            rng = np.random.default_rng((seed, number))
            segments, areas = (
                ([b"[]"] * len(rows), boxes_area(drawn, rows))
                if boxes_only
                else outlines(drawn, rows, numbers, rng)
            )
            file.write((b"," if first else b"") + b",".join(annotation_records(drawn, rows, segments, areas)))
        named = ",".join(
            f'{{"supercategory": "super_{k // 8}","id": {i},"name": "{category_name(k)}"}}'
            for k, i in enumerate(category_id(np.arange(CATEGORIES)).tolist())
        )
        file.write(f'],"categories": [{named}]}}'.encode())


def image_records(drawn: Drawn) -> Iterator[bytes]:
    for number, width, height in zip(
        drawn.image_id.tolist(), drawn.width.tolist(), drawn.height.tolist(), strict=True
    ):
        name = f"{number:012}.jpg"
        yield (
            f'{{"license": 3,"file_name": "{name}","coco_url": "http://images.example.org/train2017/{name}",'
            f'"height": {height},"width": {width},"date_captured": "2013-11-14 17:02:52",'
            f'"flickr_url": "http://farm9.example.org/8186/{number:010}_{number * 7919:014x}_z.jpg","id": {number}}}'
        ).encode()


def annotation_records(
    drawn: Drawn, rows: Array, segments: list[bytes], areas: list[float]
) -> Iterator[bytes]:
    images = drawn.image_id[drawn.image[rows]].tolist()
    categories = category_id(drawn.category[rows]).tolist()
    boxes = (drawn.box[rows] / 100).tolist()
    ids = (rows * 2 + 17).tolist()
    crowds = drawn.crowd[rows].astype(int).tolist()
    for segment, area, crowd, image, (x, y, w, h), category, number in zip(
        segments, areas, crowds, images, boxes, categories, ids, strict=True
    ):
        tail = f',"area": {area},"iscrowd": {crowd},"image_id": {image},"bbox": [{x},{y},{w},{h}],"category_id": {category},"id": {number}}}'
        yield b'{"segmentation": ' + segment + tail.encode()


def boxes_area(drawn: Drawn, rows: Array) -> list[float]:
    areas: list[float] = np.round(drawn.box[rows, 2] * drawn.box[rows, 3] / 1e4, 4).tolist()
    return areas


def outlines(
    drawn: Drawn, rows: Array, numbers: Numbers, rng: np.random.Generator
) -> tuple[list[bytes], list[float]]:
    """Return each annotation's segmentation as JSON text, and its area."""
    crowd = drawn.crowd[rows]
    rings = np.where(crowd, 0, rng.choice([1, 2, 3], len(rows), p=[0.89, 0.08, 0.03]))
    owner = np.repeat(np.arange(len(rows)), rings)
    points = np.clip(np.exp(rng.normal(2.95, 0.62, len(owner))), 3, 300).astype(np.int64)
    ends = np.cumsum(points)
    starts, of = ends - points, np.repeat(np.arange(len(owner)), points)
    angle = 2 * np.pi * (np.arange(ends[-1]) - starts[of] + 0.8 * rng.random(ends[-1])) / points[of]
    if not drawn.clean:
        crossing = rng.random(len(owner)) < 0.01
        angle = np.where(crossing[of], rng.random(len(angle)) * 2 * np.pi, angle)
    radius = 0.5 * (0.55 + 0.45 * rng.random(len(angle)))
    box = drawn.box[rows][owner][of]
    x = (box[:, 0] + box[:, 2] * (0.5 + radius * np.cos(angle))).astype(np.int64)
    y = (box[:, 1] + box[:, 3] * (0.5 + radius * np.sin(angle))).astype(np.int64)
    x, y = np.clip(x, 0, 64_000), np.clip(y, 0, 64_000)
    areas = np.round(np.bincount(owner, shoelaces(x / 100, y / 100, starts, ends), len(rows)), 4)
    flat = np.empty(2 * len(x), dtype=np.int64)
    flat[0::2], flat[1::2] = x, y
    last = np.append(owner[1:] != owner[:-1], True)
    text = numbers.lists(flat, 2 * ends, np.where(last, b"]]\n", b"],[").tolist())
    polygons = iter(text.split(b"\n"))
    segments = []
    for position, runs in enumerate(crowd.tolist()):
        if not runs:
            segments.append(b"[[" + next(polygons))
            continue
        image = drawn.image[rows[position]]
        text_of_runs, areas[position] = crowd_runs(int(drawn.height[image]), int(drawn.width[image]), rng)
        segments.append(text_of_runs)
    return segments, areas.tolist()


def shoelaces(x: Array, y: Array, starts: Array, ends: Array) -> Array:
    """Return the area of each ring; points of all rings in a row."""
    following = np.arange(1, len(x) + 1)
    following[ends - 1] = starts
    return np.abs(np.add.reduceat(x * y[following] - x[following] * y, starts)) / 2


def crowd_runs(height: int, width: int, rng: np.random.Generator) -> tuple[bytes, int]:
    cuts = np.sort(rng.choice(height * width, int(rng.integers(40, 600)), replace=False))
    runs = np.diff(np.concatenate([[0], cuts, [height * width]]))
    return f'{{"counts": {runs.tolist()},"size": [{height}, {width}]}}'.encode(), int(runs[1::2].sum())


def by_image(drawn: Drawn) -> Iterator[tuple[int, Array]]:
    """Yield each image's row and the rows of its annotations."""
    order = np.argsort(drawn.image, kind="stable")
    ends = np.cumsum(np.bincount(drawn.image, minlength=len(drawn.image_id)))
    yield from enumerate(np.split(order, ends[:-1]))


def write_voc(drawn: Drawn, folder: Path) -> None:
    """Write a devkit without image files: integer corners, 1-based and inclusive."""
    for name in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    first = drawn.box[:, :2] // 100 + 1
    corners = np.hstack([first, np.maximum(first, (drawn.box[:, :2] + drawn.box[:, 2:]) // 100)])
    stems = [f"{number:012}" for number in drawn.image_id.tolist()]
    for image, rows in by_image(drawn):
        objects = "".join(
            f"\t<object>\n\t\t<name>{category_name(category)}</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n"
            f"\t\t<difficult>0</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>{x1}</xmin>\n\t\t\t<ymin>{y1}</ymin>\n"
            f"\t\t\t<xmax>{x2}</xmax>\n\t\t\t<ymax>{y2}</ymax>\n\t\t</bndbox>\n\t</object>\n"
            for category, (x1, y1, x2, y2) in zip(
                drawn.category[rows].tolist(), corners[rows].tolist(), strict=True
            )
        )
        (folder / f"Annotations/{stems[image]}.xml").write_text(
            f"<annotation>\n\t<folder>VOC2012</folder>\n\t<filename>{stems[image]}.jpg</filename>\n"
            f"\t<size>\n\t\t<width>{drawn.width[image]}</width>\n\t\t<height>{drawn.height[image]}</height>\n"
            f"\t\t<depth>3</depth>\n\t</size>\n\t<segmented>0</segmented>\n{objects}</annotation>\n"
        )
    (folder / "ImageSets/Main/train.txt").write_text("\n".join([*stems, ""]))


def write_yolo(drawn: Drawn, folder: Path) -> None:
    """Write labels/train and data.yaml without image files: six decimals."""
    (folder / "labels/train").mkdir(parents=True, exist_ok=True)
    (folder / "images/train").mkdir(parents=True, exist_ok=True)
    frame = np.stack([drawn.width, drawn.height], 1)[drawn.image] * 100
    size = drawn.box[:, 2:] / frame
    fractions = np.hstack([drawn.box[:, :2] / frame + size / 2, size])
    for image, rows in by_image(drawn):
        lines = [
            f"{category} {cx:.6f} {cy:.6f} {w:.6f} {h:.6f}\n"
            for category, (cx, cy, w, h) in zip(
                drawn.category[rows].tolist(), fractions[rows].tolist(), strict=True
            )
        ]
        (folder / f"labels/train/{drawn.image_id[image]:012}.txt").write_text("".join(lines))
    names = ", ".join(category_name(k) for k in range(CATEGORIES))
    (folder / "data.yaml").write_text(
        f"train: images/train\nval: images/train\nnc: {CATEGORIES}\nnames: [{names}]\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("format", choices=["coco", "voc", "yolo"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--images", type=int, default=118_287)
    parser.add_argument("--boxes", action="store_true", help="coco: no polygons")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clean", action="store_true", help="no faults")
    args = parser.parse_args()
    drawn = draw(args.images, args.seed, args.clean)
    if args.format == "coco":
        write_coco(drawn, args.path, args.boxes, args.seed)
    elif args.format == "voc":
        write_voc(drawn, args.path)
    else:
        write_yolo(drawn, args.path)
    print(f"{args.path}: {len(drawn.image_id)} images, {len(drawn.image)} annotations")


if __name__ == "__main__":
    main()
