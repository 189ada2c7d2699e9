from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool import api, conversion
from annotool.dataset import Dataset
from annotool.errors import LossError
from annotool.formats.base import WriteOptions
from annotool.schema import Kind
from annotool.testing import tiny

NO_IMAGES = WriteOptions(image_files="none")


def labelled(names: list[str], images: list[list[int]], **more: object) -> Dataset:
    rows = [
        {"image": image, "category": category, "kind": Kind.IMAGE, "box": (np.nan,) * 4}
        for image, own in enumerate(images)
        for category in own
    ]
    return tiny(len(images), rows, names, **more)  # type: ignore[arg-type]


GOLDEN = [
    (labelled(["cat", "dog"], [[0], [1], []]), "file_name,label\nimages/0.jpg,cat\nimages/1.jpg,dog\nimages/2.jpg,\n"),
    (labelled(["cat", "dog"], [[0, 1], [1]]), "file_name,labels\nimages/0.jpg,cat|dog\nimages/1.jpg,dog\n"),
    (labelled(["a,b", "c|d"], [[0], [1]]), 'file_name,label1\nimages/0.jpg,"a,b"\nimages/1.jpg,c|d\n'),
    (labelled(["cat"], [[0], [0]], splits={"train": [0, 1], "val": [1]}),
     "file_name,label,split\nimages/0.jpg,cat,train\nimages/1.jpg,cat,train\nimages/1.jpg,cat,val\n"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), GOLDEN)
def test_golden(tmp_path: Path, data: Dataset, expected: str) -> None:
    done = conversion.convert(data, "csv", tmp_path / "out", NO_IMAGES)
    assert (tmp_path / "out/labels.csv").read_bytes().decode() == expected
    assert (done.written.images, done.written.annotations) == (
        len(data.table("images")),
        len(data.table("annotations")),
    )


def test_boxes_stop_it(tmp_path: Path) -> None:
    with pytest.raises(LossError, match="1 object with a box or an outline is left out"):
        conversion.convert(tiny(annotations=[{}]), "csv", tmp_path / "out", NO_IMAGES)
    done = conversion.convert(tiny(annotations=[{}]), "csv", tmp_path / "out", WriteOptions(allow_loss=True))
    assert [each["why"] for each in done.written.skipped] == ["this format holds labels of whole images only"]


names = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8).filter(str.strip),
    min_size=1, max_size=5, unique=True,
)  # fmt: skip


@given(st.data(), names)
@settings(max_examples=80, deadline=None)
def test_labels_come_back_as_they_went(
    tmp_path_factory: pytest.TempPathFactory, chance: st.DataObject, names: list[str]
) -> None:
    images = chance.draw(
        st.lists(st.lists(st.integers(0, len(names) - 1), max_size=3, unique=True), min_size=1, max_size=5)
    )
    if not any(images):
        return
    out = tmp_path_factory.mktemp("csv") / "out"
    options = WriteOptions(image_files="none", allow_loss=True)  # a name that nothing bears is lost
    conversion.convert(labelled(names, images), "csv", out, options)
    back = api.read(out, images="none")
    found: list[set[str]] = [set() for _ in images]
    for image, name in zip(
        back.table("annotations")["image"], back.names_of(back.table("annotations")["category"]), strict=True
    ):
        found[image].add(name)
    assert found == [{names[at] for at in own} for own in images]


@pytest.mark.parametrize(
    ("names", "images"),
    [
        (["0", "00", ","], [[2], [0, 1]]),
        (["a,b", "a", "b"], [[0], [1], [2]]),
        (["x y", "x", "y"], [[0], [1], [2]]),
    ],
)
def test_names_with_commas_and_blanks_are_not_cut(
    tmp_path: Path, names: list[str], images: list[list[int]]
) -> None:
    data = labelled(names, images)
    facts = {**data.facts, "labels": {"kind": "multi", "from": "option"}}
    conversion.convert(replace(data, facts=facts), "csv", tmp_path / "out", NO_IMAGES)
    back = api.read(tmp_path / "out", images="none")
    assert sorted(back.names_of(back.table("annotations")["category"]).tolist()) == sorted(names)
