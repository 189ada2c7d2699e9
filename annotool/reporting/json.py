"""One json object, the same bytes each run; docs/json.md describes it, and its shape is stable."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import msgspec

from annotool.dataset import Dataset
from annotool.output import json_text
from annotool.reporting.rows import Row, json_value, rows
from annotool.reporting.told import Told, inputs, summary

__all__ = ["lines"]


def lines(told: Told) -> Iterator[str]:
    """Yield the object's text line by line, one line a finding."""
    head = {
        "annotool": version("annotool"),
        "config": dict(told.config),
        "inputs": inputs(told.data),
        "images_checked": told.data.images_checked,
        "dataset": dataset(told.data),
        "skipped": [{"rule": each.rule, "why": each.why} for each in told.findings.skipped],
        "summary": summary(told.findings),
    }
    text = msgspec.json.format(json_text(head), indent=2)
    yield text.removesuffix("\n}") + ","
    yield '  "findings": ['
    left = len(told.findings)
    for row in rows(told.data, told.findings, prints=True):
        left -= 1
        yield f"    {json_text(finding(row))}{',' if left else ''}"
    yield "  ]"
    yield "}"


def dataset(data: Dataset) -> dict[str, Any]:
    """What was read: format, paths, counts, images a split, and what was inferred."""
    splits = data.table("splits")["split"].tolist()
    return {
        "format": "+".join(sorted(data.formats)),
        "paths": [path.as_posix() for path in data.paths],
        "images": len(data.table("images")),
        "annotations": len(data.table("annotations")),
        "categories": len(data.labels),
        "splits": {name: splits.count(name) for name in data.split_names},
        "facts": {name: json_value(value) for name, value in sorted(data.facts.items())},
        "notes": list(data.notes),
    }


def finding(row: Row) -> dict[str, Any]:
    """One finding as json; null where it names no file, image, annotation or category."""
    return {
        "rule": row.rule,
        "name": row.slug,
        "severity": row.severity,
        "message": row.message,
        "path": row.path,
        "file": row.file or None,
        "line": row.line or None,
        "pointer": row.pointer or None,
        "image": row.image or None,
        "image_id": row.image_id,
        "annotation_id": row.annotation_id,
        "category": row.category or None,
        "split": row.split,
        "values": row.values,
        "fix": row.fix,
        "silenced": row.silenced,
        "fingerprint": row.fingerprint,
    }
