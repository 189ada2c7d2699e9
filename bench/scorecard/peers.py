"""What peers say of the same COCO files: which images they name, beyond those they name where nothing is planted."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.scorecard.documents import Coco

Named = set[tuple[str, str]]  # a peer's code, and the image it names
Names = dict[object, set[str]]


def hotcoco(bin: Path, folder: Path, made: Coco) -> Named | None:
    """`coco healthcheck --json`, a file at a time."""
    named: Named = set()
    for split in made.documents:
        told = spoken(bin / "coco", "healthcheck", "--json", folder / made.name(split))
        if told is None:
            return None
        for each in [*told.get("errors", ()), *told.get("warnings", ())]:
            of = images_by_id(made, split) if "image" in each["code"] else images_by_annotation(made, split)
            named |= {(each["code"], name) for number in each["affected_ids"] for name in of.get(number, ())}
    return named


def panlabel(bin: Path, folder: Path, made: Coco) -> Named | None:
    """`panlabel validate --format coco --output-format json`, a file at a time."""
    named: Named = set()
    for split in made.documents:
        told = spoken(
            bin / "panlabel",
            "validate",
            folder / made.name(split),
            "--format",
            "coco",
            "--output-format",
            "json",
        )
        if told is None:
            return None
        for each in told.get("issues", ()):
            about = each.get("context") or {}
            of = (
                images_by_id(made, split)
                if about.get("type") == "image"
                else images_by_annotation(made, split)
            )
            named |= {(each["code"], name) for name in of.get(about.get("id"), ())}
    return named


def datumaro(bin: Path, folder: Path, made: Coco) -> Named | None:
    """`datum validate -t detection`; it names images only."""
    spoken(bin / "datum", "validate", "-t", "detection", f"{folder}:coco_instances", cwd=folder)
    report = folder / "validation_report.json"
    if not report.exists():
        return None
    told = json.loads(report.read_text())["validation_reports"]
    return {(each["anomaly_type"], f"{each['item_id']}.jpg") for each in told if each.get("item_id")}


PEERS: Mapping[str, tuple[str, Callable[[Path, Path, Coco], Named | None]]] = {
    "hotcoco": ("coco", hotcoco),
    "panlabel": ("panlabel", panlabel),
    "datumaro": ("datum", datumaro),
}


def installed(bin: Path) -> list[str]:
    """The peers whose command is there."""
    return [name for name, (command, _) in PEERS.items() if shutil.which(command, path=str(bin))]


def versions(bin: Path, names: list[str]) -> list[str]:
    """Each peer with its version."""
    ask = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    run = subprocess.run([str(bin / "python"), "-c", ask, *names], capture_output=True, text=True, check=True)
    return [f"{name} {version}" for name, version in zip(names, run.stdout.split(), strict=True)]


def spoken(command: Path, *words: object, cwd: Path | None = None) -> dict[str, list[Any]] | None:
    """The json a peer prints; None where it gives up."""
    run = subprocess.run(
        [str(command), *map(str, words)], capture_output=True, text=True, cwd=cwd, check=False
    )
    try:
        told: dict[str, list[Any]] = json.loads(run.stdout)
    except json.JSONDecodeError:
        return None
    return None if "error" in told else told


def images_by_id(made: Coco, split: str) -> Names:
    """The names of the images that have an id."""
    names: Names = {}
    for each in made.documents[split]["images"]:
        names.setdefault(each.get("id"), set()).add(each.get("file_name", ""))
    return names


def images_by_annotation(made: Coco, split: str) -> Names:
    """The names of the images whose annotations have an id."""
    of, names = images_by_id(made, split), Names()
    for each in made.documents[split]["annotations"]:
        names.setdefault(each.get("id"), set()).update(of.get(each.get("image_id"), ()))
    return names
