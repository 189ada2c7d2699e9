import random
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix
from annotool.formats.base import objects
from annotool.rules.cls import typo_class_name
from annotool.rules.cls.base import Named
from annotool.rules.cls.typo_class_name import TypoClassName, edits, is_slip, known_words
from annotool.table import Array, Table
from annotool.testing import check_rule, edited, tiny

RULE = TypoClassName()


def lists() -> dict[str, list[str]]:
    """Published class lists, by name."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("name_lists.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            own = found.setdefault(line[2:].partition(":")[0], [])
        else:
            own.append(line)
    return found


LISTS = lists()


def counted(**counts: int) -> Dataset:
    """A dataset with so many annotations of each name (`_` is a blank)."""
    names = [name.replace("_", " ") for name in counts]
    rows = [{"category": at} for at, count in enumerate(counts.values()) for _ in range(count)]
    return tiny(2, [{**row, "image": at % 2} for at, row in enumerate(rows)], names)


def twins(counts: dict[str, int]) -> dict[str, str]:
    names = Table({"name": objects(list(counts))})
    return RULE.twins(Named(names, np.array(list(counts.values())), objects(["coco"] * len(counts))))


def zipf(names: list[str], seed: int, power: float) -> dict[str, int]:
    """Counts as of Zipf's law, handed out at random."""
    counts = np.maximum(50_000 / np.arange(1, len(names) + 1) ** power, 1).astype(int)
    return dict(zip(names, np.random.default_rng(seed).permutation(counts).tolist(), strict=True))


def slip(name: str, rng: random.Random) -> str:
    """A name with one random edit of a letter."""
    at = rng.choice([at for at, sign in enumerate(name) if sign.isalpha()])
    letter = rng.choice(string.ascii_lowercase)
    swapped = name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]
    return rng.choice([name[:at] + name[at + 1 :], name[:at] + letter + name[at:],
                       name[:at] + letter + name[at + 1 :], swapped])  # fmt: skip


def test_a_rare_name_a_slip_away_from_a_frequent_one() -> None:
    check_rule(
        TypoClassName,
        valid=[
            counted(truck=60, trunk=2),  # a word of its own
            counted(truck=60, truvk=7),  # not rare enough
            counted(truck=19, truvk=1),  # the other is not frequent
            counted(truck=49, truvk=5),
            counted(truck=60, truvk=0),  # CLS002's
            counted(truck=60, Truck=2),  # CLS003's
            counted(glass=60, glasses=2),
            tiny(),
        ],
        invalid=[
            (
                counted(bus=3, truvk=2, truck=20),
                [{"category": 1, "fix": Fix.UNSAFE, "severity": -1,
                  "message": "'truvk' (instances: 2) is 'truck' (instances: 20) but for a slip",
                  "values": {"name": "truvk", "count": 2, "other": "truck", "other_count": 20}}],
            ),
            (counted(traffic_light=30, trafic_light=2, trafficlight=3), [{"category": 1}, {"category": 2}]),
            (tiny(annotations=[{"category": 0}] * 700 + [{"category": 1}] * 6, categories=["person", "persn"]), [1]),
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("feright_car", "freight_car"),
        ("feright car", "freight_car"),
        ("truvk", "truck"),
        ("persn", "person"),
        ("motocycle", "motorcycle"),
        ("trafic light", "traffic light"),
        ("bycicle", "bicycle"),
        ("umbrela", "umbrella"),
        ("trucks", "truck"),
        ("TrafficLight", "traffic_light"),
        ("pedestrain", "pedestrian"),
        ("грузовк", "грузовик"),
    ],
)
def test_slips_that_people_made(name: str, right: str) -> None:
    assert twins({right: 1000, name: 3}) == {name: right}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cup", "cap"), ("boot", "boat"), ("boots", "boats"), ("ski", "skin"), ("bat", "cat"), ("glasses", "glass"),
        ("class_01", "class_02"), ("lane_1", "lane_2"), ("car1", "car2"), ("small car", "large car"),
        ("front left", "front right"), ("left lane", "light lane"), ("driver", "drive"), ("gloved", "glove"),
        ("perra", "perro"), ("unmasked", "masked"), ("A320neo", "A330neo"), ("红色小汽车", "红色大汽车"), ("phase iii", "phase ii"),
        ("horse", "house"), ("ankle", "anklet"), ("*****", "-----"),
    ],
)  # fmt: skip
def test_names_that_are_near_and_right(name: str, other: str) -> None:
    assert twins({other: 1000, name: 3}) == {}
    assert twins({name: 1000, other: 3}) == {}


