import os
from pathlib import Path

import annotool
from annotool.rules.sch.stale_label_cache import StaleLabelCache
from annotool.testing import check_rule, tiny

NOW = 1_700_000_000


def dataset(folder: Path, cache: str = "", age: int = 60) -> Path:
    """A YOLO dataset of two splits; its label files were written at NOW, the cache so many seconds earlier."""
    for split in ("train", "val"):
        (folder / "labels" / split).mkdir(parents=True)
        (folder / "images" / split).mkdir(parents=True)
        for name in "ab":
            place(folder / "labels" / split / f"{name}.txt", NOW)
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [cat]\n")
    if cache:
        place(folder / "labels" / cache, NOW - age)
    return folder


def place(path: Path, when: int) -> None:
    path.write_text("0 .5 .5 .2 .2\n")
    os.utime(path, (when, when))


def found(path: Path) -> list[str]:
    findings = StaleLabelCache().check(annotool.read(path))
    return [part.text(row) for part in findings.blocks for row in range(len(part))]


def test_the_contract(tmp_path: Path) -> None:
    stale = annotool.read(dataset(tmp_path / "stale", "train.cache"))
    files = stale.table("sources")["file"].tolist()
    check_rule(
        StaleLabelCache,
        valid=[tiny(format_name="yolo"), annotool.read(dataset(tmp_path / "none"))],
        invalid=[
            (
                stale,
                [{"source": files.index("labels/train/a.txt"), "message": "train.cache is older than 2 of its label files, as a.txt",
                  "values": {"cache": "train.cache", "newer": 2, "file": "a.txt"}}],
            )
        ],
    )  # fmt: skip


def test_caches_old_and_new(tmp_path: Path) -> None:
    assert found(dataset(tmp_path / "fresh", "train.cache", age=0)) == []
    assert found(dataset(tmp_path / "npy", "val.npy")) == [
        "val.npy is older than 2 of its label files, as a.txt"
    ]
    assert found(dataset(tmp_path / "other", "extra.cache")) == []
    one = dataset(tmp_path / "one", "train.cache", age=-60)
    place(one / "labels/train/b.txt", NOW + 90)
    assert found(one) == ["train.cache is older than 1 of its label files, as b.txt"]


def test_a_mended_copy_has_no_cache(tmp_path: Path) -> None:
    given = dataset(tmp_path / "given", "train.cache")
    annotool.fix(given, out=tmp_path / "out")
    assert (given / "labels/train.cache").is_file()
    assert not list((tmp_path / "out").rglob("*.cache"))
    assert found(tmp_path / "out") == []
