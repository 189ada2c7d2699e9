"""Times `annotool review` on 50,000 images, and FiftyOne's own add_samples beside it; `make bench` calls it.

Rows: from the command to a usable App with 2,000 flagged images; all images and boxes written and imported, in a
process that has read and audited them; `dataset.add_samples` on a tenth. Image files are real JPEGs of many lengths, a
comment and sparse zeros apart equal. At --images 50000 the table goes to docs/benchmarks-review.md.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from annotool.reviewing import servers
from bench.generate import Drawn, category_id, category_name, draw
from bench.run import BIN, ROOT, usual

DOCUMENT = ROOT / "docs/benchmarks-review.md"
USUAL = 50_000
FLAGGED = 0.04  # of the images: 2,000 of 50,000

IMPORT = """
import os, sys, time
from annotool import api
from annotool.config import Config
from annotool.memory import without_collector
from annotool.reviewing import folder, opened, opening, servers
path, name = sys.argv[1:]
data = api.read(path)
found = api.audit(data)
begun = time.perf_counter()
review = opening.make(data, found, Config().rules, name, opening.Choice(every=True))
written = time.perf_counter() - begun
place = folder.folder(name)
with opened.at_hand(place) as uri:
    os.environ.update(servers.environment(place, uri))
    import fiftyone
    from annotool.reviewing.inside import load
    with without_collector():
        begun = time.perf_counter()
        load(place)
        shown = time.perf_counter() - begun
print("TOLD", written, shown, review.images, review.annotations)
"""
ADD_SAMPLES = """
import json, sys, time
import fiftyone as fo
from fiftyone import Detection, Detections, Sample
whole = json.load(open(sys.argv[1] + "/labels.json"))
images = {each["id"]: each for each in whole["images"][: int(sys.argv[2])]}
names = {each["id"]: each["name"] for each in whole["categories"]}
boxes = {}
for each in whole["annotations"]:
    if each["image_id"] in images:
        image = images[each["image_id"]]
        x, y, w, h = each["bbox"]
        place = [x / image["width"], y / image["height"], w / image["width"], h / image["height"]]
        boxes.setdefault(image["id"], []).append((names[each["category_id"]], place))
begun = time.perf_counter()
data = fo.Dataset("peer")
data.add_samples([
    Sample(sys.argv[1] + "/images/" + image["file_name"], ground_truth=Detections(detections=[
        Detection(label=label, bounding_box=place) for label, place in boxes.get(image["id"], ())]))
    for image in images.values()
])
print("TOLD", time.perf_counter() - begun, len(data), sum(map(len, boxes.values())))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=USUAL)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if reason := why_not():
        print(f"the review is not timed: {reason}")
        return
    with tempfile.TemporaryDirectory(prefix="annotool-bench-") as folder:
        write(Path(folder) / "set", args.images)
        os.environ["ANNOTOOL_REVIEWS"] = f"{folder}/reviews"
        before = os.getloadavg()[0]
        lines = table(Path(folder) / "set", args.images, args.rounds)
    print("\n".join(lines))
    if args.images == USUAL:
        DOCUMENT.write_text(document(lines, args.rounds, before))
        print(f"written to {DOCUMENT.relative_to(ROOT)}")


def why_not() -> str:
    """Why nothing can be timed here; empty: it can."""
    if find_spec("fiftyone") is None:
        return "FiftyOne is not installed: pip install 'annotool[review]'"
    if servers.mongod() is None and "FIFTYONE_DATABASE_URI" not in os.environ:
        return "no MongoDB server: annotool review --doctor"
    return ""


