"""Every chart of the balance: the numbers behind it are the API's, and what is drawn has their size."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.metrics.balance import Balance
from annotool.reporting.html.balance import lines, section
from annotool.table import Table
from annotool.testing import tiny

MANY = 57


def many() -> Dataset:
    """57 categories, the last without annotations, in images of two sizes and two splits."""
    rng = np.random.default_rng(7)
    count = np.maximum(2000 // np.arange(1, MANY) ** 2, 1)
    category = np.repeat(np.arange(MANY - 1), count)
    n = len(category)
    place = np.column_stack([rng.uniform(0, 500, (n, 2)), np.exp(rng.uniform(0, 5.5, (n, 2)))])
    return tiny(
        [{"width": 700 + 300 * (at % 2), "height": 800} for at in range(90)],
        [
            {"image": int(image), "category": int(of), "box": tuple(box)}
            for image, of, box in zip(rng.integers(0, 90, n), category, place.tolist(), strict=True)
        ],
        [f"class {at}" for at in range(MANY)],
        splits={"train": list(range(60)), "val": list(range(60, 90))},
    )


DATASETS: dict[str, Callable[[Path], Dataset]] = {
    "coco": lambda samples: api.read(samples / "coco"),
    "faulty": lambda samples: api.read(samples / "faulty/coco"),
    "one split": lambda samples: api.read(samples / "coco/annotations/instances_val.json"),
    "labels": lambda samples: api.read(samples / "classes"),
    "many": lambda _: many(),
}


@pytest.fixture(scope="module", params=DATASETS)
def counted(request: pytest.FixtureRequest, sample_data: Path) -> Balance:
    return api.balance(DATASETS[request.param](sample_data))


def of(table: Table, split: str) -> pd.DataFrame:
    return table.frame[table.frame["split"] == split]


def articles(counted: Balance) -> dict[str, ET.Element]:
    root = ET.fromstring(f"<div>{section(counted)}</div>")
    return {each.findtext("h3", ""): each for each in root.iter("article")}


def figures(article: ET.Element) -> dict[str, list[ET.Element]]:
    """The marks of each chart, by its caption."""
    return {each.findtext("figcaption", ""): list(each.iter("g")) for each in article.iter("figure")}


def drawn(marks: list[ET.Element], side: str) -> tuple[list[str], np.ndarray]:
    titles = [each.findtext("title", "") for each in marks]
    return titles, np.array([float(each.find("rect").attrib[side]) for each in marks])  # type: ignore[union-attr]


def proportional(sizes: np.ndarray, counts: np.ndarray) -> bool:
    """Sizes are written to a tenth of a unit."""
    return bool(np.abs(sizes - counts * (sizes.max() / max(counts.max(), 1e-9))).max() <= 0.11 + 0.06)


def edge(low: float) -> str:
    return f"{low:.3g}" if low < 100 else f"{low:,.0f}"


def parts(counted: Balance) -> dict[str, str]:
    """Caption and split of each chart."""
    names = counted.splits["split"].tolist()
    return {name: name for name in names[1:]} or {"all images": ""}


def test_numbers_behind_each_chart_are_those_of_the_api(counted: Balance) -> None:
    what = "Labels" if counted.labels else "Annotations"
    boxes, own = counted.boxes, counted.categories.frame
    assert boxes is not None
    expected = {
        "Side by side": counted.splits.frame,
        f"{what} a category": own[["split", "category", "instances", "share"]],
        "Images a category": own[["split", "category", "images", "per_image", "frequency"]],
        f"Categories with few {what.lower()}": counted.scarce.frame,
        "Weights and repeat factors": own,
    }
    if not counted.labels:
        expected |= {
            "Boxes an image": boxes.per_image.frame,
            "Size: side of a square of the box's area, px": boxes.sides.frame,
            "Shape: width over height": boxes.aspects.frame,
            "What resizing leaves": boxes.resized.frame,
        }
    found = articles(counted)
    assert set(found) - set(expected) == (set() if counted.labels else {"Where boxes lie"})
    for title, frame in expected.items():
        table = next(each for each in found[title].iter("details") if each.attrib["class"] == "numbers")
        rows = [[cell.text or "" for cell in row] for row in table.iter("tr")]
        assert rows[0] == list(frame.columns), title
        held = pd.DataFrame(rows[1:], columns=frame.columns)
        for name in frame.columns:
            if not pd.api.types.is_numeric_dtype(frame[name]):
                assert held[name].tolist() == frame[name].tolist(), (title, name)
            else:
                assert held[name].astype(float).to_numpy() == pytest.approx(
                    frame[name].to_numpy(), rel=1e-5, nan_ok=True
                )


@pytest.mark.parametrize(
    ("title", "column"), [("{} a category", "instances"), ("Images a category", "images")]
)
def test_bars_of_categories(counted: Balance, title: str, column: str) -> None:
    marks = figures(articles(counted)[title.format("Labels" if counted.labels else "Annotations")])
    assert list(marks) == list(parts(counted))
    order = (
        of(counted.categories, "")
        .sort_values("instances", ascending=False, kind="stable")["category"]
        .tolist()
    )
    shown = order if len(order) <= 40 else order[:30] + order[-10:]
    for caption, split in parts(counted).items():
        own = of(counted.categories, split).set_index("category")[column]
        titles, widths = drawn(marks[caption], "width")
        assert titles == [f"{name}: {own[name]:,}" for name in shown]
        assert proportional(widths, own[shown].to_numpy())
        steep = drawn(marks[caption], "data-log")[1]
        assert proportional(steep, np.log1p(own[shown].to_numpy()))


def test_bars_of_thresholds_and_weights(counted: Balance) -> None:
    found = articles(counted)
    marks = figures(found[f"Categories with few {'labels' if counted.labels else 'annotations'}"])
    for caption, split in parts(counted).items():
        own = of(counted.categories, split)
        under = [int((own["instances"] < few).sum()) for few in (10, 100, 1000)] + [
            int((own["share"] < 0.01).sum())
        ]
        titles, widths = drawn(marks[caption], "width")
        assert [int(each.split(": ")[1]) for each in titles] == under
        assert widths == pytest.approx(
            np.array(under) / len(own) * widths.max() / (max(under) / len(own)), abs=0.2
        )
    trained = "train" if "train" in parts(counted) else ""
    own = of(counted.categories, trained)
    own = own[own["instances"] > 0]
    own = own.sort_values("instances", ascending=False, kind="stable")
    own = own if len(own) <= 40 else pd.concat([own[:30], own[-10:]])
    for caption, column in (
        ("inverse frequency", "weight_inverse"), ("effective number", "weight_effective"), ("repeat factor", "repeat_factor")
    ):  # fmt: skip
        titles, widths = drawn(figures(found["Weights and repeat factors"])[caption], "width")
        assert titles == [
            f"{name}: {value:,.0f}" if value >= 100 else f"{name}: {value:.3g}"
            for name, value in zip(own["category"], own[column], strict=True)
        ]
        assert proportional(widths, own[column].to_numpy())


def test_columns_of_boxes(counted: Balance) -> None:
    found, boxes = articles(counted), counted.boxes
    assert boxes is not None
    if counted.labels:
        return
    for caption, split in parts(counted).items():
        titles, heights = drawn(figures(found["Boxes an image"])[caption], "height")
        own = of(boxes.per_image, split)
        lows = [int(each.rpartition(": ")[0].split("–")[0].rstrip("+").replace(",", "")) for each in titles]
        cut = pd.cut(own["boxes"], [*lows, math.inf], right=False)
        counts = own["images"].groupby(cut, observed=False).sum().to_numpy()
        assert [int(each.rpartition(": ")[2].replace(",", "")) for each in titles] == counts.tolist()
        assert proportional(heights, counts)
        for title, table in (
            ("Size: side of a square of the box's area, px", boxes.sides), ("Shape: width over height", boxes.aspects)
        ):  # fmt: skip
            titles, heights = drawn(figures(found[title])[caption], "height")
            held = of(table, split)
            own = held[held["low"].map(edge).isin([each.split(": ")[0] for each in titles])]
            assert own["boxes"].sum() == held["boxes"].sum()  # no box is outside of the columns
            assert titles == [f"{edge(low)}: {n:,}" for low, n in zip(own["low"], own["boxes"], strict=True)]
            assert proportional(heights, own["boxes"].to_numpy())
        titles, widths = drawn(figures(found["What resizing leaves"])[caption], "width")
        own = of(boxes.resized, split).sort_values(["limit", "size"])
        assert titles == [
            f"<{limit} px at {size:,}: {share:.1%}"
            for size, limit, share in zip(own["size"], own["limit"], own["share"], strict=True)
        ]
        assert proportional(widths, own["share"].to_numpy())


def test_maps_of_places(counted: Balance) -> None:
    article = articles(counted).get("Where boxes lie")
    assert (article is None) == counted.labels
    if article is None:
        return
    held = json.loads(
        next(each for each in article.iter("script") if each.attrib["id"] == "centres").text or ""
    )
    assert counted.boxes is not None
    frame = counted.boxes.centres.frame
    sums = of(counted.boxes.centres, "").groupby("category")["boxes"].sum()
    assert held["categories"][0] == "all categories"
    assert set(held["categories"][1:]) == set(sums.index)
    assert sums[held["categories"][1:]].is_monotonic_decreasing
    counts = np.array(held["counts"]).reshape(len(held["categories"]), -1, held["grid"], held["grid"])
    for at, split in enumerate(parts(counted).values()):
        own = frame[frame["split"] == split]
        for number, name in enumerate(held["categories"]):
            mine = own if not number else own[own["category"] == name]
            expected = np.zeros((held["grid"], held["grid"]), dtype=int)
            np.add.at(expected, (mine["row"].to_numpy(), mine["column"].to_numpy()), mine["boxes"].to_numpy())
            assert (counts[number, at] == expected).all()
        cells = [
            each
            for each in list(article.iter("svg"))[at].iter("rect")
            if each.attrib.get("class") != "ground"
        ]
        assert [int((each.findtext("title") or "").replace(",", "")) for each in cells] == counts[
            0, at
        ].ravel().tolist()


def test_many_categories_say_what_is_left_out() -> None:
    article = articles(api.balance(many()))["Annotations a category"]
    texts = [each.text or "" for each in article.iter("text")]
    assert texts.count(f"… {MANY - 40} more: in the numbers …") == 2
    assert "Without any: 'class 56'" in (article.findtext("p") or "")


def test_the_page_alone(sample_data: Path) -> None:
    counted = api.balance(api.read(sample_data / "coco"))
    told = "\n".join(lines(counted, "<coco>"))
    assert "<title>annotool: balance of &lt;coco&gt;</title>" in told
    assert section(counted) in told
    assert "24 images, 104 annotations, 3 categories (train, val)" in told


@pytest.mark.parametrize("images", [0, 3])
def test_a_page_with_nothing_to_count(images: int) -> None:
    told = "\n".join(lines(api.balance(tiny(images)), "empty"))
    assert "There is no annotation to count." in told
    assert "nan" not in told.split("<body>")[1].split("<script>")[0]


def test_a_train_split_without_annotations_has_nothing_to_weigh() -> None:
    data = tiny(2, [{"image": 1}], ("a", "b"), splits={"train": [0], "val": [1]})
    says = articles(api.balance(data))["Weights and repeat factors"].findtext("p") or ""
    assert says == "Numbers of train, in the order of the first chart. It has nothing to weigh."
