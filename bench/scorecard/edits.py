"""Changes to documents that read the same in every format: a fault planted through these needs one text for all."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Sequence

from bench.scorecard import documents
from bench.scorecard.documents import Coco, Dataset, Element, Record, Voc, Yolo
from bench.scorecard.plans import Place, element, record, row, set_row
from bench.scorecard.world import CLASSES, HEIGHT, WIDTH, Thing, outline

Box = tuple[float, float, float, float]


def own(name: str) -> str:
    """A file's name without its folders, which tell the split in YOLO."""
    return name.rpartition("/")[2]


def named_in(*splits: str) -> Callable[[Dataset, str], bool]:
    """A test for images of these splits, for `can`."""
    return lambda made, name: own(name).startswith(splits)


def stem(name: str) -> str:
    return name.rpartition(".")[0]


def objects(made: Dataset, image: str) -> list[Place]:
    """The annotations of an image."""
    if isinstance(made, Voc):
        return [(stem(image), at) for at in range(len(made.documents[stem(image)].findall("object")))]
    if isinstance(made, Yolo):
        return [(stem(image), at) for at in range(len(made.labels[stem(image)]))]
    split, number = coco_image(made, image)
    listed = made.documents[split]["annotations"]
    return [(split, at) for at, each in enumerate(listed) if each["image_id"] == number]


def free_id(listed: Sequence[Record]) -> int:
    """An id that no annotation bears."""
    return 1 + max(int(each["id"]) for each in listed)


def image_of(made: Dataset, place: Place) -> str:
    """The image of an annotation, as `images` calls it."""
    if not isinstance(made, Coco):
        return f"{place[0]}.jpg"
    number = record(made, place)["image_id"]
    return str(next(each["file_name"] for each in made.documents[place[0]]["images"] if each["id"] == number))


def coco_image(made: Coco, image: str) -> tuple[str, int]:
    """The split and the id of an image."""
    return next(
        (split, each["id"])
        for split, document in made.documents.items()
        for each in document["images"]
        if each["file_name"] == image
    )


def thing(name: str, box: Box, rng: random.Random) -> Thing:
    """An object of a class; its outline reaches all sides of the box."""
    return Thing(CLASSES.index(name) if name in CLASSES else 1, box, outline(box, rng))  # type: ignore[arg-type]


def add(made: Dataset, image: str, name: str, box: Box, rng: random.Random) -> Place:
    """Write one more annotation of an image, last of its file; return where."""
    if isinstance(made, Voc):
        made.documents[stem(image)].append(documents.voc_object(name, box))  # type: ignore[arg-type]
        return objects(made, image)[-1]
    if isinstance(made, Yolo):
        made.labels[stem(image)].append(yolo_row(made, name, box, rng))
        return stem(image), len(made.labels[stem(image)]) - 1
    split, number = coco_image(made, image)
    listed = made.documents[split]["annotations"]
    made_new = documents.annotation(1, number, thing(name, box, rng))
    listed.append(made_new | {"id": free_id(listed)})
    return split, len(listed) - 1


def yolo_row(made: Yolo, name: str, box: Box, rng: random.Random) -> str:
    number = made.config["names"].index(name)
    return " ".join([str(number), *documents.yolo_row(thing(name, box, rng), made.task).split()[1:]])


def reshape(made: Dataset, place: Place, box: Box, rng: random.Random) -> None:
    """Give an annotation another box (whole pixels in VOC), and an outline and keypoints in it; it keeps its class."""
    name = class_of(made, place)
    if isinstance(made, Voc):
        old = element(made, place).find("bndbox")
        new = documents.voc_object(name, box).find("bndbox")  # type: ignore[arg-type]
        if old is not None and new is not None:
            old[:] = list(new)
    elif isinstance(made, Yolo):
        set_row(made, place, yolo_row(made, name, box, rng).split())
    else:
        found = record(made, place)
        new_one = documents.annotation(1, found["image_id"], thing(name, box, rng))
        found |= new_one | {"id": found["id"], "category_id": found["category_id"]}


