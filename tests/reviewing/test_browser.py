"""The real App in a real browser: what a person does there comes back, and nothing else.

Screenshots for a person to look at go to $ANNOTOOL_SCREENSHOTS, else to annotool-screenshots in the temporary folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from annotool import api
from annotool.fingerprint import fingerprints
from annotool.fixes.decisions import Decision, box_marks, read
from annotool.reviewing import folder
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Box
from tests.reviewing.conftest import CHROMIUM, REPOSITORY, Opened, close_review, open_review

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.review, pytest.mark.browser, pytest.mark.xdist_group("browser")]

PICTURES = Path(
    os.environ.get("ANNOTOOL_SCREENSHOTS") or Path(tempfile.gettempdir()) / "annotool-screenshots"
)
START = "Start: open the next finding"


@pytest.fixture
def page() -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(60_000)
        page.add_init_script("localStorage.setItem('fiftyone-enterprise-tooltip-seen', 'true')")
        yield page
        browser.close()


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def bar(page: Page) -> str:
    return str(page.locator("#annotool-bar").inner_text())


def press(page: Page, key: str) -> float:
    """Press a key and wait until the bar says something else; return the seconds."""
    begun, old = time.monotonic(), bar(page)
    page.keyboard.press(key)
    page.wait_for_function("old => document.querySelector('#annotool-bar').innerText !== old", arg=old)
    return time.monotonic() - begun


def start(page: Page, opened: Opened) -> None:
    page.goto(opened.url)
    page.get_by_text(START).wait_for()
    page.wait_for_timeout(1500)
    picture(page, f"{opened.name}-1-grid")
    page.get_by_text(START).click()
    page.wait_for_function("() => /decided/.test(document.querySelector('#annotool-bar').innerText)")
    page.wait_for_timeout(2500)
    picture(page, f"{opened.name}-2-finding")


def annotate(page: Page, boxes: list[Box]) -> None:
    """Relabel the first box, widen the second, delete the third, and draw one, in FiftyOne's Annotate tab."""
    page.locator("[data-cy=annotate]").click()
    page.wait_for_timeout(2000)
    picture(page, "annotate-0")
    page.locator(f"[data-cy=annotate-label-{boxes[0].id}]").click()
    page.locator("[data-cy=root_label_container]").get_by_text("orange", exact=True).click()
    page.wait_for_timeout(2000)
    picture(page, "annotate-1-relabel")
    page.locator("[data-cy=annotate-edit-back]").click()
    page.locator(f"[data-cy=annotate-label-{boxes[1].id}]").click()
    width = page.locator("[data-cy=root_dimensions_width_container] input")
    width.fill("0.11")
    width.press("Enter")
    page.wait_for_timeout(2000)
    page.locator("[data-cy=annotate-edit-back]").click()
    page.locator(f"[data-cy=annotate-label-{boxes[2].id}]").click()
    page.locator("[data-cy=label-menu-trigger]").click()
    page.get_by_text("Delete label").click()
    page.wait_for_timeout(2000)
    if page.locator("[data-cy=annotate-edit-back]").count():
        page.locator("[data-cy=annotate-edit-back]").click()
    page.wait_for_timeout(1000)
    drawing = page.get_by_text("Click and drag to create a bounding box")
    if not drawing.count():
        page.locator("[data-cy=detection-mode]").click()
    drawing.wait_for()
    seat = page.locator("[data-cy=lighter-sample-renderer-canvas]").bounding_box()
    assert seat is not None
    x, y = seat["x"] + seat["width"] / 2, seat["y"] + seat["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 30, steps=5)
    page.mouse.move(x + 80, y + 60, steps=5)
    page.mouse.up()
    page.wait_for_timeout(3000)
    picture(page, "annotate-2-draw")
    page.locator("[data-cy=explore]").click()
    page.wait_for_timeout(1500)


def decided(opened: Opened, file: Path) -> list[Decision]:
    env = {**os.environ, "ANNOTOOL_REVIEWS": str(opened.home)}
    words = [sys.executable, "-m", "annotool", "decisions", opened.name, "--out", str(file)]
    done = subprocess.run(words, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return read(file)


def quiet_image(opened: Opened) -> tuple[str, list[Box]]:
    """An image with findings, and three of its boxes that nothing was found of."""
    desk = Desk(opened.place)
    flagged, left = {each.box for each in desk.items}, {each.sample for each in desk.table()}
    free: dict[str, list[Box]] = {}
    for box in folder.lines(opened.place / "boxes.jsonl", Box):
        if box.mark not in flagged and box.field == "ground_truth" and box.label != "orange":
            free.setdefault(box.sample, []).append(box)
    return next((sample, boxes[:3]) for sample, boxes in free.items() if len(boxes) >= 3 and sample in left)


def test_what_a_person_does_comes_back_and_is_done(faulty: Opened, page: Page, tmp_path: Path) -> None:
    start(page, faulty)
    desk = Desk(faulty.place)
    for key in "aid":
        press(page, key)
    asked = [
        next(each for each in desk.items if each.number == number).fingerprint for number in desk.decided()
    ]
    sample, boxes = quiet_image(faulty)
    current = desk.next(2)
    for _ in desk.items:
        if current is None or current.sample == sample:
            break
        press(page, "s")
        current = desk.next(current.number)
        assert current is not None
        page.wait_for_url(f"**id={current.sample}*")
    assert current is not None and current.sample == sample
    page.wait_for_timeout(1000)
    annotate(page, boxes)
    page.keyboard.press("Escape")
    page.wait_for_timeout(1000)
    page.goto(faulty.url.replace("?workspace=review", ""))
    page.wait_for_timeout(3000)
    if "id=" in page.url:
        page.keyboard.press("Escape")
    page.get_by_text("all rules").first.click()
    page.get_by_text("SCH003 missing-eval-field").last.click()
    page.wait_for_timeout(1500)
    page.get_by_text("Accept all of the rule").click()
    page.wait_for_timeout(2500)
    picture(page, "bulk")
    bulk = [each.fingerprint for each in desk.items if each.rule == "SCH003"]
    said = decided(faulty, tmp_path / "d.jsonl")
    by_finding = {each.fingerprint: each.action for each in said if each.fingerprint}
    assert by_finding == {
        **dict(zip(asked, ("accept", "ignore", "delete"), strict=True)),
        **dict.fromkeys(bulk, "accept"),
    }
    by_hand = {(each.action, each.box) for each in said if not each.fingerprint}
    marks = [each.mark for each in boxes]
    assert by_hand == {("relabel", marks[0]), ("move", marks[1]), ("delete", marks[2]), ("draw", "")}
    check_fix(said, tmp_path, boxes)


def check_fix(said: list[Decision], tmp_path: Path, boxes: list[Box]) -> None:
    """The fix does exactly that: the boxes named change, one is new, all others stay as they are."""
    source = REPOSITORY / "sample_data" / "faulty" / "coco"
    data, out = api.read(source), tmp_path / "out"
    made = api.fix(source, out=out, decisions=[tmp_path / "d.jsonl"])
    after = api.read(out)
    accepted = {each.fingerprint for each in said if each.action == "accept"}
    assert not accepted & set(fingerprints(after, api.audit(after)).tolist())
    assert not {each.mark for each in boxes} & set(box_marks(after).tolist())
    assert "ignored.jsonl" in {each.name for each in out.iterdir()}
    assert all(note.startswith("reviewers") is False for note in made.notes)
    old, new = records(source), records(out)
    gone, added = [each for each in old if each not in new], [each for each in new if each not in old]
    touched = len({each.box or each.fingerprint for each in said if each.action not in ("ignore", "draw")})
    assert len(gone) <= touched and len(added) <= touched + 1
    assert not len(api.fix(out, decisions=[tmp_path / "d.jsonl"]).changes)
    assert len(data.table("annotations")) > 0


def records(root: Path) -> list[Any]:
    found = []
    for file in sorted(root.rglob("*.json")):
        found += json.loads(file.read_bytes()).get("annotations", [])
    return [json.dumps(each) for each in found]


def sixty(root: Path) -> Path:
    """A dataset of sixty images, a box outside of each."""
    from PIL import Image

    images = [{"id": at, "file_name": f"{at}.png", "width": 320, "height": 240} for at in range(1, 61)]
    boxes = [{"id": at, "image_id": at, "category_id": 1, "bbox": [250 + at, 100, 100, 90], "area": 9000, "iscrowd": 0}
             for at in range(1, 61)]  # fmt: skip
    (root / "images").mkdir(parents=True)
    for each in images:
        Image.new("RGB", (320, 240), (40, 90, int(str(each["id"])))).save(
            root / "images" / str(each["file_name"])
        )
    whole = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "thing"}]}
    (root / "labels.json").write_text(json.dumps(whole))
    return root


