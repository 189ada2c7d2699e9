"""Times the image rules with --decode against cleanvision on generated photographs and prints a Markdown table; `make bench` calls it.

Both look at the same JPEG files with every check on and one process a core, whole command, median over rounds in turn. The last
row is annotool again with the statistics it kept. At --images 2000 the table goes to docs/benchmarks-images.md.
"""

import argparse
import os
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from bench.run import BIN, ROOT, Cost, measure

DOCUMENT = ROOT / "docs/benchmarks-images.md"
USUAL = 2_000
CLEANVISION = (
    "import os, sys; from cleanvision import Imagelab; "
    "Imagelab(data_path=sys.argv[1]).find_issues(n_jobs=len(os.sched_getaffinity(0)), verbose=False)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=USUAL)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="annotool-bench-") as folder:
        photographs(Path(folder), args.images)
        lines = table(folder, args.images, args.rounds)
    print("\n".join(lines))
    if args.images == USUAL:
        DOCUMENT.write_text(document(lines, args.rounds))
        print(f"written to {DOCUMENT.relative_to(ROOT)}")


def table(folder: str, images: int, rounds: int) -> list[str]:
    """Run the commands in turn and return the table's lines."""
    audit = [str(BIN / "annotool"), "audit", folder, "--decode", "--isolated", "--fail-on", "never"]
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory(prefix="annotool-cache-") as cache:
        for _ in range(rounds):
            os.environ["ANNOTOOL_CACHE"] = "none"
            costs.setdefault("annotool audit --decode", []).append(measure(audit))
            if find_spec("cleanvision"):
                costs.setdefault("cleanvision", []).append(
                    measure([sys.executable, "-c", CLEANVISION, folder])
                )
        os.environ["ANNOTOOL_CACHE"] = cache
        measure(audit)
        again = [measure(audit) for _ in range(rounds)]
    costs["annotool audit --decode, a second time"] = again
    lines = [
        f"| {images:,} JPEG files of 640 x 480 | s | images a second | peak MiB |",
        "|---|---|---|---|",
    ]
    for what, cost in costs.items():
        seconds = median(each.seconds for each in cost)
        memory = median(each.mebibytes for each in cost)
        lines.append(f"| {what} | {seconds:.2f} | {images / seconds:.0f} | {memory:.0f} |")
    return lines


def photographs(folder: Path, images: int) -> None:
    """Write pictures with large and small shapes and noise, into folders of two classes."""
    for kind in ("even", "odd"):
        (folder / "train" / kind).mkdir(parents=True)
    for number in range(images):
        rng = np.random.default_rng(number)
        layers = [
            Image.fromarray(rng.integers(0, 256, (*cells, 3), dtype=np.uint8)).resize(
                (640, 480), Image.Resampling.BICUBIC
            )
            for cells in ((5, 7), (40, 50), (240, 320))
        ]
        mixed = Image.blend(Image.blend(layers[0], layers[1], 0.4), layers[2], 0.15)
        kind = "odd" if number % 2 else "even"
        mixed.save(folder / "train" / kind / f"{number:06}.jpg", quality=90)


def document(lines: list[str], rounds: int) -> str:
    """Return docs/benchmarks-images.md."""
    names = [
        name
        for name in ("annotool", "pillow", "numpy", "cleanvision")
        if name == "annotool" or find_spec(name) or name == "pillow"
    ]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return f"""# Benchmarks of the image rules

Made by `make bench`; do not edit. Quote the ratios, not the seconds.

{chr(10).join(lines)}

- Both commands look at every file with all of their checks, on {len(os.sched_getaffinity(0))} cores; medians of {rounds} rounds in turn, whole process.
- annotool also reads headers, digests bytes and pixels, and reads and checks the dataset around the images.
- A second time: the same files again; what was decoded before is known by the digest of the bytes, which are read again.
- {versions}.
"""


if __name__ == "__main__":
    main()
