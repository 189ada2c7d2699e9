"""The real App in a real browser: what a person does there comes back, is done, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from annotool import api
from annotool.fingerprint import fingerprints
from annotool.fixes.decisions import Decision, box_marks, read
from annotool.reviewing import folder
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Box, Item
from tests.fixes.untouched import only_these
from tests.reviewing import driving
from tests.reviewing.conftest import REPOSITORY, Opened, close_review, open_review

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.review, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page() -> Iterator[Page]:
    with driving.browser() as page:
        yield page


@dataclass
class Done:
    """What was done in the App, as the files are to say it."""

    words: dict[str, str]  # of findings, by fingerprint
    by_hand: set[tuple[str, str]]  # of boxes: action, mark
    boxes: list[Box]  # relabelled, dragged, deleted
    label: str  # what the first became
    by: tuple[float, float]  # how far the second was dragged, pixels
    dropped: set[str]  # boxes whose accepted fix deletes them


def review(page: Page, opened: Opened, bulk: str) -> Done:
    """Do one of everything that can be done in the App."""
    desk = Desk(opened.place)
    driving.grid(page, opened)
    assert "0 of " in page.get_by_text("decided").first.inner_text()
    rows = page.get_by_role("row").count()
    assert rows > min(len(desk.items), 10), "the panel lists the findings"
    driving.picture(page, f"{opened.name}-1-grid")
    see_a_view(page, opened, desk.items[0].rule)
    page.goto(opened.url)
    driving.start(page)
    driving.picture(page, f"{opened.name}-2-finding")
    for number, (key, click) in enumerate((("", "accept"), ("i", ""), ("d", ""))):
        driving.decide(page, key, click)
        driving.picture(page, f"{opened.name}-3-after-{number + 1}")
    asked = {number: each.action for number, each in desk.decided().items()}
    assert sorted(asked.values()) == ["accept", "delete", "ignore"]
    boxes = walk_to_a_quiet_image(page, opened, desk)
    label = next(each for each in desk.review.classes if each and each != boxes[0].label)
    by = edit_by_hand(page, opened.name, boxes, label)
    many = accept_all(page, opened, bulk)
    words = {desk.items[number].fingerprint: action for number, action in asked.items()}
    words |= {each.fingerprint: "accept" for each in many}
    marks = [each.mark for each in boxes]
    by_hand = {("relabel", marks[0]), ("move", marks[1]), ("delete", marks[2]), ("draw", "")}
    dropped = {each.box for each in desk.items
               if words.get(each.fingerprint) == "accept" and each.proposal.startswith("delete the box")}  # fmt: skip
    return Done(words, by_hand, boxes, label, by, dropped)


def see_a_view(page: Page, opened: Opened, rule: str) -> None:
    """Open the saved view of a rule: its images are there and no others."""
    items = [each for each in Desk(opened.place).items if each.rule == rule and each.sample]
    images = len({each.sample for each in items})
    driving.open_view(page, f"{rule} {items[0].slug} ({len(items)})")
    page.get_by_text(f"{images} sample", exact=False).first.wait_for()
    page.wait_for_timeout(1500)
    driving.picture(page, f"{opened.name}-1-view")
    assert "view=" in page.url


def walk_to_a_quiet_image(page: Page, opened: Opened, desk: Desk) -> list[Box]:
    """Skip to an image with three boxes that nothing was found of; return those."""
    flagged, free = {each.box for each in desk.items}, dict[str, list[Box]]()
    for box in folder.lines(opened.place / "boxes.jsonl", Box):
        if box.mark not in flagged and box.field == "ground_truth":
            free.setdefault(box.sample, []).append(box)
    current = desk.next(max(desk.decided()))
    while current is not None and len(free.get(current.sample, ())) < 3:
        driving.decide(page, "s")
        current = desk.next(current.number)
    assert current is not None
    page.wait_for_url(f"**id={current.sample}*")
    return free[current.sample][:3]


def edit_by_hand(page: Page, name: str, boxes: list[Box], label: str) -> tuple[float, float]:
    """Relabel the first box, drag the second, delete the third and draw one, in FiftyOne's Annotate tab."""
    page.locator("[data-cy=annotate]").click()
    page.wait_for_timeout(1500)
    driving.relabel(page, boxes[0], label)
    driving.picture(page, f"{name}-4-relabelled")
    driving.back(page)
    by = driving.drag(page, boxes[1], (-9, -7))
    driving.picture(page, f"{name}-5-dragged")
    driving.back(page)
    driving.delete(page, boxes[2])
    driving.back(page)
    driving.draw(page)
    driving.picture(page, f"{name}-6-drawn")
    page.locator("[data-cy=explore]").click()
    page.wait_for_timeout(1000)
    page.keyboard.press("Escape")
    return by


