"""A mended copy stands on its own: nothing in it leads back to the labels that are not mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotool.errors import UsageError
from annotool.fixes import inplace, output
from annotool.fixes.moving import portable
from tests.fixes.test_on_data import leaking, proposal, read, tree

YAML = "train: train/images\nval: valid/images\nnames: [a]\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return leaking(tmp_path / "given (1)", "yolo")


def written(given: Path, out: Path, text: str) -> str:
    """What becomes of a data.yaml; the copy is read, mended anew, undone and applied on the way."""
    (given / "data.yaml").write_text(text.format(folder=given), newline="")
    before = (given / "data.yaml").read_bytes()
    made = proposal(given, unsafe=False)
    journal = output.write(made, out)
    copied = read(out)
    assert all(path.startswith(f"{out}/") for path in copied.table("images")["path"])
    assert len(copied.table("annotations")) == len(made.fixed.table("annotations"))
    assert copied.split_names == made.fixed.split_names
    assert not len(portable(proposal(out, unsafe=False)).changes)
    output.apply(journal, read(given), out.parent / "anew")
    assert tree(out.parent / "anew") == tree(out)
    became = (out / "data.yaml").read_text()
    inplace.undo(journal)
    assert (out / "data.yaml").read_bytes() == before
    return became


@pytest.mark.parametrize(
    ("text", "became"),
    [
        (YAML, YAML),
        ("path: {folder}\n" + YAML, YAML),
        ("path: '{folder}/'  \r\n" + YAML, YAML),
        ("train: {folder}/train/images\nval: '{folder}/valid/images'\nnames: [a]\n", YAML.replace("valid/images", "'valid/images'")),
        ("path: {folder}\ntrain: {folder}/train/images\nval: valid/images\nnames: [a]\n", YAML),
        ("train: [{folder}/train/images]\nval: valid/images\nnames: [a]\n", YAML.replace("train/images", "[train/images]")),
        (YAML + "download: /tmp/other/{folder}x\n", YAML + "download: /tmp/other/{folder}x\n"),
    ],
)  # fmt: skip
def test_absolute_paths_in_a_yaml(given: Path, tmp_path: Path, text: str, became: str) -> None:
    assert written(given, tmp_path / "out", text) == became.format(folder=given)


def test_absolute_paths_in_a_list(given: Path, tmp_path: Path) -> None:
    (given / "train.txt").write_text(f"{given}/train/images/a.png\r\n./train/images/b.png\n")
    assert "train.txt" in written(given, tmp_path / "out", YAML.replace("train/images", "{folder}/train.txt"))
    assert (tmp_path / "anew" / "train.txt").read_bytes() == b"./train/images/a.png\r\n./train/images/b.png\n"


@pytest.mark.parametrize(
    "text",
    ["path: {folder}/..\n" + YAML, "path: train\ntrain: images\nval: {folder}/valid/images\nnames: [a]\n"],
    ids=["above", "from another base"],
)
def test_what_cannot_be_written_relative_is_refused(given: Path, tmp_path: Path, text: str) -> None:
    text = (
        text.format(folder=given)
        .replace(f"{given}/..", str(given.parent))
        .replace("train: train", f"train: {given.name}/train")
    )
    (given / "data.yaml").write_text(text.replace("val: valid", f"val: {given.name}/valid"))
    with pytest.raises(UsageError, match=r"data\.yaml:\d: names /.* would lead back"):
        output.write(proposal(given, unsafe=False), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_change_is_told(given: Path) -> None:
    (given / "data.yaml").write_text(f"path: {given}\n{YAML}")
    made = portable(proposal(given, unsafe=False))
    assert made.changes["rule"].tolist()[-1] == "SCH013" and made.changes["line"].tolist()[-1] == 1
    assert made.notes[-1].endswith("data.yaml")
    assert len(portable(made).changes) == len(made.changes)
