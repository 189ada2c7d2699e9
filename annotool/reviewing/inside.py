"""What runs in a process of its own that has fiftyone and the review's database in its environment.

python -m annotool.reviewing.inside load FOLDER    imports FOLDER/data, sets up what the App shows
python -m annotool.reviewing.inside dump FOLDER    writes FOLDER/after.json: the labels as they stand now
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from annotool.reviewing import folder
from annotool.reviewing.folder import Item, Review
from annotool.reviewing.views import COLORS, FIELD_COLORS, SIDEBAR, queue_rules

__all__ = ["dump", "load", "main"]

EDITABLE = ("ground_truth", "proxies")


def load(place: Path) -> str:
    """Import the dataset of a review; one that is there already stays as it is. Return its name."""
    import fiftyone as fo

    review = msgspec.json.decode((place / "review.json").read_bytes(), type=Review)
    if fo.dataset_exists(review.name):
        if (fo.load_dataset(review.name).info or {}).get("complete"):
            return review.name
        fo.delete_dataset(review.name)  # an import that was cut off
    data = fo.Dataset.from_dir(
        str(place / "data"), fo.types.FiftyOneDataset, name=review.name, persistent=True
    )
    views(data, folder.lines(place / "findings.jsonl", Item), review)
    looks(data)
    forms(data, review)
    data.info["complete"] = True
    data.save()
    return review.name


def views(data: Any, items: Sequence[Item], review: Review) -> None:
    """Save one view a rule: its images, of the boxes those it flags; the best first."""
    from fiftyone import ViewField as F

    for rule, slug, count, on_boxes in queue_rules(items):
        view = data.match(F("rules").contains(rule)).sort_by("score", reverse=True)
        if on_boxes:
            for field in EDITABLE:
                if field in review.fields:
                    view = view.filter_labels(field, F("rules").contains(rule), only_matches=False)
        worst = next(each.severity for each in items if each.rule == rule)
        data.save_view(f"{rule} {slug} ({count})", view, description=worst, color=COLORS[worst])


def looks(data: Any) -> None:
    """Set colours, the sidebar, and the workspace with our panel beside the images."""
    import fiftyone as fo

    fields = [{"path": path, "fieldColor": color} for path, color in FIELD_COLORS.items()]
    data.app_config.color_scheme = fo.ColorScheme(color_by="field", fields=fields)
    schema = data.get_field_schema()
    data.app_config.sidebar_groups = [
        fo.SidebarGroupDocument(name=name, paths=[each for each in paths if each in schema], expanded=shown)
        for name, paths, shown in SIDEBAR
    ]
    grid, panel = fo.Panel(type="Samples", pinned=True), fo.Panel(type="annotool_findings")
    sides = [fo.Space(children=[each], active_child=each.component_id) for each in (grid, panel)]
    data.save_workspace("review", fo.Space(children=sides, orientation="horizontal", sizes=[0.5, 0.5]))


def forms(data: Any, review: Review) -> None:
    """Set up the Annotate form: the class list, what to do with the box, and what is for reading only."""
    shown = [
        {"name": "review", "type": "str", "component": "radio", "values": ["accept", "ignore", "delete"]},
        {"name": "source_id", "type": "str", "component": "text", "read_only": True},
        {"name": "id", "type": "id", "component": "text", "read_only": True},
    ]
    for field in EDITABLE:
        if field in review.fields:
            schema = data.generate_label_schemas(field, scan_samples=False)
            schema["classes"], schema["attributes"] = review.classes, shown
            schema["component"] = "radio" if len(review.classes) <= 10 else "dropdown"
            data.update_label_schema(field, schema)
            data.activate_label_schemas(field)


def dump(place: Path) -> int:
    """Write every label of the editable fields as it stands, by a document an image; return how many images."""
    import fiftyone as fo

    review = msgspec.json.decode((place / "review.json").read_bytes(), type=Review)
    data = fo.load_dataset(review.name)
    fields = [each for each in EDITABLE if each in review.fields]
    inner = ("id", "label", "bounding_box", "tags", "review")
    wanted = ["id", "file_name", "tags", "metadata.width", "metadata.height", "last_modified_at"]
    wanted += [f"{field}.detections.{each}" for field in fields for each in inner]
    columns = data.values(wanted)
    out = []
    for row in zip(*columns, strict=True):
        sample, file, tags, width, height, changed, *rest = row
        labels = []
        for at, field in enumerate(fields):
            parts = [each or [] for each in rest[at * len(inner) : (at + 1) * len(inner)]]
            labels += [
                dict(zip(("field", *inner), (field, *one), strict=True)) for one in zip(*parts, strict=True)
            ]
        out.append({"sample": sample, "file": file, "tags": tags or [], "size": [width, height],
                    "changed": changed.isoformat() + ("" if changed.tzinfo else "+00:00"), "labels": labels})  # fmt: skip
    (place / "after.json").write_bytes(msgspec.json.encode(out))
    return len(out)


def main(words: Sequence[str]) -> None:
    """Do one of the two."""
    print({"load": load, "dump": dump}[words[0]](Path(words[1])))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
