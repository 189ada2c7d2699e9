"""annotool in the FiftyOne App: a panel of findings and a button for each thing a reviewer may decide."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Item
from annotool.reviewing.words import BUTTONS, COLUMNS, about, finding_text, progress_text, row

__all__ = ["register"]

EVERY = "all rules"


def desk() -> Desk:
    """The review that this server was started for."""
    return Desk(Path(os.environ["ANNOTOOL_REVIEW"]))


def meant(ctx: Any, at: Desk) -> list[Item]:
    """The findings an action is about: those named in its parameters, else the selected boxes', else the open image's."""
    if (number := ctx.params.get("number")) is not None:
        return [at.items[int(number)]]
    return at.meant(ctx.current_sample, [each["label_id"] for each in ctx.selected_labels or ()])


def mark(ctx: Any, items: Sequence[Item], state: str | None) -> None:
    """Tell each box in the App what was decided of it; the decision itself stands in the log."""
    for each in items:
        if not each.label:
            continue
        sample = ctx.dataset[each.sample]
        field = sample[each.field]
        label = next((one for one in field.detections if one.id == each.label), None) if field else None
        if label is not None:
            label.tags = [tag for tag in label.tags if not tag.startswith("annotool:")]
            label.tags += [f"annotool:{state}"] if state else []
            sample.save()


def show(ctx: Any, item: Item | None) -> None:
    """Open the image of a finding with its box selected."""
    if item is None:
        ctx.ops.notify("Nothing is left to decide.", variant="success")
        return
    if not item.sample:
        ctx.ops.notify(f"{item.rule} is not about an image that is shown: decide it in the table.")
        return
    ctx.ops.open_sample(id=item.sample)
    one = {"label_id": item.label, "sample_id": item.sample, "field": item.field}
    ctx.ops.set_selected_labels([one] if item.label else [])


def act(ctx: Any, action: str, advance: bool = True) -> dict[str, Any]:
    """Decide what is meant, then open what comes next."""
    at = desk()
    done = at.decide(meant(ctx, at), action, str(ctx.params.get("reason") or ""))
    if not done:
        ctx.ops.notify("No undecided finding here that this could be done to.", variant="warning")
        return {"decided": []}
    mark(ctx, done, None if action == "skip" else action)
    following = at.next(done[-1].number)
    if advance:
        show(ctx, following)
    return {"decided": [each.number for each in done], "about": about(following, at)}


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
        mark(ctx, back, None)
        if back:
            show(ctx, back[0])
        return {"undone": [each.number for each in back], "about": about(back[0] if back else None, at)}


class OpenNext(Deciding):
    """Open the next undecided finding."""

    action = "open_next"

    def execute(self, ctx: Any) -> dict[str, Any]:
        at = desk()
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
        found = meant(ctx, at)
        return about(found[0] if found else None, at)


class Findings(foo.Panel):  # type: ignore[misc]
    """The findings as a table, how far the review is, and what can be decided at once."""

    @property
    def config(self) -> Any:
        return foo.PanelConfig(
            name="annotool_findings", label="annotool findings", icon="fact_check", surfaces="grid modal"
        )

    def on_load(self, ctx: Any) -> None:
        self.fill(ctx)

    def on_change_current_sample(self, ctx: Any) -> None:
        self.fill(ctx)

    def fill(self, ctx: Any) -> None:
        """Put the findings as they stand into the panel."""
        at = desk()
        rule, order = self.picked(ctx, "rule", EVERY), self.picked(ctx, "order", "score")
        items = at.table("" if rule == EVERY else rule, order)
        following = at.next(-1)
        ctx.panel.state.set(
            {
                "rows": [row(each) for each in items],
                "progress": progress_text(at.progress(), at.review),
                "current": finding_text(following) if following else "Nothing is left to decide.",
            }
        )
        counts = at.rules()
        ctx.panel.set_data("counts", [{"type": "bar", "x": [each[0] for each in counts],
                                       "y": [each[2] for each in counts], "name": "undecided"}])  # fmt: skip

    def choose(self, ctx: Any) -> None:
        """Show one rule, or another order."""
        ctx.panel.state.set(ctx.params["path"], ctx.params.get("value"))
        self.fill(ctx)

    def picked(self, ctx: Any, name: str, default: str) -> str:
        """What stands in one of the two lists to choose from."""
        return str(ctx.panel.state.get(f"pick.{name}") or default)

    def of_row(self, ctx: Any, action: str) -> None:
        """Decide the finding of a row."""
        ctx.params["number"] = ctx.panel.state.rows[int(ctx.params["row"])]["number"]
        act(ctx, action, advance=False)
        self.fill(ctx)
        ctx.ops.reload_dataset()

    def row_accept(self, ctx: Any) -> None:
        self.of_row(ctx, "accept")

    def row_ignore(self, ctx: Any) -> None:
        self.of_row(ctx, "ignore")

    def row_delete(self, ctx: Any) -> None:
        self.of_row(ctx, "delete")

    def row_open(self, ctx: Any) -> None:
        show(ctx, desk().items[int(ctx.panel.state.rows[int(ctx.params["row"])]["number"])])

    def start(self, ctx: Any) -> None:
        """Open the first undecided finding."""
        show(ctx, desk().next(-1))

    def take_back(self, ctx: Any) -> None:
        """Undo what was decided last."""
        mark(ctx, desk().undo(), None)
        self.fill(ctx)
        ctx.ops.reload_dataset()

    def bulk(self, ctx: Any, action: str) -> None:
        """Decide all that is undecided of the rule that is shown."""
        rule = self.picked(ctx, "rule", EVERY)
        if rule == EVERY:
            ctx.ops.notify("Choose one rule above first.", variant="warning")
            return
        at = desk()
        done = at.decide(at.of_rule(rule), action)
        mark(ctx, done, action)
        ctx.ops.notify(f"{len(done)} findings of {rule}: {action}. Undo takes all of them back.")
        self.fill(ctx)
        ctx.ops.reload_dataset()

    def accept_all(self, ctx: Any) -> None:
        self.bulk(ctx, "accept")

    def ignore_all(self, ctx: Any) -> None:
        self.bulk(ctx, "ignore")

    def render(self, ctx: Any) -> Any:
        panel = types.Object()
        panel.md(f"**{ctx.panel.state.progress or ''}**", name="told")
        panel.md(ctx.panel.state.current or "", name="about")
        row_of = panel.h_stack("go", gap=1)
        row_of.btn("start", label="Start: open the next finding", on_click=self.start, variant="contained")
        row_of.btn("take_back", label="Undo", on_click=self.take_back)
        choices = types.DropdownView()
        choices.add_choice(EVERY, label=EVERY)
        for rule, slug, count in desk().rules():
            choices.add_choice(rule, label=f"{rule} {slug} ({count})")
        picked = panel.h_stack("pick", gap=1)
        picked.enum(
            "rule", choices.values(), label="Rule", view=choices, default=EVERY, on_change=self.choose
        )
        orders = types.DropdownView()
        for each in ("score", "rule", "severity"):
            orders.add_choice(each, label=f"by {each}")
        picked.enum(
            "order", orders.values(), label="Sort", view=orders, default="score", on_change=self.choose
        )
        many = panel.h_stack("many", gap=1)
        many.btn("accept_all", label="Accept all of the rule", on_click=self.accept_all)
        many.btn("ignore_all", label="Ignore all of the rule", on_click=self.ignore_all)
        table = types.TableView()
        for name, label in COLUMNS:
            table.add_column(name, label=label)
        for name, method in (("accept", self.row_accept), ("ignore", self.row_ignore),
                             ("delete", self.row_delete), ("open", self.row_open)):  # fmt: skip
            label, icon = BUTTONS[name]
            table.add_row_action(name, method, label=label, icon=icon)
        panel.list("rows", types.Object(), view=table)
        panel.plot("counts", height="240px", layout={"height": 220, "title": "Undecided, by rule"})
        return types.Property(panel, view=types.GridView(orientation="vertical", width=100, gap=2))


def register(plugin: Any) -> None:
    """Tell FiftyOne what there is."""
    for each in (Accept, Ignore, Delete, Skip, Undo, OpenNext, About, Findings):
        plugin.register(each)
