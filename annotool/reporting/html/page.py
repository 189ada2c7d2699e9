"""The page: verdict, what to do first, findings by rule with pictures, the balance."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

import numpy as np

from annotool.config import Config
from annotool.findings import Findings, Fix, Severity
from annotool.fixes.preview import asked
from annotool.metrics.balance import balance
from annotool.reporting.explained import paragraphs
from annotool.reporting.html.balance import section as balance_section
from annotool.reporting.html.filters import columns, counts, filters, grouped
from annotool.reporting.html.gallery import Gallery, linked, spread
from annotool.reporting.html.markup import data_json, exact, prose, tag, text
from annotool.reporting.html.shell import page
from annotool.reporting.html.worklist import worklist
from annotool.reporting.rows import Row, rows
from annotool.reporting.told import Told, notes, slug, summary
from annotool.reporting.verdict import grade_counts, idle, outcomes, verdict
from annotool.rules import registry
from annotool.rules.base import classifies
from annotool.table import Array
from annotool.wording import plural

__all__ = ["lines"]

LISTED, DRAWN = 100, 12  # findings of a rule and grade: in the list, in pictures
GRADES = ("error", "warning", "info")


def lines(told: Told) -> Iterator[str]:
    """Yield the page."""
    skip = tag("a", "Skip to findings", href="#findings", class_="skip")
    return page(named(told), head(told), main(told), skip)


def main(told: Told) -> Iterator[str]:
    yield first_steps(told)
    yield from findings(told)
    yield grouped(told)
    yield worklist(told)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # files hold numbers up to 1e308
        counted = balance(told.data)
    yield tag("section", tag("h2", "Balance") + balance_section(counted), id="balance")
    yield tag("section", tag("h2", "How this was made") + made(told), id="made")
    yield data_json("counts", counts(told))


def named(told: Told) -> str:
    return ", ".join(path.name for path in told.data.paths) or "dataset"


def head(told: Told) -> str:
    """The verdict, and findings a thousand annotations or labels."""
    data, found = told.data, summary(told.findings.new)
    word = "label" if classifies(data) else "annotation"
    sizes = (len(data.table("images")), len(data.table("annotations")), len(data.labels))
    facts = (
        f"{'+'.join(sorted(data.formats))}: {plural(sizes[0], 'image')}, {plural(sizes[1], word)}, "
        f"{plural(sizes[2], 'category')} ({', '.join(data.split_names) or 'no splits'})"
    )
    grade = next((each for each in GRADES if found[each]), "clean")
    boxes = []
    for each in GRADES:
        rate = f"{1000 * found[each] / sizes[1]:,.1f} in 1,000 {word}s" if sizes[1] else ""
        label = "infos" if each == "info" else f"{each}s"
        boxes.append(
            tag("div", tag("b", f"{found[each]:,}") + tag("span", label) + tag("small", rate), class_=each)
        )
    return (
        tag("h1", text(named(told)))
        + tag("p", text(verdict(told)), class_=f"verdict {grade}")
        + "".join(tag("p", text(says)) for says in outcomes(told))
        + tag("p", text(facts))
        + tag("div", boxes, class_="tiles")
    )


def first_steps(told: Told) -> str:
    """Commands to copy, in the order to run them."""
    fix = told.findings.column("fix")
    safe, unsafe = int((fix == Fix.SAFE).sum()), int((fix == Fix.UNSAFE).sum())
    model = told.data.facts.get("predictions", {}).get("file")
    paths = shlex.join([*map(str, told.data.paths), *(["--predictions", model] if model else [])])
    steps = []
    if safe:
        steps.append(
            (f"mends {plural(safe, 'finding')} without changing a fact", f"annotool fix {paths} --out mended")
        )
    if unsafe:
        steps.append(
            (
                f"shows {unsafe:,} changes of geometry, classes or records",
                f"annotool fix {paths} --unsafe-fixes --diff",
            )
        )
    if len(told.findings):
        steps.append(("opens what is left for a person to decide", f"annotool review {paths}"))
    if len(told.findings) and len(told.findings.new) == len(told.findings):
        steps.append(("lets CI stop at new faults only", f"annotool baseline {paths} --out baseline.jsonl"))
    if not steps:
        return ""
    items = (tag("li", tag("code", text(command)) + tag("span", text(f" {why}"))) for why, command in steps)
    return tag("section", tag("h2", "What to do first") + tag("ol", items, class_="steps"), id="first")


def findings(told: Told) -> Iterator[str]:
    """The filters, then each rule and grade, errors first."""
    data, found = told.data, told.findings.new
    yield '<section id="findings"><h2>Findings</h2>'
    if not len(found):
        known = len(told.findings)
        says = f"Nothing new was found; {plural(known, 'finding')} of the baseline."
        yield tag("p", says if known else "Nothing was found.") + "</section>"
        return
    yield filters(told)
    counted = grade_counts(found)
    order = sorted(counted, key=lambda each: (GRADES.index(each[0]), -counted[each], each[1]))
    chosen = sampled(found)
    gallery, names = Gallery(data), columns(data)
    images, annotation = data.image_rows(found.column("image")), found.column("annotation")
    rules = Config(rule=told.config.get("rule", {})).rules
    for grade, code in order:
        mine = chosen[grade, code]
        shown = list(rows(data, found, mine))
        at = spread(len(mine), DRAWN)
        edits = asked(data, rules[code], found, mine[at]) if code in rules else {}
        pictures = [
            gallery.figure(
                shown[each], int(images[mine[each]]), int(annotation[mine[each]]), edits.get(int(mine[each]))
            )
            for each in at
        ]
        yield rule(names, counted[grade, code], shown, pictures)
    yield "</section>"


def sampled(found: Findings) -> dict[tuple[str, str], Array]:
    """Positions of the findings that are listed, by grade and rule, spread over the dataset."""
    severity = found.column("severity")
    rule = np.repeat(np.arange(len(found.blocks)), [len(part) for part in found.blocks])
    codes = np.array([part.rule for part in found.blocks], dtype=object)[rule]
    chosen = {}
    for value in np.unique(severity).tolist():
        for code in set(codes[severity == value].tolist()):
            mine = np.flatnonzero((severity == value) & (codes == code))
            chosen[Severity(value).name.lower(), str(code)] = mine[list(spread(len(mine), LISTED))]
    return chosen


def rule(names: list[str], count: int, shown: list[Row], pictures: list[str]) -> str:
    """One rule: its count, why it matters, how it is mended, pictures, and a list."""
    code, grade = shown[0].rule, shown[0].severity
    rules = registry()
    words = paragraphs(rules[code]) if code in rules else []
    why = [each for each in words[1:] if each.startswith(("What:", "Why:", "Fix:"))]
    listed = "".join(record(row, names) for row in shown)
    more = (
        f"{plural(count - len(shown), 'more is', 'more are')} not listed here; json has them all."
        if count > len(shown)
        else ""
    )
    inner = tag("p", prose(words[0]) if words else "")
    inner += "".join(
        tag("p", tag("b", text(each.split(":")[0])) + prose(each[each.index(":") :])) for each in why
    )
    inner += tag("div", pictures, class_="gallery") if any(pictures) else ""
    head = tag("tr", "".join(tag("th", each, scope="col") for each in ("where", "image", "category", "what")))
    inner += tag(
        "div",
        tag("table", tag("thead", head) + tag("tbody", listed)),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_label=f"Findings of {code}, {grade}",
    ) + tag("p", more)
    title = (
        tag("span", f"{count:,}", class_="n")
        + tag("span", grade, class_=f"grade {grade}")
        + tag("code", text(code))
        + " "
        + text(slug(code))
    )
    return tag("details", tag("summary", title) + inner, class_="rule", data_rule=code, data_severity=grade)


def record(row: Row, names: list[str]) -> str:
    """One finding in the list, with what the filters ask for (`names`: joined columns)."""
    cells = (text(row.place), linked(row, row.image), text(row.category), text(row.message))
    sought = " ".join([row.place, row.image, row.message, *row.joined.values()]).lower()
    return tag(
        "tr",
        (tag("td", each) for each in cells),
        data_split=exact(row.split or ""),
        data_category=exact(row.category),
        data_text=sought,
        data_joined=json.dumps([exact(row.joined.get(name, "")) for name in names]) if names else None,
    )


def made(told: Told) -> str:
    """What was read, what was not run."""
    items = [tag("li", text(note)) for note in notes(told.data)]
    for why, codes in idle(told.findings, told.rules).items():
        items.append(tag("li", text(f"not run, or not on all: {' '.join(codes)}: {why}")))
    if told.command:
        items.append(tag("li", tag("code", text(told.command))))
    return tag("ul", items) if items else tag("p", "All rules ran.")
