from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotool
from annotool.dataset import Dataset
from annotool.formats.base import WriteOptions, objects, unified
from annotool.formats.voc import FORMAT
from annotool.formats.voc.corners import BASES
from annotool.formats.voc.write import escape, write
from annotool.schema import NO_ID, Kind, make
from annotool.testing import tiny
from tests.formats.voc.build import PNG, box, found, load, put, xml, xywh


def dataset(boxes: Any, names: tuple[str, ...] = ("cat",), **columns: Any) -> Dataset:
    """Boxes x y w h of one image 100 x 80, of the first category unless said."""
    n = len(boxes)
    x, y, w, h = np.array(boxes, dtype=np.float64).reshape(n, 4).T
    columns = {"image": np.zeros(n), "category": np.zeros(n), "kind": np.full(n, Kind.BOX), **columns}
    tables = {
        "images": make(
            "images", 1, file_name=objects(["a.png"]), width=np.array([100.0]), height=np.array([80.0])
        ),
        "annotations": make("annotations", n, x=x, y=y, w=w, h=h, **columns),
        "categories": make("categories", len(names), name=objects(names), label=unified(names)),
    }
    return Dataset(tables=tables)


def bare(*names: str, splits: tuple[tuple[int, str], ...] = ()) -> Dataset:
    """Images without annotations."""
    tables = {"images": make("images", len(names), file_name=objects(names))}
    tables["splits"] = make(
        "splits", len(splits), image=np.array([i for i, _ in splits]), split=objects([s for _, s in splits])
    )
    return Dataset(tables=tables)


GOLDEN = """<annotation>
\t<folder>JPEGImages</folder>
\t<filename>a.png</filename>
\t<source>
\t\t<database>annotool</database>
\t</source>
\t<size>
\t\t<width>100</width>
\t\t<height>80</height>
\t\t<depth>3</depth>
\t</size>
\t<segmented>0</segmented>
\t<object>
\t\t<name>cat</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>1</truncated>
\t\t<difficult>0</difficult>
\t\t<bndbox>
\t\t\t<xmin>1</xmin>
\t\t\t<ymin>1</ymin>
\t\t\t<xmax>100</xmax>
\t\t\t<ymax>80</ymax>
\t\t</bndbox>
\t</object>
\t<object>
\t\t<name>d&amp;g &lt;script&gt;</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>0</truncated>
\t\t<difficult>1</difficult>
\t\t<occluded>0</occluded>
\t\t<bndbox>
\t\t\t<xmin>12</xmin>
\t\t\t<ymin>21</ymin>
\t\t\t<xmax>14</xmax>
\t\t\t<ymax>24</ymax>
\t\t</bndbox>
\t</object>
</annotation>
"""


def test_golden_bytes(tmp_path: Path) -> None:
    data = dataset(
        [(0, 0, 100, 80), (10.7, 20, 3.4, 4)], ("cat", "unused", "d&g <script>"), category=np.array([0, 2]),
        truncated=np.array([1, -1]), difficult=np.array([-1, 1]), occluded=np.array([-1, 0]),
    )  # fmt: skip
    written = write(data, tmp_path)
    assert (tmp_path / "Annotations/a.xml").read_text(encoding="utf-8") == GOLDEN
    assert (tmp_path / "labels.txt").read_bytes() == b"cat\nunused\nd&g <script>\n"
    assert (written.files, written.images, written.annotations) == (("Annotations/a.xml", "labels.txt"), 1, 2)
    assert written.notes == ("1 of 2 boxes moved by up to 0.3 px: VOC's corners are whole pixels",)
    assert written.skipped == ()


BOXES = [
    (0, 0, 100, 80),
    (0, 0, 1, 1),
    (99, 79, 1, 1),
    (0, 30, 10, 20),
    (90, 30, 10, 20),
    (40, 0, 9, 9),
    (40, 71, 9, 9),
]


@pytest.mark.parametrize("base", BASES)
def test_boxes_of_all_bases_survive(tmp_path: Path, base: str) -> None:
    shift = {"1-inclusive": (1, 0), "0-exclusive": (0, 0), "0-inclusive": (0, -1)}[base]
    corners = [(x + shift[0], y + shift[0], x + w + shift[1], y + h + shift[1]) for x, y, w, h in BOXES]
    read = load(
        put(tmp_path / "in", {"a.xml": xml(*(box(*each) for each in corners)), "a.png": PNG}), voc_base=base
    )
    assert xywh(read) == BOXES
    out = tmp_path / "out"
    out.mkdir()
    assert write(read, out).notes == ()
    assert xywh(load(out)) == BOXES


