import pytest

from annotool.wording import plural, printable

CASES = [
    (0, "image", "", "0 images"),
    (1, "image", "", "1 image"),
    (1200, "image", "", "1,200 images"),
    (1, "category", "", "1 category"),
    (2, "category", "", "2 categories"),
    (2, "key", "", "2 keys"),
    (2, "box", "", "2 boxes"),
    (2, "class", "", "2 classes"),
    (2, "match", "", "2 matches"),
    (1, "image has", "images have", "1 image has"),
    (2, "image has", "images have", "2 images have"),
]


@pytest.mark.parametrize(("count", "one", "more", "said"), CASES)
def test_plural(count: int, one: str, more: str, said: str) -> None:
    assert plural(count, one, more) == said


def test_printable() -> None:
    assert printable("a\x1b[31mb\nc\x00\u202e") == r"a\x1b[31mb\nc\x00\u202e"
    assert printable("Äpfel, 苹果 \U0001f34e") == "Äpfel, 苹果 \U0001f34e"
