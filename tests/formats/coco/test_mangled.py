"""Nothing is lost: whatever stands in a file, every record is a row or a problem that says it could not be kept."""

import io
import json
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from annotool.dataset import Dataset
from annotool.findings import Edits, Fix, Op
from annotool.fixes.splices import replaced, table
from annotool.formats.base import ReadOptions, WriteOptions
from annotool.formats.coco import FORMAT
from annotool.formats.coco.document import parse
from annotool.formats.coco.tables import build
from annotool.schema import Kind
from tests.formats.coco.build import annotation, category, document, image, kept, lines, lost

RLE = {"counts": [10, 20, 30, 40], "size": [10, 10]}
CONTENT = document(
    [image(1), image(2, license=3), image(3, coco_url="http://a/val/3.jpg")],
    [
        annotation(1),
        annotation(2, segmentation=[]),
        annotation(3, segmentation=RLE, iscrowd=1),
        annotation(4, keypoints=[1, 2, 2, 0, 0, 0], num_keypoints=1),
        annotation(5, attributes={"occluded": True}, note='a "quoted" }, { text'),
        annotation(6, bbox=...),
        annotation(7),
    ],
    [category(1), category(2, "Дом", keypoints=["a"])],
    info={"year": 2026},
)
TEXTS = (
    lines(CONTENT),
    json.dumps(CONTENT).encode(),
    json.dumps(CONTENT, indent=1).replace("\n", "\r\n").encode(),
    json.dumps(CONTENT, separators=(",", ":")).encode(),
)
RECORDS = 12
JUNK = [
    *(
        b'{ } [ ] , : " \\ } ,{ ]} }, nul 1e999 - NaN Infinity \xff \x00 \xef\xbb\xbf "id":1, "2" \\u00 ].'
    ).split(),
    b"",
    b"[[1,2],",
    b'"annotations": [',
    b"9" * 30,
]
changes = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(JUNK) | st.binary(max_size=4)), max_size=5
)


def mangled(held: bytes, asked: list[tuple[float, int, bytes]]) -> bytes:
    for place, length, new in asked:
        at = int(place * len(held))
        held = held[:at] + new + held[at + length :]
    return held


def read(held: bytes, folder: str) -> tuple[Dataset, Path]:
    path = Path(folder) / "instances_train.json"
    path.write_bytes(held)
    return FORMAT.read(path, ReadOptions(images="none")), path


@given(st.sampled_from(TEXTS), changes)
@settings(max_examples=600)
@example(TEXTS[0], [(0.31640625, 36, b"{")])
@example(b"", [])
@example(b"null", [])
@example(b"[", [])
@example(b"{", [])
@example(b'{"images"', [])
@example(b'{"images": [', [])
@example(b'{"annotations": [{"id": 1}, {"id": 2', [])
def test_every_record_is_a_row_or_a_problem(text: bytes, asked: list[tuple[float, int, bytes]]) -> None:
    held = mangled(text, asked)
    with tempfile.TemporaryDirectory() as folder:
        data, path = read(held, folder)
        assert path.read_bytes() == held
        assert int(data.table("sources")["records"].sum()) == kept(data) + lost(data)
        assert int(data.table("sources")["records"].sum()) == parse(held).records
        usable(data)
        writes(data, Path(folder) / "out")
        mends(data)


def usable(data: Dataset) -> None:
    """All that is derived can be had, and row keys lead somewhere."""
    rows = data.table("annotations")
    assert len(data.rings) >= 0
    assert len(data.boxes.xywh) == len(rows)
    decoder = data.decoders["coco"]
    every = np.arange(len(rows))
    assert decoder.rle is not None
    assert decoder.keypoints is not None
    masks, points = decoder.rle(data, every), decoder.keypoints(data, every).each()
    assert len(masks) == len(points) == len(rows)
    assert (rows["image"] < len(data.table("images"))).all()
    assert (rows["category"] < len(data.table("categories"))).all()
    assert set(rows["kind"].tolist()) <= set(map(int, Kind))
    for part in data.problems.blocks:
        for row in range(len(part)):
            json.dumps([part.text(row), part.row_values(row)])
        assert (part.columns["line"] >= 0).all()
        assert (part.columns["end"] <= len(data.buffers[0])).all()


def writes(data: Dataset, out: Path) -> None:
    """What can be written is, pycocotools loads it, and what cannot is named."""
    out.mkdir()
    written = FORMAT.write(data, out, WriteOptions())
    assert written.annotations + len(written.skipped) == len(data.table("annotations"))
    with redirect_stdout(io.StringIO()):
        loaded = [COCO(out / name) for name in written.files]
    assert sum(len(each.dataset["annotations"]) for each in loaded) == written.annotations
    assert not any(
        np.isnan(each["bbox"]).any()
        for one in loaded
        for each in one.dataset["annotations"]
        if "bbox" in each
    )


def mends(data: Dataset) -> None:
    """Fixes offered change the bytes they name, apart from each other; a few rounds of them leave none to make."""
    for _ in range(10):
        edits = safe_edits(data)
        changed = replaced(data, table(data, FORMAT.patch(data, edits)))
        if not changed:
            assert not len(edits)
            return
        (text,) = changed.values()
        assert text is not None
        records = int(data.table("sources")["records"][0])
        data = build(parse(text), "again.json", "")
        assert int(data.table("sources")["records"][0]) >= records - len(edits)
    raise AssertionError(f"still to mend: {safe_edits(data)['new'].tolist()}")


def safe_edits(data: Dataset) -> Edits:
    parts = []
    for part in data.problems.blocks:
        rows = np.flatnonzero(part.columns["fix"] == Fix.SAFE)
        columns = part.columns.take(rows)
        if len(rows):
            made = Edits.make(
                len(rows),
                op=Op.BYTES,
                table="sources",
                row=columns["source"],
                new=part.values["new"][rows],
                start=columns["start"],
                end=columns["end"],
            )
            parts.append(made)
    return Edits.concat(parts)


def test_the_whole_is_sound() -> None:
    for text in TEXTS:
        with tempfile.TemporaryDirectory() as folder:
            data, _ = read(text, folder)
            assert kept(data) == RECORDS
            assert not len(data.problems)
