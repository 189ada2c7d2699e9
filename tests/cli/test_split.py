from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from PIL import Image

from annotool.cli import program

RUN = CliRunner()


def ran(*words: object, code: int = 0) -> str:
    done = RUN.invoke(program(["split", "audit"]), ["split", *map(str, words), "--isolated"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def folders(home: Path, twins: bool) -> Path:
    for number in range(8):
        folder = home / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40 if twins else 40 + number, 40)).save(folder / f"v{number // 2}_{number}.png")
    return home


def test_what_came_out_is_told(sample_data: Path, tmp_path: Path) -> None:
    told = ran(sample_data / "voc", "--ratios", "train=.75,val=.25", "--out", tmp_path / "out")
    assert "voc, 24 images, 104 annotations, 24 image files placed" in told
    assert "train   75.0%         18  75.0%         78  75.0%      3 of 3           0 of 0" in told
    assert "no leak, no category missing" in told
    assert "not checked: SPL002: needs --decode" in told


def test_a_leak_that_remains_fails(tmp_path: Path) -> None:
    home = folders(tmp_path / "in", twins=True)
    told = ran(home, "--ratios", "train=.5,val=.5", "--out", tmp_path / "a", code=1)
    assert "findings of the rules SPL and LBL004 remain" in told
    assert "SPL001" in told
    assert "--group-by duplicates keeps" in told
    ran(home, "--ratios", "train=.5,val=.5", "--out", tmp_path / "b", "--fail-on", "never")


def test_a_class_folder_that_misses_in_a_split_fails(tmp_path: Path) -> None:
    home = folders(tmp_path / "in", twins=False)
    (home / "bee").mkdir()
    Image.new("RGB", (70, 40)).save(home / "bee/one.png")
    told = ran(home, "--ratios", "train=.5,val=.5", "--out", tmp_path / "out", code=1)
    assert (
        "has no folder for class 'bee'; loaders that go by sorted folders number 'cat' 0 there and 1" in told
    )
    ran(home, "--ratios", "train=.5,val=.5", "--out", tmp_path / "b", "--fail-on", "never")
    csv = tmp_path / "labels.csv"
    csv.write_text("file,label\n" + "".join(f"in/{at}.png,{'cat' if at else 'bee'}\n" for at in range(9)))
    told = ran(csv, "--ratios", "train=.5,val=.5", "--out", tmp_path / "c")
    assert "no leak: the rules SPL find nothing in it" in told


def test_groups_and_seeds(tmp_path: Path) -> None:
    home = folders(tmp_path / "in", twins=False)
    words = (home, "--ratios", "train=.5,val=.5", "--group-by", r"(v\d)_", "--seed", 2)
    told = ran(*words, "--out", tmp_path / "a")
    assert (
        "groups: 4 groups of several images, 8 images in all; the largest, 'v0', has 2 (25.0% of the images)"
        in told
    )
    assert ran(*words, "--out", tmp_path / "b") == told.replace(str(tmp_path / "a"), str(tmp_path / "b"))


def test_duplicates_reads_pixels(tmp_path: Path) -> None:
    home = folders(tmp_path / "in", twins=False)
    told = ran(home, "--ratios", "train=.5,val=.5", "--group-by", "duplicates", "--out", tmp_path / "out")
    assert "not checked" not in told
