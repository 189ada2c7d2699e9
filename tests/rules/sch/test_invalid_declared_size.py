from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool.findings import Findings, Fix, block
from annotool.rules.sch.invalid_declared_size import InvalidDeclaredSize
from annotool.schema import SizeFrom
from annotool.testing import check_rule, edited, tiny

NONE = {"width": np.nan, "height": np.nan, "size_from": SizeFrom.UNKNOWN}


@pytest.mark.parametrize("form", ["coco", "voc"])
def test_sizes(form: str) -> None:
    check_rule(
        InvalidDeclaredSize,
        valid=[
            tiny(3, format_name=form),
            tiny([NONE], format_name="yolo"),
            tiny([{**NONE, "source": -1}], format_name=form),
            tiny([{**NONE, "source": 0}], sources=[{"file": "train.txt", "role": "split", "format": form}]),
        ],
        invalid=[
            (
                tiny([{}, {"width": 0.0}, {"height": -4.0}, {"width": 10.5}, NONE], format_name=form),
                [
                    {"image": 1, "message": "size 0 x 480: expected whole numbers above 0", "fix": Fix.NONE},
                    {"image": 2, "values": {"width": 640.0, "height": -4.0}},
                    {"image": 3, "message": "size 10.5 x 480: expected whole numbers above 0"},
                    {"image": 4, "message": "no width and height are declared"},
                ],
            ),
            # Read from the file, so not declared.
            (tiny([{"size_from": SizeFrom.HEADER}, {"size_from": SizeFrom.SIZES}], format_name=form), [0, 1]),
        ],
    )


def test_the_size_of_the_file_is_written(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[274] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    Image.new("RGB", (30, 20)).save(tmp_path / "b.jpg", exif=turned)
    (tmp_path / "c.jpg").write_bytes(b"")
    rows = [
        {"width": 0.0, "height": 20.0, "path": str(tmp_path / "a.png")},
        {"width": 0.0, "path": str(tmp_path / "b.jpg")},
        {"width": 0.0, "path": str(tmp_path / "c.jpg")},
        {"width": 0.0},
    ]
    data = tiny(rows)
    expected = [{"fix": Fix.SAFE}, {"fix": Fix.NONE}, {"fix": Fix.NONE}, {"fix": Fix.NONE}]
    check_rule(InvalidDeclaredSize, invalid=[(data, expected)])
    rule = InvalidDeclaredSize()
    edits = rule.fix(data, rule.check(data))
    assert edits["column"].tolist() == ["width"]  # the height was right
    after = edited(data, edits).table("images")
    assert (after["width"][0], after["height"][0]) == (30, 20)


def test_a_document_that_cannot_be_parsed_has_no_size_to_declare(tmp_path: Path) -> None:
    lost = block("SCH001", "nothing is read", 1, image=1, source=1, kept=False)
    cut = block("SCH001", "the rest is not read", 1, image=2, source=2, kept=True)
    data = tiny([NONE, NONE, NONE], format_name="voc", problems=Findings((lost, cut)))
    check_rule(InvalidDeclaredSize, invalid=[(data, [0, 2])])
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    record = {**NONE, "path": str(tmp_path / "a.png"), "start": -1, "end": -1}
    check_rule(InvalidDeclaredSize, invalid=[(tiny([record], format_name="voc"), [{"fix": Fix.NONE}])])
