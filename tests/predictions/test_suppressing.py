from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from annotool import api
from annotool.errors import AnnotoolError, UsageError
from annotool.metrics.nms import nms
from tests.formats.coco.build import annotation, category, document, image, put


def record(
    x: float, score: Any = 0.5, image_id: Any = 1, category_id: int = 1, **more: Any
) -> dict[str, Any]:
    return {
        "image_id": image_id,
        "category_id": category_id,
        "bbox": [x, 10, 100, 100],
        "score": score,
        **more,
    }


RECORDS = [
    record(10, 0.5),
    record(12, 0.9),
    record(200),
    record(14, 0.7, category_id=2),
    record(11, 0.8, image_id=2),
]
FORMS = {
    "a line each": "[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]\n",
    "one line": json.dumps(RECORDS),
    "pretty": json.dumps(RECORDS, indent=4),
    "sections": json.dumps({
        "images": [image(1), image(2)], "categories": [category(1), category(2, "dog")], "annotations": RECORDS,
    }),
    "stems": json.dumps([{**each, "image_id": f"img{each['image_id']}"} for each in RECORDS]),
    "files": json.dumps([{**each, "file_name": f"{each['image_id']}.jpg"} for each in RECORDS]),
}  # fmt: skip


def records(path: Path) -> list[dict[str, Any]]:
    held = json.loads(path.read_bytes())
    found: list[dict[str, Any]] = held if isinstance(held, list) else held["annotations"]
    return found


@pytest.mark.parametrize("text", FORMS.values(), ids=list(FORMS))
def test_what_is_suppressed_goes_and_nothing_else(tmp_path: Path, text: str) -> None:
    path, out = put(tmp_path, {"in.json": text}) / "in.json", tmp_path / "out.json"
    done = api.nms(path, out)
    assert (done.read, done.kept, done.faults) == (5, 4, 0)
    before = records(path)
    assert records(out) == [before[at] for at in (1, 2, 3, 4)]
    kept = out.read_text()
    at = iter(text)
    assert all(sign in at for sign in kept), "only bytes are taken out"
    api.nms(path, out, class_agnostic=True)
    assert records(out) == [before[at] for at in (1, 2, 4)]
    api.nms(path, out, iou=1)
    assert out.read_bytes() == path.read_bytes()


boxes = st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 30)] * 2)
anything = st.tuples(boxes, st.integers(1, 2), st.integers(1, 2), st.sampled_from([0, 0.5, 0.25, 1]))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(anything, max_size=12),
    st.sampled_from([0.0, 0.3, 0.5]),
    st.booleans(),
    st.sampled_from([None, 2]),
)
def test_as_on_arrays(
    tmp_path: Path, rows: list[Any], iou: float, agnostic: bool, indent: int | None
) -> None:
    made = [{"image_id": i, "category_id": c, "bbox": b, "score": s} for b, i, c, s in rows]
    path, out = put(tmp_path, {"in.json": json.dumps(made, indent=indent)}) / "in.json", tmp_path / "out.json"
    api.nms(path, out, iou=iou, class_agnostic=agnostic)
    group = np.array([i * 10 + (0 if agnostic else c) for _, i, c, _ in rows], dtype=np.int64)
    xywh = np.array([b for b, *_ in rows], dtype=np.float64).reshape(-1, 4)
    keep = nms(group, xywh, np.array([s for *_, s in rows], dtype=np.float64), iou)
    assert records(out) == [
        json.loads(json.dumps(each)) for each, stays in zip(made, keep, strict=True) if stays
    ]


# Against a loop that knows nothing of ours: files as text in, lines or records out.

Row = tuple[int, int, tuple[int, int, int, int], float | None]  # image, category, x y w h in 64ths, score


def share(one: Sequence[int], other: Sequence[int]) -> float:
    """IoU; 0 where a box has no area."""
    both = 1
    for at in (0, 1):
        both *= max(0, min(one[at] + one[at + 2], other[at] + other[at + 2]) - max(one[at], other[at]))
    return both / (one[2] * one[3] + other[2] * other[3] - both) if both else 0.0


