from __future__ import annotations

import os
from pathlib import Path

from annotool import api
from annotool.findings import Severity
from annotool.reporting.rows import rows
from annotool.rules.lbl.empty_or_missing_class_folder import EmptyOrMissingClassFolder
from annotool.testing import check_rule, tiny
from tests.dirty import picture, put


def folders(*names: str, records: tuple[int, ...] = (), **facts: object):  # type: ignore[no-untyped-def]
    sources = [
        {
            "file": name,
            "format": "imagefolder",
            "split": name.partition("/")[0] if "/" in name else "",
            "records": own,
        }
        for name, own in zip(names, records or (1,) * len(names), strict=True)
    ]
    return tiny(0, categories=(), format_name="imagefolder", sources=sources, facts=facts)


def test_missing_and_empty_folders() -> None:
    shift = "val has no folder for class 'cow'; loaders that go by sorted folders number 'dog' 1 there and 2 where all classes are"
    check_rule(
        EmptyOrMissingClassFolder,
        valid=[
            folders("train/cat", "train/dog", "val/cat", "val/dog"),
            folders("cat", "dog"),
        ],
        invalid=[
            (folders("train/cat", "train/cow", "train/dog", "val/cat", "val/dog"),
             [{"message": shift, "severity": Severity.ERROR, "values": {"here": 1, "there": 2}}]),
            (folders("train/cat", "train/dog", "val/cat"), [{"message": "val has no folder for class 'dog'"}]),
            (folders("train/cat", "train/dog", records=(3, 0)),
             [{"source": 1, "message": "the class folder train/dog holds no image: torchvision's ImageFolder stops here"}]),
            (folders("cat", "dog", loose_images={"": 2}),
             [{"message": "2 images lie beside the class folders of the dataset: no class, so not read", "severity": Severity.WARNING}]),
        ],
    )  # fmt: skip


def find_classes(folder: Path) -> dict[str, int]:
    """As torchvision.datasets.folder.find_classes numbers them."""
    return {
        name: at for at, name in enumerate(sorted(each.name for each in os.scandir(folder) if each.is_dir()))
    }


def test_the_trap_of_shifted_class_ids(tmp_path: Path) -> None:
    names = [f"{split}/{name}" for split in ("train", "val") for name in ("cat", "cow", "dog", "emu")]
    names.remove("val/cow")
    put(tmp_path, {f"{name}/{at}.jpg": picture(20, 20, shade=at) for at, name in enumerate(names)})
    train, val = find_classes(tmp_path / "train"), find_classes(tmp_path / "val")
    assert {name: (train[name], val[name]) for name in val} == {"cat": (0, 0), "dog": (2, 1), "emu": (3, 2)}
    data = api.read(tmp_path)
    (told,) = [each for each in rows(data, api.audit(data)) if each.severity == "error"]
    assert (told.rule, told.values["class_name"]) == ("LBL004", "cow")
    assert (told.values["later"], told.values["here"], told.values["there"]) == (
        "dog",
        val["dog"],
        train["dog"],
    )
    categories = data.table("categories")
    assert dict(zip(categories["name"].tolist(), categories["id"].tolist(), strict=True)) == train


def test_two_paths_are_two_parts(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            f"{name}/{at}.jpg": picture(20, 20, shade=at)
            for at, name in enumerate(["a/cat", "a/cow", "a/dog", "b/cat", "b/dog"])
        },
    )
    found = api.audit([tmp_path / "a", tmp_path / "b"], select=["LBL004"])
    assert [found.blocks[0].text(0)[:38]] == ["path 2 has no folder for class 'cow'; "]
