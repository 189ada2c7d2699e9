"""Nothing is lost, whatever stands in the files: records read = rows + problems whose record is in no table."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.base import ReadOptions
from annotool.formats.voc.read import read
from tests.formats.voc.build import accounted, box, put, xml

FLAGS = "\t\t<truncated>1</truncated>\n\t\t<difficult>Unspecified</difficult>\n"
WHOLE = [
    xml(box(1, 2, 30, 40), box(0, 0, 100, 80, flags=FLAGS), box("nan", "x", 1, "")),
    xml(box(1, 2, 30, 40, name="кот")).replace("\n", "\r\n"),
    "\ufeff" + xml(box(5, 5, 9, 9, more="<part><bndbox/></part>"), box(1, 1, 2, 2).replace("bndbox", "box")),
    xml(), "", "<annotation/>", "<!DOCTYPE a [<!ENTITY e 'x'>]><annotation><object><name>&e;</name></object></annotation>",
    "version https://git-lfs.github.com/spec/v1\n",
]  # fmt: skip
PIECES = ["<object>", "</object>", "<object/>", "<bndbox>", "</annotation>", "<xmin>1e999</xmin>", "&", "&x;", "<!--", "]]>", "<![CDATA[",
          "\x00", "<?xml version='1.0' encoding='utf-16'?>", "<!DOCTYPE a>", "\r", "\ufeff", "<name>", "NaN", "é"]  # fmt: skip
LISTS = ["a\nb\n", "a\na\nghost\n", "a 1\nb -1\n", "\x00\n", "", "\ufeffa\r\nb", "../../a\n"]

cut = st.tuples(st.integers(0, 1200), st.integers(0, 200), st.sampled_from(["", *PIECES]))
document = st.tuples(st.sampled_from(WHOLE), st.lists(cut, max_size=3))


def mangled(whole: str, cuts: list[tuple[int, int, str]]) -> bytes:
    raw = whole.encode()
    for at, length, piece in cuts:
        raw = raw[:at] + piece.encode() + raw[at + length :]
    return raw


def consistent(root: Path, files: dict[str, bytes], **options: Any) -> None:
    put(root, files)
    data = read(root, ReadOptions(**options))
    assert accounted(data)
    assert {name: (root / name).read_bytes() for name in files} == files
    rows, images, sources = data.table("annotations"), data.table("images"), data.table("sources")
    assert len(images) >= sum(name.endswith(".xml") for name in files)
    assert ((rows["image"] >= 0) & (rows["image"] < len(images))).all()
    assert (np.diff(rows["source"]) >= 0).all()
    spans = [
        (int(s), int(a), int(b))
        for s, a, b in zip(rows["source"], rows["start"], rows["end"], strict=True)
        if a >= 0
    ]
    for source, start, end in spans:
        record = bytes(data.source_bytes(source)[start:end])
        assert record.startswith(b"<object")
        assert record.endswith(b">")
    for part in data.problems.blocks:
        assert all(part.text(row) for row in range(len(part)))
        known = part.columns["annotation"]
        assert (known < len(rows)).all()
    lengths = sources["end"] - sources["start"]
    place = data.problems.column("source")
    assert (data.problems.column("end") <= np.append(lengths, 1 << 40)[place]).all()


@given(st.lists(document, min_size=1, max_size=4), st.lists(st.sampled_from(LISTS), max_size=2),
       st.sampled_from(["auto", "0-exclusive"]))  # fmt: skip
def test_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, documents: list[Any], lists: list[str], base: str
) -> None:
    files = {f"Annotations/{name}.xml": mangled(*each) for name, each in zip("abcd", documents, strict=False)}
    files |= {
        f"ImageSets/Main/{name}.txt": text.encode()
        for name, text in zip(("train", "val"), lists, strict=False)
    }
    consistent(tmp_path_factory.mktemp("voc"), {**files, "JPEGImages/a.png": b""}, voc_base=base)


@given(st.binary(max_size=300), st.binary(max_size=60), st.binary(max_size=60))
def test_junk_is_no_exception(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, lines: bytes, names: bytes
) -> None:
    files = {"Annotations/a.xml": junk, "Annotations/b.xml": xml(box(1, 1, 2, 2)).encode(), "ImageSets/Main/train.txt": lines,
             "labels.txt": names, "annotool-names.csv": names, "JPEGImages/a.png": b""}  # fmt: skip
    consistent(tmp_path_factory.mktemp("voc"), files)


@given(document, st.integers(0, 2000))
def test_a_file_cut_short_keeps_what_came_before(
    tmp_path_factory: pytest.TempPathFactory, whole: Any, length: int
) -> None:
    raw = mangled(*whole)
    root = put(tmp_path_factory.mktemp("voc"), {"Annotations/a.xml": raw[:length], "JPEGImages/a.png": b""})
    consistent(root, {"Annotations/a.xml": raw[:length]})
