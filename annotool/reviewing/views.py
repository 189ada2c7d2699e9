"""How a review looks in the App: colours, the sidebar, the rules it has views of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from annotool.reviewing.folder import Item

__all__ = ["COLORS", "FIELD_COLORS", "GRID_PANEL", "SIDEBAR", "queue_rules"]

GRID_PANEL = "annotool_findings_grid"  # the id of the panel beside the grid

COLORS = {"error": "#e5484d", "warning": "#f5a524", "info": "#3e93de"}
FIELD_COLORS = {
    "ground_truth": "#ffb000",
    "proxies": "#ff2fd0",  # stands for a box the App cannot draw
    "proposals": "#2fd07f",  # what a fix would make
    "outlines": "#40b5ff",
    "keypoints": "#00e5ff",
    "predictions": "#9b7bff",
    "image_label": "#ffb000",
    "image_labels": "#ffb000",
    "predicted_label": "#9b7bff",
    "predicted_labels": "#9b7bff",
}
SIDEBAR = [
    ("labels", [*FIELD_COLORS], True),
    ("annotool", ["severity", "rules", "score", "findings", "messages", "file_name"], True),
    ("tags", ["tags"], False),
    ("metadata", ["metadata.width", "metadata.height"], False),
    ("other", ["id", "filepath", "created_at", "last_modified_at"], False),
]


def queue_rules(items: Sequence[Item]) -> list[tuple[str, str, int]]:
    """Return code, slug and number of findings for each rule with findings in an image, in the order of the queue."""
    found = Counter((each.rule, each.slug) for each in items if each.sample)
    return [(rule, slug, count) for (rule, slug), count in found.items()]
