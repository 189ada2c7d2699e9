"""The file of a baseline: its bytes, what people do to it by hand and in merges, and the commands that use it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import annotool
from annotool import api, baselines
from annotool.cli import program
from annotool.config import Config, load
from annotool.errors import AnnotoolError, ConfigError, UsageError
from annotool.findings import Findings, block
from annotool.testing import tiny

SAMPLES = Path(__file__).parents[1] / "sample_data"
RUN = CliRunner()
HEAD = '{"annotool_baseline":1}\n'


def test_golden_bytes(tmp_path: Path) -> None:
    data = tiny(
        images=[
            {"file_name": "train/day 1/a.jpg", "width": 100.0, "height": 50.5},
            {"file_name": "é\udc80.png"},
        ],
        annotations=[
            {"box": (10.126, 20.5, 1 / 3, 40)},
            {"box": (10.126, 20.5, 1 / 3, 40)},
            {"box": (2, -0.001, float("nan"), 1e300), "image": 1, "category": 1},
        ],
    )
    boxes = block(
        "BOX002", "m", 3, values=None, annotation=np.array([2, 1, 0]), image=np.array([1, 0, 0]),
        category=np.array([1, 0, 0]),
    )  # fmt: skip
    split = block("SPL004", "m", 1, values={"split": ["val"], "share": [0.123]}, category=1)
    format_bound = block("SCH003", "m", 1, source=0)
    whole = block("BAL001", "m", 1)
    file = tmp_path / "b.jsonl"
    baselines.keep(data, Findings((split, boxes, whole, format_bound)), file, set(), {"SCH003"})
    assert file.read_text("utf-8").splitlines() == [
        '{"annotool_baseline":1}',
        '{"rule":"BAL001"}',
        '{"rule":"BOX002","image":"day 1/a","category":"cat","box":[10.13,20.5,0.33,40],"size":[100,50.5],"count":2}',
        '{"rule":"BOX002","image":"é?","category":"dog","box":[2,0,null,1e300]}',
        '{"rule":"SCH003","format":"coco","file":"annotations"}',
        '{"rule":"SPL004","category":"dog","split":"val"}',
    ]
    assert file.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "b.jsonl:1: no baseline of annotool"),
        ('{"rule":"BOX002"}\n', "b.jsonl:1: no baseline of annotool"),
        ('{"images": [], "annotations": []}', "b.jsonl:1: no baseline of annotool"),
        ("\x00\xff\n", "b.jsonl:1: no baseline of annotool"),
        ('{"annotool_baseline":2}\n', "b.jsonl:1: a baseline of layout 2"),
        (HEAD + '{"rule":"BOX002"}\n{"image":"a"}\n', "b.jsonl:3: no line of a baseline: .*rule"),
        (HEAD + '{"rule":"BOX002","resaon":"x"}\n', "b.jsonl:2: no line of a baseline: .*resaon"),
        (HEAD + '{"rule":"BOX002","box":[1,2,3]}\n', "b.jsonl:2: no line of a baseline: .*box"),
        (HEAD + '{"rule":"BOX002","box":[1,2,3,"4"]}\n', "b.jsonl:2: no line of a baseline: .*box"),
        (HEAD + '{"rule":"BOX002","count":0}\n', "b.jsonl:2: no line of a baseline: .*count"),
        (HEAD + '{"rule":"BOX002","count":1e400}\n', "b.jsonl:2: no line of a baseline"),
        (HEAD + '{"rule":"BOX002"\n', "b.jsonl:2: no line of a baseline: .*truncated"),
        (HEAD + "[]\nnull\n", "b.jsonl:2: no line of a baseline"),
        (HEAD + "\n" * 5 + "x\n", "b.jsonl:7: no line of a baseline"),
        ("<<<<<<< HEAD\n" + HEAD, "b.jsonl:1: an unresolved merge"),
        (
            HEAD + '{"rule":"A"}\n<<<<<<< HEAD\n{"rule":"B"}\n=======\n>>>>>>> x\n',
            "b.jsonl:3: an unresolved merge",
        ),
        (HEAD + '{"rule":"A"}\n=======\n', "b.jsonl:3: an unresolved merge"),
    ],
)
def test_what_is_no_baseline_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=said) as error:
        baselines.read(file)
    assert len(str(error.value).splitlines()) == 1
    with pytest.raises(UsageError, match=said):
        annotool.baseline(tiny(), file, update=True)
    assert file.read_text(encoding="latin-1") == text


def test_lines_far_down_a_long_file_are_counted_right(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    line = '{"rule":"BOX002","image":"' + "a" * 1000 + '"}\n'
    file.write_text(HEAD + line * 9000 + "oops\n")
    with pytest.raises(UsageError, match="b.jsonl:9002: no line"):
        baselines.read(file)
    file.write_text(HEAD + line * 9000)
    assert baselines.read(file)["count"].tolist() == [1]


def test_what_hands_and_merges_leave_is_read(tmp_path: Path) -> None:
    """Blank lines, CRLF, a byte order mark, another order, the lines of both sides."""
    one, two = (
        '{"rule":"BOX002","image":"a","count":2}',
        '{"image":"a", "rule":"BOX002", "count":3, "reason":"so"}',
    )
    file = tmp_path / "b.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEAD}\n{two}\n{one}\n{one}".replace("\n", "\r\n").encode())
    table = baselines.read(file)
    assert (table["count"].tolist(), table["reason"].tolist()) == ([3], ["so"])


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none.jsonl: the baseline cannot be read: there is no such file"):
        annotool.audit(tiny(), baseline=tmp_path / "none.jsonl")
    with pytest.raises(AnnotoolError, match="is a folder|Is a directory"):
        annotool.baseline(tiny(), tmp_path, update=True)
    with pytest.raises(AnnotoolError, match="no such folder"):
        annotool.baseline(tiny(), tmp_path / "no" / "b.jsonl")


# The commands.


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "faulty" / "coco", tmp_path / "mine")
    return tmp_path / "mine"


def ran(*words: object, code: int = 0) -> str:
    done = RUN.invoke(program(), [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def test_a_legacy_set_fails_on_new_faults_only(mine: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.jsonl"
    ran("audit", mine, code=1)
    assert "added now" in ran("baseline", mine, "--out", file)
    count = len(annotool.audit(mine))
    told = ran("audit", mine, "--baseline", file)
    assert told.startswith(f"0 new, {count:,} known, 0 stale: nothing new")
    for form in ("concise", "paths"):
        assert ran("audit", mine, "--baseline", file, "--output-format", form) == ""
    ran("audit", mine, "--baseline", "none", code=1)

    labels = mine / "annotations" / "instances_train.json"
    document = json.loads(labels.read_text())
    bad = {"id": 77_777, "bbox": [-400.0, 5.0, 60.0, 7.0], "segmentation": []}
    document["annotations"].append({**document["annotations"][50], **bad})
    labels.write_text(json.dumps(document))
    words = ("audit", mine, "--baseline", file, "--select", "BOX002")
    count = len(annotool.audit(mine, select=["BOX002"])) - 1
    assert ran(*words, code=1).startswith(f"1 new, {count:,} known, 0 stale: 1 of 25 images has errors")
    report = json.loads(ran(*words, "--output-format", "json", code=1))
    assert report["summary"]["baseline"] == {"file": str(file), "new": 1, "known": count, "stale": 0}
    assert [each["annotation_id"] for each in report["findings"] if not each["known"]] == [77_777]
    assert len(ran(*words, "--output-format", "concise", code=1).splitlines()) == 1
    ran(*words, "--fail-on", "never")


FAULTY = [
    *(SAMPLES / "faulty" / name for name in ("coco", "voc", "yolo")),
    *(SAMPLES / "faulty/cases").iterdir(),
]


@pytest.mark.parametrize("place", sorted(FAULTY), ids=lambda place: place.name)
def test_every_faulty_sample_is_known_in_another_place(place: Path, tmp_path: Path) -> None:
    """All rules, and more in preview; the file says the same after an update."""
    file = tmp_path / "known.jsonl"
    done = annotool.baseline(place, file, preview=True)
    text = file.read_bytes()
    shutil.copytree(place, tmp_path / "train" / "copy")
    findings = annotool.audit(tmp_path / "train" / "copy", baseline=file, preview=True)
    assert findings.baseline is not None
    assert (len(findings.new), findings.baseline.gone, len(findings)) == (0, 0, done.total)
    annotool.baseline(tmp_path / "train" / "copy", file, update=True, prune=True, preview=True)
    assert file.read_bytes() == text


def test_stale_faults_are_told_and_fail_when_asked(mine: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.jsonl"
    ran("baseline", mine, "--out", file)
    with file.open("a") as more:
        more.write('{"rule":"BOX002","image":"gone","category":"[red]","count":3,"reason":"agreed"}\n')
    told = ran("audit", mine, "--baseline", file)
    assert "3 stale" in told and "3 known faults found no more, 3 of them in images" in told
    assert "BOX002 gone [red]" in told and "--prune" in told
    ran("audit", mine, "--baseline", file, "--fail-on-stale", code=1)
    with pytest.raises(UsageError, match="no baseline was given"):
        ran("audit", mine, "--fail-on-stale", code=2)
    assert "agreed" in file.read_text()
    assert "3 faults found no more" in ran("baseline", mine, "--out", file, "--update")
    assert "taken out" in ran("baseline", mine, "--out", file, "--prune")
    ran("audit", mine, "--baseline", file, "--fail-on-stale")


def test_the_settings_file_names_the_baseline(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "annotool.toml").write_text('baseline = "known.jsonl"\n')
    with pytest.raises(UsageError, match="there is no such file; `annotool baseline` makes it"):
        ran("audit", mine, code=2)
    ran("baseline", mine)
    assert (tmp_path / "known.jsonl").exists()
    assert " 0 stale" in ran("audit", mine)
    ran("audit", mine, "--baseline", "none", code=1)
    assert load(tmp_path / "annotool.toml").baseline == tmp_path / "known.jsonl"
    (tmp_path / "annotool.toml").write_text("baseline = 3\n")
    with pytest.raises(ConfigError, match="baseline = 3: expected a text"):
        ran("audit", mine, code=2)


def test_a_place_to_write_has_to_be_named(mine: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no --out FILE given"):
        ran("baseline", mine, code=2)
    ran("baseline", mine, "--out", tmp_path / "b.jsonl")
    with pytest.raises(UsageError, match="is there already; --update"):
        ran("baseline", mine, "--out", tmp_path / "b.jsonl", code=2)


def test_fix_mends_known_faults_too_and_fails_on_what_is_new(mine: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.jsonl"
    annotool.baseline(mine, file)
    with_it = annotool.fix(mine, config=Config(baseline=file))
    without = annotool.fix(mine)
    assert len(with_it.changes) == len(without.changes) > 0
    assert api.fails(without.after, "error")
    assert not api.fails(with_it.after, "error")


def test_only_selected_rules_are_kept_and_judged(mine: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.jsonl"
    annotool.baseline(mine, file)
    boxes = annotool.audit(mine, select=["BOX"], baseline=file)
    assert boxes.baseline is not None
    assert (len(boxes.new), boxes.baseline.gone) == (0, 0)
    annotool.baseline(mine, file, select=["BOX"], prune=True, update=True)
    assert annotool.audit(mine, baseline=file).new.counts() == {}


def test_the_commands_of_the_page_work(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[1] / "docs" / "baseline.md").read_text("utf-8")
    lines = "".join(re.findall(r"^```console\n(.*?)^```", page, re.DOTALL | re.MULTILINE)).splitlines()
    assert len(lines) == 7
    monkeypatch.chdir(mine.parent)
    mine.rename("data")
    for line in lines:
        ran(*shlex.split(line, comments=True)[1:])
    (example,) = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    Path("example.jsonl").write_text(example)
    assert baselines.read(Path("example.jsonl"))["reason"].tolist() == ["cut off on purpose"]
