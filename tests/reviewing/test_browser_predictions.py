"""What a model says, in the real App: decided there, and mended with the model's score in the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from annotool import api
from annotool.fixes.decisions import Decision
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Box
from tests.reviewing import driving
from tests.reviewing.conftest import REPOSITORY, Opened, close_review, open_review
from tests.reviewing.test_browser import decided

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.review, pytest.mark.browser, pytest.mark.xdist_group("browser")]
CASES = REPOSITORY / "sample_data" / "faulty" / "cases"


@pytest.fixture
def page() -> Iterator[Page]:
    with driving.browser() as page:
        yield page


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    case = CASES / request.param
    told = str(case / "predictions")
    opened = open_review(case / "data", tmp_path, request.param, "--predictions", told, "--reviewer", "ann")
    yield opened
    close_review(opened)


def start(page: Page) -> None:
    page.get_by_text(driving.START).click()
    page.wait_for_function("() => /decided/.test(document.querySelector('#annotool-bar')?.innerText)")
    page.locator(driving.LOADED).wait_for()


def mended(opened: Opened, tmp_path: Path) -> tuple[list[Decision], list[dict[str, Any]], Path]:
    """The decisions, the journal's lines of changes, and the mended copy."""
    said = decided(opened, tmp_path / "d.jsonl")
    case, out = CASES / opened.name, tmp_path / "out"
    api.fix(case / "data", out=out, decisions=[tmp_path / "d.jsonl"], predictions=case / "predictions")
    lines = [json.loads(line) for line in (out / "fixes.jsonl").read_text().splitlines()]
    return said, lines[1:-1], out


@pytest.mark.parametrize("opened", ["LBL001"], indirect=True)
def test_labels_of_images_are_mended_by_key_and_in_annotate(
    page: Page, opened: Opened, tmp_path: Path
) -> None:
    first, second = Desk(opened.place).items
    page.goto(opened.url)
    page.locator("[data-cy=tag-predicted_label]").first.wait_for()
    assert page.locator("[data-cy=tag-predicted_label]").first.inner_text() == "apple, 0.873"
    start(page)
    assert "labelled 'orange' (0.05), likely 'apple' (0.87)" in driving.bar(page)
    driving.picture(page, "LBL001-1-finding")
    driving.decide(page, "a")
    page.wait_for_url(f"**id={second.sample}*")
    page.locator("[data-cy=annotate]").click()
    label = Box(second.label, second.sample, second.field, second.box, second.file, second.name,
                (None,) * 4, (0.0,) * 4, (1.0, 1.0))  # fmt: skip
    driving.relabel(page, label, "orange")
    driving.picture(page, "LBL001-2-relabelled")
    said, changes, out = mended(opened, tmp_path)
    assert {(each.action, each.image) for each in said} == {("accept", first.file), ("relabel", second.file)}
    before = (CASES / "LBL001" / "data" / "labels.csv").read_text()
    after = before.replace(f"{first.file},orange", f"{first.file},apple")
    after = after.replace(f"{second.file},apple", f"{second.file},orange")
    assert (out / "labels.csv").read_text() == after
    scores = {each["rule"]: each.get("score") for each in changes}
    assert scores == {"LBL001": pytest.approx(0.873), "REVIEW": None}


@pytest.mark.parametrize("opened", ["PRD001"], indirect=True)
def test_boxes_are_added_relabelled_and_replaced_as_predicted(
    page: Page, opened: Opened, tmp_path: Path
) -> None:
    items = Desk(opened.place).items
    assert [each.rule for each in items] == ["PRD001", "PRD002", "PRD003", "PRD004"]
    page.goto(opened.url)
    start(page)
    page.wait_for_timeout(1500)  # the zoom
    canvas = page.locator(driving.LOADED)
    driving.until(lambda: driving.colored(driving.pixels(canvas), "proposals", 24) > 20, page)
    shown = driving.pixels(canvas)
    assert driving.colored(shown, "predictions", 24) > 20, "the model's other boxes are another colour"
    driving.picture(page, "PRD001-1-finding")
    for key in "aaad":
        assert items[Desk(opened.place).progress()[0]].message in driving.bar(page)
        driving.decide(page, key)
    said, changes, out = mended(opened, tmp_path)
    assert [each.action for each in said] == ["accept", "accept", "accept", "delete"]
    scores = {each["rule"]: each.get("score") for each in changes}
    assert scores == {
        **dict.fromkeys(("PRD001", "PRD002", "PRD003"), pytest.approx(0.97)), "REVIEW": None,
    }  # fmt: skip
    assert {each["reviewer"] for each in changes} == {"ann"}
    left = api.audit(api.read(out, predictions=CASES / "PRD001" / "predictions"), select=["PRD"])
    assert not len(left)
