"""Times what annotool does with predictions on generated detections and prints Markdown tables; `make bench` calls it.

`annotool evaluate` against a plain script of pycocotools: both read the same two files, whole process, in turn; the numbers they find
are compared and must agree to 1e-9. `annotool audit` with and without predictions. ObjectLab's scores of label quality against
cleanlab's, on the same arrays in one process; they must agree to 1e-9. At --images 5000 the tables go to docs/benchmarks-evaluate.md.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from annotool.metrics.objectlab import agreement
from annotool.table import Array, Table
from bench.run import BIN, ROOT, Cost, measure

DOCUMENT = ROOT / "docs/benchmarks-evaluate.md"
USUAL, PER_IMAGE, GUESSES, KINDS = 5_000, 7, 8, 80
COMPARED = 500  # images of which cleanlab scores the labels: it takes minutes for all
PEER = """
import json, sys
from contextlib import redirect_stdout
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
with redirect_stdout(sys.stderr):
    truth = COCO(sys.argv[1])
    run = COCOeval(truth, truth.loadRes(sys.argv[2]), sys.argv[3])
    run.evaluate(); run.accumulate(); run.summarize()
print(json.dumps(run.stats.tolist()))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=USUAL)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="annotool-bench-") as folder:
        write(Path(folder), args.images)
        lines = table(Path(folder), args.images, args.rounds)
        lines += ["", *audited(Path(folder), args.images, args.rounds)]
        lines += ["", *objectlab(Path(folder), args.rounds)]
    print("\n".join(lines))
    if args.images == USUAL:
        DOCUMENT.write_text(document(lines, args.rounds))
        print(f"written to {DOCUMENT.relative_to(ROOT)}")


def table(folder: Path, images: int, rounds: int) -> list[str]:
    """Run the commands in turn and return the table's lines."""
    lines = [
        f"| {images:,} images, {images * GUESSES:,} detections | annotool s | pycocotools s | time ratio | annotool MiB | pycocotools MiB |",
        "|---|---|---|---|---|---|",
    ]
    for kind, what in (("bbox", "boxes"), ("segm", "masks")):
        files = [str(folder / "truth.json"), str(folder / "results.json")]
        ours = [
            str(BIN / "annotool"),
            "evaluate",
            *files,
            "--geometry",
            kind,
            "--isolated",
            "--images",
            "none",
            "--output-format",
            "json",
        ]
        theirs = [sys.executable, "-c", PEER, *files, kind]
        check(ours, theirs)
        costs: list[list[Cost]] = [[], []]
        for _ in range(rounds):
            for command, cost in zip((ours, theirs), costs, strict=True):
                cost.append(measure(command))
        seconds = [median(each.seconds for each in cost) for cost in costs]
        memory = [median(each.mebibytes for each in cost) for cost in costs]
        lines.append(
            f"| {what} | {seconds[0]:.2f} | {seconds[1]:.2f} | **{seconds[0] / seconds[1]:.3f}** | {memory[0]:.0f} | {memory[1]:.0f} |"
        )
    return lines


def audited(folder: Path, images: int, rounds: int) -> list[str]:
    """Time the audit without and with predictions, image files left alone."""
    plain = [
        str(BIN / "annotool"),
        "audit",
        str(folder / "truth.json"),
        "--isolated",
        "--images",
        "none",
        "--fail-on",
        "never",
    ]
    commands = [plain, [*plain, "--predictions", str(folder / "results.json")]]
    costs: list[list[float]] = [[], []]
    for _ in range(rounds):
        for command, cost in zip(commands, costs, strict=True):
            cost.append(measure(command).seconds)
    without, with_them = (median(each) for each in costs)
    return [
        f"| {images:,} images | annotool audit s | with {images * GUESSES:,} predictions s | they add s |",
        "|---|---|---|---|",
        f"| boxes and outlines | {without:.2f} | {with_them:.2f} | **{with_them - without:.2f}** |",
    ]


def objectlab(folder: Path, rounds: int) -> list[str]:
    """Time ObjectLab's three scores of every box, ours and cleanlab's, in turn."""
    from cleanlab.object_detection import rank

    labels, guesses = (arrays(folder / each)[:COMPARED] for each in ("truth.json", "results.json"))
    ours = stacked(labels, "label x y w h"), stacked(guesses, "label x y w h score")
    theirs = {
        "labels": [{"bboxes": corners(rows), "labels": rows[:, 0].astype(int)} for rows in labels],
        "predictions": [np.array([*by_kind(rows), None], dtype=object)[:-1] for rows in guesses],
    }

    def mine() -> list[Array]:
        said = agreement(ours[0], ours[1])
        return [said.located(), said.swapped(said.least), said.overlooked(ours[1]["score"], said.least)]

    def cleanlabs() -> list[Array]:
        scores = (
            rank.compute_badloc_box_scores,
            rank.compute_swap_box_scores,
            rank.compute_overlooked_box_scores,
        )
        return [np.concatenate(score(**theirs)) for score in scores]

    seconds: list[list[float]] = [[], []]
    for _ in range(rounds):
        found = []
        for work, times in zip((mine, cleanlabs), seconds, strict=True):
            begun = time.perf_counter()
            found.append(work())
            times.append(time.perf_counter() - begun)
        for one, other in zip(*found, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-9, equal_nan=True)
    own, peers = (median(each) for each in seconds)
    return [
        f"| ObjectLab's scores, {len(labels):,} images, {len(ours[0]):,} labels, {len(ours[1]):,} predictions | annotool s | cleanlab s | times faster |",
        "|---|---|---|---|",
        f"| badly located, swapped, overlooked | {own:.3f} | {peers:.2f} | **{peers / own:.0f}** |",
    ]


