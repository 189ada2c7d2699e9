"""The ids of images and labels in the App: they hold the row they stand for, so that what comes back is known again."""

from __future__ import annotations

__all__ = ["EDITABLE", "FIELDS", "kin", "label_id", "sample_id"]

FIELDS = {
    "ground_truth": 1,
    "proxies": 2,
    "outlines": 3,
    "proposals": 5,  # before predictions: what comes first the App draws above what comes later
    "predictions": 4,
    "image_label": 6,
    "keypoints": 7,
    "image_labels": 8,
    "predicted_label": 9,
    "predicted_labels": 10,
}
EDITABLE = ("ground_truth", "proxies", "image_label", "image_labels")
OF_ANNOTATIONS = {FIELDS[name] for name in (*EDITABLE, "outlines", "keypoints")}


def sample_id(image: int) -> str:
    """Return the 24 hex digits that stand for an image."""
    return f"{0xA0:08x}{image:016x}"


def label_id(field: str, row: int) -> str:
    """Return the 24 hex digits that stand for a row of annotations or predictions (a finding, for proposals)."""
    return f"{FIELDS[field]:08x}{row:016x}"


def kin(label: str) -> tuple[str, int] | None:
    """Return what a label stands for: ("annotation", row), which a box, its proxy, outline and keypoints share, or
    ("finding", number) for a proposal; None for a model's, and for what a person drew."""
    try:
        field, row = int(label[:8], 16), int(label[8:], 16)
    except ValueError:
        return None
    if len(label) != 24 or row >= 2**40:  # one that FiftyOne made has random digits there
        return None
    if field == FIELDS["proposals"]:
        return "finding", row
    return ("annotation", row) if field in OF_ANNOTATIONS else None
