"""What goes wrong while people review: the real servers are killed, and nothing decided is lost."""

from __future__ import annotations

import errno
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from annotool import api
from annotool.errors import AnnotoolError
from annotool.fixes.decisions import Decision, box_marks, read, write
from annotool.reviewing import folder, holding, servers
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Box
from tests.reviewing.conftest import REPOSITORY, Opened, close_review, open_review

pytestmark = [pytest.mark.review, pytest.mark.xdist_group("faults")]

FAULTY = REPOSITORY / "sample_data" / "faulty" / "coco"
REVIEW = [sys.executable, "-m", "annotool", "review"]


class Heard:
    """What a process says, line by line, without waiting for ever."""

    def __init__(self, opened: Opened) -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        self.thread = threading.Thread(target=self.listen, args=(opened,), daemon=True)
        self.thread.start()

    def listen(self, opened: Opened) -> None:
        assert opened.process.stdout is not None
        for line in opened.process.stdout:
            self.lines.put(line)

    def wait(self, text: str) -> str:
        told = []
        while True:
            told.append(self.lines.get(timeout=60))
            if text in told[-1]:
                return "".join(told)


def kill(opened: Opened) -> None:
    """End annotool itself as a machine that runs out of memory does."""
    opened.process.kill()
    opened.process.wait()
    assert opened.process.stdout is not None
    opened.process.stdout.close()


def started(place: Path) -> list[int]:
    """The processes that serve a review: its MongoDB and its server."""
    return msgspec.json.decode((place / holding.STARTED).read_bytes(), type=list[int])


def gone(pids: list[int], seconds: float = 20) -> bool:
    """Whether processes end within some seconds; those we began ourselves are waited for."""
    import psutil

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
            return True
        time.sleep(0.1)
    return False


