"""Image files that take another name in a mended copy, and all that names them; each way of naming in each format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import annotool
from annotool.dataset import Dataset
from annotool.errors import JournalError, UsageError
from annotool.fixes import diff, inplace, output
from annotool.fixes import journal as journals
from annotool.fixes.rounds import Proposal

Files = dict[str, bytes]
OPTIONS: dict[str, Any] = {"unsafe": True, "select": ["IMG005"]}
XML = "<annotation>{}<size><width>30</width><height>20</height><depth>3</depth></size><object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>\n"
LABELS = (".json", ".xml", ".txt", ".csv", ".jsonl", ".yaml")


def picture(path: Path, kind: str, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (30, 20), (shade, 0, 0)).save(path, kind)


def text(path: Path, held: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(held.encode() if isinstance(held, str) else held)


def coco(root: Path) -> None:
    """Two files name one image, and a sub-folder; one name is escaped, another in another case than its file's."""
    for split, names in {"train": ["a.jpg", "s/ä b.JPG"], "val": ["a.jpg", "C.JPEG"]}.items():
        images = [
            {"id": at, "file_name": name, "width": 30, "height": 20, "x": ["a.jpg"]}
            for at, name in enumerate(names, 1)
        ]
        boxes = [
            {"id": at, "image_id": at, "category_id": 1, "bbox": [2, 2, 7, 7], "area": 49, "iscrowd": 0}
            for at in (1, 2)
        ]
        document = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "cat"}]}
        text(
            root / f"annotations/instances_{split}.json", json.dumps(document, indent=split == "val" or None)
        )
    for name, kind in {"a.jpg": "PNG", "s/ä b.JPG": "BMP", "c.jpeg": "PNG"}.items():
        picture(root / "images" / name, kind, ord(name[0]) % 250)


def voc(root: Path) -> None:
    """A list that names images with their suffix, one of stems, an xml without a name, one with a folder, a lone image."""
    for stem, name in {
        "a": "<filename>a.jpg</filename>",
        "b": "",
        "c": "<filename>x/c.jpg</filename>",
        "d": "<filename>d.jpg</filename>",
    }.items():
        text(root / f"Annotations/{stem}.xml", XML.format(name))
        picture(root / f"JPEGImages/{stem}.jpg", "JPEG" if stem == "d" else "PNG", ord(stem))
    picture(root / "JPEGImages/e.jpg", "PNG", 5)
    text(root / "ImageSets/Main/train.txt", "a.jpg\r\nb\r\nd.jpg\r\n")
    text(root / "ImageSets/Main/val.txt", "c.JPG\ne\n")


def yolo(root: Path) -> None:
    """Folders that nothing lists."""
    text(root / "data.yaml", "train: train/images\nval: val/images\nnames: [cat]\n")
    for name, kind in {
        "train/images/a.jpg": "PNG",
        "train/images/b.jpg": "JPEG",
        "val/images/c.JPG": "PNG",
    }.items():
        picture(root / name, kind, ord(name[-5]))
        text((root / name.replace("images", "labels")).with_suffix(".txt"), "0 0.5 0.5 0.2 0.2\n")
    picture(root / "val/images/background.jpg", "PNG", 9)


def yolo_lists(root: Path) -> None:
    """Lists with a mark, CRLF, a line twice, absolute paths and backslashes."""
    text(root / "data.yaml", "train: train.txt\nval: val.txt\nnames: [cat]\n")
    for stem in "abcd":
        picture(root / f"images/{stem}.jpg", "JPEG" if stem == "d" else "PNG", ord(stem))
        text(root / f"labels/{stem}.txt", "0 0.5 0.5 0.2 0.2\n")
    text(root / "train.txt", b"\xef\xbb\xbf./images/a.jpg\r\n  images\\b.jpg\r\n./images/a.jpg\r\n")
    text(root / "val.txt", "images/c.jpg\n\nimages/d.jpg")


def voc_classes(root: Path) -> None:
    """Lists of a class in place of xml files."""
    for at, stem in enumerate("abcd"):
        picture(root / f"JPEGImages/{stem}.jpg", "JPEG" if stem == "d" else "PNG", at)
    text(root / "ImageSets/Main/cat_train.txt", "a  1\nb -1\n")
    text(root / "ImageSets/Main/dog_train.txt", "a -1\nb  1\n")
    text(root / "ImageSets/Main/cat_val.txt", "c  1\nd -1\n")
    text(root / "ImageSets/Main/dog_val.txt", "c -1\nd  1\n")


