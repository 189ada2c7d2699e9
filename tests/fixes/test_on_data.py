"""Fixes on whole datasets, ours and real ones: proven, made once, undone to the byte, applied anew."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import engine, formats
from annotool.config import Config
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Edits, Findings, Severity
from annotool.fixes import inplace, output
from annotool.fixes.rounds import Overlay, Proposal, propose
from annotool.formats.base import ReadOptions, Splice

OURS = ["faulty/coco", "faulty/voc", "faulty/yolo", "coco", "voc", "yolo"]
CASES = ["FMT004", "FMT007", "FMT010", "SCH003", "SCH010", "SCH013", "SPL001", "CLS006"]
REAL = ["bccd_voc/BCCD", "raccoon_voc", "taco", "okra_yolo/valid"]

ALL = [f"sample {each}" for each in OURS] + [f"sample faulty/cases/{each}" for each in CASES]
ALL += [f"real {each}" for each in REAL]


def read(path: Path, overlay: Overlay | None = None, renamed: Mapping[str, str] | None = None) -> Dataset:
    return formats.read([path], ReadOptions(overlay=overlay or {}, renamed=renamed or {}))


def audit(data: Dataset) -> Findings:
    return engine.run(data, Config().rules, Config().codes, {})


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    known = formats.registry()
    return [splice for name in sorted(data.formats) for splice in known[name].patch(data, edits)]


def proposal(path: Path, unsafe: bool) -> Proposal:
    return propose(functools.partial(read, path), audit, Config().rules, patch, unsafe)


@pytest.fixture
def place(sample_data: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    def found(name: str) -> Path:
        kind, _, rest = name.partition(" ")
        root: Path = sample_data if kind == "sample" else request.getfixturevalue("real_data")
        return root / rest

    return found


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def counts(findings: Findings, least: Severity = Severity.INFO) -> dict[str, int]:
    return findings.where(lambda part: part.columns["severity"] >= least).counts()


@pytest.mark.slow
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("name", ALL)
def test_mended_once_and_for_all(
    place: Callable[[str], Path], tmp_path: Path, name: str, unsafe: bool
) -> None:
    given, out = place(name), tmp_path / "out"
    made = proposal(given, unsafe)
    assert made.complete
    journal = output.write(made, out)
    again = proposal(out, unsafe)
    assert not len(again.changes), "a second run edits nothing"
    assert again.after.counts() == made.after.counts(), "what is on disk is what was proven"
    output.apply(journal, read(given), tmp_path / "anew")
    assert tree(tmp_path / "anew") == tree(out)
    inplace.undo(journal)
    before = tree(output.home(made.data))
    assert {
        file: held for file, held in tree(out).items() if file != "fixes.jsonl" and before[file] != held
    } == {}


@pytest.mark.slow
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("name", ALL)
def test_what_was_mended_is_gone_and_nothing_got_worse(
    place: Callable[[str], Path], name: str, unsafe: bool
) -> None:
    made = proposal(place(name), unsafe)
    before, after = counts(made.before), counts(made.after)
    left = made.after.where(lambda part: (part.columns["fix"] > 0) & ((part.columns["fix"] == 1) | unsafe))
    assert left.counts() == made.taken_back
    for rule in set(made.changes["rule"].tolist()):
        assert after.get(rule, 0) <= before.get(rule, 0), rule
    assert counts(made.after, Severity.ERROR).keys() <= counts(made.before, Severity.ERROR).keys()


def test_backgrounds_stay(place: Callable[[str], Path]) -> None:
    for name in OURS:
        made = proposal(place(f"sample {name}"), unsafe=True)
        images, notes = made.data.table("images"), made.data.table("annotations")
        background = ~np.isin(images["image"], notes["image"]) & (images["path"] != "")
        kept = set(made.fixed.table("images")["path"].tolist())
        assert set(images["path"][background].tolist()) <= kept, name


def test_in_place_and_back(place: Callable[[str], Path], tmp_path: Path) -> None:
    for name in ("coco", "voc", "yolo"):
        there = shutil.copytree(place(f"sample faulty/{name}"), tmp_path / name)
        before = tree(there)
        made = proposal(there, unsafe=False)
        journal = inplace.write_in_place(made)
        assert journal and tree(there) != before
        assert audit(read(there)).counts() == made.after.counts()
        inplace.undo(journal)
        journal.unlink()
        assert tree(there) == before


def leaking(folder: Path, layout: str) -> Path:
    """The same image in train and in val, each found by its folder."""
    line = "0 0.5 0.5 0.25 0.25\n"
    xml = "<annotation><object><name>a</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
    for split, name in (("train", "a"), ("train", "b"), ("valid", "c")):
        images = folder / split / "images" if layout == "yolo" else folder / split
        labels = folder / split / "labels" if layout == "yolo" else folder / split
        for each in (images, labels):
            each.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), (200, 0, 0) if name == "b" else (0, 99, 0)).save(images / f"{name}.png")
        label = labels / (f"{name}.txt" if layout == "yolo" else f"{name}.xml")
        label.write_text(line if layout == "yolo" else xml)
    if layout == "yolo":
        (folder / "data.yaml").write_text("names: [a]\ntrain: train/images\nval: valid/images\n")
    return folder


@pytest.mark.parametrize("layout", ["voc", "yolo"])
def test_a_leak_found_by_folder_leaves_with_its_image(tmp_path: Path, layout: str) -> None:
    given = leaking(tmp_path / "given", layout)
    made = proposal(given, unsafe=True)
    assert made.before.counts()["SPL001"] == 1 and "SPL001" not in made.after.counts()
    (image,) = made.dropped_images
    assert Path(image).name == "a.png" and made.deletions == made.dropped_images
    output.write(made, tmp_path / "out")
    images = sorted(path.name for path in (tmp_path / "out").rglob("*.png"))
    assert images == ["b.png", "c.png"] and not list((tmp_path / "out").rglob("a.*"))
    with pytest.raises(UsageError, match="deletes no image"):
        inplace.write_in_place(made)
    assert len(list(given.rglob("a.*"))) == 2


def test_a_yaml_that_points_elsewhere(tmp_path: Path, sample_data: Path) -> None:
    """A copy keeps where both are to each other; the journal lies above both."""
    shutil.copytree(sample_data / "faulty" / "yolo", tmp_path / "given" / "data")
    (tmp_path / "given" / "cfg").mkdir()
    yaml = tmp_path / "given" / "cfg" / "fruit.yaml"
    yaml.write_text("path: ../data\ntrain: images/train\nval: images/val\nnames: [apple, banana, orange]\n")
    (tmp_path / "given" / "data" / "data.yaml").unlink()
    made = proposal(yaml, unsafe=False)
    assert len(made.changes)
    output.write(made, tmp_path / "out", [yaml])
    assert (tmp_path / "out" / "cfg" / "fruit.yaml").read_bytes() == yaml.read_bytes()
    assert not len(proposal(tmp_path / "out" / "cfg" / "fruit.yaml", unsafe=False).changes)
    assert inplace.write_in_place(made) == tmp_path / "given" / "fixes.jsonl"
    assert not len(proposal(yaml, unsafe=False).changes)
