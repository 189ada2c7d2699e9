from pathlib import Path

import pytest

import annotool
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


LINES = [
    (b"/elsewhere/images/0.jpg", b"./images/0.jpg"),
    (b".\\images\\1.jpg", b"./images/1.jpg"),
    (b"C:\\data\\images\\2.jpg  ", b"./images/2.jpg  "),
    (b"../set/images/3.jpg", b"./images/3.jpg"),
    (b"images/4.jpg", b"images/4.jpg"),
    (b"./images/5.jpg", b"./images/5.jpg"),
    (b"/elsewhere/images/gone.jpg", b"/elsewhere/images/gone.jpg"),
]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A YOLO dataset whose list came from other machines, named by both splits of its data.yaml."""
    root = tmp_path / "set"
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    for number in range(6):
        (root / f"images/{number}.jpg").touch()
        (root / f"labels/{number}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (root / "all.txt").write_bytes(b"\xef\xbb\xbf" + b"".join(old + b"\r\n" for old, _ in LINES))
    (root / "data.yaml").write_text("path: .\ntrain: all.txt\nval: all.txt\nnames: [cat]\n")
    return root


def test_the_lines_of_a_yolo_list(listed: Path) -> None:
    data = annotool.read(listed)
    found = NonPortablePath().check(data)
    assert found.column("line").tolist() == [1, 2, 3, 4, 7]
    assert {data.table("sources")["file"][at] for at in found.column("source")} == {"all.txt"}
    assert found.column("fix").tolist() == [Fix.SAFE] * 4 + [Fix.NONE]
    made = annotool.fix(listed, in_place=True, select=["SCH013"])
    assert made.after.counts() == {"SCH013": 1} and not made.taken_back
    assert (listed / "all.txt").read_bytes() == b"\xef\xbb\xbf" + b"".join(new + b"\r\n" for _, new in LINES)
    after = annotool.read(listed)
    assert after.table("images")["path"].tolist() == data.table("images")["path"].tolist()
    assert made.journal and annotool.undo(made.journal)
    assert (listed / "all.txt").read_bytes() == b"\xef\xbb\xbf" + b"".join(old + b"\r\n" for old, _ in LINES)


def test_an_image_that_is_not_below_its_list(listed: Path) -> None:
    (listed / "lists").mkdir()
    (listed / "all.txt").rename(listed / "lists/all.txt")
    yaml = listed / "data.yaml"
    yaml.write_text(yaml.read_text().replace("all.txt", "lists/all.txt"))
    assert set(NonPortablePath().check(annotool.read(listed)).column("fix").tolist()) == {Fix.NONE}