def arrays(file: Path) -> list[Array]:
    """Category, x, y, w, h, and the score where there is one, of each image; by category, cleanlab's order."""
    held = json.loads(file.read_bytes())
    rows = held if isinstance(held, list) else [each for each in held["annotations"] if not each["iscrowd"]]
    table = np.array(
        [
            [
                each["image_id"],
                each["category_id"] - 1,
                *each["bbox"],
                *([each["score"]] if "score" in each else []),
            ]
            for each in rows
        ]
    )
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return np.split(table[:, 1:], np.searchsorted(table[:, 0], np.arange(2, COMPARED + 2)))


def stacked(parts: list[Array], names: str) -> Table:
    """Rows of images as one table."""
    columns = dict(zip(names.split(), np.vstack(parts).T.copy(), strict=True))
    image = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    columns["label"] = columns["label"].astype(np.int64)
    return Table({"image": image, **columns, "crowd": np.zeros(len(image), dtype=bool)})


def corners(rows: Array) -> Array:
    return np.concatenate([rows[:, 1:3], rows[:, 1:3] + rows[:, 3:5]], axis=1)


def by_kind(rows: Array) -> list[Array]:
    """Corners and score of each category."""
    return [np.c_[corners(mine), mine[:, 5]] for mine in (rows[rows[:, 0] == kind] for kind in range(KINDS))]


def check(ours: list[str], theirs: list[str]) -> None:
    """Stop unless both find the same twelve numbers."""
    said = [subprocess.run(each, capture_output=True, check=True).stdout for each in (ours, theirs)]
    held = list(json.loads(said[0])["numbers"].values())[:12]
    wanted = json.loads(said[1])
    numbers = [-1.0 if each is None else each for each in held]
    if max(abs(one - other) for one, other in zip(numbers, wanted, strict=True)) > 1e-9:
        sys.exit(f"the numbers differ: {numbers} and {wanted}")


def write(folder: Path, images: int) -> None:
    """Write a ground truth of KINDS categories, some common and some rare, and what a middling detector finds."""
    rng = np.random.default_rng(0)
    n = images * PER_IMAGE
    share = 1 / np.arange(1, KINDS + 1)
    image, kind = rng.integers(images, size=n), rng.choice(KINDS, n, p=share / share.sum())
    sides = np.exp(rng.normal(4, 1, (n, 2))).clip(3, 300)
    box = np.hstack([rng.uniform(0, 1, (n, 2)) * ([640, 480] - sides).clip(1), sides]).round(2)
    of = rng.integers(n, size=images * GUESSES)
    found = box[of] + rng.normal(0, 0.08, (len(of), 4)) * np.tile(sides[of], 2)
    stray = rng.random(len(of)) < 0.2
    found[stray, :2] = rng.uniform(0, 300, (int(stray.sum()), 2))
    found = np.hstack([found[:, :2], found[:, 2:].clip(1)]).round(2)
    told = np.where(rng.random(len(of)) < 0.9, kind[of], rng.integers(KINDS, size=len(of)))
    score, crowd = rng.random(len(of)).round(3).tolist(), (rng.random(n) < 0.01).astype(int).tolist()
    truth = {
        "images": [
            {"id": at + 1, "file_name": f"{at:06}.jpg", "width": 640, "height": 480} for at in range(images)
        ],
        "categories": [{"id": at + 1, "name": f"kind {at:02}"} for at in range(KINDS)],
        "annotations": [
            {
                **row,
                "id": at + 1,
                "area": round(row["bbox"][2] * row["bbox"][3] * 0.75, 2),
                "iscrowd": crowd[at],
            }
            for at, row in enumerate(records(image, kind, box))
        ],
    }
    results = [{**row, "score": score[at]} for at, row in enumerate(records(image[of], told, found))]
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "results.json").write_text(json.dumps(results))


def records(image: Array, kind: Array, box: Array) -> list[dict[str, Any]]:
    """Rows of COCO with an oval outline in the box; image and kind from 0."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = (1 + np.stack([np.cos(angle), np.sin(angle)], axis=1)) / 2
    outline = (box[:, None, :2] + ring * box[:, None, 2:]).round(2).reshape(len(box), -1)
    rows = zip((image + 1).tolist(), (kind + 1).tolist(), box.tolist(), outline.tolist(), strict=True)
    return [{"image_id": i, "category_id": k, "bbox": b, "segmentation": [s]} for i, k, b, s in rows]


def document(lines: list[str], rounds: int) -> str:
    """Return docs/benchmarks-evaluate.md."""
    versions = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("annotool", "numpy", "pycocotools", "cleanlab")
    )
    return f"""# Benchmarks of predictions

Made by `make bench`; do not edit. Quote the ratios, not the seconds.

{chr(10).join(lines)}

- annotool: `annotool evaluate GT PRED --geometry bbox|segm --output-format json`: all tables, not only COCO's numbers.
- pycocotools: a script of COCO, loadRes and COCOeval (evaluate, accumulate, summarize), nothing else.
- The twelve numbers of both were compared in the same run and agree to 1e-9. Medians of {rounds} rounds in turn, whole process.
- {versions}.
"""


if __name__ == "__main__":
    main()
