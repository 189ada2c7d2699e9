"""Class folders mended: the image file goes to another folder of the copy, or is not there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import annotool
from annotool.errors import UsageError
from annotool.findings import Fix
from annotool.fingerprint import fingerprints
from annotool.fixes import diff, inplace
from annotool.fixes.decisions import Decision, Value, box_marks, write
from annotool.fixes.rounds import Proposal

Files = dict[str, bytes]
CLASSES = ("horse", "truck", "zebra")
EACH = 10
WRONG = {"train/zebra/train_zebra_3.jpg": "truck", "val/horse/val_horse_2.jpg": "truck"}
MOVED = {name: name.replace(name.split("/")[1] + "/", f"{label}/", 1) for name, label in WRONG.items()}


def picture(path: Path, seed: int, kind: str = "JPEG") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, kind)


def clean(root: Path, *more: str) -> Path:
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
    folder = clean(tmp_path / "in")
    made = check(
        folder, tmp_path / "out", MOVED, predictions=predicted(tmp_path, folder, WRONG), select=["LBL001"]
    )
    assert made.before.counts() == {"LBL001": 2} and not len(made.after)


def test_the_journal_and_the_diff_say_where_it_goes_and_how_sure_the_model_is(tmp_path: Path) -> None:
    folder = clean(tmp_path / "in")
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
    folder = clean(tmp_path / "in")
    options = {"predictions": predicted(tmp_path, folder, WRONG), "select": ["LBL001"]}
    before = tree(folder)
    made = fix(folder, in_place=True, **options)
    assert tree(folder) == before and made.journal is None and not len(made.changes)
    said = "2 findings are not mended in place: their images would take another name or place; use --out (LBL001)"
    assert made.notes == (said,)
    with pytest.raises(UsageError, match="--in-place renames or moves no image, and 2 would have to be"):
        inplace.write_in_place(fix(folder, **options))


def merged(names: Files, old: str, new: str) -> dict[str, str]:
    return {name: name.replace(f"/{old}/", f"/{new}/") for name in names if f"/{old}/" in name}


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [("CLS003", "Zebra", "zebra"), ("CLS004", "truvk", "truck"), ("CLS005", " cow ", "cow")],
)
def test_a_class_takes_another_name_in_all_splits(tmp_path: Path, rule: str, old: str, new: str) -> None:
    more = [f"{split}/{old}/{split}.jpg" for split in ("train", "val")]
    folder = clean(tmp_path / "in", *more)
    made = check(folder, tmp_path / "out", merged(tree(folder), old, new), select=[rule])
    assert made.before.counts() == {rule: 1} and not len(made.after)
    assert made.notes == (f"class folders that lose their last image, and go: 2 (train/{old}, val/{old})",)
    assert {path.name for path in (tmp_path / "anew/train").iterdir()} == {*CLASSES, new}
    assert {path.name for path in (tmp_path / "out/train").iterdir()} == {*CLASSES, old}, "undone"


def test_safe_fixes_move_nothing(tmp_path: Path) -> None:
    folder = clean(tmp_path / "in", "train/ cow /1.jpg", "val/ cow /2.jpg")
    assert not len(annotool.fix(folder).changes)


def test_copies_are_left_out(tmp_path: Path) -> None:
    """A twin in one split (IMG008), and one in train of an image in val (SPL001)."""
    folder = clean(tmp_path / "in")
    picture(folder / "train/zebra/twin.jpg", 0)
    (folder / "train/zebra/twin.jpg").write_bytes((folder / "train/zebra/train_zebra_1.jpg").read_bytes())
    (folder / "train/truck/leak.jpg").write_bytes((folder / "val/truck/val_truck_1.jpg").read_bytes())
    gone = ["train/truck/leak.jpg", "train/zebra/twin.jpg"]
    made = check(folder, tmp_path / "out", dict.fromkeys(gone, ""), select=["IMG008", "SPL001"])
    assert made.before.counts() == {"IMG008": 1, "SPL001": 1} and not len(made.after)
    first, *lines = (
        json.loads(line) for line in (tmp_path / "out/fixes.jsonl").read_text().splitlines()[:-1]
    )
    assert first["left_out"] == gone
    assert [(line["file"], line["rule"], line["old"], line["new"]) for line in lines] == [
        ("train/truck/leak.jpg", "SPL001", None, None), ("train/zebra/twin.jpg", "IMG008", None, None)
    ]  # fmt: skip
    shown = list(diff.lines(made.changes, {}, folder))
    assert shown[0] == "@@ train/truck/leak.jpg SPL001  (unsafe) (left out): train/truck/leak.jpg"
    assert len(shown) == 2
    in_place = fix(folder, select=["IMG008", "SPL001"], in_place=True)
    assert in_place.notes == (
        "2 findings are not mended in place: their images would be found again; use --out (IMG008, SPL001)",
    )


def test_all_at_once_and_an_image_that_is_renamed_and_moved(tmp_path: Path) -> None:
    folder = clean(tmp_path / "in", "train/truvk/1.jpg", "val/Zebra/2.jpg")
    picture(folder / "train/zebra/train_zebra_3.jpg", 777, "PNG")
    moved = {
        **MOVED,
        "train/truvk/1.jpg": "train/truck/1.jpg",
        "val/Zebra/2.jpg": "val/zebra/2.jpg",
        "train/zebra/train_zebra_3.jpg": "train/truck/train_zebra_3.png",
    }
    predictions = predicted(tmp_path, folder, WRONG)
    rules = ["LBL001", "CLS003", "CLS004", "IMG005"]
    made = check(folder, tmp_path / "out", moved, predictions=predictions, select=rules)
    assert sorted(made.changes["rule"].tolist()) == ["CLS003", "CLS004", "IMG005", "LBL001", "LBL001"]


def test_a_name_that_is_taken_gets_a_number_and_no_file_is_lost(tmp_path: Path) -> None:
    """Two images swap their classes, one of them beside a file of its new name but for case, which is no image."""
    names = [f"{label}/{at}.jpg" for label in ("cat", "dog") for at in range(EACH)]
    for seed, name in enumerate(names):
        picture(tmp_path / "in" / name, seed)
    (tmp_path / "in/dog/3-1.JPG").write_bytes((tmp_path / "in/dog/9.jpg").read_bytes())
    (tmp_path / "in/dog/9.jpg").unlink()
    wrong = {"cat/3.jpg": "dog", "dog/3.jpg": "cat", "cat/9.jpg": "dog"}
    moved = {"cat/3.jpg": "dog/3-2.jpg", "dog/3.jpg": "cat/3-1.jpg", "cat/9.jpg": "dog/9.jpg"}
    folder = tmp_path / "in"
    check(folder, tmp_path / "out", moved, predictions=predicted(tmp_path, folder, wrong), select=["LBL001"])


def test_no_dataset_of_one_class_is_made(tmp_path: Path) -> None:
    for at in range(22):
        picture(tmp_path / f"{'truvk' if at < 2 else 'truck'}/{at}.jpg", at)
    made = fix(tmp_path, select=["CLS004"])
    assert not len(made.changes) and len(made.after) == 1 and made.complete
    (note,) = made.notes
    assert note.startswith("findings that are not mended: 1; fewer than two class folders would be left")


def test_an_empty_class_folder_stays(tmp_path: Path) -> None:
    folder = clean(tmp_path / "in", "train/truvk/1.jpg", "val/truvk/2.jpg")
    for split in ("train", "val"):
        (folder / split / "ant").mkdir()
    check(folder, tmp_path / "out", merged(tree(folder), "truvk", "truck"), select=["CLS004"])
    for copy in ("out", "anew"):
        assert (tmp_path / copy / "train/ant").is_dir() and (tmp_path / copy / "val/ant").is_dir()


def test_loaders_read_the_copy(tmp_path: Path) -> None:
    """As torchvision's ImageFolder: classes are the sorted folders, each with images, the same in each split."""
    folder = clean(tmp_path / "in", "train/truvk/1.jpg", "val/Zebra/2.jpg")
    fix(folder, out=tmp_path / "out", select=["CLS003", "CLS004"])
    for split in ("train", "val"):
        classes = sorted(path.name for path in (tmp_path / "out" / split).iterdir() if path.is_dir())
        assert classes == [*CLASSES]
        files = [sorted((tmp_path / "out" / split / name).iterdir()) for name in classes]
        assert [len(each) for each in files] == [10, 11, 10] if split == "train" else [10, 10, 11]
        for path in (path for each in files for path in each):
            with Image.open(path) as image:
                image.verify()


