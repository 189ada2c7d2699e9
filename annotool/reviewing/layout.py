"""The metadata.json beside samples.json: which fields there are, and of what kind."""

from __future__ import annotations

from typing import Any

__all__ = ["metadata"]

Doc = dict[str, Any]
TEXT, NUMBER, WHOLE, YES = "StringField", "FloatField", "IntField", "BooleanField"
LABELS = {
    "ground_truth": ("Detections", "detections", "Detection"),
    "proxies": ("Detections", "detections", "Detection"),
    "predictions": ("Detections", "detections", "Detection"),
    "proposals": ("Detections", "detections", "Detection"),
    "outlines": ("Polylines", "polylines", "Polyline"),
    "keypoints": ("Keypoints", "keypoints", "Keypoint"),
    "image_labels": ("Classifications", "classifications", "Classification"),
    "predicted_labels": ("Classifications", "classifications", "Classification"),
}
OURS = [("rules", TEXT, True), ("source_id", TEXT, False), ("review", TEXT, False), ("reason", TEXT, False)]
INNER = {
    "Detection": [("bounding_box", NUMBER, True), ("confidence", NUMBER, False), *OURS],
    "Polyline": [("closed", YES, False), ("filled", YES, False), ("rules", TEXT, True)],
    "Keypoint": [("rules", TEXT, True)],
    "Classification": [("confidence", NUMBER, False), *OURS],
}  # fmt: skip
OWN = [("file_name", TEXT, False), ("severity", TEXT, False), ("rules", TEXT, True), ("score", NUMBER, False),
       ("findings", WHOLE, False), ("messages", TEXT, True)]  # fmt: skip


def metadata(name: str, fields: list[str]) -> Doc:
    """Return the metadata of a dataset with these label fields. The version is an old one, which every FiftyOne reads."""
    own = [
        leaf("id", "ObjectIdField", db_field="_id"),
        leaf("filepath", TEXT),
        several("tags", TEXT),
        nested("metadata", "metadata.ImageMetadata", [leaf("width", WHOLE), leaf("height", WHOLE)]),
        *(several(each, kind) if many else leaf(each, kind) for each, kind, many in OWN),
        *(labels(each) for each in fields),
    ]
    return {
        "name": name,
        "version": "1.0.0",
        "media_type": "image",
        "sample_fields": own,
        "info": {},
        "classes": {},
    }


def leaf(name: str, kind: str, db_field: str | None = None) -> Doc:
    return {
        "name": name,
        "ftype": f"fiftyone.core.fields.{kind}",
        "embedded_doc_type": None,
        "subfield": None,
        "fields": [],
        "db_field": db_field or name,
        "description": None,
        "info": None,
    }


def several(name: str, kind: str) -> Doc:
    return leaf(name, "ListField") | {"subfield": f"fiftyone.core.fields.{kind}"}


def nested(name: str, kind: str, fields: list[Doc]) -> Doc:
    whole = leaf(name, "EmbeddedDocumentField")
    return whole | {"embedded_doc_type": f"fiftyone.core.{kind}", "fields": fields}


def labels(name: str) -> Doc:
    shared = [leaf("id", "ObjectIdField", db_field="_id"), several("tags", TEXT), leaf("label", TEXT)]
    outer, inner, one = LABELS.get(name, ("", "", "Classification"))
    more = [several(each, kind) if many else leaf(each, kind) for each, kind, many in INNER[one]]
    if not outer:
        return nested(name, "labels.Classification", [*shared, *more])
    if one in ("Polyline", "Keypoint"):
        more.append(leaf("points", "PolylinePointsField" if one == "Polyline" else "KeypointsField"))
    held = several(inner, "EmbeddedDocumentField") | {
        "embedded_doc_type": f"fiftyone.core.labels.{one}",
        "fields": [*shared, *more],
    }
    return nested(name, f"labels.{outer}", [held])