@given(
    st.lists(st.tuples(*[st.integers(-300, 300)] * 2, *[st.integers(-20, 300)] * 2), min_size=1, max_size=40)
)
def test_whole_boxes_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, boxes: list[tuple[int, ...]]
) -> None:
    """Outside the image, inverted or without area: whatever they are, our reader knows the base."""
    out = tmp_path_factory.mktemp("voc")
    assert write(dataset(boxes), out).notes == ()
    back = load(out)
    assert xywh(back) == boxes
    assert found(back) == []


@given(st.lists(st.tuples(*[st.floats(-50, 200)] * 2, *[st.floats(0.01, 200)] * 2), min_size=1, max_size=20))
def test_other_boxes_move_by_less_than_a_pixel_and_keep_an_area(
    tmp_path_factory: pytest.TempPathFactory, boxes: list[tuple[float, ...]]
) -> None:
    out = tmp_path_factory.mktemp("voc")
    write(dataset(boxes), out)
    back = np.array(xywh(load(out)))
    was = np.array(boxes)
    assert (back[:, 2:] >= 1).all()
    assert (np.abs(back[:, :2] - was[:, :2]) <= np.where(was[:, 2:] >= 1, 0.5, 1) + 1e-9).all()
    edge = np.abs(back[:, :2] + back[:, 2:] - was[:, :2] - was[:, 2:])
    assert (edge <= np.where(was[:, 2:] >= 1, 0.5, 1) + 1e-9).all()


def test_categories_images_splits_and_flags_survive(tmp_path: Path) -> None:
    flags = "\t\t<truncated>1</truncated>\n\t\t<difficult>1</difficult>\n\t\t<occluded>1</occluded>\n"
    pose = box(1, 2, 3, 4, flags=flags, name="a&amp;b").replace("Unspecified", "Left &amp; up")
    source = put(tmp_path / "in", {
        "Annotations/a.xml": xml(pose, box(5, 6, 7, 8, name=" кот ")), "Annotations/b.xml": xml(filename="b.png", width=0),
        "JPEGImages/a.png": PNG, "JPEGImages/b.png": PNG, "JPEGImages/lone.png": PNG, "labels.txt": "zebra\na&b\n кот \nape\n",
        "ImageSets/Main/train.txt": "a\nlone\n", "ImageSets/Main/val.txt": "b\n",
    })  # fmt: skip
    first = load(source)
    out = tmp_path / "out"
    out.mkdir()
    write(first, out)
    put(out, {f"JPEGImages/{name}.png": PNG for name in ("a", "b", "lone")})
    again = load(out)
    for table, column in (("images", "file_name"), ("categories", "name"), ("annotations", "truncated"),
                          ("annotations", "difficult"), ("annotations", "occluded"), ("annotations", "category"), ("splits", "split")):  # fmt: skip
        held = first.table(table)[column].tolist()
        assert again.table(table)[column].tolist() == [
            max(0, each) if column in ("truncated", "difficult") else each for each in held
        ]
    assert "<pose>Left &amp; up</pose>" in (out / "Annotations/a.xml").read_text(encoding="utf-8")
    assert (again.facts["declared_categories"], found(again)) == (True, [])
    assert not (out / "annotool-names.csv").exists()
    # The size that was missing came from the image file.
    assert again.table("images")["width"].tolist() == [100, 1, 1]


NAMES = ["a.png", "a.jpg", "A.png", "x/a.png", "x/y/a.png", "x\\b.png", "/etc/passwd", "../../up.png", "C:\\c.png", "sp ace.é.png",
         "new\nline.png", "noext", "", ".png", "..", "a_jpg.jpg", "con\x00trol.png", "\ud800.png", "long" * 80 + ".png"]  # fmt: skip


