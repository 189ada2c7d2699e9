from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from annotool.cli import main, program

SAMPLES = Path(__file__).parents[1] / "sample_data"
RUN = CliRunner()


def ran(*words: object, code: int = 0) -> str:
    """What a command prints in a process of its own; its exit code must be `code`."""
    done = subprocess.run(
        [sys.executable, "-m", "annotool", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code != 2 else done.stderr


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = "import sys; from annotool.cli import program; program(); print([m for m in ('numpy', 'pandas', 'shapely') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert "audit" in ran("--help")


@pytest.mark.parametrize(
    "command",
    "audit fix undo apply convert balance baseline evaluate sizes rules rule formats".split(),
)
def test_every_command_has_help(command: str) -> None:
    result = RUN.invoke(program(), [command, "--help"])
    assert result.exit_code == 0
    assert result.output.strip()


def test_exit_codes_of_audit() -> None:
    ran("audit", SAMPLES / "coco")
    ran("audit", SAMPLES / "faulty" / "coco", code=1)
    ran("audit", SAMPLES / "faulty" / "coco", "--fail-on", "never")
    ran("audit", SAMPLES / "faulty" / "coco", "--select", "BAL", code=0)
    assert "expected one of" in ran("audit", SAMPLES / "coco", "--fail-on", "sometimes", code=2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["audit", "no-such-folder"], "no such file or folder"),
        (["audit", "s3://bucket/data"], "s3://bucket/data: annotool reads local files"),
        (["audit"], "no PATH"),
        (["audit", "{coco}", "--select", "BOX2"], "did you mean"),
        (["audit", "{coco}", "--output-format", "xml"], "no output format 'xml'"),
        (["audit", "{coco}", "--config", "missing.toml"], "missing.toml: cannot be read"),
        (["audit", "{coco}", "--format", "kitti"], "no format is called 'kitti'"),
        (["rule", "BOX"], " rules: BOX001, BOX002"),
        (["convert", "{coco}", "--to", "kitti", "--out", "out"], "no format is called 'kitti'"),
    ],
)
def test_wrong_calls_are_one_line_and_exit_2(words: list[str], told: str, tmp_path: Path) -> None:
    words = [word.format(coco=SAMPLES / "coco") for word in words]
    done = subprocess.run(
        [sys.executable, "-m", "annotool", *words], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.startswith("annotool: error: ")
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == []


def test_a_traceback_only_when_asked() -> None:
    assert "Traceback" not in ran("audit", "no-such-folder", code=2)
    done = subprocess.run(
        [sys.executable, "-m", "annotool", "--traceback", "audit", "no-such-folder"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" in done.stderr


def test_a_fault_of_ours_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from annotool import api

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr(api, "read", broken)
    monkeypatch.setattr(sys, "argv", ["annotool", "audit", str(SAMPLES / "coco")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "fault of annotool" in capsys.readouterr().err


def test_json_is_the_same_twice_and_goes_to_a_file(tmp_path: Path) -> None:
    words = ["audit", SAMPLES / "faulty" / "yolo", "--output-format", "json"]
    first = ran(*words, code=1)
    assert first == ran(*words, code=1)
    assert ran(*words, "--output", tmp_path / "a.json", code=1) == ""
    assert (tmp_path / "a.json").read_text("utf-8") == first
    assert json.loads(first)["dataset"]["format"] == "yolo"


def test_concise_lines_have_file_line_and_code() -> None:
    lines = ran("audit", SAMPLES / "faulty" / "voc", "--output-format", "concise", code=1).splitlines()
    assert any(line.startswith("Annotations/") and ".xml:" in line for line in lines)


def test_paths_name_images_that_exist() -> None:
    lines = ran(
        "audit", SAMPLES / "faulty" / "coco", "--select", "BOX", "--output-format", "paths", code=1
    ).splitlines()
    assert lines
    assert len(lines) == len(set(lines))
    assert all(Path(line).is_file() for line in lines)


def test_settings_are_found_above_the_data_and_named(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(SAMPLES / "faulty" / "coco", tmp_path / "coco")
    (tmp_path / "annotool.toml").write_text('select = ["BOX001"]\n[severities]\nBOX001 = "info"\n')
    told = ran("audit", tmp_path / "coco")
    assert "annotool.toml" in told
    got = json.loads(ran("audit", tmp_path / "coco", "--output-format", "json"))
    assert set(got["summary"]["by_rule"]) == {"BOX001"}
    assert got["config"]["file"].endswith("annotool.toml")
    assert "annotool.toml" not in ran("audit", tmp_path / "coco", "--isolated", code=1)


def test_rules_rule_and_formats() -> None:
    listed = ran("rules").splitlines()
    assert len(listed) >= 45
    assert ran("rule", "BOX002") == ran("rule", "out-of-bounds")
    assert "Why" in ran("rule", "BOX002")
    assert {"coco", "voc", "yolo"} <= set(ran("formats").split())


def test_balance_in_three_forms() -> None:
    text = ran("balance", SAMPLES / "coco")
    assert "apple" in text
    assert "█" in text
    got = json.loads(ran("balance", SAMPLES / "coco", "--output-format", "json"))
    whole = {row["category"]: row["instances"] for row in got["categories"] if not row["split"]}
    table = ran("balance", SAMPLES / "coco", "--output-format", "csv").splitlines()
    assert table[0].startswith("split,category,instances")
    assert f",apple,{whole['apple']}," in "\n".join(table)


def test_sizes_bring_pixels_back(tmp_path: Path) -> None:
    import shutil

    ran("sizes", SAMPLES / "faulty" / "yolo", "--out", tmp_path / "sizes.csv")
    labels = shutil.copytree(
        SAMPLES / "faulty" / "yolo", tmp_path / "yolo", ignore=shutil.ignore_patterns("*.jpg", "*.png")
    )
    bare = json.loads(ran("audit", labels, "--select", "BOX", "--output-format", "json", code=1))
    sized = json.loads(
        ran(
            "audit",
            labels,
            "--select",
            "BOX",
            "--sizes",
            tmp_path / "sizes.csv",
            "--output-format",
            "json",
            code=1,
        )
    )
    whole = json.loads(
        ran("audit", SAMPLES / "faulty" / "yolo", "--select", "BOX", "--output-format", "json", code=1)
    )
    assert bare["skipped"]
    assert sized["summary"]["by_rule"] == whole["summary"]["by_rule"]


def test_several_paths_and_named_splits_make_one_dataset() -> None:
    annotations = SAMPLES / "coco" / "annotations"
    files = [f"train={annotations / 'instances_train.json'}", f"val={annotations / 'instances_val.json'}"]
    got = json.loads(ran("audit", *files, "--output-format", "json"))
    assert set(got["dataset"]["splits"]) == {"train", "val"}
    assert len(got["inputs"]) == 2


def test_a_folder_of_several_datasets_lists_them() -> None:
    told = ran("audit", SAMPLES, code=2)
    assert "choose one" in told
    assert "--format yolo" in told
