from __future__ import annotations

from pathlib import Path

import pytest

from annotool import config
from annotool.errors import ConfigError, UsageError
from annotool.findings import Severity


def settings(tmp_path: Path, text: str, name: str = "annotool.toml") -> config.Config:
    (tmp_path / name).write_text(text)
    return config.load(tmp_path / name)


def test_all_keys(tmp_path: Path) -> None:
    got = settings(
        tmp_path,
        'paths = ["data"]\nformat = "coco"\nimages = "none"\nclasses = "names.txt"\ntask = "segment"\n'
        'select = ["BOX"]\nignore = ["BOX003"]\n[severities]\nBOX001 = "info"\n[rule.BOX003]\nmin_side_px = 2\n',
    )
    assert got.paths == (tmp_path / "data",)
    assert got.classes == tmp_path / "names.txt"
    assert got.severities == {"BOX001": Severity.INFO}
    assert got.rules["BOX003"].min_side_px == 2  # type: ignore[attr-defined]
    assert got.format == "coco"
    assert got.task == "segment"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('selekt = ["BOX"]', "did you mean 'select'"),
        ('select = "BOX"', "expected a list of texts"),
        ('[severities]\nBOX001 = "fatal"', "unknown severity of BOX001 'fatal'"),
        ("[severities]\nBOX901 = 'info'", "unknown rule 'BOX901'"),
        ("[rule.BOX003]\nmin_side = 2", "did you mean 'min_side_px'"),
        ('[rule.BOX003]\nmin_side_px = "2"', "expected float"),
        ("select = [", "not valid TOML"),
    ],
)
def test_faults_name_the_file_and_the_right_word(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match="annotool.toml") as caught:
        settings(tmp_path, text)
    assert told in str(caught.value)


def test_pyproject_is_used_only_with_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "a" / "b"
    data.mkdir(parents=True)
    monkeypatch.chdir(data)
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "pyproject.toml").write_text('[tool.annotool]\nselect = ["SCH"]\n')
    file = config.find(data)
    assert file == (tmp_path / "pyproject.toml").resolve()
    assert config.load(file).select == ("SCH",)


def test_the_nearest_wins(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "annotool.toml").write_text("")
    (tmp_path / "data" / "annotool.toml").write_text("")
    assert config.find(tmp_path / "data" / "x.json") == (tmp_path / "data" / "annotool.toml").resolve()


def test_selection_by_code_prefix_and_slug() -> None:
    assert config.select(["BOX001,out-of-bounds"], []) == {"BOX001", "BOX002"}
    assert config.select(["box"], ["BOX001"]) >= {"BOX002", "BOX003"}
    assert config.select([], ["ALL"]) == set()
    assert len(config.select([], [])) >= 45
    with pytest.raises(UsageError, match="did you mean 'out-of-bounds'"):
        config.select(["out-of-bound"], [])
