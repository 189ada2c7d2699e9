"""SCH005: records of one file that cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.rules.base import ERROR, DatasetRule, Findings, found, written_in
from annotool.rules.sch.base import columns
from annotool.rules.targets import drops_image, misreads, value_is
from annotool.schema import NO_ID
from annotool.table import Array, Table

State = dict[str, Table]
NAMED = ("source", "id", "line", "start", "end", "index")


class DuplicateId(DatasetRule[State]):
    """Two images or two categories of one file have the same id, or two images the same file name.

    What: an id used twice among the images, or among the categories, of one file; a file_name used twice,
    names that differ in case only included, for they are one file on Windows and macOS. The second and later
    ones are named. Files of one dataset may well use the same ids.

    Why: pycocotools keeps the last record of an id in silence, Datumaro and torchvision lose the image or
    stop, and converters to YOLO write the labels of one record over those of the other.

    Bad: `[{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]`

    Good: `[{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}]`

    Fix: none: which record its annotations mean, nobody can tell.

    Source: createIndex of pycocotools/coco.py.
    Of the consumers: pycocotools 2.0.11 coco.py COCO.createIndex; detectron2 data/datasets/coco.py
    load_coco_json at 910b796.
    """

    code = "SCH005"
    slug = "duplicate-id"
    severities = (ERROR,)
    formats = ("coco",)
    verdict = (
        "1 image or category has an id or a name that is taken",
        "{n} images or categories share an id or a name",
    )
    targets = (
        drops_image("torchvision", "keeps only the last image of an id", when=value_is("kind", "image")),
        drops_image("detectron2", "keeps only the last image of an id", when=value_is("kind", "image")),
        misreads(
            "detectron2", "counts the class twice under the last name", when=value_is("kind", "category")
        ),
        drops_image("mmdet", "keeps only the last image of an id", when=value_is("kind", "image")),
        drops_image("coco-eval", "keeps only the last image of an id", when=value_is("kind", "image")),
    )

    def partial(self, shard: Dataset) -> State:
        images, categories = shard.table("images"), shard.table("categories")
        return {
            "images": columns(images, (*NAMED, "image", "file_name")).take(
                written_in(shard, images, self.formats)
            ),
            "categories": columns(categories, (*NAMED, "category")).take(
                written_in(shard, categories, self.formats)
            ),
        }

    def merge(self, states: Sequence[State]) -> State:
        images = Table.concat([state["images"] for state in states])
        return {"images": images, "categories": states[0]["categories"]}  # each part holds all categories

    def finish(self, state: State) -> Findings:
        images, categories = state["images"], state["categories"]
        first = repeats(images, images["id"], images["id"] != NO_ID)
        findings = self.of_ids(images, first, "image") + self.of_ids(
            categories, repeats(categories, categories["id"], categories["id"] != NO_ID), "category"
        )
        names = np.empty(len(images), dtype=object)
        names[:] = casefolded(images["file_name"].tolist())
        # A record that is a copy, id and name, is one fault.
        first = repeats(images, names, (names != "") & (first < 0))
        twice = np.flatnonzero(first >= 0)
        own, other = images["file_name"][twice], images["file_name"][first[twice]]
        for message, which in (
            ("file_name {file_name} was used before, by /images/{first}", own == other),
            ("file_name {file_name} differs only in case from {other}, of /images/{first}", own != other),
        ):
            values = {
                "file_name": own[which],
                "first": images["index"][first[twice[which]]],
                "other": other[which],
            }
            findings += found(self, message, images, take=twice[which], values=values)
        return findings

    def of_ids(self, rows: Table, first: Array, kind: str) -> Findings:
        twice = np.flatnonzero(first >= 0)
        values = {"id": rows["id"][twice], "first": rows["index"][first[twice]], "kind": kind}
        section = {"image": "images", "category": "categories"}[kind]
        message = f"{{kind}} id {{id}} was used before, by /{section}/{{first}}"
        return found(self, message, rows, take=twice, values=values)


def repeats(rows: Table, key: Array, judged: Array) -> Array:
    """Return for each row the first row of its file with the same key, -1 where there is none or it is not
    judged."""
    first = np.full(len(rows), -1, dtype=np.int64)
    chosen = np.flatnonzero(judged)
    found_first = first_equal(rows["source"][chosen], key[chosen])
    first[chosen] = np.where(found_first >= 0, chosen[found_first], -1) if len(chosen) else first[chosen]
    return first


def casefolded(names: list[str]) -> list[str]:
    """All names without case; at once, unless a line break stands in one."""
    folded = "\n".join(names).casefold().split("\n")
    return folded if len(folded) == len(names) else [name.casefold() for name in names]
