"""Truths of several formats with the same images, and what is told of predictions joined to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotool import api
from annotool.dataset import Dataset
from tests.formats.coco.build import annotation, category, document, image, put

NAMES = ("scan.v2", "b", "0007")


def coco(root: Path) -> Path:
    """Images 1, 2, 3 of 640 x 480, categories 1 cat, 2 dog."""
    images = [image(at + 1, file_name=f"{name}.jpg") for at, name in enumerate(NAMES)]
    truth = document(images, [annotation(1)], [category(1, "cat"), category(2, "dog")])
    return put(root / "coco", {"labels.json": truth})


def yolo(root: Path) -> Path:
    """The same as YOLO without images: classes 0 cat, 1 dog."""
    files = {f"labels/{name}.txt": "0 0.5 0.5 0.25 0.25\n1 0.25 0.25 0.125 0.125\n" for name in NAMES}
    return put(root / "yolo", {**files, "data.yaml": "names: [cat, dog]\ntrain: images\nval: images\n"})


def voc(root: Path) -> Path:
    """The same as VOC: cat and dog, which nobody declares."""
    thing = "<object><name>{}</name><bndbox><xmin>10</xmin><ymin>10</ymin><xmax>50</xmax><ymax>40</ymax></bndbox></object>"
    size = "<size><width>640</width><height>480</height><depth>3</depth></size>"
    text = f"<annotation><filename>{{}}.jpg</filename>{size}{thing.format('dog')}{thing.format('cat')}</annotation>"
    return put(root / "voc", {f"Annotations/{name}.xml": text.format(name) for name in NAMES})


def read(truth: Path, predictions: Path, **options: Any) -> Dataset:
    """Read a truth with predictions."""
    return api.read(truth, predictions=predictions, images="none", **options)


def told(data: Dataset) -> list[str]:
    """What PRD005 says."""
    return [part.text(row) for part in data.problems.of("PRD005").blocks for row in range(len(part))]


def whole(data: Dataset) -> bool:
    """Whether each record of the predictions stands in a table, or in a fault that says it does not."""
    sources = data.table("sources")
    own = sources["role"] == "predictions"
    mine = own[data.problems.column("source")] & (data.problems.column("source") >= 0)
    lost = int((~data.problems.column("kept")[mine]).sum())
    return int(sources["records"][own].sum()) == len(data.table("predictions")) + lost
