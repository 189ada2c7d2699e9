import json
from pathlib import Path
from typing import Any

import pytest

from annotool.errors import NoDatasetError
from annotool.formats import detect
from annotool.formats.base import ReadOptions
from annotool.formats.coco.layout import claim_file, claims, find, sniff
from annotool.formats.listing import Listing
from tests.formats.coco.build import annotation, document, lines, put

CAPTIONS = document(annotations=[{"id": 1, "image_id": 1, "caption": "a cat"}])
PANOPTIC = document(annotations=[{"image_id": 1, "file_name": "1.png", "segments_info": [{"id": 1}]}])
RESULTS = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]
POINTS = document(annotations=[annotation(keypoints=[1, 2, 2])])
LONG = document(
    images=[{"id": n, "file_name": f"{n:0100d}.jpg", "width": 1, "height": 1} for n in range(1000)]
)


def found(path: Path) -> list[tuple[str, str]]:
    layout = find(path, ReadOptions())
    return [(file.path.relative_to(path).as_posix(), file.split) for file in layout.files]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.json", document(), "instances"),
        ("a.json", LONG, "instances"),
        ("a.json", {"info": {"x": "y" * 100_000}, **document()}, "instances"),
        ("a.json", {"images": [], "annotations": [], "categories": []}, "instances"),
        ("person_keypoints_val2017.json", POINTS, "keypoints"),
        ("stuff_val2017.json", document(), "stuff"),
        ("captions_val2017.json", CAPTIONS, "captions"),
        ("a.json", CAPTIONS, "captions"),
        ("a.json", PANOPTIC, "panoptic"),
        (
            "image_info_test2017.json",
            {"images": [{"id": 1, "file_name": "a.jpg"}], "categories": []},
            "images",
        ),
        ("a.json", RESULTS, "results"),
        ("a.json", [], "results"),
        ("a.json", [{"image": "a.jpg", "annotations": [{"label": "cat"}]}], "other"),
        ("a.json", {"version": "5", "shapes": [], "imagePath": "a.jpg"}, "other"),
        ("a.json", {"name": "package", "annotations": True}, "other"),
        ("a.json", {"info": {}, "categories": {"label": {}}, "items": [{"annotations": []}]}, "other"),
        ("a.json", b"", "broken"),
        ("a.json", b"\x00\x01", "broken"),
        ("a.json", b"null", "broken"),
        ("a.json", lines(document())[:-40], "instances"),
        ("a.json", b"\xef\xbb\xbf" + lines(document()), "instances"),
        ("a.json", lines(document()).decode().encode("utf-16"), "instances"),
        ("a.json", lines(document()).decode().encode("utf-16-be"), "instances"),
        ("a.json", b"// made by hand\n/* of\nold */ " + lines(document()), "instances"),
    ],
)
def test_sniff_looks_at_the_content(tmp_path: Path, name: str, content: Any, kind: str) -> None:
    put(tmp_path, {name: content})
    assert sniff(tmp_path / name) == kind


def test_a_file_that_cannot_be_opened_is_broken(tmp_path: Path) -> None:
    assert sniff(tmp_path / "none.json") == "broken"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["a.json"], [("a.json", "")]),
        (["A.JSON"], [("A.JSON", "")]),
        (["train.json", "val.json"], [("train.json", "train"), ("val.json", "val")]),
        (["instances_train2017.json"], [("instances_train2017.json", "train")]),
        (["instances_default.json"], [("instances_default.json", "")]),
        (["instances_minival.json"], [("instances_minival.json", "minival")]),
        (["my_TEST_set.json", "other.json"], [("my_TEST_set.json", "test"), ("other.json", "other")]),
        (["annotations/instances_train.json", "annotations/instances.json"],
         [("annotations/instances.json", ""), ("annotations/instances_train.json", "train")]),
        (["train/_annotations.coco.json", "valid/_annotations.coco.json", "test/_annotations.coco.json"],
         [("test/_annotations.coco.json", "test"), ("train/_annotations.coco.json", "train"),
          ("valid/_annotations.coco.json", "val")]),
    ],
)  # fmt: skip
def test_layouts(tmp_path: Path, files: list[str], expected: list[tuple[str, str]]) -> None:
    put(tmp_path, dict.fromkeys(files, document()))
    (claim,) = detect(tmp_path)
    assert claim.format == "coco"
    assert claim.path == tmp_path
    assert found(tmp_path) == expected


