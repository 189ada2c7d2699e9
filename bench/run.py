"""Times annotool and its peers on generated data and prints a Markdown table; `make bench` calls it.

Every time is the median over rounds of fresh processes, run in turn (A B A B ...), wall time from start to end of the
whole process. Peak memory comes from one more run of each: the kernel's ru_maxrss, or, where a process has children, the
largest sum over the tree (PSS, sampled every 20 ms) if that is more. Sampling holds up the processes it looks at, so
runs that are timed are not sampled. Mapped files count as far as they are resident. Linux only.
ru_maxrss starts from the peak of the process that began it, so this script imports nothing large.
At --scale 1 the table goes to docs/benchmarks.md.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
DOCUMENT = ROOT / "docs/benchmarks.md"

READ_ALL = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            file.read()
"""
PYCOCOTOOLS = "import sys; from pycocotools.coco import COCO; COCO(sys.argv[1])"


@dataclass(frozen=True)
class Comparison:
    """Two commands on one input; `make_data` are arguments of generate.py that end in the place to write to."""

    what: str
    ours: tuple[str, ...]
    peer: str
    theirs: tuple[str, ...]
    make_data: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    seconds: float
    mebibytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the sizes in the table; below 1 nothing is written"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="run the comparisons whose name holds this text")
    args = parser.parse_args()
    table = [
        "| what | annotool s | peer | peer s | time ratio | annotool MiB | peer MiB | memory ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(table), flush=True)
    for comparison in comparisons(args.scale):
        if args.only in comparison.what:
            table.append(row(comparison, args.rounds))
            print(table[-1], flush=True)
    if args.scale == 1 and not args.only:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(table, args.rounds))
        print(f"written to {DOCUMENT.relative_to(ROOT)}")


def comparisons(scale: float) -> list[Comparison]:
    """Return what is compared; `{data}` in a command stands for the generated data."""
    annotool, panlabel = str(BIN / "annotool"), str(BIN / "panlabel")
    audit = (annotool, "audit", "{data}", "--isolated", "--fail-on", "never")
    pycocotools = (sys.executable, "-c", PYCOCOTOOLS, "{data}")
    reading = (sys.executable, "-c", READ_ALL, "{data}")
    validate = (panlabel, "validate", "{data}", "--format")

    def on(what: str, images: int, peer: str, theirs: tuple[str, ...], *make_data: str) -> Comparison:
        images = max(round(images * scale), 10)
        where = ("--images", str(images), "data.json" if make_data[0] == "coco" else "data")
        return Comparison(f"{what}, {images:,} images", audit, peer, theirs, (*make_data, *where))

    return [
        on("COCO polygons", 1_183, "pycocotools, only loads", pycocotools, "coco"),
        on("COCO polygons", 11_829, "pycocotools, only loads", pycocotools, "coco"),
        on("COCO polygons", 118_287, "pycocotools, only loads", pycocotools, "coco"),
        on("COCO boxes", 100_000, "panlabel validate", (*validate, "coco"), "coco", "--boxes"),
        on("VOC", 10_000, "panlabel validate", (*validate, "voc"), "voc"),
        on("YOLO", 118_287, "reading the files", reading, "yolo"),
        Comparison("annotool --help", (annotool, "--help"), "python -c pass", (sys.executable, "-c", "pass")),
    ]


def row(comparison: Comparison, rounds: int) -> str:
    """Make the data, run both commands in turn and return the table's row."""
    with tempfile.TemporaryDirectory(prefix="annotool-bench-") as folder:
        data = ""
        if comparison.make_data:
            data = str(Path(folder) / comparison.make_data[-1])
            generate = [sys.executable, str(ROOT / "bench/generate.py"), *comparison.make_data[:-1], data]
            subprocess.run(generate, check=True, stdout=subprocess.DEVNULL)
        commands = [
            [part.replace("{data}", data) for part in c] for c in (comparison.ours, comparison.theirs)
        ]
        memory = [measure(command).mebibytes for command in commands]
        times: list[list[float]] = [[], []]
        for _ in range(rounds):
            for command, taken in zip(commands, times, strict=True):
                taken.append(measure(command, sampled=False).seconds)
    seconds = [median(each) for each in times]
    return (
        f"| {comparison.what} | {seconds[0]:.2f} | {comparison.peer} | {seconds[1]:.2f} | **{seconds[0] / seconds[1]:.2f}** "
        f"| {memory[0]:.0f} | {memory[1]:.0f} | **{memory[0] / memory[1]:.2f}** |"
    )


def measure(command: Sequence[str], sampled: bool = True) -> Cost:
    """Run a command and return what it cost; exit code 1 (faults found) is as good as 0. Where it is not
    `sampled`, memory is of the process alone, without its children.
    """
    with tempfile.TemporaryFile() as complaints:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints, env=usual()
        )
        sampler = Sampler(process.pid)
        if sampled:
            sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        sampler.finished.set()
        if sampled:
            sampler.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            complaints.seek(0)
            sys.exit(
                f"exit code {process.returncode}: {' '.join(command)}\n{complaints.read().decode()[-2000:]}"
            )
    return Cost(seconds, max(usage.ru_maxrss, sampler.peak) / 1024)


def usual() -> dict[str, str]:
    """Return the environment as users have it: what is imported stays compiled from one run to the next."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Sampler(threading.Thread):
    """Watches a process that has children: `peak` is the largest sum of PSS over its tree, KiB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.finished = threading.Event()

    def run(self) -> None:
        while not self.finished.wait(0.02):
            tree = descendants(self.pid)
            if len(tree) > 1:
                self.peak = max(self.peak, sum(map(proportional_size, tree)))


def descendants(pid: int) -> list[int]:
    """Return the process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [below for child in task.read_text().split() for below in descendants(int(child))]
        except OSError:  # it ended while we looked
            continue
    return found


def proportional_size(pid: int) -> int:
    """Return PSS in KiB, pages shared by several processes counted in parts; 0 for one that has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def document(table: Sequence[str], rounds: int) -> str:
    """Return docs/benchmarks.md."""
    versions = [
        f"{name} {metadata.version(name)}"
        for name in ("annotool", "numpy", "msgspec", "pycocotools", "panlabel")
    ]
    cpu = next(
        (
            x.split(":")[1].strip()
            for x in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in x
        ),
        "?",
    )
    return f"""# Benchmarks

Made by `make bench`; do not edit. Quote the ratios, not the seconds: both sides of a row ran in turn on one machine.

{chr(10).join(table)}

- annotool: `annotool audit DATA --isolated --fail-on never`, all default rules, whole process, no image files beside the labels.
- pycocotools: `python -c "from pycocotools.coco import COCO; COCO(path)"`, which loads and indexes and checks nothing.
- panlabel: `panlabel validate DATA --format coco` or `voc`; it looks at fewer things and at no pairs of boxes.
- "reading the files" is a Python loop that opens and reads every file: the floor for one file after another.
- Data: `bench/generate.py`, in the shape of COCO train2017, 2 % of the annotations faulty.
- Figures: medians of {rounds} rounds of fresh processes in turn; memory is the peak of the whole process tree, mapped files included.
- Machine: {cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}; {", ".join(versions)}.
"""


if __name__ == "__main__":
    if not shutil.which("panlabel", path=str(BIN)):
        sys.exit("panlabel is not installed here: run make bench, or pip install panlabel")
    main()
