"""The panel beside the images: the findings as a table, how far the review is, and what can be decided at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from annotool.reviewing.acting import act, desk, show
from annotool.reviewing.desk import Desk
from annotool.reviewing.marking import mark, take_up
from annotool.reviewing.views import GRID_PANEL
from annotool.reviewing.words import (
    BUTTONS,
    COLUMNS,
    finding_text,
    listed_text,
    nothing_left,
    plain,
    progress_text,
    row,
    rule_text,
    tagged_text,
)
from annotool.wording import plural

__all__ = ["Findings"]

HIDING = {  # stages of FiftyOne's
    "ExcludeLabels", "FilterField", "FilterKeypoints", "FilterLabels", "LimitLabels", "MapLabels", "SelectLabels", "SetField",
}  # fmt: skip
EVERY = "all rules"
NO_REASON = "no reason"
SORTS = ("score", "severity", "rule")
DONE = {"accept": "accepted", "ignore": "ignored"}
PLOT = {"height": 220, "margin": {"t": 10, "b": 60, "l": 50, "r": 10}}
CELLS = {  # the panel is narrow: the table fits it, and long names break
    "table": {"sx": {"minWidth": 0}},
    "tableHeadCell": {"sx": {"px": 1, "whiteSpace": "nowrap"}},
    "tableBodyCell": {
        "sx": {
            "px": 1,
            "fontSize": ".9rem",
            "overflowWrap": "anywhere",
            "&:first-of-type": {"whiteSpace": "nowrap"},
            "&:nth-of-type(2)": {"minWidth": 112},
        }
    },
}


class Findings(foo.Panel):  # type: ignore[misc]
    """The findings as a table, how far the review is, and what can be decided at once."""

    @property
    def config(self) -> Any:
        return foo.PanelConfig(
            name="annotool_findings", label="annotool findings", icon="fact_check", surfaces="grid modal"
        )

    def on_load(self, ctx: Any) -> None:
        self.renew(ctx)

    def on_change_view(self, ctx: Any) -> None:
        if hides(ctx.request_params.get("view") or ()):
            ctx.ops.notify(
                "This view hides boxes. Do not edit in Annotate while it is on: FiftyOne deletes what a view hides.",
                variant="error",
            )
        self.renew(ctx)

    def on_change_current_sample(self, ctx: Any) -> None:
        hidden = (
            ctx.current_sample and ctx.panel.id == GRID_PANEL
        )  # behind the image: the App would draw its grid anew
        if not hidden:
            self.fill(ctx)

    def renew(self, ctx: Any) -> None:
        """Take up what was said by tags, then fill the panel."""
        said, wrong = ([], []) if ctx.current_sample else take_up(ctx.dataset, desk())
        if said:
            ctx.ops.notify(tagged_text(said))
            ctx.ops.reload_dataset()
        if not ctx.current_sample:
            ctx.panel.state.unheard = "\n\n".join(plain(each) for each in wrong)
        self.fill(ctx)

    def fill(self, ctx: Any) -> None:
        """Put the findings as they stand into the panel."""
        at = desk()
        rule, order = self.rule(ctx), self.picked(ctx, "order", SORTS[0])
        items, every = at.table(rule, order), len(at.of_rule(rule))
        following = at.next(-1)
        ctx.panel.state.set(
            {
                "rows": [row(each) for each in items],
                "progress": progress_text(at.progress(), at.review),
                "current": finding_text(following) if following else nothing_left(at),
                "listed": listed_text(len(items), every),
                "chosen": rule_text(rule),
            }
        )
        counts = at.rules()
        ctx.panel.set_data("counts", bars([each[0] for each in counts], [each[2] for each in counts]))
        balance = sorted(at.review.balance.items(), key=lambda each: -each[1])[:40]
        ctx.panel.set_data("balance", bars([each[0] for each in balance], [each[1] for each in balance]))

    def choose(self, ctx: Any) -> None:
        """Show one rule, or another order."""
        ctx.panel.state.set(ctx.params["path"], ctx.params.get("value"))
        self.renew(ctx)

    def picked(self, ctx: Any, name: str, default: str) -> str:
        """What stands in one of the lists to choose from."""
        return str(ctx.panel.state.get(f"pick.{name}") or default)

    def rule(self, ctx: Any) -> str:
        """The code of the rule that is shown, or how codes begin; empty: all."""
        rule = self.picked(ctx, "rule", EVERY)
        return "" if rule == EVERY else rule

    def reason(self, ctx: Any) -> str:
        """The reason that is chosen; empty: none."""
        reason = self.picked(ctx, "reason", NO_REASON)
        return "" if reason == NO_REASON else reason

    def of_row(self, ctx: Any, action: str) -> None:
        """Decide the finding of a row."""
        ctx.params["number"] = ctx.panel.state.rows[int(ctx.params["row"])]["number"]
        ctx.params["reason"] = self.reason(ctx)
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
        self.renew(ctx)
        show(ctx, desk().next(-1))

    def take_back(self, ctx: Any) -> None:
        """Undo what was decided last."""
        back = desk().undo()
        mark(ctx.dataset, back, None)
        ctx.ops.notify(
            f"{plural(len(back), 'finding is', 'findings are')} undecided again."
            if back
            else "There is nothing to undo."
        )
        self.fill(ctx)
        ctx.ops.reload_dataset()

    def bulk(self, ctx: Any, action: str) -> None:
        """Decide all that is undecided of the rules that are shown."""
        rule, at = self.rule(ctx), desk()
        if not rule:
            ctx.ops.notify("Choose a rule above first.", variant="warning")
            return
        done = at.decide(at.of_rule(rule), action, self.reason(ctx))
        mark(ctx.dataset, done, action)
        ctx.ops.notify(
            f"{plural(len(done), 'finding')} of {rule} {DONE[action]}. Undo takes all of them back."
        )
        self.fill(ctx)
        ctx.ops.reload_dataset()

    def accept_all(self, ctx: Any) -> None:
        self.bulk(ctx, "accept")

    def ignore_all(self, ctx: Any) -> None:
        self.bulk(ctx, "ignore")

    def render(self, ctx: Any) -> Any:
        state, at = ctx.panel.state, desk()
        panel = types.Object()
        panel.md(f"**{state.progress or ''}**", name="told")
        if state.unheard:
            panel.md(f"**Look:** {state.unheard}", name="unheard")
        panel.md(state.current or "", name="about")
        row_of = panel.h_stack("go", gap=1)
        row_of.btn("start", label="Start: open the next finding", on_click=self.start, variant="contained")
        row_of.btn("take_back", label="Undo", on_click=self.take_back)
        picked = panel.h_stack("pick", gap=1)
        self.list_of(picked, "rule", "Rule", rules(at), EVERY)
        self.list_of(picked, "order", "Sort", {each: f"by {each}" for each in SORTS}, SORTS[0])
        if at.review.reasons:
            reasons = {each: each for each in (NO_REASON, *at.review.reasons)}
            self.list_of(picked, "reason", "Reason", reasons, NO_REASON)
        if state.chosen:
            panel.md(state.chosen, name="of_rule")
        if state.chosen and state.rows:
            many = panel.h_stack("many", gap=1)
            many.btn("accept_all", label="Accept all of the rule", on_click=self.accept_all)
            many.btn("ignore_all", label="Ignore all of the rule", on_click=self.ignore_all)
        if state.rows:  # an empty table says "No data provided"
            self.table(panel)
        panel.md(state.listed or "", name="listed_below")
        for name, title in (("counts", "Undecided findings, by rule"), ("balance", "Annotations, by class")):
            panel.md(f"**{title}**", name=f"{name}_title")
            panel.plot(name, height="220px", layout=PLOT, config={"displayModeBar": False})
        return types.Property(
            panel, view=types.GridView(orientation="vertical", width=100, gap=2, px=2, py=1)
        )

    def list_of(self, panel: Any, name: str, label: str, choices: dict[str, str], default: str) -> None:
        """Put in a list to choose from."""
        view = types.DropdownView()
        for value, text in choices.items():
            view.add_choice(value, label=text)
        panel.enum(name, view.values(), label=label, view=view, default=default, on_change=self.choose)

    def table(self, panel: Any) -> None:
        """Put in the table, with what can be done to a row."""
        table = types.TableView(componentsProps=CELLS)
        for name, label in COLUMNS:
            table.add_column(name, label=label)
        for name, method in (("accept", self.row_accept), ("ignore", self.row_ignore),
                             ("delete", self.row_delete), ("open", self.row_open)):  # fmt: skip
            label, icon = BUTTONS[name]
            table.add_row_action(name, method, label=label.partition(" (")[0], icon=icon)
        panel.list("rows", types.Object(), view=table)


def hides(stages: Iterable[dict[str, Any]]) -> bool:
    """Whether a view leaves out, or changes, boxes of the images it shows."""
    return any(str(each.get("_cls")).rpartition(".")[2] in HIDING for each in stages)


def rules(at: Desk) -> dict[str, str]:
    """What can be chosen of the rules: all, families of several, and each."""
    left = [each for each in at.rules() if each[2]]
    families: dict[str, list[int]] = {}
    for rule, _, count in left:
        families.setdefault(rule.rstrip("0123456789"), []).append(count)
    several = {
        name: f"{name}: all of them ({sum(counts)})" for name, counts in families.items() if len(counts) > 1
    }
    return {EVERY: EVERY} | several | {rule: f"{rule} {slug} ({count})" for rule, slug, count in left}


def bars(names: list[str], counts: list[int]) -> list[dict[str, Any]]:
    """A bar chart."""
    return [{"type": "bar", "x": names, "y": counts, "marker": {"color": "#ff6d04"}}]
