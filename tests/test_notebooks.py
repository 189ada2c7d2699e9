"""The notebooks run from top to bottom in a fresh kernel, and are kept without outputs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
REVIEW = "04_review_in_fiftyone"  # needs FiftyOne: tests/reviewing/test_notebook.py
NAMES = sorted(each.stem for each in FOLDER.glob("*.ipynb"))
STRIP = [sys.executable, str(FOLDER / "strip.py")]

# What the outputs of some cells must hold.
TOLD = {
    ("01_audit", "why"): "out-of-bounds",
    ("01_audit", "page"): r"kB in .*report\.html",
    ("02_convert_and_fix", "undo"): "True",
    ("02_convert_and_fix", "again"): r"24, 104, 0",
    ("03_class_balance", "scarce"): "annotations",
    ("05_write_a_rule", "rule"): "Writing ",
    ("05_write_a_rule", "install"): "FRU001 flat-fruit",
    ("05_write_a_rule", "told"): "one side is 1.[5-9]",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [each for each in NAMES if each != REVIEW])
def test_it_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(FOLDER)}}).execute()
    said = {each["id"]: json.dumps(each["outputs"]) for each in book.cells if each["cell_type"] == "code"}
    for (of, cell), words in TOLD.items():
        if of == name:
            assert re.search(words, said[cell]), (cell, said[cell][:1000])


def test_every_notebook_is_in_the_list() -> None:
    listed = re.findall(r"\[(\w+)\.ipynb\]", (FOLDER / "README.md").read_text("utf-8"))
    assert listed == NAMES
    assert {name for name, _ in TOLD} <= set(NAMES)


def test_none_is_kept_with_outputs() -> None:
    done = subprocess.run([*STRIP, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    for name in NAMES:
        cells = json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))["cells"]
        assert not any(each.get("outputs") or each.get("execution_count") for each in cells), name


def test_the_hook_takes_outputs_out(tmp_path: Path) -> None:
    book: dict[str, Any] = json.loads((FOLDER / "01_audit.ipynb").read_text("utf-8"))
    code = next(each for each in book["cells"] if each["cell_type"] == "code")
    code |= {
        "execution_count": 3,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["a box"]}],
    }
    code["source"] = code["source"].splitlines(keepends=True)
    book["metadata"]["widgets"] = {"state": {}}
    file = tmp_path / "run.ipynb"
    file.write_text(json.dumps(book), "utf-8")
    assert subprocess.run([*STRIP, "--check", file], check=False, stdout=subprocess.DEVNULL).returncode == 1
    assert subprocess.run([*STRIP, file], check=False, stdout=subprocess.DEVNULL).returncode == 1
    assert file.read_bytes() == (FOLDER / "01_audit.ipynb").read_bytes()
    assert subprocess.run([*STRIP, file], check=False).returncode == 0


def test_pre_commit_calls_it() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert "entry: python3 notebooks/strip.py" in hooks
    assert "types: [jupyter]" in hooks
