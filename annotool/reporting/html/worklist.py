"""The annotators' worklist: every flagged image with its address in the labelling tool, the worst first."""

from __future__ import annotations

import numpy as np

from annotool.findings import Severity
from annotool.reporting.counts import rule_numbers
from annotool.reporting.html.markup import tag, text, web_link
from annotool.reporting.told import Told
from annotool.wording import plural

__all__ = ["worklist"]

MOST = 5_000  # images; a page stays small, and nobody works through more
HEADS = ("image", "errors", "warnings", "infos", "rules")


def worklist(told: Told) -> str:
    """A table of the flagged images; empty where no column `url` was joined, or no image is flagged."""
    data, findings = told.data, told.findings.new
    row = data.image_rows(findings.column("image"))
    some = np.flatnonzero(row >= 0)
    if "url" not in data.joined or not len(some):
        return ""
    rules, rule = rule_numbers(findings)
    images, at = np.unique(row[some], return_inverse=True)
    counts = np.zeros((len(images), len(Severity)), dtype=np.int64)
    np.add.at(counts, (at, findings.column("severity")[some]), 1)
    has = np.zeros((len(images), len(rules)), dtype=bool)
    has[at, rule[some]] = True
    order = np.lexsort((images, *(-counts[:, grade] for grade in Severity)))[:MOST]  # errors weigh most
    names, urls, codes = data.table("images")["file_name"], data.joined["url"], np.array(rules, dtype=object)
    body = (
        tag(
            "tr",
            tag("td", web_link(urls[image], names[image]))
            + "".join(tag("td", f"{count:,}") for count in reversed(counts[each].tolist()))
            + tag("td", text(" ".join(codes[has[each]].tolist()))),
        )
        for each, image in zip(order.tolist(), images[order].tolist(), strict=True)
    )
    head = tag("thead", tag("tr", (tag("th", each, scope="col") for each in HEADS)))
    table = tag("table", head + tag("tbody", body))
    box = tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Worklist")
    more = (
        f"{plural(len(images) - MOST, 'more image is', 'more images are')} flagged; csv has them."
        if len(images) > MOST
        else ""
    )
    says = "Every flagged image, the worst first, with its address in the labelling tool."
    return tag("section", tag("h2", "Worklist") + tag("p", says) + box + tag("p", more), id="worklist")
