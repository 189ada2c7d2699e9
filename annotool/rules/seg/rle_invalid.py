"""SEG006."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry import rle
from annotool.rules.base import AnnotationRule, Edits, Findings, Fix, Op, Severity, found, mendable, together
from annotool.rules.targets import misreads, worded_as


class RleInvalid(AnnotationRule):
    """A mask of runs is none, is empty, or is not of its image's size.

    What: counts that are neither a compressed text nor a list of runs of 0 and more; runs that do not add up to height
    times width; a size that is not [height, width] of the image; a mask without a pixel.

    Why: pycocotools trusts what it is given: runs beyond the size write past the end of memory, a list it cannot
    read ends the process (cocodataset/cocoapi#597, #657; cvat-ai/cvat#9460), masks of different sizes cannot be put
    together in a batch. An empty mask can be matched by nothing; detectron2 and mmdetection drop it.

    Bad: `"segmentation": {"size": [480, 640], "counts": "b'Pb93'"}`, a bytes object of Python written as it is shown.

    Good: `"segmentation": {"size": [480, 640], "counts": "Pb93"}`.

    Fix: safe where the same runs are written in a way that cannot be read: shown bytes, numbers as texts or with a point.
    Unsafe: width and height change places where the image says so; an empty mask goes with its annotation.

    Source: cocodataset/cocoapi#597, #657; cvat-ai/cvat#9460; talmolab/sleap-io#487; common/maskApi.c of cocoapi.
    Of the consumers: pycocotools 2.0.11 mask.iou.
    """

    code = "SEG006"
    slug = "rle-invalid"
    severities = (Severity.ERROR,)
    fixes = (Fix.SAFE, Fix.UNSAFE)
    formats = ("coco",)
    silenced_by = ("SCH002", "SCH004", "IMG003")
    verdict = ("1 mask of runs cannot be used", "{n} masks of runs cannot be used")
    targets = (
        misreads(
            "coco-eval",
            "counts it as missed where masks are evaluated: no detection can match it",
            when=worded_as("the mask"),
        ),
    )

    def check(self, data: Dataset) -> Findings:
        masks, table = data.masks, data.table("annotations")
        width, height = (data.image_values(side)[masks["row"]] for side in ("width", "height"))
        known = (width > 0) & (height > 0)
        sound = masks["sound"]
        other = sound & known & ((masks["width"] != width) | (masks["height"] != height))
        swapped = other & (masks["width"] == height) & (masks["height"] == width)
        empty = sound & (masks["area"] == 0)
        rows = masks["row"][~sound]
        held = [segmentation(data, row) for row in rows.tolist()]
        why = [reason(each) for each in held]
        safe = np.array([bool(lossless(each)) for each in held], dtype=bool)
        size = {side: masks[side][other] for side in ("height", "width")}
        image = {"image_height": height[other], "image_width": width[other]}
        return together(
            [
                found(self, "no mask: {why}", table, take=rows, fix=np.where(safe, Fix.SAFE, Fix.NONE), values={"why": why}),
                found(self, "the mask is {height} x {width} (height x width), its image {image_height:g} x {image_width:g}",
                      table, take=masks["row"][other], fix=np.where(swapped[other] & ~empty[other], Fix.UNSAFE, Fix.NONE),
                      values=size | image),
                found(self, "the mask has no pixel", table, take=masks["row"][empty & ~other], fix=Fix.UNSAFE),
            ]
        )  # fmt: skip

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings)
        empty = np.isin(keys, data.masks["row"][data.masks["area"] == 0])
        named = [segmentation(data, row) for row in keys.tolist()]
        new = [lossless(each) or turned(each) for each in named]
        shared: dict[str, Any] = {"table": "annotations", "rule": self.code}
        drops: dict[str, Any] = {"row": keys[empty], "finding": finding[empty], "safe": safe[empty]}
        sets: dict[str, Any] = {"row": keys[~empty], "finding": finding[~empty], "safe": safe[~empty]}
        written = [each for each, gone in zip(new, empty.tolist(), strict=True) if not gone]
        return Edits.concat(
            [
                Edits.make(int(empty.sum()), op=Op.DROP, **drops, **shared),
                Edits.make(len(written), column="segmentation", new=written, **sets, **shared),
            ]
        )


def segmentation(data: Dataset, row: int) -> Any:
    """The value of an annotation's segmentation; None where its text cannot be read."""
    table = data.table("annotations")
    text = data.source_bytes(int(table["source"][row]))[
        int(table["seg_start"][row]) : int(table["seg_end"][row])
    ]
    try:
        return json.loads(bytes(text))
    except (ValueError, RecursionError):
        return None


def reason(value: Any) -> str:
    """Why a segmentation that cannot be used is no mask."""
    if not isinstance(value, Mapping):
        return "its text cannot be read"
    return rle.why_invalid(value.get("counts"), value.get("size")) or "its text cannot be read"


def lossless(value: Any) -> dict[str, Any]:
    """The same mask as it should be written, empty where there is none: shown bytes and numbers of another type."""
    if not isinstance(value, Mapping) or not rle.why_invalid(value.get("counts"), value.get("size")):
        return {}
    counts, size = value.get("counts"), whole(value.get("size"))
    if isinstance(counts, str) and counts[:2] in ("b'", 'b"'):
        counts = shown(counts)
    elif isinstance(counts, list):
        counts = whole(counts)
    new = {"counts": counts, "size": size}
    return {} if rle.why_invalid(counts, size) else new


def shown(text: str) -> Any:
    """The text in bytes as Python shows them, `b'...'`; the text itself where it is not that."""
    try:
        value = ast.literal_eval(text) if len(text) < 1 << 20 else text
        return value.decode("ascii") if isinstance(value, bytes) else text
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def whole(values: Any) -> Any:
    """A list of numbers as integers, where all are ones or spell ones; else the list itself."""
    if not isinstance(values, list):
        return values
    try:
        numbers = [
            float(each)
            for each in values
            if isinstance(each, int | float | str) and not isinstance(each, bool)
        ]
        same = len(numbers) == len(values) and all(
            each.is_integer() and abs(each) < 2**53 for each in numbers
        )
        return [int(each) for each in numbers] if same else values
    except (ValueError, OverflowError):
        return values


def turned(value: Mapping[str, Any]) -> dict[str, Any]:
    """The mask with width and height of its size in each other's place."""
    return {"counts": value["counts"], "size": list(value["size"])[::-1]}
