import numpy as np
import pytest

from annotool.imagefile.origins import COPY, EXPORT, PLAIN, origin, same_picture


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("a_jpg.rf.b71d20aac93e", ("a", EXPORT)),
        ("IMG-12_png.rf.0OaBcDeF12", ("IMG-12", EXPORT)),
        ("a.rf.b71d20aa", ("a", EXPORT)),
        ("a.rf", ("a.rf", PLAIN)),
        ("a_aug", ("a", COPY)),
        ("a-augmented-3", ("a", COPY)),
        ("a_august", ("a_august", PLAIN)),
        ("august", ("august", PLAIN)),
    ],
)
def test_origins(stem: str, expected: tuple[str, int]) -> None:
    assert origin(stem) == expected


def test_two_files_of_one_picture() -> None:
    names = np.array(["x/a_jpg.rf.0f3a9c1e.jpg", "a.jpg", "a.jpg", "a_aug1.png"], dtype=object)
    others = np.array(["a_jpg.rf.b71d20aa.jpg", "a_aug.jpg", "b/a.jpg", "b_aug1.png"], dtype=object)
    assert same_picture(names, others).tolist() == [True, True, False, False]
