from typing import Any

import pytest

from annotool.formats.coco.file_names import file_names
from annotool.testing import tiny


def test_names_of_equal_files_differ() -> None:
    def names(*rows: dict[str, Any], form: str = "yolo") -> list[str]:
        return file_names(
            tiny(list(rows), splits={"train": [0], "val": list(range(1, len(rows)))}, format_name=form)
        )

    a = {"file_name": "a.jpg", "path": "/x/train/a.jpg"}
    assert names(a, {"file_name": "a.jpg", "path": "/x/val/a.jpg"}) == ["a.jpg", "val/a.jpg"]
    assert names(a, {"file_name": "A.JPG", "path": "/y/A.JPG"}, {"file_name": "a.jpg", "path": "/z/a.jpg"}) == [
        "a.jpg", "val/A.JPG", "a-2.jpg"
    ]  # fmt: skip
    assert names(a, a) == ["a.jpg", "a.jpg"]
    assert names({"file_name": "x/a.jpg"}, {"file_name": "x/a.png"}) == ["x/a.jpg", "x/a.png"]
    assert names({"file_name": "images/train/a.jpg"}) == ["train/a.jpg"]
    assert names({"file_name": "images/train/a.jpg"}, form="coco") == ["images/train/a.jpg"]


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("../../etc/passwd", "", "passwd"),
        ("/data/x/a.jpg", "", "a.jpg"),
        ("C:\\data\\a.jpg", "", "a.jpg"),
        ("sub\\a.jpg", "", "sub/a.jpg"),
        ("./a.jpg", "", "a.jpg"),
        ("a\x00\n.jpg", "", "a__.jpg"),
        ("..", "", "image"),
        ("", "/x/b.png", "b.png"),
        ("Дом 1.2.jpg", "", "Дом 1.2.jpg"),
        ("x" * 300 + ".jpg", "", "x" * 196 + ".jpg"),
    ],
)
def test_names_never_lead_out(name: str, path: str, expected: str) -> None:
    assert file_names(tiny([{"file_name": name, "path": path}])) == [expected]