def csv(root: Path) -> None:
    text(root / "labels.csv", 'file,label,note\r\n"a.jpg",cat,a.jpg\r\nb.jpg,dog,\r\nc.jpg,dog,\r\n')
    for stem, kind in {"a": "PNG", "b": "JPEG", "c": "WEBP"}.items():
        picture(root / f"{stem}.jpg", kind, ord(stem))


def csv_stems(root: Path) -> None:
    """Names without a suffix: there is nothing to change in them."""
    text(
        root / "labels.csv",
        "image,label\n" + "".join(f"img_{at},{'cat' if at % 2 else 'dog'}\n" for at in range(6)),
    )
    for at in range(6):
        picture(root / f"img_{at}.jpg", "JPEG" if at else "PNG", at)


def huggingface(root: Path) -> None:
    text(
        root / "train/metadata.jsonl",
        '{"file_name": "a.jpg", "label": "cat", "of": "a.jpg"}\n{"label":"dog","file_name":"b.jpg"}\n',
    )
    picture(root / "train/a.jpg", "PNG", 1)
    picture(root / "train/b.jpg", "JPEG", 2)


def imagefolder(root: Path) -> None:
    for name, kind in {
        "cat/a.jpg": "PNG",
        "cat/b.jpg": "JPEG",
        "dog/c.jpg": "JPEG",
        "dog/d.JPG": "BMP",
    }.items():
        picture(root / name, kind, ord(name[-5]))


# By maker: the new name of each image, and what changes in each label file.
MADE: dict[Callable[[Path], None], tuple[dict[str, str], dict[str, list[tuple[bytes, bytes]]]]] = {
    coco: (
        {"images/a.jpg": "images/a.png", "images/s/ä b.JPG": "images/s/ä b.BMP", "images/c.jpeg": "images/c.png"},
        {
            "annotations/instances_train.json": [(b'_name": "a.jpg', b'_name": "a.png'), (b"\\u00e4 b.JPG", b"\\u00e4 b.BMP")],
            "annotations/instances_val.json": [(b'_name": "a.jpg', b'_name": "a.png'), (b"C.JPEG", b"C.PNG")],
        },
    ),
    voc: (
        {f"JPEGImages/{stem}.jpg": f"JPEGImages/{stem}.png" for stem in "abce"},
        {
            "Annotations/a.xml": [(b"a.jpg", b"a.png")],
            "Annotations/c.xml": [(b"c.jpg", b"c.png")],
            "ImageSets/Main/train.txt": [(b"a.jpg", b"a.png")],
            "ImageSets/Main/val.txt": [(b"c.JPG", b"c.PNG")],
        },
    ),
    yolo: (
        {"train/images/a.jpg": "train/images/a.png", "val/images/c.JPG": "val/images/c.PNG", "val/images/background.jpg": "val/images/background.png"},
        {},
    ),
    yolo_lists: (
        {f"images/{stem}.jpg": f"images/{stem}.png" for stem in "abc"},
        {"train.txt": [(b"a.jpg", b"a.png"), (b"b.jpg", b"b.png")], "val.txt": [(b"c.jpg", b"c.png")]},
    ),
    voc_classes: ({f"JPEGImages/{stem}.jpg": f"JPEGImages/{stem}.png" for stem in "abc"}, {}),
    csv: ({"a.jpg": "a.png", "c.jpg": "c.webp"}, {"labels.csv": [(b'"a.jpg"', b'"a.png"'), (b"c.jpg", b"c.webp")]}),
    csv_stems: ({"img_0.jpg": "img_0.png"}, {}),
    huggingface: (
        {"train/a.jpg": "train/a.png"},
        {"train/metadata.jsonl": [(b'_name": "a.jpg', b'_name": "a.png')]},
    ),
    imagefolder: ({"cat/a.jpg": "cat/a.png", "dog/d.JPG": "dog/d.BMP"}, {}),
}  # fmt: skip


def tree(folder: Path) -> Files:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "fixes.jsonl")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def expected(given: Files, make: Callable[[Path], None]) -> Files:
    names, changes = MADE[make]
    found = {names.get(name, name): held for name, held in given.items()}
    for name, swaps in changes.items():
        for old, new in swaps:
            assert old in found[name]
            found[name] = found[name].replace(old, new)
    return found


