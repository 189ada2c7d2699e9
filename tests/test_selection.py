from __future__ import annotations

import pytest

from annotool.errors import UsageError
from annotool.rules import registry
from annotool.selection import Choice, chosen, named

BOX = {code for code in registry() if code.startswith("BOX")}


def line(select: str = "", ignore: str = "", extend: str = "", preview: bool = True) -> frozenset[str]:
    return chosen([Choice(tuple(select.split()), tuple(extend.split()), tuple(ignore.split()))], preview)


def test_codes_prefixes_slugs_and_all() -> None:
    assert line("BOX001,out-of-bounds") == {"BOX001", "BOX002"}
    assert line("box") == BOX
    assert line("BOX00", "BOX001") == BOX - {"BOX001"}
    assert line(ignore="ALL") == frozenset()
    assert line() == set(registry())


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ("BOX", "BOX004", BOX - {"BOX004"}),
        ("BOX004", "BOX", {"BOX004"}),
        ("extreme-aspect", "BOX", {"BOX004"}),
        ("BOX004", "BOX004", set()),
        ("ALL", "BOX00", set(registry()) - BOX),
        ("BOX00", "ALL", BOX),
        ("BOX BOX004", "BOX00", {"BOX004"}),
    ],
)
def test_the_more_specific_word_wins(select: str, ignore: str, expected: set[str]) -> None:
    assert line(select, ignore) == expected


def test_select_replaces_and_extend_select_adds() -> None:
    file = Choice(("BOX",), (), ("BOX004",))
    assert chosen([file], True) == BOX - {"BOX004"}
    assert chosen([file, Choice(("SCH001",))], True) == {"SCH001"}
    assert chosen([file, Choice((), ("SCH001",))], True) == (BOX - {"BOX004"}) | {"SCH001"}
    assert chosen([file, Choice((), (), ("BOX001",))], True) == BOX - {"BOX004", "BOX001"}
    assert chosen([file, Choice(("BOX004",))], True) == {"BOX004"}
    assert chosen([file, Choice((), ("BOX004",))], True) == BOX


def test_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry()["BOX004"], "preview", True)
    assert "BOX004" not in line(preview=False)
    assert "BOX004" not in line("BOX", preview=False)
    assert "BOX004" in line("BOX", preview=True)
    assert line(ignore="BOX004", preview=False)
    for words in ("BOX004", "extreme-aspect"):
        with pytest.raises(UsageError, match="BOX004 is in preview and does not run without --preview"):
            line(words, preview=False)


def test_words_that_name_nothing() -> None:
    with pytest.raises(UsageError, match="did you mean 'out-of-bounds'"):
        line("out-of-bound")
    assert named(["BOX001", "out-of-bounds"]) == {"BOX001", "BOX002"}
