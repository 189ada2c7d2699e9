from __future__ import annotations

import numpy as np
import pytest

from annotool.findings import Findings, Fix, Severity, Skipped, block
from annotool.reporting.told import Told
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
