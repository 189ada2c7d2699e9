"""Every snippet of README.md runs, in a copy of the sample data; every link in the documentation leads somewhere."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "sample_data/README.md"]
PAGES += [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """The words of every console line, comments left out."""
    lines = "".join(snippets("console")).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample data, as below the repository; commands run in it one after the other."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    return folder


def run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python there, with annotool as it is here."""
    path = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=place,
        env=path,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_readme_shows_every_command_that_works_on_data() -> None:
    shown = {words[1] for words in commands() if words[0] == "annotool"}
    assert {
        "audit",
        "fix",
        "undo",
        "apply",
        "convert",
        "draw",
        "balance",
        "baseline",
        "sizes",
        "rule",
        "split",
    } <= shown
    assert {words[0] for words in commands()} == {"annotool", "make", "pip"}


@pytest.mark.slow
def test_the_commands_work_one_after_the_other(place: Path) -> None:
    for words in commands():
        if words[0] == "annotool":
            done = run(place, "-m", *words)
            faulty = words[1] in ("audit", "fix") and any("faulty" in word for word in words)
            faulty &= "--baseline" not in words
            assert done.returncode == int(faulty), (words, done.stderr or done.stdout)
            told_aside = words[1] in ("draw", "nms", "report", "sizes")
            quiet = told_aside or "--output" in words
            assert bool(done.stdout) is not quiet, words
            assert done.stderr == "" or told_aside, (words, done.stderr)


@pytest.mark.parametrize("code", snippets("python"))
def test_python_works(place: Path, code: str) -> None:
    done = run(place, "-c", code)
    assert done.returncode == 0, done.stderr
    assert "BOX002" in done.stdout


@pytest.mark.parametrize("text", snippets("toml"))
def test_settings_work(place: Path, text: str) -> None:
    data = shutil.copytree(place / "sample_data/faulty/coco", place / "with_settings")
    (data / "annotool.toml").write_text(text, "utf-8")
    done = run(place, "-m", "annotool", "audit", str(data))
    told = done.stdout
    assert "settings: " in told, done.stderr
    assert "BAL002" not in told
    assert "info     CLS002" in told


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = {word for words in commands() if words[0] == "make" for word in words[1:]}
    assert asked and asked <= targets


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]*)(?:#[^)]*)?\)", text):
        if target and not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target