def class_of(made: Dataset, place: Place) -> str:
    if isinstance(made, Voc):
        return element(made, place).findtext("name") or ""
    if isinstance(made, Yolo):
        return str(made.config["names"][int(row(made, place)[0])])
    listed = made.documents[place[0]]["categories"]
    return str(next(each["name"] for each in listed if each["id"] == record(made, place)["category_id"]))


def recast(made: Dataset, places: Iterable[Place], name: str) -> None:
    """Give annotations another class, declared before; keypoints, which COCO ties to the class, go."""
    for place in places:
        if isinstance(made, Voc):
            tag = element(made, place).find("name")
            if tag is not None:
                tag.text = name
        elif isinstance(made, Yolo):
            set_row(made, place, [made.config["names"].index(name), *row(made, place)[1:]])
        else:
            found, listed = record(made, place), made.documents[place[0]]["categories"]
            found["category_id"] = next(each["id"] for each in listed if each["name"] == name)
            found.pop("keypoints", None), found.pop("num_keypoints", None)


def declare(made: Dataset, name: str) -> None:
    """Put a class more on the list; VOC has none, a name in use is its class."""
    if isinstance(made, Yolo):
        made.config |= {"names": [*made.config["names"], name], "nc": made.config["nc"] + 1}
    elif isinstance(made, Coco):
        for document in made.documents.values():
            number = 1 + max(each["id"] for each in document["categories"])
            document["categories"].append({"id": number, "name": name, "supercategory": "thing"})


def list_classes(made: Voc, *more: str) -> None:
    """Give VOC a list of classes, all in use and more."""
    made.loose["labels.txt"] = "".join(f"{name}\n" for name in (*CLASSES, *more)).encode()


def clear(made: Dataset, images: Iterable[str]) -> None:
    """Leave images without an annotation."""
    for image in images:
        if isinstance(made, Voc):
            document = made.documents[stem(image)]
            for each in document.findall("object"):
                document.remove(each)
        elif isinstance(made, Yolo):
            made.labels[stem(image)].clear()
        else:
            split, number = coco_image(made, image)
            listed = made.documents[split]["annotations"]
            listed[:] = [each for each in listed if each["image_id"] != number]


def copy_labels(made: Dataset, image: str, to: str) -> None:
    """Give one image the annotations of another one of its split, and none but these."""
    clear(made, [to])
    if isinstance(made, Voc):
        made.documents[stem(to)].extend(copy.deepcopy(made.documents[stem(image)].findall("object")))
    elif isinstance(made, Yolo):
        made.labels[stem(to)] = list(made.labels[stem(image)])
    else:
        split, number = coco_image(made, to)
        listed = made.documents[split]["annotations"]
        for each in copy.deepcopy([record(made, place) for place in objects(made, image)]):
            listed.append(each | {"image_id": number, "id": free_id(listed)})


def rename(made: Dataset, image: str, new: str) -> None:
    """Call an image otherwise, in its folder, and all that speaks of it."""
    folder = image.removesuffix(own(image))
    made.images[folder + new] = made.images.pop(image)
    if isinstance(made, Voc):
        document = made.documents.pop(stem(image))
        made.documents[stem(new)] = renamed(document, new)
        for split, stems in made.sets.items():
            made.sets[split] = [stem(new) if each == stem(image) else each for each in stems]
    elif isinstance(made, Yolo):
        made.labels[folder + stem(new)] = made.labels.pop(stem(image))
    else:
        for listed in made.documents.values():
            for each in listed["images"]:
                if each["file_name"] == image:
                    each["file_name"] = new


def renamed(document: Element, name: str) -> Element:
    tag = document.find("filename")
    if tag is not None:
        tag.text = name
    return document


def grid(across: int, down: int) -> list[tuple[int, int, int, int]]:
    """Boxes side by side all over the image, so many across and down, a few pixels apart."""
    w, h = WIDTH // across, HEIGHT // down
    return [(x * w + 1, y * h + 1, w - 3, h - 3) for y in range(down) for x in range(across)]
