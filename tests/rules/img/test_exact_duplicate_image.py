from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annotool.findings import Fix
from annotool.rules.img.exact_duplicate_image import ExactDuplicateImage
from annotool.testing import check_rule, tiny

FIRST = {"image": 0, "box": (10, 10, 100, 50)}


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, str]]:
    """a, its copy b, c of the same bytes in number, d with the pixels of a in another file, e empty."""
    Image.new("RGB", (30, 20), (1, 2, 3)).save(tmp_path / "a.bmp")
    (tmp_path / "b.bmp").write_bytes((tmp_path / "a.bmp").read_bytes())
    Image.new("RGB", (30, 20), (3, 2, 1)).save(tmp_path / "c.bmp")
    Image.new("RGB", (30, 20), (1, 2, 3)).save(tmp_path / "d.png")
    (tmp_path / "e.bmp").write_bytes(b"")
    return [{"path": str(path), "file_name": path.name} for path in sorted(tmp_path.iterdir())]


def test_copies(rows: list[dict[str, str]]) -> None:
    boxes: list[dict[str, Any]] = [FIRST, {**FIRST, "image": 1}, {**FIRST, "image": 2}]
    alone = tiny([rows[0], *rows[2:]], boxes)
    same = "has the same bytes as a.bmp, and the same 1 annotations"
    check_rule(
        ExactDuplicateImage,
        valid=[
            tiny(),
            alone,
            tiny(rows, splits={"train": [0, 2, 3, 4], "val": [1]}),  # SPL001's
            tiny(rows, images_checked="none"),
            tiny([rows[0], rows[0]]),  # one file named twice is SCH005's
        ],
        invalid=[
            (tiny(rows, boxes), [{"image": 1, "message": same, "fix": Fix.UNSAFE, "line": 2}]),
            (tiny(rows, boxes, splits={"val": [0, 1, 2]}), [1]),
            (
                tiny(rows, boxes, images_checked="decode"),
                [
                    {"image": 1, "values": {"same_annotations": True}},
                    {"image": 3, "fix": Fix.NONE, "message":
                     "has the same pixels as a.bmp, but other annotations: 0 here, 1 there"},
                ],
            ),
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "differs"),
    [
        ([{**FIRST, "image": 1}], False),
        ([{**FIRST, "image": 1, "box": (10.001, 10, 100, 50)}], False),
        ([{**FIRST, "image": 1, "box": (11, 10, 100, 50)}], True),
        ([{**FIRST, "image": 1, "box": (10, 10, 50, 100)}], True),
        ([{**FIRST, "image": 1, "category": 1}], True),
        ([{**FIRST, "image": 1}, {**FIRST, "image": 1}], True),
        ([], True),
    ],
)
def test_labels_of_the_two_are_compared(
    rows: list[dict[str, str]], more: list[dict[str, Any]], differs: bool
) -> None:
    fix = Fix.NONE if differs else Fix.UNSAFE
    check_rule(ExactDuplicateImage, invalid=[(tiny(rows[:2], [FIRST, *more]), [{"image": 1, "fix": fix}])])


def test_the_order_of_annotations_does_not_matter(rows: list[dict[str, str]]) -> None:
    other = {**FIRST, "box": (40, 50, 60, 70), "category": 1}
    notes = [FIRST, other, {**other, "image": 1}, {**FIRST, "image": 1}]
    check_rule(ExactDuplicateImage, invalid=[(tiny(rows[:2], notes), [{"image": 1, "fix": Fix.UNSAFE}])])
