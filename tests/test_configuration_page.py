"""docs/configuration.md names every key, and all its examples are settings that annotool takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from annotool import config

PAGE = (Path(__file__).resolve().parents[1] / "docs/configuration.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([\w-]+)` \| `([^|]+)` \|", PAGE, re.MULTILINE))
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_key_has_an_example_and_no_other() -> None:
    tables = {key for text in BLOCKS for key in tomllib.loads(text)}
    assert sorted([*ROWS, *tables]) == sorted(config.KEYS)


@pytest.mark.parametrize("text", [*ROWS.values(), *BLOCKS, "\n".join(ROWS.values())])
def test_examples_are_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / "annotool.toml").write_text(text)
    made = config.load(tmp_path / "annotool.toml")
    assert made.codes
    sets = made != config.Config(file=tmp_path / "annotool.toml")
    assert sets or text.startswith("required-version"), "the example sets nothing"
    assert made.rules


@pytest.mark.parametrize("key", ROWS)
def test_an_example_is_of_its_key(key: str) -> None:
    assert list(tomllib.loads(ROWS[key])) == [key]
