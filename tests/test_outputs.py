"""--output, --output-format, --statistics, --join and --group-by, as a user types them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from annotool.cli.options import Reporting
from annotool.errors import UsageError
from annotool.reporting import FORMS

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
FAULTY = SAMPLES / "faulty/coco"


def ran(folder: Path, *words: object, code: int = 1, **variables: str) -> str:
    """What `annotool` prints when run in the folder; its exit code must be `code`."""
    done = subprocess.run(
        [sys.executable, "-m", "annotool", *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(SAMPLES.parent), "PYTHONIOENCODING": "utf-8", **variables},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr if code == 2 else done.stdout


def test_each_form_goes_to_a_file_beside_the_screen(tmp_path: Path) -> None:
    shown = ran(
        tmp_path, "audit", FAULTY, *(word for form in FORMS for word in ("--output", f"{form}=a.{form}"))
    )
    assert shown.startswith("not ready to train")
    held = {form: (tmp_path / f"a.{form}").read_text("utf-8") for form in FORMS}
    assert held["text"] == shown
    count = len(json.loads(held["json"])["findings"])
    assert len(held["jsonl"].splitlines()) == count
    assert len(list(csv.DictReader(held["csv"].splitlines()))) == count
    assert len(json.loads(held["sarif"])["runs"][0]["results"]) == count
    assert len(held["concise"].splitlines()) == count
    assert ET.fromstring(held["junit"]).attrib["failures"] != "0"
    assert held["markdown"].startswith("## annotool\n")
    assert held["github"].startswith("::error ")
    assert "annotool audit" in held["markdown"]
    for form in ("github", "sarif"):
        assert ran(tmp_path, "audit", FAULTY, "--output-format", form) == held[form]


def test_a_file_alone_takes_the_place_of_the_screen(tmp_path: Path) -> None:
    whole = ran(tmp_path, "audit", FAULTY, "--output-format", "json")
    shown = ran(
        tmp_path, "audit", FAULTY, "--output-format", "json", "--output", "a.json", "--output", "csv=a.csv"
    )
    assert shown == ""
    assert (tmp_path / "a.json").read_text("utf-8") == whole
    assert (tmp_path / "a.csv").read_text("utf-8").startswith("rule,name,")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), [("text", None)]),
        (("r.txt",), [("text", "r.txt")]),
        (("json=r.json",), [("json", "r.json"), ("text", None)]),
        (("json=a=b.json",), [("json", "a=b.json"), ("text", None)]),
        (("./json=r",), [("text", "json=r")]),
        (("r.txt", "json=r.json"), [("json", "r.json"), ("text", "r.txt")]),
    ],
)
def test_what_goes_where(words: tuple[str, ...], expected: list[tuple[str, str | None]]) -> None:
    got = Reporting(output=list(words)).outputs(FORMS)
    assert got == [(form, None if name is None else Path(name)) for form, name in expected]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--output", "xml=a.xml"], "no output format 'xml'; there are: text,"),
        (["--output", "xml=a.xml"], "write ./xml=a.xml"),
        (["--output", "json="], "--output json="),
        (["--output", "json=none/a.json"], "no such folder: none"),
        (["--output", "json=/proc/a.json"], "nothing can be written to the folder /proc"),
        (["--output", "json=a", "--output", "csv=a"], "two reports go to a"),
        (["--output", "a", "--output", "b"], "a is written already"),
        (["--output-format", "xml"], "no output format 'xml'"),
        (["--group-by", "who"], "no such joined column"),
        (["--join", "none.csv"], "no such file"),
    ],
)
def test_wrong_calls_are_told_before_anything_is_written(words: list[str], told: str, tmp_path: Path) -> None:
    assert told in ran(tmp_path, "audit", FAULTY, *words, code=2)
    assert os.listdir(tmp_path) == []


def test_links_pipes_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    ran(tmp_path, "audit", FAULTY, "--output", "json=link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text("utf-8"))["findings"]
    both = ran(tmp_path, "audit", FAULTY, "--output-format", "concise", "--output", "jsonl=/dev/stdout")
    assert '"rule":"BOX002"' in both
    assert Path("/dev/stdout").is_symlink()
    said = ran(tmp_path, "audit", FAULTY, "--output", "json=/dev/full", code=2)
    assert "/dev/full: could not be written: No space left" in said
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("file", ["annotations/instances_val.json", "images/fruit_001.jpg"])
def test_no_report_is_written_over_the_dataset(file: str, tmp_path: Path) -> None:
    shutil.copytree(FAULTY, tmp_path / "data")
    (tmp_path / "to").symlink_to(tmp_path / "data")
    before = (tmp_path / "data" / file).read_bytes()
    for words in (["audit", "data", "--output", f"to/{file}"], ["sizes", "data", "--out", f"data/{file}"]):
        assert "is a file of the dataset" in ran(tmp_path, *words, code=2)
    assert (tmp_path / "data" / file).read_bytes() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--fail-on", "eror"], "expected one of error, warning, info, never"),
        (["--baseline", "none.jsonl"], "there is no such file"),
        (["--select", ""], "no rule is left to run"),
        (["--select", "BOX", "--ignore", "BOX"], "no rule is left to run"),
        (["--output", "folder"], "folder is a folder"),
        (["--output", "json=a", "--output", "csv=./a"], "two reports go to a"),
    ],
)
def test_wrong_calls_are_told_before_the_dataset_is_read(words: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.json").write_text("")  # would be a failure of its own
    assert told in ran(tmp_path, "audit", "broken.json", *words, code=2)


def test_settings_are_found_where_a_path_holds_an_equals_sign(tmp_path: Path) -> None:
    shutil.copytree(FAULTY / "annotations", tmp_path / "a=b/data")
    (tmp_path / "a=b/annotool.toml").write_text('select = ["SCH001"]')
    for path in ("a=b/data", "train=a=b/data"):
        assert ran(tmp_path, "audit", path, "--output-format", "concise", code=0) == ""


def test_wrong_calls_raise() -> None:
    with pytest.raises(UsageError, match="no output format"):
        Reporting(output_format="sarif").outputs(("text", "json", "csv"))


def test_balance_goes_to_several_places_too(tmp_path: Path) -> None:
    shown = ran(tmp_path, "balance", FAULTY, "--output", "csv=a.csv", "--output", "json=a.json", code=0)
    assert "█" in shown
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["categories"]
    assert (tmp_path / "a.csv").read_text("utf-8").startswith("split,category,instances")
    assert "no output format 'sarif'" in ran(tmp_path, "balance", FAULTY, "--output", "sarif=a", code=2)


def test_github_adds_to_the_summary_of_the_job(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("step one\n", "utf-8")
    words = ("audit", FAULTY, "--output-format", "github")
    assert "::error " in ran(tmp_path, *words, GITHUB_STEP_SUMMARY=str(summary))
    ran(tmp_path, *words, GITHUB_STEP_SUMMARY=str(summary))
    ran(tmp_path, "audit", FAULTY, GITHUB_STEP_SUMMARY=str(summary))
    text = summary.read_text("utf-8")
    assert text.startswith("step one\n## annotool\n")
    assert text.count("## annotool\n") == 2


def test_an_annotators_worklist(tmp_path: Path) -> None:
    names = sorted(path.name for path in (FAULTY / "images").iterdir())
    rows = [f"{name};{'Zoë' if at % 2 else '=cmd()'}" for at, name in enumerate(names)]
    (tmp_path / "images.csv").write_bytes("\r\n".join(["file_name;annotator", *rows]).encode("utf-8-sig"))
    words = ("audit", FAULTY, "--join", "images.csv", "--group-by", "annotator", "--statistics")
    shown = ran(tmp_path, *words, "--output", "json=a.json", "--output", "csv=a.csv")
    assert "annotator" in shown
    assert "Zoë" in shown
    assert "--join images.csv: " in shown
    whole = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert {"Zoë", "=cmd()"} <= {each["value"] for each in whole["groups"]["values"]}
    assert whole["config"]["join"] == "images.csv"
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        told = {row["image"]: row["annotator"] for row in csv.DictReader(file)}
    assert set(told.values()) == {"Zoë", "=cmd()", ""}  # as it is: docs/json.md warns of formulas
    first = whole["statistics"][0]
    assert f"{first['rule']:<7}" in shown
