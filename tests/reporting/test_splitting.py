from __future__ import annotations

from pathlib import Path

import annotool
from annotool.reporting.splitting import lines
from annotool.testing import tiny


def told(counts: list[int], ratios: str, out: Path) -> list[str]:
    """The report on images of which so many show each category, one each."""
    names = [f"c{at}" for at in range(len(counts))]
    rows = [{"image": 0, "category": at} for at, count in enumerate(counts) for _ in range(count)]
    rows = [{**row, "image": at} for at, row in enumerate(rows)]
    data = tiny(len(rows), rows, names)
    return [*lines(annotool.split(data, ratios, out, image_files="none"))]


def test_categories_of_too_few_images_are_named(tmp_path: Path) -> None:
    text = told([40, 2, 1], "train=.8,val=.1,test=.1", tmp_path / "out")
    few = next(line for line in text if "cannot be in every split" in line)
    assert few.endswith("than there are splits: 'c1' (2 groups), 'c2' (1 group)")
    (far,) = (line for line in text if line.startswith("farthest"))
    assert far == "farthest from the wanted share: 'c1', 100.0% of 2 in train, wanted 80.0% (+20.0%)"
    assert any(line.startswith("  of categories in more images than 10: 'c0'") for line in text)
    assert any(line.startswith("train   80.0%") and line.endswith("of 2") for line in text)


def test_names_are_no_markup(tmp_path: Path) -> None:
    data = tiny(
        [{"file_name": "[red]1.jpg"}, {"file_name": "[red]2.jpg"}], [{"image": 0}, {"image": 1}], ["[b]"]
    )
    done = annotool.split(
        data, "train=.5,val=.5", tmp_path / "out", image_files="none", group_by=[r"(\[red\])"]
    )
    text = "\n".join(lines(done))
    assert "\\[red]" in text
    assert "'\\[b]'" in text


def test_many_categories_are_cut(tmp_path: Path) -> None:
    data = tiny(
        200, [{"image": 0, "category": at % 30} for at in range(30 * 25)], [f"c{at}" for at in range(30)]
    )
    text = [*lines(annotool.split(data, "train=.5,val=.5", tmp_path / "out", image_files="none"))]
    assert any("cannot be in every split" in line and "and 25 more" in line for line in text)


def test_groups_that_were_asked_for_and_not_found(tmp_path: Path) -> None:
    data = tiny(4, [{"image": at} for at in range(4)])
    done = annotool.split(
        data, "train=.5,val=.5", tmp_path / "out", image_files="none", group_by=[r"(.*)\.jpg"]
    )
    assert r"groups: none, no two images belong together by (.*)\.jpg" in [*lines(done)]
