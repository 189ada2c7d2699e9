"""YOLO files on which other tools stop, drop the image or read something else: here each is a finding with its file and
line, or a legal variant that is read right. Every row stands in both layouts, as a file's first line and as a later one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dirty import Box, Files, Seen, picture, put, seen

CAT = ("cat", 240.0, 120.0, 160.0, 240.0)
DOG = ("dog", 16.0, 24.0, 64.0, 96.0)
CAT_ROW = "0 0.5 0.5 0.25 0.5"
DOG_ROW = "1 0.075 0.15 0.1 0.2"
LABEL = {"ultralytics": "labels/train/1.txt", "darknet": "obj_train_data/1.txt"}
Layout = Callable[..., Path]


def ultralytics(root: Path, text: str | bytes, yaml: str = "", **files: str | bytes) -> Path:
    """data.yaml, images/train/{1,2}.jpg and images/val/3.jpg with their labels; `text` is the label file of 1."""
    named = {name.replace("__", "/").replace("_DOT_", "."): held for name, held in files.items()}
    base: Files = {
        "data.yaml": yaml or "train: images/train\nval: images/val\nnc: 2\nnames: [cat, dog]\n",
        "images/train/1.jpg": picture(shade=1),
        "images/train/2.jpg": picture(shade=2),
        "images/val/3.jpg": picture(shade=3),
        "labels/train/1.txt": text,
        "labels/train/2.txt": f"{CAT_ROW}\n{DOG_ROW}\n",
        "labels/val/3.txt": f"{CAT_ROW}\n{DOG_ROW}\n",
    }
    return put(root, {**base, **named})


def darknet(root: Path, text: str | bytes) -> Path:
    """obj.data, obj.names, train.txt and valid.txt, labels beside the images; `text` is the label file of 1."""
    base: Files = {
        "obj.data": "classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\nbackup = backup/\n",
        "obj.names": "cat\ndog\n",
        "train.txt": "data/obj_train_data/1.jpg\ndata/obj_train_data/2.jpg\n",
        "valid.txt": "data/obj_valid_data/3.jpg\n",
        "obj_train_data/1.jpg": picture(shade=1),
        "obj_train_data/2.jpg": picture(shade=2),
        "obj_valid_data/3.jpg": picture(shade=3),
        "obj_train_data/1.txt": text,
        "obj_train_data/2.txt": f"{CAT_ROW}\n{DOG_ROW}\n",
        "obj_valid_data/3.txt": f"{CAT_ROW}\n{DOG_ROW}\n",
    }
    return put(root, base)


LAYOUTS = {"ultralytics": ultralytics, "darknet": darknet}


@pytest.fixture(params=sorted(LAYOUTS))
def layout(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def of_first(got: Seen) -> list[Box]:
    """The boxes of image 1."""
    images = got.data.table("annotations")["image"]
    names = got.data.table("images")["file_name"].tolist()
    return [
        box for box, image in zip(got.boxes, images.tolist(), strict=True) if names[image].endswith("1.jpg")
    ]


def loud(got: Seen) -> list[str]:
    """Errors and warnings, spelled out."""
    return [each for each in got.told if not each.startswith("info")]


# Rows that are faults: the row, what it is found as, and the box it is read as (None: no box can be had).

FAULTS: dict[str, tuple[str, str, tuple[float, ...] | None]] = {
    "inverted box": ("0 0.5 0.5 -0.25 0.5", "BOX001", (400, 120, -160, 240)),
    "inverted box, height": ("0 0.5 0.5 0.25 -0.5", "BOX001", (240, 360, 160, -240)),
    "zero width": ("0 0.5 0.5 0 0.5", "BOX001", (320, 120, 0, 240)),
    "zero area": ("0 0.5 0.5 0 0", "BOX001", (320, 240, 0, 0)),
    "partly outside": ("0 0.95 0.5 0.25 0.5", "BOX002", (528, 120, 160, 240)),
    "negative left edge": ("0 0.1 0.5 0.25 0.5", "BOX002", (-16, 120, 160, 240)),
    "centre outside": ("0 1.5 0.5 0.25 0.5", "BOX002", (880, 120, 160, 240)),
    "fully outside": ("0 1.9 0.5 0.1 0.1", "BOX002", (1184, 216, 64, 48)),
    "coordinates above 1": ("0 1.2 1.3 1.1 1.4", "BOX002", (416, 288, 704, 672)),
    "negative number": ("0 -0.5 0.5 0.25 0.5", "BOX002", (-400, 120, 160, 240)),
    "pixels": ("0 320 240 160 240", "FMT003", (153600, 57600, 102400, 115200)),
    "unknown class": ("7 0.5 0.5 0.25 0.5", "CLS001", (240, 120, 160, 240)),
    "negative class": ("-1 0.5 0.5 0.25 0.5", "FMT002", (240, 120, 160, 240)),
    "class is a decimal": ("1.0 0.5 0.5 0.25 0.5", "FMT002", (240, 120, 160, 240)),
    "class is no whole number": ("0.5 0.5 0.5 0.25 0.5", "FMT002", (240, 120, 160, 240)),
    "class is a name": ("cat 0.5 0.5 0.25 0.5", "FMT002", (240, 120, 160, 240)),
    "4 fields": ("0 0.5 0.5 0.25", "FMT002", None),
    "1 field": ("0", "FMT002", None),
    "6 fields, a confidence": ("0 0.5 0.5 0.25 0.5 0.93", "FMT002", (240, 120, 160, 240)),
    "NaN": ("0 nan 0.5 0.25 0.5", "SCH004", None),
    "infinity": ("0 0.5 inf 0.25 0.5", "SCH004", None),
    "1e400": ("0 0.5 1e400 0.25 0.5", "SCH004", None),
    "no number": ("0 0.5 abc 0.25 0.5", "FMT002", None),
    "commas": ("0,0.5,0.5,0.25,0.5", "FMT002", (240, 120, 160, 240)),
    "rubbish": ("hello", "FMT002", None),
    "0.4 px wide": ("0 0.5 0.5 0.000625 0.5", "BOX003", (319.8, 120, 0.4, 240)),
    "polygon among boxes": ("0 0.25 0.25 0.75 0.25 0.75 0.75", "FMT001", (160, 120, 320, 240)),
    "polygon, odd": ("0 0.25 0.25 0.75 0.25 0.75 0.75 0.5", "FMT002", None),
    "polygon, 2 points": ("0 0.25 0.25 0.75", "FMT002", None),
}  # fmt: skip


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_row_is_a_finding(tmp_path: Path, layout: str, case: str, before: int) -> None:
    row, code, box = FAULTS[case]
    lines = [*[DOG_ROW, "1 0.6 0.15 0.1 0.2"][:before], row, CAT_ROW.replace("0.5", "0.6", 1)]
    got = seen(LAYOUTS[layout](tmp_path, "\n".join(lines) + "\n"))
    assert (code, LABEL[layout], before + 1) in got.marks, got.told
    read = of_first(got)
    if box is not None:
        assert pytest.approx(box) in [each[1:] for each in read]
    assert [each for each in read if each[0] == "dog"][:before] == [DOG, ("dog", 352.0, 24.0, 64.0, 96.0)][
        :before
    ]
    assert len(got.images) == 3


@pytest.mark.parametrize("case", FAULTS)
def test_only_the_fault_is_told(tmp_path: Path, layout: str, case: str) -> None:
    row, code, _ = FAULTS[case]
    got = seen(LAYOUTS[layout](tmp_path, f"{DOG_ROW}\n{row}\n"))
    wrong = {each.rule for each in got.found if each.severity == "error"}
    assert wrong <= {code}, got.told


# Legal variants: the whole file, and the boxes it holds.

LEGAL: dict[str, tuple[str | bytes, list[Box]]] = {
    "exponent": ("0 5e-01 0.5 2.5E-1 0.5\n", [CAT]),
    "tabs": ("0\t0.5\t0.5\t0.25\t0.5\n", [CAT]),
    "trailing space": ("0 0.5 0.5 0.25 0.5 \n", [CAT]),
    "leading space": ("  0 0.5 0.5 0.25 0.5\n", [CAT]),
    "two blanks": ("0  0.5   0.5 0.25 0.5\n", [CAT]),
    "blank first line": ("\n0 0.5 0.5 0.25 0.5\n", [CAT]),
    "blank lines between": ("0 0.5 0.5 0.25 0.5\n\n \n1 0.075 0.15 0.1 0.2\n", [CAT, DOG]),
    "CRLF": ("0 0.5 0.5 0.25 0.5\r\n1 0.075 0.15 0.1 0.2\r\n", [CAT, DOG]),
    "CR": ("0 0.5 0.5 0.25 0.5\r1 0.075 0.15 0.1 0.2\r", [CAT, DOG]),
    "no line end": ("0 0.5 0.5 0.25 0.5", [CAT]),
    "plus sign": ("0 +0.5 0.5 0.25 0.5\n", [CAT]),
    "no zero before the dot": ("0 .5 .5 .25 .5\n", [CAT]),
    "17 digits": ("0 0.50000000000000000 0.5 0.25 0.5\n", [CAT]),
    "whole numbers": ("0 0.5 0.5 1 1\n", [("cat", 0.0, 0.0, 640.0, 480.0)]),
    "touches the border, rounded": ("0 0.916667 0.5 0.166667 0.5\n", [("cat", 533.33344, 120.0, 106.66688, 240.0)]),
    "no objects": ("", []),
    "blank lines only": ("\n\n", []),
    "class 0": ("0 0.5 0.5 0.25 0.5\n", [CAT]),
}  # fmt: skip


@pytest.mark.parametrize("case", LEGAL)
def test_a_legal_variant_is_read_right_and_quietly(tmp_path: Path, layout: str, case: str) -> None:
    text, boxes = LEGAL[case]
    got = seen(LAYOUTS[layout](tmp_path, text))
    assert of_first(got) == boxes
    assert loud(got) == []
    assert len(got.images) == 3


def test_a_byte_order_mark_is_a_warning(tmp_path: Path, layout: str) -> None:
    got = seen(LAYOUTS[layout](tmp_path, b"\xef\xbb\xbf0 0.5 0.5 0.25 0.5\n"))
    assert of_first(got) == [CAT]
    assert [
        (each.rule, each.severity, each.file, each.line) for each in got.found if each.severity != "info"
    ] == [("SCH001", "warning", LABEL[layout], 1)]


# Pairs of rows.


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("DUP001", [CAT_ROW, CAT_ROW]),
        ("DUP002", [CAT_ROW, "0 0.502 0.5 0.25 0.5"]),
        ("DUP003", [CAT_ROW, "1 0.5 0.5 0.25 0.5"]),
    ],
)
def test_a_box_drawn_twice(tmp_path: Path, layout: str, code: str, rows: list[str]) -> None:
    got = seen(LAYOUTS[layout](tmp_path, "\n".join(rows) + "\n"))
    assert {each.file for each in got.of(code)} == {LABEL[layout]}, got.told
    assert {each.line for each in got.of(code)} & {1, 2}
    assert len(of_first(got)) == 2


def test_a_smaller_box_inside_another_is_legal(tmp_path: Path, layout: str) -> None:
    assert loud(seen(LAYOUTS[layout](tmp_path, f"{CAT_ROW}\n0 0.5 0.5 0.1 0.2\n"))) == []


# Images.


@pytest.mark.parametrize(
    ("held", "code"), [(b"", "IMG001"), (b"no picture", "IMG001"), (picture(shade=1)[:-30], "IMG002")]
)
def test_a_broken_image(tmp_path: Path, layout: str, held: bytes, code: str) -> None:
    root = LAYOUTS[layout](tmp_path, f"{CAT_ROW}\n")
    next(root.rglob("1.jpg")).write_bytes(held)
    got = seen(root)
    assert [each.image.rpartition("/")[2] for each in got.of(code)] == ["1.jpg"], got.told
    assert len(got.boxes) == 5


def test_a_missing_image(tmp_path: Path, layout: str) -> None:
    root = LAYOUTS[layout](tmp_path, f"{CAT_ROW}\n")
    next(root.rglob("1.jpg")).unlink()
    got = seen(root)
    listed = layout == "darknet"  # there a list names it; else only a label file is left
    (found,) = got.of("SCH010" if listed else "SCH011")
    assert (found.file, found.line) == (("train.txt" if listed else LABEL[layout]), 1), got.told
    assert len(got.boxes) == 5


def test_an_image_without_label_file(tmp_path: Path, layout: str) -> None:
    root = LAYOUTS[layout](tmp_path, f"{CAT_ROW}\n")
    (root / LABEL[layout]).unlink()
    got = seen(root)
    (found,) = got.of("SCH012")
    assert (found.split, found.values["count"]) == ("train", 1)
    assert len(got.images) == 3
    assert len(got.boxes) == 4


def test_two_images_of_one_stem(tmp_path: Path) -> None:
    root = ultralytics(tmp_path, f"{CAT_ROW}\n", images__train__1_DOT_png=picture(form="PNG", shade=9))
    got = seen(root)
    assert len(got.images) == 4
    assert got.errors == []


def test_a_label_file_no_image_and_no_yaml_entry_explains(tmp_path: Path) -> None:
    got = seen(ultralytics(tmp_path, f"{CAT_ROW}\n", labels__train__9_DOT_txt=f"{CAT_ROW}\n"))
    assert ("SCH011", "labels/train/9.txt", 1) in got.marks


# data.yaml.


@pytest.mark.parametrize(
    ("names", "read"),
    [
        ("[cat, dog]", ["cat", "dog"]),
        ("{1: dog, 0: cat}", ["cat", "dog"]),
        ("\n  1: dog\n  0: cat", ["cat", "dog"]),
        ("['cat', \"dog\"]", ["cat", "dog"]),
        ("\n- cat\n- dog", ["cat", "dog"]),
        ("{'0': cat, '1': dog}", ["cat", "dog"]),
    ],
)
def test_names_are_read_by_their_keys(tmp_path: Path, names: str, read: list[str]) -> None:
    yaml = f"train: images/train\nval: images/val\nnames: {names}\n"
    got = seen(ultralytics(tmp_path, f"{CAT_ROW}\n{DOG_ROW}\n", yaml))
    assert of_first(got) == [CAT, DOG]
    assert sorted(got.names) == read
    assert loud(got) == []


YAMLS: dict[str, tuple[str, str, int]] = {
    "keys with a hole": ("train: images/train\nval: images/val\nnames: {0: cat, 5: dog}\n", "FMT004", 3),
    "nc differs": ("train: images/train\nval: images/val\nnc: 5\nnames: [cat, dog]\n", "FMT004", 3),
    "no names": ("train: images/train\nval: images/val\nnc: 2\n", "FMT004", 1),
    "no val": ("train: images/train\nnames: [cat, dog]\n", "FMT004", 1),
    "validation": ("train: images/train\nvalidation: images/val\nnames: [cat, dog]\n", "FMT004", 2),
    "split path is not there": ("train: images/train\nval: images/nowhere\nnames: [cat, dog]\n", "FMT004", 2),
    "path of another machine": ("path: /home/me/data\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n", "FMT004", 1),
    "name twice": ("train: images/train\nval: images/val\nnames: [cat, cat]\n", "CLS003", 3),
    "names that look equal": ("train: images/train\nval: images/val\nnames: [cat, 'Cat ']\n", "CLS003", 3),
    "malformed": ("train: images/train\nval: images/val\nnames: [cat, dog\n", "SCH001", 4),
    "tag": ("train: images/train\nval: images/val\nnames: !!python/object/apply:os.system ['touch owned']\n", "SCH001", 3),
    "BOM": ("\ufefftrain: images/train\nval: images/val\nnames: [cat, dog]\n", "SCH001", 1),
    "train and val are one": ("train: images/train\nval: images/train\nnames: [cat, dog]\n", "SPL001", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", YAMLS)
def test_a_faulty_yaml_is_a_finding_and_all_labels_are_read(tmp_path: Path, case: str) -> None:
    yaml, code, line = YAMLS[case]
    got = seen(ultralytics(tmp_path, f"{CAT_ROW}\n{DOG_ROW}\n", yaml))
    assert code in {each.rule for each in got.found}, got.told
    if line:
        assert (code, "data.yaml", line) in got.marks, got.told
    assert [box[1:] for box in of_first(got)] == [CAT[1:], DOG[1:]]
    assert not (tmp_path / "owned").exists()


def test_class_5_of_names_with_a_hole_is_dog(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/val\nnames: {0: cat, 5: dog}\n"
    got = seen(ultralytics(tmp_path, "5 0.5 0.5 0.25 0.5\n1 0.075 0.15 0.1 0.2\n", yaml))
    assert of_first(got)[0] == ("dog", *CAT[1:])
    assert of_first(got)[1][1:] == DOG[1:]  # class 1 has no name
    assert ("FMT004", "data.yaml", 3) in got.marks
    assert {each.rule for each in got.found if each.severity == "error"} <= {"FMT004", "CLS001"}


def test_no_yaml_is_read_all_the_same(tmp_path: Path) -> None:
    root = ultralytics(tmp_path, f"{CAT_ROW}\n{DOG_ROW}\n")
    (root / "data.yaml").unlink()
    got = seen(root)
    assert [box[1:] for box in of_first(got)] == [CAT[1:], DOG[1:]]
    assert len(got.boxes) == 6
    assert got.errors == []


@pytest.mark.parametrize(
    "target", ["../private", "../private/notes.md", "/etc", "../../../../../../../../etc/passwd"]
)
def test_a_split_that_leads_out_to_no_dataset_is_told_and_not_followed(tmp_path: Path, target: str) -> None:
    put(
        tmp_path,
        {"private/s.jpg": picture(), "private/s.txt": f"{CAT_ROW}\n", "private/notes.md": "images/x.jpg\n"},
    )
    yaml = f"train: {target}\nval: images/val\nnames: [cat, dog]\n"
    got = seen(ultralytics(tmp_path / "data", f"{CAT_ROW}\n", yaml))
    paths = [path for path in got.data.table("images")["path"].tolist() if path]
    assert all(Path(path).is_relative_to(tmp_path / "data") for path in paths)
    assert ("FMT004", "data.yaml", 1) in got.marks, got.told
    assert "private" not in str(got.data.sources["file"].tolist())


def test_names_of_darknet(tmp_path: Path) -> None:
    root = darknet(tmp_path, f"{CAT_ROW}\n")
    put(root, {"obj.names": "cat\ncat\n"})
    assert "CLS003" in {each.rule for each in seen(root).found}
    put(root, {"obj.names": "cat\ndog\nhen\n"})
    assert "FMT004" in {each.rule for each in seen(root).found}
