from __future__ import annotations

import re

from rich.text import Text

from annotool.findings import Findings, Fix, Outcome, Severity, Skipped, block
from annotool.reporting import github, html, markdown
from annotool.reporting.text import lines
from annotool.reporting.told import Told
from annotool.reporting.verdict import outcomes, verdict
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


def test_what_needs_predictions_is_no_lack_without_any() -> None:
    lacking = ("needs --predictions", "needs --predictions with probabilities of the classes")
    skipped = (Skipped("LBL001", lacking[1]), Skipped("PRD001", lacking[0]))
    clean = Told(tiny(), Findings(skipped=skipped))
    assert verdict(clean) == "ready to train: nothing found"
    assert "PRD001" not in plain(clean) and "LBL001" not in plain(clean)
    with_more = Told(tiny(), Findings(skipped=(*skipped, Skipped("IMG009", "needs --decode"))))
    assert verdict(with_more).endswith("; 1 rule not run, or not on all (needs --decode)")
    assert "Not run, or not on all: 1 rule" in plain(with_more)
    asked = Told(tiny(), Findings(skipped=skipped[1:]), rules=["PRD001"])
    assert "1 rule not run, or not on all (needs --predictions)" in verdict(asked), "it was asked for"
    assert "PRD001: needs --predictions" in plain(asked)


def test_one_cause_that_hits_many_is_one_line() -> None:
    data = tiny(annotations=[{}] * 20)
    many = Findings((block("BOX005", "area off", 19, severity=1, annotation=range(19), source=0, line=7),))
    text = plain(Told(data, many))
    assert "95% of" in text
    assert text.count("annotations.json:7") == 2
    assert (
        "perhaps by one cause; for example annotations.json:7\n" in text
    )  # not three times the same place: the file may be one line


def test_nothing_read_is_not_ready() -> None:
    assert verdict(Told(tiny(images=0), Findings())).startswith(
        "not ready to train: nothing in it could be read"
    )


def test_a_name_makes_no_line_of_its_own() -> None:
    """A CI system takes `::error` at the head of a line for a command."""
    data = tiny(images=[{"file_name": "a\n::error::b" + "x" * 5000}])
    told = Told(data, Findings((block("IMG001", "cannot be read", 1, severity=2, image=0),)), statistics=True)
    shown = plain(told).splitlines()
    assert not any(line.startswith("::") for line in shown)
    assert max(map(len, shown)) < 1200


def test_only_unsafe_fixes_are_no_more() -> None:
    found = Findings((block("BOX001", "m", 2, severity=2, image=0, fix=Fix.UNSAFE),))
    assert "`annotool fix` mends 2 of these with --unsafe-fixes" in plain(Told(tiny(), found))


def test_the_verdict_counts_records_and_not_findings() -> None:
    found = Findings((block("SCH010", "m", 1, severity=2, values={"images": [10]}),))
    assert verdict(Told(tiny(), found)) == "not ready to train: 10 images are not on disk"


def test_a_part_of_the_rules_is_told() -> None:
    assert re.search(
        "nothing found; 2 of [0-9]+ rules selected$",
        verdict(Told(tiny(), Findings(), rules=["BOX001", "BOX002"])),
    )


def test_targets_of_which_the_same_is_said_share_a_sentence() -> None:
    made = [
        ("a", "none", "nothing found that a stops at, drops or misreads"),
        ("b", "unread", "b does not read voc: convert it first (it reads coco)"),
        ("c", "unread", "c does not read voc: convert it first (it reads coco)"),
        ("d", "stops", "training with d will stop: x"),
        ("e", "none", "nothing found that e stops at, drops or misreads"),
    ]
    found = Findings(outcomes=tuple(Outcome(*each) for each in made))
    assert outcomes(Told(tiny(), found)) == [
        "training with d will stop: x",
        "nothing found that a or e stop at, drop or misread",
        "b, c do not read voc: convert it first (they read coco)",
    ]


def test_what_one_target_does_stands_in_the_verdict_and_what_several_do_below_it() -> None:
    one = (
        Outcome("d", "stops", "training with d will stop: x"),
        Outcome("d", "misreads", "d will misread: y"),
    )
    told = Told(tiny(), Findings(outcomes=one))
    assert verdict(told) == "ready to train: nothing found; training with d will stop: x; d will misread: y"
    assert outcomes(told) == []
    told = Told(tiny(), Findings(outcomes=(*one, Outcome("e", "stops", "training with e will stop: z"))))
    below = ["training with d will stop: x", "d will misread: y", "training with e will stop: z"]
    assert verdict(told) == "ready to train: nothing found"
    assert [line.strip() for line in lines(told)][1:4] == below
    assert [line for line in markdown.lines(told) if line.startswith("- ")][:3] == [
        f"- {each}" for each in below
    ]
    assert [*github.lines(told)][-3:] == [f"annotool: {each}" for each in below]
    page = "".join(html.lines(told))
    assert all(f"<p>{each}</p>" in page for each in below)
