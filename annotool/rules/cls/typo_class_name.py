"""CLS004."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Edits, Findings, Fix, Severity, found, mendable
from annotool.rules.cls.base import RENAMED, Named, added, folded, merged, named, per_name
from annotool.table import Array

LEAST = 5  # letters of a word that is judged
TWO = 8  # letters of a word from which two edits are a slip, and not another word
FREQUENT = 20  # instances of the name that is held to be the right one
TIMES = 10  # so many times it is used at least
SPELLED = "\u0530"  # letters below it are Latin, Greek or Cyrillic; elsewhere one sign may be a word
ENDINGS = frozenset("al d ed en er ing ist ly n or r y".split())  # drive and driver, glove and gloved


@dataclass(frozen=True)
class TypoClassName(DatasetRule[Named]):
    """A rare class has the name of a frequent one but for a slip of the pen.

    What: a name with at most `instances` annotations (and a tenth of the other's), or under `share` of the other's,
    that differs in one word of five letters or more by one edit (two from eight letters on): a letter too many, too
    few, another one, or letters that changed places. Or it differs only in where blanks stand. Nothing is said of
    another first letter, digits, endings such as drive and driver, whole words (small car, large car), or a
    rare word that stands in the class lists of COCO, VOC, LVIS, Objects365, Open Images, ImageNet, Kinetics or CIFAR, or
    is a common English word: cap and cup, glasses and glass. On these lists with counts as of Zipf's law it finds nothing; on each
    with its own words left out of what is known, 0 to 0.3 names a list. Of names with one random edit it finds
    59 % in COCO, 61 % in Objects365, 65 % in LVIS, 62 % in Open Images (76 to 82 % where a word has five letters).

    Why: what is misspelt becomes a class of its own that nobody can learn, and its objects are missing in the right
    one (VisDrone/DroneVehicle#49: feright_car, truvk; DanielHfnr/Carla-Object-Detection-Dataset#2).

    Bad: 1,204 of "truck" and 3 of "truvk".

    Good: 1,207 of "truck".

    Fix: unsafe merge into the frequent name; in a YOLO class list the name stays, without a row. Of class folders, with
    `--out` only, the images move into the other folder.

    Source: VisDrone/DroneVehicle#49. 5 instances and 1 % are proposals, calibrated as said above.
    """

    code = "CLS004"
    slug = "typo-class-name"
    severities = (Severity.WARNING,)
    verdict = ("1 class name looks misspelt", "{n} class names look misspelt")
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH001", "SCH002")

    instances: int = 5
    share: float = 0.01

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Named:
        return named(shard)

    def merge(self, states: Sequence[Named]) -> Named:
        return added(states)

    def finish(self, state: Named) -> Findings:
        names, twins = per_name(state), self.twins(state)
        rows = np.array([names[name][0] for name in twins], dtype=np.int64)
        known = np.isin(state.format_of[rows], ("coco", "voc", "yolo", *RENAMED))
        return found(
            self,
            "{name!r} (instances: {count:,}) is {other!r} (instances: {other_count:,}) but for a slip",
            state.rows,
            take=rows,
            fix=np.where(known, Fix.UNSAFE, Fix.NONE),
            values={
                "name": list(twins),
                "count": [names[name][1] for name in twins],
                "other": list(twins.values()),
                "other_count": [names[other][1] for other in twins.values()],
            },
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings, "category")
        state = self.partial(data)
        twins, parts = self.twins(state), list[Edits]()
        for number, key in zip(finding.tolist(), keys.tolist(), strict=True):
            name = state.rows["name"][key]
            parts += merged(self, data, state, number, name, twins[name])
        return Edits.concat(parts)

    def twins(self, state: Named) -> dict[str, str]:
        """Return the frequent name that each misspelt one stands for."""
        counts = {name: count for name, (_, count) in per_name(state).items() if count}
        by_letter: dict[str, list[str]] = {}
        for name in counts:
            by_letter.setdefault(folded(name)[:1], []).append(name)
        twins: dict[str, str] = {}
        for group in by_letter.values():
            frequent = [name for name in group if counts[name] >= FREQUENT]
            most = max((counts[name] for name in frequent), default=0)
            rare = [name for name in group if self.is_rare(counts[name], most)]
            if rare:
                twins |= self.in_group(rare, frequent, counts)
        return {name: twins[name] for name in counts if name in twins}

    def in_group(
        self, rare: Sequence[str], frequent: Sequence[str], counts: Mapping[str, int]
    ) -> dict[str, str]:
        """The twins among names of one first letter; of several the nearest, then the most frequent."""
        own, others = ([folded(name) for name in names] for names in (rare, frequent))
        distance = edits(own, others)
        near = np.argwhere(distance <= 2).tolist()
        near.sort(key=lambda pair: (distance[pair[0], pair[1]], -counts[frequent[pair[1]]]))
        twins: dict[str, str] = {}
        for one, other in near:
            name, twin = rare[one], frequent[other]
            if self.is_rare(counts[name], counts[twin]) and is_slip(own[one], others[other]):
                twins.setdefault(name, twin)
        return twins

    def is_rare(self, count: int, other: int) -> bool:
        few = count <= self.instances and TIMES * count <= other
        return other >= FREQUENT and (few or count < self.share * other)


def edits(one: Sequence[str], other: Sequence[str]) -> Array:
    """Return how many edits part each text from each of the others, uint8 (n, m); 3 for more than two."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cdist

    return cdist(one, other, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)


def is_slip(name: str, other: str) -> bool:
    """Whether a folded name is another one misspelt in one word, or with blanks elsewhere."""
    own, right = (re.findall(r"[^\W_]+", each) for each in (name, other))
    if own == right or not own:
        return False
    if len(own) != len(right):
        return "".join(own) == "".join(right) or is_misspelt("".join(own), "".join(right), least=TWO)
    differing = [pair for pair in zip(own, right, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and is_misspelt(*differing[0])


def is_misspelt(word: str, right: str, least: int = LEAST) -> bool:
    """Whether a word is another one with a slip, and no word or form of its own."""
    if (
        len(right) < least
        or word[0] != right[0]
        or not (word + right).isalpha()
        or max(word + right) >= SPELLED
    ):
        return False
    singular = word.removesuffix("s")
    if word in known_words() or (singular in known_words() and singular != right) or is_form(word, right):
        return False
    distance = int(edits([word], [right])[0, 0])
    return (
        distance <= 1
        or sorted(word) == sorted(right)
        or (distance == 2 and min(len(word), len(right)) >= TWO)
    )


def is_form(word: str, other: str) -> bool:
    """Whether two words differ in an ending, or in the vowel they end with (perro, perra)."""
    short, long = sorted((word, other), key=len)
    if len(short) == len(long):
        return word[:-1] == other[:-1] and {word[-1], other[-1]} <= set("aeiou")
    return long.startswith(short) and long[len(short) :] in ENDINGS


@cache
def known_words() -> frozenset[str]:
    """Return the words of four letters and more in the class lists named above, less what is misspelt there, and
    common English words (as often as 1 in 550,000, by pyspellchecker 0.9.1) that a slip makes of one of them."""
    return frozenset(files(__package__).joinpath("words.txt").read_text("utf-8").split())