def decided(opened: Opened, env: dict[str, str] | None = None) -> set[tuple[str, str]]:
    file = opened.home / "d.jsonl"
    words = [sys.executable, "-m", "annotool", "decisions", opened.name, "--out", str(file)]
    env = {**os.environ, "ANNOTOOL_REVIEWS": str(opened.home), **(env or {})}
    done = subprocess.run(words, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {(each.action, each.fingerprint or each.box) for each in read(file)}


def relabel(opened: Opened, box: Box, label: str) -> None:
    """Change a label as the App's Annotate tab does."""
    from pymongo import MongoClient

    known = servers.running(opened.place)
    assert known is not None
    with MongoClient(known.uri) as client:
        data = client[servers.DATABASE]
        held = data["datasets"].find_one({"name": opened.name})
        assert held is not None
        samples = data[held["sample_collection_name"]]
        [sample] = [each for each in samples.find() if str(each["_id"]) == box.sample]
        at = [str(each["_id"]) for each in sample[box.field]["detections"]].index(box.id)
    patch = [{"op": "replace", "path": f"/{box.field}/detections/{at}/label", "value": label}]
    url = f"http://127.0.0.1:{known.port}/dataset/{held['_id']}/sample/{box.sample}"
    head = {"Content-Type": "application/json-patch+json", "If-Match": sample["last_modified_at"].isoformat()}
    asked = urllib.request.Request(url, json.dumps(patch).encode(), head, method="PATCH")
    with urllib.request.urlopen(asked, timeout=60) as told:
        assert told.status == 200


def free_boxes(opened: Opened, label: str) -> Iterator[Box]:
    """Boxes nothing was found of, that have another label."""
    flagged = {each.box for each in Desk(opened.place).items}
    for box in folder.lines(opened.place / "boxes.jsonl", Box):
        if box.mark not in flagged and box.field == "ground_truth" and box.label != label:
            yield box


def test_servers_and_annotool_are_killed_one_after_the_other(tmp_path: Path) -> None:
    opened = open_review(FAULTY, tmp_path, "killed")
    heard, boxes, desk = Heard(opened), free_boxes(opened, "orange"), Desk(opened.place)
    want: set[tuple[str, str]] = set()

    def decide() -> None:
        item, box = desk.items[len(want)], next(boxes)
        desk.decide([item], "ignore")
        relabel(opened, box, "orange")
        want.update({("ignore", item.fingerprint), ("relabel", box.mark)})

    decide()
    mongo, server = started(opened.place)
    os.kill(mongo, signal.SIGKILL)
    assert "MongoDB had ended and was started again; reload the page" in heard.wait("started again")
    decide()
    os.kill(server, signal.SIGKILL)
    assert "the App's server had ended and was started again" in heard.wait("started again")
    decide()
    assert decided(opened) == want
    now = started(opened.place)
    opened.process.kill()
    heard.thread.join(20)
    kill(opened)
    assert gone(now), "left alone, the server ends itself and the database"
    assert decided(opened) == want

    opened = open_review(FAULTY, tmp_path, "killed")
    assert opened.url
    decide()
    mongo, server = started(opened.place)
    os.kill(opened.process.pid, signal.SIGSTOP)  # it cannot start the server again
    os.kill(server, signal.SIGKILL)
    kill(opened)
    assert not gone([mongo], 1), "nobody is left to end MongoDB"
    opened = open_review(FAULTY, tmp_path, "killed")
    assert gone([mongo]) and started(opened.place)[0] != mongo
    now = started(opened.place)
    close_review(opened)
    assert gone(now, 1)
    assert decided(opened) == want


def test_ctrl_c_ends_all_that_was_started_and_nothing_else(tmp_path: Path) -> None:
    binary = servers.mongod()
    assert binary is not None
    (tmp_path / "other").mkdir()
    other = servers.start_database(tmp_path / "other")
    try:
        servers.wait_for(other, tmp_path / "other")
        opened = open_review(FAULTY, tmp_path, "ended")
        pids = started(opened.place)
        opened.process.send_signal(signal.SIGINT)
        assert opened.process.wait(40) == 0
        assert opened.process.stdout is not None
        opened.process.stdout.close()
        assert gone(pids, 1)
        assert other.process is not None and other.process.poll() is None
        env = {**os.environ, "ANNOTOOL_REVIEWS": str(tmp_path)}
        early = subprocess.Popen(
            [*REVIEW, str(FAULTY), "--name", "early", "--no-browser"], env=env, cwd=REPOSITORY,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        while not (tmp_path / "early" / holding.STARTED).exists():
            time.sleep(0.05)
        pids = started(tmp_path / "early")
        early.send_signal(signal.SIGINT)
        told, _ = early.communicate(timeout=60)
        assert early.returncode == 130 and "Traceback" not in told
        assert gone(pids, 1) and other.process.poll() is None
    finally:
        servers.stop(other.process)


def test_two_at_once_of_one_name_and_of_two(tmp_path: Path) -> None:
    env = {**os.environ, "ANNOTOOL_REVIEWS": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    both = [
        subprocess.Popen(
            [*REVIEW, str(FAULTY), "--name", name, "--no-browser"], env=env, cwd=REPOSITORY,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for name in ("same", "same", "other")
    ]  # fmt: skip
    told: list[str] = []
    for process in both:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(("Ctrl-C ends", "it is open already")):
                break
        told.append("".join(lines))
    for process in both:
        process.terminate()
        assert process.wait(40) in (0, -signal.SIGTERM)
        assert process.stdout is not None
        process.stdout.close()
    urls = [next(line.split()[1] for line in each.splitlines() if line.startswith("open")) for each in told]
    assert urls[0] == urls[1] != urls[2] and urls[0].split("/")[2] != urls[2].split("/")[2]
    assert sorted("open already" in each for each in told) == [False, False, True]


def refused(words: list[str], env: dict[str, str]) -> str:
    """Run a command that cannot go on; return its one line."""
    done = subprocess.run(
        words, env={**os.environ, **env}, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    told = done.stderr.strip()
    assert done.returncode == 2 and "Traceback" not in told and told.count("\n") == 0, told
    return told


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        told = refused([*REVIEW, str(FAULTY), "--port", str(port)], {"ANNOTOOL_REVIEWS": str(tmp_path)})
    assert f"--port {port}: is taken; name another one" in told
    assert gone([]) and not (tmp_path / "coco" / holding.STARTED).exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = refused([*REVIEW, str(FAULTY)], {"ANNOTOOL_REVIEWS": str(tmp_path / "file" / "reviews")})
    assert "Not a directory; set ANNOTOOL_REVIEWS to a folder that can be written" in told


def test_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "file" / "nobody"))
    (tmp_path / "file").write_text("")
    opened = open_review(FAULTY, tmp_path, "homeless")
    Desk(opened.place).decide(Desk(opened.place).items[:1], "ignore")
    assert len(decided(opened)) == 1
    close_review(opened)


def test_a_disk_that_is_full_while_the_folder_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path))
    before = set(psutil.Process().children(recursive=True))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "boxes.jsonl")

    with monkeypatch.context() as patched:
        patched.setattr(folder, "save", full)
        with pytest.raises(AnnotoolError, match="No space left on device; free some space"):
            api.review(FAULTY, name="full")
    assert set(psutil.Process().children(recursive=True)) == before
    assert not (tmp_path / "full" / "review.json").exists()
    with api.review(FAULTY, name="full") as handle:
        assert handle.review.findings > 0 and not handle.elsewhere


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_decision_that_finds_the_disk_full_is_none() -> None:
    with pytest.raises(AnnotoolError, match="not decided, for it could not be written down"):
        folder.append(Path("/dev/full"), [{"action": "accept"}])


