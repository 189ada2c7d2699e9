from pathlib import Path

import pytest

from annotool import api
from annotool.errors import UsageError
from annotool.reporting.compared import lines, read

OLD = [{"rule": "BOX002", "fingerprint": mark} for mark in "aabc"]
NEW = [
    {"rule": "BOX002", "fingerprint": "a"},
    {"rule": "CLS001", "fingerprint": "z", "image": "x.jpg", "message": "m"},
]


def test_what_was_mended_and_what_is_new() -> None:
    head, _, *rules, example = lines(OLD, NEW)
    assert head == "3 mended, 1 new, 1 still there"
    assert [each.split() for each in rules] == [
        ["BOX002", "4", "1", "3", "0"],
        ["CLS001", "0", "1", "0", "1"],
    ]
    assert example == "new: CLS001 x.jpg: m"


def test_a_name_does_not_steer_the_terminal() -> None:
    *_, example = lines([], [{"rule": "R", "fingerprint": "a", "image": "x\x1b]0;t\x07", "message": "a\nb"}])
    assert example == "new: R x\\x1b]0;t\\x07: a\\nb"


def test_reports_of_an_audit(tmp_path: Path, sample_data: Path) -> None:
    data = api.read(sample_data / "faulty/coco")
    file = tmp_path / "old.json"
    file.write_text(api.report(data, api.audit(data), "json"))
    assert next(iter(lines(read(file), read(file)))).startswith("0 mended, 0 new, ")
    assert len(read(file)) == len(api.audit(data))


@pytest.mark.parametrize(
    "held",
    [
        "",
        "[]",
        "{}",
        '{"findings": [{}]}',
        '{"findings": 3}',
        '{"findings": {}}',
        '{"findings": ""}',
        '{"findings": [{"rule": 1, "fingerprint": 2}]}',
    ],
)
def test_other_files_are_refused(tmp_path: Path, held: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(held)
    with pytest.raises(UsageError, match="expected a report"):
        read(file)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read(tmp_path / "x.json")
