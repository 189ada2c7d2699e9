import json
from pathlib import Path
from typing import Any

import numpy as np

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Severity
from annotool.rules.cls.class_map_differs import ClassMapDiffers
from annotool.schema import NO_ID
from annotool.testing import check_rule, edited, tiny

TWO = [{"file": "train.json"}, {"file": "val.json"}]


def maps(train: dict[int, str], val: dict[int, str], used: tuple[int, ...], sources: Any = TWO) -> Dataset:
    """Two files with these maps, and an annotation of each category row in `used`."""
    rows = [
        {"id": number, "name": name, "source": source}
        for source, own in enumerate((train, val))
        for number, name in own.items()
    ]
    return tiny(2, [{"category": row, "image": row % 2} for row in used], rows, sources=sources)


def test_one_number_two_names() -> None:
    cars = {1: "car", 2: "bus"}
    yolo = [{"file": "train.json"}, {"file": "data.yaml", "format": "yolo"}]
    check_rule(
        ClassMapDiffers,
        valid=[
            maps(cars, cars, used=(0, 1, 2, 3)),
            maps(cars, {2: "bus", 3: "tram"}, used=(0, 1, 2, 3)),
            maps(cars, {1: "tram"}, used=(1,)),  # nothing uses 1
            maps(cars, {1: "Car"}, used=(0, 2)),  # CLS003
            maps(cars, {1: "bus", 2: "car"}, used=(0, 1, 2, 3), sources=yolo),  # formats count differently
            maps({NO_ID: "car"}, {NO_ID: "bus"}, used=(0, 1)),
        ],
        invalid=[
            (
                maps(cars, {1: "bus", 2: "car"}, used=(0, 3)),
                [{"source": 1, "line": 0, "category": -1,
                  "message": "class 1 is 'bus' here and 'car' in train.json (2 ids in use differ)",
                  "values": {"ids": [1, 2], "example": 1}}],
            ),
            (maps(cars, {1: "tram", 2: "bus"}, used=(0,)), [{"source": 1, "values": {"ids": [1], "name": "tram"}}]),
        ],
    )  # fmt: skip


def test_it_is_an_error() -> None:
    assert ClassMapDiffers.severities == (Severity.ERROR,)


def test_a_class_list_is_told_with_its_line() -> None:
    files = [
        {"file": "data.yaml", "format": "yolo"},
        {"file": "classes.txt", "format": "yolo", "role": "classes"},
    ]
    data = maps({0: "car", 1: "bus", 2: "tram"}, {0: "car", 1: "tram", 2: "bus"}, used=(1, 2), sources=files)
    line = int(data.table("categories")["line"][4])
    check_rule(
        ClassMapDiffers,
        invalid=[(data, [{"source": 1, "line": line, "values": {"other_file": "data.yaml"}}])],
    )


def test_the_third_file_is_held_against_all_before() -> None:
    three = [*TWO, {"file": "test.json"}]
    rows = [
        {"id": 1, "name": "car"},
        {"id": 2, "name": "bus", "source": 1},
        {"id": 2, "name": "car", "source": 2},
    ]
    data = tiny(annotations=[{"category": c} for c in range(3)], categories=rows, sources=three)
    check_rule(
        ClassMapDiffers,
        invalid=[(data, [{"source": 2, "values": {"other_file": "val.json", "other": "bus"}}])],
    )


def remapped(data: Dataset) -> Dataset:
    """The dataset after the fix."""
    rule = ClassMapDiffers()
    return edited(data, rule.fix(data, rule.check(data)))


def test_a_coco_file_gets_the_numbers_of_the_first() -> None:
    data = maps({1: "car", 2: "bus"}, {1: "bus", 2: "tram", 3: "car", 5: "van"}, used=(0, 1, 2, 3, 4, 5))
    after = remapped(data)
    assert after.table("categories")["id"].tolist() == [1, 2, 2, 6, 1, 5]
    assert after.table("categories")["name"].tolist() == data.table("categories")["name"].tolist()
    assert after.table("annotations")["category_id"].tolist() == [1, 2, 2, 6, 1, 5]


