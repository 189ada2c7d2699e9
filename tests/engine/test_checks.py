"""Rules asked by two processes answer as when one asks them."""

import os
from pathlib import Path

import numpy as np
import pytest

from annotool import api, parallel
from annotool.config import Config
from annotool.dataset import Dataset
from annotool.engine import checks
from annotool.engine.checks import answers
from annotool.findings import Findings
from annotool.rules.base import Rule

FAULTY = Path(__file__).parents[2] / "sample_data/faulty"
HERE = os.getpid()


def same(one: Findings, two: Findings) -> None:
    assert len(one.blocks) == len(two.blocks)
    for mine, other in zip(one.blocks, two.blocks, strict=True):
        assert (mine.rule, mine.message, set(mine.values)) == (other.rule, other.message, set(other.values))
        for name in mine.columns:
            assert mine.columns[name].dtype == other.columns[name].dtype
            assert len(mine) < 2 or mine.columns[name].strides == other.columns[name].strides
            np.testing.assert_array_equal(mine.columns[name], other.columns[name])
        for name, values in mine.values.items():
            assert values.tolist() == other.values[name].tolist()


@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_two_processes_answer_as_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = api.read(FAULTY / name)
    rules = {c: rule for c, rule in Config().rules.items() if not rule.formats or name in rule.formats}
    alone = answers(data, rules)
    asked: list[int] = []

    def asking(self: Rule, of: Dataset) -> str:
        asked.append(os.getpid())
        return ""

    monkeypatch.setattr(parallel, "possible", lambda: os.getpid() == HERE)
    monkeypatch.setattr(checks, "BYTES", parallel.LARGE)
    monkeypatch.setattr(type(rules["DUP001"]), "unable", asking)
    monkeypatch.setattr(type(rules["SCH010"]), "unable", asking)
    both = answers(data, rules)
    assert asked == [HERE]  # the other rule was asked elsewhere
    assert [*both] == [*alone] == [*rules]
    assert sum(len(found) for _, found in alone.values()) > 10
    for code, (why, found) in alone.items():
        assert both[code][0] == why
        same(found, both[code][1])
