from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotool.errors import UsageError
from annotool.schema import Kind
from tests.formats.coco.build import put
from tests.predictions.build import coco, read, told, voc, whole, yolo

BOX = "1 0.5 0.5 0.25 0.5 0.75\n"


def rows(tmp_path: Path, text: str | bytes, name: str = "b") -> Path:
    return put(tmp_path / "run", {f"labels/{name}.txt": text})


@pytest.mark.parametrize("truth", [coco, voc, yolo])
def test_any_truth_will_do(tmp_path: Path, truth: object) -> None:
    data = read(truth(tmp_path), rows(tmp_path, BOX))  # type: ignore[operator]
    found = data.table("predictions")
    assert data.table("images")["file_name"][found["image"][0]].startswith("b")
    assert data.names_of(found["category"]).tolist() == ["dog"]
    assert found["score"].tolist() == [0.75]
    assert [found[name][0] for name in ("xn", "yn", "wn", "hn")] == [0.375, 0.25, 0.25, 0.5]
    known = truth is not yolo
    assert np.array_equal(
        [found[name][0] for name in "xywh"], [240, 120, 160, 240] if known else [np.nan] * 4, True
    )
    assert told(data) == []
    assert whole(data)
    assert data.facts["predictions"]["confidence"] == "confidence last"


def test_the_confidence_may_stand_second(tmp_path: Path) -> None:
    data = read(coco(tmp_path), rows(tmp_path, "0 0.9 0.5 0.5 0.9 0.9\n0 0.2 0.475 0.52 0.88 0.87\n"))
    assert data.table("predictions")["score"].tolist() == [0.9, 0.2]
    assert data.facts["predictions"]["confidence"] == "confidence second"


def test_outlines_and_their_rings(tmp_path: Path) -> None:
    data = read(coco(tmp_path), rows(tmp_path, f"{BOX}0 0.25 0.25 0.5 0.25 0.5 0.75 0.9\n"))
    found = data.table("predictions")
    assert found["kind"].tolist() == [Kind.BOX, Kind.POLYGON]
    assert [found[name][1] for name in "xywh"] == [160, 120, 160, 240]
    held = data.source_bytes(int(found["source"][1]))
    assert bytes(held[found["seg_start"][1] : found["seg_end"][1]]) == b"0.25 0.25 0.5 0.25 0.5 0.75"


def test_class_names_and_stems_with_dots(tmp_path: Path) -> None:
    data = read(coco(tmp_path), rows(tmp_path, "dog 0.5 0.5 0.25 0.5 0.75\n", "scan.v2"))
    found = data.table("predictions")
    assert found["image"].tolist() == [0]
    assert data.names_of(found["category"]).tolist() == ["dog"]


def test_a_list_of_classes_of_the_models_own(tmp_path: Path) -> None:
    put(tmp_path, {"names.txt": "dog\ncat\n"})
    data = read(coco(tmp_path), rows(tmp_path, BOX), classes=tmp_path / "names.txt")
    assert data.names_of(data.table("predictions")["category"]).tolist() == ["cat"]


VALID = {
    "crlf": BOX.replace("\n", "\r\n").encode(),
    "no end of line": BOX.rstrip().encode(),
    "blank lines": f"\n\n{BOX}\n \n".encode(),
    "exponents": b"1 5e-1 0.5 2.5e-01 0.5 0.75",
    "tabs": BOX.replace(" ", "\t").encode(),
}


@pytest.mark.parametrize("text", VALID.values(), ids=list(VALID))
def test_valid(tmp_path: Path, text: bytes) -> None:
    data = read(coco(tmp_path), rows(tmp_path, text))
    assert told(data) == []
    assert data.table("predictions")["score"].tolist() == [0.75]
    assert data.table("predictions")["w"].tolist() == [160]


