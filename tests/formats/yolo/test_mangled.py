"""Nothing is lost: whatever stands in the files, every line is a row or a problem that says it could not be kept."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.errors import NoDatasetError
from annotool.findings import Edits, Op
from annotool.fixes.splices import replaced, table
from annotool.formats.base import WriteOptions
from annotool.formats.yolo import FORMAT
from annotool.schema import Kind
from tests.formats.yolo.build import codes, png, put, read

YAML = b"path: .\ntrain: images/train\nval: images/val\nnc: 2\nnames: [cat, 'traffic light']\n"
LABELS = (
    b"0 0.5 0.5 0.2 0.4\r\n1 0.25 0.25 0.125 0.1\r\n",
    b"0 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.32\n\n1 2e-01 .5 .1 .1\n",
    b"cat,0.5,0.5,0.1,0.1\n0.0 -0.1 nan 0.1 0.1\n0 .5 .5 .1 .1 .9",
)
JUNK = [
    b"",
    b"nan",
    b"-1",
    b",",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0",
    b"traffic light",
    b"1e999",
    b"\r",
    b"\n",
    b" 7 ",
    b"\xe4",
    b"]",
    b"!!python/x",
]

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(JUNK) | st.binary(max_size=4)), max_size=4
)


def mangled(held: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for place, length, new in changes:
        at = int(place * len(held))
        held = held[:at] + new + held[at + length :]
    return held


def lines(held: bytes) -> int:
    """Records of a label file: its lines that are not blank; one, if it is no text."""
    if b"\0" in held or held.startswith((b"\xff\xfe", b"\xfe\xff")):
        return 1
    return sum(bool(line.strip()) for line in re.split(rb"\r\n|\n|\r", held.removeprefix(b"\xef\xbb\xbf")))


def hold(data: Dataset, root: Path) -> None:
    """The invariants of a Dataset that was read."""
    sources, rows, problems = data.table("sources"), data.table("annotations"), data.problems
    kept = np.bincount(rows["source"], minlength=len(sources))
    lost = np.bincount(problems.column("source")[~problems.column("kept")], minlength=len(sources))
    for at, (file, role) in enumerate(zip(sources["file"].tolist(), sources["role"].tolist(), strict=True)):
        held = (root / file).read_bytes()
        assert bytes(data.source_bytes(at)) == held
        if role == "labels":
            assert sources["records"][at] == kept[at] + lost[at] == lines(held), file
    for source, start, end in zip(*(rows[name].tolist() for name in ("source", "start", "end")), strict=True):
        record = bytes(data.source_bytes(source)[start:end])
        assert record == record.strip() != b""
    messages = [part.text(row) for part in problems.blocks for row in range(len(part))]
    assert all(messages)
    bad = np.isnan(rows["xn"]) | np.isnan(rows["hn"])
    assert set(np.flatnonzero(bad).tolist()) <= set(problems.column("annotation").tolist()), (
        "no NaN without a finding"
    )


@settings(max_examples=300)
@given(st.tuples(edits, edits, edits), edits, st.sampled_from([None, "none"]))
def test_a_dataset_with_mangled_files(
    tmp_path_factory: pytest.TempPathFactory,
    changes: tuple[list[tuple[float, int, bytes]], ...],
    of_yaml: list[tuple[float, int, bytes]],
    images: str | None,
) -> None:
    root = tmp_path_factory.mktemp("mangled")
    names = ("train/a", "train/b", "val/c")
    files: dict[str, str | bytes] = {"data.yaml": mangled(YAML, of_yaml), "images/train/a.png": png()}
    files |= {
        f"labels/{name}.txt": mangled(held, own)
        for name, held, own in zip(names, LABELS, changes, strict=True)
    }
    put(root, files)
    try:
        data = read(root, images=images)
    except NoDatasetError:
        assert of_yaml or any(changes)
        return
    hold(data, root)
    assert {name: (root / name).read_bytes() for name in files} == files, "the input is as it was"
    for options in (WriteOptions(), WriteOptions(task="segment", crowd="keep")):
        out = tmp_path_factory.mktemp("out")
        told = FORMAT.write(data, out, options)
        assert told.annotations + len(told.skipped) == len(data.table("annotations"))
        assert told.images == len(data.table("images"))


@settings(max_examples=150)
@given(edits, st.lists(st.integers(0, 5), max_size=3), st.tuples(*[st.floats(-50, 200)] * 4))
def test_a_patch_leaves_all_other_rows(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[float, int, bytes]],
    dropped: list[int],
    box: tuple[float, float, float, float],
) -> None:
    root = tmp_path_factory.mktemp("patched")
    held = mangled(LABELS[0] * 2, changes)
    put(root, {"data.yaml": YAML, "labels/train/a.txt": held, "images/train/a.png": png()})
    data = read(root)
    rows = data.table("annotations")
    gone = sorted({row for row in dropped if row < len(rows)})
    stay = [row for row in range(len(rows)) if row not in gone]
    asked = [Edits.make(len(gone), op=Op.DROP, table="annotations", row=gone)]
    if stay:
        asked.append(Edits.make(1, table="annotations", column="bbox", row=stay[0], new=[box]))
    new = replaced(data, table(data, FORMAT.patch(data, Edits.concat(asked))))
    files = data.table("sources")["file"]
    put(root, {files[source]: text or b"" for source, text in new.items()})
    again = read(root).table("annotations")
    assert len(again) == len(stay)
    for name in ("xn", "yn", "wn", "hn", "category_id", "kind"):
        np.testing.assert_array_equal(rows[name][stay[1:]], again[name][1:], err_msg=name)
    if stay and rows["kind"][stay[0]] == Kind.BOX and "FMT002" not in codes(data):
        np.testing.assert_allclose([again[name][0] for name in "xywh"], box, atol=1e-6)


OF_CVAT = {
    "obj.data": b"classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\n",
    "obj.names": b"cat\ntraffic light\n",
    "train.txt": b"data/obj_train_data/a.png\r\n./obj_train_data/b.png\n",
    "valid.txt": b"data/obj_valid_data/c.png",
    "annotool-names.csv": b"stem,file_name,width,height\nobj_train_data/b,x/y.png,64,32\n",
    "notes.json": b'{"categories": [{"id": 0, "name": "cat"}]}',
}


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(sorted(OF_CVAT)), edits, min_size=1, max_size=3), edits)
def test_a_dataset_with_mangled_lists(
    tmp_path_factory: pytest.TempPathFactory,
    changes: dict[str, list[tuple[float, int, bytes]]],
    of_label: list[tuple[float, int, bytes]],
) -> None:
    root = tmp_path_factory.mktemp("mangled")
    files: dict[str, str | bytes] = {
        name: mangled(held, changes.get(name, [])) for name, held in OF_CVAT.items()
    }
    files |= {"obj_train_data/a.txt": mangled(LABELS[2], of_label), "obj_train_data/a.png": png()}
    files |= {"obj_train_data/b.txt": LABELS[1], "obj_valid_data/c.txt": LABELS[0]}
    put(root, files)
    try:
        data = read(root)
    except NoDatasetError:
        assert "obj.data" in changes
        return
    hold(data, root)
    assert {name: (root / name).read_bytes() for name in files} == files, "the input is as it was"
    if not len(data.table("images")):  # lists of nothing: there is no dataset to write
        return
    out = tmp_path_factory.mktemp("out")
    FORMAT.write(data, out, WriteOptions())
    assert len(read(out).table("images")) == len(data.table("images"))
