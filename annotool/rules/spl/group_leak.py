"""SPL003."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.errors import ConfigError
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.table import Array


class Groups(msgspec.Struct, frozen=True):
    """How many images each group has in each split, and the first of them (row key)."""

    members: Mapping[tuple[str, str], tuple[int, int]]


@dataclass(frozen=True)
class GroupLeak(DatasetRule[Groups]):
    """Images that belong together stand in different splits.

    What: a group, such as a video, a patient or the photograph that tiles were cut from, with images in two splits or
    more. What the group of an image is, you say: `pattern`, a regular expression looked for in the file name, whose
    first group is the key, or `column`, a column of the file given with --join. Images without a key are in no
    group. One finding a group, on its first image in the smaller of its splits.

    Why: images of one group look alike, so the test asks what was trained on, and the score flatters
    (HULKs/hulk#2831: 98 % of the validation frames share a recording with train).

    Bad: `video7_0001.jpg` in train and `video7_0002.jpg` in val, with `pattern = "^(video\\d+)"`.

    Good: all frames of video7 in train.

    Fix: none: split anew, by group.

    Source: HULKs/hulk#2831.
    """

    code = "SPL003"
    slug = "group-leak"
    severities = (Severity.WARNING,)
    verdict = ("1 group of images stands in two splits", "{n} groups of images stand in two splits or more")

    pattern: str = ""
    column: str = ""

    def __post_init__(self) -> None:
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            raise ConfigError(f"SPL003 pattern = {self.pattern!r}: no regular expression: {error}") from error
        if self.pattern and not groups:
            raise ConfigError(
                f"SPL003 pattern = {self.pattern!r}: expected a group for the key, such as ^(video\\d+)"
            )

    def unable(self, data: Dataset) -> str:
        if not self.pattern and not self.column:
            return ""  # not asked for, which nobody has to be told at every audit
        if len(data.split_names) < 2:
            return "fewer than two splits"
        if self.column and self.column not in data.joined:
            return f"no column {self.column!r}: give the file that has it with --join"
        return ""

    def partial(self, shard: Dataset) -> Groups:
        splits = shard.table("splits")
        if not len(splits) or not (self.pattern or self.column in shard.joined):
            return Groups({})
        keys = self.keys(shard)[shard.image_rows(splits["image"])]
        rows = np.flatnonzero(keys != "")
        of_key = {name: at for at, name in enumerate(dict.fromkeys(keys[rows].tolist()))}
        of_split = {name: at for at, name in enumerate(shard.split_names)}
        code = np.array([of_key[key] for key in keys[rows].tolist()], dtype=np.int64) * len(of_split)
        code += np.array([of_split[name] for name in splits["split"][rows].tolist()], dtype=np.int64)
        pairs, counts = np.unique(code, return_counts=True)
        first = np.full(len(pairs), np.iinfo(np.int64).max)
        np.minimum.at(first, np.searchsorted(pairs, code), splits["image"][rows])
        names, order = list(of_key), list(of_split)
        members = {
            (names[pair // len(order)], order[pair % len(order)]): (count, image)
            for pair, count, image in zip(pairs.tolist(), counts.tolist(), first.tolist(), strict=True)
        }
        return Groups(members)

    def keys(self, data: Dataset) -> Array:
        """The group of each image, object array of texts; empty for none."""
        if self.column:
            return data.joined[self.column]
        find = re.compile(self.pattern).search
        hits = map(find, data.table("images")["file_name"].tolist())
        keys = np.empty(len(data.table("images")), dtype=object)
        keys[:] = [(hit[1] or "") if hit else "" for hit in hits]
        return keys

    def merge(self, states: Sequence[Groups]) -> Groups:
        members: dict[tuple[str, str], tuple[int, int]] = {}
        for state in states:
            for key, (count, image) in state.members.items():
                before, first = members.get(key, (0, image))
                members[key] = count + before, min(first, image)
        return Groups(members)

    def finish(self, state: Groups) -> Findings:
        groups: dict[str, dict[str, tuple[int, int]]] = {}
        for (key, split), held in state.members.items():
            groups.setdefault(key, {})[split] = held
        leaks = {key: held for key, held in sorted(groups.items()) if len(held) > 1}
        said, images = [], []
        for parts_of in leaks.values():
            parts = sorted(parts_of.items(), key=lambda part: (-part[1][0], part[0]))
            said.append(", ".join(f"{split}: {count:,}" for split, (count, _) in parts))
            images.append(parts[-1][1][1])
        return found(
            self,
            "group {group!r} stands in {count} splits (images of {splits})",
            count=len(leaks),
            image=np.array(images, dtype=np.int64),
            values={"group": list(leaks), "count": [len(held) for held in leaks.values()], "splits": said},
        )
