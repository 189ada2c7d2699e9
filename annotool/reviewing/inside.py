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
from annotool.reviewing.ids import EDITABLE
from annotool.reviewing.marking import LISTS
from annotool.reviewing.views import COLORS, FIELD_COLORS, GRID_PANEL, SIDEBAR, queue_rules

__all__ = ["dump", "load", "main"]


def load(place: Path) -> str:
    """Import the dataset of a review; one that is there already stays as it is. Return its name."""
    import fiftyone as fo

    review = msgspec.json.decode((place / "review.json").read_bytes(), type=Review)
    if fo.dataset_exists(review.name):
        if (fo.load_dataset(review.name).info or {}).get("complete") == [review.digest, review.created]:
            return review.name
        fo.delete_dataset(review.name)  # an import that was cut off, or of what went by that name before
    data = fo.Dataset.from_dir(
        str(place / "data"), fo.types.FiftyOneDataset, name=review.name, persistent=True
    )
    views(data, folder.lines(place / "findings.jsonl", Item))
    looks(data, review)
    forms(data, review)
    data.info["complete"] = [review.digest, review.created]
    data.save()
    return review.name


def views(data: Any, items: Sequence[Item]) -> None:
    """Save one view a rule: its images, the best first.

    All boxes of an image stay in: where a view hides some, FiftyOne 1.22 takes an edit in Annotate for the deletion of
    those, and puts it on another box.
    """
    from fiftyone import ViewField as F

    for rule, slug, count in queue_rules(items):
        view = data.match(F("rules").contains(rule)).sort_by("score", reverse=True)
        worst = next(each.severity for each in items if each.rule == rule)
        data.save_view(f"{rule} {slug} ({count})", view, description=worst, color=COLORS[worst])


def looks(data: Any, review: Review) -> None:
    """Set colours, the sidebar, how keypoints are joined, and the workspace with our panel beside the images."""
    import fiftyone as fo

    fields = [{"path": path, "fieldColor": color} for path, color in FIELD_COLORS.items()]
    data.app_config.color_scheme = fo.ColorScheme(color_by="field", fields=fields)
    if review.skeleton:
        data.skeletons = {"keypoints": fo.KeypointSkeleton(labels=review.points, edges=review.skeleton)}
    schema = data.get_field_schema()
    data.app_config.sidebar_groups = [
        fo.SidebarGroupDocument(name=name, paths=[each for each in paths if each in schema], expanded=shown)
        for name, paths, shown in SIDEBAR
    ]
    grid, panel = (
        fo.Panel(type="Samples", pinned=True),
        fo.Panel(type="annotool_findings", component_id=GRID_PANEL),
    )
    sides = [fo.Space(children=[each], active_child=each.component_id) for each in (grid, panel)]
    data.save_workspace("review", fo.Space(children=sides, orientation="horizontal", sizes=[0.5, 0.5]))


def forms(data: Any, review: Review) -> None:
    """Set up the Annotate form: the class list, what to do with the box and why, and what is for reading only."""
    why = {"name": "reason", "type": "str", "component": "dropdown", "values": review.reasons}
    shown = [
        {"name": "review", "type": "str", "component": "radio", "values": ["accept", "ignore", "delete"]},
        *([why] if review.reasons else []),
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
    """Write every label that may be edited or tagged as it stands, by a document an image; return how many images."""
    import fiftyone as fo

    review = msgspec.json.decode((place / "review.json").read_bytes(), type=Review)
    data = fo.load_dataset(review.name)
    wanted = ["id", "file_name", "tags", "metadata.width", "metadata.height", "last_modified_at"]
    asked = []
    for field in [each for each in LISTS if each in review.fields]:
        boxed = ("bounding_box",) if LISTS[field] == "detections" else ()
        inner = ("id", "tags", *(("label", "review", "reason", *boxed) if field in EDITABLE else ()))
        asked.append((field, inner))
        wanted += [".".join(filter(None, (field, LISTS[field], each))) for each in inner]
    out = []
    for row in zip(*data.values(wanted), strict=True):
        sample, file, tags, width, height, changed, *rest = row
        labels = []
        for field, inner in asked:
            parts, rest = rest[: len(inner)], rest[len(inner) :]
            if not LISTS[field]:
                parts = [[each] for each in parts] if parts[0] else []
            labels += [
                dict(zip(("field", *inner), (field, *one), strict=True))
                for one in zip(*[each or [] for each in parts], strict=True)
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
