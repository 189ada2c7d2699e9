"""Fifty findings decided by key without leaving the open image, and how long each takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotool.reviewing.desk import Desk
from tests.reviewing import driving
from tests.reviewing.conftest import close_review, open_review

pytestmark = [pytest.mark.review, pytest.mark.browser, pytest.mark.xdist_group("browser")]

MANY = 50


def sixty(root: Path) -> Path:
    """A dataset of sixty images, a box outside of each."""
    from PIL import Image

    images = [{"id": at, "file_name": f"{at}.png", "width": 320, "height": 240} for at in range(1, 61)]
    boxes = [{"id": at, "image_id": at, "category_id": 1, "bbox": [250 + at, 100, 100, 90], "area": 9000, "iscrowd": 0}
             for at in range(1, 61)]  # fmt: skip
    (root / "images").mkdir(parents=True)
    for each in images:
        made = Image.new("RGB", (320, 240), (40, 90, int(str(each["id"]))))
        made.save(root / "images" / str(each["file_name"]))
    whole = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "thing"}]}
    (root / "labels.json").write_text(json.dumps(whole))
    return root


def test_fifty_decisions_without_leaving_the_image(tmp_path: Path) -> None:
    home = tmp_path / "reviews"
    home.mkdir()
    opened = open_review(sixty(tmp_path / "set"), home, "sixty", "--select", "BOX002")
    try:
        with driving.browser() as page:
            driving.grid(page, opened)
            driving.start(page)
            seconds = sorted(driving.decide(page, "ia"[number % 2]) for number in range(MANY))
            driving.picture(page, "sixty-after-fifty")
            assert "id=" in page.url, "the image never closed"
        decided = [each.action for _, each in sorted(Desk(opened.place).decided().items())]
        assert decided == ["ignore", "accept"] * (MANY // 2)
        print(f"\n{opened.seconds:.1f} s to the address; a decision and the next image on the screen: "
              f"{seconds[MANY // 2]:.2f} s, {seconds[-1]:.2f} s at most")  # fmt: skip
        assert seconds[MANY // 2] < 10
    finally:
        close_review(opened)
