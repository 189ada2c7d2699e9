"""Who can reach a review, and what it hands out; and that names from files stay text."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotool.reviewing import servers
from annotool.reviewing.desk import Desk
from annotool.reviewing.serve import Guard
from annotool.reviewing.words import finding_text, plain, row
from tests.reviewing.conftest import CHROMIUM, Opened, close_review, open_review

MARKUP = "<img src=x onerror='window.taken=1'>"
NAMES = [
    "a <b>bold [link](javascript:window.taken=1) `code`.png",
    "b <script>window.taken=1.png",
    "c.png",
]


def answered(
    path: str, query: str = "", images: frozenset[str] = frozenset(), kind: str = "http", **head: str
) -> int:
    """What the guard answers to a request; 200 is what lies behind it."""
    told: list[int] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        told.append(200)

    async def send(message: dict[str, Any]) -> None:
        told.extend(message[each] for each in ("status", "code") if each in message)

    named = {"host": "127.0.0.1:5151", **{name.replace("_", "-"): value for name, value in head.items()}}
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": kind, "path": path, "query_string": query.encode(), "headers": headers}
    asyncio.run(Guard(behind, images)(scope, None, send))
    return told[0]


def test_only_this_machine_by_its_own_name_and_its_own_pages() -> None:
    assert answered("/graphql") == answered("/graphql", host="localhost:5151") == 200
    assert answered("/graphql", host="evil.example:5151") == 403
    assert answered("/graphql", origin="http://127.0.0.1:5151") == 200
    assert answered("/graphql", origin="http://localhost:5151", host="localhost:5151") == 200
    for origin in ("https://evil.example", "null", "http://127.0.0.1:8000", "http://localhost.evil.example"):
        assert answered("/operators/execute", origin=origin) == 403
    assert answered("/graphql", kind="websocket", origin="https://evil.example") == 1008
    assert answered("/fiftyone", sec_fetch_site="cross-site", sec_fetch_mode="no-cors") == 403
    assert answered("/datasets/r", sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 200


@pytest.mark.parametrize(
    "query",
    [
        "filepath=/etc/passwd", "filepath=/data/../etc/passwd", "filepath=/data/a.png/../b.png", "filepath=a.png",
        "filepath=/data/a.png&filepath=/etc/passwd", "filepath=/data/%2e%2e/etc/passwd", "filepath=", "",
        "filepath=file:///data/a.png", "filepath=/data/a.png%00", "filepath=//data/a.png", "FILEPATH=/data/a.png",
    ],
)  # fmt: skip
def test_no_file_but_the_reviews_images(query: str) -> None:
    images = frozenset({"/data/a.png"})
    assert answered("/media", "filepath=/data/a.png", images) == 200
    assert answered("/media", query, images) == answered("/media/", query, images) == 403


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A review of a dataset whose names are markup, and of whose images one is a link to a text elsewhere."""
    from PIL import Image

    root = tmp_path_factory.mktemp("marked")
    (root / "set" / "images").mkdir(parents=True)
    for name in NAMES:
        Image.new("RGB", (160, 120), (40, 90, 140)).save(root / "set" / "images" / name)
    (root / "secret.txt").write_text("nobody's business")
    (root / "set" / "images" / "link.png").symlink_to(root / "secret.txt")
    images = [{"id": at, "file_name": name, "width": 160, "height": 120}
              for at, name in enumerate([*NAMES, "link.png", "../../secret.txt", str(root / "secret.txt")], 1)]  # fmt: skip
    boxes = [{"id": each["id"], "image_id": each["id"], "category_id": 1, "bbox": [100, 20, 90, 40], "area": 3600,
              "iscrowd": 0} for each in images]  # fmt: skip
    whole = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": MARKUP}]}
    (root / "set" / "labels.json").write_text(json.dumps(whole))
    opened = open_review(root / "set", root / "reviews", "marked")
    yield opened
    close_review(opened)


@pytest.mark.review
@pytest.mark.xdist_group("marked")
def test_no_link_and_no_name_leads_out_of_the_dataset(marked: Opened) -> None:
    shown = (marked.place / "images.txt").read_text().split("\0")
    assert sorted(Path(each).name for each in shown) == sorted(NAMES)
    assert len(Desk(marked.place).review.missing) == 3


@pytest.mark.review
@pytest.mark.xdist_group("marked")
def test_nothing_listens_on_another_address(marked: Opened) -> None:
    known = servers.running(marked.place)
    assert known is not None
    with socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as asked:  # sends nothing; tells which address is ours
        asked.connect(("192.0.2.1", 9))
        outer = asked.getsockname()[0]
    for port in (known.port, servers.port_of(known.uri)):
        for address in {"127.0.0.1", "127.0.0.2", outer}:
            with socket.socket() as tried:
                tried.settimeout(2)
                assert (tried.connect_ex((address, port)) == 0) == (address == "127.0.0.1"), (address, port)


@pytest.mark.review
@pytest.mark.xdist_group("marked")
def test_names_are_text_in_the_panel(marked: Opened) -> None:
    for item in Desk(marked.place).items:
        text = finding_text(item)
        assert "<img" not in text and "<b>" not in text and "](java" not in text
    assert row(Desk(marked.place).items[0])["number"] == 0
    assert plain(MARKUP).count("<") == 0


@pytest.mark.review
@pytest.mark.browser
@pytest.mark.xdist_group("marked")
def test_names_are_text_in_the_app_and_a_closed_browser_loses_nothing(marked: Opened) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(60_000)
        page.add_init_script("localStorage.setItem('fiftyone-enterprise-tooltip-seen', 'true')")
        page.goto(marked.url)
        page.get_by_text("Start: open the next finding").click()
        page.wait_for_function("() => /decided/.test(document.querySelector('#annotool-bar').innerText)")
        page.wait_for_timeout(1500)
        assert page.evaluate("window.taken") is None
        assert not page.locator("img[src='x']").count()
        page.keyboard.press("i")
        page.wait_for_function("() => /1 of/.test(document.querySelector('#annotool-bar').innerText)")
        assert page.evaluate("window.taken") is None
        browser.close()
    assert [each.action for each in Desk(marked.place).decided().values()] == ["ignore"]
