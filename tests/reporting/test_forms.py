"""What every form holds to, whatever the dataset is called."""

from __future__ import annotations

import unicodedata

import pytest

from annotool.api import lines
from annotool.reporting import FORMS
from annotool.reporting.told import Told


@pytest.mark.parametrize("form", FORMS)
def test_no_name_steers_a_terminal_or_turns_text_around(form: str, hostile: Told) -> None:
    written = "".join(lines(hostile, form)).replace("\n", "").replace("\t", "")
    assert not [
        each for each in written if unicodedata.category(each) == "Cc" or "\u202a" <= each <= "\u202e"
    ]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_each_time(form: str, told: Told) -> None:
    assert list(lines(told, form)) == list(lines(told, form))
