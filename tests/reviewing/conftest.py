"""Tests of the real FiftyOne App carry the mark `review`; they run where FiftyOne is. Elsewhere they are skipped, and
fail in CI. Those that share an open review share a worker: `pytest -n auto --dist loadgroup`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from annotool.reviewing import servers

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REPOSITORY = Path(__file__).resolve().parents[2]


def why_not(words: set[str]) -> str:
    """Why tests with these marks cannot run here; empty: they can."""
    if find_spec("fiftyone") is None:
        return "FiftyOne is not installed: pip install 'annotool[review]'"
    if servers.mongod() is None and "FIFTYONE_DATABASE_URI" not in os.environ:
        return "no MongoDB server: annotool review --doctor"
    if "browser" in words and (find_spec("playwright") is None or CHROMIUM is None):
        return "no headless browser: pip install playwright, apt-get install chromium"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: a laptop without FiftyOne skips, CI fails."""
    marks = {mark.name for mark in item.iter_markers()}
    if "review" in marks and (reason := why_not(marks)):
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@dataclass
class Opened:
    """A review opened by the command line: its process, address and folder."""

    process: subprocess.Popen[str]
    url: str
    home: Path
    name: str
    seconds: float  # from the command to the address

    @property
    def place(self) -> Path:
        return self.home / self.name


def open_review(path: Path, home: Path, name: str, *options: str) -> Opened:
    """Start `annotool review` and wait for its address."""
    begun = time.monotonic()
    words = [sys.executable, "-m", "annotool", "review", str(path), "--name", name, "--no-browser", *options]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=REPOSITORY,
        env={**os.environ, "ANNOTOOL_REVIEWS": str(home), "PYTHONUNBUFFERED": "1"}, start_new_session=True,
    )  # fmt: skip
    told = []
    assert process.stdout is not None
    for line in process.stdout:
        told.append(line)
        if line.startswith("open  "):
            return Opened(process, line.split()[1], home, name, time.monotonic() - begun)
    raise AssertionError("".join(told))


def close_review(opened: Opened) -> None:
    """End it as Ctrl-C does, and see that nothing it started is left."""
    opened.process.terminate()
    assert opened.process.wait(40) == 0
    if opened.process.stdout is not None:
        opened.process.stdout.close()
    assert not (opened.place / "server.json").exists()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The faulty COCO sample, open."""
    home = tmp_path_factory.mktemp("reviews")
    opened = open_review(REPOSITORY / "sample_data" / "faulty" / "coco", home, "faulty", "--reviewer", "ann")
    yield opened
    close_review(opened)
