"""What is promised about the package itself: pins, version, typing marker, make targets, CI script."""

import importlib
import importlib.metadata
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    return {
        re.sub(r"[-_.]+", "-", name).lower(): version
        for name, version in (line.split("==") for line in lines)
    }


def test_every_requirement_is_pinned_within_its_range(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    wanted = [
        Requirement(each)
        for each in [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
    ]
    for requirement in wanted:
        if requirement.name == "annotool":
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in pins(), f"{requirement} has no pin in constraints.txt"
        assert requirement.specifier.contains(pins()[name]), f"{requirement} and {pins()[name]}"


def test_constraints_are_plain_pins() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line), line


def test_version_is_the_same_everywhere(project: dict[str, Any]) -> None:
    assert re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.M)[1] == project["version"]  # type: ignore[index]
    try:
        installed = importlib.metadata.version("annotool")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("annotool is not installed here, only importable")
    assert installed == project["version"]


def test_classifiers_fit_the_python_it_asks_for(project: dict[str, Any]) -> None:
    versions = [c.rsplit(" ", 1)[1] for c in project["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert versions
    assert all(SpecifierSet(project["requires-python"]).contains(version) for version in versions)


def test_script_and_typing_marker_exist(project: dict[str, Any]) -> None:
    module, function = project["scripts"]["annotool"].split(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert (ROOT / "annotool/py.typed").is_file()


def test_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_make_help_names_every_target() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    assert targets
    assert [line.split()[1] for line in shown.splitlines()] == targets


def test_ci_script_is_executable_and_uses_make() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "make lint type docs-check\nmake test" in script.read_text()
    subprocess.run(["bash", "-n", script], check=True)
