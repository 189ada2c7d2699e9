import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from click.testing import CliRunner, Result

from annotool.cli import COMMANDS, program
from annotool.cli.declared import Argument, Option, command

RUN = CliRunner()
SEEN: dict[str, Any] = {}


@dataclass(frozen=True)
class Where:
    heading: ClassVar[str] = "Places"
    paths: Annotated[list[str] | None, Argument("PATH...", "Where to look.")] = None
    base_name: Annotated[str | None, Option("How it is called.")] = None


def walk(
    first: Annotated[Path, Argument("FIRST", "Where to begin.")],
    where: Where,
    pace: Annotated[int | None, Option("Steps a second.", metavar="N", least=1, most=9)] = None,
    share: Annotated[float, Option("Of the way.")] = 0.0,
    stop: Annotated[list[Path] | None, Option("Where to rest.")] = None,
    back: Annotated[bool, Option("And home.")] = False,
    note: Annotated[str, Option("What to say.")] = "",
) -> None:
    """Walk from here to there. Or run."""
    SEEN.update(locals())


def walked(*words: str) -> Result:
    SEEN.clear()
    return RUN.invoke(command(walk), words, env={"COLUMNS": "80"})


def test_what_is_not_given_is_the_default() -> None:
    assert walked("here").exit_code == 0
    assert {
        "first": Path("here"), "where": Where(), "pace": None, "share": 0.0, "stop": None, "back": False, "note": "",
    } == SEEN  # fmt: skip


def test_values_have_the_type_that_is_declared() -> None:
    words = "--stop a here --back there --pace 3 --stop=b --share .5 -- --base-name -x".split()
    assert walked(*words, "--note").exit_code == 0
    assert {
        "first": Path("here"), "where": Where(["there", "--base-name", "-x", "--note"]), "pace": 3, "share": 0.5,
        "stop": [Path("a"), Path("b")], "back": True, "note": "",
    } == SEEN  # fmt: skip
    walked("here", "--base-name", "ünï", "--note", "[x]")
    assert (SEEN["where"], SEEN["note"]) == (Where(base_name="ünï"), "[x]")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Missing argument 'FIRST'"),
        (["here", "--pace", "0"], "1<=x<=9"),
        (["here", "--pace", "fast"], "'--pace'"),
        (["here", "--share", "half"], "'half' is not a valid float"),
        (["here", "--bake"], "--back"),
        (["here", "--back=1"], "does not take a value"),
        (["here", "--note"], "requires an argument"),
    ],
)
def test_a_wrong_call_is_exit_2(words: list[str], told: str) -> None:
    done = walked(*words)
    assert done.exit_code == 2 and told in done.output and not SEEN


def test_help_has_headings_arguments_and_defaults() -> None:
    made = command(walk)
    assert (made.name, made.short_help) == ("walk", "Walk from here to there.")
    assert walked("--help").output.replace("Usage: walk", "") == (
        """ [OPTIONS] FIRST [PATH...]

  Walk from here to there. Or run.

Arguments:
  FIRST    Where to begin.
  PATH...  Where to look.

Options:
  --pace N       Steps a second.  [1<=x<=9]
  --share FLOAT  Of the way.  [default: 0.0]
  --stop PATH    Where to rest.
  --back         And home.
  --note TEXT    What to say.
  --help         Show this message and exit.

Places:
  --base-name TEXT  How it is called.
"""
    )


def test_the_program_lists_its_commands_in_their_order() -> None:
    done = RUN.invoke(program(), [], env={"COLUMNS": "80"})
    assert done.exit_code == 2 and done.output == RUN.invoke(program(), ["-h"], env={"COLUMNS": "80"}).output
    listed = [line[2:].split(" ")[0] for line in done.output.partition("Commands:\n")[2].splitlines()]
    assert [name for name in listed if name] == list(COMMANDS)


def test_a_start_loads_the_called_command_alone() -> None:
    code = (
        "import sys; sys.argv = ['annotool', 'rules', '-h']; from annotool.cli import main, COMMANDS\n"
        "try: main()\n"
        "finally: print([m for m in sys.modules if m.removeprefix('annotool.cli.') in COMMANDS or m in ('typer', 'pydantic', 'rich', 'numpy')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['annotool.cli.rules']"


def test_an_interrupted_command_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    from annotool import api
    from annotool.cli import main

    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "list_rules", stopped)
    monkeypatch.setattr(sys, "argv", ["annotool", "rules"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 130


def test_a_command_that_is_done_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    from annotool.cli import main

    monkeypatch.setattr(sys, "argv", ["annotool", "formats"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0


def test_a_form_alone_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.csv").write_text("file,label\n1.jpg,cat\n")
    result = RUN.invoke(program(["audit"]), ["audit", ".", "--output", "json"])
    assert "--output json: --output-format json shows that form" in str(result.exception)
    assert not (tmp_path / "json").exists()
