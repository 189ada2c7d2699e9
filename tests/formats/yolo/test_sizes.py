from pathlib import Path

import numpy as np
import pytest

from annotool.errors import UsageError
from annotool.schema import SizeFrom
from tests.formats.yolo.build import ROW, boxes, png, put, read, usual


def sizes(root: Path, **options: object) -> list[tuple[float, float, int]]:
    images = read(root, **options).table("images")
    columns = (images[name].tolist() for name in ("width", "height", "size_from"))
    return list(zip(*columns, strict=True))


def test_of_the_header(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW})
    assert sizes(root) == [(100, 50, SizeFrom.HEADER)]
    probed = read(root).probed
    assert probed is not None
    assert (len(probed), probed.width.tolist()) == (1, [100])


@pytest.mark.parametrize(
    "name", ["images/train/a.png", "train/a.jpg", "train/a", "a.png", "images\\train\\a.png"]
)
def test_of_a_sizes_file(tmp_path: Path, name: str) -> None:
    root = usual(tmp_path / "set", {"train/a": ROW, "train/b": ROW}, images=False)
    put(tmp_path, {"sizes.csv": f"file_name,width,height\n{name},200,100\nc.png,1,1\n"})
    a, b = sizes(root, sizes=tmp_path / "sizes.csv")
    assert a == (200.0, 100.0, int(SizeFrom.SIZES))
    assert str(b) == f"(nan, nan, {int(SizeFrom.UNKNOWN)})"
    assert boxes(read(root, sizes=tmp_path / "sizes.csv"))[0] == (80, 30, 40, 40)


def test_the_header_goes_before_the_file(tmp_path: Path) -> None:
    root = usual(tmp_path / "set", {"train/a": ROW, "train/b": ROW})
    put(root, {"images/train/b.png": b"no image"})
    put(tmp_path, {"sizes.csv": "file_name,width,height\na.png,1,1\nb.png,7,8\n"})
    assert sizes(root, sizes=tmp_path / "sizes.csv") == [(100, 50, SizeFrom.HEADER), (7, 8, SizeFrom.SIZES)]


def test_no_image_is_opened(tmp_path: Path) -> None:
    root = usual(tmp_path / "set", {"train/a": ROW})
    put(tmp_path, {"sizes.csv": "file_name,width,height\na.png,30,20\n"})
    assert np.isnan(sizes(root, images="none")[0][0])
    assert sizes(root, images="none", sizes=tmp_path / "sizes.csv") == [(30, 20, SizeFrom.SIZES)]


def test_of_our_side_file(tmp_path: Path) -> None:
    side = "stem,file_name,width,height\ntrain/a,кот/1.jpg,64,32\ntrain/b,b.jpg,x,-1\n,,,\n"
    root = put(usual(tmp_path, {"train/a": ROW, "train/b": ROW}, images=False), {"annotool-names.csv": side})
    data = read(root)
    assert data.table("images")["file_name"].tolist() == ["кот/1.jpg", "b.jpg"]
    assert sizes(root)[0] == (64, 32, SizeFrom.SIZES)
    assert np.isnan(sizes(root)[1][0])
    assert "annotool-names.csv" in data.table("sources")["file"].tolist()
    put(root, {"images/train/a.png": png()})
    assert sizes(root)[0] == (100, 50, SizeFrom.HEADER)


def test_a_sizes_file_that_is_none(tmp_path: Path) -> None:
    root = usual(tmp_path / "set", {"train/a": ROW})
    with pytest.raises(UsageError, match="no such file"):
        read(root, sizes=tmp_path / "nowhere.csv")
    put(tmp_path, {"sizes.csv": "a,b\n1,2\n"})
    with pytest.raises(UsageError, match="expected the columns file_name,width,height"):
        read(root, sizes=tmp_path / "sizes.csv")
