"""Numbers of categories that are shifted against the truth are said and not scored; odd but sound models are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from annotool.predictions.categories import COCO_91
from tests.formats.coco.build import annotation, category, document, image, put
from tests.predictions.build import read, told

COUNT = 24  # objects, one an image
SIDE = 100
Said = Callable[[int], int | None]  # the number of a prediction on an object of a class; None: no prediction


def truth(root: Path, ids: Sequence[int], used: Sequence[int], yolo: bool) -> Path:
    """Objects of the used classes (places in ids) in turn, as COCO or as YOLO with images of a size told by nobody."""
    of = [used[at % len(used)] for at in range(COUNT)]
    if yolo:
        files = {f"labels/{at}.txt": f"{each} 0.5 0.5 0.5 0.5\n" for at, each in enumerate(of)}
        names = [f"kind {each}" for each in ids]
        return put(root / "truth", {**files, "data.yaml": f"names: {names}\ntrain: images\nval: images\n"})
    images = [image(at + 1, file_name=f"{at}.jpg", width=SIDE, height=SIDE) for at in range(COUNT)]
    objects = [
        annotation(at + 1, image_id=at + 1, category_id=ids[each], bbox=[25, 25, 50, 50], segmentation=[])
        for at, each in enumerate(of)
    ]
    kinds = [category(each, f"kind {each}") for each in ids]
    return put(root / "truth", {"labels.json": document(images, objects, kinds)})


def answers(root: Path, used: Sequence[int], said: Said, label_files: bool) -> Path:
    """The surest prediction on each object; a faint one of another class, and one beside, are there too."""
    rows = [(at, said(used[at % len(used)])) for at in range(COUNT)]
    if label_files:
        files = {
            f"labels/{at}.txt": f"{each} 0.5 0.5 0.5 0.5 0.9\n{each} 0.1 0.1 0.1 0.1 0.3\n"
            for at, each in rows
            if each is not None
        }
        return put(root / "run", files)
    records = [
        {"image_id": at + 1, "category_id": each, "bbox": box, "score": score}
        for at, each in rows
        if each is not None
        for box, score in (([25, 25, 50, 50], 0.9), ([5, 5, 10, 10], 0.3))
    ]
    return put(root, {"results.json": json.dumps(records)}) / "results.json"


FIVE = range(5)
ONE_FIVE = range(1, 6)
ALL = tuple(FIVE)

BY_NUMBER = "count from 1 (to 5), those of label files from 0"
SHIFTED: dict[str, tuple[Said, str]] = {
    "all from one": (lambda c: c + 1, BY_NUMBER),
    "from one, the first never said": (lambda c: c + 1 if c else None, BY_NUMBER),
    "from one, mostly right": (lambda c: c + 1 if c != 2 else 1, BY_NUMBER),
    "from one, the last never said": (
        lambda c: c + 1 if c < 4 else None,
        "count from 1: read so, 20 of 20 objects found have their category, else 0",
    ),
    "one before": (
        lambda c: c - 1 if c else None,
        "leave out the first category: read so, 19 of 19 objects found have their category, else 0",
    ),
}


@pytest.mark.parametrize("yolo", [False, True])
@pytest.mark.parametrize(("said", "wrong"), SHIFTED.values(), ids=list(SHIFTED))
def test_shifted_classes_of_label_files_are_not_scored(
    tmp_path: Path, said: Said, wrong: str, yolo: bool
) -> None:
    data = read(truth(tmp_path, ONE_FIVE, ALL, yolo), answers(tmp_path, ALL, said, True))
    assert told(data) == [f"category ids {wrong}; no prediction is scored"]
    assert set(data.table("predictions")["category"].tolist()) == {-1}
    assert data.notes[-1].endswith(f"; nothing is scored, for category ids {wrong}.")


SOUND: dict[str, tuple[Sequence[int], Said, list[str]]] = {
    "all from zero": (ALL, lambda c: c, []),
    "the first class never said": (ALL, lambda c: c or None, []),
    "the first class never shown": ((1, 2, 3, 4), lambda c: c, []),
    "only the last": (ALL, lambda c: 4 if c == 4 else None, []),
    "each taken for the last": (ALL, lambda _: 4, []),
    "each taken for the second": (ALL, lambda _: 1, []),
    "two mixed up": (ALL, lambda c: {1: 2, 2: 1}.get(c, c), []),
    "a class more, the first never said": (
        ALL,
        lambda c: 5 if c == 0 else c,
        ["the ground truth has no category 5: 10 not scored"],
    ),
    "a class more, alone": (ALL, lambda _: 5, ["the ground truth has no category 5: 48 not scored"]),
    "many classes more": (
        (1, 2),
        lambda c: c * 30,
        ["the ground truth has no category 30: 24 not scored", "the ground truth has no category 60: 24 not scored"],
    ),
    "backwards": (ALL, lambda c: 4 - c, []),
}  # fmt: skip


@pytest.mark.parametrize("yolo", [False, True])
@pytest.mark.parametrize(("used", "said", "faults"), SOUND.values(), ids=list(SOUND))
def test_other_models_are_scored_as_they_are(
    tmp_path: Path, used: Sequence[int], said: Said, faults: list[str], yolo: bool
) -> None:
    data = read(truth(tmp_path, ONE_FIVE, used, yolo), answers(tmp_path, used, said, True))
    assert told(data) == faults
    assert data.facts["predictions"]["categories_by"] == "place in the class order"


def test_no_box_on_an_object_leaves_the_numbers_to_tell(tmp_path: Path) -> None:
    rows = "".join(f"{each} 0.05 0.05 0.1 0.1 0.9\n" for each in ONE_FIVE)
    data = read(truth(tmp_path, ONE_FIVE, ALL, False), put(tmp_path / "run", {"labels/3.txt": rows}))
    assert told(data) == [
        "category ids count from 1 (to 5), those of label files from 0; no prediction is scored"
    ]


def test_one_class_counted_from_one(tmp_path: Path) -> None:
    data = read(truth(tmp_path, [1], [0], False), answers(tmp_path, [0], lambda _: 1, True))
    assert told(data) == [
        "category ids count from 1 (to 1), those of label files from 0; no prediction is scored"
    ]


def test_classes_the_user_named_are_looked_at_too(tmp_path: Path) -> None:
    put(tmp_path, {"names.txt": "".join(f"kind {each}\n" for each in reversed(ONE_FIVE))})
    for said, faults in (
        (lambda c: 4 - c, []),
        (lambda c: 5 - c, ["category ids count from 1 (to 5), those of label files from 0; no prediction is scored"]),
    ):  # fmt: skip
        data = read(
            truth(tmp_path, ONE_FIVE, ALL, False), answers(tmp_path, ALL, said, True), classes=tmp_path / "names.txt"
        )  # fmt: skip
        assert told(data) == faults


JSON: dict[str, tuple[Sequence[int], Sequence[int], Said, str]] = {
    "from zero, no zero said": (ONE_FIVE, ALL, lambda c: c or None, "count from 0: read so, 19 of 19"),
    "from one, the last never said": (FIVE, ALL, lambda c: c + 1 if c < 4 else None, "count from 1: read so, 20 of 20"),
    "without a grouping category": (range(6), (1, 2, 3, 4, 5), lambda c: c - 1, "leave out the first category: read so, 24 of 24"),
    "from one against ids with gaps": (COCO_91, range(20, 44), lambda c: c + 1, "count from 1: read so, 24 of 24"),
    "from zero against ids with gaps": (COCO_91, range(20, 44), lambda c: c, "count from 0: read so, 24 of 24"),
    "COCO's ids that are places too": (range(80), range(20, 40), lambda c: COCO_91[c], "are COCO's 91: read so, 24 of 24"),
}  # fmt: skip


@pytest.mark.parametrize(("ids", "used", "said", "wrong"), JSON.values(), ids=list(JSON))
def test_shifted_ids_of_json_are_not_scored(
    tmp_path: Path, ids: Sequence[int], used: Sequence[int], said: Said, wrong: str
) -> None:
    data = read(truth(tmp_path, ids, used, False), answers(tmp_path, used, said, False))
    assert told(data) == [
        f"category ids {wrong} objects found have their category, else 0; no prediction is scored"
    ]


SCORED: dict[str, tuple[Sequence[int], Sequence[int], Said, str]] = {
    "ids": (ONE_FIVE, ALL, lambda c: c + 1, "id"),
    "ids, the last never said": (ONE_FIVE, ALL, lambda c: c + 1 if c < 4 else None, "id"),
    "ids with gaps": (COCO_91, range(80), lambda c: COCO_91[c], "id"),
    "classes from one": (FIVE, ALL, lambda c: c + 1, "class, counted from 1"),
    "COCO's ids": (range(80), range(60, 80), lambda c: COCO_91[c], "COCO's 91 ids"),
    "eighty classes from one": (range(80), range(56, 80), lambda c: c + 1, "class, counted from 1"),
}


@pytest.mark.parametrize(("ids", "used", "said", "by"), SCORED.values(), ids=list(SCORED))
def test_ids_of_json_that_are_understood(
    tmp_path: Path, ids: Sequence[int], used: Sequence[int], said: Said, by: str
) -> None:
    data = read(truth(tmp_path, ids, used, False), answers(tmp_path, used, said, False))
    assert told(data) == []
    assert data.facts["predictions"]["categories_by"] == by
    rows, names = data.table("predictions"), data.names_of(data.table("annotations")["category"])
    assert (data.names_of(rows["category"]) == names[rows["image"]]).all()


def test_an_extra_class_is_no_shift_where_the_boxes_say_so(tmp_path: Path) -> None:
    used = (1, 2, 3, 4)
    made = answers(tmp_path, used, lambda c: c, True)
    put(made, {"labels/0.txt": "1 0.5 0.5 0.5 0.5 0.9\n5 0.1 0.1 0.1 0.1 0.3\n"})
    data = read(truth(tmp_path, ONE_FIVE, used, False), made)
    assert told(data) == ["the ground truth has no category 5: 1 not scored"]


def scattered(root: Path, first: int, name: str = "x{}.jpg", still: bool = False) -> Path:
    """One object an image, elsewhere in each unless `still`; ids of images count from `first`, files from 0."""
    images = [image(at + first, file_name=name.format(at), width=1000, height=100) for at in range(COUNT)]
    objects = [
        annotation(at + 1, image_id=at + first, bbox=[0 if still else 40 * at, 0, 40, 50], segmentation=[])
        for at in range(COUNT)
    ]
    return put(root / "truth", {"labels.json": document(images, objects)})


def boxes(root: Path, numbers: dict[int, int], still: bool = False) -> Path:
    """A prediction on the object of each image (its place), under the number given for it."""
    records = [
        {"image_id": number, "category_id": 1, "bbox": [0 if still else 40 * at, 0, 40, 50], "score": 0.9}
        for at, number in numbers.items()
    ]
    return put(root, {"results.json": json.dumps(records)}) / "results.json"


IMAGES: dict[str, tuple[int, dict[int, int], str, str]] = {
    "from zero, nothing in the first": (
        1,
        {at: at for at in range(1, COUNT)},
        "",
        "image ids count from 0: read so, 23 objects are found, else 0; no prediction is scored",
    ),
    "from zero": (
        1000,
        {at: at + 999 for at in range(1, COUNT)},
        "",
        "image ids count from 0: read so, 23 objects are found, else 0; no prediction is scored",
    ),
    "from one, nothing in the last": (
        0,
        {at: at + 1 for at in range(COUNT - 1)},
        "",
        "image ids count from 1: read so, 23 objects are found, else 0; no prediction is scored",
    ),
    "from one": (
        0,
        {at: at + 1 for at in range(COUNT)},
        "",
        "image ids count from 1 (to 24), those of the ground truth from 0; no prediction is scored",
    ),
    "from one, nothing in the first": (
        0,
        {at: at + 1 for at in range(1, COUNT)},
        "",
        "image ids count from 1 (to 24), those of the ground truth from 0; no prediction is scored",
    ),
    "ids": (1, {at: at + 1 for at in range(COUNT)}, "id", ""),
    "ids, nothing in the first and last": (1, {at: at + 1 for at in range(1, COUNT - 1)}, "id", ""),
    "ids, few": (1, {at: at for at in range(1, 6)}, "id", ""),
    "an image more": (0, {at: at for at in range(COUNT + 1)}, "id", "the ground truth has no image 24: 1 not scored"),
}  # fmt: skip


@pytest.mark.parametrize(("first", "numbers", "by", "fault"), IMAGES.values(), ids=list(IMAGES))
def test_images_numbered_otherwise_are_not_scored(
    tmp_path: Path, first: int, numbers: dict[int, int], by: str, fault: str
) -> None:
    data = read(scattered(tmp_path, first), boxes(tmp_path, numbers))
    assert told(data) == ([fault] if fault else [])
    assert data.facts["predictions"]["images_by"] == by


def test_numbers_of_files_are_told_from_ids_by_the_boxes(tmp_path: Path) -> None:
    numbers = {at: at for at in range(1, COUNT)}
    data = read(scattered(tmp_path, 1, "{:04}.jpg"), boxes(tmp_path, numbers))
    assert told(data) == []
    assert data.facts["predictions"]["images_by"] == "stem"
    assert data.table("predictions")["image"].tolist() == list(numbers)


def test_frames_that_look_alike_tell_nothing(tmp_path: Path) -> None:
    numbers = {at: at for at in range(1, COUNT)}
    data = read(scattered(tmp_path, 1, still=True), boxes(tmp_path, numbers, still=True))
    assert told(data) == []
    assert data.facts["predictions"]["images_by"] == "id"
