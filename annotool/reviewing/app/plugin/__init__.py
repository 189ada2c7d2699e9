"""annotool in the FiftyOne App: a button for each thing a reviewer may decide, and a panel of findings."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from annotool.reviewing.acting import act, desk, hear, meant, show
from annotool.reviewing.marking import mark
from annotool.reviewing.words import BUTTONS, about

__all__ = ["register"]


class Deciding(foo.Operator):  # type: ignore[misc]
    """An operator that is a button in the open image."""

    action = ""

    @property
    def config(self) -> Any:
        label, _ = BUTTONS[self.action]
        return foo.OperatorConfig(
            name=self.action, label=f"annotool: {label}", allow_immediate_execution=True
        )

    def resolve_placement(self, ctx: Any) -> Any:
        label, icon = BUTTONS[self.action]
        button = types.Button(label=label, icon=icon, prompt=False)
        return types.Placement(types.Places.SAMPLES_VIEWER_ACTIONS, button)

    def execute(self, ctx: Any) -> dict[str, Any]:
        return act(ctx, self.action)


class Accept(Deciding):
    """The fault is one: its fix is to be made."""

    action = "accept"


class Ignore(Deciding):
    """It is no fault."""

    action = "ignore"


class Delete(Deciding):
    """The box is to go."""

    action = "delete"


class Skip(Deciding):
    """Later."""

    action = "skip"


class Undo(Deciding):
    """Take back what was decided last."""

    action = "undo"

    def execute(self, ctx: Any) -> dict[str, Any]:
        at = desk()
        back = at.undo()
        mark(ctx.dataset, back, None)
        if back:
            show(ctx, back[0])
        return {"undone": [each.number for each in back], "about": about(back[0] if back else None, at)}


class OpenNext(Deciding):
    """Open the next undecided finding."""

    action = "open_next"

    def execute(self, ctx: Any) -> dict[str, Any]:
        at = desk()
        hear(ctx, at)
        here = meant(ctx, at) if ctx.current_sample else []
        following = at.next(here[0].number if here else -1)
        show(ctx, following)
        return {"about": about(following, at)}


class About(foo.Operator):  # type: ignore[misc]
    """What the bar under the image says."""

    @property
    def config(self) -> Any:
        return foo.OperatorConfig(name="about", label="annotool: about", unlisted=True)

    def execute(self, ctx: Any) -> dict[str, Any]:
        at = desk()
        hear(ctx, at)
        found = meant(ctx, at)
        return about(found[0] if found else None, at)


def register(plugin: Any) -> None:
    """Tell FiftyOne what there is."""
    from annotool.reviewing.app.plugin.panel import Findings

    for each in (Accept, Ignore, Delete, Skip, Undo, OpenNext, About, Findings):
        plugin.register(each)
