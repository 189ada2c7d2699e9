"""What an id in the App says of the row it stands for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotool.reviewing.ids import FIELDS, kin, label_id, sample_id


@given(st.integers(0, 2**40 - 1))
def test_a_box_its_proxy_outline_and_keypoints_are_one(row: int) -> None:
    alike = ("ground_truth", "proxies", "outlines", "keypoints", "image_label", "image_labels")
    assert {kin(label_id(field, row)) for field in alike} == {("annotation", row)}
    assert kin(label_id("proposals", row)) == ("finding", row)
    assert kin(label_id("predictions", row)) is None and kin(label_id("predicted_label", row)) is None


@given(st.binary(min_size=12, max_size=12).filter(lambda raw: raw[4:7] != b"\0\0\0"))
def test_an_id_that_fiftyone_made_stands_for_nothing(raw: bytes) -> None:
    assert kin(raw.hex()) is None


def test_what_is_no_id() -> None:
    assert [kin(text) for text in ("", "l1", "0" * 24, "00000001")] == [None] * 4


def test_ids_are_24_digits_and_differ() -> None:
    every = [sample_id(7), *(label_id(field, 7) for field in FIELDS)]
    assert {len(each) for each in every} == {24} and len(set(every)) == len(every)
