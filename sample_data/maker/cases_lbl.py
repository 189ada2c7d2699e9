"""sample_data/faulty/cases/<CODE>: faults in labels of whole images. See cases.py."""

from typing import Any

from sample_data.maker.cases import Case, Files, Maker, Painted
from sample_data.maker.plant import Finding
from sample_data.maker.truth import small_pictures

CLASSES = ("bruised", "ripe", "unripe")


def folders(painted: Painted, train: int = 33, val: int = 9) -> Files:
    """Return small pictures in class folders, the same number in each."""
    images = painted([*small_pictures(train), *small_pictures(val, split="val", first=train + 1)])
    files = {}
    for at, (name, data) in enumerate(images.items()):
        files[f"{'train' if at < train else 'val'}/{CLASSES[at % len(CLASSES)]}/{name}"] = data
    return files


def two_labels(dataset: str, painted: Painted) -> Case:
    """A sheet of one label an image, but one."""
    images = painted(small_pictures(36))
    rows = [f"{name},{CLASSES[at % len(CLASSES)]}" for at, name in enumerate(images)]
    rows.append(
        f"{list(images)[4]},ripe" if CLASSES[4 % len(CLASSES)] != "ripe" else f"{list(images)[4]},unripe"
    )
    files = {"labels.csv": "".join(f"{line}\n" for line in ["file_name,label", *rows]).encode()}
    place: dict[str, Any] = {"line": len(rows) + 1, "image": list(images)[4], "category": "unripe"}
    finding = Finding(dataset, "LBL002", "error", "none", "labels.csv", **place)
    return files | {f"images/{name}": data for name, data in images.items()}, [finding]


def copied(dataset: str, painted: Painted) -> Case:
    """A picture lies in a second class folder too."""
    files = folders(painted)
    files["train/unripe/copy.jpg"] = files["train/bruised/apple_01.jpg"]
    place: dict[str, Any] = {"image": "train/unripe/copy.jpg", "category": "unripe", "split": "train"}
    return files, [Finding(dataset, "LBL003", "error", "none", "train/unripe", **place)]


def shifted(dataset: str, painted: Painted) -> Case:
    """Val has no folder for a class in the middle, so that the last one gets another number."""
    files = {path: data for path, data in folders(painted).items() if not path.startswith("val/ripe")}
    return files, [Finding(dataset, "LBL004", "error", "none")]


CASES: dict[str, Maker] = {"LBL002": two_labels, "LBL003": copied, "LBL004": shifted}