@pytest.fixture(params=MADE, ids=lambda make: make.__name__)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Path], None]:
    made: Callable[[Path], None] = request.param
    made(tmp_path / "given")
    return made


def fix(path: Path, **options: Any) -> Proposal:
    return annotool.fix(path, **OPTIONS, **options)


def test_the_copy_has_the_new_names_and_no_other_byte_differs(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    given = tree(tmp_path / "given")
    made = fix(tmp_path / "given", out=tmp_path / "out")
    assert made.complete and not made.taken_back and not len(made.after)
    assert tree(tmp_path / "out") == expected(given, make)
    assert tree(tmp_path / "given") == given, "the input is as it was"
    again = fix(tmp_path / "out")
    assert not len(again.changes) and not len(again.before)


def test_what_was_proven_is_what_the_copy_holds(make: Callable[[Path], None], tmp_path: Path) -> None:
    made = fix(tmp_path / "given", out=tmp_path / "out")
    read = annotool.read(tmp_path / "out")

    def told(data: Dataset, root: Path) -> set[tuple[str, str]]:
        names, paths = data.table("images")["file_name"].tolist(), data.image_paths.tolist()
        return {
            (name, Path(path).relative_to(root).as_posix()) for name, path in zip(names, paths, strict=True)
        }

    assert told(made.fixed, tmp_path / "given") == told(read, tmp_path / "out")
    before, proven, after = (annotool.audit(each).counts() for each in (made.data, made.fixed, read))
    assert proven == after
    assert {**before, "IMG005": 0} == {**after, "IMG005": 0}, "and nothing came up"


def test_paths_from_the_working_folder(
    make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fix(Path("given"), out=Path("out"))
    assert tree(tmp_path / "out") == expected(tree(tmp_path / "given"), make)


def test_undo_and_apply(make: Callable[[Path], None], tmp_path: Path) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    fix(given, out=out)
    annotool.apply(out / "fixes.jsonl", given, tmp_path / "anew")
    assert tree(tmp_path / "anew") == tree(out)
    names, labels = MADE[make]
    assert set(annotool.undo(out / "fixes.jsonl")) == {*names.values(), *labels}
    assert tree(out) == tree(given)
    assert annotool.undo(out / "fixes.jsonl") == (), "there is nothing left to undo"


def test_in_place_the_finding_stays_and_it_is_told(make: Callable[[Path], None], tmp_path: Path) -> None:
    given = tree(tmp_path / "given")
    made = fix(tmp_path / "given", in_place=True)
    assert tree(tmp_path / "given") == given and made.journal is None
    assert len(made.after) == len(made.before) > 0 and not made.taken_back
    assert any(
        "in place: " in note and "take another name or place; use --out (IMG005)" in note
        for note in made.notes
    )
    with pytest.raises(UsageError, match="--in-place renames or moves no image, and"):
        inplace.write_in_place(fix(tmp_path / "given"))


def test_the_journal_and_the_diff_say_it(tmp_path: Path) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    imagefolder(given)
    made = fix(given, out=out)
    first, *_ = (json.loads(line) for line in (out / "fixes.jsonl").read_text().splitlines()[1:-1])
    assert len(first.pop("fingerprint")) == 16
    assert first == {
        "file": "cat/a.jpg", "offset": 0, "old": None, "new": None, "renamed": "cat/a.png",
        "sha256": journals.digest((given / "cat/a.jpg").read_bytes()), "round": 1, "rule": "IMG005", "safe": False,
        "line": 0, "image": "cat/a.jpg", "column": "path", "old_value": "a.jpg", "new_value": "a.png",
    }  # fmt: skip
    assert list(diff.lines(made.changes, {"IMG005": "format-mismatch"}, given))[:3] == [
        "@@ cat/a.jpg IMG005 format-mismatch (unsafe) (a new name): cat/a.jpg",
        "-path a.jpg",
        "+path a.png",
    ]


def test_undo_and_apply_refuse_another_image(tmp_path: Path) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    csv(given)
    journal = output.write(fix(given), out)
    (out / "c.webp").unlink()
    picture(out / "c.webp", "WEBP", 200)
    before = tree(out)
    with pytest.raises(
        JournalError, match=r"c\.webp: is not the image .* expected sha256 \w{64}, found sha256"
    ):
        inplace.undo(journal)
    assert tree(out) == before
    (given / "c.jpg").unlink()
    with pytest.raises(JournalError, match=r"c\.jpg: is not the image .* found no such file"):
        annotool.apply(journal, given, tmp_path / "anew")
    assert not (tmp_path / "anew").exists()


def test_a_name_that_cannot_be_changed_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renamed, the image would be lost."""
    csv(tmp_path)
    monkeypatch.setattr("annotool.formats.csv.patch.rewritten", lambda _, old, *__: old)
    made = fix(tmp_path)
    assert made.taken_back == {"IMG005": 2} and not made.renamed and not len(made.changes)


def test_images_that_lie_elsewhere_come_along_under_their_new_names(tmp_path: Path) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    coco(given)
    (given / "images").rename(tmp_path / "far")
    made = fix(given, images=tmp_path / "far", out=out)
    assert len(made.renamed) == 3 and not len(made.after)
    new = ["images/train/a.png", "images/train/s/ä b.BMP", "images/val/C.PNG", "images/val/a.png"]
    assert [name for name in tree(out) if name.startswith("images")] == new
    assert (
        not len(annotool.audit(out, select=["IMG005", "SCH010"]))
        and annotool.read(out).table("images")["path"].all()
    )
    annotool.apply(out / "fixes.jsonl", given, tmp_path / "anew", images=tmp_path / "far")
    assert tree(tmp_path / "anew") == tree(out)
    annotool.undo(out / "fixes.jsonl")
    old = ["images/train/a.jpg", "images/train/s/ä b.JPG", "images/val/C.JPEG", "images/val/a.jpg"]
    assert [name for name in tree(out) if name.startswith("images")] == old


def test_an_image_renamed_and_dropped_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two splits that hold one image, the copy in train goes (SPL001)."""
    text(tmp_path / "given/data.yaml", "train: train/images\nval: val/images\nnames: [cat]\n")
    for split, at in (("train", 1), ("train", 2), ("val", 1), ("val", 3)):
        picture(tmp_path / f"given/{split}/images/{at}.jpg", "PNG", at)
        text(tmp_path / f"given/{split}/labels/{at}.txt", "0 0.5 0.5 0.2 0.2\n")
    made = annotool.fix(tmp_path / "given", unsafe=True, select=["IMG005", "SPL001"], out=tmp_path / "out")
    assert not len(made.after) and len(made.deletions) == 1 and len(made.renamed) == 3
    images = {name for name in tree(tmp_path / "out") if "images" in name}
    assert images == {"train/images/2.png", "val/images/1.png", "val/images/3.png"}
    annotool.apply(tmp_path / "out/fixes.jsonl", tmp_path / "given", tmp_path / "anew")
    assert tree(tmp_path / "anew") == tree(tmp_path / "out")
    annotool.undo(tmp_path / "out/fixes.jsonl")
    assert {name for name in tree(tmp_path / "out") if "images" in name} == {
        each.replace("png", "jpg") for each in images
    }


def test_lists_of_stems_that_name_some_images_whole(tmp_path: Path) -> None:
    """One list is the others together: it is no split, and names the image all the same."""
    given, out = tmp_path / "in/given", tmp_path / "out"
    for at, stem in enumerate("abcd"):
        picture(given / f"images/{stem}.jpg", "JPEG" if stem == "d" else "PNG", at)
        text(given / f"labels/{stem}.txt", "0 0.5 0.5 0.2 0.2\n")
    for name, held in {"train": "a.jpg\nb\n", "val": "c\nd\n", "all": "a.jpg\nb\nc\nd\n"}.items():
        text(given / f"sets/{name}.txt", held)
    assert len(fix(given, out=out).renamed) == 3
    lists = {name.rpartition("/")[2]: held for name, held in tree(out).items() if "/sets/" in name}
    assert lists == {"train.txt": b"a.png\nb\n", "val.txt": b"c\nd\n", "all.txt": b"a.png\nb\nc\nd\n"}


def test_a_journal_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    imagefolder(tmp_path / "given")
    journal = output.write(fix(tmp_path / "given"), tmp_path / "out")
    journal.write_bytes(journal.read_bytes().replace(b'"renamed":"cat/a.png"', b'"renamed":"../a.png"'))
    with pytest.raises(JournalError, match="lies outside the journal's folder"):
        inplace.undo(journal)
