import json
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.fixes.splices import replaced, table
from annotool.formats.base import WriteOptions
from annotool.formats.yolo import FORMAT
from tests.formats.yolo.build import codes, names, read, texts


def by_stem(data: Dataset) -> dict[str, list[tuple[float, ...]]]:
    """Boxes in fractions by the stem of their image, sorted."""
    rows, images = data.table("annotations"), data.table("images")["file_name"]
    found: dict[str, list[tuple[float, ...]]] = {Path(name).stem: [] for name in images.tolist()}
    xywh = np.stack([rows[name] for name in ("xn", "yn", "wn", "hn")], axis=1)
    for image, box in zip(rows["image"].tolist(), xywh.tolist(), strict=True):
        found[Path(images[image]).stem].append(tuple(box))
    return {stem: sorted(own) for stem, own in found.items()}


def test_okra(real_data: Path) -> None:
    data = read(real_data / "okra_yolo")
    assert {name: len(data.table(name)) for name in ("images", "annotations", "categories")} == {
        "images": 143,
        "annotations": 1836,
        "categories": 12,
    }
    assert codes(data) == {}
    assert data.facts["declared_categories"] is False
    assert sorted(set(names(data)), key=int) == [str(index) for index in range(12)]
    assert data.split_names == ("valid",)
    assert np.isfinite(data.table("annotations")["x"]).all()
    assert all(b"\r\n" in bytes(data.source_bytes(at)) for at in range(143))


def test_apples(real_data: Path) -> None:
    data = read(real_data / "applebbch81" / "data")
    assert (len(data.table("images")), len(data.table("annotations"))) == (1838, 15309)
    assert set(names(data)) == {"apple"}
    assert texts(data, "FMT002") == ["a class list among label files; read as a class list"]
    assert codes(data) == {"FMT002": 1}
    images, roles = data.table("images"), data.table("sources")["role"]
    assert (images["path"] != "").sum() == 20
    assert (roles[images["source"]] == "split").sum() == 1818, "the lists name them, and they are not on disk"
    members = {name: int((data.table("splits")["split"] == name).sum()) for name in data.split_names}
    assert sum(members.values()) == 1838
    assert set(members) == {"train", "val", "test"}
    unlabelled = set(range(len(images))) - set(data.table("annotations")["image"].tolist())
    assert len(unlabelled) == 16


def test_apples_are_the_same_in_coco(real_data: Path) -> None:
    yolo = by_stem(read(real_data / "applebbch81" / "data", images="none"))
    coco: dict[str, list[tuple[float, ...]]] = {}
    sizes: dict[str, tuple[float, float]] = {}
    for file in sorted((real_data / "applebbch81" / "annotations").glob("*.json")):
        content = json.loads(file.read_bytes())
        stems = {image["id"]: Path(image["file_name"]).stem for image in content["images"]}
        sizes |= {
            Path(image["file_name"]).stem: (image["width"], image["height"]) for image in content["images"]
        }
        coco |= {stem: [] for stem in stems.values()}
        for each in content["annotations"]:
            coco[stems[each["image_id"]]].append(tuple(each["bbox"]))
    assert set(yolo) == set(coco)
    for stem, (width, height) in sizes.items():
        pixels = np.array(yolo[stem]).reshape(-1, 4) * (width, height, width, height)
        expected = np.array(coco[stem]).reshape(-1, 4)
        order = [np.lexsort(np.round(each / 4).T) for each in (pixels, expected)]
        assert len(pixels) == len(expected), stem
        away = np.abs(pixels[:, None, :] - expected[None, :, :]).max(axis=2)
        assert (away.min(axis=0, initial=np.inf) <= 1).all() or not len(order[0]), stem
        assert (away.min(axis=1, initial=np.inf) <= 1).all() or not len(order[0]), stem


def test_a_patch_without_edits_changes_no_byte(real_data: Path) -> None:
    for name in ("okra_yolo", "applebbch81/data"):
        data = read(real_data / name, images="none")
        files = data.table("sources")["file"].tolist()
        assert all(
            bytes(data.source_bytes(at)) == (data.paths[0] / file).read_bytes()
            for at, file in enumerate(files)
        )
        assert FORMAT.patch(data, Edits.make(0)) == []


def test_a_dropped_row_is_the_only_change(real_data: Path) -> None:
    data = read(real_data / "okra_yolo", images="none")
    rows = data.table("annotations")
    for row in (0, 700, len(rows) - 1):
        new = replaced(
            data, table(data, FORMAT.patch(data, Edits.make(1, op=Op.DROP, table="annotations", row=row)))
        )
        ((source, held),) = new.items()
        lines = bytes(data.source_bytes(source)).splitlines(keepends=True)
        del lines[int(rows["line"][row]) - 1]
        assert held == b"".join(lines)


def test_written_again_as_yolo(real_data: Path, tmp_path: Path) -> None:
    for name in ("okra_yolo", "applebbch81/data"):
        data = read(real_data / name)
        out = tmp_path / name.partition("/")[0]
        out.mkdir()
        told = FORMAT.write(data, out, WriteOptions())
        again = read(out)
        assert (told.annotations, len(again.table("images"))) == (
            len(data.table("annotations")),
            len(data.table("images")),
        )
        before, after = by_stem(data), by_stem(again)
        assert before.keys() == after.keys()
        for stem in before:
            np.testing.assert_allclose(after[stem], before[stem], atol=2e-12)
        assert sorted(names(again)) == sorted(names(data))