def table(root: Path, images: int, rounds: int) -> list[str]:
    """Run all in turn and return the table's lines."""
    started, whole, parts, peer = [], [], [], []
    for number in range(rounds):
        started.append(opened(root, f"flagged-{number}"))
        written, shown, count, boxes = told(
            [sys.executable, "-c", IMPORT, str(root), f"all-{number}"], usual()
        )
        whole.append(written + shown)
        parts.append((written, shown))
        peer.append(add_samples(root, images // 10))
    tenth, tenth_boxes = peer[0][1:]
    write_s, import_s = (median(each) for each in zip(*parts, strict=True))
    flagged = round(images * FLAGGED)
    first = f"`annotool review`: {images:,} images audited, {flagged:,} flagged, until the App answers"
    second = f"all {count:,.0f} images, {boxes:,.0f} boxes: folder written ({write_s:.1f} s) and imported ({import_s:.1f} s)"
    third = f"`dataset.add_samples`: {tenth:,.0f} images, {tenth_boxes:,.0f} boxes"
    rows = [
        (first, median(started), images),
        (second, median(whole), images),
        (third, median(each[0] for each in peer), tenth),
    ]
    return ["| what | s | images a second |", "|---|---|---|",
            *(f"| {what} | {seconds:.1f} | {count / seconds:,.0f} |" for what, seconds, count in rows)]  # fmt: skip


def opened(root: Path, name: str) -> float:
    """Seconds from the command to the address of an App that answers."""
    words = [str(BIN / "annotool"), "review", str(root), "--name", name, "--no-browser", "--select", "BOX002"]
    begun = time.perf_counter()
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**usual(), "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("open "):
            seconds = time.perf_counter() - begun
            break
    else:
        sys.exit("".join(said))
    process.terminate()
    process.communicate()
    return seconds


def add_samples(root: Path, images: int) -> list[float]:
    """Seconds, images and boxes of FiftyOne's own way, with a database as quick as ours."""
    place = root.parent / "peer"
    place.mkdir(exist_ok=True)
    database = servers.start_database(place)
    try:
        servers.wait_for(database, place)
        env = {**servers.environment(place, database.uri), "FIFTYONE_PLUGINS_DIR": str(place)}
        return told([sys.executable, "-c", ADD_SAMPLES, str(root), str(images)], env)
    finally:
        servers.stop(database.process)


def told(words: list[str], env: dict[str, str]) -> list[float]:
    """The numbers a script prints after TOLD."""
    done = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return [float(each) for each in done.stdout.split("TOLD")[1].split()]


def write(root: Path, images: int) -> None:
    """Write a COCO dataset with its image files; so many boxes leave their image, nothing else is planted."""
    (root / "images").mkdir(parents=True)
    drawn, rng = draw(images, clean=True), np.random.default_rng(0)
    _, firsts = np.unique(drawn.image, return_index=True)
    bad = set(rng.choice(firsts, round(images * FLAGGED), replace=False).tolist())
    records = [
        {"id": number, "file_name": f"{number:012}.jpg", "width": width, "height": height}
        for number, width, height in zip(
            drawn.image_id.tolist(), drawn.width.tolist(), drawn.height.tolist(), strict=True
        )
    ]
    pictures = {size: picture(*size) for size in {(each["width"], each["height"]) for each in records}}
    for each, more in zip(records, rng.integers(1, 200_000, images).tolist(), strict=True):
        save(
            root / "images" / str(each["file_name"]),
            pictures[each["width"], each["height"]],
            each["id"],
            more,
        )
    named = [
        {"id": number, "name": category_name(at)}
        for at, number in enumerate(category_id(np.arange(80)).tolist())
    ]
    whole = {"images": records, "annotations": annotations(drawn, bad), "categories": named}
    (root / "labels.json").write_text(json.dumps(whole))


def annotations(drawn: Drawn, bad: set[int]) -> list[dict[str, object]]:
    """The records of all boxes; the bad ones are moved half out of their image."""
    out: list[dict[str, object]] = []
    rows = zip(
        drawn.image.tolist(), category_id(drawn.category).tolist(), (drawn.box / 100).tolist(), strict=True
    )
    for at, (image, category, box) in enumerate(rows):
        if at in bad:
            box[0] = float(drawn.width[image]) - box[2] / 2
        out.append({"id": at + 1, "image_id": int(drawn.image_id[image]), "category_id": category, "bbox": box,
                    "area": box[2] * box[3], "iscrowd": 0})  # fmt: skip
    return out


def picture(width: int, height: int) -> bytes:
    """A small JPEG file of that size, of one colour."""
    file = io.BytesIO()
    Image.new("L", (width, height), 99).save(file, "jpeg", quality=30)
    return file.getvalue()


def save(path: Path, jpeg: bytes, number: int, more: int) -> None:
    """Write a JPEG file with a comment that no other has, and so many zeros after its end, which take no disk."""
    text = str(number).encode()
    with path.open("wb") as file:
        file.write(jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:])
        file.truncate(file.tell() + more)


def document(lines: list[str], rounds: int, load: float) -> str:
    """Return docs/benchmarks-review.md. load: of the machine before anything was timed."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("annotool", "fiftyone", "numpy"))
    return f"""# Benchmarks of the review

Made by `make bench`; do not edit. Quote the ratios, not the seconds.

{chr(10).join(lines)}

- The first row is the whole command, from its start to the printed address: reading, auditing, writing the folder, MongoDB,
  importing FiftyOne, importing the flagged images, saved views, the server's first answer. `--select BOX002`.
- The second row, as with `--all-images`, counts what comes after the audit: our folder, and `Dataset.from_dir` with views,
  colours and forms, FiftyOne being imported already. With `annotool review` that import goes on while the audit runs.
- The third row counts from making the samples in memory to the end of add_samples, in a MongoDB started in the same way.
- Medians of {rounds} rounds in turn, fresh processes and databases, {len(os.sched_getaffinity(0))} cores; {versions}.
- Others' load on the machine (1 minute average before it began): {load:.1f}.
"""


if __name__ == "__main__":
    main()
