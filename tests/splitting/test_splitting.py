from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import annotool
from annotool.dataset import Dataset
from annotool.errors import AnnotoolError, UsageError
from annotool.fingerprint import plain
from annotool.splitting import checkable
from annotool.testing import tiny

FORMATS = {
    "coco": "coco", "voc": "voc", "yolo": "yolo", "csv": "csv", "huggingface": "huggingface", "classes": "imagefolder",
}  # fmt: skip
RATIOS = "train=.5,val=.25,test=.25"
SCENES = 24


def tree(folder: Path) -> dict[str, str]:
    """The digest of each file."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def facts(data: Dataset) -> Counter[Any]:
    """What is in a dataset: each annotation by its image's name, category, and box to a millionth of a pixel."""
    table, rows = data.table("annotations"), data.image_rows(data.table("annotations")["image"])
    names = [Path(plain(name)).name for name in data.table("images")["file_name"][rows].tolist()]
    boxes = np.round(np.stack([table[side] for side in "xywh"], axis=1), 6)
    told = [tuple(None if each != each else each for each in box) for box in boxes.tolist()]
    labels = data.names_of(table["category"]).tolist()
    return Counter(zip(names, labels, table["kind"].tolist(), told, strict=True))


@pytest.mark.parametrize("sample", FORMATS)
def test_the_same_dataset_in_other_splits(sample: str, sample_data: Path, tmp_path: Path) -> None:
    before, data = tree(sample_data / sample), annotool.read(sample_data / sample)
    done = annotool.split(sample_data / sample, RATIOS, tmp_path / "out")
    again = annotool.read(tmp_path / "out")
    assert tree(sample_data / sample) == before
    assert again.formats == {FORMATS[sample]}
    assert facts(again) == facts(data)
    assert sum(facts(data).values()) > 60
    counts = [int((again.table("splits")["split"] == name).sum()) for name in again.split_names]
    n = len(data.table("images"))
    assert sum(counts) == n
    assert np.abs(np.array(counts) / n - [0.5, 0.25, 0.25]).max() <= 0.05
    assert set(again.labels) == set(data.labels)
    assert (again.table("images")["path"] != "").all()
    assert not done.findings.of("SPL001", "SPL003", "SPL004")


@pytest.mark.parametrize("sample", FORMATS)
def test_the_same_bytes_wherever_it_lies(sample: str, sample_data: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_data / sample, tmp_path / "some where" / sample)
    annotool.split(sample_data / sample, RATIOS, tmp_path / "a", seed=3)
    annotool.split(tmp_path / "some where" / sample, RATIOS, tmp_path / "b", seed=3)
    annotool.split(sample_data / sample, RATIOS, tmp_path / "c", seed=4)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert tree(tmp_path / "a") != tree(tmp_path / "c")


def scene(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC)


@pytest.fixture
def doubled(tmp_path: Path) -> Path:
    """Class folders where each picture comes twice, as png and, encoded anew under another name, as jpg."""
    home = tmp_path / "doubled"
    for number in range(SCENES):
        folder = home / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        scene(number).save(folder / f"{number:02}.png")
        scene(number).save(folder / f"{hashlib.sha256(b'%d' % number).hexdigest()[:8]}.jpg", quality=50)
    return home


def test_near_duplicates_leak_at_random_and_not_in_groups(doubled: Path, tmp_path: Path) -> None:
    apart = annotool.split(doubled, "train=.75,val=.25", tmp_path / "apart", decode=True)
    assert apart.findings.counts()["SPL002"] > 3
    whole = annotool.split(doubled, "train=.75,val=.25", tmp_path / "whole", group_by=["duplicates"])
    assert len(whole.findings) == 0
    assert not [each for each in whole.findings.skipped if each.rule in ("SPL001", "SPL002")]
    assert whole.counts.total.tolist() == [48, 36, 12]
    assert whole.counts.instances[:, 0].tolist() == [24, 18, 6]
    assert not annotool.audit(tmp_path / "whole", select=["SPL"], decode=True)


def test_groups_by_pattern_and_column_are_checked(tmp_path: Path, sample_data: Path) -> None:
    names = annotool.read(sample_data / "coco").table("images")["file_name"].tolist()
    sheet = tmp_path / "images.csv"
    sheet.write_text("file_name,room\n" + "".join(f"{name},{at % 8}\n" for at, name in enumerate(names)))
    done = annotool.split(sample_data / "coco", RATIOS, tmp_path / "out", group_by=["room"], join=sheet)
    again = annotool.read(tmp_path / "out", join=sheet)
    for room in range(8):
        assert len(set(again.image_splits[again.joined["room"] == str(room)])) == 1
    assert done.data.joined["split group"].tolist() == again.joined["room"].tolist()
    assert not done.findings.of("SPL003")
    assert "SPL003" not in {each.rule for each in done.findings.skipped}


