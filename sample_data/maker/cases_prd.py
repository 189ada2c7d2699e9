"""sample_data/faulty/cases/<CODE>: labels that a model speaks against; what it says lies in predictions/, they
in data/. See cases.py."""

import random
from typing import Any

from sample_data.maker import draw, voc
from sample_data.maker.cases import Case, Files, Maker, Painted
from sample_data.maker.plant import Finding
from sample_data.maker.truth import CATEGORIES, SEED, Picture, pictures

CROPS = 12  # of each category
WRONG = {
    "apple": (3, "orange"),
    "banana": (7, "apple"),
}  # of each the number of a crop, and what it is called
SURE, USUAL, FAINT = 0.97, 0.9, 0.07
FAULTS = {1: "missing", 2: "class", 3: "moved", 4: "spurious"}  # by number of the picture


def mislabelled(dataset: str, _: Painted) -> Case:
    """Fruits cut out, two of them under a wrong name."""
    chance = random.Random(f"{SEED}/probabilities")
    files: Files = {}
    rows, said, findings = ["file_name,label"], [f"file_name,{','.join(CATEGORIES)}"], []
    for category in CATEGORIES:
        for number, (name, data) in enumerate(crops(category).items()):
            at, other = WRONG.get(category, (-1, ""))
            label = other if number == at else category
            rows.append(f"images/{name},{label}")
            said.append(f"images/{name},{','.join(probabilities(category, chance))}")
            files[f"data/images/{name}"] = data
            if label != category:
                place: dict[str, Any] = {"line": len(rows), "image": f"images/{name}", "category": label}
                findings.append(
                    Finding(f"{dataset}/data", "LBL001", "warning", "unsafe", "labels.csv", **place)
                )
    files["data/labels.csv"] = "".join(f"{row}\n" for row in rows).encode()
    files["predictions/probabilities.csv"] = "".join(f"{row}\n" for row in said).encode()
    return files, findings


def crops(category: str) -> Files:
    """The first fruits of a category, cut out."""
    found: Files = {}
    for picture in pictures():
        image = draw.paint(picture)
        for at, fruit in enumerate(picture.fruits, 1):
            if fruit.category == category and len(found) < CROPS:
                name = f"{picture.name.rsplit('.', 1)[0]}_{at}.jpg"
                found[name] = draw.encode(image.crop(fruit.box), name)
    return found


def probabilities(category: str, chance: random.Random) -> list[str]:
    """What a good model says of a fruit: texts of three probabilities that sum up to 1."""
    sure, share = round(chance.uniform(0.8, 0.97), 3), chance.uniform(0.2, 0.8)
    second = round((1 - sure) * share, 3)
    others = iter((second, 1 - sure - second))
    return [f"{sure if each == category else next(others):.3f}" for each in CATEGORIES]


def disagreed(dataset: str, painted: Painted) -> Case:
    """VOC with a box missing, one of a wrong class, one moved, and one on nothing; detections as label files."""
    truth = pictures()
    files = {f"data/JPEGImages/{name}": data for name, data in painted(truth).items()}
    findings = []
    for picture in truth:
        stem = picture.name.rsplit(".", 1)[0]
        content, fault = voc.document(picture), FAULTS.get(picture.number, "")
        made = planted(fault, content["objects"], picture)
        text = voc.text(content)
        files[f"data/Annotations/{stem}.xml"] = text.encode()
        files[f"predictions/{stem}.txt"] = detections(picture, fault).encode()
        for rule, severity, fix, category, at in made:
            place: dict[str, Any] = {"file": f"../predictions/{stem}.txt", "line": at + 1}
            if rule != "PRD001":
                place = {"file": f"Annotations/{stem}.xml", "line": line_of(text, at)}
                place["pointer"] = f"/annotation/object[{at + 1}]"
            findings.append(
                Finding(
                    f"{dataset}/data", rule, severity, fix, image=picture.name, category=category, **place
                )
            )
    return files, findings


def planted(fault: str, objects: list[Any], picture: Picture) -> list[tuple[str, str, str, str, int]]:
    """Plant a fault in the objects of a picture; return rule, severity, fix, category and number of the object."""
    if not fault:
        return []
    first = objects[0]
    if fault == "missing":
        del objects[0]
        return [("PRD001", "warning", "unsafe", first["name"], 0)]
    if fault == "class":
        first["name"] = "orange"
        return [("PRD002", "warning", "unsafe", "orange", 0)]
    if fault == "moved":
        by = (first["xmax"] - first["xmin"]) * 3 // 4
        by = by if first["xmax"] + by <= picture.width else -by
        first["xmin"], first["xmax"] = first["xmin"] + by, first["xmax"] + by
        return [("PRD003", "warning", "unsafe", first["name"], 0)]
    if fault == "spurious":
        objects.append({**first, **free(picture)})
        return [("PRD004", "info", "none", first["name"], len(objects) - 1)]
    return []


def free(picture: Picture, side: int = 30) -> dict[str, int]:
    """Corners of a place where no fruit lies."""
    for y in range(2, picture.height - side, 4):
        for x in range(2, picture.width - side, 4):
            away = (
                x > b[2] or b[0] > x + side or y > b[3] or b[1] > y + side
                for b in (f.box for f in picture.fruits)
            )
            if all(away):
                return {"xmin": x + 1, "ymin": y + 1, "xmax": x + side, "ymax": y + side}
    raise ValueError(f"{picture.name}: no place is free")


def detections(picture: Picture, fault: str) -> str:
    """Each fruit as a detector saves it: class, box in fractions, confidence; sure of the one that a fault is about. Of
    pictures without a fault also a faint guess that the first fruit is another one."""
    found = [
        (fruit, fruit.category, SURE if fault and not at else USUAL)
        for at, fruit in enumerate(picture.fruits)
    ]
    if found and not fault:
        found.append((picture.fruits[0], "banana", FAINT))
    rows = []
    for fruit, category, score in found:
        x, y, w, h = fruit.xywh
        sides = (
            (x + w / 2) / picture.width,
            (y + h / 2) / picture.height,
            w / picture.width,
            h / picture.height,
        )
        rows.append(f"{CATEGORIES.index(category)} {' '.join(f'{each:g}' for each in sides)} {score:g}\n")
    return "".join(rows)


def line_of(text: str, number: int) -> int:
    """The line in which an object begins, from 1."""
    lines = text.split("\n")
    return [at for at, line in enumerate(lines, 1) if line.strip() == "<object>"][number]


CASES: dict[str, Maker] = {"LBL001": mislabelled, "PRD001": disagreed}
