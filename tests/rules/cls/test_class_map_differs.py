from typing import Any

from annotool.dataset import Dataset
from annotool.findings import Severity
from annotool.rules.cls.class_map_differs import ClassMapDiffers
from annotool.schema import NO_ID
from annotool.testing import check_rule, tiny

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
