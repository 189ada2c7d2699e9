from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from annotool.findings import Compared, Findings, Fix, Severity, Skipped, block
from annotool.reporting.told import Told
from annotool.table import Table
from annotool.testing import tiny


@pytest.fixture
def told() -> Told:
    """Two images, three findings: a box that leaves the second image, a name that looks like markup, a fact."""
    data = tiny(
        images=2,
        annotations=[{"box": (0, 0, 5, 5)}, {"image": 1, "box": (1, 1, 700, 4)}],
        categories=("cat", "[red]"),
        splits={"train": [0], "val": [1]},
    )
    outside = block(
        "BOX002",
        "box [bold] leaves by {by:.1f} px",
        1,
        values={"by": np.array([61.0])},
        severity=Severity.ERROR,
        fix=Fix.UNSAFE,
        source=0,
        image=1,
        annotation=1,
        category=0,
        line=4,
    )
    name = block(
        "CLS003",
        "same as {other}",
        1,
        values={"other": "[red]"},
        severity=Severity.WARNING,
        category=1,
        source=0,
    )
    fact = block("BAL001", "ratio {ratio}", 1, values={"ratio": np.array([np.inf])}, severity=Severity.INFO)
    return Told(data, Findings((fact, outside, name), (Skipped("IMG001", "no image files"),)))


NASTY = (
    'a|b\\|c `code` ``two`` <script>alert(1)</script> [x](http://evil.example) @everyone #1 www.evil.example ]]> & "q"\n'
    "::error file=x::boo%0A\r\x1b[31mred\x00 ![i](u) :,= \ud800 \u202e \ufffe ~~no~~ *b* _i_ {0}"
)


@pytest.fixture
def hostile() -> Told:
    """A dataset in which every text is an attack, and a finding on it."""
    data = tiny(
        images=[{"file_name": NASTY}],
        annotations=[{"box": (0, 0, 5, 5)}],
        categories=(NASTY,),
        splits={NASTY: [0]},
        sources=[{"file": NASTY}],
        joined={NASTY: np.array([NASTY], dtype=object)},
    )
    found = block("CLS001", "class {name}", 1, values={"name": NASTY}, severity=2, image=0, annotation=0, category=0,
                  source=0, line=3)  # fmt: skip
    whole = block("SPL003", "{name}", 1, values={"name": NASTY, "split": NASTY, "file": NASTY}, severity=1)
    told = Told(data, Findings((found, whole), (Skipped("IMG001", NASTY),)))
    return replace(told, statistics=True, group_by=NASTY)


@pytest.fixture
def many() -> Callable[..., Told]:
    """So many findings, all of one rule and file unless columns say otherwise."""
    return so_many


def so_many(count: int, images: int = 50, **columns: Any) -> Told:
    data = tiny(images=images, annotations=[{"image": at} for at in range(images)])
    at = np.arange(count) % images
    given = {
        "severity": 2,
        "source": 0,
        "line": np.arange(count) + 1,
        "image": at,
        "annotation": at,
        **columns,
    }
    values = {"by": np.arange(count) * 0.5}
    return Told(data, Findings((block("BOX002", "leaves by {by:.1f} px", count, values=values, **given),)))


@pytest.fixture
def compared(told: Told) -> Told:
    """The same told against a baseline that knows the fact, and two faults that are gone."""
    stale = {"rule": "BOX001", "image": "gone|`", "category": "cat", "split": "train", "file": "", "format": "",
             "reason": "", "by": ""}  # fmt: skip
    columns = {name: np.array([text], dtype=object) for name, text in stale.items()}
    columns |= {side: np.array([1.0]) for side in "xywh"}
    columns |= {"count": np.array([2]), "absent": np.array([False])}
    first, *rest = told.findings.blocks
    known = replace(first, columns=first.columns.with_columns(known=np.ones(len(first), dtype=bool)))
    baseline = Compared("known.jsonl", Table(columns))
    return replace(told, findings=replace(told.findings, blocks=(known, *rest), baseline=baseline))
