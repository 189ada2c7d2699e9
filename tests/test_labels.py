"""Labels of whole images on the whole way: the same through every format, told as labels, in every command."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from annotool import api
from annotool.dataset import Dataset
from tests.dirty import put, run

FORMATS = ("csv", "coco", "huggingface", "imagefolder")
SPLITS = {"validation": "val"}

Label = tuple[str, str, str]


def labels(data: Dataset) -> list[Label]:
    """The last part of the image's name, label and split of all annotations."""
    rows = data.table("annotations")
    names = [Path(name).name for name in data.image_values("file_name").tolist()]
    splits = data.image_splits[data.image_rows(rows["image"])].tolist()
    words = [SPLITS.get(split, split) for split in splits]
    return sorted(zip(names, data.names_of(rows["category"]).tolist(), words, strict=True))


def through(data: Dataset, top: Path, *forms: str) -> Dataset:
    """The dataset converted from format to format."""
    for at, form in enumerate(forms):
        api.convert(data, form, top / f"{at}-{form}")
        data = api.read(top / f"{at}-{form}")
        assert data.formats == {form}
    return data


@pytest.mark.parametrize("form", FORMATS)
def test_crops_go_there_and_back_without_a_changed_label(real_data: Path, tmp_path: Path, form: str) -> None:
    first = api.read(real_data / "bccd_crops_cls")
    there = through(first, tmp_path / "there", form)
    back = through(there, tmp_path / "back", "imagefolder")
    assert labels(first) == labels(there) == labels(back)
    assert len(labels(first)) == 255
    assert there.facts["labels"] == first.facts["labels"]
    assert api.audit(there, ignore=["IMG"]).counts() == {}
    pixels = {Path(path).name: Path(path).read_bytes() for path in first.table("images")["path"]}
    assert {Path(path).name: Path(path).read_bytes() for path in back.table("images")["path"]} == pixels


@pytest.mark.parametrize("forms", [*itertools.permutations(FORMATS[:3], 2)])
def test_several_labels_go_through_every_two_formats(
    sample_data: Path, tmp_path: Path, forms: tuple[str, ...]
) -> None:
    first = api.read(sample_data / "csv")
    last = through(first, tmp_path, *forms)
    assert labels(first) == labels(last)
    assert len(first.table("images")) == len(last.table("images"))
    assert last.facts["labels"] == first.facts["labels"]


def test_all_formats_at_once(sample_data: Path, tmp_path: Path) -> None:
    first = api.read(sample_data / "classes")
    assert labels(through(first, tmp_path, *FORMATS, *reversed(FORMATS))) == labels(first)


def test_balance_speaks_of_labels(
    sample_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(monkeypatch, capsys, "balance", sample_data / "csv").out
    assert told.splitlines()[0].split() == [
        *("category", "labels", "share", "images"),
        *("LVIS", "weight", "repeat"),
    ]
    assert "24 images (1 without labels), 69 labels" in told
    boxes = run(monkeypatch, capsys, "balance", sample_data / "yolo").out
    assert "small  medium   large" in boxes
    assert "without objects), 104 instances" in boxes


@pytest.mark.parametrize(
    ("form", "word"), [("text", "24 images, 69 labels"), ("markdown", "24 images, 69 labels")]
)
def test_reports_count_labels(sample_data: Path, form: str, word: str) -> None:
    data = api.read(sample_data / "csv")
    assert word in api.report(data, api.audit(data), form)


def test_the_kind_can_be_set(
    sample_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(
        monkeypatch, capsys, "audit", sample_data / "csv", "--labels", "single", "--output-format", "json"
    )
    told = json.loads(done.out)
    assert {each["rule"] for each in told["findings"] if each["severity"] == "error"} == {"LBL002"}
    assert done.code == 1
    wrong = run(monkeypatch, capsys, "audit", sample_data / "csv", "--labels", "two")
    assert (wrong.code, "--labels 'two': expected one of single, multi" in wrong.err) == (2, True)


def test_known_faults_of_a_csv_stay_known(sample_data: Path, tmp_path: Path) -> None:
    case = sample_data / "faulty/cases/LBL002"
    api.baseline(case, tmp_path / "known.jsonl")
    data = api.read(case)
    assert len(api.audit(data, baseline=tmp_path / "known.jsonl").new) == 0
    whole = through(data, tmp_path, "csv")
    assert len(api.audit(whole, baseline=tmp_path / "known.jsonl").new) == 0


def test_a_fix_tells_of_images_that_lose_their_label(tmp_path: Path) -> None:
    text = "file_name,labels\n" + "".join(f"{at}.jpg,cat|dog\n" for at in range(30)) + "30.jpg,cot\n"
    put(tmp_path / "in", {"labels.csv": text})
    made = api.fix(tmp_path / "in", out=tmp_path / "out", images="none", unsafe=True)
    assert made.complete
    assert not any("backgrounds" in note for note in made.notes)
