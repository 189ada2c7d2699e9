"""What the App's buttons set off: a decision is logged and marked, and the next finding opens. `ctx` is FiftyOne's."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Item
from annotool.reviewing.marking import by_hand, mark
from annotool.reviewing.words import about, nothing_left

__all__ = ["act", "desk", "hear", "meant", "show"]


@cache
def desk() -> Desk:
    """The review that this server was started for."""
    return Desk(Path(os.environ["ANNOTOOL_REVIEW"]))


def meant(ctx: Any, at: Desk) -> list[Item]:
    """The findings an action is about: those named in its parameters, else the selected boxes', else the open image's."""
    if (number := ctx.params.get("number")) is not None:
        return [at.items[int(number)]]
    return at.meant(ctx.current_sample, [each["label_id"] for each in ctx.selected_labels or ()])


def show(ctx: Any, item: Item | None) -> None:
    """Open the image of a finding with its box selected."""
    if item is None:
        ctx.ops.notify(nothing_left(desk()), variant="success")
        return
    if not item.sample:
        ctx.ops.notify(f"{item.rule} is of no image that is shown here: decide it in this table.")
        return
    if ctx.request_params.get("view"):
        ctx.ops.clear_view()  # the next finding may be of an image outside of it
    ctx.ops.open_sample(id=item.sample)
    one = {"label_id": item.label, "sample_id": item.sample, "field": item.field}
    ctx.ops.set_selected_labels([one] if item.label else [])


def act(ctx: Any, action: str, advance: bool = True) -> dict[str, Any]:
    """Decide what is meant, then open what comes next."""
    at = desk()
    done = at.decide(meant(ctx, at), action, str(ctx.params.get("reason") or ""))
    if not done:
        text = "There is no label to delete here." if action == "delete" else "Nothing is undecided here."
        ctx.ops.notify(text, variant="warning")
        return {"decided": []}
    if action != "skip":
        mark(ctx.dataset, done, action)
    following = at.next(done[-1].number)
    if advance:
        show(ctx, following)
    return {"decided": [each.number for each in done], "about": about(following, at)}


def hear(ctx: Any, at: Desk) -> None:
    """Note which findings of the open image were decided in Annotate, and of which that was taken back there."""
    if ctx.current_sample:
        now, before = by_hand(ctx.dataset, at, ctx.current_sample), at.mended(ctx.current_sample)
        if new := [each for each in now if each not in before]:
            at.decide(new, "mend")
        if back := [each for each in before if each not in now]:
            at.unmend(back)
