import pytest

from annotool.formats.coco.document import parse
from tests.formats.coco.build import annotation, category, document, image, lines


def test_counts_keys_and_columns() -> None:
    found = parse(
        lines(document([image(1), image(2)], [annotation(1), 7], [category()], info={"year": 1}, extra=[1]))
    )
    assert found.counts == {"images": 2, "annotations": 2, "categories": 1}
    assert found.keys == ["images", "annotations", "categories", "info", "extra"]
    assert found.records == 5
    assert found.lost == 0
    assert [len(found.columns[name]["start"]) for name in ("images", "annotations", "categories")] == [
        2,
        1,
        1,
    ]


def test_unknown_keys_are_named() -> None:
    found = parse(lines(document([image(license=1)], [annotation(note="x")])))
    assert found.unknown == {"images": {"license"}, "annotations": {"note"}, "categories": set()}


def test_an_unread_rest_counts_as_one_record() -> None:
    text = lines(document())
    found = parse(text + b"{}")
    assert (found.lost, found.records) == (1, 4)
    (fault,) = found.faults
    assert (fault.start, fault.end, fault.kept) == (len(text), len(text) + 2, False)


def test_text_that_is_no_utf8_outside_of_records() -> None:
    text = lines(document(info={"a": "xx"})).replace(b"xx", b"\xff")
    (fault,) = parse(text).faults
    assert (fault.rule, fault.message.format(**fault.values)) == (
        "SCH001",
        "info holds bytes that are no UTF-8",
    )


def test_a_list_at_the_top_is_read_as_results() -> None:
    found = parse(b'[{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5}] ')
    assert found.results
    assert not found.faults
    assert found.columns["annotations"]["score"].tolist() == [0.5]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_of_wide_characters_is_named(encoding: str) -> None:
    (fault,) = parse(lines(document()).decode().encode(encoding)).faults
    said = f"the file is {encoding[:6].upper()}; save it as UTF-8"
    assert (fault.rule, fault.message) == ("SCH001", said)
