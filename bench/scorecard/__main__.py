"""Plants each rule's fault in clean made-up datasets at 0.1, 1 and 10 % and counts what annotool finds.

python -m bench.scorecard                 every rule, and the peers that are installed -> docs/scorecard.md
python -m bench.scorecard BOX001 SEG      some rules, printed only
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from annotool import api
from annotool.config import Config
from annotool.reporting.rows import Row, rows
from bench.scorecard import cannot, documents, peers, plans, world
from bench.scorecard import faults as faults
from bench.scorecard.documents import Coco
from bench.scorecard.plans import FORMS, Plan
from bench.scorecard.world import Picture

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/scorecard.md"
IMAGES = 1000
RATES = (0.001, 0.01, 0.1)


pictures = cache(world.pictures)  # a process of `measured` has those of the one that made it


@dataclass(frozen=True)
class Score:
    """Of one plan at one rate: how many faults were planted, how many findings there are, how many are right."""

    planted: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.planted if self.planted else 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("codes", nargs="*", help="rules or prefixes; none: all")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--peers", type=Path, metavar="BIN", help="folder of the peers' commands")
    given = parser.parse_args()
    truth = pictures(given.images)
    chosen = [plan for plan in plans.PLANS if not given.codes or plan.rule.startswith(tuple(given.codes))]
    chosen.sort(key=lambda plan: (plan.rule, plans.ALL.index(plan.form)))
    lines = [
        *head(truth),
        *table(chosen, given.images),
        *not_planted(),
        *beside_peers(chosen, truth, given.peers),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if not given.codes and given.images == IMAGES:
        DOCUMENT.write_text(text)
    return 0


def head(truth: Sequence[Picture]) -> Iterator[str]:
    """What is measured, and what is found where nothing was planted."""
    things = sum(len(picture.things) for picture in truth)
    yield "# Scorecard: planted faults, and what is found of them"
    yield ""
    yield "Written by `make scorecard` (bench/scorecard); do not edit."
    yield ""
    yield (
        f"A clean made-up dataset of {len(truth):,} images and {things:,} objects, written in each format by code that is "
        "none of annotool's. The fault of each rule is planted in 0.1, 1 and 10 % of what the rule looks at (rows, images, "
        "label files); then annotool audits it with all rules on. A cell is precision / recall of the rule, and how many "
        "were planted. A rule on the whole dataset has to be silent without the fault and found with it; a rule on a "
        "share is tried at half and at twice its threshold."
    )
    yield ""
    yield "## Nothing planted"
    yield ""
    for name, form in FORMS.items():
        with tempfile.TemporaryDirectory() as folder:
            documents.write(form(truth).files(), Path(folder))
            told = audited(Path(folder), decode=True)
        errors = sum(each.severity == "error" for each in told)
        met = ", ".join(sorted({each.rule for each in told})) or "nothing"
        yield f"- {name}: {errors} errors; found: {met}"


def table(chosen: Sequence[Plan], images: int) -> Iterator[str]:
    """What was found of each plan; formats with the same figures share a row."""
    yield from (
        "",
        "## Planted",
        "",
        "| rule | formats | scope | 0.1 % | 1 % | 10 % | planted |",
        "|---|---|---|---|---|---|---|",
    )
    forms: dict[tuple[str, ...], list[str]] = {}
    below = dict[str, str]()
    for plan, scores in zip(chosen, measured(chosen, images), strict=True):
        line = (plan.rule, plan.scope, *cells(plan, scores), plan.what)
        forms.setdefault(line, []).append(plan.form)
        if any(each.precision < 1 or each.recall < 1 for each in scores):
            below[plan.rule] = plans.EXPLAINED.get(plan.rule, "NOT EXPLAINED")
    for (rule, scope, *rest), several in forms.items():
        yield f"| {rule} | {', '.join(several)} | {scope} | {' | '.join(rest)} |"
    yield from ("", "Below 1.00:", "", *([f"- {rule}: {why}" for rule, why in below.items()] or ["- none"]))


def measured(chosen: Sequence[Plan], images: int) -> Iterator[list[Score]]:
    """The scores of each plan at its rates, by a process a core."""
    jobs = [(plans.PLANS.index(plan), rate, images) for plan in chosen for rate in rates(plan)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        scores = pool.map(score, jobs)
        for plan in chosen:
            yield [next(scores) for _ in rates(plan)]


def score(job: tuple[int, float, int]) -> Score:
    at, rate, images = job
    return measure(plans.PLANS[at], pictures(images), rate)


def cells(plan: Plan, scores: Sequence[Score]) -> list[str]:
    """One cell a rate; of what is planted once or not, all in the first."""
    if plan.scope not in ("dataset", "share"):
        found = [f"{each.precision:.2f} / {each.recall:.2f} ({each.planted})" for each in scores]
        return found + ["no fault"] * (len(RATES) - len(found))  # so many would be no minority
    words = [
        ("found" if each.found else "MISSED") if each.planted else ("FALSE ALARM" if each.found else "silent")
        for each in scores
    ]
    return [" then ".join(words), "", ""]


def not_planted() -> Iterator[str]:
    yield from ("", "## Not planted", "", "What a format cannot hold, no one can plant in it.", "")
    yield from ("| rules | formats | why |", "|---|---|---|")
    for codes, several, why in cannot.REASONS:
        yield f"| {', '.join(codes)} | {', '.join(several)} | {why} |"


def beside_peers(chosen: Sequence[Plan], truth: Sequence[Picture], folder: Path | None) -> Iterator[str]:
    """Annotool and its peers on the same COCO files, image by image, since that is what all of them name."""
    names = peers.installed(folder) if folder else []
    if folder is None or not names:
        return
    yield from ("", "## Beside peers", "")
    yield (
        "The same COCO files at 1 %: precision / recall of the images named by anything a tool says that it does not say "
        f"of the clean files, whatever it calls the fault. {', '.join(peers.versions(folder, names))}. A dash: nothing said; "
        "*stops*: it gives up on the file."
    )
    yield from (
        "",
        f"| rule | planted | annotool | {' | '.join(names)} |",
        "|---|---|---|" + "---|" * len(names),
    )
    clean = {name: said(name, folder, FORMS["coco"](truth)) for name in names}
    for plan in chosen:
        if plan.form == "coco" and plan.scope in ("row", "image") and not plan.decode:
            made, wanted = planted(plan, truth, 0.01)
            assert isinstance(made, Coco)
            at = images_of(made, wanted) if plan.scope == "row" else wanted
            if not at:
                continue
            cells = [rated(ours(made) - {""}, at)]
            for name in names:
                told = said(name, folder, made)
                cells.append(
                    "*stops*"
                    if told is None
                    else rated({image for code, image in told - (clean[name] or set()) if image}, at)
                )
            yield f"| {plan.rule} | {plan.what} | {' | '.join(cells)} |"


def said(name: str, folder: Path, made: Coco | documents.Dataset) -> peers.Named | None:
    assert isinstance(made, Coco)
    with tempfile.TemporaryDirectory() as place:
        documents.write(made.files(), Path(place))
        return peers.PEERS[name][1](folder, Path(place), made)


def ours(made: Coco) -> set[str]:
    with tempfile.TemporaryDirectory() as place:
        documents.write(made.files(), Path(place))
        return {last(each.image) for each in audited(Path(place), decode=False)}


def images_of(made: Coco, wanted: set[str]) -> set[str]:
    """The names of the images of annotations named by key; empty where the reference itself is the fault."""
    found = set[str]()
    for name in wanted:
        file, _, pointer = name.partition("#/annotations/")
        split = file.removeprefix("annotations/instances_").removesuffix(".json")
        image = made.documents[split]["annotations"][int(pointer)]["image_id"]
        found |= peers.images_by_id(made, split).get(image, set())
    return found - {""}


def rated(found: set[str], wanted: set[str]) -> str:
    right = len(found & wanted)
    return f"{right / len(found):.2f} / {right / len(wanted):.2f}" if found and wanted else "-"


def rates(plan: Plan) -> tuple[float, ...]:
    if plan.scope == "share":
        return (plan.threshold / 2, plan.threshold * 2)
    return (0.0, 1.0) if plan.scope == "dataset" else tuple(rate for rate in RATES if rate <= plan.most)


def planted(plan: Plan, truth: Sequence[Picture], rate: float) -> tuple[documents.Dataset, set[str]]:
    """The documents with the fault, and the keys of the findings to expect."""
    rng = random.Random(f"{plan.rule} {plan.form} {rate}")
    made = FORMS[plan.form](truth)
    every = plans.candidates(made, plan.scope)
    can = [each for each in every if plan.can is None or plan.can(made, each)]
    many = min(len(can), max(1, round(rate * len(every)))) if rate else 0
    wanted = plan.plant(made, rng.sample(can, many), rng) if many else set()
    if plan.scope in ("share", "dataset"):
        wanted = {plan.rule} if rate > plan.threshold else set()
    return made, wanted


def measure(plan: Plan, truth: Sequence[Picture], rate: float) -> Score:
    """Plant at a rate, audit, compare."""
    made, wanted = planted(plan, truth, rate)
    with tempfile.TemporaryDirectory() as folder:
        documents.write(made.files(), Path(folder))
        told = audited(Path(folder), plan.decode, {plan.rule: plan.options})
    found = set[str]().union(*(named(plan, each) for each in told if each.rule == plan.rule))
    return Score(len(wanted), len(found), len(found & wanted))


def audited(folder: Path, decode: bool, options: Mapping[str, Mapping[str, Any]] | None = None) -> list[Row]:
    data = api.read(folder, decode=decode)
    return list(rows(data, api.audit(data, preview=True, config=Config(rule=options or {}))))


def named(plan: Plan, told: Row) -> set[str]:
    """The keys of a finding in the plan's scope; empty for one of the whole dataset where rows are planted."""
    if plan.scope in ("share", "dataset"):
        return {told.rule}
    if (
        plan.scope in ("image", "file") and "files" in told.values
    ):  # many at once are one finding that lists them
        return {each if plan.scope == "file" else Path(each).name for each in told.values["files"]}
    if plan.scope == "image":
        return {re.split(r"[\\\\/]", told.image)[-1]} if told.image else set()
    if plan.scope == "file":
        return {told.file} if told.file else set()
    if plan.scope == "category":
        return {told.category or str(told.values.get("name", ""))}
    if told.pointer:
        return {f"{told.file}#{'/'.join(told.pointer.split('/')[:3])}"}
    return {f"{told.file}:{told.line}"} if told.line else set()


def last(name: str) -> str:
    """A file's own name, whatever parts its path."""
    return re.split(r"[\\/]", name)[-1]


if __name__ == "__main__":
    sys.exit(main())
