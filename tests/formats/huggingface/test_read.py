from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool import api
from annotool.errors import MissingExtraError, NoDatasetError
from annotool.schema import NO_ID, Kind
from tests.dirty import accounted, picture, put, seen

TRAIN = '{"file_name": "1.jpg", "label": 1}\n\n{"file_name": "2.jpg", "label": 0}\n'
VAL = '{"file_name": "sub/3.jpg", "label": 1}'
CARD = "---\nfeatures:\n- name: label\n  dtype:\n    class_label:\n      names:\n        '0': cat\n        '1': dog\n---\n"
IMAGES = {
    "train/1.jpg": picture(20, 10, shade=1),
    "train/2.jpg": picture(20, 10, shade=2),
    "validation/sub/3.jpg": picture(20, 10, shade=3),
}


def test_labels_named_by_the_card(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"train/metadata.jsonl": TRAIN, "validation/metadata.jsonl": VAL, "README.md": CARD, **IMAGES},
    )
    data = api.read(tmp_path)
    rows, images, categories = data.table("annotations"), data.table("images"), data.table("categories")
    assert data.names_of(rows["category"]).tolist() == ["dog", "cat", "dog"]
    assert (categories["id"].tolist(), categories["name"].tolist()) == ([0, 1], ["cat", "dog"])
    assert all(images["path"])
    assert (images["file_name"].tolist(), images["width"].tolist()) == (
        ["1.jpg", "2.jpg", "sub/3.jpg"],
        [20] * 3,
    )
    assert data.image_splits.tolist() == ["train", "train", "validation"]
    assert rows["line"].tolist() == [1, 3, 1]
    assert bytes(data.source_bytes(2)[rows["start"][2] : rows["end"][2]]).decode() == VAL
    assert data.table("sources")["role"].tolist() == ["config", "labels", "labels"]
    assert data.facts["declared_categories"]
    assert "2 class names from the dataset card README.md" in data.notes
    assert accounted(data)


def test_numbers_without_a_card_are_names(tmp_path: Path) -> None:
    data = api.read(put(tmp_path, {"train/metadata.jsonl": TRAIN}), images="none")
    assert list(zip(data.table("categories")["id"].tolist(), data.labels, strict=True)) == [
        (0, "0"),
        (1, "1"),
    ]


def test_names_the_card_does_not_have(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "README.md": CARD,
            "metadata.jsonl": TRAIN
            + '{"file_name": "4.jpg", "label": "cow"}\n{"file_name": "5.jpg", "label": 7}\n',
        },
    )
    data = api.read(tmp_path, images="none")
    assert data.labels == ("cat", "dog", "7", "cow")
    assert data.table("categories")["id"].tolist() == [0, 1, NO_ID, NO_ID]


def test_objects_are_boxes(tmp_path: Path) -> None:
    text = '{"file_name": "1.jpg", "objects": {"bbox": [[1, 2, 3.5, 4], [5, 6, 7, 8]], "categories": ["cat", "dog"]}, "label": "x"}\n{"file_name": "2.jpg", "objects": {"bbox": [], "categories": []}}\n'
    data = api.read(put(tmp_path, {"metadata.jsonl": text}), images="none")
    rows = data.table("annotations")
    assert rows["kind"].tolist() == [Kind.IMAGE, Kind.BOX, Kind.BOX]
    np.testing.assert_array_equal(
        np.stack([rows[side] for side in "xywh"], axis=1)[1:], [[1, 2, 3.5, 4], [5, 6, 7, 8]]
    )
    assert len(data.table("images")) == 2


def test_csv_cells_may_hold_lists(tmp_path: Path) -> None:
    text = 'file_name,labels\n1.jpg,"[""cat"", ""dog""]"\n2.jpg,cat\n3.jpg,"[cat"\n'
    data = api.read(put(tmp_path, {"metadata.csv": text}), images="none")
    assert data.names_of(data.table("annotations")["category"]).tolist() == ["cat", "dog", "cat", "[cat"]