def test_published_lists_have_many_near_names_and_no_slip() -> None:
    names = [name for name in LISTS["LVIS v0.5"] if len(name) >= 3]
    near = np.triu(edits(names, names) <= 2, 1).sum()
    assert len(LISTS["LVIS v0.5"]) == 1230
    assert near > 160
    for own in LISTS.values():
        for seed in range(5):
            for power in (1.0, 1.3):
                assert twins(zipf(own, seed, power)) == {}


@pytest.mark.parametrize("name", ["LVIS v0.5", "Objects365 v2", "Open Images", "ImageNet", "Kinetics"])
def test_a_list_that_is_not_known_beforehand(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known less the words that only this list has: at most one name in two audits is told wrongly."""
    others = {word for other, own in LISTS.items() if other != name for word in words(own)}
    known = known_words() - (words(LISTS[name]) - others)
    monkeypatch.setattr(typo_class_name, "known_words", lambda: known)
    assert sum(len(twins(zipf(LISTS[name], seed, 1.2))) for seed in range(10)) <= 5


def words(names: list[str]) -> set[str]:
    return {
        word for name in names for word in "".join(s if s.isalpha() else " " for s in name.lower()).split()
    }


@pytest.mark.parametrize(
    ("name", "least"), [("COCO", 0.52), ("Objects365 v2", 0.57), ("LVIS v0.5", 0.6), ("Open Images", 0.58)]
)
def test_random_slips_are_found(name: str, least: float) -> None:
    rng, hits = random.Random(7), []
    for _ in range(3):
        for right in LISTS[name]:
            wrong = slip(right.lower(), rng)
            if wrong != right.lower():
                hits.append(twins({right: 1000, wrong: 3}) == {wrong: right})
    assert sum(hits) / len(hits) > least


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_any_text_is_judged(one: str, other: str) -> None:
    assert not is_slip(one, one)
    assert is_slip(one, other) in (True, False)


def mended(data: Dataset) -> Dataset:
    return edited(data, RULE.fix(data, RULE.check(data)))


def names_used(data: Dataset) -> Array:
    return np.unique(data.names_of(data.table("annotations")["category"]).astype(str))


def test_merging_in_each_format() -> None:
    rows = [{"category": 0}] * 30 + [{"category": 1}] * 2
    for form, left in (("coco", ["truck"]), ("yolo", ["truck", "truvk"]), ("voc", ["truck", "truck"])):
        after = mended(tiny(annotations=rows, categories=["truck", "truvk"], format_name=form))
        assert after.table("categories")["name"].tolist() == left
        assert names_used(after).tolist() == ["truck"]
        assert not len(RULE.check(after))


def test_rows_of_yolo_get_the_right_number(tmp_path: Path) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    for part in ("images", "labels"):
        (given / part).mkdir(parents=True)
    (given / "data.yaml").write_text("train: images\nval: images\nnames: [truck, truvk]\n")
    rows = "".join(f"0 0.{at} 0.5 0.05 0.1\n" for at in range(1, 7))
    for at in range(5):
        (given / f"labels/{at}.txt").write_text(rows + "1 0.75 0.5 0.05 0.1\n" * (at == 3))
    made = annotool.fix(given, out=out, unsafe=True, select=["CLS004"])
    assert not made.taken_back
    assert (out / "labels/3.txt").read_text() == rows + "0 0.75 0.5 0.05 0.1\n"
    assert (out / "data.yaml").read_bytes() == (given / "data.yaml").read_bytes()
    assert not len(annotool.fix(out, unsafe=True, select=["CLS004"]).changes)
