import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from annotool import api
from annotool.testing import tiny

PAYLOADS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><script>alert(1)</script>", "</script><b>",
    "' onmouseover='alert(1)", "{{7*7}}", "javascript:alert(1)", "\u202egpj.exe", "a\x00b", "</svg><style>*{display:none}",
)  # fmt: skip
VOID = {"meta", "input", "br", "img", "link"}


class Checked(HTMLParser):
    """Holds a page to its form: what is opened is closed; and collects what matters."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["script"], ["style"]):
            self.words.append(data)


def page(data: object, **options: object) -> tuple[str, Checked]:
    findings = api.audit(data, **options)  # type: ignore[arg-type]
    told = api.report(data, findings, "html")  # type: ignore[arg-type]
    checked = Checked()
    checked.feed(told)
    checked.close()
    assert not checked.open
    return told, checked


def test_the_faulty_sample(sample_data: Path) -> None:
    data = api.read(sample_data / "faulty/coco")
    told, checked = page(data)
    words = " ".join(checked.words)
    findings = api.audit(data)
    assert "not ready to train" in words
    for code in findings.counts():
        assert code in words
    pictures = [a["href"] for tag, a in checked.tags if tag == "image"]
    assert pictures
    assert all(each and each.startswith("data:image/jpeg;base64,") for each in pictures)
    flagged = [a for tag, a in checked.tags if tag == "rect" and a.get("class") == "flagged"]
    assert flagged
    assert told == page(data)[0]


def test_nothing_is_fetched_and_nothing_runs_but_our_script(sample_data: Path) -> None:
    told, checked = page(api.read(sample_data / "faulty/voc"))
    for tag, attributes in checked.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/jpeg")), value
    scripts = [a for tag, a in checked.tags if tag == "script"]
    assert [a.get("type") for a in scripts].count(None) == 1
    assert {a.get("type") for a in scripts} == {None, "application/json"}
    assert "Content-Security-Policy" in told


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_stay_text(payload: str) -> None:
    data = tiny(
        [{"file_name": payload, "width": 100, "height": 100}],
        [{"x": 90, "y": 10, "w": 50, "h": 10}, {"x": 1, "y": 1, "w": 0, "h": 5}],
        (payload, "dog"),
        splits={payload: [0]},
    )
    harmless, plain = page(
        tiny(
            [{"file_name": "a", "width": 100, "height": 100}],
            [{"x": 90, "y": 10, "w": 50, "h": 10}, {"x": 1, "y": 1, "w": 0, "h": 5}],
            ("a", "dog"),
            splits={"a": [0]},
        ),
        select=["BOX"],
    )
    told, checked = page(data, select=["BOX"])
    assert [tag for tag, _ in checked.tags] == [tag for tag, _ in plain.tags]
    assert "BOX002" in harmless
    assert re.search(r"<script>alert|<img", told) is None


def test_numbers_of_the_chart_are_those_of_balance(sample_data: Path) -> None:
    data = api.read(sample_data / "coco")
    told, _ = page(data)
    held = api.balance(data).categories.frame
    for row in held[held["split"] != ""].to_dict("records"):
        assert f"<title>{row['category']}: {row['instances']:,}</title>" in told


@pytest.mark.parametrize("images", [0, 1])
def test_no_findings_and_nothing_to_count(images: int) -> None:
    told, checked = page(tiny(images), select=["BOX"])
    assert "Nothing was found." in told
    assert "There is no annotation to count." in " ".join(checked.words)


def test_exact_counts_where_only_some_are_listed() -> None:
    rows = [{"image": 0, "x": 90, "y": 1, "w": 50, "h": 10} for _ in range(150)]
    told, _ = page(tiny([{"width": 100, "height": 100}], rows), select=["BOX002"])
    assert '<span class="n">150</span>' in told
    assert "50 more are not listed here" in told


def test_a_url_of_a_joined_column_leads_to_the_tool(tmp_path: Path, sample_data: Path) -> None:
    sheet = tmp_path / "images.csv"
    names = api.read(sample_data / "faulty/coco").table("images")["file_name"].tolist()
    lines = ["file_name,url", *(f"{name},https://tool.example/{at}" for at, name in enumerate(names))]
    lines[1] = f"{names[0]},javascript:alert(1)"
    sheet.write_text("\n".join(dict.fromkeys(lines)) + "\n")
    _, checked = page(api.read(sample_data / "faulty/coco", join=sheet))
    links = [a["href"] for tag, a in checked.tags if tag == "a"]
    assert any(each and each.startswith("https://tool.example/") for each in links)
    assert not any(each and each.startswith("javascript") for each in links)
    pictured = [a for tag, a in checked.tags if tag in ("figcaption", "a", "td")]
    assert any(
        each == {} and after.get("href") for each, after in pairwise(pictured)
    )  # in the caption of a picture, too


def test_before_and_after_where_there_is_a_fix() -> None:
    rows = [{"box": (90, 10, 50, 10)}, {"box": (10, 10, 20, 20)}, {"box": (10, 10, 20, 20)}]
    _, checked = page(tiny([{"width": 100, "height": 100}], rows), select=["BOX002", "DUP001", "BOX003"])
    words = " ".join(checked.words)
    assert "unsafe fix: new box" in words and "safe fix: removed" in words
    mended = [a for tag, a in checked.tags if tag == "rect" and a.get("class") == "mended"]
    assert [(each["x"], each["width"]) for each in mended] == [("90.00", "10.00")]


def test_a_picture_stands_on_the_page_once(sample_data: Path) -> None:
    _, checked = page(api.read(sample_data / "faulty/coco"))
    names = [a["id"] for tag, a in checked.tags if tag == "image"]
    assert len(names) == len(set(names))
    again = [(a["href"] or "").removeprefix("#") for tag, a in checked.tags if tag == "use"]
    assert again and set(again) <= {*names}


def test_outlines_of_what_is_meant(real_data: Path) -> None:
    _, checked = page(api.read(real_data / "taco"), select=["SEG002"])
    outlines = [a for tag, a in checked.tags if tag == "path"]
    assert {each.get("class") for each in outlines} <= {"flagged", "mended", "partner", None}
    assert any(each.get("class") == "flagged" and (each["d"] or "").startswith("M") for each in outlines)


@pytest.mark.filterwarnings("error")
def test_sides_without_end_warn_of_nothing() -> None:
    data = tiny(annotations=[{"box": (0.0, 0.0, 1e308, 1e308)}])
    found = api.audit(data)
    assert "Balance" in "".join(api.lines(api.Told(data, found), "html"))


def test_what_the_baseline_knows_is_not_called_nothing(sample_data: Path, tmp_path: Path) -> None:
    data = api.read(sample_data / "faulty/coco")
    api.baseline(data, tmp_path / "known.jsonl")
    _, checked = page(data, baseline=tmp_path / "known.jsonl")
    words = " ".join(checked.words)
    assert f"Nothing new was found; {len(api.audit(data))} findings of the baseline." in words
    assert "annotool baseline" not in words and "annotool fix" in words


def test_commands_name_the_predictions_that_findings_need(sample_data: Path) -> None:
    case = sample_data / "faulty/cases/LBL001"
    _, checked = page(api.read(case / "data", predictions=case / "predictions"))
    words = " ".join(checked.words)
    for command in ("fix", "review", "baseline"):
        assert f"annotool {command} {case / 'data'} --predictions {case / 'predictions'}" in words


def labelled(home: Path) -> Path:
    """A sheet of two splits with as many of each label."""
    home.mkdir()
    rows = "".join(
        f"{at}.jpg,{'cat' if at % 2 else 'dog'},{'val' if at > 3 else 'train'}\n" for at in range(8)
    )
    (home / "labels.csv").write_text("file,label,split\n" + rows)
    (home / "joined.csv").write_text(
        "file_name,camera\n" + "".join(f"{at}.jpg,c{at % 2}\n" for at in range(8))
    )
    return home


def test_labels_are_called_so_and_equal_counts_are_told_as_such(tmp_path: Path) -> None:
    data = api.read(labelled(tmp_path / "in") / "labels.csv", images="none", join=tmp_path / "in/joined.csv")
    words = " ".join(page(data)[1].words)
    assert "csv: 8 images, 8 labels, 2 categories (train, val)" in words
    assert "in 1,000 labels" in words and "annotations" not in words.partition("Findings")[0]
    assert "2 of 2 categories have labels, 4 each. Together they are as varied as 2.0" in words
    assert "They hold the categories in equal shares." in words
