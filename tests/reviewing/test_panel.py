"""What the panel's buttons, lists and rows do, executed as the App does, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from annotool.reviewing.desk import Desk
from annotool.reviewing.views import GRID_PANEL
from tests.reviewing.conftest import Opened
from tests.reviewing.test_operators import executed

pytestmark = [pytest.mark.review, pytest.mark.xdist_group("panel")]

Call = tuple[str, dict[str, Any]]


def event(method: str, rule: str = "", rows: list[dict[str, Any]] | None = None, **params: Any) -> Call:
    """An event of the panel while it shows a rule and these rows."""
    state = {"pick": {"rule": rule} if rule else {}, "rows": rows or []}
    told = {"panel_id": "panel", "panel_state": state, "__method__": method, **params}
    return "annotool_findings", {"params": told}


def called(told: list[Any]) -> list[str]:
    """What the App is asked to do."""
    return [each.rpartition("/")[2] for each in told[1]]


def test_all_of_a_rule_at_once_and_all_of_it_back(faulty: Opened) -> None:
    desk = Desk(faulty.place)
    bounds, area = desk.of_rule("BOX002"), desk.of_rule("BOX005")
    assert len(bounds) == 3 and len(area) == 2
    out, tags, _ = executed(faulty, event("accept_all", "BOX002"), event("ignore_all", "BOX005"))
    assert {number: each.action for number, each in desk.decided().items()} == {
        **{each.number: "accept" for each in bounds},
        **{each.number: "ignore" for each in area},
    }
    assert all("reload_dataset" in called(each) and "notify" in called(each) for each in out)
    labelled = {each.label for each in (*bounds, *area) if each.label}
    assert labelled == set(tags), "the App shows what was decided"
    _, tags, _ = executed(faulty, event("take_back"))
    assert set(desk.decided()) == {each.number for each in bounds}, "one undo takes the whole bulk back"
    assert set(tags) == {each.label for each in bounds}


def test_without_a_rule_nothing_is_done_at_once(faulty: Opened) -> None:
    desk = Desk(faulty.place)
    before = desk.decided()
    out, _, _ = executed(faulty, event("accept_all"), event("ignore_all", "all rules"))
    assert desk.decided() == before and all("notify" in called(each) for each in out)


def test_the_actions_of_a_row(faulty: Opened) -> None:
    desk = Desk(faulty.place)
    left = [each for each in desk.table() if each.label][:4]
    rows = [{"number": each.number} for each in left]
    out, _, _ = executed(
        faulty,
        *(event(f"row_{name}", rows=rows, row=at) for at, name in enumerate(("accept", "ignore", "delete", "open"))),
    )  # fmt: skip
    decided = desk.decided()
    assert [decided[each.number].action for each in left[:3]] == ["accept", "ignore", "delete"]
    assert left[3].number not in decided, "to open is not to decide"
    assert "open_sample" in called(out[3]) and "set_selected_labels" in called(out[3])


def test_behind_an_open_image_the_panel_is_left_as_it_is(faulty: Opened) -> None:
    name, told = event("on_change_current_sample")
    in_the_grid = {**told["params"], "panel_id": GRID_PANEL}
    out, _, _ = executed(
        faulty,
        (name, {"params": in_the_grid, "current_sample": "000000a00000000000000001"}),
        (name, {"params": in_the_grid}),
        (name, {**told, "current_sample": "000000a00000000000000001"}),
    )
    assert ["patch_panel_data" in called(each) for each in out] == [False, True, True]


def test_a_view_that_hides_boxes_is_warned_of(faulty: Opened) -> None:
    name, told = event("on_change_view")
    out, _, _ = executed(faulty, (name, {**told, "limit": 3}), (name, {**told, "only": "apple"}))
    assert ["notify" in called(each) for each in out] == [False, True]


def test_what_opens(faulty: Opened) -> None:
    desk = Desk(faulty.place)
    first = desk.next(-1)
    assert first is not None
    out, _, _ = executed(
        faulty,
        event("on_load"),
        event("start"),
        ("open_next", {"current_sample": first.sample}),
        ("open_next", {"current_sample": first.sample, "limit": 3}),
    )
    assert "show_panel_output" in called(out[0])
    assert "open_sample" in called(out[1])
    following = desk.next(first.number)
    assert following is not None and out[2][0]["about"]["number"] == following.number
    assert "clear_view" not in called(out[2])
    assert called(out[3]).index("clear_view") < called(out[3]).index("open_sample"), (
        "the next one may be outside of the view"
    )
