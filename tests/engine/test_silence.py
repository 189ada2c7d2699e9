from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from annotool.engine.silence import silence
from annotool.findings import Findings, Severity, block
from annotool.rules.sch.missing_or_invalid_field import MissingOrInvalidField
from annotool.testing import tiny

DATA = tiny(images=2, annotations=[{"image": 0}, {"image": 0}, {"image": 1}])
ECHO = Findings(
    (
        block(
            "E",
            "echo",
            3,
            image=np.array([0, 0, 1]),
            annotation=np.arange(3),
            source=0,
            severity=Severity.ERROR,
        ),
    )
)


@pytest.mark.parametrize(
    ("named", "severity", "left", "silenced"),
    [
        ({"annotation": 1, "image": 0, "source": 0}, Severity.WARNING, [0, 2], 1),
        ({"image": 0, "source": 0}, Severity.WARNING, [2], 2),
        ({"source": 0}, Severity.ERROR, [], 3),
        pytest.param({"source": 0}, Severity.WARNING, [0, 1, 2], 0, id="a warning does not condemn a file"),
        pytest.param({"annotation": 1}, Severity.INFO, [0, 1, 2], 0, id="a fact condemns nothing"),
        pytest.param({}, Severity.ERROR, [0, 1, 2], 0, id="a finding of the whole dataset condemns no row"),
    ],
)
def test_the_narrowest_named_is_condemned(
    named: dict[str, Any], severity: Severity, left: list[int], silenced: int
) -> None:
    cause = Findings((block("C", "cause", 1, severity=severity, **named),))
    rest, counted = silence(DATA, ECHO, {"C": cause}, {"C": MissingOrInvalidField()})
    assert rest.column("annotation").tolist() == left
    assert counted["C"].column("silenced").tolist() == [silenced]
    assert cause.column("silenced").tolist() == [0]


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({"pointer": "/annotations/1/bbox"}, [0, 2]),
        ({"pointer": "/annotations/1/id"}, [0, 1, 2]),
        ({"values": {"field": "xmin"}}, [0, 2]),
        pytest.param({"values": {"field": "truncated"}}, [0, 1, 2], id="a flag spoils no box"),
    ],
)
def test_a_field_apart_condemns_nothing(named: dict[str, Any], left: list[int]) -> None:
    cause = Findings((block("SCH002", "cause", 1, severity=Severity.ERROR, annotation=1, **named),))
    rest, _ = silence(DATA, ECHO, {"SCH002": cause}, {"SCH002": MissingOrInvalidField()})
    assert rest.column("annotation").tolist() == left
