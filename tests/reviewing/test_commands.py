"""The commands where FiftyOne is not, and what the doctor says."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from annotool import api
from annotool.cli import program
from annotool.cli.review import tunnel
from annotool.errors import AnnotoolError, MissingExtraError, UsageError
from annotool.reviewing import doctor, servers

RUN = CliRunner()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without fiftyone and MongoDB."""
    monkeypatch.setattr(servers, "find_spec", lambda *_: None)
    monkeypatch.setattr(doctor, "find_spec", lambda *_: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path / "reviews"))
    monkeypatch.delenv("FIFTYONE_DATABASE_URI", raising=False)
    return tmp_path


def test_without_the_extra_one_line_names_it(bare: Path, sample_data: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'annotool\[review\]'") as caught:
        api.review(sample_data / "coco")
    assert "\n" not in str(caught.value)


def test_the_doctor_names_what_is_missing_and_what_mends_it(bare: Path) -> None:
    done = RUN.invoke(program(), ["review", "--doctor"])
    assert done.exit_code == 2
    assert "MISSING  fiftyone" in done.output and "annotool[review]" in done.output
    assert "MISSING  MongoDB" in done.output and "FIFTYONE_DATABASE_URI" in done.output


def test_a_database_of_the_users_is_enough(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with servers.listener() as theirs:
        uri = f"mongodb://ann:secret@127.0.0.1:{theirs.getsockname()[1]}/?tls=false"
        monkeypatch.setenv("FIFTYONE_DATABASE_URI", uri)
        assert doctor.database().fine
        assert servers.start_database(bare) == servers.Database(uri)
    assert not doctor.database().fine
    with pytest.raises(AnnotoolError, match="no MongoDB answers at 127") as caught:
        servers.start_database(bare)
    assert "secret" not in str(caught.value) + doctor.database().found


def test_a_mongod_that_does_not_start(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = bare / "mongod"
    broken.write_text("#!/bin/sh\necho libcrypto.so.3: cannot open shared object file >&2\nexit 127\n")
    broken.chmod(0o755)
    found = doctor.database()
    assert not found.fine and "libcrypto" in found.found and "FIFTYONE_DATABASE_URI" in found.mend


def test_over_ssh_the_tunnel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.2 50022 10.0.0.1 22")
    monkeypatch.setenv("USER", "ann")
    assert tunnel(5151) == "ssh -N -L 5151:127.0.0.1:5151 ann@10.0.0.1"


def test_a_home_that_cannot_be_written(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    (folder,) = [each for each in doctor.checks() if each.what == "folder"]
    assert not folder.fine and "ANNOTOOL_REVIEWS" in folder.mend


def test_a_port_that_is_taken() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        assert not servers.is_free(port)
        with pytest.raises(UsageError, match=f"--port {port}: is taken"):
            servers.listener(port)
        with servers.listener(None, port) as next_one:
            assert next_one.getsockname() != held.getsockname()
        (found,) = [each for each in doctor.checks(port) if each.what == "port"]
        assert not found.fine
    assert servers.is_free(port)


def test_what_every_process_of_a_review_gets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FIFTYONE_DO_NOT_TRACK", raising=False)
    monkeypatch.setenv("FIFTYONE_DATABASE_NAME", "mine")
    env = servers.environment(tmp_path, "mongodb://127.0.0.1:1")
    assert env["FIFTYONE_DO_NOT_TRACK"] == "true" and env["FIFTYONE_DATABASE_NAME"] == "annotool"
    assert env["FIFTYONE_DEFAULT_APP_ADDRESS"] == "127.0.0.1" and env["ANNOTOOL_REVIEW"] == str(tmp_path)
    monkeypatch.setenv("FIFTYONE_DO_NOT_TRACK", "false")
    assert servers.environment(tmp_path, "")["FIFTYONE_DO_NOT_TRACK"] == "false"


def test_in_a_database_of_the_users_each_review_has_its_own_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIFTYONE_DATABASE_URI", "mongodb://db:27017")
    one, two = (servers.environment(tmp_path / name, "mongodb://db:27017") for name in "ab")
    assert one["FIFTYONE_DATABASE_URI"] == "mongodb://db:27017"
    assert one["FIFTYONE_DATABASE_NAME"] != two["FIFTYONE_DATABASE_NAME"]


def test_no_review_of_that_name(bare: Path) -> None:
    with pytest.raises(UsageError, match="no review 'nobody'"):
        api.decisions("nobody")


def test_nothing_imports_fiftyone_but_what_has_to() -> None:
    for name in (
        "annotool.reviewing.opening",
        "annotool.reviewing.taking",
        "annotool.reviewing.inside",
        "annotool.cli",
    ):
        __import__(name)
    assert "fiftyone" not in sys.modules or "fiftyone.server" in sys.modules
