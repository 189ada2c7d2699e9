from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.dataset import Dataset, concat
from annotool.findings import Edits, Op
from annotool.formats.base import Splice
from annotool.formats.voc.corners import BASES
from annotool.formats.voc.patch import patch
from tests.formats.voc.build import PNG, box, found, load, put, xml, xywh

ODD = (
    "<?xml version='1.0' encoding='utf-8'?>\r\n<!-- by hand --><annotation verified=\"yes\">\r\n"
    "  <filename> a.png </filename>\r\n  <size><depth>3</depth><height>80</height>\r\n    <width>0</width></size>\r\n"
    "\t<object><bndbox>\r\n<ymin> 2 </ymin><xmin>1.50</xmin><ymax>40</ymax><xmax>30</xmax></bndbox>\t<name>cat</name>"
    "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>\r\n\r\n"
    '  <object id="1>0"><name><![CDATA[dog]]></name><difficult>0.0</difficult><occluded/>\r\n'
    "<bndbox><xmin>3</xmin><ymin>4</ymin><xmax>5</xmax><ymax>6</ymax></bndbox></object> tail</annotation>\r\n"
)
DEVKIT: dict[str, str | bytes] = {
    "Annotations/a.xml": ODD, "Annotations/b.xml": xml(box(1, 1, 9, 9), filename="b.png"), "JPEGImages/a.png": PNG,
    "JPEGImages/b.png": PNG, "ImageSets/Main/train.txt": "a\r\nb\r\n", "ImageSets/Main/val.txt": "a\n", "ImageSets/Main/cat_train.txt": "a 1\nb -1\n",
    "ImageSets/Main/trainval.txt": "b\na\n", "labels.txt": "cat\ndog\nzebra\n",
}  # fmt: skip


def spliced(data: Dataset, splices: list[Splice]) -> dict[str, bytes | None]:
    """The files that change, by name."""
    files: dict[str, bytes | None] = {}
    names = data.table("sources")["file"]
    for source in sorted({each.source for each in splices}):
        own = sorted((each for each in splices if each.source == source), key=lambda each: each[1:3])
        held, at, out = bytes(data.source_bytes(source)), 0, b""
        for each in own:
            if each.new is None:
                files[names[source]] = None
                break
            assert at <= each.start <= each.end <= len(held)
            out += held[at : each.start] + each.new
            at = each.end
        else:
            files[names[source]] = out + held[at:]
    return files


def edited(data: Dataset, *edits: Edits) -> dict[str, bytes | None]:
    return spliced(data, patch(data, Edits.concat(edits)))


def setting(table: str, row: int, column: str, new: Any) -> Edits:
    return Edits.make(1, table=table, row=row, column=column, new=[new])


def dropping(table: str, row: int) -> Edits:
    return Edits.make(1, op=Op.DROP, table=table, row=row)


def reread(data: Dataset, root: Path, *edits: Edits, **options: Any) -> Dataset:
    overlay = {root / name: content for name, content in edited(data, *edits).items()}
    return load(root, overlay=overlay, **options)


