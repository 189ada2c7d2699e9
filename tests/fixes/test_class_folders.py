"""Class folders mended: the image file goes to another folder of the copy, or is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import annotool
from annotool.errors import UsageError
from annotool.fixes import diff, inplace
from annotool.fixes.rounds import Proposal

Files = dict[str, bytes]
CLASSES = ("horse", "truck", "zebra")
EACH = 25
WRONG = {"train/zebra/train_zebra_3.jpg": "truck", "val/horse/val_horse_2.jpg": "truck"}
MOVED = {name: name.replace(name.split("/")[1] + "/", f"{label}/", 1) for name, label in WRONG.items()}


def picture(path: Path, seed: int, kind: str = "JPEG") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, kind)


def given(root: Path, *more: str) -> Path:
    """Clean class folders in two splits, and more images."""
    names = [
        f"{s}/{label}/{s}_{label}_{at}.jpg"
        for s in ("train", "val")
        for label in CLASSES
        for at in range(EACH)
    ]
    for seed, name in enumerate((*names, *more)):
        picture(root / name, seed)
    return root


def predicted(root: Path, folder: Path, wrong: dict[str, str]) -> Path:
    """Probabilities that speak for the label, but for those of `wrong`."""
    names = sorted({path.parent.name for path in folder.rglob("*.jpg")})
    lines = [",".join(["file", *(f'"{name}"' for name in names)])]
    for path in sorted(folder.rglob("*.jpg")):
        name = path.relative_to(folder).as_posix()
        sure = np.full(len(names), 0.02)
        sure[names.index(wrong.get(name, path.parent.name))] = 0.9
        lines.append(",".join([name, *(f"{each:.4f}" for each in sure / sure.sum())]))
    (root / "probabilities.csv").write_text("\n".join(lines) + "\n")
    return root / "probabilities.csv"


def tree(folder: Path) -> Files:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "fixes.jsonl")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def fix(path: Path, **options: Any) -> Proposal:
    return annotool.fix(path, unsafe=True, **options)


def check(folder: Path, out: Path, moved: dict[str, str], **options: Any) -> Proposal:
    """Fix to `out`, and hold the copy, what is proven, apply, undo and a second run to what is said of them."""
    before = tree(folder)
    made = fix(folder, out=out, **options)
    wanted = {moved.get(name, name): held for name, held in before.items() if moved.get(name, name)}
    assert tree(out) == wanted
    assert tree(folder) == before, "the input is as it was"
    assert made.complete and not made.taken_back
    options.pop("decisions", None)
    read = annotool.read(out)
    assert read.table("images")["file_name"].tolist() == made.fixed.table("images")["file_name"].tolist()
    assert read.table("categories")["name"].tolist() == made.fixed.table("categories")["name"].tolist()
    assert not len(fix(out, **options).changes), "a second run edits nothing"
    annotool.apply(out / "fixes.jsonl", folder, out.parent / "anew")
    assert tree(out.parent / "anew") == wanted
    annotool.undo(out / "fixes.jsonl")
    left_out = {name for name, new in moved.items() if not new}
    assert tree(out) == {name: held for name, held in before.items() if name not in left_out}
    assert annotool.undo(out / "fixes.jsonl") == ()
    return made


def test_a_likely_mislabelled_image_moves_to_the_folder_of_its_class(tmp_path: Path) -> None:
    folder = given(tmp_path / "in")
    made = check(
        folder, tmp_path / "out", MOVED, predictions=predicted(tmp_path, folder, WRONG), select=["LBL001"]
    )
    assert made.before.counts() == {"LBL001": 2} and not len(made.after)


def test_the_journal_and_the_diff_say_where_it_goes_and_how_sure_the_model_is(tmp_path: Path) -> None:
    folder = given(tmp_path / "in")
    made = fix(
        folder, out=tmp_path / "out", predictions=predicted(tmp_path, folder, WRONG), select=["LBL001"]
    )
    line = json.loads((tmp_path / "out/fixes.jsonl").read_text().splitlines()[1])
    assert (line["file"], line["renamed"]) == next(iter(MOVED.items()))
    assert (line["category"], line["old_value"], line["new_value"]) == (
        "zebra", "zebra/train_zebra_3.jpg", "truck/train_zebra_3.jpg"
    )  # fmt: skip
    assert line["score"] == pytest.approx(0.9 / 0.94, abs=1e-3)
    name = "train/zebra/train_zebra_3.jpg"
    assert list(diff.lines(made.changes, {"LBL001": "mislabeled"}, folder))[:3] == [
        f"@@ {name} LBL001 mislabeled (unsafe, predicted with 0.96) (a new place): {name}, zebra",
        "-path zebra/train_zebra_3.jpg",
        "+path truck/train_zebra_3.jpg",
    ]


def test_in_place_no_image_moves_and_that_is_told(tmp_path: Path) -> None:
    folder = given(tmp_path / "in")
    options = {"predictions": predicted(tmp_path, folder, WRONG), "select": ["LBL001"]}
    before = tree(folder)
    made = fix(folder, in_place=True, **options)
    assert tree(folder) == before and made.journal is None and not len(made.changes)
    said = "2 findings are not mended in place: their images would take another name or place; use --out (LBL001)"
    assert made.notes == (said,)
    with pytest.raises(UsageError, match="--in-place renames or moves no image, and 2 would have to be"):
        inplace.write_in_place(fix(folder, **options))
