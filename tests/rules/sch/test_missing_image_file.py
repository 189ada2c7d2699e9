from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from annotool.dataset import Dataset
from annotool.findings import Findings, Fix, Op, Severity, block
from annotool.rules.sch.missing_image_file import MissingImageFile
from annotool.testing import check_rule, tiny

THERE: dict[str, Any] = {"path": "/somewhere/a.jpg"}
LOST: dict[str, Any] = {"path": ""}
OUTSIDE = {"path": "", "file_name": "../../etc/passwd"}
LISTS = [
    {"file": "a.xml", "format": "voc"},
    {"file": "train.txt", "format": "voc", "role": "split"},
]


def yolo(*images: dict[str, Any], listed: tuple[int, ...] = ()) -> Dataset:
    """Label files in source 0, a list of images in source 1."""
    sources = [{"file": "labels"}, {"file": "train.txt", "role": "split"}]
    data = tiny(
        [{"source": 0, **image} for image in images],
        format_name="yolo",
        sources=sources,
        splits={"train": range(len(images))},
    )
    rows = data.table("splits")
    source = np.where(np.isin(rows["image"], listed), 1, -1).astype(np.int32)
    return Dataset(**{**data.__dict__, "tables": {**data.tables, "splits": rows.with_columns(source=source)}})


def test_missing_one_by_one() -> None:
    check_rule(
        MissingImageFile,
        valid=[
            tiny([THERE, THERE]),
            tiny([THERE, OUTSIDE]),  # SCH013's
            tiny([LOST], images_checked="none"),
            yolo(THERE, LOST),  # an orphan, SCH011's
        ],
        invalid=[
            (
                tiny(
                    [THERE, {**LOST, "file_name": "x{y}.jpg"}, THERE, LOST], [{"image": 1}, {}, {"image": 1}]
                ),
                [
                    {
                        "image": 1,
                        "message": "x{y}.jpg is not on disk",
                        "fix": Fix.UNSAFE,
                        "severity": -1,
                        "line": 2,
                    },
                    {"image": 3},
                ],
            ),
            (yolo(THERE, LOST, LOST, listed=(2,)), [2]),
            (tiny([THERE, LOST], format_name="voc"), [1]),
            (tiny([{**THERE, "source": 0}, {**LOST, "source": -1}], sources=LISTS), [1]),
        ],
    )


def test_the_record_goes_with_its_annotations() -> None:
    data = tiny([THERE, LOST], [{"image": 1}, {}, {"image": 1}])
    rule = MissingImageFile()
    edits = rule.fix(data, rule.check(data))
    assert set(edits["op"].tolist()) == {Op.DROP}
    assert list(zip(edits["table"], edits["row"], strict=True)) == [
        ("images", 1),
        ("annotations", 0),
        ("annotations", 2),
    ]


def test_a_whole_split_is_one_info() -> None:
    info = {"severity": Severity.INFO, "image": -1, "fix": Fix.NONE}
    splits = {"train": [0], "val": [1, 2]}
    check_rule(
        MissingImageFile,
        invalid=[
            (tiny([LOST, LOST]), [{**info, "message": "none of the 2 images is on disk"}]),
            (
                tiny([THERE, LOST, LOST], splits=splits),
                [
                    {
                        **info,
                        "message": "none of the 2 images of split val is on disk",
                        "values": {"split": "val"},
                    }
                ],
            ),
            (
                tiny([LOST, LOST, LOST], splits=splits),
                [{**info, "values": {"split": "train"}}, {**info, "values": {"images": 2}}],
            ),
            (yolo(LOST, LOST), [info]),
        ],
    )


def test_git_lfs_pointers_are_one_finding_a_folder(tmp_path: Path) -> None:
    (tmp_path / "images" / "val").mkdir(parents=True)
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    names = ["images/a.jpg", "images/b.jpg", "images/val/c.jpg", "images/real.png"]
    for name in names[:3]:
        (tmp_path / name).write_text(text)
    Image.new("RGB", (4, 4)).save(tmp_path / names[3])
    data = tiny([{"path": str(tmp_path / name), "file_name": name} for name in names], paths=(tmp_path,))
    said = "images holds git-lfs pointers, not images (files: 2); run: git lfs pull"
    expected = [
        {"message": said, "image": -1, "severity": -1},
        {"values": {"file": "images/val", "images": 1}},
    ]
    check_rule(MissingImageFile, invalid=[(data, expected)])


def test_dvc_pointers_are_one_finding_a_folder(tmp_path: Path) -> None:
    (tmp_path / "images.dvc").write_text("outs:\n- md5: 00.dir\n  nfiles: 2\n  path: images\n")
    (tmp_path / "labels.dvc").write_text("outs:\n- path: labels\n")
    (tmp_path / "odd.dvc").write_text("!!python/object:os.system {}")
    (tmp_path / "labels").mkdir()
    data = tiny([LOST, LOST], paths=(tmp_path,))
    said = "images: in dvc and not here; run: dvc pull images.dvc"
    check_rule(
        MissingImageFile,
        invalid=[(data, [{"message": said, "severity": -1, "values": {"file": "images.dvc"}}])],
    )


def test_dvc_pointers_of_single_files(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name in ("0.jpg", "1.jpg"):
        (tmp_path / "images" / f"{name}.dvc").write_text(f"outs:\n- path: {name}\n")
    data = tiny([LOST, LOST, LOST, THERE], paths=(tmp_path,))
    said = "2 files of images: in dvc and not here; run: dvc pull --recursive images"
    check_rule(MissingImageFile, invalid=[(data, [{"message": said}, {"image": 2}])])


def test_a_record_without_a_file_name() -> None:
    data = tiny([THERE, {**LOST, "file_name": ""}, {**LOST, "file_name": ""}, LOST])
    told = block("SCH002", "file_name: expected a text, got null", 1, image=1, source=0)
    empty = {"image": 2, "message": "file_name is empty", "fix": Fix.UNSAFE}
    check_rule(
        MissingImageFile,
        invalid=[
            (
                replace(data, problems=Findings((told,))),
                [empty, {"image": 3, "message": "3.jpg is not on disk"}],
            ),
            (data, [{"image": 1}, empty, {"image": 3}]),
        ],
    )


def test_one_image_is_told_as_one() -> None:
    said = "the only image of split val is not on disk"
    splits = {"train": [0], "val": [1]}
    check_rule(MissingImageFile, invalid=[(tiny([THERE, LOST], splits=splits), [{"message": said}])])
