from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotool.findings import Fix
from annotool.rules.dup.exact_duplicate_annotation import ExactDuplicateAnnotation, without_id
from annotool.schema import NO_ID, Kind
from annotool.testing import check_rule, edited, tiny

BOX = (10.0, 20.0, 30.0, 40.0)
RING = [10.0, 20.0, 40.0, 20.0, 40.0, 60.0]
OTHER = [10.0, 20.0, 40.0, 60.0, 10.0, 60.0]


def test_same_image_class_and_geometry() -> None:
    near = tuple(number + 0.004 for number in BOX)
    check_rule(
        ExactDuplicateAnnotation,
        valid=[
            tiny(2, [{"box": BOX}, {"box": BOX, "category": 1}, {"box": BOX, "image": 1}, {"box": (10, 20, 30, 40.02)}]),
            tiny(annotations=[{"box": BOX}, {"box": BOX, "iscrowd": 1}]),
            tiny(annotations=[{"box": (1, 1, 0, 5)}] * 2),  # BOX001
            tiny(annotations=[{"box": BOX, "image": -1}] * 2),  # SCH007
            tiny(annotations=[{"box": BOX, "category": -1, "category_id": 8}, {"box": BOX, "category": -1, "category_id": 9}]),
        ],
        invalid=[
            (
                tiny(annotations=[{"box": BOX}, {"box": (1, 1, 5, 5)}, {"box": near}, {"box": BOX}]),
                [
                    {"annotation": 2, "message": "same class and geometry as annotation 1", "fix": Fix.UNSAFE,
                     "values": {"partner_id": 1, "same_record": False}},
                    {"annotation": 3, "fix": Fix.SAFE, "values": {"partner_id": 1, "same_record": True}},
                ],
            ),
            (
                tiny(annotations=[{"box": BOX, "id": NO_ID}] * 2, format_name="yolo"),
                [{"annotation": 1, "message": "same class and geometry as the one in line 4"}],
            ),
            (tiny(annotations=[{"box": BOX, "category": -1, "category_id": 9}] * 2), [1]),
            (tiny(images=[{"width": float("nan")}], format_name="yolo",
                  annotations=[{"fractions": (0.1, 0.1, 0.1, 0.1)}, {"fractions": (0.1, 0.1, 0.1, 0.100001)}]), [1]),
        ],
    )  # fmt: skip


def test_a_label_of_an_image_twice() -> None:
    whole = {"kind": Kind.IMAGE, "box": (float("nan"),) * 4}
    check_rule(
        ExactDuplicateAnnotation,
        valid=[tiny(2, [whole, {**whole, "category": 1}, {**whole, "image": 1}, {}])],
        invalid=[
            (tiny(annotations=[whole, {}, whole]),
             [{"annotation": 2, "message": "the same label of the image as annotation 1"}]),
            (tiny(annotations=[{**whole, "id": NO_ID}] * 2, format_name="csv"),
             [{"annotation": 1, "message": "the same label of the image as the one in line 4", "fix": Fix.SAFE}]),
        ],
    )  # fmt: skip


def test_masks_and_keypoints_must_be_alike_too() -> None:
    def shaped(*rows: dict[str, Any]) -> Any:
        return tiny(annotations=[{"box": BOX, **row} for row in rows])

    check_rule(
        ExactDuplicateAnnotation,
        valid=[
            shaped({"polygon": [RING]}, {"polygon": [OTHER]}),
            shaped({"polygon": [RING]}, {}),
            shaped({"keypoints": [11, 21, 2]}, {"keypoints": [12, 21, 2]}),
        ],
        invalid=[
            # The third repeats the second, not the first.
            (shaped({"polygon": [RING]}, {"polygon": [OTHER]}, {"polygon": [OTHER]}), [{"annotation": 2, "values": {"partner_id": 2}}]),
            (shaped({"keypoints": [11, 21, 2]}, {"keypoints": [11, 21, 2]}), [1]),
        ],
    )  # fmt: skip


def test_only_copies_in_all_but_the_id_are_safe_to_remove() -> None:
    same = tiny(annotations=[{"box": BOX, "id": 7}, {"box": BOX, "id": 8}])
    other = tiny(annotations=[{"box": BOX, "truncated": 1}, {"box": BOX, "truncated": 0}])
    rule = ExactDuplicateAnnotation()
    assert rule.check(same).column("fix").tolist() == [Fix.SAFE]
    assert rule.check(other).column("fix").tolist() == [Fix.UNSAFE]
    edits = rule.fix(same, rule.check(same))
    assert edited(same, edits).table("annotations")["id"].tolist() == [7]


def test_records_are_compared_by_what_they_say() -> None:
    assert without_id(b'{"id": 1, "bbox": [1, 2.0]}') == without_id(b'{"bbox":[1.0,2],"id":2}')
    assert without_id(b'{"id": 1, "a": {"id": 3}}') != without_id(b'{"id": 1, "a": {"id": 4}}')
    assert without_id(b"0 0.5 0.5\t0.1 0.1") == without_id(b" 0 0.5 0.5 0.1 0.1\r")
    assert without_id(b'{"id": 1, "area": NaN}') != without_id(b'{"id": 2, "area": NaN}')


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2)), max_size=12))
def test_one_finding_for_each_that_came_before(rows: list[tuple[int, int, int]]) -> None:
    data = tiny(2, [{"image": i, "category": c, "box": (x, 0, 5, 5)} for i, c, x in rows])
    expected = [at for at, row in enumerate(rows) if row in rows[:at]]
    found = ExactDuplicateAnnotation().check(data)
    assert sorted(found.column("annotation").tolist()) == expected
