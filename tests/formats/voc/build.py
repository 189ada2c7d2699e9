"""Small VOC datasets for the tests of this folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotool.dataset import Dataset
from annotool.formats.base import ReadOptions
from annotool.formats.voc.read import read

# 1 x 1, black.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763606060000000040001273466640000000049454e44ae426082"
)


def box(*corners: Any, name: str = "cat", more: str = "", flags: str = "") -> str:
    """Return an object element; corners are xmin ymin xmax ymax."""
    tags = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    inside = "".join(f"\t\t\t<{tag}>{value}</{tag}>\n" for tag, value in tags)
    head = f"\t<object>\n\t\t<name>{name}</name>\n\t\t<pose>Unspecified</pose>\n{flags}"
    return f"{head}\t\t<bndbox>\n{inside}\t\t</bndbox>\n{more}\t</object>\n"


def xml(*objects: str, filename: str = "a.png", width: Any = 100, height: Any = 80, more: str = "") -> str:
    """Return a document."""
    size = f"\t<size>\n\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n\t\t<depth>3</depth>\n\t</size>\n"
    named = f"\t<filename>{filename}</filename>\n" if filename else ""
    return f"<annotation>\n{named}{size}{more}{''.join(objects)}</annotation>\n"


def put(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder, which is returned; text as UTF-8."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def load(root: Path, **options: Any) -> Dataset:
    """Read a VOC dataset."""
    return read(root, ReadOptions(**options))


def one(root: Path, document: str | bytes, **options: Any) -> Dataset:
    """Read a dataset of one xml, a.xml, beside its image."""
    return load(put(root, {"a.xml": document, "a.png": PNG}), **options)


def found(data: Dataset) -> list[tuple[str, str, bool]]:
    """Return each problem: rule, message, kept."""
    return [
        (part.rule, part.text(row), bool(part.columns["kept"][row]))
        for part in data.problems.blocks
        for row in range(len(part))
    ]


def xywh(data: Dataset) -> list[tuple[float, ...]]:
    """Return the boxes."""
    rows = data.table("annotations")
    return list(zip(*(rows[name].tolist() for name in "xywh"), strict=True))


def accounted(data: Dataset) -> bool:
    """Whether every record read stands in a table or in a problem."""
    lost = int((~data.problems.column("kept").astype(bool)).sum()) if len(data.problems) else 0
    return int(data.table("sources")["records"].sum()) == len(data.table("annotations")) + lost
