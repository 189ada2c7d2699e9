from pathlib import Path

import annotool
from annotool.findings import Edits, Op
from annotool.formats.sidefile import records, side_splices
from annotool.formats.yolo.sizes import read_side
from annotool.testing import tiny

HELD = b'stem,file_name,width,height\r\na,x/a.jpg,10,20\r\nb,"b,""1"".jpg",,\r\nc,"c\n.jpg",5,5\r\nd,d.jpg,1,2\r\ne,d.jpg,3,4'
NAMES = ["x/a.jpg", 'b,"1".jpg', "c\n.jpg", "d.jpg", "none.jpg"]


def after(edits: Edits) -> bytes:
    sources = [{"file": "annotool-names.csv", "role": "config", "buffer": 0, "start": 0, "end": len(HELD)}]
    data = tiny([{"file_name": name} for name in NAMES], sources=sources, format_name="yolo")
    data = type(data)(data.tables, buffers=(HELD,))
    held = HELD
    for each in sorted(side_splices(data, edits, "yolo"), reverse=True):
        held = held[: each.start] + (each.new or b"") + held[each.end :]
    assert not list(side_splices(data, edits, "voc"))
    return held


def test_records_and_their_bytes() -> None:
    found = list(records(HELD))
    assert b"".join(HELD[start:end] for start, end, _ in found) == HELD
    assert [fields[1] for _, _, fields in found] == ["file_name", *NAMES[:4], "d.jpg"]


def test_a_renamed_image() -> None:
    new = after(Edits.make(2, table="images", column="file_name", row=[0, 2], new=['y,"z".jpg', "c.jpg"]))
    assert new == HELD.replace(b"x/a.jpg", b'"y,""z"".jpg"').replace(b'"c\n.jpg"', b"c.jpg")
    assert read_side(new)["a"].file_name == 'y,"z".jpg'


def test_dropped_resized_and_unknown_images() -> None:
    new = after(Edits.make(1, op=Op.DROP, table="images", row=1))
    assert list(read_side(new)) == ["a", "c", "d", "e"]
    assert read_side(after(Edits.make(1, table="images", column="width", row=0, new=[12.0])))["a"].size == (
        12,
        20,
    )
    two = Edits.make(2, op=Op.DROP, table="images", row=[3, 4])  # d.jpg stands twice, none.jpg nowhere
    assert after(two) == HELD
    assert after(Edits.make(1, table="annotations", column="category", row=0, new=[1])) == HELD


def test_a_converted_dataset_keeps_its_side_file_right(tmp_path: Path, sample_data: Path) -> None:
    """An image that leaves a written YOLO dataset leaves the side file too."""
    annotool.convert(sample_data / "coco", to="yolo", out=tmp_path / "yolo")
    side = tmp_path / "yolo" / "annotool-names.csv"
    data = annotool.read(tmp_path / "yolo")
    before = read_side(side.read_bytes())
    (splice,) = side_splices(data, Edits.make(1, op=Op.DROP, table="images", row=3), "yolo")
    held = side.read_bytes()
    left = read_side(held[: splice.start] + held[splice.end :])
    assert before.keys() - left.keys() == {
        stem for stem, each in before.items() if each.file_name == data.table("images")["file_name"][3]
    }
