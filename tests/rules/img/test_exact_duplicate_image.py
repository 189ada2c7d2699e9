import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import annotool
from annotool.findings import Fix
from annotool.reporting.rows import rows as rows_of
from annotool.rules.img.exact_duplicate_image import ExactDuplicateImage
from annotool.testing import check_rule, tiny

FIRST = {"image": 0, "box": (10, 10, 100, 50)}


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, str]]:
    """a, its copy b, c of the same bytes in number, d with the pixels of a in another file, e empty."""
    Image.new("RGB", (30, 20), (1, 2, 3)).save(tmp_path / "a.bmp")
    (tmp_path / "b.bmp").write_bytes((tmp_path / "a.bmp").read_bytes())
    Image.new("RGB", (30, 20), (3, 2, 1)).save(tmp_path / "c.bmp")
    Image.new("RGB", (30, 20), (1, 2, 3)).save(tmp_path / "d.png")
    (tmp_path / "e.bmp").write_bytes(b"")
    return [{"path": str(path), "file_name": path.name} for path in sorted(tmp_path.iterdir())]


def test_copies(rows: list[dict[str, str]]) -> None:
    boxes: list[dict[str, Any]] = [FIRST, {**FIRST, "image": 1}, {**FIRST, "image": 2}]
    alone = tiny([rows[0], *rows[2:]], boxes)
    same = "has the same bytes as a.bmp, and the same 1 annotations"
    check_rule(
        ExactDuplicateImage,
        valid=[
            tiny(),
            alone,
            tiny(rows, splits={"train": [0, 2, 3, 4], "val": [1]}),  # SPL001's
            tiny(rows, images_checked="none"),
            tiny([rows[0], rows[0]]),  # one file named twice is SCH005's
        ],
        invalid=[
            (tiny(rows, boxes), [{"image": 1, "message": same, "fix": Fix.UNSAFE, "line": 2}]),
            (tiny(rows, boxes, splits={"val": [0, 1, 2]}), [1]),
            (
                tiny(rows, boxes, images_checked="decode"),
                [
                    {"image": 1, "values": {"same_annotations": True}},
                    {"image": 3, "fix": Fix.NONE, "message":
                     "has the same pixels as a.bmp, but other annotations: 0 here, 1 there"},
                ],
            ),
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "differs"),
    [
        ([{**FIRST, "image": 1}], False),
        ([{**FIRST, "image": 1, "box": (10.001, 10, 100, 50)}], False),
        ([{**FIRST, "image": 1, "box": (11, 10, 100, 50)}], True),
        ([{**FIRST, "image": 1, "box": (10, 10, 50, 100)}], True),
        ([{**FIRST, "image": 1, "category": 1}], True),
        ([{**FIRST, "image": 1}, {**FIRST, "image": 1}], True),
        ([], True),
    ],
)
def test_labels_of_the_two_are_compared(
    rows: list[dict[str, str]], more: list[dict[str, Any]], differs: bool
) -> None:
    fix = Fix.NONE if differs else Fix.UNSAFE
    check_rule(ExactDuplicateImage, invalid=[(tiny(rows[:2], [FIRST, *more]), [{"image": 1, "fix": fix}])])


def test_the_order_of_annotations_does_not_matter(rows: list[dict[str, str]]) -> None:
    other = {**FIRST, "box": (40, 50, 60, 70), "category": 1}
    notes = [FIRST, other, {**other, "image": 1}, {**FIRST, "image": 1}]
    check_rule(ExactDuplicateImage, invalid=[(tiny(rows[:2], notes), [{"image": 1, "fix": Fix.UNSAFE}])])


@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_a_later_copy_leaves_the_mended_dataset(sample_data: Path, tmp_path: Path, name: str) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    shutil.copytree(sample_data / name, given)
    copied(given, name)
    clean = files(sample_data / name)
    before = files(given)

    def found(folder: Path) -> list[str]:
        data = annotool.read(folder)
        return [f"{row.rule} {row.fix} {row.image}" for row in rows_of(data, annotool.audit(data))]

    assert [each[:13] for each in found(given)] == ["IMG008 unsafe"]
    annotool.fix(given, out=out)
    assert [each[:6] for each in found(out)] == ["IMG008"]
    shutil.rmtree(out)
    annotool.fix(given, out=out, unsafe=True)
    assert found(out) == []
    mended = {path: held for path, held in files(out).items() if path != "fixes.jsonl"}
    assert {path: held for path, held in mended.items() if path in clean} == clean
    assert [path for path in mended if path not in clean] in ([], [f"{IMAGES[name]}/zz.jpg"])
    assert files(given) == before


IMAGES = {"coco": "images", "voc": "JPEGImages", "yolo": "images/train"}


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def copied(folder: Path, name: str) -> None:
    """Put fruit_001 into the dataset again, as zz, its labels as well."""
    images = folder / IMAGES[name]
    shutil.copy(images / "fruit_001.jpg", images / "zz.jpg")
    if name == "voc":
        text = (folder / "Annotations/fruit_001.xml").read_text()
        (folder / "Annotations/zz.xml").write_text(text.replace("fruit_001", "zz"))
        for each in ("train", "trainval"):
            path = folder / f"ImageSets/Main/{each}.txt"
            path.write_text(path.read_text() + "zz\n" if path.exists() else "")
    elif name == "yolo":
        shutil.copy(folder / "labels/train/fruit_001.txt", folder / "labels/train/zz.txt")
    else:
        path = folder / "annotations/instances_train.json"
        lines = path.read_text().split("\n")
        ends = [max(at for at, line in enumerate(lines) if key in line) for key in ('"bbox"', '"file_name"')]
        number, note = 1000, []
        content = json.loads(path.read_text())
        for record in content["annotations"]:
            if record["image_id"] == 1:
                number += 1
                note.append(json.dumps({**record, "id": number, "image_id": 99}))
        image = json.dumps({**content["images"][0], "id": 99, "file_name": "zz.jpg"})
        for at, more in sorted(zip(ends, (note, [image]), strict=True), reverse=True):
            lines[at : at + 1] = [",\n".join([lines[at], *more])]
        path.write_text("\n".join(lines))
        assert len(json.loads(path.read_text())["images"]) == len(content["images"]) + 1
