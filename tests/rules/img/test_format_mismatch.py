from dataclasses import replace
from pathlib import Path

from PIL import Image

from annotool.findings import Fix
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
                    {
                        "image": 1,
                        "message": "the file holds PNG, its name ends in .jpg",
                        "line": 2,
                        "fix": Fix.UNSAFE,
                    },
                    {"image": 2, "message": "the file holds GIF, its name ends in .jpg", "fix": Fix.NONE},
                    {"image": 3, "message": f"GIF is none of the formats that trainers open: {allowed}"},
                ],
            )
        ],
    )
    check_rule(FormatMismatch(allowed=("GIF", "PNG", "JPEG")), valid=[tiny([*sound[:2], bad[2]])])


def test_the_file_takes_the_suffix_of_its_format_and_so_do_all_records_of_it(tmp_path: Path) -> None:
    one = saved(tmp_path, "A.x.JPG", "PNG")
    again, bare = ({**one, "file_name": name} for name in ("sub/a.x.jpg", "A"))
    data = tiny([one, again, bare, saved(tmp_path, "b.Png", "TIFF")])
    found = FormatMismatch().check(data)
    edits = FormatMismatch().fix(data, found)
    columns = (edits[name].tolist() for name in ("finding", "row", "column", "new"))
    old, new = str(tmp_path / "A.x.JPG"), str(tmp_path / "A.x.PNG")
    assert one["path"] == old
    assert list(zip(*columns, strict=True)) == [
        *((finding, row, "path", new) for finding in range(3) for row in range(3)),
        (3, 3, "path", str(tmp_path / "b.tif")),
        *((finding, *each) for finding in range(3) for each in (
            (0, "file_name", "A.x.PNG"), (1, "file_name", "sub/a.x.png"))),
        (3, 3, "file_name", "b.tif"),
    ]  # fmt: skip
    assert not edits["safe"].any()


def test_an_image_of_its_stem_beside_it_is_told(tmp_path: Path) -> None:
    rows = [saved(tmp_path, "a.jpg", "PNG"), saved(tmp_path, "b.jpg", "PNG"), saved(tmp_path, "c.jpg", "PNG")]
    saved(tmp_path, "A.PNG", "PNG")
    saved(tmp_path, "b.jpeg", "JPEG")
    (tmp_path / "c.txt").touch()
    message = "the file holds PNG, its name ends in .jpg"
    expected = [
        {"image": 0, "message": f"{message}; A.PNG lies beside it", "fix": Fix.NONE},
        {"image": 1, "message": f"{message}; b.jpeg lies beside it", "fix": Fix.NONE},
        {"image": 2, "message": message, "fix": Fix.UNSAFE},
    ]
    check_rule(FormatMismatch, invalid=[(tiny(rows), expected)])


def test_the_name_that_a_file_is_about_to_take_is_judged(tmp_path: Path) -> None:
    data = tiny([saved(tmp_path, "a.jpg", "PNG")])
    check_rule(
        FormatMismatch,
        valid=[replace(data, renamed={str(tmp_path / "a.jpg"): str(tmp_path / "a.png")})],
        invalid=[(replace(data, renamed={str(tmp_path / "a.jpg"): str(tmp_path / "a.bmp")}), [0])],
    )


def test_each_suffix_stands_for_one_format() -> None:
    assert FORMAT["jpg"] == FORMAT["jpeg"] == "JPEG"
    assert FormatMismatch().unable(tiny()) == "no image files"
