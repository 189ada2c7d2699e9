"""Times `annotool report` beside `annotool audit` on the same generated COCO file and weighs the page; `make bench` calls it.

Whole processes in turn, medians over rounds. Asked of the page: under twice the audit's time, and under 10 MB. At --images
118287 (860,001 annotations) the table goes to docs/benchmarks-report.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from statistics import median

from bench.run import BIN, ROOT, Cost, measure

DOCUMENT = ROOT / "docs/benchmarks-report.md"
USUAL = 118_287


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=USUAL)
    parser.add_argument("--data", type=Path, help="a file of that many images; made where it is not given")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="annotool-bench-") as folder:
        data = args.data or Path(folder) / "data.json"
        if args.data is None:
            words = [
                sys.executable,
                str(ROOT / "bench/generate.py"),
                "coco",
                "--images",
                str(args.images),
                str(data),
            ]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        lines = table(data, Path(folder) / "report.html", args.images, args.rounds)
    print("\n".join(lines))
    if args.images == USUAL:
        DOCUMENT.write_text(document(lines, args.rounds, before))
        print(f"written to {DOCUMENT.relative_to(ROOT)}")


def table(data: Path, page: Path, images: int, rounds: int) -> list[str]:
    """Run both in turn and return the table's lines."""
    program = str(BIN / "annotool")
    commands = {
        "annotool audit": [program, "audit", str(data), "--isolated", "--fail-on", "never"],
        "annotool report": [program, "report", str(data), "--isolated", "--out", str(page)],
    }
    costs: dict[str, list[Cost]] = {what: [] for what in commands}
    for _ in range(rounds):
        for what, words in commands.items():
            costs[what].append(measure(words))
    seconds = {what: median(each.seconds for each in cost) for what, cost in costs.items()}
    memory = {what: median(each.mebibytes for each in cost) for what, cost in costs.items()}
    sizes = {"annotool audit": "", "annotool report": f"{page.stat().st_size / 1e6:.1f}"}
    least = seconds["annotool audit"]
    return [
        f"| COCO polygons, {images:,} images | s | times the audit | peak MiB | page MB |",
        "|---|---|---|---|---|",
        *(
            f"| {what} | {seconds[what]:.2f} | **{seconds[what] / least:.2f}** | {memory[what]:.0f} | {sizes[what]} |"
            for what in commands
        ),
    ]


def document(lines: list[str], rounds: int, load: float) -> str:
    """Return docs/benchmarks-report.md."""
    return f"""# Benchmark of the report

Made by `make bench`; do not edit. Quote the ratio, not the seconds.

{chr(10).join(lines)}

- The report audits as the audit does, counts the balance, and draws; asked were under twice the audit's time and under 10 MB.
- Whole processes in turn, medians of {rounds} rounds; no image files beside the labels, so pictures are boxes on blank ground.
- Data: `bench/generate.py`, in the shape of COCO train2017, 2 % of the annotations faulty.
- {os.cpu_count()} cores, others' load before it began {load:.1f}; annotool {metadata.version("annotool")}.
"""


if __name__ == "__main__":
    main()
