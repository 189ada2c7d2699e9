from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool import api
from annotool.errors import AnnotoolError
from annotool.findings import Edits, Op
from annotool.fixes import splices
from annotool.formats.huggingface import FORMAT
from annotool.formats.huggingface.parquet import fitting, packed, unpacked
from tests.dirty import put, tree

pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")

BOX = pa.list_(pa.list_(pa.float32(), 4))
SCHEMA = pa.schema(
    [
        pa.field("file_name", pa.large_string()),
        pa.field("label", pa.dictionary(pa.int8(), pa.string())),
        pa.field("objects", pa.struct([("bbox", BOX), ("categories", pa.list_(pa.string())), ("id", pa.list_(pa.int16()))])),
        pa.field("taken", pa.timestamp("ms"), metadata={"who": "us"}),
        pa.field("count", pa.uint8(), nullable=False),
        pa.field("thumb", pa.binary()),
    ],
    metadata={"huggingface": '{"info": {}}', "own": "é"},
)  # fmt: skip
CODECS = {"file_name": "zstd", "label": "gzip", "taken": "none", "count": "brotli", "thumb": "snappy"}


def rows(labels: list[str]) -> list[dict[str, Any]]:
    boxes = {"bbox": [[1.1, 2, 3, 4], [5, 6, 7, 8]], "categories": ["mug", "box "], "id": [1, 2]}
    taken = dt.datetime(2020, 2, 3, 4, 5, 6, 7000)
    return [
        {"file_name": f"é {at}.jpg", "label": name, "objects": boxes if at % 2 else None, "taken": taken, "count": at,
         "thumb": bytes([0, 255, at])}
        for at, name in enumerate(labels)
    ]  # fmt: skip


def parquet(labels: list[str], **options: Any) -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pylist(rows(labels), schema=SCHEMA)
    pq.write_table(
        table, sink, **{"row_group_size": 2, "compression": CODECS, "use_dictionary": ["label"], **options}
    )
    return sink.getvalue()


def layout(held: bytes) -> list[Any]:
    """What pyarrow tells of a file beside its cells."""
    file = pq.ParquetFile(io.BytesIO(held))
    meta = file.metadata
    groups = [meta.row_group(at) for at in range(meta.num_row_groups)]
    chunks = [group.column(at) for group in groups for at in range(meta.num_columns)]
    told = [(each.path_in_schema, each.compression, each.physical_type, each.has_dictionary_page, each.is_stats_set,
             each.has_offset_index) for each in chunks]  # fmt: skip
    return [str(file.schema).partition("\n")[2], file.schema_arrow, file.schema_arrow.metadata, sorted(meta.metadata or {}), meta.format_version,
            [group.num_rows for group in groups], told]  # fmt: skip


def records(held: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(held)).to_pylist()
    return found


LABELS = ["cat ", "dog", "dog", "hen", "dog"]
WAYS: list[dict[str, Any]] = [
    {},
    {"version": "1.0", "write_page_index": True, "write_statistics": False},
    {"use_compliant_nested_type": False, "store_schema": False, "use_dictionary": True},
    {"version": "2.4", "row_group_size": 100, "compression": "none"},
]


@pytest.mark.parametrize("options", WAYS)
def test_only_the_cells_that_were_edited_change(options: dict[str, Any]) -> None:
    held = parquet(LABELS, **options)
    new = packed(held, unpacked(held).replace(b'"cat "', b'"cat"').replace(b"5.0, 6.0", b"5.5, 6.0", 1))
    expected = records(held)
    expected[0]["label"] = "cat"
    expected[1]["objects"]["bbox"][1][0] = 5.5
    assert records(new) == expected
    assert layout(new) == layout(held)
    assert new == packed(held, unpacked(new)), "the same cells are written as the same bytes"


def test_metadata_of_a_file_that_arrow_did_not_write_stays() -> None:
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, pa.schema([("file_name", pa.string())]), store_schema=False) as writer:
        writer.write_table(pa.table({"file_name": ["1.jpg "]}))
        writer.add_key_value_metadata({"made by": "another"})
    held = sink.getvalue()
    new = packed(held, b'{"file_name": "1.jpg"}\n')
    assert layout(new) == layout(held) and pq.read_metadata(io.BytesIO(new)).metadata == {
        b"made by": b"another"
    }


def test_a_row_whose_line_is_blank_goes() -> None:
    held = parquet(LABELS)
    lines = unpacked(held).split(b"\n")
    new = packed(held, b"\n".join([lines[0], b"", b"", b"", *lines[4:]]))
    old = records(held)
    assert records(new) == [old[0], old[4]]
    assert layout(new)[1:4] == layout(held)[1:4]


def test_what_cannot_be_written_again_is_said() -> None:
    held = parquet(LABELS)
    with pytest.raises(AnnotoolError, match="cannot be written again"):
        packed(held, unpacked(held).replace(b'"count": 1', b'"count": "many"'))
    with pytest.raises(AnnotoolError, match="would not hold the same"):
        packed(held, unpacked(held).replace(b'"count": 1', b'"count": 1.5'))


BOXES = {"bbox": [[5.5, 0, 1, 2]], "categories": ["a"], "id": [1]}


