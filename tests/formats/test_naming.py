from __future__ import annotations

import pytest

from annotool.formats.naming import image_names, safe_part
from annotool.testing import tiny

NAMES = [
    ("a.jpg", "", "images", "images/a.jpg"),
    ("images/x/a.jpg", "", "images", "images/x/a.jpg"),
    ("train/a.jpg", "", "train", "train/a.jpg"),
    ("../../etc/a.jpg", "", "images", "images/a.jpg"),
    ("C:\\x\\a.jpg", "", "images", "images/a.jpg"),
    ("a", "/x/a.png", "", "a.png"),
    ("", "/x/b.png", "", "b.png"),
    ("a\nb.jpg", "", "", "a_b.jpg"),
]


@pytest.mark.parametrize(("name", "path", "folder", "expected"), NAMES)
def test_names(name: str, path: str, folder: str, expected: str) -> None:
    assert image_names(tiny(images=[{"file_name": name, "path": path}]), [folder]) == [expected]


def test_two_images_of_a_name_get_two_places() -> None:
    data = tiny(
        images=[
            {"file_name": "x/a.jpg", "path": "/1"},
            {"file_name": "y/A.jpg", "path": "/2"},
            {"file_name": "z/a.jpg", "path": "/1"},
        ]
    )
    assert image_names(data, ["c"] * 3, flat=True) == ["c/a.jpg", "c/A-1.jpg", "c/a.jpg"]


def test_a_part_holds_nothing_that_leads_elsewhere() -> None:
    assert [safe_part(each) for each in ("a/b", "..", ".", "\x07", "é" * 150)] == [
        "a_b",
        "__",
        "_",
        "_",
        "é" * 100,
    ]
