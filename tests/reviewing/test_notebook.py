"""The notebook of the review runs from top to bottom, and is kept without outputs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from annotool.fixes.decisions import read
from tests.reviewing.conftest import REPOSITORY

NOTEBOOK = REPOSITORY / "notebooks" / "04_review_in_fiftyone.ipynb"


def cells() -> list[dict[str, Any]]:
    return [each for each in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if each["cell_type"] == "code"]


def test_it_is_kept_without_outputs() -> None:
    assert cells() and not any(each["outputs"] or each["execution_count"] for each in cells())


@pytest.mark.review
def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    book = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    said = {each["id"]: json.dumps(each["outputs"]) for each in book.cells if each["cell_type"] == "code"}
    assert re.search(r"<iframe src=.{1,3}http://127\.0\.0\.1:\d+/datasets/notebook", said["review"])
    assert "ignore" in said["decisions"] and "accept" in said["decisions"]
    (file,) = tmp_path.rglob("ann.jsonl")
    assert [each.action for each in read(file)] == ["accept", "accept", "ignore"]
    found, left = map(int, re.findall(r"\((\d+), (\d+)\)", said["again"])[0])
    assert left < found
