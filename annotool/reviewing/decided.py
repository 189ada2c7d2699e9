"""What was decided in a review: by button, from the log; by hand in the App, from the labels before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from annotool.fixes.decisions import Decision, Value
from annotool.reviewing.desk import DONE, standing
from annotool.reviewing.folder import Box, Entry, Item
from annotool.reviewing.ids import EDITABLE, kin
from annotool.reviewing.marking import TAG, by_label, meant, spoken, unheard
from annotool.reviewing.trust import Trust, trusted

__all__ = ["After", "Label", "by_button", "by_hand", "decisions", "moved", "said_nothing", "trust"]

WHOLE = ("image_label", "image_labels")  # fields of labels of whole images
DECIMALS = 2  # of a pixel: a hand on a mouse is no better
Side = float | None


class Label(msgspec.Struct, frozen=True):
    """A label as it stands in the App."""

    field: str
    id: str
    label: str | None = None
    bounding_box: tuple[float, float, float, float] | None = None
    tags: list[str] | None = None
    review: str | None = None
    reason: str | None = None


class After(msgspec.Struct, frozen=True):
    """An image as it stands in the App. changed: when it was last edited, ISO 8601."""

    sample: str
    file: str
    size: tuple[Side, Side]
    changed: str
    labels: list[Label]
    tags: list[str] = []


def decisions(
    items: Sequence[Item],
    boxes: Sequence[Box],
    entries: Sequence[Entry],
    after: Sequence[After],
    reviewer: str,
    splits: Collection[str] = (),
) -> list[Decision]:
    """Return everything decided: findings in the order of the queue, then edits by hand in the order of the images.
    splits: tags that images had from the beginning.

    What a button says of a finding goes before what a tag or the form says of its box.
    """
    said = [*by_button(items, entries), *by_hand(items, boxes, after, reviewer, splits)]
    kept: dict[tuple[object, ...], Decision] = {}
    for each in said:
        kept.setdefault((each.fingerprint or each.target, each.action if not each.fingerprint else ""), each)
    return list(kept.values())


def by_button(items: Sequence[Item], entries: Sequence[Entry]) -> Iterator[Decision]:
    """Yield what the log says."""
    for number, each in sorted(standing(entries).items()):
        if each.action in DONE:
            yield of_finding(items[number], each.action, each.reviewer, each.time, each.reason)


def of_finding(item: Item, action: Any, reviewer: str, time: str, reason: str = "") -> Decision:
    return Decision(
        action=action, fingerprint=item.fingerprint, rule=item.rule, box=item.box, image=item.file,
        category=item.category, reviewer=reviewer, time=time, reason=reason, alike=item.alike,
    )  # fmt: skip


def by_hand(
    items: Sequence[Item],
    boxes: Sequence[Box],
    after: Sequence[After],
    reviewer: str,
    splits: Collection[str] = (),
) -> Iterator[Decision]:
    """Yield what was drawn, moved, relabelled, deleted, tagged or chosen in the form; a box nobody touched yields
    nothing. Images that were taken out of the App altogether say nothing of their boxes."""
    before: dict[str, dict[str, Box]] = {}
    for box in boxes:
        before.setdefault(box.sample, {})[box.id] = box
    flags = by_label(items)
    of_image: dict[str, list[Item]] = {}
    for item in items:
        of_image.setdefault(item.sample, []).append(item)
    for image in after:
        was = before.get(image.sample, {})
        here = {label.id: label for label in image.labels if label.field in EDITABLE}
        here = anew(was, here)
        for oid in doubled(was, here):
            del here[oid]
        for label in image.labels:
            yield from chosen(flags.get(kin(label.id), ()), label, image.changed, reviewer)
        for oid, label in here.items():
            if oid in was:
                yield from edited(was[oid], label, image.changed, reviewer)
            elif label.bounding_box is not None or (label.label and label.field.startswith("image_label")):
                yield drawn(label, image, reviewer, splits)
        for oid, box in was.items():
            if oid not in here:
                yield of_box("delete", box, image.changed, reviewer)
        for item, word in spoken(of_image.get(image.sample, ()), image.tags):
            if word != "delete":  # of one box, not of all of an image
                yield of_finding(item, word, reviewer, image.changed)
        if own := tuple(sorted(tag for tag in image.tags if tag not in splits and not tag.startswith(TAG))):
            new = Value(tags=own)
            yield Decision("tag", image=image.file, new=new, reviewer=reviewer, time=image.changed)


def anew(was: Mapping[str, Box], here: Mapping[str, Label]) -> dict[str, Label]:
    """Return the labels as they stand, by the ids they had before: where an image's one label was deleted and another
    given in its place, or one of several and the same again, it is that label."""
    gone = {oid: box for oid, box in was.items() if oid not in here}
    names: dict[str, str] = {}
    for oid, label in here.items():
        if oid in was:
            continue
        for old, box in gone.items():
            same = box.field == "image_label" or box.label == label.label
            if label.field == box.field and box.field in WHOLE and same:
                names[oid] = old
                del gone[old]
                break
    return {names.get(oid, oid): label for oid, label in here.items()}


def doubled(was: Mapping[str, Box], here: Mapping[str, Label]) -> set[str]:
    """Which of an image's several labels became what another one is already: they are one label less."""
    ours = [(oid, label) for oid, label in here.items() if label.field == "image_labels" and oid in was]
    held: set[str | None] = {label.label for oid, label in ours if label.label == was[oid].label}
    out = set()
    for oid, label in ours:
        if label.label != was[oid].label:
            if label.label in held:
                out.add(oid)
            held.add(label.label)
    return out


