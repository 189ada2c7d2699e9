from pathlib import Path

from PIL import Image

from annotool.rules.img.format_mismatch import FORMAT, FormatMismatch
from annotool.testing import check_rule, tiny


def saved(folder: Path, name: str, kind: str) -> dict[str, str]:
    Image.new("RGB", (30, 20)).save(folder / name, kind)
    return {"path": str(folder / name), "file_name": name}


def test_suffix_and_content(tmp_path: Path) -> None:
    good = [("a.jpg", "JPEG"), ("b.JPEG", "JPEG"), ("c.png", "PNG"), ("d.TIF", "TIFF"), ("e.webp", "WEBP"),
            ("f.ppm", "PPM"), ("g.bmp", "BMP"), ("h", "JPEG"), ("i.data", "PNG"), ("j.jpg", "MPO")]  # fmt: skip
    sound = [saved(tmp_path, *each) for each in good]
    (tmp_path / "text.jpg").write_text("<html>")
    text = {"path": str(tmp_path / "text.jpg")}
    bad = [saved(tmp_path, "k.jpg", "PNG"), saved(tmp_path, "l.jpg", "GIF"), saved(tmp_path, "m.gif", "GIF")]
    allowed = "JPEG, PNG, BMP, TIFF, WEBP, PPM"
    check_rule(
        FormatMismatch,
        valid=[tiny(), tiny([*sound, text, {"path": ""}]), tiny(bad, images_checked="none")],
        invalid=[
            (
                tiny([*sound[:1], *bad]),
                [
                    {"image": 1, "message": "the file holds PNG, its name ends in .jpg", "line": 2},
                    {"image": 2, "message": "the file holds GIF, its name ends in .jpg"},
                    {"image": 3, "message": f"GIF is none of the formats that trainers open: {allowed}"},
                ],
            )
        ],
    )
    check_rule(FormatMismatch(allowed=("GIF", "PNG", "JPEG")), valid=[tiny([*sound[:2], bad[2]])])


def test_each_suffix_stands_for_one_format() -> None:
    assert FORMAT["jpg"] == FORMAT["jpeg"] == "JPEG"
    assert FormatMismatch().unable(tiny()) == "no image files"
