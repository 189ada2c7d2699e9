"""sample_data/faulty/cases/<CODE>: faults that need a dataset of their own. Each is ten small pictures and one fault."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sample_data.maker import coco, voc, yolo
from sample_data.maker.coco import Document
from sample_data.maker.plant import Finding
from sample_data.maker.truth import Picture, crowded_pictures, small_pictures

Files = dict[str, bytes]
Painted = Callable[[Sequence[Picture]], Files]
Case = tuple[Files, list[Finding]]
Maker = Callable[[str, Painted], Case]  # the dataset's name, what paints pictures -> its files and findings

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"5a" * 32 + b"\nsize 20480\n"


def both_splits(count: int = 10) -> list[Picture]:
    """Return small pictures, so many to train on and four to validate with."""
    return [*small_pictures(count), *small_pictures(4, split="val", first=count + 1)]


def apples(pictures: Sequence[Picture]) -> dict[str, Document]:
    """Return COCO documents that know apples only."""
    documents = coco.documents(pictures)
    for content in documents.values():
        content["categories"] = content["categories"][:1]
    return documents


def as_coco(documents: Mapping[str, Document], images: Files) -> Files:
    texts = {
        f"annotations/instances_{split}.json": coco.text(each).encode() for split, each in documents.items()
    }
    return texts | {f"images/{name}": data for name, data in images.items()}


def as_yolo(pictures: Sequence[Picture], images: Files, folder: str = "images") -> Files:
    labels = {yolo.label_name(p): "".join(f"{row}\n" for row in yolo.rows(p)).encode() for p in pictures}
    splits = tuple(dict.fromkeys(p.split for p in pictures))
    text = yolo.data_yaml(splits, names=("apple",)).replace("images/", f"{folder}/")
    return (
        {f"{folder}/{p.split}/{p.name}": images[p.name] for p in pictures}
        | labels
        | {"data.yaml": text.encode()}
    )


def truncated_json(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures(11)
    files = as_coco(apples(pictures), painted(pictures))
    name = "annotations/instances_train.json"
    start = files[name].index(b'{"id": 11, "image_id"')
    files[name] = files[name][: start + 60]
    last = files[name].count(b"\n") + 1
    return files, [Finding(dataset, "SCH001", "error", "none", name, last, "/annotations/10")]


def no_eval_fields(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures()
    documents = apples(pictures)
    for record in documents["train"]["annotations"]:
        del record["iscrowd"]
    return as_coco(documents, painted(pictures)), [
        Finding(dataset, "SCH003", "warning", "safe", "annotations/instances_train.json")
    ]


def duplicate_image_id(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures(11)
    documents = apples(pictures)
    content = documents["train"]
    content["images"][10]["id"] = 1
    content["annotations"][10]["image_id"] = 1
    place: dict[str, Any] = {"line": coco.line_of(content, "images", 10), "pointer": "/images/10"}
    file = "annotations/instances_train.json"
    return as_coco(documents, painted(pictures)), [
        Finding(dataset, "SCH005", "error", "none", file, **place, image="apple_11.jpg", split="train")
    ]


def lfs_pointers(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures()
    images = dict.fromkeys(painted(pictures), POINTER)
    return as_coco(apples(pictures), images), [Finding(dataset, "SCH010", "error", "none", "images")]


def labels_missing(dataset: str, painted: Painted) -> Case:
    pictures = both_splits(12)
    files = as_yolo(pictures, painted(pictures))
    for picture in pictures[:2]:
        del files[yolo.label_name(picture)]
    return files, [Finding(dataset, "SCH012", "warning", "none", split="train")]


def path_outside(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures(11)
    documents = apples(pictures)
    content = documents["train"]
    content["images"][10]["file_name"] = "../../../../../etc/passwd"
    place: dict[str, Any] = {"line": coco.line_of(content, "images", 10), "pointer": "/images/10"}
    file, image = "annotations/instances_train.json", "../../../../../etc/passwd"
    images = painted(pictures)
    del images["apple_11.jpg"]
    return as_coco(documents, images), [
        Finding(dataset, "SCH013", "warning", "none", file, **place, image=image, split="train")
    ]


def yaml_of_another_machine(dataset: str, painted: Painted) -> Case:
    pictures = both_splits()
    files = as_yolo(pictures, painted(pictures))
    files["data.yaml"] = b"path: /home/someone/datasets/apples\n" + files["data.yaml"]
    return files, [Finding(dataset, "FMT004", "warning", "safe", "data.yaml", 1)]


def unmappable(dataset: str, painted: Painted) -> Case:
    pictures = both_splits()
    files = as_yolo(pictures, painted(pictures), folder="pictures")
    return files, [Finding(dataset, "FMT005", "error", "none", "data.yaml", line) for line in (1, 2)]


def zeros_beside_ones(dataset: str, painted: Painted) -> Case:
    pictures = crowded_pictures()
    documents = {p.name.removesuffix(".jpg"): voc.document(p) for p in pictures}
    fault = documents["apples_04"]["objects"][4]
    fault["xmin"] = 0
    files = {f"Annotations/{stem}.xml": voc.text(content).encode() for stem, content in documents.items()}
    files |= {f"JPEGImages/{name}": data for name, data in painted(pictures).items()}
    line = voc.line_of(documents["apples_04"], 4)
    place: dict[str, Any] = {
        "pointer": "/annotation/object[5]",
        "image": "apples_04.jpg",
        "category": "apple",
    }
    return files, [Finding(dataset, "FMT007", "error", "unsafe", "Annotations/apples_04.xml", line, **place)]


def corners_as_sizes(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures()
    documents = apples(pictures)
    for record in documents["train"]["annotations"]:
        x, y, w, h = record["bbox"]
        record["bbox"] = [x, y, x + w, y + h]
    return as_coco(documents, painted(pictures)), [
        Finding(dataset, "FMT010", "error", "unsafe", "annotations/instances_train.json")
    ]


def text_as_image(dataset: str, painted: Painted) -> Case:
    pictures = both_splits()
    images = painted(pictures)
    images["apple_03.jpg"] = b"<html><body>404 Not Found</body></html>\n"
    files = as_yolo(pictures, images)
    name = "images/train/apple_03.jpg"
    return files, [Finding(dataset, "IMG001", "error", "none", image=name, split="train")]


def both_frames(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures()
    turned = [replace(p, name=p.name.replace(".jpg", ".6.jpg")) for p in pictures[:2]]
    pictures = [*turned, *pictures[2:]]
    documents = apples(pictures)
    # Both files carry orientation 6; the first is declared as stored, the second as it is shown.
    second = documents["train"]["images"][1]
    second["width"], second["height"] = second["height"], second["width"]
    x, y, w, h = documents["train"]["annotations"][1]["bbox"]
    shown = [50 - y - h, x, h, w]
    outline = documents["train"]["annotations"][1]["segmentation"][0]
    ring = [n for at in range(0, len(outline), 2) for n in (round(50 - outline[at + 1], 2), outline[at])]
    documents["train"]["annotations"][1].update(bbox=shown, segmentation=[ring])
    return as_coco(documents, painted(pictures)), [Finding(dataset, "IMG004", "error", "none")]


def swapped_categories(dataset: str, painted: Painted) -> Case:
    pictures = [*small_pictures(10), *small_pictures(10, split="val", first=11)]
    documents = coco.documents(pictures)
    train, val = documents["train"], documents["val"]
    train["categories"] = [{"id": 1, "name": "apple"}, {"id": 2, "name": "pear"}]
    val["categories"] = [{"id": 1, "name": "pear"}, {"id": 2, "name": "apple"}]
    for number, record in enumerate([*train["annotations"], *val["annotations"]]):
        record["category_id"] = number % 2 + 1
    return as_coco(documents, painted(pictures)), [
        Finding(dataset, "CLS006", "error", "unsafe", "annotations/instances_val.json")
    ]


def same_folder_twice(dataset: str, painted: Painted) -> Case:
    pictures = small_pictures()
    files = as_yolo(pictures, painted(pictures))
    files["data.yaml"] = files["data.yaml"].replace(b"nc:", b"val: images/train\nnc:")
    return files, [Finding(dataset, "SPL001", "error", "none", "data.yaml", 2, split="val")]


CASES: dict[str, Maker] = {
    "SCH001": truncated_json,
    "SCH003": no_eval_fields,
    "SCH005": duplicate_image_id,
    "SCH010": lfs_pointers,
    "SCH012": labels_missing,
    "SCH013": path_outside,
    "FMT004": yaml_of_another_machine,
    "FMT005": unmappable,
    "FMT007": zeros_beside_ones,
    "FMT010": corners_as_sizes,
    "IMG001": text_as_image,
    "IMG004": both_frames,
    "CLS006": swapped_categories,
    "SPL001": same_folder_twice,
}
