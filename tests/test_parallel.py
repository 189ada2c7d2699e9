"""A second process beside this one: same result with it, without it, and when it fails."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest

from annotool import parallel
from annotool.parallel import aside

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux only")

HERE = os.getpid()


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children begin, however many cores and threads the tests have."""
    monkeypatch.setattr(parallel, "possible", lambda: os.getpid() == HERE)


def work() -> dict[str, object]:
    return {
        "where": os.getpid(),
        "long": np.arange(100_001) / 3,
        "odd": np.arange(7, dtype=np.int8),
        "none": np.empty((0, 4)),
        "steps": np.arange(20)[::2],
        "texts": np.array(["a", None, "ß"], dtype=object),
    }


def test_the_result_comes_back_whole() -> None:
    expected = work()
    with aside(work, parallel.LARGE) as other:
        assert other
        found = other.result()
    assert found.pop("where") not in (HERE, None)
    for name, values in found.items():
        assert isinstance(values, np.ndarray)
        np.testing.assert_array_equal(values, expected[name])


def test_arrays_outlive_the_block() -> None:
    with aside(lambda: np.ones(1000), parallel.LARGE) as other:
        assert other
        found = other.result()
    found += 1
    assert found.sum() == 2000


def test_little_work_is_done_here() -> None:
    with aside(work, parallel.LARGE - 1) as other:
        assert other is None


def test_no_second_process_where_threads_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr("threading.active_count", lambda: 2)
    assert not parallel.possible()
    monkeypatch.setattr("threading.active_count", lambda: 1)
    assert parallel.possible()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert not parallel.possible()


def test_a_child_has_no_children() -> None:
    with aside(parallel.possible, parallel.LARGE) as other:
        assert other
        assert other.result() is False


def killed() -> int:
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def fails_there() -> int:
    if os.getpid() != HERE:
        raise MemoryError
    return os.getpid()


@pytest.mark.parametrize("task", [killed, fails_there])
def test_what_a_child_does_not_do_is_done_here(task) -> None:  # type: ignore[no-untyped-def]
    with aside(task, parallel.LARGE) as other:
        assert other
        assert other.result() == HERE


def test_an_error_is_raised_here() -> None:
    with aside(lambda: 1 // 0, parallel.LARGE) as other:
        assert other
        with pytest.raises(ZeroDivisionError):
            other.result()


def test_an_interrupt_ends_the_child() -> None:
    pids = []

    def interrupted() -> None:
        with aside(lambda: time.sleep(60), parallel.LARGE) as other:
            assert other
            pids.append(other.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_an_interrupt_while_waiting_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = os.waitpid

    def interrupted(pid: int, options: int) -> tuple[int, int]:
        monkeypatch.setattr(os, "waitpid", waiting)
        raise KeyboardInterrupt

    pids = []

    def wait() -> None:
        with aside(lambda: time.sleep(60), parallel.LARGE) as other:
            assert other
            pids.append(other.pid)
            monkeypatch.setattr(os, "waitpid", interrupted)
            other.result()

    with pytest.raises(KeyboardInterrupt):
        wait()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_where_no_process_can_begin_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    with aside(work, parallel.LARGE) as other:
        assert other is None


def test_what_is_due_soon_is_done_once_and_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_soon", [])
    done: list[int] = []
    parallel.soon(lambda: done.append(os.getpid()))
    with aside(work, parallel.LARGE - 1):
        assert done == []
    for _ in range(2):
        with aside(lambda: len(done), parallel.LARGE) as other:
            assert other
            assert done == [HERE]
