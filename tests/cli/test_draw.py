from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from annotool.cli import program
from annotool.errors import UsageError

RUN = CliRunner()


def picture(file: Path) -> Image.Image:
    with Image.open(file) as held:
        held.load()
        return held


def ran(*words: str) -> str:
    done = RUN.invoke(program(["draw", "audit"]), ["draw", *words, "--isolated"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stderr


def test_one_image_and_those_of_a_rule(sample_data: Path, tmp_path: Path) -> None:
    said = ran(
        str(sample_data / "coco"), "--image", "1", "--out", str(tmp_path / "x.png"), "--max-side", "100"
    )
    assert f"1 picture in {tmp_path / 'x.png'}" in said
    assert max(picture(tmp_path / "x.png").size) <= 100
    said = ran(
        str(sample_data / "faulty/voc"), "--rule", "ALL", "--limit", "2", "--out", str(tmp_path / "out")
    )
    assert f"2 pictures in {tmp_path / 'out'}" in said and "annotool: note: " in said
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_what_to_draw_has_to_be_said(sample_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        ran(str(sample_data / "coco"), "--out", str(tmp_path / "x.png"))
    with pytest.raises(UsageError, match="no image of that file name"):
        ran(str(sample_data / "coco"), "--image", "nobody", "--out", str(tmp_path / "x.png"))
    assert not list(tmp_path.iterdir())
