"""Writes pictures with labels: crops in class folders, a csv of what each picture shows, Hugging Face's metadata.jsonl."""

import json
from collections.abc import Sequence

from sample_data.maker import draw
from sample_data.maker.truth import Picture

Files = dict[str, bytes]

SPLITS = {"train": "train", "val": "validation"}  # as Hugging Face calls them


def crops(pictures: Sequence[Picture]) -> Files:
    """Return every fruit cut out, in folders SPLIT/CATEGORY."""
    files = {}
    for picture in pictures:
        image = draw.paint(picture)
        for at, fruit in enumerate(picture.fruits, 1):
            name = f"{picture.name.rsplit('.', 1)[0]}_{at}.jpg"
            files[f"{picture.split}/{fruit.category}/{name}"] = draw.encode(image.crop(fruit.box), name)
    return files


def sheet(pictures: Sequence[Picture]) -> bytes:
    """Return a csv of which fruits each picture shows: several labels in one cell; an empty one for none."""
    lines = ["file_name,labels,split"]
    for picture in pictures:
        shown = dict.fromkeys(fruit.category for fruit in picture.fruits)
        lines.append(f"images/{picture.name},{'|'.join(shown)},{picture.split}")
    return "".join(f"{line}\n" for line in lines).encode()


def metadata(pictures: Sequence[Picture], images: Files) -> Files:
    """Return the images in folders of their splits, and a metadata.jsonl with their boxes in each."""
    files: Files = {}
    for picture in pictures:
        folder = SPLITS[picture.split]
        objects = {
            "bbox": [list(fruit.xywh) for fruit in picture.fruits],
            "categories": [fruit.category for fruit in picture.fruits],
        }
        line = json.dumps({"file_name": picture.name, "objects": objects}).encode() + b"\n"
        name = f"{folder}/metadata.jsonl"
        files[name] = files.get(name, b"") + line
        files[f"{folder}/{picture.name}"] = images[picture.name]
    return files
