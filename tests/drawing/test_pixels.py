from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool.drawing.pixels import turned, upright

RED, BLUE = (220, 30, 30), (30, 30, 220)


def saved(file: Path, tag: int) -> Path:
    """As stored 60 x 40, the upper left quarter red."""
    image = Image.new("RGB", (60, 40), BLUE)
    image.paste(RED, (0, 0, 30, 20))
    exif = Image.Exif()
    exif[274] = tag
    image.save(file, exif=exif)
    return file


# Where EXIF puts the first row and column: the corner that is red when shown, as (right, bottom).
CORNER = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}


@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_the_frame_of_the_annotations_says_whether_exif_counts(tag: int, suffix: str, tmp_path: Path) -> None:
    file = str(saved(tmp_path / f"a.{suffix}", tag))
    frame = (60.0, 40.0) if tag < 5 else (40.0, 60.0)
    image, why = upright(file, *frame, 60)
    assert image is not None and not why and image.size == tuple(map(int, frame))
    right, bottom = CORNER[tag]
    at = (int(frame[0] * (0.75 if right else 0.25)), int(frame[1] * (0.75 if bottom else 0.25)))
    assert np.abs(np.asarray(image)[at[1], at[0]].astype(int) - RED).max() < 30
    if tag >= 5:  # declared as stored: the pixels stay
        image, _ = upright(file, 60, 40, 60)
        assert image is not None and image.size == (60, 40)
        assert np.abs(np.asarray(image)[10, 10].astype(int) - RED).max() < 30


def test_the_nearer_frame_where_neither_fits() -> None:
    assert turned(6, (60, 40), (300, 500)) and not turned(6, (60, 40), (500, 300))
    assert turned(6, (60, 40), (40, 60)) and not turned(6, (60, 40), (60, 40))
    assert (
        turned(6, (50, 50), (50, 50)) and turned(3, (60, 40), (60, 40)) and not turned(0, (60, 40), (40, 60))
    )


@pytest.mark.parametrize(
    "held", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 nothing", b"<svg/>", b"version https://git-lfs"]
)
def test_a_broken_file_says_why(held: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(held)
    image, why = upright(str(tmp_path / "a.jpg"), 10, 10, 10)
    assert image is None and why
    assert upright(str(tmp_path / "none.jpg"), 10, 10, 10)[1]
    assert upright(str(tmp_path), 10, 10, 10)[1]
    assert upright("", 10, 10, 10) == (None, "no image file")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_becomes_plain(mode: str, tmp_path: Path) -> None:
    deep = np.linspace(0, 4000, 64).reshape(8, 8)
    if mode in ("I", "F", "I;16"):
        image = Image.fromarray(deep.astype({"I": np.int32, "F": np.float32, "I;16": np.uint16}[mode]))
    else:
        image = Image.fromarray((deep / 16).astype(np.uint8)).convert("RGB").convert(mode)
    file = tmp_path / "a.tiff"
    image.save(file)
    found, why = upright(str(file), 8, 8, 8)
    assert found is not None and found.mode == "RGB", why
    seen = np.asarray(found)
    assert seen.min() < 60 and seen.max() > 190
