"""Nothing is lost on the whole way: whatever stands in the files of a dataset, each record is a row or a problem, every
rule and report gets by with it, and no file changes. Each format has such a test of its reader; this is of all together.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool import api
from annotool.dataset import Dataset
from annotool.errors import NoDatasetError, SeveralDatasetsError
from tests.dirty import accounted, coco_box, coco_text, picture, put, tree, voc_object, voc_text

ROW = "0 0.5 0.5 0.25 0.5\n1 0.1 0.2 0.1 0.2\n"
RING = [[10, 20, 110, 20, 110, 70, 10, 70]]
RLE = {"counts": [100, 50, 480 * 640 - 150], "size": [480, 640]}
SETS: dict[str, dict[str, str | bytes]] = {
    "coco": {
        "annotations/instances_train.json": coco_text([coco_box(1), coco_box(2, (200, 100, 50, 50), category=2, segmentation=RING), coco_box(3, image=2, segmentation=RLE, iscrowd=1), coco_box(4, image=2, keypoints=[1, 2, 2], num_keypoints=1)]),
        "annotations/instances_val.json": json.dumps(json.loads(coco_text([coco_box(1), coco_box(2)])), indent=1),
    },
    "voc": {
        "Annotations/1.xml": voc_text(voc_object(11, 21, 110, 70), voc_object(201, 101, 300, 200, name="dog")),
        "Annotations/2.xml": voc_text(voc_object(1, 1, 640, 480), filename="2.jpg").replace("\n", "\r\n"),
        "ImageSets/Main/train.txt": "1\n",
        "ImageSets/Main/val.txt": "2\n",
        "labels.txt": "cat\ndog\n",
    },
    "yolo": {
        "data.yaml": "path: .\ntrain: images/train\nval: val.txt\nnc: 2\nnames: [cat, dog]\n",
        "val.txt": "./images/val/2.jpg\n",
        "labels/train/1.txt": ROW,
        "labels/val/2.txt": ROW.replace("\n", "\r\n"),
    },
}  # fmt: skip
SETS["csv"] = {
    "train.csv": "file,labels,valid\n1.jpg,cat|dog,0\n1.jpg,cat,0\n",
    "test.csv": 'file;cat;dog\r\n"2.jpg";1;0\r\n1.jpg;0;1\r\n',
}
SETS["huggingface"] = {
    "README.md": "---\nfeatures: [{class_label: {names: [cat, dog]}}]\n---\n",
    "metadata.jsonl": '{"file_name": "1.jpg", "label": 1}\n{"file_name": "2.jpg", "objects": {"bbox": [[1, 2, 3, 4]], "categories": [0]}}\n',
    "test/metadata.csv": 'file_name,labels\n2.jpg,"[""cat""]"\n',
}
IMAGES = {
    "coco": "images/{}.jpg",
    "voc": "JPEGImages/{}.jpg",
    "yolo": "images/{}.jpg",
    "csv": "images/{}.jpg",
    "huggingface": "{}.jpg",
}
JUNK = ['"', "{", "}", "[", "]", ",", "<", ">", "</object>", "<object>", "&", "NaN", "1e999", "-1", "0", "\n", "\r", "\t", "\0", "\ufeff", "é", ":", "- ", "!!x ", "#", "../", "\\", "null", '"id": 1, ', "9" * 40]  # fmt: skip

Cut = tuple[float, int, bytes]
cuts = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), st.sampled_from([each.encode() for each in JUNK]) | st.binary(max_size=3)), max_size=4)  # fmt: skip
damage = st.lists(
    st.tuples(st.integers(0, 9), cuts | st.sampled_from(["gone", "empty", "doubled", "folder"])),
    min_size=1,
    max_size=3,
)


def build(root: Path, kind: str) -> Path:
    images = {"yolo": ("train/1", "val/2")}.get(kind, ("1", "2"))
    put(root, {IMAGES[kind].format(name): picture(shade=at) for at, name in enumerate(images)})
    return put(root, SETS[kind])


def harm(path: Path, what: list[Cut] | str) -> None:
    if what == "gone":
        path.unlink()
    elif what == "folder":
        path.unlink()
        path.mkdir()
    elif isinstance(what, str):
        path.write_bytes(b"" if what == "empty" else path.read_bytes() * 2)
    else:
        held = path.read_bytes()
        for place, length, new in what:
            at = int(place * len(held))
            held = held[:at] + new + held[at + length :]
        path.write_bytes(held)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(SETS))
@given(damage)
@settings(max_examples=120)
def test_the_whole_way_gets_by_with_anything(
    tmp_path_factory: pytest.TempPathFactory, kind: str, asked: list[Any]
) -> None:
    top = tmp_path_factory.mktemp(kind)
    root = build(top / "data", kind)
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".jpg")
    for number, what in asked:
        if files[number % len(files)].is_file():
            harm(files[number % len(files)], what)
    before = tree(root)
    with contextlib.suppress(NoDatasetError, SeveralDatasetsError):
        whole(api.read(root), root, top)
    assert tree(root) == before
    shutil.rmtree(top)


def whole(data: Dataset, root: Path, top: Path) -> None:
    """Audit, report, count, convert to all formats, and mend."""
    assert accounted(data)
    findings = api.audit(data, select=["ALL"])
    assert len(json.loads(api.report(data, findings, "json"))["findings"]) == len(findings)
    assert api.report(data, findings, "text")
    for line in api.report(data, findings, "concise").splitlines():
        assert line
    api.balance(data)
    images = data.table("splits")["image"].tolist()
    twice = len(set(images)) < len(
        images
    )  # an image of two splits is written in both, where splits are files
    for form in ("coco", "csv", "huggingface", "voc", "yolo"):
        done = api.convert(data, form, top / form, allow_loss=True, image_files="none")
        left = [each for each in done.written.skipped if each["table"] == "annotations"]
        told = done.written.annotations + len(left)
        assert told == len(data.table("annotations")) or (told > len(data.table("annotations")) and twice)
    mended = api.fix(root, unsafe=True)
    assert accounted(mended.fixed)
