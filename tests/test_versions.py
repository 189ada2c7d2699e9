"""Versions, judged by packaging."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from annotool.versions import allows, parsed

RELEASE = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
VERSIONS = st.builds(
    "".join,
    st.tuples(
        RELEASE,
        st.sampled_from(["", "", "a1", "b2", "rc1"]),
        st.sampled_from(["", "", ".post1"]),
        st.sampled_from(["", "", ".dev0", ".dev3"]),
    ),
)
SIGNS = st.sampled_from(["==", "!=", "<=", ">=", "<", ">", "~="])


@given(VERSIONS, VERSIONS)
def test_order(one: str, other: str) -> None:
    assert (parsed(one) < parsed(other)) == (Version(one) < Version(other))
    assert (parsed(one) == parsed(other)) == (Version(one) == Version(other))


@given(SIGNS, VERSIONS, VERSIONS)
def test_specifiers(sign: str, text: str, version: str) -> None:
    try:
        wanted = SpecifierSet(sign + text)
    except InvalidSpecifier:
        with pytest.raises(ValueError, match="two numbers"):
            allows(sign + text, version)
        return
    assert allows(sign + text, version) == wanted.contains(Version(version), prereleases=True)


@given(st.sampled_from(["==", "!="]), RELEASE, VERSIONS)
def test_wildcards(sign: str, release: str, version: str) -> None:
    wanted = SpecifierSet(f"{sign}{release}.*")
    assert allows(f"{sign}{release}.*", version) == wanted.contains(Version(version), prereleases=True)


def test_several_clauses_and_none() -> None:
    assert allows(">=0.1, <0.3", "0.2")
    assert not allows(">=0.1,<0.3", "0.3")
    assert allows("0.2", "0.2.0")
    for text in ("", "new", ">=", ">=1.*", "1!2"):
        with pytest.raises(ValueError, match="is no version|take a"):
            allows(text, "1")
