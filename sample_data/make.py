#!/usr/bin/env python3
"""Makes everything in sample_data/: the same truth in each format, and faulty copies with the findings to expect.

    python sample_data/make.py           write it
    python sample_data/make.py --check   fail when what is here differs from what would be written

Images are compared by their pixels, with a little slack: two versions of libjpeg may write other bytes.
"""

import argparse
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image, ImageChops, ImageFile, ImageStat

from sample_data.maker import (
    cases,
    cases_box,
    cases_cls,
    cases_img,
    cases_lbl,
    cases_prd,
    cases_seg,
    coco,
    draw,
    faulty_coco,
    faulty_voc,
    faulty_yolo,
    labels,
    plant,
    predictions,
    voc,
    yolo,
)
from sample_data.maker.truth import Picture, pictures

HERE = Path(__file__).resolve().parent
MADE = ("coco", "voc", "yolo", "classes", "csv", "huggingface", "predictions", "faulty")

Files = dict[str, bytes]


def painted(wanted: Sequence[Picture]) -> Files:
    """Return the pictures' image files by name; `x.6.jpg` carries EXIF orientation 6."""
    return {
        p.name: draw.encode(draw.paint(p), p.name, orientation=6 if ".6." in p.name else None) for p in wanted
    }


def everything() -> Files:
    """Return all files by path below sample_data/."""
    truth = pictures()
    images = painted(truth)
    files = clean_coco(truth, images) | clean_voc(truth, images) | clean_yolo(truth, images)
    files |= below("classes", labels.crops(truth)) | below("huggingface", labels.metadata(truth, images))
    files |= below("csv", {"labels.csv": labels.sheet(truth)} | below("images", images))
    expected: list[plant.Finding] = []
    for faulty in (faulty_coco, faulty_voc, faulty_yolo):
        written, findings = faulty.build(truth, images)
        files |= below(faulty.DATASET, written)
        expected += findings
    for maker in (cases, cases_img, cases_seg, cases_box, cases_cls, cases_lbl, cases_prd):
        for code, case in maker.CASES.items():
            written, findings = case(f"faulty/cases/{code}", painted)
            files |= below(f"faulty/cases/{code}", written)
            expected += findings
    files["faulty/expected_findings.csv"] = plant.csv_bytes(expected)
    return files


def clean_coco(truth: Sequence[Picture], images: Files) -> Files:
    documents = coco.documents(truth)
    files = {
        f"annotations/instances_{split}.json": coco.text(each).encode() for split, each in documents.items()
    }
    return below("coco", files | below("images", images)) | below("predictions", predictions.build(documents))


def clean_voc(truth: Sequence[Picture], images: Files) -> Files:
    files = {f"Annotations/{p.name.rsplit('.', 1)[0]}.xml": voc.text(voc.document(p)).encode() for p in truth}
    for name, stems in voc.image_sets(truth).items():
        files[f"ImageSets/Main/{name}.txt"] = "".join(f"{stem}\n" for stem in stems).encode()
    return below("voc", files | below("JPEGImages", images))


def clean_yolo(truth: Sequence[Picture], images: Files) -> Files:
    files = {yolo.label_name(p): "".join(f"{row}\n" for row in yolo.rows(p)).encode() for p in truth}
    files |= {yolo.image_name(p): images[p.name] for p in truth}
    return below("yolo", files | {"data.yaml": yolo.data_yaml().encode()})


def below(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": data for path, data in files.items()}


def here() -> Files:
    """Return the files that stand in sample_data/ now, of those this script makes."""
    found = [path for name in MADE for path in (HERE / name).rglob("*") if path.is_file()]
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in found}


def same(path: str, old: bytes, new: bytes) -> bool:
    """Whether two files hold the same: bytes, or pixels of an image up to what another encoder changes."""
    if old == new:
        return True
    if not path.endswith((".jpg", ".png")) or not old or not new:
        return False
    try:
        a, b = (Image.open(BytesIO(data)) for data in (old, new))
        if (a.size, a.format, dict(a.getexif())) != (b.size, b.format, dict(b.getexif())):
            return False
        return max(ImageStat.Stat(ImageChops.difference(a.convert("RGB"), b.convert("RGB"))).mean) < 2
    except OSError:
        return False


def differences(old: Files, new: Files) -> list[str]:
    """Return one line for each file that is missing, left over or different."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # some are cut on purpose
    lines = [f"missing: {path}" for path in sorted(new.keys() - old.keys())]
    lines += [f"not made by make.py: {path}" for path in sorted(old.keys() - new.keys())]
    return lines + [
        f"differs: {path}" for path in sorted(old.keys() & new.keys()) if not same(path, old[path], new[path])
    ]


def write(new: Files) -> None:
    """Write what differs and remove what is no longer made."""
    old = here()
    for path in old.keys() - new.keys():
        (HERE / path).unlink()
    for path, data in new.items():
        target = HERE / path
        if path not in old or not same(path, old[path], data):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def main() -> int:
    """Write the sample data, or compare; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when something differs")
    new = everything()
    if not parser.parse_args().check:
        write(new)
        print(f"{len(new)} files, {sum(map(len, new.values())) / 1e6:.2f} MB in {HERE.name}/")
        return 0
    lines = differences(here(), new)
    print(
        "\n".join([*lines, "run: python sample_data/make.py"])
        if lines
        else f"{len(new)} files are as make.py makes them"
    )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
