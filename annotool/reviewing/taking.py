"""A review's decisions, taken out of its log and its database, whether it is open or not."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from annotool.fixes.decisions import Decision
from annotool.reviewing import folder, servers
from annotool.reviewing.decided import After, decisions, said_nothing, trust
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Box, Review
from annotool.reviewing.opened import at_hand, inside
from annotool.reviewing.trust import Trust

__all__ = ["Taken", "take"]


@dataclass(frozen=True)
class Taken:
    """What a review has come to: decisions, for each rule how far it is to be trusted, and what else is to be said."""

    review: Review
    decisions: tuple[Decision, ...]
    trust: tuple[Trust, ...]
    notes: tuple[str, ...] = ()

    @property
    def decided(self) -> int:
        """How many findings are decided."""
        return sum(each.confirmed + each.rejected for each in self.trust)


def take(name: str) -> Taken:
    """Return the decisions of a review. Raises UsageError where there is none of that name."""
    review = folder.load(name)
    place = folder.folder(name)
    servers.check_extra()
    with at_hand(place) as uri:
        inside("dump", place, uri)
    after = msgspec.json.decode((place / "after.json").read_bytes(), type=list[After])
    desk = Desk(place)
    boxes = folder.lines(place / "boxes.jsonl", Box)
    said = decisions(desk.items, boxes, desk.entries(), after, review.reviewer, review.splits)
    return Taken(review, tuple(said), tuple(trust(desk.items, said)), tuple(said_nothing(desk.items, after)))