def test_what_cannot_be_told_is_left() -> None:
    twice = maps({1: "car", 2: "bus"}, {1: "bus", 2: "bus"}, used=(0, 1, 2))
    yolo = [{"file": "a.yaml", "format": "yolo"}, {"file": "b.yaml", "format": "yolo", "path": 1}]
    other = maps({0: "car", 1: "bus"}, {0: "bus", 1: "tram"}, used=(0, 1, 2, 3), sources=yolo)
    for data in (twice, other):
        findings = ClassMapDiffers().check(data)
        assert findings.column("fix").tolist() == [Fix.NONE]


def coco(names: list[str]) -> str:
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}],
        "annotations": [
            {"id": at, "image_id": 1, "category_id": at, "bbox": [at, 0, 5, 5], "area": 25, "iscrowd": 0}
            for at in (1, 2)
        ],
        "categories": [{"id": at, "name": name} for at, name in enumerate(names, 1)],
    }
    return json.dumps(document)


def shown(path: Path) -> list[tuple[float, str]]:
    data = annotool.read(path)
    rows = data.table("annotations")
    x = np.where(np.isnan(rows["x"]), rows["xn"], rows["x"])
    return sorted(zip(x.round(6).tolist(), data.names_of(rows["category"]).tolist(), strict=True))


def test_files_mean_the_same_after_as_before(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/instances_train.json").write_text(coco(["car", "bus"]))
    (tmp_path / "in/instances_val.json").write_text(coco(["bus", "car"]))
    annotool.fix(tmp_path / "in", out=tmp_path / "out", unsafe=True, select=["CLS006"])
    assert shown(tmp_path / "out") == shown(tmp_path / "in")
    val = json.loads((tmp_path / "out/instances_val.json").read_text())
    assert [(each["id"], each["name"]) for each in val["categories"]] == [(2, "bus"), (1, "car")]
    assert [each["category_id"] for each in val["annotations"]] == [2, 1]
    assert (tmp_path / "out/instances_train.json").read_text() == coco(["car", "bus"])


def yolo_at(folder: Path, names: str) -> Path:
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    (folder / "data.yaml").write_text(f"train: images\nval: images\nnames: {names}\n")
    (folder / "labels/a.txt").write_text("0 0.5 0.5 0.2 0.2\n1 0.25 0.5 0.1 0.2\n")
    return folder


def test_two_yolo_datasets_get_one_list(tmp_path: Path) -> None:
    one, two = (yolo_at(tmp_path / name, names) for name, names in (("a", "[car, bus]"), ("b", "[bus, car]")))
    annotool.fix([one, two], out=tmp_path / "out", unsafe=True, select=["CLS006"])
    assert shown(tmp_path / "out/b") == shown(two)
    assert (tmp_path / "out/b/data.yaml").read_text().endswith("names: [car, bus]\n")
    assert (tmp_path / "out/b/labels/a.txt").read_text() == "1 0.5 0.5 0.2 0.2\n0 0.25 0.5 0.1 0.2\n"
    assert (tmp_path / "out/a/labels/a.txt").read_bytes() == (one / "labels/a.txt").read_bytes()


def test_a_class_list_nobody_goes_by_gets_the_names_that_count(tmp_path: Path) -> None:
    folder = yolo_at(tmp_path / "in", "[car, bus]")
    (folder / "classes.txt").write_text("bus\ncar\ntram\n")
    annotool.fix(folder, out=tmp_path / "out", unsafe=True, select=["CLS006"])
    assert (tmp_path / "out/classes.txt").read_text() == "car\nbus\ntram\n"
    assert (tmp_path / "out/labels/a.txt").read_bytes() == (folder / "labels/a.txt").read_bytes()