def accept_all(page: Page, opened: Opened, rule: str) -> list[Item]:
    """Accept all that is left of a rule, in the panel; return what that was."""
    page.goto(opened.url.replace("?workspace=review", ""))
    page.wait_for_timeout(3000)
    if "id=" in page.url:
        page.keyboard.press("Escape")
    desk = Desk(opened.place)
    left, done = desk.of_rule(rule), desk.progress()[0]
    assert left
    driving.choose_rule(page, f"{rule} {left[0].slug} ({len(left)})")
    page.get_by_text("Accept all of the rule").click()
    page.get_by_text(f"{done + len(left)} of {len(desk.items)} decided").first.wait_for()
    driving.picture(page, f"{opened.name}-7-bulk")
    return left


def decided(opened: Opened, file: Path) -> list[Decision]:
    env = {**os.environ, "ANNOTOOL_REVIEWS": str(opened.home)}
    words = [sys.executable, "-m", "annotool", "decisions", opened.name, "--out", str(file)]
    done = subprocess.run(words, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return read(file)


def check(source: Path, done: Done, said: Sequence[Decision], file: Path, out: Path) -> None:
    """The decisions are those and no others; the fix makes them and touches no other byte; the next audit is without."""
    assert {each.fingerprint: each.action for each in said if each.fingerprint} == done.words
    hand = [each for each in said if not each.fingerprint]
    assert {(each.action, each.box) for each in hand} == done.by_hand and len(hand) == len(done.by_hand)
    by_action = {each.action: each.new for each in hand}
    moved, was = by_action["move"], done.boxes[1].xywh
    assert moved is not None and moved.box is not None and by_action["relabel"] is not None
    assert by_action["relabel"].category == done.label
    assert moved.box[:2] == was[:2], "sides that were not dragged keep their exact numbers"
    assert moved.box[2] - (was[2] or 0) == pytest.approx(done.by[0], abs=1.5)
    assert moved.box[3] - (was[3] or 0) == pytest.approx(done.by[1], abs=1.5)
    made = api.fix(source, out=out, decisions=[file])
    before, after = api.read(source), api.read(out)
    known = ("no fix of annotool", "moved away from their outlines")
    assert not [note for note in made.notes if not any(each in note for each in known)]
    only_these(before, after, said, done.dropped)
    words = done.words.items()
    prints = set(fingerprints(after, api.audit(after, baseline=out / "ignored.jsonl").new).tolist())
    assert not prints & {fingerprint for fingerprint, _ in words}
    marks = set(box_marks(after).tolist())
    assert not marks & {each.mark for each in done.boxes}
    assert len(marks) == len(after.table("annotations"))
    assert not len(api.fix(out, decisions=[file]).changes), "a second time nothing is left to do"


def test_what_a_person_does_comes_back_and_is_done(faulty: Opened, page: Page, tmp_path: Path) -> None:
    done = review(page, faulty, "BOX005")
    said = decided(faulty, tmp_path / "d.jsonl")
    check(REPOSITORY / "sample_data" / "faulty" / "coco", done, said, tmp_path / "d.jsonl", tmp_path / "out")


def test_an_edit_in_a_saved_view_is_that_edit_and_deletes_nothing(page: Page, tmp_path: Path) -> None:
    opened = open_review(REPOSITORY / "sample_data" / "faulty" / "coco", tmp_path, "viewed")
    try:
        desk = Desk(opened.place)
        item = next(each for each in desk.items if each.rule == "DUP002")
        boxes = [
            each for each in folder.lines(opened.place / "boxes.jsonl", Box) if each.sample == item.sample
        ]
        box = next(each for each in boxes if each.mark == item.box)
        assert boxes.index(box) > 0, "not the first one, so that an index into fewer boxes would be another's"
        label = next(each for each in desk.review.classes if each and each != box.label)
        driving.grid(page, opened)
        see_a_view(page, opened, item.rule)
        page.locator("canvas").first.click()
        page.locator(driving.LOADED).wait_for()
        page.locator("[data-cy=annotate]").click()
        driving.relabel(page, box, label)
        driving.back(page)
        driving.draw(page)
        said = decided(opened, tmp_path / "d.jsonl")
    finally:
        close_review(opened)
    assert {(each.action, each.box) for each in said} == {("relabel", box.mark), ("draw", "")}


def test_the_same_on_real_data(page: Page, real_data: Path, tmp_path: Path) -> None:
    source, home = real_data / "bccd_voc" / "BCCD", tmp_path / "reviews"
    home.mkdir()
    opened = open_review(source, home, "bccd")
    try:
        done = review(page, opened, "DUP002")
        said = decided(opened, tmp_path / "d.jsonl")
    finally:
        close_review(opened)
    check(source, done, said, tmp_path / "d.jsonl", tmp_path / "out")
