"""The page in a real browser: nothing fails, nothing is fetched, nothing of the dataset runs, everybody can use it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.reporting.html.balance import lines
from annotool.testing import tiny

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("report")]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCREENS = {
    "wide-light": (1400, "light"),
    "wide-dark": (1400, "dark"),
    "phone-light": (400, "light"),
    "phone-dark": (400, "dark"),
}
PAYLOADS = (
    "<script>document.title='run'</script>", '"><img src=x onerror="document.title=\'run\'">',
    "</script><script>document.title='run'</script>", "' onfocus='document.title=1' autofocus='",
    "</style></svg><iframe srcdoc='<script>parent.document.title=1</script>'>",
)  # fmt: skip


@dataclass
class Shown:
    """A page in the browser, with what went wrong and what it asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None or find_spec("playwright") is None or find_spec("axe_playwright_python") is None:
        reason = "no headless browser: pip install 'annotool[browser]', apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def shown(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    contexts = []

    def opened(data: Dataset, width: int = 1400, scheme: str = "light", **options: Any) -> Shown:
        file = tmp_path / "report.html"
        file.write_text(api.report(data, api.audit(data, **options), "html"), "utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        held = Shown(context.new_page())
        held.page.on(
            "console",
            lambda said: held.errors.append(said.text) if said.type in ("error", "warning") else None,
        )
        held.page.on("pageerror", lambda error: held.errors.append(str(error)))
        held.page.on(
            "request",
            lambda asked: held.asked.append(asked.url) if not asked.url.startswith("data:") else None,
        )
        held.page.goto(file.as_uri())
        return held

    yield opened
    for each in contexts:
        each.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_fits_and_everybody_can_use_it(
    shown: Callable[..., Shown], sample_data: Path, tmp_path: Path, screen: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    width, scheme = SCREENS[screen]
    far = (
        tmp_path / ("nowhere_to_break_a_line" * 3) / "coco"
    )  # the page names the folder, and has to fit all the same
    shutil.copytree(sample_data / "faulty/coco", far)
    held = shown(api.read(far), width, scheme)
    held.page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")
    kept = Path(os.environ.get("ANNOTOOL_SCREENSHOTS", tmp_path))
    kept.mkdir(parents=True, exist_ok=True)
    held.page.screenshot(path=kept / f"report-{screen}.png", full_page=True)
    assert held.page.evaluate("document.documentElement.scrollWidth") <= width
    assert not held.errors
    assert [each.split(":")[0] for each in held.asked] == ["file"]
    found = Axe().run(held.page).response["violations"]
    serious = [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert not serious


def test_filters_and_switches(shown: Callable[..., Shown], sample_data: Path) -> None:
    page = shown(api.read(sample_data / "faulty/coco")).page
    data = api.read(sample_data / "faulty/coco")
    whole = len(api.audit(data))
    assert page.inner_text(".filters output") == f"{whole} findings"
    page.select_option("[data-filter=severity]", "=error")
    assert page.locator(".rule:visible").count() == page.locator(".rule[data-severity=error]").count()
    page.select_option("[data-filter=severity]", "")
    page.select_option("[data-filter=split]", "=val")
    in_val = int(page.inner_text(".filters output").split()[0])
    assert 0 < in_val < whole
    page.select_option("[data-filter=split]", "")
    page.fill("[data-filter=text]", "nothing has this text")
    assert page.locator(".rule:visible").count() == 0
    page.fill("[data-filter=text]", "")
    assert page.inner_text(".filters output") == f"{whole} findings"

    bar = page.locator("rect[data-log]").nth(1)
    linear = bar.get_attribute("width")
    page.click("button.log")
    assert bar.get_attribute("width") != linear
    assert page.get_attribute("button.log", "aria-pressed") == "true"

    article = page.locator("article", has=page.locator("h3", has_text="Annotations a category"))
    article.locator("details.numbers summary").click()
    with page.expect_download() as started:
        article.locator("button.csv").click()
    assert Path(started.value.path()).read_text("utf-8").startswith('"split","category","instances"')


def test_joined_columns_filter_exactly(
    shown: Callable[..., Shown], sample_data: Path, tmp_path: Path
) -> None:
    names = api.read(sample_data / "faulty/coco").table("images")["file_name"].tolist()
    sheet = tmp_path / "images.csv"
    who = ["ann", "<b>bo</b>", ""]
    sheet.write_text(
        "file_name,annotator\n"
        + "".join(f"{name},{who[at % 3]}\n" for at, name in enumerate(dict.fromkeys(names)))
    )
    data = api.read(sample_data / "faulty/coco", join=sheet)
    findings = api.audit(data)
    of = np.append(data.joined["annotator"], "")[
        data.image_rows(findings.column("image"))
    ]  # of no image: none
    held = shown(data)
    for value in who:
        held.page.select_option("[data-column=annotator]", f"={value}")
        assert held.page.inner_text(".filters output") == f"{int((of == value).sum())} findings"
        listed = held.page.locator(".rule:not([hidden]) tbody tr:not([hidden])").count()
        assert listed == int((of == value).sum())
    assert held.page.locator("#grouped td", has_text="<b>bo</b>").count() >= 1
    assert not held.errors


def test_names_of_any_letters_filter_exactly(shown: Callable[..., Shown], tmp_path: Path) -> None:
    names = (
        "\u202eback",
        "\u202dback",
        "a\rb",
        "a\nb",
        " blank ",
        'quote" \\u0041',
        "\x07",
        "犬",
        "__proto__",
    )
    images = [{"file_name": f"{at}.jpg", "width": 100, "height": 100} for at in range(len(names))]
    boxes = [
        {"image": at, "category": at, "x": 90, "y": 10 + 5 * each, "w": 50, "h": 4}
        for at in range(len(names))
        for each in range(at + 1)
    ]
    held = shown(
        tiny(images, boxes, names, splits={name: [at] for at, name in enumerate(names)}), select=["BOX002"]
    )
    for kind in ("category", "split"):
        field = held.page.locator(f"[data-filter={kind}]")
        told = []
        for at in range(1, field.locator("option").count()):
            field.select_option(index=at)
            told.append(int(held.page.inner_text(".filters output").split()[0]))
            assert held.page.locator(".rule:not([hidden]) tbody tr:not([hidden])").count() == told[-1]
        assert sorted(told) == list(range(1, len(names) + 1))
        field.select_option(index=0)
    assert not held.errors


def test_names_in_charts_are_not_cut_by_the_edge(shown: Callable[..., Shown]) -> None:
    names = (
        "category number 80",
        "W" * 40,
        "m" * 17,
        "犬" * 17,
        "i" * 40,
        "Traffic Sign 120",
        "ABCDEFGHIJKLMNOPQ",
        "x" * 200,
    )
    held = shown(tiny(1, [{"category": at} for at in range(len(names))], names))
    lefts = held.page.eval_on_selector_all("svg.chart text.name", "all => all.map(each => each.getBBox().x)")
    assert len(lefts) >= len(names) and min(lefts) >= 0


def test_maps_show_the_category_that_is_chosen(shown: Callable[..., Shown], sample_data: Path) -> None:
    data = api.read(sample_data / "coco")
    held = shown(data)
    page, boxes = held.page, api.balance(data).boxes
    assert boxes is not None
    own = boxes.centres.frame
    page.select_option("select.map", label="banana")
    article = page.locator("article", has=page.locator("select.map"))
    for at, split in enumerate(data.split_names):
        counts = article.locator("svg").nth(at).locator("rect:not(.ground) title").all_text_contents()
        mine = own[(own["split"] == split) & (own["category"] == "banana")]
        places = (mine["row"] * 16 + mine["column"]).tolist()
        assert [place for place, each in enumerate(counts) if each != "0"] == sorted(places)
    article.locator("details.numbers summary").click()
    with page.expect_download() as started:
        article.locator("button.csv").click()
    rows = pd.read_csv(started.value.path())
    assert len(rows[rows["category"] != "all categories"]) == len(own[own["split"] != ""])
    assert (
        rows.loc[rows["category"] == "banana", "boxes"].sum()
        == own.query("split != '' and category == 'banana'")["boxes"].sum()
    )
    article.locator("button.copy").click()
    assert article.locator("button.copy").inner_text() == "Copied"
    assert not held.errors


def test_the_page_of_a_balance_alone(chromium: Any, sample_data: Path, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file, errors = tmp_path / "balance.html", []
    file.write_text("\n".join(lines(api.balance(api.read(sample_data / "faulty/coco")), "faulty")), "utf-8")
    kept = Path(os.environ.get("ANNOTOOL_SCREENSHOTS", tmp_path))
    for screen, (width, scheme) in SCREENS.items():
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")
        page.screenshot(path=kept / f"balance-{screen}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert not [each["id"] for each in found if each["impact"] in ("serious", "critical")]
        context.close()
    assert not errors


def test_keys_alone_are_enough(shown: Callable[..., Shown], sample_data: Path) -> None:
    page = shown(api.read(sample_data / "faulty/coco")).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus(".rule summary")
    page.keyboard.press("Enter")
    assert page.locator(".rule[open]").count() == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_the_dataset_runs(shown: Callable[..., Shown], payload: str) -> None:
    data = tiny(
        [{"file_name": payload, "width": 100, "height": 100}],
        [{"x": 90, "y": 10, "w": 50, "h": 10}, {"x": 1, "y": 1, "w": 0, "h": 5}],
        (payload, "dog"),
        splits={payload: [0]},
    )
    held = shown(data)
    held.page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")
    held.page.fill("[data-filter=text]", payload)
    held.page.wait_for_timeout(100)
    assert held.page.title().startswith("annotool: ")
    assert not held.errors
    assert len(held.asked) == 1
    assert held.page.locator("iframe, img, [autofocus], [onfocus]").count() == 0


@pytest.mark.parametrize("images", [0, 3])
def test_a_page_with_nothing_to_tell(shown: Callable[..., Shown], images: int) -> None:
    held = shown(tiny(images), select=["BOX"])
    assert "Nothing was found." in held.page.inner_text("#findings")
    assert not held.errors
