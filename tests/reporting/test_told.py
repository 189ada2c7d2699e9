from __future__ import annotations

import hashlib
from pathlib import Path

from annotool.findings import Findings, Severity, block
from annotool.reporting.told import inputs, summary
from annotool.testing import tiny


def test_counts_by_severity_and_rule() -> None:
    findings = Findings(
        (block("BOX001", "m", 2, severity=Severity.ERROR), block("BAL001", "m", 1, severity=0))
    )
    assert summary(findings) == {"error": 2, "warning": 0, "info": 1, "by_rule": {"BAL001": 1, "BOX001": 2}}


def test_inputs_have_bytes_and_a_hash() -> None:
    data = tiny()
    text = bytes(data.source_bytes(0))
    (told,) = inputs(data)
    assert told["bytes"] == len(text)
    line = f"{hashlib.sha256(text).hexdigest()}  {data.table('sources')['file'][0]}\n"
    assert told["sha256"] == hashlib.sha256(line.encode()).hexdigest()


def test_a_single_file_has_its_own_hash(tmp_path: Path) -> None:
    data = tiny()
    file = tmp_path / "a.json"
    file.write_bytes(bytes(data.source_bytes(0)))
    (told,) = inputs(tiny(paths=(file,)))
    assert told["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
