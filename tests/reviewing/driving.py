"""The FiftyOne App driven as a person does: clicks, keys and drags, each waited for until the App has taken it.

Screenshots for a person to look at go to $ANNOTOOL_SCREENSHOTS, else to annotool-screenshots in the temporary folder.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotool.reviewing.folder import Box
from annotool.reviewing.views import FIELD_COLORS
from tests.reviewing.conftest import CHROMIUM, Opened

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SCREENSHOTS = Path(
    os.environ.get("ANNOTOOL_SCREENSHOTS") or Path(tempfile.gettempdir()) / "annotool-screenshots"
)
START = "Start: open the next finding"
LOADED = "[data-cy=modal-looker-container] canvas[canvas-loaded=true]"
PATIENCE = 90_000  # milliseconds: the machines that run this are shared


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        held = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = held.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.add_init_script("localStorage.setItem('fiftyone-enterprise-tooltip-seen', 'true')")
        yield page
        held.close()


def picture(page: Page, name: str) -> None:
    """Keep what the screen shows now."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def drawn(place: Locator, near: int = 24) -> bool:
    """Whether a place shows boxes: pixels of their colours, to `near` of 255; thin lines are blended."""
    shown = pixels(place)
    return any(colored(shown, field, near) > 20 for field in ("ground_truth", "proxies", "proposals"))


def colored(shown: Any, field: str, near: int) -> int:
    """How many pixels have the colour of a label field."""
    wanted = [int(FIELD_COLORS[field][at : at + 2], 16) for at in (1, 3, 5)]
    return int((np.abs(shown - wanted).max(axis=2) <= near).sum())


def grid(page: Page, opened: Opened) -> None:
    """Open the review and wait for the panel and for boxes on the images."""
    page.goto(opened.url)
    page.get_by_text(START).wait_for()
    page.locator("canvas").first.wait_for()
    until(lambda: any(drawn(each, near=64) for each in page.locator("canvas").all()[:6]), page)


def until(good: Any, page: Page) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE / 1000
    while not good():
        assert time.monotonic() < end, "the App did not come to that"
        page.wait_for_timeout(200)


def start(page: Page) -> None:
    """Open the first finding."""
    page.get_by_text(START).click()
    page.wait_for_function("() => /decided/.test(document.querySelector('#annotool-bar').innerText)")
    page.locator(LOADED).wait_for()
    page.wait_for_timeout(1000)  # the zoom
    until(lambda: drawn(page.locator(LOADED)), page)


def bar(page: Page) -> str:
    """What the bar under the image says."""
    return str(page.locator("#annotool-bar").inner_text())


def decide(page: Page, key: str = "", click: str = "") -> float:
    """Press a key, or click a button of the bar, and wait until the next finding stands in the bar and its image is
    on the screen; return the seconds."""
    begun, old = time.monotonic(), bar(page)
    if key:
        page.keyboard.press(key)
    else:
        page.locator(f"#annotool-bar [data-action={click}]").click()
    page.wait_for_function("old => document.querySelector('#annotool-bar').innerText !== old", arg=old)
    page.locator(LOADED).wait_for()
    return time.monotonic() - begun


@contextmanager
def saved(page: Page, what: str) -> Iterator[None]:
    """Wait until the App has written to the database what is done inside; it writes other things of its own accord."""
    with page.expect_response(
        lambda told: told.request.method == "PATCH" and told.ok and what in (told.request.post_data or "")
    ):
        yield


def relabel(page: Page, box: Box, label: str) -> None:
    """Choose another class in the form."""
    page.locator(f"[data-cy=annotate-label-{box.id}]").click()
    with saved(page, json.dumps(label)):
        page.locator("[data-cy=root_label_container]").get_by_text(label, exact=True).click()


def drag(page: Page, box: Box, by: tuple[int, int]) -> tuple[float, float]:
    """Take the lower right corner of a box with the mouse; return by how many pixels of the image it went."""
    canvas = page.locator("[data-cy=lighter-sample-renderer-canvas]")
    seat = canvas.bounding_box()
    assert seat is not None
    page.mouse.move(seat["x"] + seat["width"] / 2, seat["y"] + seat["height"] / 2)
    until(lambda: whole(page, canvas), page)  # the zoom of the bar stays on in Annotate
    page.mouse.move(1, 1)
    page.wait_for_timeout(500)
    before = white(canvas)
    page.locator(f"[data-cy=annotate-label-{box.id}]").click()
    page.wait_for_timeout(1500)
    left, right, low = handles(white(canvas) & ~before)
    scale = (right - left) / (box.shown[2] * box.size[0])
    with saved(page, "bounding_box"):
        pull(page, (seat["x"] + right, seat["y"] + low), by)
    return by[0] / scale, by[1] / scale


def pixels(place: Locator) -> Any:
    """What a place shows, int (height, width, 3)."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(place.screenshot())).convert("RGB")).astype(int)


def whole(page: Page, canvas: Locator) -> bool:
    """Whether the whole image is on the screen; if not, wheel out a little."""
    light = pixels(canvas).max(axis=2)
    edges = (light[5], light[-60], light[:, 5], light[:, -5])  # the App's own buttons are below that
    fits = all(int((edge > 90).sum()) < 5 for edge in edges)
    if not fits:
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(200)
    return fits


def white(place: Locator) -> Any:
    return pixels(place).min(axis=2) >= 200


def handles(shown: Any) -> tuple[float, float, float]:
    """Where the two lower handles of the selected box are: x of the left and the right one, y."""
    rows = np.flatnonzero(shown.any(axis=1))
    lowest = int(rows[-1])
    columns = np.flatnonzero(shown[lowest - 2 : lowest + 1].any(axis=0))
    runs = [run for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1) if len(run) >= 5]
    assert len(runs) == 2, f"two handles were to be seen: {runs}"
    return float(runs[0].mean()), float(runs[1].mean()), lowest - len(runs[1]) / 2


def pull(page: Page, start: tuple[float, float], by: tuple[int, int]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2, steps=5)
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=5)
    page.mouse.up()


def delete(page: Page, box: Box) -> None:
    """Delete a box through its menu."""
    page.locator(f"[data-cy=annotate-label-{box.id}]").click()
    page.locator("[data-cy=label-menu-trigger]").click()
    with saved(page, '"remove"'):
        page.get_by_text("Delete label").click()


def back(page: Page) -> None:
    """From the form to the list of labels."""
    page.wait_for_timeout(500)
    if page.locator("[data-cy=annotate-edit-back]").count():
        page.locator("[data-cy=annotate-edit-back]").click()
    page.wait_for_timeout(500)


def draw(page: Page) -> None:
    """Drag a new box in the middle of the image."""
    drawing = page.get_by_text("Click and drag to create a bounding box")
    if not drawing.count():
        page.locator("[data-cy=detection-mode]").click()
    drawing.wait_for()
    seat = page.locator("[data-cy=lighter-sample-renderer-canvas]").bounding_box()
    assert seat is not None
    with saved(page, '"_cls":"Detection"'):
        pull(page, (seat["x"] + seat["width"] / 2, seat["y"] + seat["height"] / 2), (80, 60))


def choose_rule(page: Page, rule: str) -> None:
    """Choose a rule in the panel's list."""
    page.get_by_text("all rules").first.click()
    page.get_by_role("option").filter(has_text=rule).last.click()


def open_view(page: Page, name: str) -> None:
    """Choose a saved view."""
    page.get_by_text("Unsaved view").first.click()
    page.get_by_text(name).last.click()
