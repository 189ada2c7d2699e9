"""The queue: what pays most comes first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool import api
from annotool.config import Config
from annotool.reviewing import folder
from annotool.reviewing.folder import Item
from annotool.reviewing.opening import Choice, make
from annotool.reviewing.queue import scores

share = st.floats(0, 1) | st.just(float("nan"))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 3), st.booleans(), share), min_size=1))
def test_what_a_model_says_never_goes_before_severity(rows: list[tuple[int, int, bool, float]]) -> None:
    severity, record, fixable, quality = (np.array(each) for each in zip(*rows, strict=True))
    worth, plain = scores(severity, record, fixable, quality), scores(severity, record, fixable)
    assert ((worth >= plain) & (worth <= plain + 0.1001)).all()
    assert (worth[np.isnan(quality)] == plain[np.isnan(quality)]).all()
    warning = worth[severity == 1]
    assert (warning < 1).all() and (worth[severity == 2] >= 1).all() and (worth[severity == 0] < 0.6).all()


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """The queue of 40 images in order, of which later ones are ever surer to be mislabelled."""
    from PIL import Image

    monkeypatch.setenv("ANNOTOOL_REVIEWS", str(tmp_path))
    labels, guesses = ["file_name,label"], ["file_name,cat,dog"]
    for at in range(40):
        Image.new("RGB", (64, 48), (at, 90, 120)).save(tmp_path / f"{at:02}.png")
        wrong, dog = at % 4 == 3, at % 2 == 1
        labels.append(f"{at:02}.png,{'dog' if dog != wrong else 'cat'}")
        sure = 0.999 - 0.0001 * (40 - at) if wrong else 0.95
        guesses.append(f"{at:02}.png,{1 - sure if dog else sure:.5f},{sure if dog else 1 - sure:.5f}")
    for name, lines in (("labels.csv", labels), ("probabilities.txt", guesses)):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    (tmp_path / "probabilities.txt").rename(tmp_path.parent / f"{tmp_path.name}.csv")
    data = api.read(tmp_path / "labels.csv", predictions=tmp_path.parent / f"{tmp_path.name}.csv")
    make(data, api.audit(data, select=["LBL001"]), Config().rules, "queue", Choice())
    return folder.lines(folder.folder("queue") / "findings.jsonl", Item)


def test_label_errors_come_by_their_score(queue: list[Item]) -> None:
    assert [each.file for each in queue] == [f"{at:02}.png" for at in range(39, 0, -4)]
    assert [each.score for each in queue] == sorted((each.score for each in queue), reverse=True)
    predicted = [each.predicted for each in queue]
    assert predicted == pytest.approx([0.999 - 0.0001 * (40 - at) for at in range(39, 0, -4)], abs=1e-5)
