"""Which format cannot hold which fault, and why: each rule is planted in a format or stands here."""

from __future__ import annotations

from collections.abc import Sequence

from bench.scorecard.plans import ALL, YOLOS

NO_OUTLINES = ("voc", "yolo", "yolo pose", "yolo obb")
NO_KEYPOINTS = ("voc", "yolo", "yolo segment", "yolo obb")
OTHERS = ("voc", *YOLOS)  # than COCO

# Codes, formats, why.
REASONS: Sequence[tuple[tuple[str, ...], tuple[str, ...], str]] = (
    (("BOX002",), ("yolo segment",), "an outline outside, and the box that leaves with it, is SEG003"),
    (("BOX005",), OTHERS, "no area is written"),
    (("BOX006",), OTHERS, "a box or an outline is written, never both"),
    (("BOX009",), ("coco", "voc", "yolo", "yolo segment", "yolo pose"), "no oriented boxes"),
    (("CLS006",), ("voc",), "classes have names and no numbers"),
    (("CLS007",), ("coco", *YOLOS), "the classes are listed, in an order"),
    (
        ("FMT001", "FMT002", "FMT003", "FMT004", "FMT005", "SCH014"),
        ("coco", "voc"),
        "of YOLO's rows, data.yaml, folders and caches",
    ),
    (("FMT006", "FMT007"), ("coco", *YOLOS), "of Pascal VOC's xml"),
    (
        ("FMT008", "FMT009", "FMT011"),
        OTHERS,
        "no category ids that one can choose, no supercategories, no iscrowd",
    ),
    (("FMT010",), ("yolo segment", "yolo obb"), "points are written, no boxes"),
    (("FMT012",), ALL, "said by `convert` of what a target cannot hold, never by `audit`"),
    (("IMG003", "SCH009"), YOLOS, "no size is declared"),
    (("KPT001", "KPT002"), NO_KEYPOINTS, "no keypoints"),
    (("KPT003",), OTHERS, "no num_keypoints"),
    (
        ("LBL001", "LBL002", "LBL003", "LBL004", "LBL005"),
        ALL,
        "of labels for whole images, which stand in class folders and tables",
    ),
    (
        ("PRD001", "PRD002", "PRD003", "PRD004", "PRD005"),
        ALL,
        "of predictions, which are read beside labels of any format",
    ),
    (("SCH002",), YOLOS, "rows have no names for their numbers: one too few, or a word, is FMT002"),
    (("SCH003", "SCH005", "SCH006", "SCH007", "SCH008"), OTHERS, "no ids, no references, no area"),
    (("SCH011", "SCH012"), ("coco",), "no label file for each image"),
    (("SEG001",), ("yolo segment",), "a row of two points is a box (FMT001), an odd count FMT002"),
    (("SEG001", "SEG002", "SEG003", "SEG004", "SEG007"), NO_OUTLINES, "no outlines"),
    (("SEG005",), OTHERS, "one outline an object at most"),
    (("SEG006",), OTHERS, "no RLE"),
)

CANNOT = {(code, form): why for codes, forms, why in REASONS for code in codes for form in forms}
