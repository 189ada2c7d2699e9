from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotool import api, conversion
from annotool.dataset import Dataset
from annotool.formats.base import WriteOptions
from annotool.schema import Kind
from annotool.testing import tiny

NO_IMAGES = WriteOptions(image_files="none")
CAT = {"kind": Kind.IMAGE, "box": (np.nan,) * 4}
DOG = {**CAT, "category": 1}
BOX = {"box": (1, 2.5, 3, 4)}

GOLDEN = [
    (tiny(2, [CAT], ["cat"]), {"metadata.jsonl": '{"file_name": "0.jpg", "label": "cat"}\n{"file_name": "1.jpg", "label": null}\n'}),
    (tiny(1, [CAT, DOG]), {"metadata.jsonl": '{"file_name": "0.jpg", "labels": ["cat", "dog"]}\n'}),
    (tiny(2, [BOX], ["cat"]), {"metadata.jsonl": '{"file_name": "0.jpg", "objects": {"bbox": [[1.0, 2.5, 3.0, 4.0]], "categories": ["cat"]}}\n'
                                                 '{"file_name": "1.jpg", "objects": {"bbox": [], "categories": []}}\n'}),
    (tiny(2, [CAT, {**CAT, "image": 1}], ["кот"], {"train": [0], "val": [1]}),
     {"train/metadata.jsonl": '{"file_name": "0.jpg", "label": "кот"}\n', "validation/metadata.jsonl": '{"file_name": "1.jpg", "label": "кот"}\n'}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "files"), GOLDEN)
def test_golden(tmp_path: Path, data: Dataset, files: dict[str, str]) -> None:
    done = conversion.convert(data, "huggingface", tmp_path / "out", NO_IMAGES)
    assert {name: (tmp_path / "out" / name).read_text("utf-8") for name in done.written.files} == files
    assert done.written.annotations == len(data.table("annotations"))
    back = api.read(tmp_path / "out", images="none")
    assert back.formats == {"huggingface"}
    for side in "xywh":
        np.testing.assert_array_equal(back.table("annotations")[side], data.table("annotations")[side])


def test_of_an_image_in_several_splits_the_first_counts(tmp_path: Path) -> None:
    data = tiny(1, [CAT], ["cat"], {"train": [0], "val": [0]})
    done = conversion.convert(data, "huggingface", tmp_path / "out", NO_IMAGES)
    assert done.written.files == ("train/metadata.jsonl",)
    assert done.written.notes == ("images in several splits, of which the first counts: 1",)


def test_splits_that_are_not_looked_for_go_where_they_are(tmp_path: Path) -> None:
    labels = [{**CAT, "image": image} for image in range(4)]
    data = tiny(4, labels, ["cat"], {"fold1": [0], "train2017": [1], "VALIDATION": [2]})
    done = conversion.convert(data, "huggingface", tmp_path / "out", NO_IMAGES)
    assert done.written.notes == (
        "split 'fold1' is written as 'train'",
        "split 'train2017' is written as 'train'",
    )
    back = api.read(tmp_path / "out", images="none")
    assert len(back.table("annotations")) == 4
    assert sorted(back.image_splits.tolist()) == ["", "VALIDATION", "train", "train"]


@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_boxes_of_the_samples_come_back(sample_data: Path, tmp_path: Path, name: str) -> None:
    first = api.read(sample_data / name)
    api.convert(first, "huggingface", tmp_path / "hf", allow_loss=True)
    back = api.read(tmp_path / "hf")
    for side in "xywh":
        np.testing.assert_array_equal(back.table("annotations")[side], first.table("annotations")[side])
    assert len(api.audit(back)) == 0
