"""Every flagged image stands on the worklist, with its address."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from annotool import api
from annotool.reporting.html.worklist import worklist
from annotool.reporting.told import Told
from annotool.testing import tiny


class Rows(HTMLParser):
    """The cells of a table, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def told() -> Told:
    """150 images: the first with two faults, every second one with one."""
    boxes = [{"image": at, "x": 90, "y": 1, "w": 50, "h": 10} for at in range(0, 150, 2)]
    boxes.append({"image": 0, "x": 95, "y": 40, "w": 50, "h": 10})
    data = tiny([{"width": 100, "height": 100}] * 150, boxes)
    urls = np.array([f"https://tool.example/{at}" for at in range(150)], dtype=object)
    urls[2] = "javascript:alert(1)"
    data = replace(data, joined={"url": urls})
    return Told(data, api.audit(data, select=["BOX002"]))


def test_every_flagged_image_is_there_the_worst_first() -> None:
    held = told()
    table = Rows(worklist(held))
    names = held.data.table("images")["file_name"].tolist()
    assert [row[0] for row in table.rows[1:]] == [names[at] for at in range(0, 150, 2)]
    assert table.rows[1][1:] == ["2", "0", "0", "BOX002"] and table.rows[2][1:] == ["1", "0", "0", "BOX002"]
    assert table.links == [f"https://tool.example/{at}" for at in range(0, 150, 2) if at != 2]


def test_without_addresses_or_findings_there_is_none() -> None:
    held = told()
    assert worklist(replace(held, data=replace(held.data, joined={}))) == ""
    assert worklist(replace(held, findings=api.audit(tiny(1), select=["BOX002"]))) == ""