def decisions(data: annotool.Dataset, folder: Path, said: dict[str, tuple[Any, str]]) -> Path:
    """A reviewer's file: by image, what is done with its label, and the new class."""
    names, marks = data.table("images")["file_name"].tolist(), box_marks(data).tolist()
    made = [
        Decision(action, box=marks[names.index(name)], image=name, new=Value(category=new) if new else None,
                 reviewer="ann", reason="seen", time="2026-01-01T00:00:00Z")
        for name, (action, new) in said.items()
    ]  # fmt: skip
    write(folder / "said.jsonl", "review", made)
    return folder / "said.jsonl"


def test_what_reviewers_decided(tmp_path: Path) -> None:
    """A label changed, two that go (one of them the last of its class), and one for which there is no class."""
    folder = clean(tmp_path / "in", "val/ant/1.jpg")
    said = {
        "train/zebra/train_zebra_0.jpg": ("relabel", "truck"),
        "train/horse/train_horse_0.jpg": ("relabel", "ant"),
        "val/truck/val_truck_0.jpg": ("delete", ""),
        "val/zebra/val_zebra_0.jpg": ("relabel", "unicorn"),
    }
    file = decisions(annotool.read(folder), tmp_path, said)
    moved = {
        "train/zebra/train_zebra_0.jpg": "train/truck/train_zebra_0.jpg",
        "train/horse/train_horse_0.jpg": "train/ant/train_horse_0.jpg",
        "val/truck/val_truck_0.jpg": "",
    }
    before = tree(folder)
    made = annotool.fix(folder, out=tmp_path / "out", decisions=[file])
    assert tree(tmp_path / "out") == {moved.get(k, k): held for k, held in before.items() if moved.get(k, k)}
    assert tree(folder) == before
    assert set(made.changes["reviewer"].tolist()) == {"ann"} and set(made.changes["reason"].tolist()) == {
        "seen"
    }
    assert any("cannot be relabelled to 'unicorn': no such class here" in note for note in made.notes)
    assert not len(annotool.fix(tmp_path / "out", decisions=[file]).changes)
    lines = [json.loads(line) for line in (tmp_path / "out/fixes.jsonl").read_text().splitlines()[1:-1]]
    assert {(line["rule"], line["reviewer"]) for line in lines} == {("REVIEW", "ann")}
    annotool.undo(tmp_path / "out/fixes.jsonl")
    assert not (tmp_path / "out/train/ant").exists()
    assert tree(tmp_path / "out") == {k: held for k, held in before.items() if moved.get(k, k)}


