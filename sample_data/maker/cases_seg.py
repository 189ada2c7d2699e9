"""sample_data/faulty/cases/<CODE>: faults in outlines and masks, one record of ten. See cases.py."""

from collections.abc import Callable
from typing import Any

from sample_data.maker import coco
from sample_data.maker.cases import Case, Maker, Painted, apples, as_coco
from sample_data.maker.coco import Record
from sample_data.maker.plant import Finding, grades
from sample_data.maker.truth import small_pictures

FILE = "annotations/instances_train.json"
FAULTY = 2  # the record, counted from 0


def one_record(change: Callable[[Record], object], verdict: str) -> Maker:
    """Return what makes a case: ten apples, one record changed, and what an audit says of it."""

    def case(dataset: str, painted: Painted) -> Case:
        pictures = small_pictures()
        documents = apples(pictures)
        content = documents["train"]
        record = content["annotations"][FAULTY]
        change(record)
        place: dict[str, Any] = {
            "file": FILE,
            "line": coco.line_of(content, "annotations", FAULTY),
            "pointer": f"/annotations/{FAULTY}",
            "image": pictures[FAULTY].name,
            "annotation_id": record["id"],
            "category": "apple",
            "split": "train",
        }
        return as_coco(documents, painted(pictures)), [
            Finding(dataset, *grade, **place) for grade in grades(verdict)
        ]

    return case


def crossed(record: Record) -> None:
    """Two points of the outline change places."""
    ring = record["segmentation"][0]
    ring[4:6], ring[12:14] = ring[12:14], ring[4:6]


def above(record: Record) -> None:
    """The outline and its box stick out half a pixel above the image."""
    x, y, w, h = record["bbox"]
    ring = [n - (y + 0.5) * (at % 2) for at, n in enumerate(record["segmentation"][0])]
    record.update(bbox=[x, -0.5, w, h], segmentation=[[round(n, 2) for n in ring]])


def on_a_line(record: Record) -> None:
    """A second ring, whose points lie on a line."""
    x, y, *_ = record["bbox"]
    record["segmentation"].append([x + 5, y + 5, x + 9, y + 9, x + 7, y + 7])


def crumb(record: Record) -> None:
    """A second ring, of two square pixels."""
    x, y, *_ = record["bbox"]
    record["segmentation"].append([x + 5, y + 5, x + 7, y + 5, x + 7, y + 6, x + 5, y + 6])


def shown_bytes(record: Record) -> None:
    """The outline as pycocotools fills it, its counts being bytes as Python shows them."""
    shown = "b']V17X16K4M2M3O1N2O1O000010O0000O10O10000O2N1O3M2N3L5Jd_1'"
    record.update(segmentation={"size": [50, 80], "counts": shown})


def beside(record: Record) -> None:
    """A box 6 px beside its outline."""
    x, y, w, h = record["bbox"]
    record["bbox"] = [x + 6 if x + w + 6 <= 80 else x - 6, y, w, h]


def rectangles(dataset: str, painted: Painted) -> Case:
    """Three outlines of 24 are only their boxes."""
    pictures = small_pictures(24)
    documents = apples(pictures)
    for record in documents["train"]["annotations"][:3]:
        x, y, w, h = record["bbox"]
        record.update(segmentation=[[x, y, x + w, y, x + w, y + h, x, y + h]], area=w * h)
    return as_coco(documents, painted(pictures)), [Finding(dataset, "SEG007", "warning", "none")]


CASES: dict[str, Maker] = {
    "SEG002": one_record(crossed, "SEG002 warning unsafe"),
    "SEG003": one_record(above, "SEG003 warning safe"),
    "SEG004": one_record(on_a_line, "SEG004 warning unsafe"),
    "SEG005": one_record(crumb, "SEG005 info unsafe"),
    "SEG006": one_record(shown_bytes, "SEG006 error safe"),
    "SEG007": rectangles,
    "BOX006": one_record(beside, "BOX006 warning unsafe"),
}
