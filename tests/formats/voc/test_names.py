import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.formats.base import objects
from annotool.formats.voc.names import places, safe, split_name
from annotool.schema import make


def stems(*names: str) -> list[str]:
    data = Dataset(tables={"images": make("images", len(names), file_name=objects(names))})
    return [place.stem for place in places(data)]


@pytest.mark.parametrize(
    ("name", "path", "placed"),
    [
        ("a.jpg", "", ("a", ".jpg")),
        ("x/./y/a.b.JPG", "", ("x/y/a.b", ".JPG")),
        ("a", "/data/a.png", ("a", ".png")),
        ("v1.2", "/data/v1.2.png", ("v1.2", ".png")),
        ("../../etc/passwd", "", ("passwd", "")),
        ("/abs/a.png", "", ("a", ".png")),
        ("C:\\x\\a.png", "", ("a", ".png")),
        ("..", "", ("image", "")),
    ],
)
def test_names_become_paths_inside(name: str, path: str, placed: tuple[str, str]) -> None:
    assert split_name(name, path) == placed


def test_equal_stems_are_told_apart() -> None:
    assert stems("a.png", "a.jpg", "A.png", "x/a.png", "a_jpg.gif", "a-2.bmp") == [
        "a",
        "a-3",
        "A_png",
        "x/a",
        "a_jpg",
        "a-2",
    ]


def test_a_name_does_not_depend_on_what_comes_later() -> None:
    assert stems("b.png", "b.jpg")[:1] == stems("b.png")


@given(st.lists(st.text(max_size=20)))
def test_stems_are_distinct_safe_and_repeatable(names: list[str]) -> None:
    found = stems(*names)
    assert len({each.casefold() for each in found}) == len(names)
    assert found == stems(*names)
    for stem in found:
        parts = stem.split("/")
        assert not {"", ".", ".."} & set(parts)
        assert all(len(part.encode()) < 240 and part == part.strip() for part in parts)


@given(st.text())
def test_safe_names_stay_safe(name: str) -> None:
    assert safe(safe(name)) == safe(name)
