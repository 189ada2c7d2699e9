from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from annotool import config
from annotool.errors import ConfigError, UsageError
from annotool.findings import Severity
from annotool.rules import registry

WAITING = {code for code, rule in registry().items() if rule.preview}


def settings(tmp_path: Path, text: str, name: str = "annotool.toml") -> config.Config:
    (tmp_path / name).write_text(text)
    return config.load(tmp_path / name)


def test_all_keys(tmp_path: Path) -> None:
    got = settings(
        tmp_path,
        'paths = ["data"]\nformat = "coco"\nimages = "none"\nclasses = "names.txt"\ntask = "segment"\nlabels = "multi"\n'
        'select = ["BOX"]\nignore = ["BOX003"]\n[severities]\nBOX001 = "info"\n[rule.BOX003]\nmin_side_px = 2\n',
    )
    assert got.paths == (tmp_path / "data",)
    assert got.classes == tmp_path / "names.txt"
    assert got.severities == {"BOX001": Severity.INFO}
    assert got.reasons == ()
    assert got.rules["BOX003"].min_side_px == 2  # type: ignore[attr-defined]
    assert got.format == "coco"
    assert (got.task, got.labels) == ("segment", "multi")


def test_severities_take_prefixes_slugs_and_all_the_more_specific_winning(tmp_path: Path) -> None:
    text = '[severities]\nout-of-bounds = "error"\nBOX = "info"\nALL = "warning"\nBOX00 = "error"\nBOX003 = "warning"\n'
    got = settings(tmp_path, text).severities
    assert got["BOX002"] == got["BOX001"] == Severity.ERROR
    assert got["BOX003"] == got["SCH001"] == Severity.WARNING
    assert got["BOX010"] == Severity.INFO
    assert got.keys() == registry().keys()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('selekt = ["BOX"]', "did you mean 'select'"),
        ('select = "BOX"', "expected a list of texts"),
        ('[severities]\nBOX001 = "fatal"', "unknown severity of BOX001 'fatal'"),
        ("[severities]\nBOX901 = 'info'", "no rule is called 'BOX901'"),
        ("[review]\nreason = ['x']", "unknown key of review 'reason'"),
        ("[review]\nreasons = 'x'", "expected a list of texts"),
        ("[rule.BOX003]\nmin_side = 2", "did you mean 'min_side_px'"),
        ('[rule.BOX003]\nmin_side_px = "2"', "expected float"),
        ("[rule.BOX003]\nmin_side_px = nan", "expected a finite number"),
        ("[rule]\nBOX003 = 5", "expected a table, [rule.BOX003]"),
        ("select = [", "not valid TOML"),
        ("preview = 1", "expected true or false"),
        ('target = ["torch"]', "no target 'torch', did you mean 'torchvision'?"),
        ('[per-file-ignores]\n"a/*" = "BOX"', "expected a table of lists of texts"),
        ('[per-split-ignores]\ntest = ["BOXX"]', "no rule is called 'BOXX'"),
    ],
)
def test_faults_name_the_file_and_the_right_word(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match="annotool.toml") as caught:
        settings(tmp_path, text)
    assert told in str(caught.value)
    assert str(caught.value).count("annotool.toml") == 1


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


@pytest.mark.parametrize("key", ["select", "extend-select", "ignore"])
def test_unknown_rules_are_told_when_the_file_is_read(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="did you mean 'out-of-bounds'"):
        settings(tmp_path, f'{key} = ["out-of-bound"]')


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    got = settings(tmp_path, 'select = ["BOX"]\nignore = ["BOX004"]\ntarget = ["mmdet"]')
    assert got.codes == {code for code in got.rules if code.startswith("BOX")} - {"BOX004"} - WAITING
    assert got.with_options(["SCH001"]).codes == {"SCH001"}
    assert got.with_options(["BOX004"]).codes == {"BOX004"}
    assert got.with_options(ignore=["BOX001"]).codes == got.codes - {"BOX001"}
    assert got.with_options(extend_select=["SCH001"]).codes == got.codes | {"SCH001"}
    assert got.targets == ("mmdet",)
    assert got.with_options(target=["coco-eval,torchvision"]).targets == ("coco-eval", "torchvision")
    with pytest.raises(UsageError, match="did you mean 'torchvision'"):
        got.with_options(target=["torchvison"])


def test_what_is_ignored_where(tmp_path: Path) -> None:
    got = settings(
        tmp_path,
        '[per-split-ignores]\ntest = ["BAL"]\n[per-file-ignores]\n"batch_3/**" = ["tiny-box"]\n'
        '[per-category-ignores]\n"crowd*" = ["ALL"]\n',
    )
    assert got.ignores["file"] == {"batch_3/**": {"BOX003"}}
    assert got.ignores["split"]["test"] == {code for code in got.rules if code.startswith("BAL")}
    assert got.ignores["category"]["crowd*"] == set(got.rules)
    assert got.chosen["ignores"]["file"] == {"batch_3/**": ["BOX003"]}


def test_a_version_that_is_not_met_comes_before_unknown_keys(tmp_path: Path) -> None:
    own = version("annotool")
    assert settings(tmp_path, f'required-version = ">={own}"').file
    with pytest.raises(ConfigError, match=f"this is annotool {own}"):
        settings(tmp_path, 'required-version = ">99"\nfrom_the_future = 1')
    assert settings(tmp_path, f'required-version = "{own}"').file, "a version alone means that one"
    assert settings(tmp_path, 'required-version = " >=0.1.dev0, <99 "').file
    for text in ("new", "", ">=", "0.1; 0.2"):
        with pytest.raises(ConfigError, match="expected a specifier"):
            settings(tmp_path, f'required-version = "{text}"')
