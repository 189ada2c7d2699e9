"""The commands of docs/ci.md run, in a folder that looks as the page says; its hook is the one in the repository."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/ci.md").read_text("utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def blocks() -> list[Any]:
    """Each yaml block of the page, parsed."""
    return [
        yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    ]


def runs(block: Any) -> list[str]:
    """Every line that a block would have a shell run."""
    if isinstance(block, list):
        return [line for each in block for line in runs(each)]
    if not isinstance(block, dict):
        return []
    own = [block["run"]] if isinstance(block.get("run"), str) else block.get("script", [])
    return [line for text in own for line in text.splitlines()] + [
        line for name, each in block.items() if name not in ("run", "script") for line in runs(each)
    ]


COMMANDS = [line for block in blocks() for line in runs(block) if line.startswith("annotool ")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository as the page has it: labels with faults, the baseline, the sizes, the csv."""
    folder = tmp_path_factory.mktemp("ci")
    shutil.copytree(ROOT / "sample_data/faulty/yolo", folder / "data")
    names = [path.name for path in sorted((folder / "data/images").rglob("*.*"))]
    rows = [f"{name},{'ann' if at % 2 else 'bob'}" for at, name in enumerate(names)]
    (folder / "images.csv").write_text("\n".join(["file_name,annotator", *rows, ""]), "utf-8")
    (line,) = re.findall(r"^```console\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE)
    assert run(folder, line).returncode == 0
    assert run(folder, "annotool baseline data --out known.jsonl").returncode == 0
    return folder


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the page there, as a GitHub job would."""
    settings = {
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    words = [sys.executable, "-m", *shlex.split(line)]
    return subprocess.run(
        words,
        check=False,
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_page_has_every_recipe() -> None:
    text = "\n".join(COMMANDS)
    for form in ("github", "markdown", "sarif", "junit", "json", "csv"):
        assert re.search(rf"(--output-format {form}|--output {form}=)", text), form
    for option in (
        "--baseline",
        "--sizes",
        "--images none",
        "--join",
        "--group-by",
        "--statistics",
        "--decode",
    ):
        assert option in text
    assert "Advanced Security" in PAGE


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_runs(line: str, place: Path) -> None:
    (place / "summary").write_text("before\n", "utf-8")
    done = run(place, line)
    gate = "--baseline" in line or "--fail-on never" in line
    # With --decode rules run that did not when the baseline was made.
    expected = (0, 1) if "--decode" in line else (0,) if gate else (1,)
    assert done.returncode in expected, done.stderr or done.stdout
    assert done.stderr == ""
    assert done.stdout
    for form, name in re.findall(r"--output (\w+)=(\S+)", line):
        written = (place / name).read_text("utf-8")
        assert written
        if form in ("json", "sarif"):
            json.loads(written)
    summary = (place / "summary").read_text("utf-8")
    assert summary.startswith("before\n")
    assert ("## annotool" in summary) is ("--output-format github" in line)


def test_the_hook_is_for_the_whole_dataset() -> None:
    (hook,) = HOOKS
    assert hook["id"] == "annotool"
    assert hook["pass_filenames"] is False
    assert hook["always_run"] is True
    assert hook["stages"] == ["pre-push", "manual"]
    assert hook["language"] == "python"  # pip installs the repository: it must be a package
    assert (ROOT / "pyproject.toml").is_file()


def test_the_hook_runs_as_the_page_sets_it(place: Path) -> None:
    (mine,) = [
        block["repos"][0]["hooks"][0] for block in blocks() if isinstance(block, dict) and "repos" in block
    ]
    (hook,) = [each for each in HOOKS if each["id"] == mine["id"]]
    line = f"{hook['entry']} {shlex.join(mine['args'])}"
    assert run(place, line).returncode == 0
    extra = place / "data/labels/train"
    label = next(path for path in sorted(extra.glob("*.txt")) if path.read_text("utf-8").strip())
    before = label.read_bytes()
    label.write_bytes(before + b"\n99 0.5 0.5 0.1 0.1\n")
    try:
        done = run(place, line)
    finally:
        label.write_bytes(before)
    assert done.returncode == 1
    assert "CLS001" in done.stdout
