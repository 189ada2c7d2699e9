"""sample_data/faulty/yolo: what is changed in which file, and what an audit has to say."""

from collections.abc import Callable, Mapping
from typing import Any

from sample_data.maker import yolo
from sample_data.maker.plant import Finding, grades
from sample_data.maker.truth import CATEGORIES, Picture

Change = Callable[[list[str]], str]

DATASET = "faulty/yolo"


def sides(**new: str) -> Change:
    """Set fields of a row, written as given."""

    def change(fields: list[str]) -> str:
        return " ".join({**dict(zip(("c", "x", "y", "w", "h"), fields, strict=True)), **new}.values())

    return change


# picture, row (from 0), the row that stands there instead, what the audit says
ROWS: list[tuple[int, int, Change, str]] = [
    (1, 0, lambda f: " ".join([*f, "0.87"]), "FMT002 error none"),  # a prediction saved as label
    (1, 1, ",".join, "FMT002 error safe"),
    (1, 2, lambda f: " ".join(["orange", *f[1:]]), "FMT002 error unsafe"),
    (1, 3, lambda f: " ".join(["0.0", *f[1:]]), "FMT002 error safe"),
    (1, 4, lambda f: " ".join(["-1", *f[1:]]), "FMT002 error none"),
    (2, 0, sides(x="nan"), "SCH004 error unsafe"),
    (2, 1, sides(w="0.000000"), "BOX001 error unsafe"),
    (3, 0, sides(c="7"), "CLS001 error none"),
    (3, 1, sides(x="0.950000", w="0.140000"), "BOX002 error unsafe"),
    (3, 2, sides(y="0.900000", h="0.206000"), "BOX002 warning safe"),
    (4, 0, sides(w="0.003000"), "BOX003 warning unsafe"),
    (5, 0, lambda f: f[0] + " 0.10 0.10 0.30 0.10 0.30 0.30 0.10 0.32", "FMT001 error unsafe"),
    (6, 0, sides(x="120", y="60", w="40", h="36"), "FMT003 error unsafe"),
]

# picture, row that is repeated at the end, what differs, what the audit says
COPIES: list[tuple[int, int, Change, str]] = [
    (18, 0, " ".join, "DUP001 warning safe"),
    (19, 0, lambda f: sides(x=f"{float(f[1]) + 0.005:.6f}")(f), "DUP002 warning unsafe"),
    (20, 0, sides(c="2"), "DUP003 warning none"),
]

EMPTY_IMAGE = 8  # 0 bytes: IMG001
CUT_IMAGE = 9  # no end marker: IMG002
WITHOUT_LABEL = 10  # SCH012
TWIN = (17, 1)  # in val, the bytes of a train image: SPL001
UTF16, BOM = 11, 12  # SCH001

# file, its text, what the audit says, of which line
FILES: list[tuple[str, str, str, int]] = [
    ("data.yaml", yolo.data_yaml().replace("nc: 3", "nc: 4"), "FMT004 error safe", 3),
    ("classes.txt", "banana\napple\norange\n", "CLS006 error unsafe", 1),
    ("labels/train/classes.txt", "apple\nbanana\norange\n", "FMT002 info none", 1),
    ("labels/train/fruit_099.txt", "0 0.500000 0.500000 0.200000 0.200000\n", "SCH011 warning none", 1),
]

WHOLE = "BOX003 info none"


def build(pictures: list[Picture], files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Finding]]:
    """Return the files of the dataset, paths below DATASET, and the findings of its audit."""
    by_number = {picture.number: picture for picture in pictures}
    rows = {picture.number: yolo.rows(picture) for picture in pictures}
    findings = [Finding(DATASET, *grade) for grade in grades(WHOLE)]
    for number, at, change, verdict in ROWS:
        before = rows[number][at]
        rows[number][at] = change(before.split())
        findings += of_row(by_number[number], at, before, verdict)
    for number, at, change, verdict in COPIES:
        rows[number].append(change(rows[number][at].split()))
        findings += of_row(by_number[number], len(rows[number]) - 1, rows[number][-1], verdict)
    written = {
        yolo.label_name(by_number[n]): "".join(f"{row}\n" for row in own).encode() for n, own in rows.items()
    }
    for number, encoding, verdict, line in (
        (UTF16, "utf-16", "SCH001 error none", ""),
        (BOM, "utf-8-sig", "SCH001 warning safe", 1),
    ):
        label = yolo.label_name(by_number[number])
        written[label] = written[label].decode().encode(encoding)
        findings += of_image(by_number[number], verdict, file=label, line=line)
    del written[yolo.label_name(by_number[WITHOUT_LABEL])]
    findings.append(Finding(DATASET, "SCH012", "info", "none", split="train"))
    for file, text, verdict, line in FILES:
        written[file] = text.encode()
        findings += [Finding(DATASET, *grade, file=file, line=line) for grade in grades(verdict)]
    written |= {yolo.image_name(picture): files[picture.name] for picture in pictures}
    written |= changed_images(by_number, files)
    for number, verdict in (
        (EMPTY_IMAGE, "IMG001 error none"),
        (CUT_IMAGE, "IMG002 warning none"),
        (TWIN[0], "SPL001 error unsafe"),
    ):
        findings += of_image(by_number[number], verdict)
    return written, findings


def changed_images(pictures: Mapping[int, Picture], files: Mapping[str, bytes]) -> dict[str, bytes]:
    cut = pictures[CUT_IMAGE]
    return {
        yolo.image_name(pictures[EMPTY_IMAGE]): b"",
        yolo.image_name(cut): files[cut.name].removesuffix(b"\xff\xd9"),
        yolo.image_name(pictures[TWIN[0]]): files[pictures[TWIN[1]].name],
    }


def of_row(picture: Picture, at: int, row: str, verdict: str) -> list[Finding]:
    """Return the findings of a row; `row` is a text whose first field is the class it is read with."""
    index = int(row.split()[0])
    category = CATEGORIES[index] if not verdict.startswith(("FMT002", "CLS001")) else ""
    file, image = yolo.label_name(picture), yolo.image_name(picture)
    return [
        Finding(DATASET, *grade, file=file, line=at + 1, image=image, category=category, split=picture.split)
        for grade in grades(verdict)
    ]


def of_image(picture: Picture, verdict: str, **place: Any) -> list[Finding]:
    """Return the findings of an image, or of its label file as a whole: then `place` names that."""
    return [
        Finding(DATASET, *grade, image=yolo.image_name(picture), split=picture.split, **place)
        for grade in grades(verdict)
    ]