def kept(rows: Sequence[Row], iou: float, agnostic: bool) -> list[int]:
    """The rows that stay: going down by score, each that no kept one of its image and category overlaps by more."""
    scored = [at for at, row in enumerate(rows) if row[3] is not None]
    found: list[int] = []
    for at in sorted(scored, key=lambda at: -(rows[at][3] or 0)):
        image, category, box, _ = rows[at]
        alike = [each for each in found if rows[each][0] == image and (agnostic or rows[each][1] == category)]
        if all(share(rows[each][2], box) <= iou for each in alike):
            found.append(at)
    return sorted([*found, *(at for at, row in enumerate(rows) if row[3] is None)])


SIDE = st.integers(0, 24)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(0, 1),
        st.tuples(SIDE, SIDE, SIDE, SIDE),
        st.sampled_from([None, 0.0, 0.25, 0.5, 0.5, 1.0]),
    ),
    max_size=14,
)
IOUS = st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 0.75, 1.0])
OFTEN = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@OFTEN
@given(ROWS, IOUS, st.booleans(), st.sampled_from(["null", "NaN", "absent"]))
def test_records_stay_as_in_a_loop(
    tmp_path: Path, rows: list[Row], iou: float, agnostic: bool, unscored: str
) -> None:
    assume(not rows or any(row[3] is not None for row in rows))
    texts = []
    for image_id, category_id, box, score in rows:
        end = (
            ""
            if score is None and unscored == "absent"
            else f', "score":  {unscored if score is None else score}'
        )
        texts.append(f'{{"image_id":{image_id}, "bbox": {[*box]}, "category_id":{category_id}{end} }}')
    path, out = (
        put(tmp_path, {"in.json": "[ " + " ,\n ".join(texts) + "\t]"}) / "in.json",
        tmp_path / "out.json",
    )
    done = api.nms(path, out, iou=iou, class_agnostic=agnostic)
    stay = kept(rows, iou, agnostic)
    assert (done.read, done.kept) == (len(rows), len(stay))
    left = out.read_text()
    assert json.loads(left, parse_constant=str) == [json.loads(texts[at], parse_constant=str) for at in stay]
    for at in stay:
        assert texts[at] in left
    if len(stay) == len(rows):
        assert out.read_bytes() == path.read_bytes()


