"""What stands in the App's own labels: marks of what was decided by button, tags that people gave, edits by hand.

A mark is a tag such as `annotool:accepted BOX002`; it says what the log says and is read by nobody. A person's tag,
`annotool:accept`, is taken up into the log and becomes a mark. `dataset` is FiftyOne's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from annotool.reviewing.desk import DONE, Desk
from annotool.reviewing.folder import Item
from annotool.reviewing.ids import kin

__all__ = ["LISTS", "MARKS", "TAG", "by_hand", "by_label", "mark", "meant", "spoken", "take_up", "unheard"]

TAG = "annotool:"
MARKS = {"accept": "accepted", "ignore": "ignored", "delete": "to be deleted"}
LISTS = {  # fields that may be tagged, and where in them the labels are
    "ground_truth": "detections",
    "proxies": "detections",
    "outlines": "polylines",
    "keypoints": "keypoints",
    "image_labels": "classifications",
    "image_label": "",
    "proposals": "detections",
}
FEW = 20  # so many samples are saved one by one faster than by a view


def spoken(items: Sequence[Item], tags: Collection[str]) -> Iterator[tuple[Item, str]]:
    """Yield what tags say of findings: `annotool:ignore` of all, `annotool:ignore:BOX002` of those of the rule."""
    for tag in tags:
        word, rule = parts(tag)
        if word in DONE:
            yield from ((item, word) for item in items if rule in ("", item.rule))


def parts(tag: str) -> tuple[str, str]:
    """What a tag says, and of which rule; both empty where it is none of ours."""
    word, _, rule = tag.removeprefix(TAG).partition(":")
    return (word.strip(), rule.strip().upper()) if tag.startswith(TAG) else ("", "")


def unheard(tags: Collection[str], items: Sequence[Item]) -> list[str]:
    """Return a sentence for each of these tags, which decide nothing in this review: why."""
    return [f"The tag {tag} says nothing: {wrong(tag, items)}." for tag in sorted(set(tags))]


def meant(tag: str) -> bool:
    """Whether a tag is meant as a decision: it begins as one and is no mark."""
    return tag.startswith(TAG) and not tag.startswith(tuple(f"{TAG}{word} " for word in MARKS.values()))


def wrong(tag: str, items: Sequence[Item]) -> str:
    word, rule = parts(tag)
    if word not in DONE:
        return f"there are {', '.join(TAG + each for each in DONE)}, each with :RULE after it or without"
    rules = sorted({each.rule for each in items})
    if rule and rule not in rules:
        near = get_close_matches(rule, rules, 1)
        return f"nothing was found of a rule {rule}; " + (
            f"the nearest is {near[0]}" if near else f"there are {', '.join(rules)}"
        )
    return "it stands where nothing was found that it could be about; of an image say accept or ignore"


def mark(dataset: Any, items: Sequence[Item], action: str | None) -> None:
    """Tag the label of each finding with what was decided; None: with nothing, where that was taken back."""
    wanted: dict[str, list[Item]] = {}
    for each in items:
        if each.label:
            wanted.setdefault(each.sample, []).append(each)
    if len(wanted) > FEW:
        mark_many(dataset, [each for held in wanted.values() for each in held], action)
        return
    for oid, held in wanted.items():
        sample = dataset[oid]
        labels = {
            label.id: label for field in {each.field for each in held} for label in within(sample, field)
        }
        for each in held:
            if (label := labels.get(each.label)) is not None:
                gone = marks(each.rule)
                tags = [tag for tag in label.tags if tag not in gone]
                label.tags = tags + ([f"{TAG}{MARKS[action]} {each.rule}"] if action in MARKS else [])
        sample.save()


def mark_many(dataset: Any, items: Sequence[Item], action: str | None) -> None:
    rules: dict[str, list[Item]] = {}
    for each in items:
        rules.setdefault(each.rule, []).append(each)
    for rule, held in rules.items():
        view = dataset.select([each.sample for each in held])
        view = view.select_labels(
            ids=[each.label for each in held], fields=sorted({each.field for each in held})
        )
        if action in MARKS:
            view.tag_labels(f"{TAG}{MARKS[action]} {rule}")
        else:
            view.untag_labels(sorted(marks(rule)))


def marks(rule: str) -> set[str]:
    return {f"{TAG}{word} {rule}" for word in MARKS.values()}


def within(sample: Any, field: str) -> list[Any]:
    """The labels in one field of an image."""
    held = sample[field] if sample.has_field(field) else None
    if held is None:
        return []
    return list(held[LISTS[field]]) if LISTS[field] else [held]


def by_hand(dataset: Any, desk: Desk, sample: str) -> list[Item]:
    """Return the findings of an image, those decided by button left out, whose label was moved, relabelled or deleted
    in the App, or decided in its form; what that says is read from the label itself."""
    left = [each for each in (*desk.left(sample), *desk.mended(sample)) if each.label]
    if not left:
        return []
    held = dataset[sample]
    labels = {label.id: label for field in {each.field for each in left} for label in within(held, field)}
    return [each for each in left if touched(each, labels.get(each.label))]


def touched(item: Item, label: Any) -> bool:
    if label is None or label.label != item.name or label["review"] in DONE:
        return True
    return item.shown is not None and tuple(label.bounding_box) != item.shown


def take_up(dataset: Any, desk: Desk) -> tuple[list[Item], list[str]]:
    """Put what people said by FiftyOne's tag button into the log, and marks in the place of their tags; return the
    findings it decides, and what is to be said of tags that decide nothing, which stay. A tag of an image says what
    becomes of all its findings, and deletes no box."""
    said: dict[str, dict[int, Item]] = {}
    heard: set[str] = set()
    decided = desk.decided()

    def hear(items: Sequence[Item], tags: Collection[str], words: Collection[str]) -> None:
        for tag in tags:
            for item, word in spoken(items, (tag,)):
                if word in words:
                    heard.add(tag)
                    if item.number not in decided:
                        said.setdefault(word, {})[item.number] = item

    words = [tag for tag in dataset.count_label_tags() if meant(tag)]
    view = dataset.match_labels(tags=words) if words else ()
    flags = by_label(desk.items) if words else {}
    for sample in view:
        for label in (one for field in LISTS for one in within(sample, field)):
            hear(flags.get(kin(label.id), ()), label.tags, DONE)
    whole = [tag for tag in dataset.count_sample_tags() if meant(tag)]
    for sample in dataset.match_tags(whole) if whole else ():
        hear(desk.by_sample.get(sample.id, ()), sample.tags, ("accept", "ignore"))
    found = []
    for word, items in said.items():
        done = desk.decide(list(items.values()), word)
        mark(dataset, done, word)
        found += done
    if mine := [tag for tag in words if tag in heard]:
        dataset.match_labels(tags=mine).untag_labels(mine)
    if mine := [tag for tag in whole if tag in heard]:
        dataset.match_tags(mine).untag_samples(mine)
    return found, unheard([tag for tag in (*words, *whole) if tag not in heard], desk.items)


def by_label(items: Sequence[Item]) -> dict[object, list[Item]]:
    """The findings of each label, by what it stands for; that of a box a fix would make stands for its finding."""
    flags: dict[object, list[Item]] = {}
    for each in items:
        if (own := kin(each.label)) is not None:
            flags.setdefault(own, []).append(each)
        flags["finding", each.number] = [each]
    return flags
