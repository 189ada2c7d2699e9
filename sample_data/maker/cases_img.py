"""sample_data/faulty/cases/<CODE>: faults in image files. See cases.py."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

from PIL import Image

from sample_data.maker import coco
from sample_data.maker.cases import Case, Files, Maker, Painted, apples, as_coco, both_splits
from sample_data.maker.plant import Finding
from sample_data.maker.truth import Picture, small_pictures

FILE = "annotations/instances_train.json"


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


def written(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def one_of_them(
    dataset: str, pictures: list[Picture], images: Files, rule: str, severity: str, fix: str = "none"
) -> Case:
    """Return a COCO dataset with one finding, on the record of its last image."""
    documents = apples(pictures)
    last = len(pictures) - 1
    line = coco.line_of(documents["train"], "images", last)
    place = {"image": pictures[last].name, "split": "train"}
    return as_coco(documents, images), [
        Finding(dataset, rule, severity, fix, FILE, line, f"/images/{last}", **place)
    ]


def changed(
    rule: str, severity: str, change: Callable[[Image.Image], bytes], count: int = 11, fix: str = "none"
) -> Maker:
    """Return the maker of a case whose last image file is what `change` makes of it."""

    def case(dataset: str, painted: Painted) -> Case:
        pictures = small_pictures(count)
        images = painted(pictures)
        images[pictures[-1].name] = change(opened(images[pictures[-1].name]))
        return one_of_them(dataset, pictures, images, rule, severity, fix)

    return case


def sized(rule: str, severity: str, width: int, height: int) -> Maker:
    """Return the maker of a case whose last image has nothing in it and this size."""

    def case(dataset: str, painted: Painted) -> Case:
        pictures = [*small_pictures(), Picture(11, "apple_11.jpg", "train", width, height, ())]
        return one_of_them(dataset, pictures, painted(pictures), rule, severity)

    return case


def twice(rule: str, fix: str, change: Callable[[bytes], bytes]) -> Maker:
    """Return the maker of a case whose last image and label are those of the third, the file changed."""

    def case(dataset: str, painted: Painted) -> Case:
        pictures = small_pictures()
        pictures.append(replace(pictures[2], number=11, name="apple_11.jpg"))
        images = painted(pictures[:-1])
        images["apple_11.jpg"] = change(images["apple_03.jpg"])
        return one_of_them(dataset, pictures, images, rule, "warning", fix)

    return case


def exported_twice(dataset: str, painted: Painted) -> Case:
    names = {
        "apple_01.jpg": "apple_01_jpg.rf.0f3a9c1e52.jpg",
        "apple_11.jpg": "apple_01_jpg.rf.b71d20aac9.jpg",
    }
    pictures = [replace(p, name=names.get(p.name, p.name)) for p in both_splits()]
    documents = apples(pictures)
    line = coco.line_of(documents["val"], "images", 0)
    place = {"image": names["apple_11.jpg"], "split": "val"}
    file = "annotations/instances_val.json"
    return as_coco(documents, painted(pictures)), [
        Finding(dataset, "SPL002", "warning", "none", file, line, "/images/0", **place)
    ]


CASES: dict[str, Maker] = {
    "IMG005": changed("IMG005", "warning", lambda image: written(image, "PNG"), fix="unsafe"),
    "IMG006": sized("IMG006", "warning", 12, 9),
    "IMG007": changed("IMG007", "info", lambda image: written(image.convert("L")), count=21),
    "IMG008": twice("IMG008", "unsafe", lambda data: data),
    "IMG009": twice("IMG009", "none", lambda data: written(opened(data), quality=50)),
    "IMG010": changed("IMG010", "info", lambda image: written(image.point(lambda level: level // 6))),
    "IMG011": changed("IMG011", "info", lambda image: written(Image.new("RGB", image.size, (120, 130, 140)))),
    "IMG012": sized("IMG012", "info", 160, 40),
    "SPL002": exported_twice,
}
