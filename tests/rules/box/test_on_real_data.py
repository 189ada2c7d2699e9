"""What the rules on boxes, outlines and duplicates find in data that people annotated."""

from pathlib import Path

import pytest

from annotool import formats
from annotool.dataset import Dataset
from annotool.engine import run
from annotool.findings import Findings
from annotool.formats.base import ReadOptions
from annotool.rules import registry

FAMILIES = ("BOX", "DUP", "SEG")


def audited(path: Path, format_name: str) -> tuple[Dataset, Findings]:
    data = formats.read([path], ReadOptions(format=format_name))
    rules = {code: rule() for code, rule in registry().items()}
    return data, run(
        data, rules, [code for code in rules if code.startswith(FAMILIES) and not rules[code].preview], {}
    )


@pytest.mark.parametrize(
    ("folder", "format_name", "counts"),
    [
        # Two clicks; seven cells outlined twice; cells of another size than their category.
        ("bccd_voc/BCCD", "voc", {"BOX001": 2, "BOX007": 3, "DUP002": 7}),
        ("raccoon_voc", "voc", {}),
        (
            "taco",
            "coco",
            {
                "BOX002": 1,
                "BOX003": 1,
                "BOX004": 1,
                "BOX005": 1,
                "BOX007": 4,
                "DUP003": 1,
                "SEG002": 84,
                "SEG003": 6,
            },
        ),
        # 22 slivers under a pixel and 14 under three; the share at training size
        ("applebbch81", "coco", {"BOX003": 23, "BOX004": 14, "BOX007": 1}),
        ("applebbch81", "yolo", {"BOX003": 2, "BOX004": 2}),  # of 20 images alone the size is known
        ("okra_yolo/valid", "yolo", {"BOX003": 1, "BOX007": 2}),
    ],
)
def test_counts(real_data: Path, folder: str, format_name: str, counts: dict[str, int]) -> None:
    assert audited(real_data / folder, format_name)[1].counts() == counts


def test_taco_names_the_boxes_that_leave_their_image(real_data: Path) -> None:
    data, found = audited(real_data / "taco", "coco")
    ids = data.table("annotations")["id"][found.of("BOX002", "SEG003").column("annotation")]
    assert set(ids.tolist()) == {371, 387, 707, 859, 1621, 1777, 2186}
    (conflict,) = found.of("DUP003").blocks
    assert {conflict.values["category"][0], conflict.values["partner_category"][0]} == {
        "Disposable food container",
        "Plastic lid",
    }


@pytest.mark.parametrize(("folder", "format_name"), [("coco", "coco"), ("voc", "voc"), ("yolo", "yolo")])
def test_clean_samples_are_quiet(sample_data: Path, folder: str, format_name: str) -> None:
    assert audited(sample_data / folder, format_name)[1].counts() == {}


def test_a_zero_among_ones_is_a_fault_of_the_base_not_of_the_box(sample_data: Path) -> None:
    assert audited(sample_data / "faulty/cases/FMT007", "voc")[1].counts() == {}
