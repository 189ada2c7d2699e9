from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool.config import Config
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.splitting.belonging import Belonging, belonging
from annotool.testing import tiny

RULES = Config().rules


def called(*names: str, **joined: list[str]) -> Dataset:
    data = tiny([{"file_name": name} for name in names])
    return replace(data, joined={name: np.array(column, dtype=object) for name, column in joined.items()})


def together(data: Dataset, *words: str) -> list[int]:
    return [*map(int, belonging(data, words, RULES).group)]


def test_without_a_word_each_file_is_alone() -> None:
    found = belonging(called("a.jpg", "b.jpg"), (), RULES)
    assert found.group.tolist() == [0, 1]
    assert found.names.tolist() == ["", ""]
    assert found.notes == ()


def test_two_records_of_one_file_belong_together() -> None:
    rows = [{"file_name": "a.jpg", "path": "/x/a.jpg"}, {"file_name": "b.jpg"}, {"file_name": "c.jpg"}]
    assert together(tiny([*rows, {**rows[0], "id": 9}])) == [0, 1, 2, 0]


def test_a_pattern_on_the_file_name() -> None:
    data = called("v1_0.jpg", "v2_0.jpg", "v1_1.jpg", "other.jpg", "another.jpg")
    found = belonging(data, [r"^(v\d+)_"], RULES)
    assert found.group.tolist() == [0, 1, 0, 2, 3]
    assert found.names.tolist() == ["v1", "", "v1", "", ""]
    assert found.notes == ("--group-by ^(v\\d+)_: of 5 images, 2 have no key; each is a group of its own",)


def test_a_joined_column() -> None:
    data = called("a.jpg", "b.jpg", "c.jpg", "d.jpg", patient=["p1", "", " p1 ", ""])
    assert together(data, "patient") == [0, 1, 0, 2]
    assert together(called("a.jpg", "b.jpg", duplicates=["x", "x"]), "duplicates") == [0, 0]


def test_several_words_join_what_any_of_them_joins() -> None:
    data = called("v1_0.jpg", "v2_0.jpg", "v1_1.jpg", "v3_0.jpg", camera=["a", "b", "b", ""])
    assert together(data, "camera", r"^(v\d+)") == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("patient", "a joined column (columns of --join: camera), or a regular expression with a group"),
        ("^(v", "no regular expression"),
        (r"^(w\d+)", "found in no file name; the first is 'v1.jpg'"),
        ("duplicates", "compares image files, and none were read"),
    ],
)
def test_words_that_are_none(word: str, told: str) -> None:
    data = replace(called("v1.jpg", camera=["a"]), images_checked="none")
    with pytest.raises(UsageError) as raised:
        together(data, word)
    assert told in str(raised.value)


def scene(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC)


def pictures(folder: Path) -> Belonging:
    rows = [{"path": str(path), "file_name": path.name} for path in sorted(folder.iterdir())]
    return belonging(tiny(rows), ["duplicates"], RULES)


def test_duplicates_are_equal_bytes_equal_pixels_near_pictures_and_related_names(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    scene(1).save(tmp_path / "c.png", compress_level=1)
    scene(1).save(tmp_path / "d.jpg", quality=40)
    scene(2).save(tmp_path / "e.png")
    scene(3).save(tmp_path / "e_aug1.png")
    scene(4).save(tmp_path / "f.png")
    Image.new("RGB", (320, 240)).save(tmp_path / "g.png")
    Image.new("RGB", (321, 240)).save(tmp_path / "h.png")  # blank, and so like every other blank one
    (tmp_path / "i.png").write_bytes(b"no picture")
    found = pictures(tmp_path)
    assert found.group.tolist() == [0, 0, 0, 0, 1, 1, 2, 3, 4, 5]
    assert found.names.tolist() == ["a.png"] * 4 + ["e.png"] * 2 + [""] * 4


def test_a_chain_of_near_pictures_is_one_group(tmp_path: Path) -> None:
    """The first and the last may be far apart: cut anywhere, a neighbour would be in another split."""
    for at in range(12):
        frame = scene(1).crop((at * 2, 0, at * 2 + 280, 240))
        frame.save(tmp_path / f"{at:02}.png")
    hashes = tiny(
        [{"path": str(each)} for each in sorted(tmp_path.iterdir())], images_checked="decode"
    ).image_pixels["phash"]
    assert np.bitwise_count(hashes[0] ^ hashes[-1]) > 2
    near = np.bitwise_count(hashes[1:] ^ hashes[:-1]) <= 2
    assert pictures(tmp_path).group.tolist() == np.concatenate([[0], np.cumsum(~near)]).tolist()
    assert near.sum() > 4