def test_accepted_fixes_alone_are_done(tmp_path: Path) -> None:
    folder = clean(tmp_path / "in", "train/truvk/1.jpg", "val/truvk/2.jpg")
    predictions = predicted(tmp_path, folder, WRONG)
    data = annotool.read(folder, predictions=predictions)
    found = annotool.audit(data, select=["LBL001"])
    marks = fingerprints(data, found).tolist()
    write(tmp_path / "said.jsonl", "review", [Decision("accept", fingerprint=marks[0], rule="LBL001")])
    options: dict[str, Any] = {"decisions": [tmp_path / "said.jsonl"], "predictions": predictions}
    made = annotool.fix(folder, out=tmp_path / "out", **options)
    image = data.table("images")["file_name"][found.column("image")[0]]
    assert made.changes["image"].tolist() == [image]
    assert (tmp_path / "out" / MOVED[image]).exists()


@settings(max_examples=12, deadline=None)
@given(
    st.dictionaries(st.tuples(st.sampled_from(["train", "val"]), st.sampled_from("abc"), st.sampled_from("12")),
                    st.tuples(st.sampled_from(["", "relabel", "delete"]), st.sampled_from("abc")), min_size=1)
)  # fmt: skip
def test_moves_neither_lose_nor_double_a_file(wanted: dict[tuple[str, str, str], tuple[str, str]]) -> None:
    """Every image has the class that was decided, in its split; none is lost but those whose label went."""
    with TemporaryDirectory() as name:
        root = Path(name)
        said, kept = {}, Counter[tuple[bytes, str]]()
        for split in ("train", "val"):
            for label in "abc":  # what nobody touches, so that it stays a dataset
                path = root / "in" / split / label / "x.png"
                path.parent.mkdir(parents=True)
                path.write_bytes(f"{split}{label}".encode())
                kept[path.read_bytes(), f"{split}/{label}"] += 1
        for (split, label, stem), (action, new) in wanted.items():
            path = root / "in" / split / label / f"{stem}.png"
            path.write_bytes(f"{split}{label}{stem}".encode())
            if action and not (action == "relabel" and new == label):
                said[f"{split}/{label}/{stem}.png"] = action, new if action == "relabel" else ""
            if action != "delete":
                kept[path.read_bytes(), f"{split}/{new if action else label}"] += 1
        before = tree(root / "in")
        file = decisions(annotool.read(root / "in"), root, said)
        annotool.fix(root / "in", out=root / "out", decisions=[file])
        found = Counter((held, name.rpartition("/")[0]) for name, held in tree(root / "out").items())
        assert found == kept and tree(root / "in") == before
        annotool.apply(root / "out/fixes.jsonl", root / "in", root / "anew")
        assert tree(root / "anew") == tree(root / "out")
        annotool.undo(root / "out/fixes.jsonl")
        deleted = {name for name, (action, _) in said.items() if action == "delete"}
        assert tree(root / "out") == {name: held for name, held in before.items() if name not in deleted}


