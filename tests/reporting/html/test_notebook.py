"""What a notebook shows: small, escaped, without script, and with a style that touches nothing else."""

import pickle
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool import api
from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.testing import tiny

PAYLOADS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title></svg><script>alert(1)</script>",
    "</style><style>*{display:none}", "' onmouseover='alert(1)", "a\x00b\u202e", "javascript:alert(1)", "\ud800",
)  # fmt: skip
ALLOWED = set(
    "div style p b small table thead tbody tr th td figure figcaption svg title g rect path circle text image use".split()
)


class Checked(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)


def seen(value: Any) -> Checked:
    """What a value shows, held to what every value promises."""
    told = value._repr_html_()
    assert told is not None and len(told.encode("utf-8", "replace")) < 300_000
    assert told.startswith('<div class="annotool-shown">')
    checked = Checked()
    checked.feed(told)
    checked.close()
    assert not checked.open
    for tag, attributes in checked.tags:
        assert tag in ALLOWED, tag
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith(("#", "data:image/jpeg;base64,"))
    style = re.search("<style>(.*?)</style>", told, re.S)
    assert style is not None and told.count("<style>") == 1
    for rule in re.findall(r"([^{}]+)\{", style[1]):
        assert all(each.strip().startswith(".annotool-shown") for each in rule.split(",")), rule
    assert "url(" not in style[1] and "@" not in style[1]
    return checked


def test_what_is_read_found_and_counted(sample_data: Path) -> None:
    data = api.read(sample_data / "faulty/coco")
    found = api.audit(data)
    whole = seen(data)
    assert "25 images, 108 annotations" in " ".join(whole.words)
    assert len([1 for tag, _ in whole.tags if tag == "figure"]) == 4
    assert any(tag == "image" for tag, _ in whole.tags)
    judged = seen(found)
    words = " ".join(judged.words)
    assert f"{len(found)} findings: 18 errors" in words and "BOX002" in words
    assert len([1 for tag, each in judged.tags if tag == "rect" and each.get("class") == "flagged"]) >= 3
    counted = api.balance(data)
    words = " ".join(seen(counted).words)
    for name, count in zip(counted.categories["category"], counted.categories["instances"], strict=True):
        assert f"{name}: {count:,}" in words


def test_a_part_of_the_findings_has_pictures_too(sample_data: Path) -> None:
    found = api.audit(sample_data / "faulty/voc")
    part = seen(found.of("BOX002"))
    assert any(tag == "rect" and each.get("class") == "flagged" for tag, each in part.tags)
    assert seen(found + Findings()).tags == seen(found).tags


def test_findings_of_nobody_knows_what_are_counted(sample_data: Path) -> None:
    found = api.audit(sample_data / "faulty/voc")
    alone = pickle.loads(pickle.dumps(found))
    assert alone.data is None and alone.counts() == found.counts()
    bare = seen(alone)
    assert not any(tag == "svg" for tag, _ in bare.tags)
    assert f"{len(found)} findings" in " ".join(bare.words)
    assert "Nothing was found." in " ".join(seen(Findings()).words)


def test_no_image_files() -> None:
    data = tiny(3, [{"image": at, "box": (600, 10, 90, 20)} for at in range(3)])
    judged = seen(api.audit(data, select=["BOX002"]))
    assert not any(tag == "image" for tag, _ in judged.tags) and any(tag == "svg" for tag, _ in judged.tags)
    seen(data)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_stay_text(payload: str) -> None:
    def values(name: str) -> list[Any]:
        data = tiny(
            [{"file_name": name, "width": 100, "height": 100}], [{"box": (90, 10, 50, 10)}, {"box": (1, 1, 0, 5)}], (name, "dog"),
            splits={name: [0]}, notes=(f"{name}.",),
        )  # fmt: skip
        return [data, api.audit(data, select=["BOX"]), api.balance(data)]

    for hostile, plain in zip(values(payload), values("a"), strict=True):
        assert [tag for tag, _ in seen(hostile).tags] == [tag for tag, _ in seen(plain).tags]


@pytest.mark.parametrize("data", [tiny(0), tiny(1), tiny(5, categories=())])
def test_nothing_to_show(data: Dataset) -> None:
    seen(data)
    seen(api.audit(data))
    seen(api.balance(data))


def test_the_worst_case_stays_small() -> None:
    turn = np.linspace(0, 6, 400)
    ring = np.stack([300 + 200 * np.cos(turn), 200 + 150 * np.sin(7 * turn)], axis=1).ravel().tolist()
    rows = [
        {"image": at % 4, "box": (600, 10, 90, 20), "category": at % 300, "polygon": [ring] * 30}
        for at in range(400)
    ]
    data = tiny(
        4,
        rows,
        [f"{at}" + "<name>" * 3000 for at in range(300)],
        splits={f"split {at}" * 900: [0] for at in range(60)},
    )
    seen(data)
    seen(api.audit(data, select=["BOX", "CLS", "SEG"]))
    seen(api.balance(data))


some = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(some, some, some, some), max_size=5), some, some, st.text(max_size=30))
@settings(max_examples=60)
def test_nothing_makes_it_fail(boxes: Any, width: float, height: float, name: str) -> None:
    data = tiny(
        [{"width": width, "height": height, "file_name": name}],
        [{"box": each} for each in boxes],
        (name, "dog"),
    )
    seen(data)
    seen(api.audit(data, select=["BOX", "SCH"]))


def test_labels_of_whole_images_are_called_so(sample_data: Path) -> None:
    assert "104 images, 104 labels, 3 categories" in " ".join(seen(api.read(sample_data / "classes")).words)
