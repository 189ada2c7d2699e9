from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from annotool.cli import program
from annotool.errors import UsageError
from annotool.rules import registry
from annotool.selection import Choice, chosen, named

FAULTY = str(Path(__file__).resolve().parents[1] / "sample_data/faulty/coco")
BOX = {code for code in registry() if code.startswith("BOX")}


def line(select: str = "", ignore: str = "", extend: str = "", preview: bool = True) -> frozenset[str]:
    return chosen([Choice(tuple(select.split()), tuple(extend.split()), tuple(ignore.split()))], preview)


def test_codes_prefixes_slugs_and_all() -> None:
    assert line("BOX001,out-of-bounds") == {"BOX001", "BOX002"}
    assert line("box") == BOX
    assert line("BOX0", "BOX001") == BOX - {"BOX001"}
    assert line(ignore="ALL") == frozenset()
    assert line() == set(registry())


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ("BOX", "BOX004", BOX - {"BOX004"}),
        ("BOX004", "BOX", {"BOX004"}),
        ("extreme-aspect", "BOX", {"BOX004"}),
        ("BOX004", "BOX004", set()),
        ("ALL", "BOX0", set(registry()) - BOX),
        ("BOX0", "ALL", BOX),
        ("BOX BOX004", "BOX0", {"BOX004"}),
    ],
)
def test_the_more_specific_word_wins(select: str, ignore: str, expected: set[str]) -> None:
    assert line(select, ignore) == expected


def test_select_replaces_and_extend_select_adds() -> None:
    file = Choice(("BOX",), (), ("BOX004",))
    assert chosen([file], True) == BOX - {"BOX004"}
    assert chosen([file, Choice(("SCH001",))], True) == {"SCH001"}
    assert chosen([file, Choice((), ("SCH001",))], True) == (BOX - {"BOX004"}) | {"SCH001"}
    assert chosen([file, Choice((), (), ("BOX001",))], True) == BOX - {"BOX004", "BOX001"}
    assert chosen([file, Choice(("BOX004",))], True) == {"BOX004"}
    assert chosen([file, Choice((), ("BOX004",))], True) == BOX


def test_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry()["BOX004"], "preview", True)
    assert "BOX004" not in line(preview=False)
    assert "BOX004" not in line("BOX", preview=False)
    assert "BOX004" in line("BOX", preview=True)
    assert line(ignore="BOX004", preview=False)
    for words in ("BOX004", "extreme-aspect"):
        with pytest.raises(UsageError, match="BOX004 is in preview and does not run without --preview"):
            line(words, preview=False)


def test_words_that_name_nothing() -> None:
    with pytest.raises(UsageError, match="did you mean 'out-of-bounds'"):
        line("out-of-bound")
    assert named(["BOX001", "out-of-bounds"]) == {"BOX001", "BOX002"}


def ran(*words: str) -> dict[str, int]:
    done = CliRunner().invoke(program(), ["audit", FAULTY, "--isolated", "--output-format", "json", *words])
    assert done.exit_code in (0, 1), done
    counts: dict[str, int] = json.loads(done.stdout)["summary"]["by_rule"]
    return counts


def test_the_command_line() -> None:
    every = ran("--select", "BOX")
    assert "BOX002" in every and set(every) <= BOX
    assert set(ran("--select", "BOX", "--ignore", "BOX002")) == set(every) - {"BOX002"}
    assert set(ran("--select", "BOX002", "--ignore", "BOX")) == {"BOX002"}
    assert set(ran("--select", "BOX", "--extend-select", "SCH001,SCH003")) == {*every, "SCH003"}


def test_the_command_line_tells_what_it_chose() -> None:
    words = ["--select", "BOX", "--extend-select", "SCH003", "--target", "mmdet,coco-eval", "--preview"]
    done = CliRunner().invoke(program(), ["audit", FAULTY, "--isolated", "--output-format", "json", *words])
    told = json.loads(done.stdout)
    assert told["config"]["select"] == ["BOX"]
    assert told["config"]["extend_select"] == ["SCH003"]
    assert told["config"]["target"] == ["mmdet", "coco-eval"]
    assert told["config"]["preview"] is True
    assert {each["target"] for each in told["targets"]} == {"mmdet", "coco-eval"}


def test_the_list_of_rules_marks_those_in_preview() -> None:
    lines = CliRunner().invoke(program(), ["rules"]).stdout.splitlines()
    marked = {line.split()[0] for line in lines if "(preview)" in line}
    assert marked == {code for code, rule in registry().items() if rule.preview}
    (waiting, *_) = sorted(marked)
    done = CliRunner().invoke(program(), ["audit", FAULTY, "--isolated", "--select", waiting])
    assert isinstance(done.exception, UsageError)
    assert "--preview" in str(done.exception)


def test_ignores_of_a_file_are_told_once(tmp_path: Path) -> None:
    file = tmp_path / "annotool.toml"
    file.write_text('[per-category-ignores]\napple = ["BOX"]\n[per-split-ignores]\n"*" = ["CLS"]\n')
    done = CliRunner().invoke(program(), ["audit", FAULTY, "--config", str(file), "--select", "BOX,CLS"])
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("Ignored as the settings say: ")]
    assert "in category apple" in told and told.count("category") == 1