def test_a_kept_split_is_the_same_images(sample_data: Path, tmp_path: Path) -> None:
    old = annotool.read(sample_data / "yolo")
    done = annotool.split(sample_data / "yolo", {"train": 0.8, "test": 0.2}, tmp_path / "out", keep=["val"])
    again = annotool.read(tmp_path / "out")
    kept = [
        {Path(name).name for name in each.table("images")["file_name"][each.image_splits == "val"]}
        for each in (old, again)
    ]
    assert kept[0] == kept[1] != set()
    assert again.split_names == ("train", "val", "test")
    assert facts(again) == facts(old)
    assert done.dealt.kept == ("val",)


def test_what_a_group_loses_to_a_kept_split_is_listed(doubled: Path, tmp_path: Path) -> None:
    for split, numbers in (("train", range(SCENES - 4)), ("test", range(SCENES - 4, SCENES))):
        for number in numbers:
            source = next(doubled.rglob(f"{number:02}.png"))
            target = tmp_path / "old" / split / source.parent.name / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    shutil.copy(next(doubled.rglob(f"{SCENES - 2}.png")), tmp_path / "old" / "train" / "cat" / "again.png")
    done = annotool.split(
        tmp_path / "old", "train=.75,val=.25", tmp_path / "out", keep=["test"], group_by=["duplicates"]
    )
    assert not done.findings
    (line,) = (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()
    assert json.loads(line)["image"] == "train/cat/again.png"
    assert annotool.read(tmp_path / "out").image_splits.tolist().count("test") == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"ratios": "train=.8,val=.3"}, "sum to 1.1"),
        ({"ratios": "train=.5,fold=.5"}, "YOLO cannot have a split 'fold'"),
        ({"keep": ["test"]}, "--keep test: no such split; there are: train, val"),
        ({"keep": ["val"]}, "--keep val: a kept split gets no share"),
        ({"group_by": ["patient"]}, "there is no --join file"),
        ({"image_files": "move"}, "expected one of link, copy, none"),
    ],
)
def test_wrong_calls_write_nothing(words: Any, told: str, sample_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        annotool.split(
            sample_data / "yolo", words.pop("ratios", "train=.8,val=.2"), tmp_path / "out", **words
        )
    assert told in str(raised.value)
    assert not [*tmp_path.iterdir()]


def test_several_formats_and_no_images(sample_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the paths hold coco and voc; a split is written in the format"):
        annotool.split([sample_data / "coco", sample_data / "voc"], "train=1", tmp_path / "out")
    with pytest.raises(UsageError, match="no images: there is nothing to split"):
        annotool.split(tiny(0), "train=1", tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    with pytest.raises(UsageError, match="is there already"):
        annotool.split(sample_data / "voc", "train=1", tmp_path / "out")


def test_without_image_files_the_splits_are_checked_as_dealt(sample_data: Path, tmp_path: Path) -> None:
    done = annotool.split(sample_data / "coco", RATIOS, tmp_path / "out", image_files="none")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"annotations"}
    assert done.data.paths == (sample_data / "coco",)
    assert done.counts.total.tolist() == [24, 12, 6, 6]


def test_splits_that_are_read_otherwise_than_written_are_told(sample_data: Path, tmp_path: Path) -> None:
    done = annotool.split(sample_data / "csv", RATIOS, tmp_path / "out")
    other = annotool.read(sample_data / "csv")
    with pytest.raises(AnnotoolError, match="written with splits .* but read as"):
        checkable(done.dealt, other, tmp_path / "out", "link")


@pytest.mark.parametrize(
    ("name", "images", "annotations"), [("bccd_voc/BCCD", 364, 4888), ("bccd_crops_cls", 255, 255)]
)
def test_real_data_in_thirds(
    name: str, images: int, annotations: int, real_data: Path, tmp_path: Path
) -> None:
    done = annotool.split(
        real_data / name, {"train": 0.7, "val": 0.15, "test": 0.15}, tmp_path / "out", group_by=["duplicates"]
    )
    again = annotool.read(tmp_path / "out")
    assert facts(again) == facts(annotool.read(real_data / name))
    assert len(again.table("images")) == images
    shares = done.counts.instances[1:] / done.counts.instances[0]
    assert sum(facts(again).values()) == annotations
    assert np.abs(shares - np.array([[0.7], [0.15], [0.15]])).max() < 0.01
    assert not done.findings


def test_no_folder_of_an_old_split_stays(sample_data: Path, tmp_path: Path) -> None:
    """But where images of one name came from two splits."""
    shutil.copytree(sample_data / "yolo", tmp_path / "in")
    twin = sorted((tmp_path / "in" / "images" / "val").iterdir())[0]
    shutil.copy(twin.with_name(twin.name), tmp_path / "in" / "images" / "train" / twin.name)
    annotool.split(tmp_path / "in", "val=.5,test=.5", tmp_path / "out")
    again = [
        path.relative_to(tmp_path / "out" / "images") for path in (tmp_path / "out" / "images").rglob("*.*")
    ]
    nested = {path.name for path in again if len(path.parts) > 2}
    assert nested == {twin.name}
    assert len(again) == 25


def tree_of(folder: Path, pattern: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob(pattern)}


@pytest.mark.parametrize(("sample", "pattern"), [("voc", "Annotations/*.xml"), ("yolo", "labels/*/*.txt")])
def test_label_files_keep_their_bytes(sample: str, pattern: str, sample_data: Path, tmp_path: Path) -> None:
    """Fractions of a pixel, unknown elements, odd spellings: none is written anew, and so none is lost."""
    shutil.copytree(sample_data / sample, tmp_path / "in")
    for number, path in enumerate(sorted((tmp_path / "in").glob(pattern))):
        text = path.read_text()
        odd = text.replace("</xmin>", ".25</xmin>").replace("<pose>", "<part/><pose>") + "\n" * (number % 3)
        path.write_text(odd if sample == "voc" else odd.replace(" 0.", " ."))
    gone = next((tmp_path / "in").glob(pattern))
    gone.unlink()  # an image without labels is not one that shows nothing
    annotool.split(tmp_path / "in", "train=.5,val=.5", tmp_path / "out")
    there = tree_of(tmp_path / "out", pattern)
    assert there == tree_of(tmp_path / "in", pattern)
    assert len(there) == 23
    assert gone.name not in there


@pytest.mark.parametrize("sample", ["csv", "huggingface"])
def test_what_is_not_kept_is_told(sample: str, sample_data: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_data / sample, tmp_path / "in")
    if sample == "csv":
        head, *rows = (tmp_path / "in" / "labels.csv").read_text().splitlines()
        text = "".join(f"{line}\n" for line in (f"{head},camera", *(f"{row},2" for row in rows)))
        (tmp_path / "in" / "labels.csv").write_text(text)
    else:
        for path in (tmp_path / "in").rglob("metadata.jsonl"):
            path.write_text(path.read_text().replace('{"file_name"', '{"camera": 2, "file_name"'))
    (block,) = annotool.split(tmp_path / "in", RATIOS, tmp_path / "out").converted.losses.blocks
    assert block.text(0) == "24 records lose keys that are not in annotool's schema"
    assert not annotool.split(sample_data / sample, RATIOS, tmp_path / "same").converted.losses


def test_labels_are_written_anew_where_a_class_gets_another_number(tmp_path: Path) -> None:
    """Two class lists of other orders, one a split: the written data.yaml has one."""
    for folder, names in (("train", "cat, dog"), ("val", "dog, cat")):
        for part in ("images", "labels"):
            (tmp_path / folder / part).mkdir(parents=True)
        for number in range(4):
            name = f"{folder}{number}"
            scene(len(folder) * 10 + number).save(tmp_path / folder / "images" / f"{name}.png")
            (tmp_path / folder / "labels" / f"{name}.txt").write_text(f"{number % 2} 0.5 0.5 0.25 0.25\n")
        (tmp_path / folder / "data.yaml").write_text(f"train: images\nnames: [{names}]\n")
    data = annotool.read([tmp_path / "train", tmp_path / "val"])
    assert len(set(data.annotation_labels.tolist())) == 2
    annotool.split(data, "train=.5,val=.5", tmp_path / "out")
    assert facts(annotool.read(tmp_path / "out")) == facts(data)


def test_images_that_are_missing_are_dealt_out_and_found_again(sample_data: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_data / "coco", tmp_path / "in")
    for path in sorted((tmp_path / "in").rglob("*.jpg"))[:5]:
        path.unlink()
    names = annotool.read(tmp_path / "in").table("images")["file_name"].tolist()
    done = annotool.split(tmp_path / "in", RATIOS, tmp_path / "out", group_by=[r"(fruit)"])
    assert done.data.paths == (tmp_path / "out",)
    assert done.counts.total.max() == len(names)
    assert set(done.data.joined["split group"].tolist()) == {"fruit"}