@OFTEN
@given(ROWS, IOUS, st.booleans(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lines_stay_as_in_a_loop(
    tmp_path_factory: Any, rows: list[Row], iou: float, agnostic: bool, newline: str, ended: bool
) -> None:
    assume(not rows or any(row[3] is not None for row in rows))
    root = tmp_path_factory.mktemp("nms")
    lines: dict[str, list[str]] = {"1": [], "2": []}
    places = []
    for number, category_id, (x, y, w, h), score in rows:
        numbers = [(x + w / 2) / 64, (y + h / 2) / 64, w / 64, h / 64]
        line = " ".join([str(category_id), *map(repr, numbers), *([] if score is None else [repr(score)])])
        places.append((str(number), len(lines[str(number)])))
        lines[str(number)].append(line + newline)
    text = {
        name: "".join(own) if ended else "".join(own).removesuffix(newline) for name, own in lines.items()
    }
    put(root / "run", {f"labels/{name}.txt": held.encode() for name, held in text.items()})
    api.nms(root / "run", root / "out", iou=iou, class_agnostic=agnostic)
    stay = {places[at] for at in kept(rows, iou, agnostic)}
    for name in text:
        wanted = "".join(
            line for at, line in enumerate(text[name].splitlines(keepends=True)) if (name, at) in stay
        )
        assert (root / "out/labels" / f"{name}.txt").read_bytes() == wanted.encode()


def test_what_cannot_be_read_stays(tmp_path: Path) -> None:
    parts = [
        json.dumps(record(10, 0.9)),
        "7",
        json.dumps(record(11)),
        '{"image_id": 1, "category_id": 1, "bbox": [12,',
    ]
    path = put(tmp_path, {"in.json": "[" + ", ".join(parts)}) / "in.json"
    done = api.nms(path, tmp_path / "out.json")
    assert (tmp_path / "out.json").read_text() == "[" + ", ".join([parts[0], parts[1], parts[3]])
    assert done.faults == 2


def test_what_has_no_score_stays_and_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, {"in.json": json.dumps([record(10), record(10, None)])}) / "in.json"
    done = api.nms(path, tmp_path / "out.json")
    assert (done.kept, done.notes) == (2, ("1 without a score stays",))


def test_label_files_lose_lines(tmp_path: Path) -> None:
    rows = "0 0.5 0.5 0.2 0.2 0.5\r\n0 0.51 0.5 0.2 0.2 0.9\r\n1 0.5 0.5 0.2 0.2 0.25"
    files: dict[str, bytes | str] = {
        "labels/a.txt": rows, "labels/b.txt": "0 0.5 0.5 0.2 0.2 0.5\n", "labels/classes.txt": "cat\ndog\n",
        "labels/c.txt": b"\0\0",
    }  # fmt: skip
    done = api.nms(put(tmp_path / "run", files), tmp_path / "out")
    assert (done.read, done.kept) == (4, 3)
    written = {each.name: each.read_bytes() for each in (tmp_path / "out/labels").iterdir()}
    assert written == {
        "a.txt": rows.partition("\n")[2].encode(),
        **{name: (tmp_path / "run/labels" / name).read_bytes() for name in ("b.txt", "c.txt", "classes.txt")},
    }


def test_what_it_cannot_be_done_to(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"in.json": json.dumps(RECORDS), "scores.csv": "file,cat\na.jpg,0.5\n", "run/labels/a.txt": ""},
    )
    for path, out, more, said in (
        ("in.json", "in.json", {}, "is the file that is read"),
        ("in.json", "run", {}, "is a folder; name a file"),
        ("in.json", "out.json", {"iou": 1.5}, "--iou 1.5: expected a number from 0 to 1"),
        ("gone.json", "out.json", {}, "no such file or folder"),
        ("scores.csv", "out.csv", {}, "nms is for boxes"),
        ("run", "run/labels", {}, "run"),
    ):
        with pytest.raises(AnnotoolError, match=said):
            api.nms(tmp_path / path, tmp_path / out, **more)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        api.nms(tmp_path / "run", tmp_path / "run")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=2, max_size=6, unique_by=lambda each: each[0]))  # fmt: skip
def test_the_fix_of_near_duplicates_is_the_same_where_annotations_have_scores(
    tmp_path: Path, rows: list[Any]
) -> None:
    made = [
        annotation(at, bbox=[100 + x, 100, 400, 300], segmentation=..., area=120000, score=score)
        for at, (x, score) in enumerate(rows, 1)
    ]
    truth = document([image(1, width=1000, height=1000)], made, [category()])
    path = put(tmp_path, {"labels.json": truth}) / "labels.json"
    fixed = api.fix(path, unsafe=True, select=["DUP002"], images="none").fixed
    xywh = np.array([[100.0 + x, 100, 400, 300] for x, _ in rows])
    keep = nms(np.zeros(len(rows), np.int64), xywh, np.array([score for _, score in rows]), 0.9 - 1e-12)
    assert fixed.table("annotations")["id"].tolist() == (np.flatnonzero(keep) + 1).tolist()


def test_the_command(tmp_path: Path) -> None:
    put(tmp_path, {"in.json": json.dumps([*RECORDS, 7])})
    words = ["nms", "in.json", "--iou", "0.5", "--class-agnostic", "--out", "out.json"]
    done = subprocess.run(
        [sys.executable, "-m", "annotool", *words],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "in.json has faults (1); `annotool audit GT --predictions in.json` tells them",
        "3 of 5 predictions kept in out.json (COCO results)",
    ]
    assert len(records(tmp_path / "out.json")) == 4


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"", "the file is empty"),
        (b"\xff\xd8\xff\xe0 JFIF", "the file is no JSON"),
        (b"\x1f\x8b\x08\x00rest", "is packed"),
        (b'{"results": []}', "no section"),
        (json.dumps([{**record(10), "score": None}] * 2).encode(), "none of 2 rows has a score"),
    ],
)
def test_what_holds_no_prediction_is_refused_and_nothing_written(
    tmp_path: Path, held: bytes, said: str
) -> None:
    path, out = tmp_path / "in.json", tmp_path / "out.json"
    path.write_bytes(held)
    with pytest.raises(UsageError, match=said):
        api.nms(path, out)
    assert not out.exists()
