"""Faults of image files."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from PIL import Image, ImageFilter

from bench.scorecard.documents import Coco, Dataset, Voc
from bench.scorecard.edits import copy_labels, named_in, objects, own
from bench.scorecard.plans import ALL, fault
from bench.scorecard.world import HEIGHT, WIDTH


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def names(chosen: list[str]) -> set[str]:
    return {own(name) for name in chosen}


def resaved(data: bytes) -> bytes:
    """The same picture, coarser."""
    return saved(opened(data), quality=50)


def changed(made: Dataset, chosen: list[str], change: Callable[[bytes], bytes]) -> set[str]:
    for name in chosen:
        made.images[name] = change(made.images[name])
    return names(chosen)


@fault("IMG001", *ALL, scope="image")
def no_image(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """a file that holds an error page, or nothing."""
    return changed(made, chosen, lambda data: rng.choice([b"", b"<html>404 Not Found</html>"]))


@fault("IMG002", *ALL, scope="image")
def cut(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """a JPEG cut in the middle."""
    return changed(made, chosen, lambda data: data[: len(data) * 6 // 10])


@fault("IMG003", "coco", scope="image")
def declared_larger(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """a declared width 40 px larger than the file's."""
    for document in made.documents.values():
        for image in document["images"]:
            if image["file_name"] in chosen:
                image["width"] += 40
    return set(chosen)


@fault("IMG003", "voc", scope="image")
def declared_larger_voc(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """a declared width 40 px larger than the file's."""
    for name in chosen:
        width = made.documents[name.removesuffix(".jpg")].find("size/width")
        if width is not None:
            width.text = str(WIDTH + 40)
    return set(chosen)


@fault("IMG004", *ALL, scope="dataset")
def turned(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """images whose EXIF block turns them by 90 degrees."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in rng.sample(sorted(made.images), 5):
        made.images[name] = saved(opened(made.images[name]), exif=exif)
    return set()


@fault("IMG005", *ALL, scope="image")
def png_called_jpg(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """a PNG called .jpg."""
    return changed(made, chosen, lambda data: saved(opened(data), "PNG"))


@fault("IMG006", *ALL, scope="image")
def tiny(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of 9 x 6 px."""
    return changed(made, chosen, lambda data: saved(opened(data).resize((9, 6))))


@fault("IMG007", *ALL, scope="image", most=0.04)
def grey(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image without colour among coloured ones."""
    return changed(made, chosen, lambda data: saved(opened(data).convert("L")))


def twins(made: Dataset, chosen: list[str], rng: random.Random) -> list[tuple[str, str]]:
    """Each chosen image with another one of train, none of which is chosen."""
    others = [name for name in sorted(made.images) if own(name).startswith("train_") and name not in chosen]
    return list(zip(chosen, rng.sample(others, len(chosen)), strict=True))


@fault("IMG008", *ALL, scope="image", can=named_in("train_"))
def same_bytes(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image with the very bytes of another one of its split."""
    pairs = twins(made, chosen, rng)
    made.images |= {name: made.images[twin] for name, twin in pairs}
    return names([max(pair) for pair in pairs])


@fault("IMG009", *ALL, scope="image", decode=True, can=named_in("train_"))
def nearly_same(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image that is another one of its split, saved coarser."""
    pairs = twins(made, chosen, rng)
    made.images |= {name: resaved(made.images[twin]) for name, twin in pairs}
    return names([max(pair) for pair in pairs])


@fault("IMG010", *ALL, scope="image", decode=True)
def dark(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image nearly black, or nearly white."""
    low, high = (lambda value: value // 16), (lambda value: 255 - value // 40)
    return changed(made, chosen, lambda data: saved(opened(data).point(rng.choice([low, high]))))


@fault("IMG011", *ALL, scope="image", decode=True)
def blurred(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image out of focus, or of one colour."""

    def spoilt(data: bytes) -> bytes:
        if rng.random() < 0.5:
            return saved(Image.new("RGB", (WIDTH, HEIGHT), (90, 120, 150)))
        return saved(opened(data).filter(ImageFilter.GaussianBlur(24)))

    return changed(made, chosen, spoilt)


@fault("IMG012", *ALL, scope="image", can=lambda made, name: not objects(made, name))
def strip(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image ten times as wide as high."""
    return changed(made, chosen, lambda data: saved(opened(data).resize((900, 90))))


@fault("IMG008", *ALL, scope="image", can=named_in("train_"))
def same_bytes_and_labels(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image with the very bytes, and the labels, of another one of its split."""
    pairs = twins(made, chosen, rng)
    for name, twin in pairs:
        made.images[name] = made.images[twin]
        copy_labels(made, twin, name)
    return names([max(pair) for pair in pairs])