def test_links_to_elsewhere_are_told_and_not_moved(tmp_path: Path) -> None:
    folder = clean(tmp_path / "in", "train/ cow /1.jpg", "val/ cow /2.jpg")
    (folder / "train/horse/link.jpg").symlink_to(tmp_path / "secret.jpg")
    (tmp_path / "secret.jpg").write_bytes(b"")
    made = fix(folder, out=tmp_path / "out")
    assert "images that are links to elsewhere, which a copy is without: 1" in made.notes
    assert made.before.of("SCH010").column("fix").tolist() == [Fix.NONE] and set(made.changes["rule"]) == {
        "CLS005"
    }
    assert tree(tmp_path / "out").keys() == {name.replace(" ", "") for name in tree(folder)} - {
        "train/horse/link.jpg"
    }


def test_the_same_faults_in_a_csv_come_to_the_same(tmp_path: Path, sample_data: Path) -> None:
    case = sample_data / "faulty/cases/LBL001"
    annotool.convert(case / "data", "imagefolder", tmp_path / "in")
    options: dict[str, Any] = {"unsafe": True, "predictions": case / "predictions"}
    ours = annotool.fix(tmp_path / "in", out=tmp_path / "out", **options)
    theirs = annotool.fix(case / "data", out=tmp_path / "csv", **options)
    assert ours.before.counts() == theirs.before.counts() == {"LBL001": 2}
    assert sorted(ours.changes["score"].tolist()) == sorted(theirs.changes["score"].tolist())
    annotool.convert(tmp_path / "csv", "imagefolder", tmp_path / "wanted")
    assert tree(tmp_path / "out") == tree(tmp_path / "wanted")


def test_the_real_crops(tmp_path: Path, real_data: Path) -> None:
    """Labels of some crops changed, and a model that is right: the copy is what was there before."""
    right, wrong = real_data / "bccd_crops_cls", tmp_path / "wrong"
    other = {"Platelets": "RBC", "RBC": "WBC", "WBC": "Platelets"}
    names = sorted(tree(right))
    swapped = {name: name.replace(name.split("/")[1], other[name.split("/")[1]], 1) for name in names[::40]}
    for name, held in tree(right).items():
        path = wrong / swapped.get(name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(held)
    truth = {new: old.split("/")[1] for old, new in swapped.items()}
    moved = {new: old for old, new in swapped.items()}
    check(wrong, tmp_path / "out", moved, predictions=predicted(tmp_path, wrong, truth), select=["LBL001"])
    assert tree(tmp_path / "anew") == tree(right)
