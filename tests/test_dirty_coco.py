"""COCO files on which other tools stop, drop records or read something else: here each is a finding with its file, line
and pointer, or a legal variant that is read right.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.dirty import (
    CATEGORIES,
    Seen,
    coco_box,
    coco_image,
    coco_text,
    line_of,
    picture,
    put,
    seen,
)

NAN = float("nan")
SQUARE = [10, 20, 110, 20, 110, 70, 10, 70]
BEFORE = coco_box(1, (200, 100, 100, 100), category=2)
AFTER = coco_box(3, (300, 300, 100, 100), image=2)
READ = ("dog", 200.0, 100.0, 100.0, 100.0), ("cat", 300.0, 300.0, 100.0, 100.0)
PLAIN = ("cat", 10.0, 20.0, 100.0, 50.0)


def dataset(
    root: Path, text: str | bytes, images: bool = True, name: str = "annotations/instances_train.json"
) -> Path:
    """A json in annotations/ and two images in images/."""
    pictures = {"images/1.jpg": picture(shade=1), "images/2.jpg": picture(shade=2)} if images else {}
    return put(root, {name: text, **pictures})


FILE = "annotations/instances_train.json"


def loud(got: Seen) -> list[str]:
    """Errors and warnings, spelled out."""
    return [each for each in got.told if not each.startswith("info")]


def without(record: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != key}


def ring(*numbers: float, **more: Any) -> dict[str, Any]:
    """An annotation with one polygon."""
    return coco_box(2, segmentation=[[*numbers]], **more)


# One annotation that is a fault, between two healthy ones: its record, its rule, and the box it has (None: none).

Case = tuple[Any, str, tuple[float, ...] | None]
USUAL = (10, 20, 100, 50)
FAULTS: dict[str, Case] = {
    "NaN": (coco_box(2, [NAN, 20, 100, 50], area=5000), "SCH004", None),
    "Infinity": (coco_box(2, [10, 20, float("inf"), 50], area=5000), "SCH004", None),
    "1e999": (json.dumps(coco_box(2)).replace("[10,", "[1e999,"), "SCH004", None),
    "negative x": (coco_box(2, (-10, 20, 100, 50)), "BOX002", (-10, 20, 100, 50)),
    "partly outside": (coco_box(2, (600, 20, 100, 50)), "BOX002", (600, 20, 100, 50)),
    "fully outside": (coco_box(2, (700, 500, 100, 50)), "BOX002", (700, 500, 100, 50)),
    "width 0": (coco_box(2, (10, 20, 0, 50), area=1), "BOX001", (10, 20, 0, 50)),
    "width and height 0": (coco_box(2, (10, 20, 0, 0), area=1), "BOX001", (10, 20, 0, 0)),
    "width below 0": (coco_box(2, (110, 20, -100, 50), area=5000), "BOX001", (110, 20, -100, 50)),
    "0.4 px wide": (coco_box(2, (10, 20, 0.4, 50)), "BOX003", (10, 20, 0.4, 50)),
    "bbox of strings": (coco_box(2, ["10", "20", "100", "50"], area=5000), "SCH002", USUAL),
    "bbox of words": (coco_box(2, ["a", "b", "c", "d"], area=5000), "SCH002", None),
    "bbox of 3": (coco_box(2, [10, 20, 100], area=5000), "SCH002", None),
    "bbox of 5": (coco_box(2, [10, 20, 100, 50, 0.5], area=5000), "SCH002", None),
    "bbox null": (coco_box(2, None, area=5000), "SCH002", None),
    "bbox empty": (coco_box(2, [], area=5000), "SCH002", None),
    "bbox a mapping": (coco_box(2, {"x": 10, "y": 20, "w": 100, "h": 50}, area=5000), "SCH002", None),
    "bbox nested": (coco_box(2, [[10, 20, 100, 50]], area=5000), "SCH002", None),
    "string id": (coco_box("2"), "SCH002", USUAL),
    "word for an id": (coco_box("two"), "SCH002", USUAL),
    "id absent": (without(coco_box(2), "id"), "SCH002", USUAL),
    "id 2.0": (coco_box(2.0), "SCH002", USUAL),
    "id null": (coco_box(None), "SCH002", USUAL),
    "id 1.5": (coco_box(1.5), "SCH002", USUAL),
    "id 0": (coco_box(0), "SCH008", USUAL),
    "duplicate id": (coco_box(1), "SCH006", USUAL),
    "string image id": (coco_box(2, image="1"), "SCH002", USUAL),
    "unknown image": (coco_box(2, image=99), "SCH007", USUAL),
    "image id absent": (without(coco_box(2), "image_id"), "SCH002", USUAL),
    "unknown category": (coco_box(2, category=99), "CLS001", USUAL),
    "category id absent": (without(coco_box(2), "category_id"), "SCH002", USUAL),
    "string category id": (coco_box(2, category="1"), "SCH002", USUAL),
    "no iscrowd": (without(coco_box(2), "iscrowd"), "SCH003", USUAL),
    "no area": (without(coco_box(2), "area"), "SCH003", USUAL),
    "area above its box": (coco_box(2, area=6000), "BOX005", USUAL),
    "area 0": (coco_box(2, area=0), "BOX005", USUAL),
    "area of the image": (coco_box(2, area=640 * 480), "BOX005", USUAL),
    "area of a string": (coco_box(2, area="5000"), "SCH002", USUAL),
    "iscrowd 2": (coco_box(2, iscrowd=2), "SCH002", USUAL),
    "crowd with a polygon": (ring(*SQUARE, iscrowd=1), "FMT011", USUAL),
    "polygon, odd length": (ring(*SQUARE[:7]), "SEG001", USUAL),
    "polygon, 2 points": (ring(10, 20, 110, 70), "SEG001", USUAL),
    "polygon, 1 number": (ring(10), "SEG001", USUAL),
    "polygon, empty ring": (ring(), "SEG001", USUAL),
    "polygon with NaN": (ring(*SQUARE[:7], NAN), "SCH004", USUAL),
    "polygon, flat list": (coco_box(2, segmentation=SQUARE), "SCH002", USUAL),
    "polygon of strings": (ring(*map(str, SQUARE)), "SCH002", USUAL),  # type: ignore[arg-type]
    "polygon of pairs": (coco_box(2, segmentation=[[[10, 20], [110, 20], [110, 70]]]), "SCH002", USUAL),
    "segmentation a word": (coco_box(2, segmentation="none"), "SCH002", USUAL),
    "annotation null": ("null", "SCH002", None),
    "annotation a number": ("7", "SCH002", None),
    "annotation a list": ("[1, 2]", "SCH002", None),
    "same box, same class": (coco_box(2, (200, 100, 100, 100), category=2), "DUP001", (200, 100, 100, 100)),
    "nearly the same box": (coco_box(2, (202, 100, 100, 100), category=2), "DUP002", (202, 100, 100, 100)),
    "same box, other class": (coco_box(2, (200, 100, 100, 100)), "DUP003", (200, 100, 100, 100)),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_annotation_is_a_finding(tmp_path: Path, case: str) -> None:
    record, code, box = FAULTS[case]
    text = coco_text([BEFORE, record, AFTER])
    got = seen(dataset(tmp_path, text))
    line = line_of(text, '"annotations"') + 2
    pairs = {
        (each.rule, each.file, each.line, each.pointer.split("/")[1:3] == ["annotations", "1"])
        for each in got.found
    }
    dataset_wide = {(each.rule, each.file) for each in got.found}
    if code == "FMT011":
        assert (code, FILE) in dataset_wide, got.told
    else:
        assert (code, FILE, line, True) in pairs, got.told
    assert got.boxes[0] == READ[0]
    assert got.boxes[-1] == READ[1]
    if box is not None:
        assert got.boxes[1][1:] == box
    wrong = {each.rule for each in got.found if each.severity == "error"}
    assert wrong <= {code}, got.told


def test_an_area_below_its_box_is_that_of_an_outline_we_do_not_have(tmp_path: Path) -> None:
    got = seen(dataset(tmp_path, coco_text([coco_box(1, area=1), coco_box(2, USUAL, image=2, category=2)])))
    assert got.data.table("annotations")["area"].tolist() == [1, 5000]
    assert loud(got) == []


def test_one_annotation_without_geometry_among_many_is_an_error(tmp_path: Path) -> None:
    many = [coco_box(at, (at, at, 20 + 3 * at, 50 + 3 * at)) for at in range(1, 40)]
    text = coco_text([*many, without(coco_box(40), "bbox"), coco_box(41, (300, 100, 100, 100), category=2)])
    got = seen(dataset(tmp_path, text))
    (found,) = got.of("SCH002")
    assert (found.file, found.line, found.pointer) == (FILE, line_of(text, '"id": 40'), "/annotations/39")
    assert len(got.boxes) == 41


def test_labels_of_whole_images_are_legal(tmp_path: Path) -> None:
    text = coco_text([without(coco_box(1), "bbox"), without(coco_box(2, image=2, category=2), "bbox")])
    got = seen(dataset(tmp_path, text))
    assert got.data.table("annotations")["kind"].tolist() == [1, 1]
    assert got.errors == []


def test_an_unknown_category_keeps_its_id(tmp_path: Path) -> None:
    got = seen(dataset(tmp_path, coco_text([coco_box(1, category=99)])))
    assert got.data.table("annotations")["category_id"].tolist() == [99]


# What is left to rules of a later day is read all the same.

LATER = {
    "self-crossing": ring(10, 20, 110, 70, 110, 20, 10, 70),
    "polygon away from its box": ring(300, 300, 400, 300, 400, 350, 300, 350),
    "polygon outside the image": ring(600, 20, 700, 20, 700, 70, 600, 70),
    "RLE of another size": coco_box(2, segmentation={"counts": [0, 100], "size": [10, 10]}),
    "RLE of too many": coco_box(2, segmentation={"counts": [0, 640 * 480 + 7], "size": [480, 640]}),
    "RLE, negative runs": coco_box(2, segmentation={"counts": [10, -5, 20], "size": [480, 640]}),
    "RLE, bad text": coco_box(2, segmentation={"counts": "\u007f~~~\u0001", "size": [480, 640]}),
    "RLE, empty text": coco_box(2, segmentation={"counts": "", "size": [480, 640]}),
    "RLE without size": coco_box(2, segmentation={"counts": [0, 100]}),
    "RLE of huge size": coco_box(2, segmentation={"counts": [0, 100], "size": [10**12, 10**12]}),
    "RLE counts null": coco_box(2, segmentation={"counts": None, "size": [480, 640]}),
    "keypoints, odd length": coco_box(2, keypoints=[10, 20], num_keypoints=1),
    "keypoints, visibility 9": coco_box(2, keypoints=[10, 20, 9], num_keypoints=1),
    "keypoints of words": coco_box(2, keypoints=["a", "b", "c"], num_keypoints=1),
    "keypoints null": coco_box(2, keypoints=None),
    "keypoints NaN": coco_box(2, keypoints=[NAN, 20, 2], num_keypoints=1),
    "smaller box inside": coco_box(2, (220, 120, 20, 20), category=2),
    "segmentation empty": coco_box(2, segmentation=[]),
    "segmentation null": coco_box(2, segmentation=None),
}  # fmt: skip


@pytest.mark.parametrize("case", LATER)
def test_odd_geometry_does_not_vanish(tmp_path: Path, case: str) -> None:
    got = seen(dataset(tmp_path, coco_text([BEFORE, LATER[case], AFTER])))
    assert len(got.boxes) == 3
    assert got.boxes[0] == READ[0]
    assert got.boxes[-1] == READ[1]
    assert got.data.table("annotations")["id"].tolist() == [1, 2, 3]


# Images and categories.

PAIR: list[dict[str, Any]] = [coco_image(1), coco_image(2)]
SECTIONS: dict[str, tuple[list[Any], list[Any], str, str]] = {
    "no width and height": ([{"id": 1, "file_name": "1.jpg"}, PAIR[1]], [*CATEGORIES], "SCH009", "/images/0"),
    "width 0": ([coco_image(1, width=0), PAIR[1]], [*CATEGORIES], "SCH009", "/images/0"),
    "width of a string": ([coco_image(1, width="640"), PAIR[1]], [*CATEGORIES], "SCH002", "/images/0"),
    "width 640.5": ([coco_image(1, width=640.5), PAIR[1]], [*CATEGORIES], "SCH009", "/images/0"),
    "width of another file": ([coco_image(1, width=800), PAIR[1]], [*CATEGORIES], "IMG003", "/images/0"),
    "image id twice": ([PAIR[0], PAIR[1], coco_image(1, file_name="3.jpg")], [*CATEGORIES], "SCH005", "/images/2"),
    "file name twice": ([PAIR[0], PAIR[1], coco_image(3, file_name="1.jpg")], [*CATEGORIES], "SCH005", "/images/2"),
    "file name in another case": ([PAIR[0], PAIR[1], coco_image(3, file_name="1.JPG")], [*CATEGORIES], "SCH005", "/images/2"),
    "no file name": ([PAIR[0], PAIR[1], without(coco_image(3), "file_name")], [*CATEGORIES], "SCH002", "/images/2"),
    "file name a number": ([PAIR[0], PAIR[1], coco_image(3, file_name=3)], [*CATEGORIES], "SCH002", "/images/2"),
    "image id a string": ([PAIR[0], PAIR[1], coco_image("3")], [*CATEGORIES], "SCH002", "/images/2"),
    "image id absent": ([PAIR[0], PAIR[1], without(coco_image(3), "id")], [*CATEGORIES], "SCH002", "/images/2"),
    "missing file": ([PAIR[0], PAIR[1], coco_image(3)], [*CATEGORIES], "SCH010", "/images/2"),
    "leads out": ([PAIR[0], PAIR[1], coco_image(3, file_name="../../etc/passwd")], [*CATEGORIES], "SCH013", "/images/2"),
    "absolute": ([PAIR[0], PAIR[1], coco_image(3, file_name="/etc/passwd")], [*CATEGORIES], "SCH013", "/images/2"),
    "backslash": ([coco_image(1, file_name="images\\1.jpg"), PAIR[1]], [*CATEGORIES], "SCH013", "/images/0"),
    "image null": ([PAIR[0], PAIR[1], None], [*CATEGORIES], "SCH002", "/images/2"),
    "category id twice": (PAIR, [*CATEGORIES, {"id": 2, "name": "hen"}], "SCH005", "/categories/2"),
    "category name twice": (PAIR, [*CATEGORIES, {"id": 3, "name": "cat"}], "CLS003", "/categories/2"),
    "category in another case": (PAIR, [*CATEGORIES, {"id": 3, "name": "Cat "}], "CLS003", "/categories/2"),
    "category without name": (PAIR, [*CATEGORIES, {"id": 3}], "SCH002", "/categories/2"),
    "category id a string": (PAIR, [*CATEGORIES, {"id": "3", "name": "hen"}], "SCH002", "/categories/2"),
    "category unused": (PAIR, [*CATEGORIES, {"id": 3, "name": "hen"}], "CLS002", "/categories/2"),
    "category null": (PAIR, [*CATEGORIES, None], "SCH002", "/categories/2"),
    "category 0": (PAIR, [{"id": 0, "name": "hen"}, *CATEGORIES], "FMT008", "/categories/0"),
}  # fmt: skip


@pytest.mark.parametrize("case", SECTIONS)
def test_a_faulty_image_or_category_is_a_finding(tmp_path: Path, case: str) -> None:
    images, categories, code, pointer = SECTIONS[case]
    notes = [coco_box(1, USUAL, category=1), coco_box(2, (200, 100, 100, 100), image=2, category=2)]
    if case == "category 0":
        notes.append(coco_box(3, (300, 300, 50, 50), category=0))
    text = coco_text(notes, images, categories)
    got = seen(dataset(tmp_path, text))
    section, at = pointer.split("/")[1:]
    line = line_of(text, f'"{section}"') + 1 + int(at)
    places = {(each.rule, each.file, each.line) for each in got.found if each.pointer.startswith(pointer)}
    partners = {
        (each.rule, each.file, each.line) for each in got.found if str(line) in map(str, each.values.values())
    }
    assert (code, FILE, line) in places or code in {each[0] for each in partners}, got.told
    assert got.boxes[:2] == [PLAIN, ("dog", 200.0, 100.0, 100.0, 100.0)]
    assert {each.rule for each in got.found if each.severity == "error"} <= {code, "SCH010"}, got.told
    assert all(
        Path(path).is_relative_to(tmp_path) for path in got.data.table("images")["path"].tolist() if path
    )


def test_category_0_is_a_class_like_any_other(tmp_path: Path) -> None:
    text = coco_text(
        [coco_box(1, category=0), coco_box(2, (200, 100, 100, 100))],
        categories=[{"id": 0, "name": "zero"}, {"id": 1, "name": "one"}],
    )
    got = seen(dataset(tmp_path, text))
    assert [box[0] for box in got.boxes] == ["zero", "one"]
    assert [each.severity for each in got.of("FMT008")] == ["warning"]
    assert got.errors == []


def test_a_jpg_and_a_png_of_one_stem_are_two_images(tmp_path: Path) -> None:
    images = [coco_image(1), coco_image(2, file_name="1.png")]
    put(tmp_path, {"images/1.png": picture(form="PNG", shade=3)})
    got = seen(dataset(tmp_path, coco_text([coco_box(1), coco_box(2, image=2)], images)))
    assert got.data.table("annotations")["image"].tolist() == [0, 1]
    assert got.errors == []


def test_two_records_of_one_file_keep_their_own_labels(tmp_path: Path) -> None:
    images = [coco_image(1), coco_image(2, file_name="1.jpg")]
    got = seen(
        dataset(tmp_path, coco_text([coco_box(1), coco_box(2, (200, 100, 100, 100), image=2)], images))
    )
    assert len(got.boxes) == 2
    assert got.data.table("annotations")["image"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("held", "code"), [(b"", "IMG001"), (b"no picture", "IMG001"), (picture(shade=1)[:-30], "IMG002")]
)
def test_a_broken_image(tmp_path: Path, held: bytes, code: str) -> None:
    root = dataset(tmp_path, coco_text([coco_box(1)]))
    put(root, {"images/1.jpg": held})
    got = seen(root)
    assert [each.image for each in got.of(code)] == ["1.jpg"], got.told


def test_an_image_without_annotations_is_healthy(tmp_path: Path) -> None:
    got = seen(dataset(tmp_path, coco_text([coco_box(1), coco_box(2, (200, 100, 100, 100), category=2)])))
    assert loud(got) == []
    assert got.images == ["1.jpg", "2.jpg"]


def test_an_image_that_no_record_names_is_not_taken_for_one(tmp_path: Path) -> None:
    root = put(
        dataset(tmp_path, coco_text([coco_box(1), coco_box(2, (200, 100, 100, 100), category=2)])),
        {"images/9.jpg": picture(shade=9)},
    )
    got = seen(root)
    assert got.images == ["1.jpg", "2.jpg"]
    assert got.errors == []


# Whole files.

HEALTHY = coco_text([coco_box(1), coco_box(2, (200, 100, 100, 100), category=2)])
DOCUMENTS: dict[str, tuple[str | bytes, str, int]] = {
    "empty": ("", "SCH001", 0),
    "blank": ("  \n", "SCH001", 0),
    "cut in a record": (HEALTHY[: HEALTHY.index('"area": 10000')], "SCH001", 1),
    "cut between sections": (HEALTHY[: HEALTHY.index('"categories"')], "SCH001", 2),
    "trailing comma": (HEALTHY.replace("}\n],\n\"categories\"", "},\n],\n\"categories\""), "SCH001", 2),
    "comma missing": (HEALTHY.replace("},\n{\"id\": 2, \"image_id\"", "}\n{\"id\": 2, \"image_id\""), "SCH001", 1),
    "text behind": (HEALTHY + "}", "SCH001", 2),
    "UTF-16": (HEALTHY.encode("utf-16"), "SCH001", 0),
    "latin-1": (HEALTHY.replace('"dog"', '"caf\xe9"').encode("latin-1"), "SCH001", 2),
    "annotations absent": (HEALTHY.replace('"annotations"', '"annotation"'), "SCH002", 0),
    "images absent": (HEALTHY.replace('"images"', '"image"'), "SCH002", 2),
    "categories absent": (HEALTHY.replace('"categories"', '"classes"'), "SCH002", 2),
    "annotations null": (HEALTHY[: HEALTHY.index('"annotations"')] + '"annotations": null, "categories": []}', "SCH002", 0),
    "annotations a mapping": (HEALTHY[: HEALTHY.index('"annotations"')] + '"annotations": {"1": {}}, "categories": []}', "SCH002", 0),
    "section twice": (HEALTHY.rstrip("}\n") + ',\n"annotations": [\n' + json.dumps(coco_box(9)) + "\n]\n}\n", "SCH002", 3),
    "git-lfs pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "SCH001", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_broken_file_is_a_finding_and_what_can_be_read_is(tmp_path: Path, case: str) -> None:
    text, code, rows = DOCUMENTS[case]
    got = seen(dataset(tmp_path, text))
    assert (code, FILE) in {(each.rule, each.file) for each in got.found}, got.told
    assert all(each.line > 0 for each in got.of("SCH001")), got.told
    assert len(got.boxes) >= rows


SECOND: dict[str, str | bytes] = {
    "single quotes": HEALTHY.replace('"', "'"),
    "binary": b"\x00\x01\x80" * 99,
    "cut early": HEALTHY[:15],
    "empty": "",
    "a page of the web": "<html>log in</html>",
    "zipped": gzip.compress(HEALTHY.encode(), mtime=0),
}


@pytest.mark.parametrize("case", SECOND)
def test_a_broken_split_does_not_vanish_beside_a_whole_one(tmp_path: Path, case: str) -> None:
    root = put(dataset(tmp_path, HEALTHY), {"annotations/instances_val.json": SECOND[case]})
    got = seen(root)
    (found,) = got.of("SCH001")
    assert found.file == "annotations/instances_val.json"
    assert found.line == {"single quotes": 2, "cut early": 3}.get(case, 1)
    assert len(got.boxes) == 2


@pytest.mark.parametrize(
    "held",
    ['{"lr": 0.1}', "[1, 2]", '{"images": [], "annotations": [{"id": 1, "image_id": 1, "caption": "x"}]}'],
)
def test_a_file_of_another_kind_is_named_as_not_read(tmp_path: Path, held: str) -> None:
    got = seen(put(dataset(tmp_path, HEALTHY), {"annotations/instances_val.json": held}))
    assert "instances_val.json" in " ".join(got.data.notes)
    assert got.errors == []


def test_a_byte_order_mark_is_a_warning(tmp_path: Path) -> None:
    got = seen(dataset(tmp_path, "\ufeff" + HEALTHY))
    assert got.boxes[0] == PLAIN
    assert [(each.rule, each.severity, each.line) for each in got.found if each.severity != "info"] == [
        ("SCH001", "warning", 1)
    ]


LEGAL: dict[str, str | bytes] = {
    "CRLF": HEALTHY.replace("\n", "\r\n"),
    "one line": HEALTHY.replace("\n", ""),
    "indented": json.dumps(json.loads(HEALTHY), indent=4),
    "other order": json.dumps(dict(reversed(json.loads(HEALTHY).items()))),
    "unknown keys": HEALTHY.replace('"iscrowd"', '"attributes": {"a": [1, {"b": null}]}, "iscrowd"'),
    "exponents": HEALTHY.replace("[10, 20, 100, 50]", "[1e1, 2E+1, 100.0, 5000e-2]"),
    "escapes": HEALTHY.replace('"cat"', '"\\u0063at"'),
    "info and licences": HEALTHY.replace('{\n"images"', '{"info": {"year": 2020}, "licenses": [{"id": 1}],\n"images"', 1),
}  # fmt: skip


@pytest.mark.parametrize("case", LEGAL)
def test_a_legal_variant_is_read_right(tmp_path: Path, case: str) -> None:
    got = seen(dataset(tmp_path, LEGAL[case]))
    assert got.boxes == [PLAIN, ("dog", 200.0, 100.0, 100.0, 100.0)]
    assert got.images == ["1.jpg", "2.jpg"]
    assert got.errors == []


@pytest.mark.parametrize(
    "name", ["foo.json", "annotations/foo.json", "train/_annotations.coco.json", "labels.JSON"]
)
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    got = seen(dataset(tmp_path, HEALTHY, name=name))
    assert got.boxes[0] == PLAIN
    assert {each.file for each in got.found if each.file} <= {name}


def test_results_in_place_of_ground_truth_are_told(tmp_path: Path) -> None:
    results = [{"image_id": 1, "category_id": 1, "bbox": [10, 20, 100, 50], "score": 0.9}]
    root = put(tmp_path, {"results.json": json.dumps(results)})
    got = seen(root / "results.json")
    assert ("SCH002", "results.json") in {(each.rule, each.file) for each in got.found}, got.told
    assert "predictions" in "".join(got.told)


def test_nothing_but_null(tmp_path: Path) -> None:
    got = seen(dataset(tmp_path, "null") / FILE)
    assert (FILE.rpartition("/")[2]) in {each.file for each in got.found if each.severity == "error"}, (
        got.told
    )
