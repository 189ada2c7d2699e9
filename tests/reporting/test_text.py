from __future__ import annotations

from rich.text import Text

from annotool.findings import Findings, Severity, block
from annotool.reporting.text import lines
from annotool.reporting.told import Told
from annotool.reporting.verdict import verdict
from annotool.testing import tiny


def plain(told: Told) -> str:
    return "\n".join(Text.from_markup(line, emoji=False).plain for line in lines(told))


def test_it_leads_with_a_verdict_and_shows_names_that_look_like_markup(told: Told) -> None:
    text = plain(told)
    assert text.startswith("not ready to train: 1 of 2 images has errors, 1 box leaves its image; ")
    assert "box [bold] leaves by 61.0 px" in text
    assert "same as [red]" in text
    assert "IMG001: no image files" in text
    assert "--unsafe-fixes" in text


def test_a_clean_set_is_ready() -> None:
    assert verdict(Told(tiny(), Findings())) == "ready to train: nothing found"
    warned = Findings((block("CLS002", "m", 1, severity=Severity.WARNING),))
    assert verdict(Told(tiny(), warned)) == "ready to train: no errors, 1 warning to look at"


def test_one_cause_that_hits_many_is_one_line() -> None:
    data = tiny(annotations=[{}] * 20)
    many = Findings((block("BOX005", "area off", 19, severity=1, annotation=range(19), source=0, line=7),))
    text = plain(Told(data, many))
    assert "95% of" in text
    assert text.count("annotations.json:7") == 4  # the table's example, and three of the share


def test_nothing_read_is_not_ready() -> None:
    assert verdict(Told(tiny(images=0), Findings())).startswith(
        "not ready to train: nothing in it could be read"
    )
