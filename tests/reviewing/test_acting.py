"""The buttons, pressed in a context that behaves as FiftyOne's."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from annotool.reviewing import acting, folder
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Item, Review


class Told(list[tuple[str, tuple[Any, ...]]]):
    """What the App was told to do."""

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **_: self.append((name, given))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    items = [Item(0, "f0", "IMG003", "s", "error", 1.0, "", "a.jpg", "000000a0" + "0" * 16),
             Item(1, "f1", "BAL001", "s", "info", 0.1, "", where="labels.json")]  # fmt: skip
    folder.save(tmp_path / "findings.jsonl", items)
    review = Review("r", ["/data"], "0", "ann", "now", [], 1, 0, 2, reasons=["occluded"])
    (tmp_path / "review.json").write_bytes(msgspec.json.encode(review))
    monkeypatch.setenv("ANNOTOOL_REVIEW", str(tmp_path))
    acting.desk.cache_clear()
    return acting.desk()


def context(**params: Any) -> Any:
    return SimpleNamespace(params=params, ops=Told(), current_sample=None, selected_labels=None, dataset=None)


def test_a_decision_carries_its_reason_and_opens_what_is_next(desk: Desk) -> None:
    ctx = context(number=0, reason="occluded")
    done = acting.act(ctx, "ignore")
    assert done["decided"] == [0] and desk.entries()[0].reason == "occluded"
    ((name, (text,)),) = ctx.ops
    assert name == "notify" and "1 finding of no image" in text


def test_what_is_of_no_image_is_decided_in_the_table_and_said_to_be_left(desk: Desk) -> None:
    ctx = context()
    acting.show(ctx, desk.items[1])
    assert ctx.ops[0][0] == "notify" and "in this table" in ctx.ops[0][1][0]
    desk.decide(desk.items[:1], "accept")
    ctx = context()
    acting.show(ctx, desk.next(-1))
    assert "1 finding of no image" in str(ctx.ops[0][1])
    assert acting.act(context(number=1), "accept", advance=False)["decided"] == [1]
    ctx = context()
    acting.show(ctx, desk.next(-1))
    assert "All 2 findings are decided" in str(ctx.ops[0][1])


def test_where_there_is_no_label_nothing_is_deleted_and_that_is_said(desk: Desk) -> None:
    ctx = context(number=0)
    assert acting.act(ctx, "delete") == {"decided": []}
    assert "no label to delete" in ctx.ops[0][1][0]
    assert desk.progress() == (0, 2)
