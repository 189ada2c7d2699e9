from hypothesis import given
from hypothesis import strategies as st

from annotool.rules.sch.duplicate_annotation_id import DuplicateAnnotationId
from annotool.schema import NO_ID
from annotool.testing import check_rule, edited, tiny

TWO_FILES = [{"file": "train.json"}, {"file": "val.json"}]
TWO_IMAGES = [{"source": 0}, {"source": 1}]


def test_ids_are_unique_in_one_file() -> None:
    check_rule(
        DuplicateAnnotationId,
        valid=[
            tiny(),
            tiny(2, [{}, {"image": 1}]),
            tiny(TWO_IMAGES, [{"id": 1}, {"id": 1, "image": 1}], sources=TWO_FILES),
            tiny(annotations=[{"id": NO_ID}, {"id": NO_ID}]),
            tiny(annotations=[{"id": 1}, {"id": 1}], format_name="voc"),
        ],
        invalid=[
            (
                tiny(3, [{"id": 7}, {"id": 8, "image": 1}, {"id": 7, "image": 2}, {"id": 7, "image": -1}]),
                [
                    {"annotation": 2, "message": "annotation id 7 was used before, by /annotations/0"},
                    {"annotation": 3, "values": {"id": 7, "first": 0}},
                ],
            )
        ],
    )


def test_only_the_bad_records_get_new_ids() -> None:
    rows = [{"id": 5}, {"id": 5}, {"id": 9, "image": 1}, {"id": 9, "image": 1}, {"id": 5}]
    data = tiny(TWO_IMAGES, rows, sources=TWO_FILES)
    rule = DuplicateAnnotationId()
    after = edited(data, rule.fix(data, rule.check(data)))
    assert after.table("annotations")["id"].tolist() == [5, 6, 9, 10, 7]


@given(st.lists(st.sampled_from([0, 1, 2, 3, -5, 1 << 53, (1 << 63) - 1, NO_ID]), max_size=12))
def test_ids_after_a_fix_are_unique_and_safe_in_doubles(ids: list[int]) -> None:
    data = tiny(annotations=[{"id": each} for each in ids])
    rule = DuplicateAnnotationId()
    edits = rule.fix(data, rule.check(data))
    after = [each for each in edited(data, edits).table("annotations")["id"].tolist() if each != NO_ID]
    assert len(set(after)) == len(after)
    assert all(0 < new < 1 << 53 for new in edits["new"].tolist())