def test_a_split_named_by_the_folder_of_the_image(tmp_path: Path) -> None:
    text = '{"file_name": "train/1.jpg", "label": "a"}\n{"file_name": "x/2.jpg", "label": "a"}\n'
    assert api.read(put(tmp_path, {"metadata.jsonl": text}), images="none").image_splits.tolist() == [
        "train",
        "",
    ]


BAD = [
    ("{broken\n", "SCH001", "no JSON record: JSON is malformed"),
    ("[1, 2]\n", "SCH001", "no JSON object"),
    ('{"label": "cat"}\n', "SCH002", "no file_name"),
    ('{"file_name": "9.jpg", "label": {}}\n', "SCH002", "label is an object"),
    (
        '{"file_name": "9.jpg", "objects": {"bbox": [[1, 2, 3]], "categories": ["cat"]}}\n',
        "SCH002",
        "not four numbers",
    ),
]


@pytest.mark.parametrize(("line", "rule", "message"), BAD)
def test_bad_records_are_told(tmp_path: Path, line: str, rule: str, message: str) -> None:
    found = seen(put(tmp_path, {"train/metadata.jsonl": TRAIN + line, **IMAGES}))
    (row,) = found.of(rule)
    assert (row.line, message in row.message) == (4, True), row


def test_a_byte_order_mark_is_told(tmp_path: Path) -> None:
    found = seen(put(tmp_path, {"metadata.jsonl": "\ufeff" + TRAIN}), images="none")
    assert [(each.rule, each.fix) for each in found.found if each.rule.startswith("SCH001")] == [
        ("SCH001", "safe")
    ]
    assert len(found.data.table("annotations")) == 2


def test_without_metadata_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoDatasetError, match="not huggingface: no metadata"):
        api.read(put(tmp_path, {"x.txt": ""}))


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    put(tmp_path, IMAGES)
    rows = [{"file_name": "1.jpg", "label": "cat", "n": 7}, {"file_name": "2.jpg", "label": "dog", "n": 8}]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "train/metadata.parquet")
    data = api.read(tmp_path)
    assert data.names_of(data.table("annotations")["category"]).tolist() == ["cat", "dog"]
    assert all(data.table("images")["path"])
    api.audit(data)
    made = api.fix(tmp_path, out=tmp_path.parent / "out", unsafe=True)
    assert len(made.changes) == 0


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'annotool\[parquet\]'"):
        api.read(put(tmp_path, {"metadata.parquet": b"PAR1PAR1"}))


bits = st.sampled_from(
    [
        "{",
        "}",
        '"file_name"',
        ":",
        '"1.jpg"',
        ",",
        '"label"',
        "1",
        "[",
        "]",
        "\n",
        "\0",
        "é",
        '"objects"',
        "null",
    ]
)


@given(st.lists(bits, max_size=30))
@settings(max_examples=150, deadline=None)
def test_nothing_vanishes(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    root = put(tmp_path_factory.mktemp("hf"), {"metadata.jsonl": TRAIN + "".join(parts)})
    assert accounted(api.read(root, images="none"))


def test_the_folder_of_the_metadata_says_the_split_not_one_below(tmp_path: Path) -> None:
    lines = "".join(f'{{"file_name": "{name}", "label": "cat"}}\n' for name in ("val/1.jpg", "train/2.jpg"))
    below = api.read(put(tmp_path / "a", {"metadata.jsonl": lines}), images="none")
    assert below.image_splits.tolist() == ["val", "train"]
    own = api.read(put(tmp_path / "b", {"train/metadata.jsonl": lines}), images="none")
    assert own.image_splits.tolist() == ["train", "train"]


def test_it_is_split_anew_whatever_folders_its_images_lie_in(tmp_path: Path) -> None:
    held = {f"train/val/{at}.jpg": picture(20, 10, shade=at) for at in range(6)}
    lines = "".join(f'{{"file_name": "val/{at}.jpg", "label": "{"ab"[at % 2]}"}}\n' for at in range(6))
    put(tmp_path / "in", {"train/metadata.jsonl": lines, **held})
    done = api.split(tmp_path / "in", "train=.5,test=.5", tmp_path / "out")
    assert sorted(done.data.image_splits.tolist()) == ["test"] * 3 + ["train"] * 3
    assert not any("val" in name for name in done.data.table("images")["file_name"].tolist())
