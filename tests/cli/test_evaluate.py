import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from annotool.cli import program
from annotool.errors import UsageError

RUN = CliRunner()
BOX = [10.0, 10.0, 100.0, 100.0]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Two images with a cat each, the second 50 px outside; one of them found."""
    images = [{"id": at, "file_name": f"{at}.jpg", "width": 640, "height": 480} for at in (1, 2)]
    boxes = (BOX, [590.0, 10.0, 100.0, 100.0])
    annotations = [
        {"id": at, "image_id": at, "category_id": 1, "bbox": box, "area": 1e4, "iscrowd": 0}
        for at, box in enumerate(boxes, 1)
    ]
    truth = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "cat"}]}
    results = [{"image_id": 1, "category_id": 1, "bbox": BOX, "score": 0.9}]
    paths = tmp_path / "truth.json", tmp_path / "results.json"
    for path, value in zip(paths, (truth, results), strict=True):
        path.write_text(json.dumps(value))
    return str(paths[0]), str(paths[1])


def ran(*words: str) -> str:
    done = RUN.invoke(program(["evaluate", "audit"]), ["evaluate", *words, "--isolated", "--images", "none"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def numbers(*words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(ran(*words, "--output-format", "json"))
    return told


def test_truth_and_predictions_in_either_spelling(files: tuple[str, str]) -> None:
    truth, results = files
    told = numbers(truth, results)
    assert told["numbers"]["AP50"] == pytest.approx(51 / 101)
    assert numbers(truth, "--predictions", results) == told
    same = numbers(truth, results, "--engine", "pycocotools", "--geometry", "segm")
    assert same["settings"] == {"geometry": "segm", "engine": "pycocotools", "least_score": 0.25}
    assert same["numbers"]["AP50"] == pytest.approx(51 / 101)


def test_by_finding_and_least_score(files: tuple[str, str]) -> None:
    told = numbers(*files, "--by-finding", "--least-score", "0.95")
    parts = {row["part"]: row["AP50"] for row in told["slices"] if row["slice"] == "finding"}
    assert parts["BOX002"] == 0
    assert parts["without any"] == pytest.approx(1)
    assert told["confusion"] == [{"truth": "cat", "predicted": "(background)", "count": 2}]


def test_forms_and_files(files: tuple[str, str], tmp_path: Path) -> None:
    page = ran(*files, "--output", f"csv={tmp_path / 'told.csv'}")
    assert page.startswith("detection (geometry bbox")
    assert (tmp_path / "told.csv").read_text().startswith("category,objects,")


def test_what_is_missing_is_said(files: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="annotool evaluate GT PRED"):
        ran(files[0])
    with pytest.raises(UsageError, match="expected one of annotool, pycocotools"):
        ran(*files, "--engine", "fast")
    with pytest.raises(UsageError, match="no output format 'sarif'"):
        ran(*files, "--output-format", "sarif")
    with pytest.raises(UsageError, match="is a file of the dataset"):
        ran(*files, "--output", f"json={files[0]}")


def test_a_page_beside_the_text(files: tuple[str, str], tmp_path: Path) -> None:
    said = ran(*files, "--output", f"html={tmp_path / 'page.html'}")
    assert said.startswith("detection")
    assert "<svg" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("held", [b"", b"\xff\xd8\xff\xe0 JFIF", b"\x1f\x8b\x08\x00rest", b"{}", b"[1, 2]"])
def test_what_is_no_predictions_file_is_no_score_of_zero(
    files: tuple[str, str], tmp_path: Path, held: bytes
) -> None:
    (tmp_path / "other").write_bytes(held)
    with pytest.raises(UsageError, match=r"no prediction could be read: \d fault"):
        ran(files[0], str(tmp_path / "other"))


def test_a_file_that_breaks_off_is_told(files: tuple[str, str], tmp_path: Path) -> None:
    text = Path(files[1]).read_text()
    (tmp_path / "cut.json").write_text(f"{text[:-1]}, {text[1:30]}")
    notes = numbers(files[0], str(tmp_path / "cut.json"))["notes"]
    assert any("1 fault in the predictions (PRD005), the first: cut.json:1" in note for note in notes)


def test_scores_of_images_do_not_fit_boxes(files: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("file,cat\n1.jpg,0.5\n2.jpg,0.25\n")
    with pytest.raises(UsageError, match="scores of whole images, and the dataset has boxes"):
        ran(files[0], str(tmp_path / "scores.csv"))
