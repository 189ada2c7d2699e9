"""A baseline tells known faults from new ones: whatever renumbers, reorders, renames, rounds or moves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool import baselines
from annotool.baselines import Baseline, matching
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Findings, Skipped, block
from annotool.testing import tiny

ALL = {"BOX002", "SEG001", "SCH003", "BAL001", "SPL004", "SCH001"}
BOUND = {"SCH003", "SCH001"}  # rules of one format


def everywhere(data: Dataset, rule: str = "BOX002") -> Findings:
    """A finding of the rule for every annotation."""
    rows = data.table("annotations")
    columns = {name: rows[name] for name in ("annotation", "image", "category", "source", "line")}
    return Findings((block(rule, "m", len(rows), values=None, **columns),)) if len(rows) else Findings()


def keep(data: Dataset, findings: Findings, file: Path, ran: set[str] = ALL, **how: bool) -> Baseline:
    return baselines.keep(data, findings, file, ran, BOUND, **how)


def told(data: Dataset, findings: Findings, file: Path, ran: set[str] = ALL) -> tuple[int, int, int]:
    """How many findings are new, known, stale."""
    compared = baselines.compare(data, findings, file, ran, BOUND)
    assert compared.baseline is not None
    return len(compared.new), int(compared.column("known").sum()), compared.baseline.gone


def entries(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()[1:]]


def checked(known: Dataset, later: Dataset, file: Path) -> tuple[int, int, int]:
    """What an audit of `later` says against a baseline of `known`, with a finding for every annotation."""
    keep(known, everywhere(known), file)
    return told(later, everywhere(later), file)


BOXES: list[dict[str, Any]] = [
    {"box": (10, 20, 30, 40)},
    {"box": (100, 20, 30, 40)},
    {"box": (10, 20, 30, 40), "category": 1},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "baseline.jsonl"


def test_the_same_audit_is_all_known(file: Path) -> None:
    assert checked(tiny(annotations=BOXES), tiny(annotations=BOXES), file) == (0, 3, 0)


def test_order_ids_folders_and_splits_say_nothing(file: Path) -> None:
    later = tiny(
        images=[{"file_name": "z.jpg", "id": 9}, {"file_name": "images/val/0.png", "id": 77}],
        annotations=[{**each, "image": 1, "id": 100 + at} for at, each in enumerate(BOXES[::-1])],
        categories=("dog", "cat"),
        splits={"val": [1]},
    )
    known = tiny(annotations=[{**each, "category": 1 - each.get("category", 0)} for each in BOXES])
    assert checked(known, later, file) == (0, 3, 0)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ({"box": (11, 19, 30, 40)}, (0, 1, 0)),  # every edge within a pixel
        ({"box": (13, 20, 30, 40)}, (1, 0, 1)),
        ({"box": (10, 20, 30, 43)}, (1, 0, 1)),
        ({"box": (10, 20, 30, 40), "category": 1}, (1, 0, 1)),
        ({"box": (10, 20, 30, 40), "image": 1}, (1, 0, 1)),
    ],
)
def test_another_place_category_or_image_is_another_fault(
    later: dict[str, Any], expected: tuple[int, int, int], file: Path
) -> None:
    known = tiny(images=2, annotations=[{"box": (10, 20, 30, 40)}])
    assert checked(known, tiny(images=2, annotations=[later]), file) == expected


def test_a_large_box_may_move_as_far_as_iou_allows(file: Path) -> None:
    known = tiny(annotations=[{"box": (0, 0, 400, 400)}])
    assert checked(known, tiny(annotations=[{"box": (5, 0, 400, 400)}]), file) == (0, 1, 0)
    assert checked_anew(known, tiny(annotations=[{"box": (15, 0, 400, 400)}]), file) == (1, 0, 1)


def test_another_rule_is_another_fault(file: Path) -> None:
    data = tiny(annotations=[{}])
    keep(data, everywhere(data), file)
    assert told(data, everywhere(data, "SEG001"), file) == (1, 0, 1)


def test_two_equal_faults_and_one_mended(file: Path) -> None:
    assert checked(tiny(annotations=[{}, {}]), tiny(annotations=[{}]), file) == (0, 1, 1)
    assert [each["count"] for each in entries(file)] == [2]
    three = tiny(annotations=[{}] * 3)
    assert told(three, everywhere(three), file) == (1, 2, 0)


def test_a_heap_of_boxes_on_one_spot_is_paired(file: Path) -> None:
    chance = np.random.default_rng(0)
    places = 100 + chance.uniform(-0.2, 0.2, (600, 4))
    known = tiny(annotations=[{"box": box} for box in places.tolist()])
    later = tiny(
        annotations=[{"box": box} for box in (places + chance.uniform(-0.2, 0.2, (600, 4))).tolist()]
    )
    new, found, stale = checked(known, later, file)
    assert (new, found, stale) == (0, 600, 0)


def test_thousands_on_one_spot_that_all_moved_end_in_bounded_work(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """Each looks for partners beside its own place, and the pairs looked at in a round are bounded."""
    monkeypatch.setattr(matching, "PAIRS", 1 << 18)
    chance = np.random.default_rng(0)
    places = np.round(np.hstack([chance.uniform(0, 3, (3000, 2)), 200 + chance.uniform(0, 3, (3000, 2))]), 2)
    moved = np.round(places + chance.uniform(-0.3, 0.3, places.shape), 2)
    key, both = np.zeros(6000, dtype=np.int64), np.vstack([places, moved])
    blocks = [*matching.windows(key, both, np.arange(3000), np.arange(3000, 6000))]
    assert sum(len(first) for first, _ in blocks) <= 3000 * 2 * matching.LEAST_WINDOW + (1 << 18)
    assert len(np.unique(np.concatenate([second for _, second in blocks]))) > 2950  # not the same few
    known = tiny(annotations=[{"box": box} for box in places.tolist()])
    later = tiny(annotations=[{"box": box} for box in moved.tolist()])
    new, found, stale = checked(known, later, file)
    assert new == stale
    assert found >= 2950


def test_one_known_fault_excuses_one_neighbour_the_nearest(file: Path) -> None:
    known = tiny(annotations=[{"box": (10, 10, 20, 20)}])
    later = tiny(annotations=[{"box": (10.8, 10, 20, 20)}, {"box": (10.3, 10, 20, 20)}])
    assert checked(known, later, file) == (1, 1, 0)
    compared = baselines.compare(later, everywhere(later), file, ALL, BOUND)
    assert compared.column("known").tolist() == [False, True]


def test_neighbours_that_all_moved_are_all_known(file: Path) -> None:
    """Nearest first alone would pair the second known box with the first one found, and leave two without a partner."""
    known = tiny(annotations=[{"box": (10, 10, 20, 20)}, {"box": (11, 10, 20, 20)}])
    later = tiny(annotations=[{"box": (10.7, 10, 20, 20)}, {"box": (11.7, 10, 20, 20)}])
    assert checked(known, later, file) == (0, 2, 0)


def test_faults_without_an_image_are_those_of_rule_category_and_split(file: Path) -> None:
    def measured(share: float, split: str, count: int = 1) -> Findings:
        values = {"share": share, "split": [split] * count}
        return Findings((block("SPL004", "{share}", count, category=0, values=values),))

    data = tiny()
    keep(data, measured(0.1, "val"), file)
    assert entries(file) == [{"rule": "SPL004", "category": "cat", "split": "val"}]
    assert told(data, measured(0.7, "val"), file) == (0, 1, 0)
    assert told(data, measured(0.1, "test"), file) == (1, 0, 1)
    assert told(data, measured(0.1, "val", 2), file) == (1, 1, 0)


def test_a_fault_of_one_format_is_known_in_that_format_only(file: Path) -> None:
    known = tiny(annotations=[{}])
    keep(known, everywhere(known, "SCH003"), file)
    assert entries(file)[0]["format"] == "coco"
    assert told(known, everywhere(known, "SCH003"), file) == (0, 1, 0)
    other = tiny(annotations=[{}], format_name="voc")
    assert told(other, everywhere(other, "SCH003"), file) == (1, 0, 0), "the entry waits for its own format"
    assert told(other, Findings(), file) == (0, 0, 0)
    assert told(known, Findings(), file) == (0, 0, 1)


def test_a_fault_of_a_file_is_that_of_the_file(file: Path) -> None:
    broken = Findings((block("SCH001", "m", 1, source=0),))
    keep(tiny(format_name="yolo"), broken, file)
    assert entries(file) == [{"rule": "SCH001", "format": "yolo", "file": "0"}]
    both = tiny(2, format_name="yolo")
    assert told(both, Findings((block("SCH001", "m", 1, source=1),)), file) == (1, 0, 1)


def test_what_was_not_judged_is_not_gone(file: Path) -> None:
    data = tiny(images=[{"path": "/0.jpg"}, {"path": ""}], annotations=[{}, {"image": 1}])
    keep(data, everywhere(data), file)
    assert told(data, Findings(), file, ran={"SEG001"}) == (0, 0, 0), "its rule was not selected"
    partly = Findings(skipped=(Skipped("BOX002", "1 image has no file"),))
    assert told(data, partly, file) == (0, 0, 1)
    keep(data, partly, file, prune=True)
    assert [each["image"] for each in entries(file)] == ["1"]


def test_stale_faults_say_where_they_were(file: Path) -> None:
    data = tiny(annotations=[{"box": (10, 20, 30, 40)}])
    keep(data, everywhere(data), file)
    none = tiny(images=[{"file_name": "other.jpg"}])
    compared = baselines.compare(none, Findings(), file, ALL, BOUND).baseline
    assert compared is not None and compared.file == str(file)
    stale = {name: compared.stale[name][0] for name in ("rule", "image", "category", "x", "count", "absent")}
    assert stale == {"rule": "BOX002", "image": "0", "category": "cat", "x": 10, "count": 1, "absent": True}


def test_where_sizes_are_unknown_fractions_find_their_pixels(file: Path) -> None:
    pixels = tiny(annotations=[{"box": (64, 48, 320, 240)}], format_name="yolo")
    unsized = {"width": np.nan, "height": np.nan}
    fractions = tiny(images=[unsized], annotations=[{"fractions": (0.1, 0.1, 0.5, 0.5)}], format_name="yolo")
    assert fractions.boxes.fraction.all()
    assert checked(pixels, fractions, file) == (0, 1, 0)
    assert checked_anew(fractions, pixels, file) == (0, 1, 0)
    assert "fractions" in entries(file)[0]
    moved = tiny(images=[unsized], annotations=[{"fractions": (0.11, 0.1, 0.5, 0.5)}], format_name="yolo")
    tiny_box = tiny(images=[unsized], annotations=[{"fractions": (0.1, 0.1, 0.01, 0.01)}], format_name="yolo")
    assert told(moved, everywhere(moved), file) == (0, 1, 0)
    assert told(tiny_box, everywhere(tiny_box), file) == (1, 0, 1)


def checked_anew(known: Dataset, later: Dataset, file: Path) -> tuple[int, int, int]:
    file.unlink()
    return checked(known, later, file)


def test_odd_geometry_is_known_too(file: Path) -> None:
    nan, inf = float("nan"), float("inf")
    boxes = [(nan, 1, 2, 3), (1, 1, inf, 3), (1, 1, -5, 3), (1, 1, 0, 0), (1e300, 1, 1e300, 3)]
    data = tiny(annotations=[{"box": box} for box in boxes])
    assert checked(data, data, file) == (0, 5, 0)
    assert json.loads(file.read_text().splitlines()[-1])["box"]


# The file over time.


def test_an_existing_file_is_not_written_over(file: Path) -> None:
    data = tiny(annotations=BOXES)
    keep(data, everywhere(data), file)
    before = file.read_bytes()
    with pytest.raises(UsageError, match="is there already; --update adds"):
        keep(data, Findings(), file)
    assert file.read_bytes() == before


def test_update_adds_and_keeps_reasons_and_prune_takes_out(file: Path) -> None:
    known = tiny(annotations=BOXES[:2])
    keep(known, everywhere(known), file)
    lines = file.read_text().splitlines()
    lines[1] = lines[1].removesuffix("}") + ',"reason":"agreed","by":"ann"}'
    lines[2] = lines[2].removesuffix("}") + ',"reason":"wait"}'
    file.write_text("\n".join(lines))  # by hand: no last line end
    later = tiny(annotations=[{"box": (10.4, 20, 30, 40)}, BOXES[2]])
    found = everywhere(later)
    done = keep(later, found, file, update=True)
    assert (done.total, done.added, done.known, done.gone, done.pruned) == (3, 1, 1, 1, False)
    assert [(each["category"], each["box"], each.get("reason")) for each in entries(file)] == [
        ("cat", [10, 20, 30, 40], "agreed"),
        ("cat", [100, 20, 30, 40], "wait"),
        ("dog", [10, 20, 30, 40], None),
    ]
    assert entries(file)[0]["by"] == "ann"
    done = keep(later, found, file, prune=True)
    assert (done.total, done.added, done.gone, done.pruned) == (2, 0, 1, True)
    assert [each.get("reason") for each in entries(file)] == ["agreed", None]
    before = file.read_bytes()
    keep(later, found, file, update=True, prune=True)
    assert file.read_bytes() == before


def test_prune_alone_adds_nothing_and_counts_down(file: Path) -> None:
    known = tiny(annotations=[{}, {}, {}])
    keep(known, everywhere(known), file)
    later = tiny(annotations=[{}, {"category": 1}])
    keep(later, everywhere(later), file, prune=True)
    assert [(each["category"], each.get("count", 1)) for each in entries(file)] == [("cat", 1)]
    assert told(later, everywhere(later), file) == (1, 1, 0)


def test_one_more_of_an_identical_fault_counts_up_and_keeps_its_reason(file: Path) -> None:
    known = tiny(annotations=[{}])
    keep(known, everywhere(known), file)
    file.write_text(
        file.read_text().replace("}\n", ',"reason":"so"}\n').replace(',"reason":"so"}\n', "}\n", 1)
    )
    twice = tiny(annotations=[{}, {}])
    keep(twice, everywhere(twice), file, update=True)
    assert [(each["count"], each["reason"]) for each in entries(file)] == [(2, "so")]


def test_update_makes_the_file_and_prune_wants_one(file: Path) -> None:
    data = tiny(annotations=BOXES)
    with pytest.raises(UsageError, match="there is no such file"):
        keep(data, everywhere(data), file, prune=True)
    assert keep(data, everywhere(data), file, update=True).added == 3


# Properties.


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 25), max_size=6, unique=True),
    st.lists(st.integers(0, 25), max_size=6, unique=True),
)
def test_no_more_neighbours_could_be_paired(
    tmp_path_factory: pytest.TempPathFactory, before: list[int], after: list[int]
) -> None:
    """Judged by trying all ways; steps of .4, shifted, so that no two are equal and neighbours within two steps fit."""
    known = tiny(annotations=[{"box": (at * 0.4, 0, 10, 10)} for at in before])
    later = tiny(annotations=[{"box": (at * 0.4 + 0.05, 0, 10, 10)} for at in after])
    near = [[abs((a - b) * 0.4 - 0.05) <= 1 for a in before] for b in after]

    def most(open_: frozenset[int], row: int = 0) -> int:
        if row == len(after):
            return 0
        taken = [1 + most(open_ - {each}, row + 1) for each in open_ if near[row][each]]
        return max([most(open_, row + 1), *taken])

    expected = most(frozenset(range(len(before))))
    assert checked(known, later, tmp_path_factory.mktemp("near") / "b.jsonl")[1] == expected


boxes = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 40)] * 2).map(lambda box: [v / 4 for v in box])
rows = st.lists(
    st.builds(
        lambda box, image, category: {"box": box, "image": image, "category": category},
        boxes,
        st.integers(0, 2),
        st.integers(0, 1),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_a_set_has_nothing_new_against_itself_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, annotations: list[Any], chance: Any
) -> None:
    file = tmp_path_factory.mktemp("own") / "b.jsonl"
    known = tiny(3, annotations)
    keep(known, everywhere(known), file)
    before = file.read_bytes()
    chance.shuffle(annotations)
    again = tiny(3, annotations)
    assert told(again, everywhere(again), file) == (0, len(annotations), 0)
    keep(again, everywhere(again), file, update=True, prune=True)
    assert file.read_bytes() == before


@settings(max_examples=60, deadline=None)
@given(rows, st.data())
def test_records_that_go_are_stale_and_nothing_is_new(
    tmp_path_factory: pytest.TempPathFactory, annotations: list[Any], draw: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("less") / "b.jsonl"
    known = tiny(3, annotations)
    keep(known, everywhere(known), file)
    stays = draw.draw(st.lists(st.booleans(), min_size=len(annotations), max_size=len(annotations)))
    left = tiny(3, [each for each, stay in zip(annotations, stays, strict=True) if stay])
    count = sum(stays)
    assert told(left, everywhere(left), file) == (0, count, len(annotations) - count)


@settings(max_examples=60, deadline=None)
@given(rows, rows)
def test_every_fault_is_counted_once(
    tmp_path_factory: pytest.TempPathFactory, before: list[Any], after: list[Any]
) -> None:
    new, known, stale = checked(tiny(3, before), tiny(3, after), tmp_path_factory.mktemp("any") / "b.jsonl")
    assert new + known == len(after)
    assert known + stale == len(before)