INVALID = {
    "no confidence": (b"1 0.5 0.5 0.25 0.5", "the confidence is missing: 5 fields", 1),
    "too few": (
        b"1 0.5 0.5",
        "3 fields; expected class cx cy w h confidence, or points in place of the box",
        0,
    ),
    "NaN": (b"1 nan 0.5 0.25 0.5 0.75", "a coordinate is no finite number", 0),
    "a word": (b"1 0.5 0.5 half 0.5 0.75", "a coordinate is no finite number", 0),
    "no score": (b"1 0.5 0.5 0.25 0.5 high\n1 .5 .5 .1 .1 .5", "the confidence is no number", 2),
    "a score beyond": (b"1 0.5 0.5 0.25 0.5 75\n1 .5 .5 .1 .1 .5", "score 75 is not between 0 and 1", 2),
    "pixels": (
        b"1 .5 320 240 100 50",
        "coordinates up to 270, so in pixels; fractions of the image are expected: not scored",
        1,
    ),
    "huge": (b"1 0.5 0.5 1e400 0.5 0.75", "a coordinate is no finite number", 0),
    "a class too many": (b"2 0.5 0.5 0.25 0.5 0.75", "the ground truth has no category 2: 1 not scored", 1),
    "mark": (b"\xef\xbb\xbf" + BOX.encode(), "the file begins with a byte order mark", 1),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "the file is no text", 0),
    "wide": (BOX.encode("utf-16"), "the file is UTF-16; save it as UTF-8", 0),
    "latin": (b"caf\xe9 0.5 0.5 0.25 0.5 0.75", "not UTF-8: 0xe9", 1),
    "pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "a git-lfs pointer stands in place of the file; run `git lfs pull`",
        0,
    ),
    "twice": (f"{BOX}{BOX}".encode(), "the very same result stands at line 1 already", 2),
}


@pytest.mark.parametrize(("text", "said", "kept"), INVALID.values(), ids=list(INVALID))
def test_invalid(tmp_path: Path, text: bytes, said: str, kept: int) -> None:
    data = read(coco(tmp_path), rows(tmp_path, text))
    assert said in told(data)
    assert len(data.table("predictions")) == kept
    assert whole(data)
    found = data.problems.of("PRD005")
    assert set(data.table("sources")["file"][found.column("source")].tolist()) == {"../run/labels/b.txt"}
    assert (found.column("line") > 0).all()


def test_a_file_of_no_image_is_told_once(tmp_path: Path) -> None:
    data = read(coco(tmp_path), rows(tmp_path, BOX + BOX.replace("0.75", "0.5"), "other"))
    assert told(data) == ["the ground truth has no image 'other', or several: 2 not scored"]
    assert data.table("predictions")["image"].tolist() == [-1, -1]


def test_an_empty_file_is_no_detection_and_a_class_list_no_rows(tmp_path: Path) -> None:
    put(tmp_path / "run", {"labels/scan.v2.txt": b"", "labels/classes.txt": "cat\ndog\n"})
    data = read(coco(tmp_path), rows(tmp_path, BOX))
    assert told(data) == []
    assert len(data.table("predictions")) == 1


def test_an_empty_folder_holds_no_predictions(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(
        UsageError, match=r"expected label files \(\*\.txt\), or one json or csv file; got none"
    ):
        read(coco(tmp_path), tmp_path / "run")


def test_a_folder_with_one_json_is_that_json(tmp_path: Path) -> None:
    put(tmp_path / "run", {"predictions.json": "[]"})
    assert read(coco(tmp_path), tmp_path / "run").facts["predictions"]["form"] == "COCO results"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.text("01.5 \n\tenaf-+_x", max_size=60).map(str.encode))
def test_nothing_vanishes_and_nothing_raises(tmp_path: Path, text: bytes) -> None:
    assert whole(read(coco(tmp_path), rows(tmp_path, text)))


def test_real_detections_with_names_and_with_indices(real_data: Path) -> None:
    folder = real_data / "predictions_toy/toyexample"
    for truth in ("gts_coco_format", "gts_vocpascal_format"):
        boxes = []
        for form in ("dets_classid_rel_xcycwh", "dets_classname_rel_xcycwh", "dets_coco_format"):
            data = read(folder / truth, folder / form, classes=folder / "voc.names")
            found = data.table("predictions")
            assert told(data) == []
            assert set(data.names_of(found["category"]).tolist()) == {"cat"}
            order = np.lexsort((found["score"], found["image"]))
            boxes.append(np.stack([found[name][order] for name in ("image", "score", *"xywh")]))
        assert np.array_equal(boxes[0], boxes[1])
        assert np.abs(boxes[0] - boxes[2]).max() < 1


def test_one_label_file_names_its_folder(tmp_path: Path) -> None:
    put(tmp_path / "run/labels", {"b.txt": "0 0.5 0.5 0.25 0.25 0.9\n"})
    with pytest.raises(UsageError, match="label files are read by folder; name .*labels"):
        read(coco(tmp_path), tmp_path / "run/labels/b.txt")
    text = '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]'
    assert len(read(coco(tmp_path), put(tmp_path, {"json.txt": text}) / "json.txt").table("predictions")) == 1