def test_a_database_that_ends_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path))
    with api.review(FAULTY, name="again") as handle:
        for _ in range(3):
            assert handle.database.process is not None
            handle.database.process.kill()
            handle.database.process.wait()
            assert handle.mend() == "MongoDB"
        assert handle.database.process is not None
        handle.database.process.kill()
        handle.database.process.wait()
        with pytest.raises(AnnotoolError, match=r"ends again and again.*log\.jsonl"):
            handle.mend()
        pids = [each.pid for each in (handle.server, handle.database.process) if each]
    assert gone(pids, 1)


def test_a_mongodb_of_the_users_is_used_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs").mkdir()
    theirs = servers.start_database(tmp_path / "theirs")
    try:
        servers.wait_for(theirs, tmp_path / "theirs")
        monkeypatch.setenv("FIFTYONE_DATABASE_URI", theirs.uri)
        opened = open_review(FAULTY, tmp_path, "theirs-too")
        assert len(started(opened.place)) == 1 and not (opened.place / "db").exists()
        item = Desk(opened.place).items[0]
        Desk(opened.place).decide([item], "accept")
        assert decided(opened) == {("accept", item.fingerprint)}
        close_review(opened)
        assert theirs.process is not None and theirs.process.poll() is None
        assert decided(opened) == {("accept", item.fingerprint)}
    finally:
        servers.stop(theirs.process)


def test_old_decisions_are_never_done_to_a_dataset_that_changed(tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(FAULTY, changed)
    file = changed / "annotations" / "instances_train.json"
    whole = json.loads(file.read_bytes())
    first = next(each for each in whole["annotations"] if len(each.get("bbox", ())) == 4)
    data = api.read(FAULTY)
    row = data.table("annotations")["id"].tolist().index(first["id"])
    mark = str(box_marks(data)[row])
    first["bbox"] = [1, 2, 30, 40]
    file.write_text(json.dumps(whole))
    said = [Decision(action="delete", box=mark, image="x.jpg", time="2026"),
            Decision(action="accept", fingerprint="0" * 16, rule="BOX001", time="2026")]  # fmt: skip
    write(tmp_path / "old.jsonl", "r", said)
    made = api.fix(changed, decisions=[tmp_path / "old.jsonl"])
    assert not len(made.changes)
    assert any("not in this dataset" in note and "2, the first" in note for note in made.notes)
