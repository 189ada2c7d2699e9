"""Writes pictures as Pascal VOC: 1-based inclusive corners, tabs, one element a line, as labelImg does."""

from collections.abc import Sequence
from typing import Any

from sample_data.maker.truth import Fruit, Picture

Record = dict[str, Any]


def document(picture: Picture) -> Record:
    """Return what one XML file says; objects are dicts whose missing keys are not written."""
    return {
        "folder": "JPEGImages",
        "filename": picture.name,
        "width": picture.width,
        "height": picture.height,
        "objects": [thing(fruit) for fruit in picture.fruits],
    }


def thing(fruit: Fruit) -> Record:
    x1, y1, x2, y2 = fruit.box
    return {
        "name": fruit.category,
        "pose": "Unspecified",
        "truncated": 0,
        "difficult": 0,
        "xmin": x1 + 1,
        "ymin": y1 + 1,
        "xmax": x2,
        "ymax": y2,
    }


def text(content: Record) -> str:
    """Return the XML text."""
    lines = [
        "<annotation>",
        f"\t<folder>{content['folder']}</folder>",
        f"\t<filename>{content['filename']}</filename>",
        "\t<source>",
        "\t\t<database>annotool sample data</database>",
        "\t</source>",
        "\t<size>",
        f"\t\t<width>{content['width']}</width>",
        f"\t\t<height>{content['height']}</height>",
        "\t\t<depth>3</depth>",
        "\t</size>",
        "\t<segmented>0</segmented>",
    ]
    for record in content["objects"]:
        lines += object_lines(record)
    return "\n".join([*lines, "</annotation>", ""])


def object_lines(record: Record) -> list[str]:
    fields = [key for key in ("name", "pose", "truncated", "difficult") if key in record]
    corners = [key for key in ("xmin", "ymin", "xmax", "ymax") if key in record]
    return [
        "\t<object>",
        *(f"\t\t<{key}>{record[key]}</{key}>" for key in fields),
        "\t\t<bndbox>",
        *(f"\t\t\t<{key}>{record[key]}</{key}>" for key in corners),
        "\t\t</bndbox>",
        "\t</object>",
    ]


def line_of(content: Record, index: int) -> int:
    """Return the line, from 1, of an object in `text(content)`."""
    return 13 + sum(len(object_lines(record)) for record in content["objects"][:index])


def image_sets(pictures: Sequence[Picture]) -> dict[str, list[str]]:
    """Return the stems in each list of ImageSets/Main; trainval is all of them."""
    sets: dict[str, list[str]] = {}
    for picture in pictures:
        sets.setdefault(picture.split, []).append(picture.name.rsplit(".", 1)[0])
    if len(sets) > 1:
        sets["trainval"] = [stem for stems in list(sets.values()) for stem in stems]
    return sets
