"""KPT001."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block
from annotool.rules.base import COLUMNS, DatasetRule, Edits, Findings, Fix, Op, Severity, found, mendable
from annotool.rules.kpt.base import declared, numbers
from annotool.rules.targets import stops, worded_as
from annotool.table import Array, Table

SUMMARY = ("numbers", "strange", "placed", "finite")
FAULTS: tuple[tuple[str, Severity, Fix, tuple[str, ...], str], ...] = (
    ("wrong", Severity.ERROR, Fix.NONE, ("numbers", "expected"),
     "{numbers} numbers of keypoints; expected {expected}: x, y and v of each point of the category"),
    ("uneven", Severity.ERROR, Fix.NONE, ("numbers",), "{numbers} numbers of keypoints, not x, y and v of each"),
    ("flag", Severity.ERROR, Fix.NONE, ("strange",),
     "keypoints with a v other than 0 (not labelled), 1 (hidden) or 2 (visible): {strange}"),
    ("place", Severity.WARNING, Fix.SAFE, ("placed",), "keypoints with v = 0 (not labelled) and a place other than 0 0: {placed}"),
)  # fmt: skip


class Schema(msgspec.Struct, frozen=True):
    """All annotations with keypoints (COLUMNS, SUMMARY, label, coco, declared: how many points their category has), and
    what is wrong with flip_idx (source, line, message)."""

    rows: Table
    flips: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True)
class KeypointSchema(DatasetRule[Schema]):
    """Keypoints are not as their category declares them.

    What: COCO: a list that does not hold x, y, v for each point of the category (`keypoints` of its record; where that is
    absent, the number that `usual` of the category's annotations have, from `usual_from` on; else any multiple of 3). In
    all formats: a v other than 0, 1, 2 is an error; v = 0 at another place than 0 0 a warning, one a file where `common` of
    its annotations, `usual_from` or more, have such: CVAT and others write where a point would be. YOLO: a `flip_idx` in
    data.yaml that does not name each point once, or whose pairs do not name each other, is an error. Rows of YOLO with a
    wrong number of columns are FMT002's.

    Why: pycocotools takes each third number and compares with 17 constants: another length is an exception in the
    middle of an evaluation. ultralytics raises for a flip_idx of another length than kpt_shape; one that is no pairing
    makes left hands left feet in every mirrored image, and nobody is told. COCO defines x = y = 0 where v = 0.

    Bad: `"keypoints": [10, 20, 2, 31, 42]`; `[10, 20, 0]`; `flip_idx: [1, 2, 0]`.

    Good: `"keypoints": [10, 20, 2, 31, 42, 1]`; `[0, 0, 0]`; `flip_idx: [0, 2, 1]`.

    Fix: safe, where v = 0: x and y become 0.

    Source: cocodataset.org, format of keypoints; pycocotools/cocoeval.py computeOks; ultralytics/hub#886;
    ultralytics/ultralytics#1970; ultralytics data/augment.py (flip_idx). `usual` is ours.
    Of the consumers: pytorch/vision references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd;
    detectron2 data/detection_utils.py transform_keypoint_annotations at c0ccab0; pycocotools 2.0.11
    cocoeval.py COCOeval.computeOks.
    """

    code = "KPT001"
    slug = "keypoint-schema"
    severities = (Severity.ERROR, Severity.WARNING)
    fixes = (Fix.SAFE,)
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003")
    verdict = (
        "1 fault in what keypoints are declared to be",
        "{n} faults in what keypoints are declared to be",
    )
    targets = (
        stops(
            "torchvision",
            "stops: the numbers are no triples",
            when=worded_as("{numbers} numbers of keypoints, not"),
        ),
        stops(
            "detectron2",
            "stops where keypoints are trained: the numbers are no triples",
            when=worded_as("{numbers} numbers of keypoints, not"),
        ),
        stops(
            "coco-eval",
            "stops where keypoints are evaluated",
            when=worded_as("{numbers} numbers of keypoints"),
        ),
    )

    usual: float = 0.9
    usual_from: int = 20
    common: float = 0.5

    def partial(self, shard: Dataset) -> Schema:
        table, points = shard.table("annotations"), shard.keypoints
        rows = points["row"]
        columns = {name: table[name][rows] for name in COLUMNS} | {name: points[name] for name in SUMMARY}
        columns["label"] = shard.annotation_labels[rows]
        columns["coco"] = (shard.table("sources")["format"] == "coco")[columns["source"]].astype(bool)
        said = np.append(declared(shard), 0) if len(rows) else np.zeros(1, dtype=np.int64)
        columns["declared"] = said[columns["category"]]
        return Schema(Table(columns), tuple(flips(shard)))

    def merge(self, states: Sequence[Schema]) -> Schema:
        return Schema(Table.concat([each.rows for each in states]), states[0].flips)

    def finish(self, state: Schema) -> Findings:
        rows = state.rows.take(np.argsort(state.rows["annotation"], kind="stable"))
        rows = rows.with_columns(expected=3 * self.expected(rows))
        known, finite = rows["expected"] > 0, rows["finite"]
        wrong = rows["coco"] & known & (rows["numbers"] != rows["expected"])
        uneven = rows["coco"] & ~known & (rows["numbers"] % 3 > 0)
        flag = finite & (rows["strange"] > 0) & ~wrong & ~uneven
        place = finite & (rows["placed"] > 0) & ~wrong & ~uneven & ~flag
        told = self.way_of_files(rows, place)
        in_one = np.zeros(int(rows["source"].max(initial=0)) + 1, dtype=bool)
        in_one[told.column("source")] = True
        which = {"wrong": wrong, "uneven": uneven, "flag": flag, "place": place & ~in_one[rows["source"]]}
        for name, severity, fix, named, message in FAULTS:
            mine = rows.take(which[name])
            told += found(
                self, message, mine, severity=severity, fix=fix, values={each: mine[each] for each in named}
            )
        for source, line, why in state.flips:
            told += found(
                self, "{why}", severity=Severity.ERROR, source=source, line=line, values={"why": why}
            )
        return told

    def way_of_files(self, rows: Table, place: Array) -> Findings:
        """One finding a file in which places of unlabelled points (of annotations, bool) are common."""
        judged = np.bincount(rows["source"])
        hit = np.bincount(rows["source"][place], minlength=len(judged))
        sources = np.flatnonzero(hit >= np.maximum(self.usual_from, self.common * judged))
        return found(
            self,
            "{faulty:,} of {judged:,} annotations have keypoints with v = 0 (not labelled) and a place other than 0 0",
            count=len(sources),
            source=sources,
            severity=Severity.WARNING,
            fix=Fix.SAFE,
            values={"faulty": hit[sources], "judged": judged[sources]},
        )

    def expected(self, rows: Table) -> Array:
        """How many points each row should have, 0 where that is not known."""
        points = np.array(rows["declared"])
        silent = np.flatnonzero((points == 0) & (rows["label"] >= 0))
        for label in np.unique(rows["label"][silent]).tolist():
            mine = silent[rows["label"][silent] == label]
            lengths, counts = np.unique(rows["numbers"][mine], return_counts=True)
            most = int(np.argmax(counts))
            if (
                len(mine) >= self.usual_from
                and counts[most] >= self.usual * len(mine)
                and lengths[most] % 3 == 0
            ):
                points[mine] = lengths[most] // 3
        return points

    def condemns(self, part: Block) -> Array:
        return np.asarray(part.columns["severity"] == Severity.ERROR)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        of_file = dict(
            zip(findings.column("source")[finding[keys < 0]].tolist(), finding[keys < 0], strict=True)
        )
        rows = data.keypoints["row"][data.keypoints["placed"] > 0].tolist()
        source = data.table("annotations")["source"]
        named = [*zip(finding[keys >= 0].tolist(), keys[keys >= 0].tolist(), strict=True)]
        named += [(of_file[at], row) for row in rows if (at := int(source[row])) in of_file]
        changes = [(number, *place) for number, row in named for place in unlabelled(data, row)]
        columns = np.array(changes, dtype=np.int64).reshape(-1, 4).T
        return Edits.make(len(changes), op=Op.BYTES, table="sources", row=columns[1], start=columns[2], end=columns[3],
                          new="0", finding=columns[0], safe=True, rule=self.code)  # fmt: skip


def unlabelled(data: Dataset, row: int) -> Iterator[tuple[int, int, int]]:
    """Yield source, start and end of each x and y that is not 0 although v is."""
    source = int(data.table("annotations")["source"][row])
    spans = list(numbers(data, row))
    for x, y, v in zip(spans[::3], spans[1::3], spans[2::3], strict=False):
        if float(v[2]) == 0:
            yield from ((source, start, end) for start, end, text in (x, y) if float(text) != 0)


def flips(data: Dataset) -> Iterator[tuple[int, int, str]]:
    """Yield what is wrong with flip_idx in the yaml files of a YOLO dataset: source, line, message."""
    sources = data.table("sources")
    points = int(dict(data.facts.get("task", {})).get("kpt_shape", [0])[0])
    for source in np.flatnonzero((sources["role"] == "config") & (sources["format"] == "yolo")).tolist():
        held = bytes(data.source_bytes(source))
        if b"flip_idx" in held and (fault := flip_fault(held, points)):
            yield source, *fault


def flip_fault(text: bytes, points: int) -> tuple[int, str] | None:
    """What is wrong with flip_idx in a yaml, its line and a sentence; None: nothing, or the yaml is broken."""
    import yaml

    try:
        root, held = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return None  # FMT004 tells
    keys = (
        [key for key, _ in root.value if key.value == "flip_idx"] if root and isinstance(held, dict) else []
    )
    flip = held["flip_idx"] if keys else None
    if not flip:
        return None
    line = int(keys[0].start_mark.line) + 1
    if not isinstance(flip, list) or any(type(each) is not int for each in flip):
        return line, "flip_idx: expected a list of whole numbers"
    if points and len(flip) != points:
        return line, f"flip_idx names {len(flip)} keypoints, kpt_shape says {points}"
    if sorted(flip) != list(range(len(flip))):
        return line, f"flip_idx: expected each of 0 to {len(flip) - 1} once"
    for at, other in enumerate(flip):
        if flip[other] != at:
            return (
                line,
                f"flip_idx: {at} becomes {other}, but {other} becomes {flip[other]}; expected pairs that change places",
            )
    return None
