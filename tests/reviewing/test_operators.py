"""The plugin's operators, executed against a context, without a browser; and what an open review is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from annotool.reviewing import servers
from annotool.reviewing.desk import Desk
from tests.reviewing.conftest import REPOSITORY, Opened

pytestmark = [pytest.mark.review, pytest.mark.xdist_group("operators")]

SCRIPT = """
import json, sys
import fiftyone as fo, fiftyone.operators as foo
data = fo.load_dataset(sys.argv[1])
out = []
for name, ctx in json.loads(sys.argv[2]):
    seen = {"view": data.limit(ctx.pop("limit"))} if "limit" in ctx else {}
    if "only" in ctx:
        seen = {"view": data.filter_labels("ground_truth", fo.ViewField("label") == ctx.pop("only"))}
    done = foo.execute_operator("@annotool/review/" + name, ctx={"dataset": data, **ctx, **seen})
    done.raise_exceptions()
    out.append([done.result, [each["operator_uri"] for each in done.executor.to_json()["requests"]]])
tags = {label.id: label.tags for sample in data for field in ("ground_truth", "proxies")
        if sample[field] for label in sample[field].detections if label.tags}
views = data.list_saved_views()
print("RESULT" + json.dumps([out, tags, views, len(data)]))
"""


def executed(
    opened: Opened, *calls: tuple[str, dict[str, Any]]
) -> tuple[list[Any], dict[str, list[str]], list[str]]:
    """Run operators in a process of the review's environment; return results with triggers, tags, saved views."""
    running = servers.running(opened.place)
    assert running is not None
    env = servers.environment(opened.place, running.uri) | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, opened.name, json.dumps(calls)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    out, tags, views, _ = json.loads(done.stdout.split("RESULT")[1])
    return out, tags, views


def test_operators_decide_what_is_selected_and_go_on(faulty: Opened) -> None:
    desk = Desk(faulty.place)
    boxed = [each for each in desk.items if each.label]
    first, second, third = boxed[:3]
    chosen = {
        "selected_labels": [{"label_id": second.label, "sample_id": second.sample, "field": second.field}]
    }
    out, tags, views = executed(
        faulty,
        ("accept", {"params": {"number": first.number}}),
        ("ignore", {"current_sample": second.sample, **chosen}),
        ("delete", {"params": {"number": third.number}}),
        ("skip", {"params": {"number": boxed[3].number}}),
        ("about", {"current_sample": boxed[3].sample}),
        ("undo", {}),
    )
    assert [each[0].get("decided") for each in out[:4]] == [
        [first.number],
        [second.number],
        [third.number],
        [boxed[3].number],
    ]
    assert {number: each.action for number, each in desk.decided().items()} == {
        first.number: "accept", second.number: "ignore", third.number: "delete",
    }  # fmt: skip
    opens = [each.rpartition("/")[2] for each in out[0][1]]
    assert opens == ["open_sample", "set_selected_labels"], "the next one opens, its box selected"
    assert out[5][0]["undone"] == [boxed[3].number]
    assert tags == {
        first.label: [f"annotool:accepted {first.rule}"],
        second.label: [f"annotool:ignored {second.rule}"],
        third.label: [f"annotool:to be deleted {third.rule}"],
    }
    assert out[0][0]["about"]["progress"] == f"1 of {len(desk.items)} decided"
    assert "BOX002 out-of-bounds (3)" in views


def test_undo_takes_the_tag_back(faulty: Opened) -> None:
    before = set(Desk(faulty.place).decided())
    _, tags, _ = executed(faulty, ("undo", {}))
    (back,) = before - set(Desk(faulty.place).decided())
    assert Desk(faulty.place).items[back].label not in tags


def test_only_this_machine_and_only_the_reviews_images(faulty: Opened) -> None:
    base = faulty.url.split("/datasets")[0]

    def status(path: str, host: str | None = None) -> int:
        asked = urllib.request.Request(base + path, headers={"Host": host} if host else {})
        try:
            with urllib.request.urlopen(asked, timeout=10) as told:
                return int(told.status)
        except urllib.error.HTTPError as error:
            return error.code

    def media(path: str) -> int:
        return status("/media?" + urllib.parse.urlencode({"filepath": path}))

    image = (faulty.place / "images.txt").read_text().split("\0")[0]
    assert media(image) == 200
    assert [
        media(each)
        for each in ("/etc/hostname", image + "/../../../README.md", str(REPOSITORY / "README.md"))
    ] == [403] * 3
    assert status("/fiftyone") == 200 and status("/fiftyone", host="evil.example:80") == 403
    listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout
    ports = {
        base.rpartition(":")[2],
        (servers.running(faulty.place) or servers.Running(0, 0, "")).uri.rpartition(":")[2],
    }
    mine = [line.split()[3] for line in listening.splitlines() if line.split()[3].rpartition(":")[2] in ports]
    assert all(each.startswith("127.0.0.1:") for each in mine)


def test_the_app_lists_no_folder_of_this_machine(faulty: Opened) -> None:
    base = faulty.url.split("/datasets")[0]
    told = []
    for name, params in (("list_files", {"path": "/etc"}), ("list_saved_views", {})):
        asked = {"operator_uri": f"@voxel51/operators/{name}", "params": params, "dataset_name": faulty.name}
        request = urllib.request.Request(
            f"{base}/operators/execute", json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                told.append((answer.status, answer.read().decode()))
        except urllib.error.HTTPError as error:
            told.append((error.code, error.read().decode()))
    assert "passwd" not in told[0][1] and "list_files" in told[0][1], told
    assert told[1][0] == 200, "others are there still"


def command(words: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(words, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_second_start_finds_the_open_review(faulty: Opened) -> None:
    env = {**os.environ, "ANNOTOOL_REVIEWS": str(faulty.home)}
    words = [
        sys.executable,
        "-m",
        "annotool",
        "review",
        "sample_data/faulty/coco",
        "--name",
        faulty.name,
        "--no-browser",
    ]
    told = command(words, env)
    assert faulty.url in told and "open already" in told


def test_decisions_of_an_open_review(faulty: Opened, tmp_path: Path) -> None:
    env = {**os.environ, "ANNOTOOL_REVIEWS": str(faulty.home)}
    words = [
        sys.executable,
        "-m",
        "annotool",
        "decisions",
        faulty.name,
        "--out",
        str(tmp_path / "d.jsonl"),
        "--summary",
    ]
    told = command(words, env)
    rows = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert rows[0] == {"annotool_decisions": 1, "review": faulty.name}
    assert len(rows) - 1 == len(Desk(faulty.place).decided()) and {each["reviewer"] for each in rows[1:]} == {
        "ann"
    }
    assert told.startswith(f"{len(rows) - 1} decisions by ann")
