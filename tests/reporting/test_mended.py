from __future__ import annotations

from pathlib import Path

from annotool import api
from annotool.reporting import mended

COCO = """{"images": [], "annotations": [], "categories": []}"""


def test_the_journal_is_called_by_its_name_and_nothing_to_mend_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + COCO.encode())
    (tmp_path / "fixes.jsonl").write_bytes(b"")
    made = api.fix(tmp_path / "a.json", in_place=True)
    assert "journal fixes-2.jsonl" in "\n".join(mended.lines(made, None))
    assert list(mended.diff(api.fix(tmp_path / "a.json"))) == ["nothing to mend"]
