import pytest

from annotool.findings import Fix
from annotool.rules.sch.non_portable_path import NonPortablePath
from annotool.testing import check_rule, edited, tiny

ROOT = "/data/set/images"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.jpg", f"{ROOT}/a.jpg"),
        ("train/a.jpg", f"{ROOT}/train/a.jpg"),
        ("a.jpg", ""),
        ("a..b/..c/x...jpg", ""),
        ("http://images.cocodataset.org/train2017/1.jpg", ""),
        ("Фото 1.5.jpg", ""),
        ("other.jpg", f"{ROOT}/a.jpg"),  # FMT006's in VOC
    ],
)
def test_portable(name: str, path: str) -> None:
    check_rule(NonPortablePath, valid=[tiny([{"file_name": name, "path": path}])])


@pytest.mark.parametrize(
    ("name", "path", "odd", "better"),
    [
        ("C:\\imgs\\train\\a.jpg", f"{ROOT}/train/a.jpg", "names a drive", "train/a.jpg"),
        ("C:/a.jpg", "", "names a drive", None),
        ("/home/me/a.jpg", f"{ROOT}/a.jpg", "is absolute", "a.jpg"),
        ("\\\\server\\a.jpg", "", "is absolute", None),
        ("train\\a.jpg", f"{ROOT}/train/a.jpg", "has a backslash", "train/a.jpg"),
        ("../images/a.jpg", f"{ROOT}/a.jpg", "leads up with `..`", "a.jpg"),
        ("x/../a.jpg", f"{ROOT}/a.jpg", "leads up with `..`", "a.jpg"),
        ("../../../etc/passwd", "", "leads up with `..`", None),
        ("Train/A.JPG", f"{ROOT}/train/a.jpg", "differs in case from the file on disk", "train/a.jpg"),
    ],
)
def test_not_portable(name: str, path: str, odd: str, better: str | None) -> None:
    row = {"file_name": name, "path": path}
    said = f"{name} {odd}" + ("" if path else ", and no such image lies in the dataset")
    expected = [
        {"message": said, "fix": Fix.SAFE if better else Fix.NONE, "values": {"file_name": name, "odd": odd}}
    ]
    data = tiny([row], facts={"image_root": ROOT})
    check_rule(NonPortablePath, invalid=[(data, expected)])
    rule = NonPortablePath()
    mended = edited(data, rule.fix(data, rule.check(data))).table("images")["file_name"][0]
    assert mended == (better or name)


def test_without_a_known_root_the_common_end_is_written() -> None:
    data = tiny(
        [
            {"file_name": "D:\\x\\Images\\a.JPG", "path": f"{ROOT}/a.jpg"},
            {"file_name": "\\b.jpg", "path": "/z/c"},
        ]
    )
    rule = NonPortablePath()
    mended = edited(data, rule.fix(data, rule.check(data))).table("images")["file_name"].tolist()
    assert mended == ["images/a.jpg", "\\b.jpg"]


def test_yolo_lists_are_reported_only() -> None:
    row = {"file_name": "/home/me/a.jpg", "path": f"{ROOT}/a.jpg"}
    check_rule(NonPortablePath, invalid=[(tiny([row], format_name="yolo"), [{"fix": Fix.NONE}])])
