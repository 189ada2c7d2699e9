"""Real files, where there are any: read, patched, written."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask
from pycocotools.coco import COCO

from annotool.findings import Edits, Op
from annotool.fixes.splices import replaced, table
from annotool.formats import detect
from annotool.formats.base import WriteOptions
from annotool.formats.coco import FORMAT
from annotool.geometry.rings import areas
from tests.formats.coco.build import codes, kept, read

SETS = {
    "taco": (1500, 4784, 60),
    "applebbch81": (1838, 15309, 3),
    "predictions_toy/toyexample/gts_coco_format": (10, 12, 1),
}


@pytest.mark.parametrize("name", SETS)
def test_read(real_data: Path, name: str) -> None:
    (claim,) = [each for each in detect(real_data / name) if each.format == "coco"]
    data = read(claim.path)
    assert tuple(len(data.table(each)) for each in ("images", "annotations", "categories")) == SETS[name]
    assert codes(data) == []
    assert int(data.table("sources")["records"].sum()) == kept(data)


@pytest.mark.parametrize("name", SETS)
def test_columns_are_those_of_json(real_data: Path, name: str) -> None:
    data = read(real_data / name)
    rows = data.table("annotations")
    for source, file in enumerate(data.table("sources")["file"].tolist()):
        content = json.loads((real_data / name / file).read_bytes())
        mine = rows.take(rows["source"] == source)
        assert mine["id"].tolist() == [each["id"] for each in content["annotations"]]
        assert mine["area"].tolist() == [each["area"] for each in content["annotations"]]
        boxes = np.stack([mine[side] for side in "xywh"], axis=1).tolist()
        assert boxes == [each["bbox"] for each in content["annotations"]]
        names = data.table("images")["file_name"][mine["image"]].tolist()
        by_id = {each["id"]: each["file_name"] for each in content["images"]}
        assert names == [by_id[each["image_id"]] for each in content["annotations"]]


def test_rings_of_taco_are_those_of_json(real_data: Path) -> None:
    data = read(real_data / "taco")
    content = json.loads((real_data / "taco/annotations.json").read_bytes())
    flat = [ring for each in content["annotations"] for ring in each["segmentation"]]
    assert data.rings["numbers"].tolist() == [len(ring) for ring in flat]
    offsets = np.concatenate(([0], np.cumsum([len(ring) for ring in flat])))
    numbers = np.array([number for ring in flat for number in ring], dtype=np.float64)
    assert np.array_equal(data.rings["area"], areas(numbers, offsets))
    decoded = np.concatenate([decoder.rings(data, part).xy for part, decoder in data.decoded()])
    assert np.array_equal(decoded, numbers)


def patched(real_data: Path, name: str, edits: Edits) -> tuple[bytes, bytes]:
    """The bytes of the one file that changes, before and after."""
    data = read(real_data / name)
    ((source, new),) = replaced(data, table(data, FORMAT.patch(data, edits))).items()
    assert new is not None
    return bytes(data.source_bytes(source)), new


def differing(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """What stands between the first and the last bytes that two files have in common."""
    first = next(at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    last = next(at for at, (a, b) in enumerate(zip(reversed(old), reversed(new), strict=False)) if a != b)
    return old[first : len(old) - last], new[first : len(new) - last]


def test_one_box_of_taco(real_data: Path) -> None:
    edits = Edits.make(1, table="annotations", column="bbox", row=0, new=[(517.0, 127.0, 447.5, 1322.0)])
    old, new = patched(real_data, "taco", edits)
    assert old.count(b"447.0, 1322.0]") == 1
    assert new == old.replace(b"447.0, 1322.0]", b"447.5, 1322.0]")


def test_a_new_id_in_taco(real_data: Path) -> None:
    data = read(real_data / "taco")
    (row,) = np.flatnonzero(data.table("annotations")["id"] == 309)[1:].tolist()
    old, new = patched(
        real_data, "taco", Edits.make(1, table="annotations", column="id", row=row, new=[99999])
    )
    assert differing(old, new) == (b"30", b"9999")


def test_records_dropped_from_apples(real_data: Path) -> None:
    data = read(real_data / "applebbch81")
    rows = data.table("annotations")
    gone = np.flatnonzero(rows["image"] == rows["image"][0])
    edits = Edits.make(len(gone), op=Op.DROP, table="annotations", row=gone)
    old, new = patched(real_data, "applebbch81", edits)
    before, after = json.loads(old), json.loads(new)
    dropped = rows["id"][gone].tolist()
    assert after == {
        **before,
        "annotations": [each for each in before["annotations"] if each["id"] not in dropped],
    }
    assert len(old) - len(new) > 100 * len(gone)


def test_the_last_record_of_apples(real_data: Path) -> None:
    data = read(real_data / "applebbch81")
    last = int(np.flatnonzero(data.table("annotations")["source"] == 0)[-1])
    old, new = patched(real_data, "applebbch81", Edits.make(1, op=Op.DROP, table="annotations", row=last))
    cut, nothing = differing(old, new)
    assert nothing == b""
    assert cut.count(b'"id"') == 1
    assert json.loads(new)["annotations"] == json.loads(old)["annotations"][:-1]


@pytest.mark.parametrize("name", SETS)
def test_no_edits_change_nothing(real_data: Path, name: str) -> None:
    data = read(real_data / name)
    assert replaced(data, table(data, FORMAT.patch(data, Edits.make(0)))) == {}
    for source, file in enumerate(data.table("sources")["file"].tolist()):
        assert bytes(data.source_bytes(source)) == (real_data / name / file).read_bytes()


@pytest.mark.parametrize("name", SETS)
def test_written_files_load_and_say_the_same(real_data: Path, name: str, tmp_path: Path) -> None:
    data = read(real_data / name)
    done = FORMAT.write(data, tmp_path, WriteOptions())
    assert (done.images, done.annotations, done.skipped) == (*SETS[name][:2], ())
    with redirect_stdout(io.StringIO()):
        apis = [COCO(tmp_path / file) for file in done.files]
    assert sum(len(api.dataset["annotations"]) for api in apis) == SETS[name][1]
    for api in apis[:1]:
        for each in api.dataset["annotations"][:50]:
            if each["segmentation"]:
                assert mask.area(api.annToRLE(each)) >= 0
    again = read(tmp_path)
    for column in ("x", "y", "w", "h", "area", "iscrowd", "kind"):
        one = np.sort(data.table("annotations")[column])
        assert np.array_equal(one, np.sort(again.table("annotations")[column])), column
