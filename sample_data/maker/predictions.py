"""predictions/: what a detector says of the pictures, in the forms detectors save it, and a copy with known faults."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sample_data.maker import coco, plant
from sample_data.maker.coco import Document
from sample_data.maker.plant import Finding

Files = dict[str, bytes]
Record = dict[str, Any]


def build(documents: Mapping[str, Document]) -> Files:
    """Return all files by path below predictions/."""
    found = coco.results(documents.values())
    faulty, findings = with_faults(found)
    return {
        "coco_results.json": listed([json.dumps(each) for each in found]),
        "faulty_results.json": listed(faulty),
        "expected_findings.csv": plant.csv_bytes(findings),
        **label_files(documents, found),
    }


def listed(records: Sequence[str]) -> bytes:
    return ("[\n" + ",\n".join(records) + "\n]\n").encode()


def label_files(documents: Mapping[str, Document], found: Sequence[Record]) -> Files:
    """Return labels/*.txt as Ultralytics saves them: class, box in fractions, confidence; none for no detection."""
    images = {image["id"]: image for each in documents.values() for image in each["images"]}
    rows: dict[str, list[str]] = {}
    for record in found:
        image, (x, y, w, h) = images[record["image_id"]], record["bbox"]
        wide, high = image["width"], image["height"]
        numbers = ((x + w / 2) / wide, (y + h / 2) / high, w / wide, h / high, record["score"])
        stem = image["file_name"].rsplit(".", 1)[0]
        rows.setdefault(stem, []).append(
            " ".join([str(record["category_id"] - 1), *(f"{n:g}" for n in numbers)])
        )
    return {f"labels/{stem}.txt": "".join(f"{row}\n" for row in own).encode() for stem, own in rows.items()}


def with_faults(found: Sequence[Record]) -> tuple[list[str], list[Finding]]:
    """Return the records with one of each fault, and the findings to expect."""
    faults: dict[int, tuple[Record | str, str]] = {
        3: ({**found[3], "image_id": 99}, "error"),
        5: ({**found[5], "category_id": 9}, "error"),
        8: ({**found[8], "score": 62.5}, "error"),
        10: ({**found[10], "score": float("nan")}, "error"),
        12: ({key: value for key, value in found[12].items() if key != "score"}, "error"),
        15: (found[14], "warning"),
        17: ({**found[17], "bbox": found[17]["bbox"][:3]}, "error"),
        20: ("20", "error"),
    }
    records, findings = [json.dumps(each) for each in found], []
    for at, (record, severity) in faults.items():
        records[at] = record if isinstance(record, str) else json.dumps(record)
        place: dict[str, Any] = {"line": at + 2, "pointer": f"/{at}"}
        findings.append(
            Finding("coco", "PRD005", severity, "none", "../predictions/faulty_results.json", **place)
        )
    return records, findings
