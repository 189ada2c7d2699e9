"""What goes through annotool comes out as it went in: the same bytes in the same format, the same facts in another."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask
from pycocotools.coco import COCO

from annotool import api, formats
from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.geometry import rle as own
from annotool.schema import Kind
from tests.dirty import run, tree

REAL = ["bccd_voc/BCCD", "raccoon_voc", "taco", "okra_yolo/valid", "applebbch81/annotations", "applebbch81/data", "predictions_toy/toyexample/gts_coco_format", "predictions_toy/toyexample/gts_vocpascal_format"]  # fmt: skip
OURS = ["coco", "voc", "yolo", "faulty/coco", "faulty/voc", "faulty/yolo"]
LABELS = (".json", ".xml", ".txt", ".yaml", ".data", ".names")


def loaded(path: Path) -> COCO:
    """A COCO file as pycocotools reads it."""
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def facts(data: Dataset) -> dict[tuple[str, str], np.ndarray[Any, np.dtype[np.float64]]]:
    """x y w h of all annotations, by the last part of the image's name and by category name, in order."""
    rows = data.table("annotations")
    names = [Path(name).name for name in data.image_values("file_name").tolist()]
    found: dict[tuple[str, str], list[list[float]]] = {}
    boxes = np.stack([rows[side] for side in "xywh"], axis=1).tolist()
    for name, category, box in zip(names, data.names_of(rows["category"]).tolist(), boxes, strict=True):
        found.setdefault((name, category), []).append(box)
    return {key: np.array(boxes) for key, boxes in found.items()}


def same(one: Dataset, other: Dataset, within: Any) -> None:
    """Both hold the same images and the same boxes, each edge no further apart than `within` pixels."""
    names = [
        sorted(Path(name).name for name in each.table("images")["file_name"].tolist())
        for each in (one, other)
    ]
    assert names[0] == names[1]
    left, right = facts(one), facts(other)
    assert left.keys() == right.keys()
    worst = 0.0
    for key, boxes in left.items():
        assert len(boxes) == len(right[key]), key
        gaps = np.abs(edges(boxes) - edges(right[key])).max(initial=0)
        worst = max(worst, float(gaps))
    assert worst <= within, worst


