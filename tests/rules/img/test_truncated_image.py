from pathlib import Path

from PIL import Image

from annotool.engine import run
from annotool.rules.img.truncated_image import TruncatedImage
from annotool.rules.img.unreadable_image import UnreadableImage
from annotool.testing import check_rule, tiny


def test_the_end_marker(tmp_path: Path) -> None:
    Image.effect_noise((300, 200), 80).save(tmp_path / "good.jpg")
    whole = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "bare.jpg").write_bytes(whole.removesuffix(b"\xff\xd9"))
    (tmp_path / "more.jpg").write_bytes(whole + b"appended by a phone")
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (3, 2)).save(tmp_path / "good.png")
    names = ["good.jpg", "good.png", "more.jpg", "bare.jpg", "cut.jpg"]
    rows = [{"path": str(tmp_path / name)} for name in names]
    said = "the JPEG end marker FF D9 is missing (checked: header)"
    check_rule(
        TruncatedImage,
        valid=[tiny(), tiny(rows[:3])],
        invalid=[
            (tiny([*rows, {}]), [{"image": 3, "message": said}, {"image": 4, "message": said}]),
            (tiny(rows, images_checked="decode"), [3, 4]),
        ],
    )
    rules = {"IMG001": UnreadableImage(), "IMG002": TruncatedImage()}
    found = run(tiny(rows, images_checked="decode"), rules, list(rules), {})
    assert found.of("IMG001").column("image").tolist() == [3, 4]
    assert not len(found.of("IMG002"))  # its echo
    assert found.of("IMG001").column("silenced").tolist() == [1, 1]
