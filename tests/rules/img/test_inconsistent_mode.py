from pathlib import Path

from PIL import Image

from annotool.rules.img.inconsistent_mode import InconsistentMode
from annotool.testing import check_rule, tiny


def rows(folder: Path, *modes: str) -> list[dict[str, str]]:
    made = []
    for number, mode in enumerate(modes):
        colour = (90, 90, 90) if mode == "grey" else (200, 40, 10)
        image = Image.new("RGB", (30, 20), colour).convert("RGB" if mode == "grey" else mode)
        path = folder / f"{number}{mode}.{'jpg' if mode == 'CMYK' else 'png'}"
        image.save(path)
        made.append({"path": str(path), "file_name": path.name})
    return made


def test_a_few_of_another_mode(tmp_path: Path) -> None:
    mixed = rows(tmp_path, *["RGB"] * 38, "L", "CMYK")
    half = rows(tmp_path, "RGB", "L", "RGB", "L")
    check_rule(
        InconsistentMode,
        valid=[
            tiny(),
            tiny(rows(tmp_path, *["RGB"] * 19, "L")),  # a twentieth is not under five per cent
            tiny(half),
            tiny(mixed, images_checked="none"),
            tiny(rows(tmp_path, *["RGB"] * 30, "grey")),  # what its pixels hold needs --decode
        ],
        invalid=[
            (
                tiny(mixed),
                [
                    {"image": 38, "message": "mode L, as 1 of 40 images; 95% are RGB", "line": 39},
                    {"image": 39, "values": {"mode": "CMYK", "count": 1}},
                ],
            ),
            (tiny(rows(tmp_path, *["L"] * 30, "RGB")), [30]),
            (
                tiny(rows(tmp_path, *["RGB"] * 30, "grey"), images_checked="decode"),
                [{"image": 30, "message": "mode RGB, all grey, as 1 of 31 images; 97% are RGB"}],
            ),
        ],
    )
    check_rule(InconsistentMode(share=0.6), invalid=[(tiny(half), [0, 1, 2, 3])])