def edges(boxes: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def names_of(data: Dataset) -> list[str]:
    return sorted(set(data.labels))


@pytest.fixture
def places(real_data: Path, sample_data: Path) -> dict[str, Path]:
    return {
        **{name: real_data / name for name in REAL},
        **{f"sample {name}": sample_data / name for name in OURS},
    }


ALL = [*REAL, *(f"sample {name}" for name in OURS)]


# The same format: nothing changes.


@pytest.mark.parametrize("name", ALL)
def test_a_patch_without_edits_changes_nothing(places: dict[str, Path], name: str) -> None:
    data = api.read(places[name])
    assert formats.patch(data, Edits.make(0)) == []
    for source, file in enumerate(data.table("sources")["file"].tolist()):
        path = data.paths[int(data.table("sources")["path"][source])]
        assert bytes(data.source_bytes(source)) == (path if path.is_file() else path / file).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_fix_that_has_nothing_to_mend_copies_every_file_byte_for_byte(
    places: dict[str, Path], tmp_path: Path, name: str
) -> None:
    given = places[name]
    made = api.fix(given, out=tmp_path / "out", select=["FMT009"] if "yolo" not in name else ["FMT008"])
    assert len(made.changes) == 0
    copied = {path: held for path, held in tree(tmp_path / "out").items() if not path.endswith("fixes.jsonl")}
    near = (
        given.parent if "predictions" in name or "applebbch81" in name else given
    )  # images and lists may lie beside
    known = {path.read_bytes() for path in near.rglob("*") if path.is_file()}
    assert copied
    assert set(copied.values()) <= known
    labels = made.data.table("sources")["file"].tolist()
    assert all((tmp_path / "out" / label).is_file() for label in labels)


@pytest.mark.parametrize("name", ALL)
def test_an_audit_changes_no_file(
    places: dict[str, Path],
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = places[name]
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert run(monkeypatch, capsys, "audit", root, "--output-format", "concise").code in (0, 1)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


# Another format and back.


def converted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object) -> str:
    ran = run(monkeypatch, capsys, "convert", *words, "--image-files", "none")
    assert ran.code == 0, ran.err
    return ran.out


COCOS = ["sample coco", "taco", "applebbch81/annotations"]


@pytest.mark.slow
@pytest.mark.parametrize("name", COCOS)
def test_coco_to_yolo_to_coco(
    places: dict[str, Path],
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = converted(
        monkeypatch,
        capsys,
        places[name],
        "--to",
        "yolo",
        "--out",
        tmp_path / "yolo",
        "--crowd",
        "keep",
        "--allow-loss",
    )
    converted(monkeypatch, capsys, tmp_path / "yolo", "--to", "coco", "--out", tmp_path / "coco")
    first, back = api.read(places[name]), api.read(tmp_path / "coco")
    same(first, back, 1e-5)
    assert names_of(back) == names_of(first)
    assert len(told.splitlines()) > 1
    judged(tmp_path / "coco", first)


@pytest.mark.slow
@pytest.mark.parametrize("name", COCOS)
def test_coco_to_voc_to_coco(
    places: dict[str, Path],
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    converted(monkeypatch, capsys, places[name], "--to", "voc", "--out", tmp_path / "voc", "--allow-loss")
    converted(monkeypatch, capsys, tmp_path / "voc", "--to", "coco", "--out", tmp_path / "coco")
    first, back = api.read(places[name]), api.read(tmp_path / "coco")
    skipped = (
        (tmp_path / "voc" / "skipped.jsonl").read_text().splitlines()
        if (tmp_path / "voc" / "skipped.jsonl").exists()
        else []
    )
    assert len(back.table("annotations")) + len(skipped) == len(first.table("annotations"))
    assert not skipped
    same(first, back, 0.5 + 1e-9 if name != "applebbch81/annotations" else 1.0)
    assert names_of(back) == names_of(first)
    rows = back.table("annotations")
    assert all((rows[side] == np.rint(rows[side])).all() for side in "xywh")
    judged(tmp_path / "coco", first)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["bccd_voc/BCCD", "raccoon_voc", "sample voc", "sample yolo", "okra_yolo/valid"]
)
def test_to_coco_and_back(
    places: dict[str, Path],
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = api.read(places[name])
    form = next(iter(first.formats))
    if name == "okra_yolo/valid":
        shutil.copytree(places[name], tmp_path / "given", ignore=shutil.ignore_patterns("*.jpg"))
        sizes = "".join(f"{file},1000,700\n" for file in first.table("images")["file_name"].tolist())
        (tmp_path / "sizes.csv").write_text("file_name,width,height\n" + sizes)
        words: list[object] = ["--sizes", tmp_path / "sizes.csv"]
        first = api.read(places[name], sizes=tmp_path / "sizes.csv")
    else:
        words = []
    converted(
        monkeypatch, capsys, places[name], *words, "--to", "coco", "--out", tmp_path / "coco", "--allow-loss"
    )
    converted(
        monkeypatch, capsys, tmp_path / "coco", "--to", form, "--out", tmp_path / "back", "--allow-loss"
    )
    same(first, api.read(tmp_path / "coco"), 1e-9)
    same(first, api.read(tmp_path / "back"), 1e-5 if form == "yolo" else 1e-9)
    judged(tmp_path / "coco", first)


def judged(folder: Path, first: Dataset) -> None:
    """pycocotools reads what was written, and finds as many of everything."""
    counts = Counter[str]()
    for path in sorted(folder.rglob("*.json")):
        api_of = loaded(path)
        counts.update(images=len(api_of.imgs), annotations=len(api_of.anns))
        assert min(api_of.anns, default=1) >= 1
        assert sorted({each["name"] for each in api_of.cats.values()}) == names_of(first)
        assert all(each["area"] > 0 and each["iscrowd"] in (0, 1) for each in api_of.anns.values())
    assert counts == {"images": len(first.table("images")), "annotations": len(first.table("annotations"))}


def test_apples_yolo_and_coco_agree(real_data: Path) -> None:
    yolo, coco = api.read(real_data / "applebbch81/data"), api.read(real_data / "applebbch81/annotations")
    left = {(Path(name).stem, category): boxes for (name, category), boxes in facts(yolo).items()}
    right = {(Path(name).stem, category): boxes for (name, category), boxes in facts(coco).items()}
    both = [key for key in left if key in right and np.isfinite(left[key]).all()]
    assert len(both) == 20
    for key in both:
        assert len(left[key]) == len(right[key])
        gaps = np.abs(edges(left[key])[:, None] - edges(right[key])[None]).max(axis=2)
        assert gaps.min(axis=1).max() <= 1, key
        assert gaps.min(axis=0).max() <= 1, key


# Masks.


def masks(data: Dataset) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = data.table("annotations")
    for source in np.unique(rows["source"]).tolist():
        held = json.loads(bytes(data.source_bytes(source)))["annotations"]
        for row in np.flatnonzero((rows["source"] == source) & (rows["kind"] == Kind.RLE)).tolist():
            yield row, held[int(rows["index"][row])]


@pytest.mark.parametrize("text", [False, True], ids=["runs", "text"])
def test_areas_of_masks_are_those_of_pycocotools(tmp_path: Path, text: bool) -> None:
    chance = np.random.default_rng(7)
    images, notes = [], []
    for number in range(1, 60):
        height, width = (int(side) for side in chance.integers(1, 60, 2))
        pixels = np.asfortranarray(chance.random((height, width)) < chance.random(), dtype=np.uint8)
        pixels[0, 0] = number % 2
        rle = mask.encode(pixels)
        edge = np.flatnonzero(np.diff(np.concatenate([[0], pixels.ravel(order="F"), [2]]).astype(int)))
        counts: Any = rle["counts"].decode() if text else np.diff(np.concatenate([[0], edge])).tolist()
        images.append({"id": number, "file_name": f"{number}.png", "width": width, "height": height})
        box = mask.toBbox(rle).tolist()
        notes.append({"id": number, "image_id": number, "category_id": 1, "iscrowd": 0, "area": float(mask.area(rle)), "bbox": box,
                      "segmentation": {"counts": counts, "size": [height, width]}})  # fmt: skip
    whole = {"images": images, "annotations": notes, "categories": [{"id": 1, "name": "cat"}]}
    (tmp_path / "instances.json").write_text(json.dumps(whole))
    data = api.read(tmp_path / "instances.json", images="none")
    judge = loaded(tmp_path / "instances.json")
    decoder = data.decoders["coco"].rle
    assert decoder is not None
    rows = np.arange(len(notes))
    assert (data.table("annotations")["kind"] == Kind.RLE).all()
    for row, decoded in zip(rows.tolist(), decoder(data, rows), strict=True):
        assert decoded is not None
        counts, size = decoded
        theirs = judge.annToRLE(notes[row])
        assert own.area(counts) == mask.area(theirs) == notes[row]["area"]
        assert own.extent(counts, size).tolist() == notes[row]["bbox"]
    assert "BOX005" not in api.audit(data, select=["BOX005"]).counts()
