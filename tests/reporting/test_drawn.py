import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotool import api
from annotool.drawing.colours import FLAGGED, rgb
from annotool.errors import UsageError
from annotool.reporting.drawn import harmless, image_named
from annotool.testing import tiny


def picture(file: Path) -> Image.Image:
    with Image.open(file) as held:
        held.load()
        return held


def prints(folder: Path) -> dict[str, str]:
    return {
        str(each.relative_to(folder)): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def named(*names: str) -> Any:
    return tiny([{"file_name": name, "id": 50 + at} for at, name in enumerate(names)])


@pytest.mark.parametrize(
    ("asked", "at"),
    [("a/x.jpg", 0), ("x.jpg", 0), ("b/y.jpg", 1), ("./b/y.jpg", 1), ("set/b/y.jpg", 1), (r"b\y.jpg", 1), ("y", 1), ("52", 2), ("c.jpg", 2)],
)  # fmt: skip
def test_names_that_people_give(asked: str, at: int) -> None:
    assert image_named(named("a/x.jpg", "b/y.jpg", r"d\c.jpg"), asked) == at


def test_a_name_goes_before_an_id() -> None:
    assert image_named(named("51", "b.jpg"), "51") == 0
    assert image_named(named("x/a.jpg", "a.jpg"), "a.jpg") == 1


def test_of_several_all_are_told() -> None:
    with pytest.raises(
        UsageError, match=r"3 images are called that: a/x.jpg \(id 50\), b/x.jpg \(id 51\), c/x.jpg"
    ):
        image_named(named("a/x.jpg", "b/x.jpg", "c/x.jpg"), "x.jpg")
    with pytest.raises(
        UsageError, match=re.escape("no image of that file name, path or id; near: photo_1.jpg")
    ):
        image_named(named("photo_1.jpg"), "foto_1.jpg")


def test_one_image(sample_data: Path, tmp_path: Path) -> None:
    before = prints(sample_data / "coco")
    done = api.draw(sample_data / "coco", tmp_path / "x.png", image="1")
    assert prints(sample_data / "coco") == before
    drawn = picture(tmp_path / "x.png")
    assert done.files == (tmp_path / "x.png",) and not done.notes and drawn.format == "PNG"
    api.draw(sample_data / "coco", tmp_path / "x.JPG", image="1")
    assert picture(tmp_path / "x.JPG").format == "JPEG"


def test_where_rules_find_something_in_their_order(sample_data: Path, tmp_path: Path) -> None:
    faulty = sample_data / "faulty/coco"
    before = prints(faulty)
    done = api.draw(faulty, tmp_path / "out", rule=["BOX"], limit=3)
    assert prints(faulty) == before
    assert [each.name[:5] for each in done.files] == ["0001_", "0002_", "0003_"]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "out"]
    assert sorted((tmp_path / "out").iterdir()) == [*done.files]
    assert any("--limit draws more" in note for note in done.notes)
    data = api.read(faulty)
    found = api.audit(data, select=["BOX"])
    from annotool.reporting.rows import rows

    first = list(dict.fromkeys(row.image for row in rows(data, found) if row.image))[:3]
    assert [each.name[5:-4] for each in done.files] == [harmless(name) for name in first]
    for file in done.files:
        assert reds(file, 40) > 50


def reds(file: Path, far: int = 0) -> int:
    """Pixels as red as what is flagged."""
    pixels = np.asarray(picture(file), dtype=int)
    return int((np.abs(pixels - rgb(FLAGGED)).max(axis=2) <= far).sum())


def test_an_image_with_what_a_rule_finds_in_it(tmp_path: Path) -> None:
    data = tiny([{"width": 100, "height": 100}], [{"box": (20, 20, 200, 20)}])
    api.draw(data, tmp_path / "a.png", image="0.jpg", rule=["BOX002"])
    api.draw(data, tmp_path / "b.png", image="0.jpg")
    assert reds(tmp_path / "a.png") > 100 and not reds(tmp_path / "b.png")
    assert picture(tmp_path / "a.png").size == (720, 644)  # a margin beside it, a caption below
    assert picture(tmp_path / "b.png").size == (800, 800)


def test_nothing_is_written_over_or_into_the_dataset(sample_data: Path, tmp_path: Path) -> None:
    import shutil

    own = tmp_path / "own"
    shutil.copytree(sample_data / "coco", own)
    before = prints(own)
    file = tmp_path / "x.png"
    file.write_bytes(b"mine")
    with pytest.raises(UsageError, match="--overwrite"):
        api.draw(own, file, image="1")
    assert file.read_bytes() == b"mine"
    api.draw(own, file, image="1", overwrite=True)
    assert picture(file).format == "PNG"
    for out in (own / "x.png", own / "images" / "x.png"):
        out.parent.mkdir(exist_ok=True)
        with pytest.raises(UsageError, match="lies in the dataset"):
            api.draw(own, out, image="1", overwrite=True)
    for folder in (own, own / "new", tmp_path):
        with pytest.raises(UsageError):
            api.draw(own, folder, rule=["BOX"])
    for out in (tmp_path / "x.gif", tmp_path / "x", tmp_path / "no" / "x.png"):
        with pytest.raises(UsageError):
            api.draw(own, out, image="1")
    assert prints(own) == before


@pytest.mark.parametrize("options", [{"limit": 0}, {"max_side": 5}, {"max_side": 10**9}])
def test_numbers_that_make_no_sense(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        api.draw(tiny(1), tmp_path / "out", rule=["BOX"], **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/a/b.jpg", r"..\..\x", "a\x00b", ".", "", "CON", "é" * 300, "a/../..", "x" * 400],
)
def test_a_name_of_the_dataset_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    data = tiny(
        [{"file_name": name, "width": 50, "height": 50}] * 2,
        [{"image": at, "box": (9, 9, 90, 9)} for at in (0, 1)],
    )
    done = api.draw(data, tmp_path / "out", rule=["BOX002"])
    assert len(done.files) == len(set(done.files)) == 2
    assert sorted(tmp_path.rglob("*.jpg")) == sorted(done.files)
    assert all(re.fullmatch(r"000[12]_[\w-]{1,80}\.jpg", each.name, re.ASCII) for each in done.files)


def test_what_is_not_drawn_is_told(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    rows = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [9, 9, 99, 9], "area": 891, "iscrowd": 0}]
    whole = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 50, "height": 50}],
        "annotations": rows,
        "categories": [{"id": 1, "name": "x"}, {"id": 2, "name": "x"}],
    }
    (tmp_path / "set/a.json").write_text(json.dumps(whole))
    (tmp_path / "set/a.jpg").write_bytes(b"\xff\xd8 broken")
    done = api.draw(tmp_path / "set", tmp_path / "out", rule=["BOX002", "CLS"])
    assert any(note == "a.jpg: cannot identify image file; drawn on a blank ground" for note in done.notes)
    assert any("1 finding names no image" in note for note in done.notes)


def test_nothing_found_leaves_an_empty_folder(tmp_path: Path) -> None:
    done = api.draw(tiny(1), tmp_path / "out", rule=["BOX"])
    assert done.files == () and (tmp_path / "out").is_dir()
