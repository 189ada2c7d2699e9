"""Processes that decode images. One that a file kills is replaced, and the file told; where none can be started, threads do it.

They are plain commands with pipes, not multiprocessing: no fork of a process with threads, no second import of a
user's script, and a daemon's child may have them too. They stay for the next call, and end with this process.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence

from annotool.imagefile.cache import Cache
from annotool.imagefile.worker import READY, Answer, heard, measured

__all__ = ["cores", "work"]

BATCH = 16  # files asked for at a time
LONGEST = 120.0  # seconds a file may take
START = "import sys; sys.path[:] = {path!r}; from annotool.imagefile.worker import main; main()"
Result = tuple[int, Answer]


def cores() -> int:
    """How many processes may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Worker:
    """One process that decodes; raises OSError where it cannot be started."""

    def __init__(self) -> None:
        import subprocess

        if not sys.executable:
            raise OSError("no Python to start")
        # One BLAS thread a process: the matrices are small.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", START.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.since = time.monotonic()
        assert self.process.stdin and self.process.stdout
        self.asks, self.answers = self.process.stdin, self.process.stdout
        if self.answers.readline() != READY:
            self.end()
            raise OSError("the decoding process did not start")

    def ask(self, paths: Sequence[str], cache: str) -> Iterator[Answer]:
        """Yield an answer a path; fewer where the process dies of one."""
        try:
            self.asks.write(json.dumps({"cache": cache, "paths": paths}).encode() + b"\n")
            self.asks.flush()
            for _ in paths:
                self.since = time.monotonic()
                line = self.answers.readline()
                if not line.endswith(b"\n"):
                    return
                yield heard(line)
        except OSError:
            return

    def end(self) -> str:
        """Kill the process and say how it had ended, if it had."""
        late = time.monotonic() - self.since > LONGEST
        code = self.process.poll()
        self.process.kill()
        for pipe in (self.asks, self.answers):
            try:
                pipe.close()
            except OSError:
                continue
        ended = self.process.wait() if code is None else code
        if late:
            return f"decoding took more than {LONGEST:.0f} s"
        try:
            name = signal.Signals(-ended).name if ended < 0 else f"exit code {ended}"
        except ValueError:
            name = f"exit code {ended}"
        return f"the decoder crashed on it ({name})"


class Crew:
    """The processes that wait for work."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.idle: list[Worker] = []

    def hired(self) -> Worker:
        """A process that waits, else a new one."""
        while self.idle and self.owner == os.getpid():
            worker = self.idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.end()
        return Worker()

    def back(self, worker: Worker) -> None:
        """Let a process wait for the next call."""
        self.idle.append(worker)

    def dismiss(self) -> None:
        """End all that wait."""
        while self.idle and self.owner == os.getpid():
            self.idle.pop().end()


CREW = Crew()
atexit.register(CREW.dismiss)


def work(paths: Sequence[str], cache: str) -> Iterator[Result]:
    """Yield (position, Answer) for each path, in any order."""
    job = Job(paths, cache)
    try:
        first = CREW.hired()
    except OSError:
        yield from _in_threads(paths, cache)
        return
    yield from job.run(first)


class Job:
    """The files of one call, shared out among processes, a thread here for each."""

    def __init__(self, paths: Sequence[str], cache: str) -> None:
        self.paths, self.cache = paths, cache
        self.batches = deque(range(0, len(paths), BATCH))
        self.results: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
        self.busy: dict[int, Worker] = {}
        self.stopped = False

    def run(self, first: Worker) -> Iterator[Result]:
        """Yield what the processes answer; whatever happens here, none is left running on this job."""
        count = min(cores(), len(self.batches))
        threads = [
            threading.Thread(target=self.serve, args=(at, None if at else first), daemon=True)
            for at in range(count)
        ]
        for thread in threads:
            thread.start()
        open_ends = len(threads)
        try:
            while open_ends:
                try:
                    result = self.results.get(timeout=1.0)
                except queue.Empty:
                    self.hurry()
                    continue
                if result is None:
                    open_ends -= 1
                else:
                    yield result
        finally:
            self.stopped = True
            if open_ends:
                for worker in list(self.busy.values()):
                    worker.process.kill()
            for thread in threads:
                thread.join()

    def hurry(self) -> None:
        """Kill processes that have been at one file for too long; their threads go on with new ones."""
        for worker in list(self.busy.values()):
            if time.monotonic() - worker.since > LONGEST:
                worker.process.kill()

    def serve(self, number: int, worker: Worker | None) -> None:
        """Have one process at a time do batches until none is left."""
        try:
            while not self.stopped:
                try:
                    start = self.batches.popleft()
                except IndexError:
                    break
                worker = self.batch(number, worker, list(range(start, min(start + BATCH, len(self.paths)))))
        finally:
            self.busy.pop(number, None)
            if worker is not None and not self.stopped:
                CREW.back(worker)
            elif worker is not None:
                worker.end()
            self.results.put(None)

    def batch(self, number: int, worker: Worker | None, todo: list[int]) -> Worker | None:
        """Do these files; a process that dies is charged to the file it was at, and replaced."""
        while todo and not self.stopped:
            try:
                worker = worker or CREW.hired()
            except OSError:
                for at, answer in _in_threads([self.paths[each] for each in todo], self.cache):
                    self.results.put((todo[at], answer))
                return None
            self.busy[number] = worker
            worker.since = time.monotonic()
            done = 0
            for answer in worker.ask([self.paths[each] for each in todo], self.cache):
                self.results.put((todo[done], answer))
                done += 1
            if done < len(todo):
                why = worker.end()
                worker = None
                self.results.put((todo[done], Answer(error=why)))
                done += 1
            todo = todo[done:]
        return worker


def _in_threads(paths: Sequence[str], cache: str) -> Iterator[Result]:
    """The same in this process: decoding lets go of the interpreter."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(cores()) as pool:
        yield from enumerate(pool.map(lambda path: measured(path, Cache(cache)), paths))
