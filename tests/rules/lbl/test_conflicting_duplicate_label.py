from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import api
from annotool.dataset import Dataset
from annotool.rules.lbl.conflicting_duplicate_label import ConflictingDuplicateLabel, contents
from annotool.schema import Kind
from annotool.table import Table
from annotool.testing import check_rule, tiny

WHOLE = {"kind": Kind.IMAGE, "box": (np.nan,) * 4}
NAMES = ("cat", "dog")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Three images, of which the first two are the same."""
    paths = []
    for at, shade in enumerate((9, 9, 200)):
        path = tmp_path / f"{at}.png"
        Image.new("RGB", (16, 16), (shade, 0, 0)).save(path)
        paths.append(str(path))
    return paths


def labelled(files: list[str], *pairs: tuple[int, int], **more: object) -> Dataset:
    images = [{"file_name": Path(path).name, "path": path} for path in files]
    rows = [{**WHOLE, "image": image, "category": category} for image, category in pairs]
    return tiny(images, rows, NAMES, **more)  # type: ignore[arg-type]


def test_copies_with_other_labels(files: list[str]) -> None:
    said = "1.png has the same bytes as 0.png, but is labelled 'dog' and not 'cat'"
    check_rule(
        ConflictingDuplicateLabel,
        valid=[
            labelled(files, (0, 0), (1, 0), (2, 1)),
            labelled(files, (0, 0), (0, 1), (1, 1), (1, 0)),
            labelled(files, (0, 0), (2, 1)),
            labelled(["", "", ""], (0, 0), (1, 1)),
            labelled(files, (0, 0), (1, 1), images_checked="none"),
            tiny(),
        ],
        invalid=[
            (labelled(files, (0, 0), (1, 1)), [{"annotation": -1, "image": 1, "line": 7, "message": said}]),
            (labelled(files, (0, 0), (1, 1), splits={"train": [0], "val": [1]}),
             [{"image": 1, "values": {"partner_split": "train"}}]),
            (labelled(files, (0, 0), (1, 0), (1, 1)), [{"image": 1, "values": {"label": "cat; dog"}}]),
        ],
    )  # fmt: skip


def test_pixels_are_compared_where_they_are_read(tmp_path: Path) -> None:
    for name, form in (("cat/1.png", "PNG"), ("dog/1.bmp", "BMP")):
        path = tmp_path / name
        path.parent.mkdir()
        Image.new("RGB", (16, 16), (9, 9, 9)).save(path, form)
    assert api.audit(tmp_path, select=["LBL003"]).counts() == {}
    assert api.audit(tmp_path, select=["LBL003"], decode=True).counts() == {"LBL003": 1}


def test_the_conflict_is_told_once(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n0.png,cat\n1.png,dog\n2.png,cat\n")
    assert api.audit(tmp_path, ignore=["BAL"]).counts() == {"LBL003": 1}
    assert api.audit(tmp_path, select=["IMG008"]).counts() == {"IMG008": 1}


def test_groups_of_pixels() -> None:
    rows = Table({"pixels": np.array([b"a", b"", b"a", b"b"], dtype="S32")})
    assert contents(rows, decode=True).tolist() == [0, -1, 0, 1]
