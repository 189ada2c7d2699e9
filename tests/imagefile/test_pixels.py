import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image, ImageFilter

from annotool import imagefile, progress
from annotool.imagefile.statistics import Statistics, of_image, packed, unpacked

T = TypeVar("T")


def picture(mode: str = "RGB", size: tuple[int, int] = (70, 50), seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def scene(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A smooth picture, as a photograph is."""
    return picture(size=(12, 9), seed=seed).resize(size, Image.Resampling.BICUBIC)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def reread(image: Image.Image, **options: Any) -> Image.Image:
    return Image.open(io.BytesIO(saved(image, "JPEG", **options)))


def far(a: Image.Image, b: Image.Image) -> int:
    return (of_image(a).phash ^ of_image(b).phash).bit_count()


def write(folder: Path, contents: Iterable[bytes]) -> list[str]:
    paths = []
    for number, content in enumerate(contents):
        paths.append(str(folder / f"{number}.png"))
        Path(paths[-1]).write_bytes(content)
    return paths


def test_columns(tmp_path: Path) -> None:
    paths = [
        *write(tmp_path, [saved(scene()), b"no image", saved(scene())[:500]]),
        "",
        str(tmp_path / "gone"),
    ]
    paths.append(paths[0])  # named twice
    found = imagefile.measure(paths, imagefile.probe(paths))
    assert found["decodes"].tolist() == [1, -1, 0, -1, -1, 1]
    assert [bool(each) for each in found["error"]] == [False, False, True, False, False, False]
    assert found["known"].tolist() == [True, False, False, False, False, True]
    assert [len(each) for each in found["content"].tolist()] == [32, 0, 32, 0, 0, 32]
    assert [len(each) for each in found["pixels"].tolist()] == [32, 0, 0, 0, 0, 32]
    assert {name: str(values.dtype) for name, values in found.columns.items()} == {
        "decodes": "int8", "error": "object", "content": "|S32", "pixels": "|S32", "phash": "uint64",
        "known": "bool", "contrast": "float64", "brightness": "float64", "dark_end": "float64",
        "light_end": "float64", "entropy": "float64", "edges": "float64", "spread": "float64", "grey": "int8",
    }  # fmt: skip
    assert len(imagefile.measure([], imagefile.probe([]))) == 0


def test_the_digest_is_of_mode_size_palette_and_pixels(tmp_path: Path) -> None:
    first, second = picture(), picture(seed=1)
    paletted = picture("P")
    other = paletted.copy()
    other.putpalette(bytes(768))
    files = [
        saved(first),
        saved(second),
        saved(first, compress_level=0),
        saved(first, "BMP"),
        saved(first.convert("RGBA")),
        saved(picture(size=(50, 70))),
        saved(paletted),
        saved(other),
        saved(second, "BMP"),
    ]
    paths = write(tmp_path, files)
    digests = imagefile.measure(paths, imagefile.probe(paths))["pixels"].tolist()
    assert [digests.index(digest) for digest in digests] == [0, 1, 0, 0, 4, 5, 6, 7, 1]


def test_the_same_pixels_in_another_shape_differ_and_large_images_are_digested_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flat = np.zeros((10, 20), np.uint8)
    assert of_image(Image.fromarray(flat)).pixels != of_image(Image.fromarray(flat.reshape(20, 10))).pixels
    whole = of_image(picture()).pixels
    monkeypatch.setattr("annotool.imagefile.statistics.BAND", 1000)
    assert of_image(picture()).pixels == whole


def test_the_perceptual_hash_stays_when_a_picture_is_saved_smaller_and_worse() -> None:
    for seed in range(20):
        one = scene(seed)
        assert far(one, reread(one, quality=60)) <= 2
        assert far(one, one.resize((160, 120))) <= 2
        assert far(one, scene(seed + 100)) > 8
        assert far(one, one.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) > 8


def test_brightness_of_plain_colours() -> None:
    for colour in ((0, 0, 0), (255, 255, 255), (255, 0, 0), (10, 200, 30)):
        found = of_image(Image.new("RGB", (40, 30), colour))
        expected = (sum(w * c * c for w, c in zip((0.241, 0.691, 0.068), colour, strict=True))) ** 0.5 / 255
        assert found.brightness == pytest.approx(expected, abs=1e-6)
        assert (found.dark_end, found.light_end) == pytest.approx((expected, expected), abs=1e-6)
        assert found.contrast == 0
        assert found.entropy == pytest.approx(np.log2(3))
        assert found.grey == int(len(set(colour)) == 1)


def test_brightness_at_the_ends() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:10] = 255
    found = of_image(Image.fromarray(pixels))
    assert (found.dark_end, found.light_end) == pytest.approx((0, 1))
    pixels[1:10] = 0
    pixels[0, 50:] = 0
    assert of_image(Image.fromarray(pixels)).light_end == 0


def test_a_blurred_picture_has_fewer_edges() -> None:
    sharp = picture(size=(64, 64))
    assert of_image(sharp).edges > 3 * of_image(sharp.filter(ImageFilter.GaussianBlur(4))).edges


def test_grey_is_seen_in_any_mode() -> None:
    assert of_image(scene().convert("L").convert("RGB")).grey == 1
    assert of_image(reread(scene().convert("L").convert("RGB"))).grey == 1
    assert of_image(scene().convert("L")).grey == 1
    assert of_image(scene()).grey == 0


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "HSV", "PA", "RGBX"])
def test_every_mode_is_judged_as_its_colours(mode: str) -> None:
    found, plain = of_image(scene().convert("L").convert(mode)), of_image(scene().convert("L"))
    if mode not in ("1", "P", "HSV", "YCbCr"):
        assert (found.phash ^ plain.phash).bit_count() <= 2
    assert 0 <= found.dark_end <= found.light_end <= 1


def test_more_than_eight_bits_have_no_brightness_but_a_hash() -> None:
    grey = np.asarray(scene().convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 16)  # twelve bits in sixteen
    found, plain = of_image(deep), of_image(Image.fromarray(grey))
    assert (found.phash ^ plain.phash).bit_count() <= 2
    assert np.isnan([found.brightness, found.dark_end, found.light_end]).all()
    for values in (np.full((5, 5), np.nan), np.array([[np.inf, 1.0]]), np.zeros((3, 3))):
        assert of_image(Image.fromarray(values.astype(np.float32))).contrast >= 0


def test_what_has_no_colours_has_a_digest_alone() -> None:
    found = of_image(Image.new("La", (5, 5)))
    assert len(found.pixels) == 16
    assert found.phash == 0 and np.isnan(found.contrast)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 5), (257, 257)])
def test_any_size_will_do(size: tuple[int, int]) -> None:
    assert of_image(Image.new("RGB", size, (9, 9, 9))).contrast == 0


def test_packing() -> None:
    for found in (of_image(scene()), of_image(Image.new("La", (5, 5)))):
        np.testing.assert_equal(tuple(unpacked(packed(found))), tuple(found))
    assert isinstance(unpacked(packed(of_image(scene()))), Statistics)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int | None]] = []

    def reporter(items: Iterable[T], what: str, total: int | None) -> Iterable[T]:
        told.append((what, total))
        return items

    paths = [*write(tmp_path, [saved(picture())] * 2), ""]
    with progress.reporting(reporter):
        imagefile.measure(paths, imagefile.probe(paths))
        imagefile.same_content(paths, np.array([5, 5, -1]))
    assert told == [
        ("Reading image headers", 3), ("Decoding images", 2),
        ("Comparing image files", 2), ("Comparing image files", 2),
    ]  # fmt: skip