def test_names_of_all_kinds_survive(tmp_path: Path) -> None:
    data = bare(*NAMES, splits=tuple((at, "train") for at in range(len(NAMES))))
    targets = FORMAT.image_targets(data, WriteOptions()).tolist()
    assert targets[:11] == [f"JPEGImages/{name}" for name in (
        "a.png", "a-2.jpg", "A_png.png", "x/a.png", "x/y/a.png", "x/b.png", "passwd", "up.png", "c.png", "sp ace.é.png", "new_line.png",
    )]  # fmt: skip
    assert len({each.rsplit(".", 1)[0].lower() for each in targets}) == len(NAMES)
    assert all(len(part.encode()) < 256 for each in targets for part in each.split("/"))
    written = write(data, tmp_path)
    put(tmp_path, dict.fromkeys(targets, PNG))
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == {
        *written.files,
        *targets,
    }
    back = load(tmp_path)
    images = back.table("images")
    assert sorted(images["file_name"].tolist()) == sorted(
        name.replace("\ud800", "?") or "image-12" for name in NAMES
    )
    # A name without the suffix of an image is nobody's image.
    assert (images["path"] == "").sum() == sum(not Path(each).suffix for each in targets)
    assert len(back.table("splits")) == len(NAMES)


def test_the_side_file_is_only_there_when_needed(tmp_path: Path) -> None:
    assert "annotool-names.csv" not in write(bare("a.png", "b.JPG"), tmp_path).files
    other = tmp_path / "other"
    other.mkdir()
    write(bare("a.png", "a.jpg", "x/c.png"), other)
    assert (
        other / "annotool-names.csv"
    ).read_text() == "stem,file_name,width,height\na_jpg,a.jpg,,\nx/c,x/c.png,,\n"


def test_what_cannot_be_written_is_listed(tmp_path: Path) -> None:
    n, nan = 8, np.nan
    boxes = [
        (1, 1, 1, 1),
        (1, 1, 1, 1),
        (1, 1, 1, 1),
        (nan, nan, nan, nan),
        (nan, 1, 1, 1),
        (1, 1, np.inf, 1),
        (1, 1, 1, 1),
        (1, 1, 1, 1),
    ]
    data = dataset(
        boxes, ("cat", "c\x00t", ""), image=np.array([0, -1, 0, 0, 0, 0, 0, 0]), category=np.array([0, 0, -1, 0, 0, 0, 1, 2]),
        kind=np.array([Kind.BOX] * 3 + [Kind.IMAGE] + [Kind.BOX] * 4), id=np.arange(n), line=np.arange(n),
        xn=np.array([nan] * 4 + [0.5] + [nan] * 3),
    )  # fmt: skip
    written = write(data, tmp_path)
    assert written.annotations == 1
    assert [(each["annotation_id"], each["why"]) for each in written.skipped] == [
        (1, "its image is not known"), (2, "its category is not known"), (3, "a label for a whole image; VOC holds boxes only"),
        (4, "the size of its image is not known"), (5, "it has no finite box"),
        (6, "its category's name is empty or holds what XML cannot"), (7, "its category's name is empty or holds what XML cannot"),
    ]  # fmt: skip
    assert set(written.skipped[0]) == {
        "table",
        "annotation_id",
        "image",
        "category",
        "why",
        "file",
        "line",
    }


def test_losses_are_told(tmp_path: Path) -> None:
    data = dataset(
        [(1, 1, 1, 1)] * 3, kind=np.array([Kind.POLYGON, Kind.RLE, Kind.BOX]), iscrowd=np.array([0, 1, 0])
    )
    unknown = data.table("images").with_columns(width=np.array([np.nan]))
    written = write(replace(data, tables={**data.tables, "images": unknown}), tmp_path)
    assert written.notes == (
        "1 crowd is written as a plain object: VOC has no crowds",
        "1 image has no known size: no <size> in the xml",
    )
    assert "<size>" not in (tmp_path / "Annotations/a.xml").read_text()
    assert (data.table("annotations")["id"] == NO_ID).all()


@given(st.text())
def test_any_text_reads_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    from annotool.formats.voc.document import parse

    document = parse(f"<a>{escape(text)}</a>".encode())
    assert document.fault is None
    assert document.root is not None
    legal = "".join(
        c if c in "\t\n\r" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff" else "\ufffd"
        for c in text
    )
    assert document.text(document.root) == legal


def test_a_class_name_with_a_line_break_comes_back(tmp_path: Path) -> None:
    data = tiny(annotations=[{"category": 0}, {"category": 1}], categories=["two\nlines", "back\r", "plain"])
    FORMAT.write(data, tmp_path, WriteOptions())
    assert (tmp_path / "labels.txt").read_bytes() == b"two\\nlines\nback\\r\nplain\n"
    back = annotool.read(tmp_path)
    assert back.labels == ("two\nlines", "back\r", "plain")
    assert back.names_of(back.table("annotations")["category"]).tolist() == ["two\nlines", "back\r"]
