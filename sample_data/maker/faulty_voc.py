"""sample_data/faulty/voc: what is changed in which file, and what an audit has to say."""

from collections.abc import Callable, Mapping
from typing import Any

from sample_data.maker import voc
from sample_data.maker.plant import Finding, grades, unchanged
from sample_data.maker.truth import Picture
from sample_data.maker.voc import Record

Change = Callable[[Record], object]

DATASET = "faulty/voc"

# picture, fruit in it, what changes in its object, what the audit says
OBJECTS: list[tuple[int, int, Change, str]] = [
    (1, 0, lambda r: r.pop("ymax"), "SCH002 error none"),
    (1, 1, lambda r: r.update(truncated="Unspecified"), "SCH002 error none"),
    (1, 2, lambda r: r.update(difficult="0.0"), "SCH002 error safe"),
    (2, 0, lambda r: r.update(xmin="nan"), "SCH004 error unsafe"),
    (3, 0, lambda r: r.update(xmin=r["xmax"], xmax=r["xmin"]), "BOX001 error unsafe"),
    (3, 1, lambda r: r.update(xmin=100, xmax=100, ymin=60, ymax=60), "BOX001 warning unsafe"),
    (4, 0, lambda r: r.update(xmin=100, xmax=100), "BOX003 warning unsafe"),
    (5, 0, lambda r: r.update(xmax=168), "BOX002 error unsafe"),
    (5, 1, lambda r: r.update(name="Banana"), "CLS003 warning unsafe, BAL002 info none"),
    (18, 1, lambda r: r.update(name="pear"), "SPL004 warning none, BAL002 info none"),
]

# picture, fruit in it, what is different in the copy that follows the others, what the audit says
COPIES: list[tuple[int, int, Change, str]] = [
    (19, 0, unchanged, "DUP001 warning safe"),
    (20, 0, lambda r: r.update(xmin=r["xmin"] + 1), "DUP002 warning unsafe"),
    (22, 0, lambda r: r.update(name="orange"), "DUP003 warning none"),
]

# picture, what changes in its file, what the audit says
FILES: list[tuple[int, Change, str]] = [
    (7, lambda d: d.update(width=0), "SCH009 error safe"),
    (8, lambda d: d.update(filename="IMG_0815.jpg"), "FMT006 warning safe"),
    (9, lambda d: d.update(filename="fruit_009.png"), "FMT006 warning safe"),
    (10, lambda d: d.update(width=2 * d["width"], height=2 * d["height"]), "IMG003 error safe"),
    (11, unchanged, "SCH010 error unsafe"),  # the image is not there
]

CUT = 12  # its file ends in the middle: SCH001
WITHOUT_XML = 13  # SCH012
BOTH_SPLITS = 15  # of the train list, named in val.txt as well: SPL001
ORPHAN = "fruit_099"  # a file of no image: SCH011

WHOLE = "BOX003 info none, BAL001 info none, CLS007 info safe"


def build(pictures: list[Picture], files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Finding]]:
    """Return the files of the dataset, paths below DATASET, and the findings of its audit."""
    documents = {picture.number: voc.document(picture) for picture in pictures}
    name = {picture.number: picture.name for picture in pictures}
    findings: list[Finding] = []
    for number, fruit, change, _ in OBJECTS:
        change(documents[number]["objects"][fruit])
    for number, fruit, change, _ in COPIES:
        record = dict(documents[number]["objects"][fruit])
        change(record)
        documents[number]["objects"].append(record)
    for number, change, _ in FILES:
        change(documents[number])
    for number, fruit, _, verdict in OBJECTS:
        findings += of_object(documents[number], fruit, verdict, pictures[number - 1])
    for number, _, _, verdict in COPIES:
        findings += of_object(
            documents[number], len(documents[number]["objects"]) - 1, verdict, pictures[number - 1]
        )
    for number, _, verdict in FILES:
        findings += of_file(pictures[number - 1], documents[number]["filename"], verdict)
    texts = {stem(picture): voc.text(documents[picture.number]) for picture in pictures}
    texts[stem(pictures[CUT - 1])] = texts[stem(pictures[CUT - 1])][:-120]
    last = texts[stem(pictures[CUT - 1])].count("\n") + 1
    findings += of_file(pictures[CUT - 1], name[CUT], "SCH001 error none", last)
    del texts[stem(pictures[WITHOUT_XML - 1])]
    findings.append(Finding(DATASET, "SCH012", "info", "none", split="train"))
    texts[ORPHAN] = voc.text({**documents[23], "filename": f"{ORPHAN}.jpg"})
    findings.append(Finding(DATASET, "SCH011", "warning", "none", file=f"Annotations/{ORPHAN}.xml", line=1))
    sets = voc.image_sets(pictures)
    sets["val"].append(stem(pictures[BOTH_SPLITS - 1]))
    findings.append(
        Finding(
            DATASET,
            "SPL001",
            "error",
            "unsafe",
            "ImageSets/Main/val.txt",
            9,
            image=name[BOTH_SPLITS],
            split="val",
        )
    )
    findings += [Finding(DATASET, *grade) for grade in grades(WHOLE)]
    written = {f"Annotations/{each}.xml": text.encode() for each, text in texts.items()}
    written |= {
        f"ImageSets/Main/{each}.txt": "".join(f"{s}\n" for s in stems).encode()
        for each, stems in sets.items()
    }
    written |= {f"JPEGImages/{each}": data for each, data in files.items() if each != name[11]}
    return written, findings


def stem(picture: Picture) -> str:
    return picture.name.rsplit(".", 1)[0]


def of_object(content: Record, index: int, verdict: str, picture: Picture) -> list[Finding]:
    """Return the findings of an object; those of its class as a whole name the class alone."""
    category = content["objects"][index]["name"]
    place: dict[str, Any] = {
        "file": f"Annotations/{stem(picture)}.xml",
        "line": voc.line_of(content, index),
        "pointer": f"/annotation/object[{index + 1}]",
        "image": picture.name,
        "split": picture.split,
    }
    places = {"BAL": {}, "CLS": {}, "SPL": {"split": picture.split}}
    return [
        Finding(DATASET, *grade, category=category, **places.get(grade[0][:3], place))
        for grade in grades(verdict)
    ]


def of_file(picture: Picture, image: str, verdict: str, line: int = 1) -> list[Finding]:
    """Return the findings of a whole file, which names the image so."""
    file = f"Annotations/{stem(picture)}.xml"
    return [
        Finding(DATASET, *grade, file=file, line=line, image=image, split=picture.split)
        for grade in grades(verdict)
    ]