# edit of the first file, what stood there, what stands there now; nothing else changes
IN_ODD: list[tuple[Edits, str, str]] = [
    (setting("annotations", 0, "bbox", (0.5, 1.0, 29.5, 39.0)), "", ""),
    (setting("annotations", 0, "bbox", (0.5, 0.0, 29.5, 39.0)), "<ymin> 2 </ymin><xmin>1.50</xmin><ymax>40</ymax>",
     "<ymin> 1 </ymin><xmin>1.50</xmin><ymax>39</ymax>"),
    (setting("annotations", 0, "bbox", (0.25, 1.0, 29.75, 39.0)), "<xmin>1.50<", "<xmin>1.25<"),
    (setting("annotations", 0, "category", 1), "<name>cat</name>", "<name>dog</name>"),
    (setting("annotations", 1, "category", "a<&b"), "<![CDATA[dog]]>", "a&lt;&amp;b"),
    (setting("annotations", 1, "difficult", 0), "<difficult>0.0<", "<difficult>0<"),
    (setting("annotations", 1, "occluded", 1), "<occluded/>", "<occluded>1</occluded>"),
    (setting("annotations", 0, "truncated", 0), "</part></object>", "</part><truncated>0</truncated></object>"),
    (setting("images", 0, "width", 640.0), "<width>0<", "<width>640<"),
    (setting("images", 0, "height", 80.5), "<height>80<", "<height>80.5<"),
    (setting("images", 0, "file_name", "x & y.png"), " a.png ", " x &amp; y.png "),
    (dropping("annotations", 0), ODD[ODD.index("\r\n\t<object>") : ODD.index("\r\n\r\n  <object ")], ""),
    (dropping("annotations", 1), ODD[ODD.index("\r\n\r\n  <object ") : ODD.index(" tail")], ""),
    (setting("annotations", 0, "unheard_of", 1), "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "old", "new"), IN_ODD)
def test_only_the_bytes_of_the_value_change(tmp_path: Path, edit: Edits, old: str, new: str) -> None:
    data = load(put(tmp_path, DEVKIT))
    expected = {"Annotations/a.xml": ODD.replace(old, new, 1).encode()} if old else {}
    assert edited(data, edit) == expected
    assert {rule for rule, _, _ in found(reread(data, tmp_path, edit))} <= {"SCH002"}  # what ODD already has


def test_dropping_all_objects_leaves_a_well_formed_file(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    after = reread(data, tmp_path, *(dropping("annotations", row) for row in range(3)))
    assert (len(after.table("annotations")), found(after)) == (0, [])
    held = bytes(after.source_bytes(1)).decode()
    assert held == xml(filename="b.png")


def test_several_edits_of_one_file(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    after = reread(data, tmp_path, setting("annotations", 1, "bbox", (7, 8, 9, 10)), setting("images", 0, "width", 100),
                   dropping("annotations", 0), setting("annotations", 1, "category", 2))  # fmt: skip
    assert xywh(after) == [(7, 8, 9, 10), (0, 0, 9, 9)]
    assert after.names_of(after.table("annotations")["category"]).tolist() == ["zebra", "cat"]
    assert after.table("images")["width"].tolist() == [100, 100]


def test_missing_elements_are_added_in_the_style_of_the_file(tmp_path: Path) -> None:
    bare = (
        "<annotation>\n  <folder/>\n  <object>\n    <name>cat</name>\n  </object>\n  <object/>\n</annotation>"
    )
    data = load(put(tmp_path, {"a.xml": bare, "b.xml": "<annotation/>"}))
    edits = [setting("images", 0, "width", 640), setting("images", 0, "height", 480), setting("images", 0, "file_name", "a.png"),
             setting("annotations", 0, "bbox", (0, 1, 2, 3)), setting("annotations", 1, "category", "dog"),
             setting("images", 1, "height", 7), setting("images", 1, "width", 8)]  # fmt: skip
    assert edited(data, *edits) == {
        "a.xml": b"<annotation>\n  <folder/>\n  <size><width>640</width><height>480</height><depth>3</depth></size>\n  <object>\n"
        b"    <name>cat</name>\n    <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>2</xmax><ymax>4</ymax></bndbox>\n  </object>\n"
        b"  <object><name>dog</name></object>\n  <filename>a.png</filename>\n</annotation>",
        "b.xml": b"<annotation><size><height>7</height><width>8</width><depth>3</depth></size></annotation>",
    }


def test_an_image_goes_with_its_lines(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    assert edited(data, dropping("images", 0)) == {
        "Annotations/a.xml": None, "ImageSets/Main/train.txt": b"b\r\n", "ImageSets/Main/val.txt": b"", "ImageSets/Main/cat_train.txt": b"b -1\n",
        "ImageSets/Main/trainval.txt": b"b\n",
    }  # fmt: skip
    overlay = {tmp_path / name: content for name, content in edited(data, dropping("images", 0)).items()}
    (tmp_path / "JPEGImages/a.png").unlink()
    assert load(tmp_path, overlay=overlay).table("images")["file_name"].tolist() == ["b.png"]


def test_an_image_without_files_goes_from_its_lists(tmp_path: Path) -> None:
    put(
        tmp_path,
        {**DEVKIT, "ImageSets/Main/val.txt": "ghost.1\n", "ImageSets/Main/trainval.txt": "ghost.1\na\nb\n"},
    )
    data = load(tmp_path)
    ghost = data.table("images")["file_name"].tolist().index("ghost.1")
    assert edited(data, dropping("images", ghost)) == {
        "ImageSets/Main/val.txt": b"",
        "ImageSets/Main/trainval.txt": b"a\nb\n",
    }


def test_an_image_leaves_one_split(tmp_path: Path) -> None:
    data = load(put(tmp_path, {**DEVKIT, "ImageSets/Main/train.txt": "a\r\nb\r\na"}))
    splits = data.table("splits")
    train = splits["split"].tolist().index("train")
    assert edited(data, dropping("splits", train)) == {"ImageSets/Main/train.txt": b"b\r\n"}


@pytest.mark.parametrize(
    ("stem", "left"), [("y/a", "x/a\na\na b 1\n"), ("a", "x/a\ny/a\na b 1\n"), ("a b 1", "x/a\ny/a\na\n")]
)
def test_an_equal_stem_in_another_folder_stays(tmp_path: Path, stem: str, left: str) -> None:
    files = {f"Annotations/{name}.xml": xml() for name in ("x/a", "y/a", "a", "a b 1")}
    data = load(put(tmp_path, {**files, "ImageSets/Main/train.txt": "x/a\ny/a\na\na b 1\n"}))
    source = data.table("sources")["file"].tolist().index(f"Annotations/{stem}.xml")
    image = data.table("images")["source"].tolist().index(source)
    expected = {f"Annotations/{stem}.xml": None, "ImageSets/Main/train.txt": left.encode()}
    assert edited(data, dropping("images", image)) == expected


def test_lines_of_a_joined_dataset_are_told_apart(tmp_path: Path) -> None:
    parts = [load(put(tmp_path / name, {**DEVKIT, "ImageSets/Main/val.txt": "a\nb\n"})) for name in "xy"]
    data = concat(parts)
    files = patch(data, dropping("images", 2))
    first = len(parts[0].table("sources"))
    assert {each.source for each in files} == {first, *(first + n for n in range(3, 7))}


def test_a_category_is_renamed_everywhere(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    files = edited(data, setting("categories", 0, "name", "c<t"))
    assert set(files) == {"Annotations/a.xml", "Annotations/b.xml", "labels.txt"}
    assert files["Annotations/a.xml"] == ODD.replace("<name>cat", "<name>c&lt;t").encode()
    assert files["labels.txt"] == b"c<t\ndog\nzebra\n"


def test_a_category_is_merged_and_dropped(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    assert edited(data, setting("categories", 0, "name", "dog"))["labels.txt"] == b"dog\nzebra\n"
    assert edited(data, dropping("categories", 2)) == {"labels.txt": b"cat\ndog\n"}


def test_a_label_map_keeps_the_rest_of_its_line(tmp_path: Path) -> None:
    put(tmp_path, {"a.xml": xml(box(1, 1, 2, 2)), "labelmap.txt": "# label:color\ncat:1,2,3:head:\n"})
    assert (
        edited(load(tmp_path), setting("categories", 0, "name", "lynx"))["labelmap.txt"]
        == b"# label:color\nlynx:1,2,3:head:\n"
    )


def test_raw_bytes_and_other_formats(tmp_path: Path) -> None:
    data = load(put(tmp_path, DEVKIT))
    raw = Edits.make(1, op=Op.BYTES, table="sources", row=1, start=0, end=12, new=["é"])
    assert (
        edited(data, raw)["Annotations/b.xml"]
        == "é".encode() + str(DEVKIT["Annotations/b.xml"]).encode()[12:]
    )
    sources = data.table("sources").with_columns(format=data.table("sources")["format"] + "?")
    other = Dataset(tables={**data.tables, "sources": sources}, buffers=data.buffers)
    for edit in (
        raw,
        dropping("images", 0),
        dropping("annotations", 0),
        setting("categories", 0, "name", "x"),
        dropping("splits", 0),
    ):
        assert patch(other, edit) == []


def test_other_encodings_are_written_in_their_own(tmp_path: Path) -> None:
    for encoding in ("utf-16", "cp1251"):
        text = f"<?xml version='1.0' encoding='{encoding}'?>\n{xml(box(1, 1, 2, 2, name='кот'))}"
        data = load(put(tmp_path, {"a.xml": text.encode(encoding)}))
        files = edited(
            data, setting("annotations", 0, "bbox", (0, 0, 7, 2)), setting("annotations", 0, "category", "中")
        )
        new = "中" if encoding == "utf-16" else "&#20013;"
        assert files["a.xml"] == text.replace("<xmax>2", "<xmax>7").replace("кот", new).encode(encoding)


def test_the_base_of_each_box_is_its_own(tmp_path: Path) -> None:
    """Facts are of one dataset; of several joined, each box says in which base it was read."""
    for base, text in zip(BASES, ("<xmin>1</xmin>", "<xmin>0</xmin>", "<xmin>0</xmin>"), strict=True):
        data = load(put(tmp_path, {"a.xml": xml(box(5, 1, 10, 10))}), voc_base=base)
        row = data.table("annotations")
        new = (0.0, *(float(row[name][0]) for name in "yw"), float(row["h"][0]))
        joined = Dataset(tables=data.tables, buffers=data.buffers, facts={"voc_base": {"base": "another"}})
        held = edited(joined, setting("annotations", 0, "bbox", new))["a.xml"]
        assert held is not None
        assert text in held.decode()
        assert xywh(load(tmp_path, voc_base=base, overlay={tmp_path / "a.xml": held})) == [new]


@given(st.lists(st.tuples(st.integers(0, 5), st.tuples(*[st.integers(-50, 500).map(lambda n: n / 4)] * 4)), max_size=6),
       st.sets(st.integers(0, 5)), st.sampled_from(BASES))  # fmt: skip
def test_set_and_dropped_rows_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, sets: list[Any], drops: set[int], base: str
) -> None:
    root = put(
        tmp_path_factory.mktemp("voc"),
        {f"{name}.xml": xml(*(box(1, 2, 30 + n, 40) for n in range(3))) for name in "ab"},
    )
    data = load(root, voc_base=base)
    wanted = {row: new for row, new in sets if row not in drops}
    edits = [setting("annotations", row, "bbox", new) for row, new in wanted.items()]
    after = reread(
        data, root, *edits, *(dropping("annotations", row) for row in sorted(drops)), voc_base=base
    )
    assert xywh(after) == [wanted.get(row, was) for row, was in enumerate(xywh(data)) if row not in drops]
    assert {rule for rule, _, _ in found(after)} <= {"FMT007"}  # where a corner at 0 was asked for