def test_fifty_decisions_without_leaving_the_image(page: Page, tmp_path: Path) -> None:
    home = tmp_path / "reviews"
    home.mkdir()
    opened = open_review(sixty(tmp_path / "set"), home, "sixty", "--select", "BOX002")
    try:
        start(page, opened)
        seconds = sorted(press(page, "ia"[number % 2]) for number in range(50))
        page.wait_for_timeout(1500)
        picture(page, "sixty-3-after-fifty")
        decided = [each.action for _, each in sorted(Desk(opened.place).decided().items())]
        assert decided == ["ignore", "accept"] * 25
        print(
            f"\n{opened.seconds:.1f} s to the address; {seconds[25]:.2f} s a decision, {seconds[-1]:.2f} s at most"
        )
        assert seconds[25] < 5
    finally:
        close_review(opened)


def test_real_images_are_drawn(page: Page, real_data: Path, tmp_path: Path) -> None:
    opened = open_review(real_data / "bccd_voc" / "BCCD", tmp_path, "bccd")
    try:
        start(page, opened)
        assert "of 13 decided" in bar(page)
        press(page, "i")
        page.wait_for_timeout(2500)
        picture(page, "bccd-3-next")
        assert page.locator("[data-cy=modal-looker-container] canvas[canvas-loaded=true]").count() == 1
    finally:
        close_review(opened)
