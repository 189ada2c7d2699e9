"""What makes two findings the same one, in another format, another folder, another run."""

from __future__ import annotations

import re
from hashlib import blake2b

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.table import Array

__all__ = ["fingerprints", "image_names"]

FOLDERS = {"images", "jpegimages", "labels", "annotations", "img", "imgs", "obj_train_data", "data"}
SPLITS = {"train", "val", "valid", "validation", "test"}


def image_names(data: Dataset) -> Array:
    """Return each image's name without format folders, split and suffix (object array): equal over formats."""
    names = [plain(name) for name in data.table("images")["file_name"].tolist()]
    column = np.empty(len(names), dtype=object)
    column[:] = names
    return column


def plain(name: str) -> str:
    *folders, last = name.replace("\\", "/").split("/")
    kept = [part for part in folders if part.lower() not in FOLDERS and not is_split(part)]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    return "/".join([*(part for part in kept if part not in ("", ".", "..")), stem])


def is_split(part: str) -> bool:
    return re.sub(r"\d+$", "", part.lower()) in SPLITS


def fingerprints(data: Dataset, findings: Findings) -> Array:
    """Return one 16-digit hex text a finding, in block order (object array).

    A hash of the rule, the image's plain name, the category's name, the box at half a pixel (a ten-thousandth where
    only fractions are known), and the ordinal among findings that are equal in all these.
    """
    names = np.append(image_names(data), np.array([""], dtype=object))
    images = data.image_rows(findings.column("image"))
    categories = data.names_of(findings.column("category"))
    rules = findings.column("rule")
    geometry = places(data, findings.column("annotation"))
    seen: dict[tuple[str, str, str, str], int] = {}
    out = np.empty(len(rules), dtype=object)
    for at, key in enumerate(
        zip(rules.tolist(), names[images].tolist(), categories.tolist(), geometry, strict=True)
    ):
        ordinal = seen[key] = seen.get(key, -1) + 1
        text = "\0".join((*key, str(ordinal))).encode("utf-8", "surrogatepass")
        out[at] = blake2b(text, digest_size=8).hexdigest()
    return out


def places(data: Dataset, annotations: Array) -> list[str]:
    """Each annotation's box as text, rounded; empty for findings of no annotation."""
    keys = data.table("annotations")["annotation"]
    if not len(keys):
        return [""] * len(annotations)
    rows = np.where(annotations >= 0, np.searchsorted(keys, np.maximum(annotations, 0)), 0)
    step = np.where(data.boxes.fraction, 10_000.0, 2.0)[rows, None]
    with np.errstate(over="ignore"):
        boxes = np.rint(np.nan_to_num(data.boxes.xywh[rows] * step, nan=-1.0, posinf=-2.0, neginf=-3.0))
    boxes = boxes.clip(-(2.0**62), 2.0**62)
    texts = [" ".join(map(str, box)) for box in boxes.astype(np.int64).tolist()]
    return [text if key >= 0 else "" for text, key in zip(texts, annotations.tolist(), strict=True)]