@pytest.mark.parametrize(
    ("column", "value"), [("label", "cat"), ("label", None), ("count", 7), ("objects", BOXES)]
)
def test_a_column_holds_what_is_of_its_type(column: str, value: Any) -> None:
    assert fitting(parquet(LABELS))(column, value) == value


WRONG: list[tuple[str, Any, str]] = [
    ("count", None, "count has to have a value"),
    ("count", 1.5, "would hold 1, not 1.5"),
    ("count", "hen", "count is uint8"),
    ("label", 7, "label is dictionary"),
    ("objects", {**BOXES, "bbox": [[1, 2]]}, "objects is struct"),
]


@pytest.mark.parametrize(("column", "value", "why"), WRONG)
def test_a_column_holds_nothing_else(column: str, value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        fitting(parquet(LABELS))(column, value)


def test_a_fraction_is_kept_in_the_precision_of_its_column() -> None:
    value = {"bbox": [[0.1, 0, 1, 2]], "categories": ["a"], "id": [1]}
    assert fitting(parquet(LABELS))("objects", value)["bbox"][0][0] == float(np.float32(0.1)) != 0.1


def test_a_value_that_does_not_fit_is_left_alone(tmp_path: Path) -> None:
    table = pa.table({"file_name": ["1.jpg", "2.jpg"], "label": [7, 8]})
    pq.write_table(table, tmp_path / "metadata.parquet")
    data = api.read(tmp_path, images="none")

    def renamed(name: str) -> list[Any]:
        asked = Edits.make(1, op=Op.SET, table="categories", column="name", row=0, new=[name], rule="TST001")
        return FORMAT.patch(data, asked)

    assert renamed("hen") == []


def test_numbers_that_are_none_beside_stand_in_the_way_of_nothing(tmp_path: Path) -> None:
    nan = [float("nan"), 1.5]
    table = pa.table(
        {"file_name": ["a.jpg", "b.jpg"], "label": [" cat ", "dog"], "age": nan, "sides": [nan, nan]}
    )
    (tmp_path / "in").mkdir()
    pq.write_table(table, tmp_path / "in/metadata.parquet")
    api.fix(tmp_path / "in", out=tmp_path / "out", select=["CLS005"], unsafe=True, images="none")
    made = pq.read_table(tmp_path / "out/metadata.parquet")
    assert made["label"].to_pylist() == ["cat", "dog"]
    assert str(made["age"].to_pylist() + made["sides"].to_pylist()) == "[nan, 1.5, [nan, 1.5], [nan, 1.5]]"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    put(
        tmp_path / "in",
        {"train/metadata.parquet": parquet(LABELS), "validation/metadata.parquet": parquet(["dog"])},
    )
    return tmp_path / "in"


def test_a_fix_changes_the_file_and_is_undone_and_applied_byte_for_byte(given: Path) -> None:
    before, out = tree(given), given.parent / "out"
    made = api.fix(given, out=out, images="none", select=["CLS005"])
    new = tree(out)
    assert [each["label"] for each in records(new["train/metadata.parquet"])] == ["cat", *LABELS[1:]]
    assert records(new["train/metadata.parquet"])[1]["objects"]["categories"] == ["mug", "box"]
    assert layout(new["train/metadata.parquet"]) == layout(before["train/metadata.parquet"])
    assert new["validation/metadata.parquet"] == before["validation/metadata.parquet"]
    assert made.changes["line"].tolist() == [1, 2, 4]
    api.apply(out / "fixes.jsonl", given, out=given.parent / "anew", images="none")
    assert tree(given.parent / "anew") == new
    api.undo(out / "fixes.jsonl")
    assert {name: held for name, held in tree(out).items() if name != "fixes.jsonl"} == before
    assert tree(given) == before


def test_in_place_and_back(given: Path) -> None:
    before = tree(given)
    made = api.fix(given, in_place=True, images="none", select=["CLS005"])
    assert made.journal is not None
    assert not len(api.fix(given, images="none", select=["CLS005"]).changes)
    api.undo(made.journal)
    assert {name: held for name, held in tree(given).items() if name != "fixes.jsonl"} == before


def test_dropped_rows_leave_the_others_as_they_were(tmp_path: Path) -> None:
    """All but one row's images are there: its record goes, in a later round others are mended."""
    put(tmp_path / "in", {"metadata.parquet": parquet(LABELS), **{f"é {at}.jpg": b"" for at in (1, 2, 3, 4)}})
    made = api.fix(tmp_path / "in", out=tmp_path / "out", unsafe=True, select=["SCH010", "CLS005"])
    assert set(made.changes["rule"].tolist()) == {"SCH010", "CLS005"}
    held = (tmp_path / "out/metadata.parquet").read_bytes()
    expected = records(parquet(LABELS))[1:]
    for at in (0, 2):
        expected[at]["objects"]["categories"][1] = "box"
    assert records(held) == expected


def test_splices_of_a_text_never_touch_the_file(given: Path) -> None:
    data = api.read(given, images="none")
    found = splices.table(data, [])
    assert not len(found) and bytes(data.file_bytes(0)) == (given / "train/metadata.parquet").read_bytes()
    assert bytes(data.source_bytes(0)[:1]) == b"{"
