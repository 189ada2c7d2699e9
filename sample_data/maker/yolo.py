"""Writes pictures as YOLO, ultralytics' layout: images/SPLIT, labels/SPLIT, data.yaml. Six decimals, exact for our sizes."""

from sample_data.maker.truth import CATEGORIES, Fruit, Picture


def label_name(picture: Picture) -> str:
    """Return the path of the picture's label file."""
    return f"labels/{picture.split}/{picture.name.rsplit('.', 1)[0]}.txt"


def image_name(picture: Picture) -> str:
    """Return the path of the picture."""
    return f"images/{picture.split}/{picture.name}"


def rows(picture: Picture) -> list[str]:
    """Return the lines of the picture's label file."""
    return [row(picture, fruit) for fruit in picture.fruits]


def row(picture: Picture, fruit: Fruit, category: int | None = None) -> str:
    """Return `class cx cy w h`, in fractions."""
    x, y, w, h = fruit.xywh
    number = CATEGORIES.index(fruit.category) if category is None else category
    W, H = picture.width, picture.height
    return f"{number} {(x + w / 2) / W:.6f} {(y + h / 2) / H:.6f} {w / W:.6f} {h / H:.6f}"


def data_yaml(splits: tuple[str, ...] = ("train", "val"), names: tuple[str, ...] = CATEGORIES) -> str:
    """Return data.yaml; paths are relative to the file itself."""
    lines = [f"{split}: images/{split}" for split in splits]
    return "\n".join([*lines, f"nc: {len(names)}", f"names: [{', '.join(names)}]", ""])
