"""Pascal VOC files on which other tools stop, drop objects or keep silent: here each is a finding with its file and line,
or a legal variant that is read right.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dirty import Box, Files, Seen, line_of, picture, put, seen, voc_object, voc_text

CAT = voc_object(11, 21, 110, 70)
DOG = voc_object(201, 101, 300, 200, name="dog")
READ = [("cat", 10.0, 20.0, 100.0, 50.0), ("dog", 200.0, 100.0, 100.0, 100.0)]
FIRST = "Annotations/1.xml"
ENTITIES = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>\n'


def devkit(root: Path, text: str | bytes, **files: str | bytes) -> Path:
    """A devkit of three images, train 1 and 2, val 3; `text` is the xml of 1. Boxes reach the lower border, so that the
    base is plainly 1.
    """
    borders = "".join(voc_object(at, 440, at + 24, 480) for at in range(1, 610, 28))
    named = {name.replace("__", "/").replace("_DOT_", "."): held for name, held in files.items()}
    base: Files = {
        FIRST: text,
        "Annotations/2.xml": voc_text(CAT, DOG, borders, filename="2.jpg"),
        "Annotations/3.xml": voc_text(CAT, DOG, filename="3.jpg"),
        "JPEGImages/1.jpg": picture(shade=1),
        "JPEGImages/2.jpg": picture(shade=2),
        "JPEGImages/3.jpg": picture(shade=3),
        "ImageSets/Main/train.txt": "1\n2\n",
        "ImageSets/Main/val.txt": "3\n",
    }
    return put(root, {**base, **named})


def of_first(got: Seen) -> list[Box]:
    """The boxes of image 1."""
    images = got.data.table("annotations")["image"]
    names = got.data.table("images")["file_name"].tolist()
    return [
        box
        for box, image in zip(got.boxes, images.tolist(), strict=True)
        if names[image].partition(".")[0] == "1"
    ]


def loud(got: Seen) -> list[str]:
    """Errors and warnings, spelled out."""
    return [each for each in got.told if not each.startswith("info")]


# One object that is a fault, after a healthy one: what it is found as, and the box it is read as.

FAULTS: dict[str, tuple[str, str, tuple[float, ...] | None]] = {
    "inverted": (voc_object(110, 21, 11, 70), "BOX001", (109, 20, -98, 50)),
    "inverted, height": (voc_object(11, 70, 110, 21), "BOX001", (10, 69, 100, -48)),
    "zero width": (voc_object(11, 21, 10, 70), "BOX001", (10, 20, 0, 50)),
    "empty click": (voc_object(11, 21, 11, 21), "BOX001", (10, 20, 1, 1)),
    "partly outside": (voc_object(600, 21, 700, 70), "BOX002", (599, 20, 101, 50)),
    "fully outside": (voc_object(700, 500, 800, 600), "BOX002", (699, 499, 101, 101)),
    "negative x": (voc_object(-20, 21, 70, 70), "BOX002", (-21, 20, 91, 50)),
    "bndbox missing": (voc_object(11, 21, 110, 70).replace("bndbox", "box"), "SCH002", None),
    "ymax missing": (voc_object(11, 21, 110, None), "SCH002", None),
    "not a number": (voc_object("eleven", 21, 110, 70), "SCH002", None),
    "empty number": (voc_object("", 21, 110, 70), "SCH002", None),
    "NaN": (voc_object("nan", 21, 110, 70), "SCH004", None),
    "infinity": (voc_object(11, 21, "inf", 70), "SCH004", None),
    "1e999": (voc_object(11, 21, "1e999", 70), "SCH004", None),
    "truncated 2": (voc_object(11, 21, 110, 70, truncated=2), "SCH002", (10, 20, 100, 50)),
    "difficult Unspecified": (voc_object(11, 21, 110, 70, difficult="Unspecified"), "SCH002", (10, 20, 100, 50)),
    "name missing": (voc_object(11, 21, 110, 70).replace("<name>cat</name>", ""), "SCH002", (10, 20, 100, 50)),
    "1 px wide": (voc_object(11, 21, 11, 70), "BOX003", (10, 20, 1, 50)),
    "decimal comma": (voc_object("11,5", 21, 110, 70), "SCH002", None),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_object_is_a_finding(tmp_path: Path, case: str) -> None:
    text, code, box = FAULTS[case]
    whole = voc_text(DOG, text, voc_object(301, 301, 400, 400))
    got = seen(devkit(tmp_path, whole))
    assert (code, FIRST, line_of(whole.replace("<object>", "<first>", 1), "<object>")) in got.marks, got.told
    read = of_first(got)
    assert read[0] == READ[1]
    assert read[-1] == ("cat", 300.0, 300.0, 100.0, 100.0)
    if box is not None:
        assert [*read[1][1:]] == [*box]
    assert {each.rule for each in got.found if each.severity == "error"} <= {code}, got.told


LEGAL = {
    "decimals": (voc_object("11.0", "21.0", "110.0", "70.0"), READ[0]),
    "blanks around": (voc_object(" 11 ", "\n21\n", 110, 70), READ[0]),
    "exponent": (voc_object("1.1e1", 21, 110, 70), READ[0]),
    "other order": (
        CAT.replace("<xmin>11</xmin><ymin>21</ymin>", "").replace("</bndbox>", "<ymin>21</ymin><xmin>11</xmin></bndbox>"), READ[0]),
    "flags absent": (CAT.replace("<truncated>0</truncated>", "").replace("<difficult>0</difficult>", ""), READ[0]),
    "part of its own": (
        voc_object(11, 21, 110, 70, more="<part><name>head</name><bndbox><xmin>20</xmin><ymin>30</ymin><xmax>40</xmax><ymax>50</ymax></bndbox></part>"), READ[0]),
    "part first": (CAT.replace("<bndbox>", "<part><name>head</name><bndbox><xmin>20</xmin><ymin>30</ymin><xmax>40</xmax><ymax>50</ymax></bndbox></part>\n<bndbox>"), READ[0]),
    "actions and points": (voc_object(11, 21, 110, 70, more="<actions><jumping>1</jumping></actions><point><x>30</x><y>40</y></point>"), READ[0]),
    "full image": (voc_object(1, 1, 640, 480), ("cat", 0, 0, 640, 480)),
}  # fmt: skip


@pytest.mark.parametrize("case", LEGAL)
def test_a_legal_object_is_read_right_and_quietly(tmp_path: Path, case: str) -> None:
    text, box = LEGAL[case]
    got = seen(devkit(tmp_path, voc_text(DOG, text)))
    assert of_first(got) == [READ[1], box]
    assert loud(got) == []


@pytest.mark.parametrize(
    ("code", "objects"),
    [
        ("DUP001", [CAT, CAT]),
        ("DUP002", [CAT, voc_object(12, 21, 110, 70)]),
        ("DUP003", [CAT, voc_object(11, 21, 110, 70, name="dog")]),
    ],
)
def test_a_box_drawn_twice(tmp_path: Path, code: str, objects: list[str]) -> None:
    text = voc_text(*objects)
    got = seen(devkit(tmp_path, text))
    lines = {line_of(text, "<object>"), line_of(text.replace("<object>", "<first>", 1), "<object>")}
    assert {(each.file, each.line) for each in got.of(code)} & {(FIRST, line) for line in lines}, got.told
    assert len(of_first(got)) == 2


# Class names.


@pytest.mark.parametrize("name", ["hen", "Cat", " cat "])
def test_a_name_that_the_class_list_lacks(tmp_path: Path, name: str) -> None:
    text = voc_text(DOG, voc_object(11, 21, 110, 70, name=name))
    got = seen(devkit(tmp_path, text, labels_DOT_txt="cat\ndog\n"))
    assert ("CLS001", FIRST, line_of(text.replace("<object>", "<first>", 1), "<object>")) in got.marks, (
        got.told
    )
    assert name.strip() in [each.strip() for each in got.names]


@pytest.mark.parametrize("name", ["Cat", " cat ", "cat "])
def test_names_that_look_equal(tmp_path: Path, name: str) -> None:
    got = seen(devkit(tmp_path, voc_text(DOG, voc_object(11, 21, 110, 70, name=name))))
    assert "CLS003" in {each.rule for each in got.found}, got.told
    assert of_first(got)[1] == (name, *READ[0][1:])


@pytest.mark.parametrize(
    ("name", "read"),
    [("&lt;script&gt;", "<script>"), ("a &amp; b", "a & b"), ("кот", "кот"), ("<![CDATA[a<b]]>", "a<b")],
)
def test_names_with_markup(tmp_path: Path, name: str, read: str) -> None:
    got = seen(devkit(tmp_path, voc_text(voc_object(11, 21, 110, 70, name=name))))
    assert of_first(got) == [(read, *READ[0][1:])]
    assert got.errors == []


# Images and lists.


def test_a_missing_image(tmp_path: Path) -> None:
    root = devkit(tmp_path, voc_text(CAT))
    (root / "JPEGImages/1.jpg").unlink()
    got = seen(root)
    assert ("SCH010", FIRST, 1) in got.marks, got.told
    assert of_first(got) == READ[:1]


@pytest.mark.parametrize(
    ("held", "code"), [(b"", "IMG001"), (b"no picture", "IMG001"), (picture(shade=1)[:-30], "IMG002")]
)
def test_a_broken_image(tmp_path: Path, held: bytes, code: str) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT), JPEGImages__1_DOT_jpg=held))
    assert [each.image for each in got.of(code)] == ["1.jpg"], got.told


def test_a_size_that_is_not_the_images(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT, width=800, height=600)))
    assert ("IMG003", FIRST, 1) in got.marks, got.told


@pytest.mark.parametrize(("width", "height"), [(0, 0), (-640, 480), ("", ""), ("wide", 480)])
def test_a_size_that_is_none(tmp_path: Path, width: object, height: object) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT, width=width, height=height)))
    assert ("SCH009", FIRST, 1) in got.marks, got.told
    assert of_first(got) == READ[:1]


def test_no_size_at_all(tmp_path: Path) -> None:
    text = voc_text(CAT)
    start = text.index("  <size>")
    got = seen(devkit(tmp_path, text[:start] + text[text.index("</size>\n") + 8 :]))
    assert ("SCH009", FIRST, 1) in got.marks, got.told
    assert of_first(got) == READ[:1]


@pytest.mark.parametrize("name", ["other.jpg", "1.png"])
def test_a_filename_of_another_image(tmp_path: Path, name: str) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT, filename=name)))
    assert FIRST in {each.file for each in got.of("FMT006")}, got.told
    assert [each for each in got.boxes if each == READ[0]]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\boot.ini", "C:\\data\\1.jpg"])
def test_a_filename_that_leads_out(tmp_path: Path, name: str) -> None:
    root = devkit(tmp_path, voc_text(CAT, filename=name))
    got = seen(root)
    assert {"SCH013", "FMT006"} & {each.rule for each in got.found if each.file == FIRST}, got.told
    assert all(Path(path).is_relative_to(root) for path in got.data.table("images")["path"].tolist())
    assert READ[0] in got.boxes


def test_an_image_without_xml(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT), JPEGImages__9_DOT_jpg=picture(shade=9)))
    assert got.of("SCH012"), got.told
    assert len(got.images) == 4


def test_an_xml_that_no_list_names_is_read(tmp_path: Path) -> None:
    root = devkit(tmp_path, voc_text(CAT), ImageSets__Main__train_DOT_txt="2\n")
    got = seen(root)
    assert of_first(got) == READ[:1]
    assert len(got.images) == 3
    (root / "JPEGImages/1.jpg").unlink()
    assert ("SCH011", FIRST, 1) in seen(root).marks


@pytest.mark.parametrize("text", ["1\n2\n2\n", "1\r\n2\r\n", "1\n2\n\n", "1 \n2\t\n", "1\n2"])
def test_lists_as_people_write_them(tmp_path: Path, text: str) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT), ImageSets__Main__train_DOT_txt=text))
    assert sorted(got.data.table("splits")["split"].tolist()) == ["train", "train", "val"]
    assert got.errors == []


def test_a_list_that_names_what_is_not_there(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT), ImageSets__Main__train_DOT_txt="1\n2\nghost\n"))
    assert ("SCH010", "ImageSets/Main/train.txt", 3) in got.marks, got.told


def test_an_image_in_two_lists(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT), ImageSets__Main__val_DOT_txt="3\n1\n"))
    assert got.of("SPL001"), got.told


def test_trainval_is_no_split(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT), ImageSets__Main__trainval_DOT_txt="1\n2\n3\n"))
    assert sorted(got.data.table("splits")["split"].tolist()) == ["train", "train", "val"]
    assert got.of("SPL001") == []


def test_no_lists_at_all(tmp_path: Path) -> None:
    root = devkit(tmp_path, voc_text(CAT))
    for name in ("train", "val"):
        (root / f"ImageSets/Main/{name}.txt").unlink()
    got = seen(root)
    assert of_first(got) == READ[:1]
    assert loud(got) == []


def test_labelimg_flat(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "1.xml": voc_text(CAT, DOG),
            "1.jpg": picture(),
            "2.XML": voc_text(filename="2.JPG"),
            "2.JPG": picture(shade=2),
        },
    )
    got = seen(tmp_path)
    assert got.boxes == READ
    assert len(got.images) == 2
    assert got.errors == []


# Documents.

DOCUMENTS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "SCH001"),
    "cut short": (voc_text(CAT, DOG)[:-60], "SCH001"),
    "tag not closed": (voc_text(CAT).replace("</size>", ""), "SCH001"),
    "no xml": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "SCH001"),
    "binary": (b"\x00\x01\x02" * 50, "SCH001"),
    "wrong root": ("<html><body/></html>", "SCH001"),
    "entity bomb": (ENTITIES + voc_text(CAT.replace("<name>cat", "<name>&c;")), "SCH001"),
    "external entity": ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n' + voc_text(CAT.replace("<name>cat", "<name>&x;")), "SCH001"),
    "external DTD": ('<!DOCTYPE annotation SYSTEM "http://127.0.0.1:9/x.dtd">\n' + voc_text(CAT.replace("<name>cat", "<name>&x;")), "SCH001"),
    "wrong encoding": (b'<?xml version="1.0" encoding="utf-8"?>\n' + voc_text(voc_object(11, 21, 110, 70, name="caf\xe9")).encode("latin-1"), "SCH001"),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_document_that_cannot_be_read(tmp_path: Path, case: str) -> None:
    text, code = DOCUMENTS[case]
    got = seen(devkit(tmp_path, text))
    assert (code, FIRST) in {(each.rule, each.file) for each in got.found}, got.told
    assert got.of(code)[0].line > 0
    assert len(got.images) == 3
    assert [each for each in got.boxes if each == READ[1]] == READ[1:] * (
        3 if case == "cut short" and len(of_first(got)) > 1 else 2
    )
    assert "root:" not in str(got.names)


def test_a_root_of_another_name_is_read_and_told_or_refused(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, voc_text(CAT).replace("annotation>", "annotations>")))
    assert FIRST in {each.file for each in got.found if each.severity != "info"}, got.told


LEGAL_DOCUMENTS: dict[str, str | bytes] = {
    "declaration": '<?xml version="1.0" encoding="UTF-8"?>\n' + voc_text(CAT, DOG),
    "CRLF": voc_text(CAT, DOG).replace("\n", "\r\n"),
    "one line": voc_text(CAT, DOG).replace("\n", ""),
    "latin-1, declared": ('<?xml version="1.0" encoding="ISO-8859-1"?>\n' + voc_text(CAT, DOG)).encode(
        "latin-1"
    ),
    "UTF-16, declared": ('<?xml version="1.0" encoding="UTF-16"?>\n' + voc_text(CAT, DOG)).encode("utf-16"),
    "comment": voc_text("<!-- <object> -->", CAT, DOG),
    "verified": voc_text(CAT, DOG).replace("<annotation>", '<annotation verified="yes">'),
    "no depth": voc_text(CAT, DOG).replace("<depth>3</depth>", ""),
    "filename without suffix": voc_text(CAT, DOG, filename="1"),
    "no filename": voc_text(CAT, DOG, filename=""),
}


@pytest.mark.parametrize("case", LEGAL_DOCUMENTS)
def test_a_legal_document_is_read_right(tmp_path: Path, case: str) -> None:
    got = seen(devkit(tmp_path, LEGAL_DOCUMENTS[case]))
    assert of_first(got) == READ
    assert got.errors == []


def test_a_byte_order_mark_is_a_warning(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, b"\xef\xbb\xbf" + voc_text(CAT, DOG).encode()))
    assert of_first(got) == READ
    assert got.errors == []


def test_an_image_without_objects_is_healthy(tmp_path: Path) -> None:
    got = seen(devkit(tmp_path, voc_text()))
    assert of_first(got) == []
    assert loud(got) == []
    assert len(got.images) == 3
