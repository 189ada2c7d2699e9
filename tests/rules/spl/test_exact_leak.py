import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Op
from annotool.rules.spl.exact_leak import ExactLeak
from annotool.table import Array
from annotool.testing import check_rule, tiny


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Five files: 0 and 3 have the same bytes, 4 the same pixels as 1, all are of one size in bytes but 4."""
    names = [str(tmp_path / f"{number}.bmp") for number in range(5)]
    for number in range(3):
        Image.new("RGB", (8, 6), (number, 2 * number, 90)).save(names[number])
    Path(names[3]).write_bytes(Path(names[0]).read_bytes())
    Image.open(names[1]).save(names[4], "PNG")
    return names


def dataset(paths: list[str], splits: dict[str, list[int]], **more: Any) -> Dataset:
    """Train and val files as of COCO: image rows are of the first file, the last two of the second."""
    two = [{"file": "train.json"}, {"file": "val.json"}]
    rows = [
        {"path": path, "file_name": Path(path).name, "source": int(at > 2)} for at, path in enumerate(paths)
    ]
    return tiny(rows, [{"image": at} for at in range(len(rows))], splits=splits, sources=two, **more)


def test_files_of_the_same_bytes(pictures: list[str]) -> None:
    check_rule(
        ExactLeak,
        valid=[
            dataset(pictures, {"train": [0, 1, 2, 3], "val": [4]}),  # twins within a split are another rule's
            dataset(pictures, {"train": [0, 1, 2]}),
            dataset(pictures, {"train": [0, 1, 2], "val": [3, 4]}, images_checked="none"),
        ],
        invalid=[
            (
                dataset(pictures, {"val": [3, 4], "train": [0, 1, 2]}),
                [{"image": 3, "source": 1, "fix": Fix.UNSAFE,
                  "message": "3.bmp of val has the same bytes as 0.bmp of train"}],
            ),
            (dataset(pictures, {"val": [0, 1], "test": [3]}), [{"image": 3, "fix": Fix.NONE}]),
            (
                dataset(pictures, {"train": [0, 1, 2], "val": [3, 4]}, images_checked="decode"),
                [{"image": 3, "values": {"basis": "has the same pixels"}}, {"image": 4, "values": {"partner": "1.bmp"}}],
            ),
        ],
    )  # fmt: skip


def test_only_files_that_may_be_equal_are_read(pictures: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def no_two_alike(paths: list[str], sizes: Array) -> Array:
        read.extend(paths)
        return np.full(len(sizes), -1)

    monkeypatch.setattr("annotool.imagefile.same_content", no_two_alike)
    ExactLeak().check(dataset(pictures, {"train": [1, 2], "val": [4]}))
    assert read == []
    ExactLeak().check(dataset(pictures, {"train": [0, 4], "val": [2]}))
    assert [Path(path).name for path in read] == ["0.bmp", "2.bmp"]


def test_one_path_in_two_files(pictures: list[str]) -> None:
    twice = [*pictures[:4], pictures[2]]
    check_rule(
        ExactLeak,
        invalid=[
            (dataset(twice, {"train": [1, 2], "val": [3, 4]}),
             [{"image": 4, "source": 1, "values": {"basis": "is the same file"}, "fix": Fix.UNSAFE}]),
        ],
    )  # fmt: skip


def listed(data: Dataset, lines: list[int], lists: tuple[int, ...], sources: tuple[int, ...]) -> Dataset:
    """The dataset with its splits named in files: `lines` and `sources` a row of `splits`; `lists` are the lists."""
    roles = data.table("sources")["role"].copy()
    roles[list(lists)] = "split"
    tables = {
        **data.tables,
        "splits": data.table("splits").with_columns(line=ints(lines), source=ints(sources)),
        "sources": data.table("sources").with_columns(role=roles),
    }
    return Dataset(tables, buffers=data.buffers, paths=data.paths)


def ints(values: Any) -> Any:
    return np.array(values, dtype=np.int32)


def test_an_image_in_two_lists_leaves_the_list_of_train() -> None:
    data = tiny(3, splits={"train": [0, 1], "val": [2, 1]})
    data = listed(data, [1, 2, 1, 2], (0,), (0, 0, 0, 0))
    check_rule(
        ExactLeak,
        invalid=[(data, [{"image": 1, "line": 2, "start": -1, "fix": Fix.UNSAFE,
                          "message": "1.jpg of val is the same file as 1.jpg of train"}])],
    )  # fmt: skip
    edits = ExactLeak().fix(data, ExactLeak().check(data))
    assert edits["op"].tolist() == [Op.BYTES]
    text = bytes(data.source_bytes(0))
    assert text[int(edits["start"][0]) : int(edits["end"][0])] == text.splitlines(keepends=True)[1]


def test_a_record_of_train_goes(pictures: list[str]) -> None:
    data = dataset(pictures, {"train": [0, 1, 2], "val": [3, 4]})
    edits = ExactLeak().fix(data, ExactLeak().check(data))
    dropped = {
        (table, int(row), Op(op))
        for table, row, op in zip(edits["table"], edits["row"], edits["op"], strict=True)
    }
    assert dropped == {("images", 0, Op.DROP)}


def test_an_image_in_two_splits_without_lists_cannot_leave_one() -> None:
    data = tiny(3, splits={"train": [0, 1], "val": [1, 2]})
    check_rule(ExactLeak, invalid=[(data, [{"image": 1, "fix": Fix.NONE}])])
    of_yaml = listed(
        data, [3, 3, 4, 4], (), (0, 0, 0, 0)
    )  # two folders that share a file: a yaml's line is no list
    own = int(data.table("images")["line"][1])
    check_rule(ExactLeak, invalid=[(of_yaml, [{"image": 1, "line": own, "fix": Fix.NONE}])])


def test_the_same_split_twice_is_one_finding() -> None:
    data = tiny(3, splits={"train": [0, 1, 2], "val": [2, 1, 0], "test": [0, 1, 2]})
    message = "val and train are the same 3 images"
    two = listed(tiny(3, splits={"train": [0, 1, 2], "val": [0, 1, 2]}), [1, 1, 1, 2, 2, 2], (), (0,) * 6)
    check_rule(
        ExactLeak,
        invalid=[
            (two, [{"image": -1, "source": 0, "line": 2, "fix": Fix.NONE, "message": message}]),
            (data, [{"values": {"partner_split": "train"}}, {"values": {"partner_split": "train"}}]),
        ],
    )


def test_one_file_given_for_two_splits_is_one_finding_without_images(tmp_path: Path) -> None:
    images = [{"id": at, "file_name": f"{at}.jpg", "width": 100, "height": 100} for at in (1, 2)]
    text = json.dumps({"images": images, "annotations": [], "categories": [{"id": 1, "name": "cat"}]})
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(text)
    (found,) = annotool.audit(
        [f"train={tmp_path}/a.json", f"val={tmp_path}/a.json"], select=["SPL001"]
    ).blocks
    assert found.message == "{split} and {partner_split} are the same {images:,} images"
    # The same names in two files: each split has a folder of its own, where names may repeat.
    assert not len(annotool.audit([f"train={tmp_path}/a.json", f"val={tmp_path}/b.json"], select=["SPL001"]))


def test_what_cannot_be_compared_is_said(pictures: list[str]) -> None:
    rule = ExactLeak()
    assert rule.unable(tiny(2)) == "fewer than two splits"
    told = "no image files: only names in the splits' lists were compared"
    assert rule.unable(tiny(2, splits={"train": [0], "val": [1]})) == told
    assert rule.unable(dataset(pictures, {"train": [0], "val": [3]})) == ""
