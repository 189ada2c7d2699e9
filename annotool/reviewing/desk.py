"""What a reviewer's buttons do: which finding is meant, what is decided, which one comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from annotool.errors import UsageError
from annotool.reviewing import folder
from annotool.reviewing.folder import Entry, Item, Review
from annotool.reviewing.ids import kin

__all__ = ["ACTIONS", "DONE", "Desk", "standing"]

ACTIONS = ("accept", "ignore", "delete", "skip", "mend")
DONE = ("accept", "ignore", "delete")
OUT = (*DONE, "mend")  # what needs no more decision
SEVERITIES = ("error", "warning", "info")


def standing(entries: Sequence[Entry]) -> dict[int, Entry]:
    """Return what holds for each finding: its last entry that no `undo` took back."""
    said: dict[int, list[Entry]] = {}
    for each in entries:
        stack = said.setdefault(each.number, [])
        if each.action != "undo":
            stack.append(each)
        elif stack:
            stack.pop()
    return {number: stack[-1] for number, stack in said.items() if stack}


class Desk:
    """A review at work. Every decision is on the disk before a method returns."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.log = place / "log.jsonl"
        self.items = folder.lines(place / "findings.jsonl", Item)

    @cached_property
    def review(self) -> Review:
        """What is reviewed."""
        return msgspec.json.decode((self.place / "review.json").read_bytes(), type=Review)

    @cached_property
    def by_sample(self) -> Mapping[str, Sequence[Item]]:
        """The findings of each image in the App, in the order of the queue."""
        found: dict[str, list[Item]] = {}
        for each in self.items:
            found.setdefault(each.sample, []).append(each)
        return found

    def entries(self) -> list[Entry]:
        """Return the log as it stands; another process may have added to it."""
        return folder.lines(self.log, Entry)

    def decided(self) -> dict[int, Entry]:
        """Return what was decided of each finding, skipped ones left out."""
        return {number: each for number, each in standing(self.entries()).items() if each.action in OUT}

    def decide(self, items: Sequence[Item], action: str, reason: str = "") -> list[Item]:
        """Decide findings; return those it was done to. A finding of no box has none to delete."""
        if action not in ACTIONS:
            raise UsageError(f"no action {action!r}; there are: {', '.join(ACTIONS)}")
        now = datetime.now(UTC).isoformat()
        done = [each for each in items if action != "delete" or each.box]
        folder.append(
            self.log, [Entry(action, each.number, now, self.review.reviewer, reason) for each in done]
        )
        return done

    def undo(self) -> list[Item]:
        """Take back what was decided last, all of it where many were at once; return the findings. What was edited in
        Annotate is undone there."""
        held, taken = standing(self.entries()), datetime.now(UTC).isoformat()
        held = {number: each for number, each in held.items() if each.action != "mend"}
        last = max((each.time for each in held.values()), default="")
        back = [number for number, each in held.items() if each.time == last]
        folder.append(self.log, [Entry("undo", number, taken, self.review.reviewer) for number in back])
        return [self.items[number] for number in back]

    def unmend(self, items: Sequence[Item]) -> None:
        """Note that edits by hand were taken back: what was found is undecided again."""
        taken = datetime.now(UTC).isoformat()
        folder.append(self.log, [Entry("undo", each.number, taken, self.review.reviewer) for each in items])

    def mended(self, sample: str) -> list[Item]:
        """Return the findings of an image that were decided in Annotate."""
        held = standing(self.entries())
        return [
            each
            for each in self.by_sample.get(sample, ())
            if each.number in held and held[each.number].action == "mend"
        ]

    def meant(self, sample: str | None, labels: Sequence[str] = ()) -> list[Item]:
        """Return which findings a button is about: of each selected label the first that is undecided, else the first
        of the open image, else the first of all."""
        decided = self.decided()
        open_ = [each for each in self.by_sample.get(sample or "", ()) if each.number not in decided]
        if labels:
            asked = {kin(label) for label in labels} - {None}  # a box, its outline and its proxy are one
            first: dict[object, Item] = {}
            for each in open_:
                own = kin(each.label)
                if own in asked or ("finding", each.number) in asked:
                    first.setdefault(own, each)
            return list(first.values())
        if sample:
            return open_[:1]
        found = self.next(-1)
        return [found] if found else []

    def left(self, sample: str) -> list[Item]:
        """Return the undecided findings of an image."""
        decided = self.decided()
        return [each for each in self.by_sample.get(sample, ()) if each.number not in decided]

    def next(self, after: int) -> Item | None:
        """Return the next undecided finding in an image, from the one `after` on and round; skipped ones last."""
        held = standing(self.entries())
        turn = [*self.items[after + 1 :], *self.items[: after + 1]]
        free = [each for each in turn if each.sample and each.number not in held]
        if free:
            return free[0]
        return next((each for each in turn if each.sample and held[each.number].action == "skip"), None)

    def of_rule(self, rule: str) -> list[Item]:
        """Return the undecided findings of a rule, or of all whose code begins so."""
        decided = self.decided()
        return [each for each in self.items if each.rule.startswith(rule) and each.number not in decided]

    def table(self, rule: str = "", order: str = "score", most: int = 200) -> list[Item]:
        """Return the undecided findings to list, sorted by score, rule or severity."""
        decided = self.decided()
        rows = [each for each in self.items if each.number not in decided and each.rule.startswith(rule)]
        keys = {
            "score": lambda each: each.number,
            "rule": lambda each: (each.rule, each.number),
            "severity": lambda each: (SEVERITIES.index(each.severity), each.number),
        }
        return sorted(rows, key=keys[order])[:most]

    def progress(self) -> tuple[int, int]:
        """Return how many findings are decided, of how many."""
        return len(self.decided()), len(self.items)

    def rules(self) -> list[tuple[str, str, int]]:
        """Return code, slug and how many findings are undecided for each rule of the review, none left or not."""
        decided = self.decided()
        left = Counter({(each.rule, each.slug): 0 for each in self.items})
        left.update((each.rule, each.slug) for each in self.items if each.number not in decided)
        return sorted((rule, slug, count) for (rule, slug), count in left.items())
