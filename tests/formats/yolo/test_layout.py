from pathlib import Path

import pytest

from annotool.formats.listing import Listing
from annotool.formats.yolo import FORMAT
from annotool.formats.yolo.layout import Found, survey, survey_file
from tests.formats.yolo.build import ROW, put

YAML = "train: images/train\nval: images/val\nnames: [cat]\n"


def layouts(root: Path) -> list[tuple[str, str]]:
    found = survey(Listing(root))
    return (
        []
        if isinstance(found, str)
        else [(each.layout, each.path.relative_to(root).as_posix()) for each in found]
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"data.yaml": YAML}, [("ultralytics", "data.yaml")]),
        ({"Fruit.YML": YAML}, [("ultralytics", "Fruit.YML")]),
        ({"a.yaml": YAML, "b.yaml": YAML}, [("ultralytics", "a.yaml"), ("ultralytics", "b.yaml")]),
        ({"DATA.yaml": "names: [a", "labels/a.txt": ROW}, [("ultralytics", "DATA.yaml")]),
        ({"hyp.yaml": "lr0: 1\n", "labels/a.txt": ROW}, [("folders", ".")]),
        ({"obj.data": "train = a\nnames = b\n"}, [("darknet", "obj.data")]),
        ({"notes.json": "{}", "classes.txt": "cat\n", "labels/a.txt": ROW}, [("label studio", ".")]),
        ({"labels/a.txt": ROW}, [("folders", ".")]),
        ({"Labels/train/a.TXT": ROW}, [("folders", ".")]),
        ({"labels/classes.txt": "cat\n", "labels/a.txt": ROW}, [("folders", ".")]),
        ({"images/a.png": "", "labels/a.txt": "cat 0.5 0.5 0.1 0.1\n"}, [("folders", ".")]),
        ({"images/a.png": "", "labels/a.txt": "0 320 240 10 10\n"}, [("folders", ".")]),
        ({"images/a.png": "", "labels/a.txt": ""}, [("folders", ".")]),
        ({"valid/labels/a.txt": ROW, "train/labels/b.txt": ROW}, [("folders", ".")]),
        ({"classes.txt": "cat\n", "a.txt": ROW, "a.png": ""}, [("folders", ".")]),
        ({"a.txt": ROW}, [("folders", ".")]),
        ({"a.txt": "0 0.5 0.5 0.1 0.1 0.5 0.5 2 0.4 0.4 1\n"}, [("folders", ".")]),
        ({"sets/train.txt": "a\n", "data/labels/a.txt": ROW}, [("folders", "data")]),
        # What is not YOLO.
        ({"a.txt": "hello\n"}, []),
        ({"a.txt": "object 25 16 38 56\n"}, []),
        ({"a.txt": "object .88 5 67 31 48\n"}, []),
        ({"a.txt": "7 0.81 65 74 305 257\n"}, []),
        ({"a.txt": "7 0.81 0.5 0.5 0.1 0.1\n"}, []),
        ({"labels/a.txt": "not a label\n"}, []),
        ({"train.txt": "images/a.jpg\n"}, []),
        ({"model.yaml": "nc: 80\nbackbone: []\n"}, []),
        ({"data/labels/a.txt": ROW}, []),
        ({}, []),
    ],
)
def test_what_lies_in_a_folder(
    tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert layouts(put(tmp_path, files)) == expected


def test_why_not(tmp_path: Path) -> None:
    assert survey(Listing(tmp_path)) == (
        "no data.yaml with names and train, no obj.data, no label files with rows of class and fractions"
    )


def test_files(tmp_path: Path) -> None:
    put(tmp_path, {"x.yaml": YAML, "obj.data": "train = a\nnames = b\n", "a.txt": ROW, "h.yaml": "a: 1\n"})
    assert isinstance(survey_file(tmp_path / "x.yaml"), Found)
    assert isinstance(survey_file(tmp_path / "obj.data"), Found)
    assert survey_file(tmp_path / "h.yaml") == "the yaml has no names and train"
    assert survey_file(tmp_path / "a.txt") == "give the folder of the label files, not one of them"
    assert survey_file(tmp_path / "nothing.data") == "no names and train in it"
    assert survey_file(tmp_path / "a.json") == "neither data.yaml nor obj.data"


def test_a_claim_is_the_folder_unless_it_holds_several(tmp_path: Path) -> None:
    put(tmp_path / "one", {"data.yaml": YAML})
    put(tmp_path / "two", {"a.yaml": YAML, "b.yaml": YAML})
    one, two = FORMAT.detect(Listing(tmp_path / "one")), FORMAT.detect(Listing(tmp_path / "two"))
    assert isinstance(one, list)
    assert isinstance(two, list)
    assert [each.path for each in one] == [tmp_path / "one"]
    assert [each.path for each in two] == [tmp_path / "two" / "a.yaml", tmp_path / "two" / "b.yaml"]


@pytest.mark.parametrize(
    "name", ["voc_ap_case", "predictions_toy", "taco", "bccd_voc", "raccoon_voc", "bccd_crops_cls"]
)
def test_other_real_sets_are_not_claimed(real_data: Path, name: str) -> None:
    folders = [Listing(real_data / name), *Listing(real_data / name).walk()]
    assert [each.path for each in folders if not isinstance(survey(each), str)] == []


@pytest.mark.parametrize("name", ["okra_yolo", "okra_yolo/valid", "applebbch81", "applebbch81/data"])
def test_real_sets(real_data: Path, name: str) -> None:
    found = survey(Listing(real_data / name))
    assert not isinstance(found, str)
    assert len(found) == 1
