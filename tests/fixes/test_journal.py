from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.errors import JournalError
from annotool.fixes import journal, splices
from annotool.fixes.journal import Entry, State, digest
from tests.fixes import toy

Cut = tuple[int, int, bytes]


@st.composite
def rounds_of_cuts(draw: st.DrawFn) -> tuple[bytes, list[list[Cut]]]:
    """Bytes of any kind, and rounds of cuts, each made in what the round before it left."""
    first = draw(st.one_of(st.binary(max_size=30), st.text(max_size=20).map(str.encode)))
    held, out = first, []
    for _ in range(draw(st.integers(1, 3))):
        edges = sorted(draw(st.lists(st.integers(0, len(held)), max_size=6)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        made = [(low, high, draw(st.binary(max_size=5))) for low, high in pairs]
        out.append(made)
        held = splices.apply(held, iter(made))
    return first, out


def entries(first: bytes, rounds: Sequence[Sequence[Cut]]) -> tuple[list[Entry], bytes]:
    out, held = [], first
    for number, made in enumerate(rounds, 1):
        out += [Entry(number, low, held[low:high], new) for low, high, new in made]
        held = splices.apply(held, iter(made))
    return out, held


@given(rounds_of_cuts())
def test_any_splices_are_undone_and_made_again_byte_for_byte(
    given_cuts: tuple[bytes, list[list[Cut]]],
) -> None:
    first, rounds = given_cuts
    made, last = entries(first, rounds)
    assert journal.replay(first, made) == last
    assert journal.revert(last, made) == first


@given(rounds_of_cuts())
def test_a_journal_keeps_all_bytes_exactly(given_cuts: tuple[bytes, list[list[Cut]]]) -> None:
    made, _ = entries(*given_cuts)
    for entry in made:
        wire = json.loads(journal.encode(journal.coded(entry.old)))
        assert journal.decoded(wire if isinstance(wire, str) else journal.Bytes(**wire)) == entry.old


def test_a_file_that_goes_comes_back() -> None:
    made = [Entry(1, 0, b"a", b"bb"), Entry(2, 0, b"bbc", None)]
    assert journal.replay(b"ac", made) is None
    assert journal.revert(None, made) == b"ac"


@pytest.mark.parametrize("turn", [journal.replay, journal.revert])
def test_other_bytes_than_the_journals_are_refused(turn: object) -> None:
    with pytest.raises(JournalError, match="byte 1: expected b'[bB]', found b'x'"):
        turn(b"axc", [Entry(1, 1, b"b", b"B")])  # type: ignore[operator]
    with pytest.raises(JournalError, match="whole file"):
        turn(b"x", [Entry(1, 0, b"abc", None)])  # type: ignore[operator]


def written(folder: Path, name: str = "fixes.jsonl") -> Path:
    """A journal of a toy dataset, as `fix` writes it."""
    (folder / "a.png").touch()
    (folder / "äöü dir").mkdir()
    file = folder / "äöü dir" / "a.toy"
    file.write_bytes(b"image 1 a.png 100 100\nbox 1 1 0 90 10 10.5 20 210\r\n")
    made = toy.proposal(folder)
    held = {path: new for path, new in made.overlay.items() if new is not None}
    states = [State("äöü dir/a.toy", digest(file.read_bytes()), digest(held[file]))]
    out = folder / name
    out.write_bytes(
        b"".join(journal.lines(made.changes, states, [], lambda path: path.relative_to(folder).as_posix()))
    )
    return out


def test_golden_lines(tmp_path: Path) -> None:
    header, first, second, end = written(tmp_path).read_text("utf-8").splitlines()
    head = json.loads(header)
    assert list(head) == ["annotool", "journal", "files", "left_out"] and head["journal"] == 1
    assert [each["file"] for each in head["files"]] == ["äöü dir/a.toy"]
    line = json.loads(first)
    assert len(line.pop("fingerprint")) == 16
    assert line == {
        "file": "äöü dir/a.toy", "offset": 38, "old": "10.5", "new": "10", "round": 1, "rule": "TOY101", "safe": True,
        "line": 2, "image": "a.png", "annotation_id": 1, "column": "bbox",
        "old_value": [90.0, 10.0, 10.5, 20.0], "new_value": [90.0, 10.0, 10.0, 20.0],
    }  # fmt: skip
    assert json.loads(second)["column"] == "area"
    assert json.loads(end) == {"end": 2}


def test_a_journal_is_read_back(tmp_path: Path) -> None:
    held = journal.whole(written(tmp_path))
    (state,) = held.files
    file = tmp_path / state.file
    after = journal.replayed(held, state, file.read_bytes(), file)
    assert after == b"image 1 a.png 100 100\nbox 1 1 0 90 10 10 20 200\r\n"
    assert journal.reverted(held, state, after, file) == file.read_bytes()


def test_a_wrong_hash_is_refused_with_the_file_and_both_hashes(tmp_path: Path) -> None:
    held = journal.whole(written(tmp_path))
    (state,) = held.files
    with pytest.raises(JournalError) as caught:
        journal.replayed(held, state, b"other", tmp_path / state.file)
    for part in (state.file, state.before, digest(b"other")):
        assert str(part) in str(caught.value)
    with pytest.raises(JournalError, match="found no such file"):
        journal.reverted(held, state, None, tmp_path / state.file)


def test_an_altered_journal_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"new":"10"', b'"new":"11"'))
    held = journal.whole(path)
    (state,) = held.files
    with pytest.raises(JournalError, match="was altered"):
        journal.replayed(held, state, (tmp_path / state.file).read_bytes(), tmp_path / state.file)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _: b"", "line 1 is not that of a journal"),
        (lambda text: b"\xff\xfe" + text, "line 1"),
        (lambda _: b"[1, 2]\n", "line 1"),
        (lambda text: text.replace(b'"journal":1', b'"journal":2'), "update annotool"),
        (lambda text: text.replace(b'"offset":38', b'"offset":"x"'), "line 2"),
        (lambda text: text.replace(b'"old":"10.5"', b'"old":{"base64":"!"}'), "line 2"),
        (lambda text: text.replace("äöü dir/a.toy".encode(), b"../../etc/passwd"), "outside"),
        (lambda text: text.replace("äöü dir/a.toy".encode(), b"/etc/passwd"), "outside"),
        (lambda text: text.replace("äöü dir/a.toy".encode(), b"C:\\\\x"), "outside"),
        (lambda text: text.replace(b'{"file":"\xc3\xa4\xc3\xb6\xc3\xbc dir/a.toy","offset"', b'{"file":"b","offset"'), "line 2"),
        (lambda text: text[: len(text) // 2], "end is missing"),
        (lambda text: b"\n".join(text.split(b"\n")[:-2]) + b"\n", "end is missing"),
        (lambda text: b"\n".join(text.split(b"\n")[:1] + text.split(b"\n")[2:]), "end is missing"),
    ],
    ids=[
        "empty", "binary", "no header", "newer", "no offset", "no base64", "up", "absolute", "drive", "unknown file",
        "cut", "no end", "line lost",
    ],
)  # fmt: skip
def test_what_is_no_whole_journal_is_refused(tmp_path: Path, damage: object, said: str) -> None:
    path = written(tmp_path)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(JournalError, match=said) as caught:
        journal.whole(path)
    assert "fixes.jsonl" in str(caught.value)


def test_a_journal_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"none\.jsonl: cannot be read: No such file"):
        journal.whole(tmp_path / "none.jsonl")
