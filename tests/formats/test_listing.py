from __future__ import annotations

from pathlib import Path

from annotool.formats.listing import Listing


def test_names_are_sorted_and_suffixes_lower_case(tmp_path: Path) -> None:
    for name in ("b.TXT", "a.Json", "no suffix", ".hidden"):
        (tmp_path / name).write_text("")
    (tmp_path / "Labels").mkdir()
    listing = Listing(tmp_path)
    assert listing.files == {".hidden": "", "a.Json": ".json", "b.TXT": ".txt", "no suffix": ""}
    assert listing.with_suffix(".txt") == ["b.TXT"]
    found = listing.folder("images", "labels")
    assert found is not None
    assert found.path.name == "Labels"
    assert listing.file("A.JSON") == tmp_path / "a.Json"
    assert listing.file("none") is None
    assert listing.folder("none") is None


def test_links_that_lead_up_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "dead").symlink_to(tmp_path / "nowhere")
    assert [each.path for each in Listing(tmp_path).walk()] == [tmp_path, tmp_path / "a"]


def test_what_cannot_be_listed_is_empty_and_says_why(tmp_path: Path) -> None:
    listing = Listing(tmp_path / "none")
    assert listing.files == {}
    assert listing.error == "No such file or directory"


def test_hidden_folders_are_not_walked(tmp_path: Path) -> None:
    (tmp_path / ".git" / "x").mkdir(parents=True)
    assert len(list(Listing(tmp_path).walk())) == 1