def of_box(
    action: Any, box: Box, time: str, reviewer: str, old: Value | None = None, new: Value | None = None
) -> Decision:
    return Decision(
        action=action,
        box=box.mark,
        image=box.file,
        category=box.label,
        old=old,
        new=new,
        reviewer=reviewer,
        time=time,
    )


def edited(box: Box, label: Label, time: str, reviewer: str) -> Iterator[Decision]:
    if label.bounding_box is not None and tuple(label.bounding_box) != tuple(box.shown):
        old = Value(box=whole(box.xywh))
        yield of_box("move", box, time, reviewer, old, Value(box=moved(box, label.bounding_box)))
    if label.label != box.label and label.label:
        yield of_box("relabel", box, time, reviewer, Value(category=box.label), Value(category=label.label))
    own = tuple(sorted(tag for tag in label.tags or () if not tag.startswith(TAG)))
    if own:
        yield of_box("tag", box, time, reviewer, Value(tags=()), Value(tags=own))


def whole(xywh: Sequence[Side]) -> tuple[float, float, float, float] | None:
    known = [side for side in xywh if side is not None]
    return (known[0], known[1], known[2], known[3]) if len(known) == 4 else None


def moved(box: Box, now: Sequence[float]) -> tuple[float, float, float, float]:
    """Return where a box is now, in pixels: a side that was not moved keeps its source's exact number."""
    exact = box.xywh if box.field == "ground_truth" else (None,) * 4  # a proxy is not where its box is
    scale = (*box.size, *box.size)
    x, y, w, h = (
        source if source is not None and side == given else round(side * size, DECIMALS)
        for source, given, side, size in zip(exact, box.shown, now, scale, strict=True)
    )
    return x, y, w, h


def chosen(flags: Sequence[Item], label: Label, time: str, reviewer: str) -> Iterator[Decision]:
    """What the form's radio says of all findings of a label, and a tag of all or of those of one rule."""
    said = dict.fromkeys(flags, label.review) if label.review in DONE else {}
    for item, word in {**dict(spoken(flags, label.tags or ())), **said}.items():
        yield of_finding(item, word, reviewer, time, label.reason or "")


def drawn(label: Label, image: After, reviewer: str, splits: Collection[str]) -> Decision:
    box = None
    if label.bounding_box is not None:
        width, height = (side or float("nan") for side in image.size)
        scale = (width, height, width, height)
        x, y, w, h = (
            round(side * size, DECIMALS) for side, size in zip(label.bounding_box, scale, strict=True)
        )
        box = (x, y, w, h)
    return Decision(
        action="draw", image=image.file, category=label.label or "", new=Value(box=box, category=label.label),
        reviewer=reviewer, time=image.changed, split=next((tag for tag in image.tags if tag in splits), ""),
    )  # fmt: skip


def said_nothing(items: Sequence[Item], after: Sequence[After]) -> list[str]:
    """Return what is to be said of tags that look like decisions and decide nothing."""
    flags, of_image = by_label(items), dict[str, list[Item]]()
    for item in items:
        of_image.setdefault(item.sample, []).append(item)
    heard: dict[str, bool] = {}
    for image in after:
        held = [(flags.get(kin(label.id), ()), label.tags or (), "") for label in image.labels]
        for found, tags, silent in (*held, (of_image.get(image.sample, ()), image.tags, "delete")):
            for tag in filter(meant, tags):
                says = any(word != silent for _, word in spoken(found, (tag,)))
                heard[tag] = says or heard.get(tag, False)
    return unheard([tag for tag, says in heard.items() if not says], items)


def trust(items: Sequence[Item], said: Sequence[Decision]) -> list[Trust]:
    """Return what became of each rule's findings. A box that was changed or deleted by hand confirms what flagged
    it."""
    verdict: Mapping[str, str] = {each.fingerprint: each.action for each in said if each.fingerprint}
    touched = {each.box for each in said if not each.fingerprint and each.box and each.action != "tag"}
    rejected = {each.number for each in items if verdict.get(each.fingerprint) == "ignore"}
    confirmed = {
        each.number
        for each in items
        if each.number not in rejected and (each.fingerprint in verdict or each.box in touched)
    }
    return trusted(items, confirmed, rejected)