def test_coco_as_downloaded(tmp_path: Path) -> None:
    files: dict[str, Any] = {f"annotations/{kind}_{split}2017.json": document() for kind in ("instances", "stuff")
                             for split in ("train", "val")}  # fmt: skip
    files |= {"annotations/captions_val2017.json": CAPTIONS, "annotations/panoptic_val2017.json": PANOPTIC,
              "annotations/person_keypoints_val2017.json": POINTS, "annotations/~$lock.json": b"\x00\x01user"}  # fmt: skip
    put(tmp_path, files)
    assert found(tmp_path) == [
        ("annotations/instances_train2017.json", "train"),
        ("annotations/instances_val2017.json", "val"),
    ]
    assert set(find(tmp_path, ReadOptions()).beside) == {
        "annotations/captions_val2017.json (captions)",
        "annotations/panoptic_val2017.json (panoptic segments)",
        "annotations/person_keypoints_val2017.json (keypoints)",
        "annotations/stuff_train2017.json (stuff)",
        "annotations/stuff_val2017.json (stuff)",
        "annotations/~$lock.json (no JSON text)",
    }


def test_keypoints_alone_are_read(tmp_path: Path) -> None:
    put(tmp_path, {"person_keypoints_val2017.json": POINTS, "captions_val2017.json": CAPTIONS})
    assert found(tmp_path) == [("person_keypoints_val2017.json", "val")]


def test_a_broken_file_is_read_where_its_name_says_it_was_meant_to(tmp_path: Path) -> None:
    put(tmp_path, {"train.json": document(), "val.json": b"", "notes.json": b"\x00", ".coco.json": b"\x00"})
    assert found(tmp_path) == [("train.json", "train"), ("val.json", "val")]
    assert set(find(tmp_path, ReadOptions()).beside) == {
        "notes.json (no JSON text)",
        ".coco.json (no JSON text)",
    }


def test_a_broken_file_alone(tmp_path: Path) -> None:
    put(tmp_path / "meant", {"instances_train.json": b""})
    put(tmp_path / "not", {"foo.json": b"\x00"})
    assert found(tmp_path / "meant") == [("instances_train.json", "train")]
    assert claims(Listing(tmp_path / "not")) == "no instances in foo.json (no JSON text)"


def test_no_dataset_says_why(tmp_path: Path) -> None:
    put(tmp_path / "a", {"captions_val.json": CAPTIONS})
    put(tmp_path / "b", {"annotations.dvc": b"outs:\n"})
    put(tmp_path / "c", {"x.json": {"a": 1}})
    assert claims(Listing(tmp_path / "a")) == "no instances in captions_val.json (captions)"
    assert (
        claims(Listing(tmp_path / "b"))
        == f"{tmp_path / 'b' / 'annotations.dvc'} is a dvc pointer; run `dvc pull`"
    )
    assert claims(Listing(tmp_path / "c")) == "no JSON files with images and annotations"
    with pytest.raises(NoDatasetError, match="captions"):
        detect(tmp_path / "a")


def test_several_datasets_are_listed(tmp_path: Path) -> None:
    put(tmp_path, {"all.json": document(), "annotations/instances_val.json": document()})
    claimed = detect(tmp_path)
    assert [claim.path.relative_to(tmp_path).as_posix() for claim in claimed] == ["all.json", "annotations"]


def test_files_given_by_the_user(tmp_path: Path) -> None:
    put(
        tmp_path, {"a.json": document(), "b.JSON": b"", "c.json": CAPTIONS, "d.txt": b"x", "e.json": {"a": 1}}
    )
    assert not isinstance(claim_file(tmp_path / "a.json"), str)
    assert not isinstance(claim_file(tmp_path / "b.JSON"), str)
    assert claim_file(tmp_path / "c.json") == "JSON, but captions"
    assert claim_file(tmp_path / "d.txt") == "no .json file"
    assert claim_file(tmp_path / "e.json") == "JSON, but no COCO"


@pytest.mark.parametrize(
    ("name", "split", "expected"),
    [("instances_val2017.json", None, "val"), ("train/_annotations.coco.json", None, "train"), ("a.json", None, ""),
     ("instances_val2017.json", "mine", "mine"), ("training-set.json", None, "train"), ("trainer.json", None, "")],
)  # fmt: skip
def test_split_of_one_file(tmp_path: Path, name: str, split: str | None, expected: str) -> None:
    put(tmp_path, {name: document()})
    (file,) = find(tmp_path / name, ReadOptions(split=split)).files
    assert file.split == expected


def test_an_overlay_takes_the_place_of_files(tmp_path: Path) -> None:
    put(tmp_path, {"train.json": document(), "val.json": document()})
    gone = ReadOptions(overlay={tmp_path / "val.json": None})
    assert [file.split for file in find(tmp_path, gone).files] == ["train"]
    captions = ReadOptions(overlay={tmp_path / "val.json": json.dumps(CAPTIONS).encode()})
    assert find(tmp_path, captions).beside == ("val.json (captions)",)


def test_a_folder_of_another_tools_files_is_soon_given_up(tmp_path: Path) -> None:
    put(tmp_path, {f"{n:04}.json": {"version": "5", "shapes": []} for n in range(150)})
    (tmp_path / "0149.json").write_bytes(lines(document()))
    assert claims(Listing(tmp_path)) == "no JSON files with images and annotations"
