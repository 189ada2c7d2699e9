"""Faults of one format's dialect."""

from __future__ import annotations

import random

from bench.scorecard.documents import Voc, Yolo
from bench.scorecard.plans import Place, fault, file_of, keys, row, set_row


@fault("FMT001", "yolo segment")
def box_among_outlines(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a row of five numbers among outlines."""
    for place in chosen:
        number, *rest = row(made, place)
        set_row(made, place, [number, *rest[:4]])
    return keys(made, chosen)


@fault("FMT002", "yolo")
def malformed(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a row of four or six numbers, with commas, or with a name for a number."""
    for place in chosen:
        words = row(made, place)
        spelled = rng.choice([words[:4], [*words, "0.9"], [",".join(words)], ["kettle", *words[1:]]])
        set_row(made, place, spelled)
    return keys(made, chosen)


@fault("FMT003", "yolo", scope="file", can=lambda made, name: bool(made.labels[name]))
def pixels(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """a file of pixels where fractions belong."""
    for name in chosen:
        for at in range(len(made.labels[name])):
            number, cx, cy, w, h = row(made, (name, at))
            scaled = [float(cx) * 360, float(cy) * 240, float(w) * 360, float(h) * 240]
            set_row(made, (name, at), [number, *(f"{value:.1f}" for value in scaled)])
    return {file_of(made, name) for name in chosen}


@fault("FMT004", "yolo", scope="dataset")
def wrong_count(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """nc that is not the length of names."""
    made.config["nc"] = 5
    return set()


@fault("FMT006", "voc", scope="file")
def other_name(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """a <filename> that is not the xml's."""
    for stem in chosen:
        name = made.documents[stem].find("filename")
        if name is not None:
            name.text = f"copy_of_{stem}.jpg"
    return {file_of(made, stem) for stem in chosen}
