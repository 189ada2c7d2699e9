import pytest

from annotool.imagefile.suffix import alike, resuffixed


@pytest.mark.parametrize(
    ("name", "became"),
    [
        ("a.jpg", "a.png"),
        ("x/a.b.JPG", "x/a.b.PNG"),
        (r"x\a.Jpg", r"x\a.png"),
        ("a.jpeg", "a.jpeg"),
        ("jpg", "jpg"),
        ("", ""),
        ("a.jpg/b", "a.jpg/b"),
    ],
)
def test_another_suffix(name: str, became: str) -> None:
    assert resuffixed(name, "jpg", "png") == became


def test_what_names_a_file_follows_it() -> None:
    assert alike("./images/A.JPG", "images/A.JPG", "images/A.PNG") == "./images/A.PNG"
    assert alike("a", "a.jpg", "a.png") == "a", "it was named without its suffix"
    assert alike("", "a.jpg", "a.png") == ""
    assert alike("a.jpg", "a.jpg", "b.png") is alike("a", "a", "a.png") is None, (
        "more than the suffix changes"
    )
