"""One json object, the same bytes each run; docs/json.md describes it, and its shape is stable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from annotool.dataset import Dataset
from annotool.output import json_page, json_text
from annotool.reporting.counts import groups, statistics
from annotool.reporting.rows import finding, json_value, rows
from annotool.reporting.told import Told, inputs, notes, summary

__all__ = ["lines"]


def lines(told: Told) -> Iterator[str]:
    """Yield the object's text line by line, one line a finding."""
    head: dict[str, Any] = {
        "annotool": version("annotool"),
        "config": dict(told.config),
        "inputs": inputs(told.data),
        "images_checked": told.data.images_checked,
        "dataset": dataset(told.data),
        "skipped": [{"rule": each.rule, "why": each.why} for each in told.findings.skipped],
        "summary": summary(told.findings),
    }
    if told.findings.ignored:
        head["ignored"] = [asdict(each) for each in told.findings.ignored]
    if told.findings.outcomes:
        head["targets"] = [asdict(each) for each in told.findings.outcomes]
    if told.findings.baseline:
        head["stale"] = stale(told)
    if told.statistics:
        head["statistics"] = [each._asdict() for each in statistics(told)]
    if told.group_by:
        found = groups(told, told.group_by)
        head["groups"] = {**found._asdict(), "values": [each._asdict() for each in found.values]}
    text = json_page(head)
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
        "notes": notes(data),
    }


def stale(told: Told) -> list[dict[str, Any]]:
    """The known faults that are found no more; null where an entry names no image, category, split or file."""
    if told.findings.baseline is None:
        return []
    names = ("rule", "image", "category", "split", "file", "reason", "by", "count")
    columns = [told.findings.baseline.stale[name].tolist() for name in names]
    return [
        {name: None if value == "" else value for name, value in zip(names, row, strict=True)}
        for row in zip(*columns, strict=True)
    ]
