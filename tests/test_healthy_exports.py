"""Datasets as the usual tools write them: all of them are healthy, so none may have an error, and all is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.dirty import (
    CATEGORIES,
    Box,
    coco_box,
    coco_image,
    coco_text,
    picture,
    put,
    seen,
    voc_object,
    voc_text,
)

CAT: Box = ("cat", 10.0, 20.0, 100.0, 50.0)
DOG: Box = ("dog", 200.0, 100.0, 100.0, 100.0)
YOLO_CAT = "0 0.093750 0.093750 0.156250 0.104167\n"
YOLO_DOG = "1 0.390625 0.312500 0.156250 0.208333\n"
Made = tuple[Path, int, list[str]]  # folder, annotations, splits


def as_text(value: Any) -> str:
    return json.dumps(value)


def roboflow_coco(root: Path) -> Made:
    """Whole numbers for x and y, three decimals for w and h, a category 0 that groups, ids anew in each split."""
    for at, split in enumerate(("train", "valid", "test")):
        names = [f"a{at}{each}_jpg.rf.0123456789abcdef0123456789abcde{each}.jpg" for each in range(3)]
        images = [{"id": each, "license": 1, "file_name": name, "height": 480, "width": 640, "date_captured": "2024-01-01T00:00:00+00:00", "extra": {"name": f"a{each}.jpg"}}
                  for each, name in enumerate(names)]  # fmt: skip
        notes = [{"id": each, "image_id": each % 2, "category_id": 1 + each % 2, "bbox": [10 + 140 * each, 20, 100.125, 50.333], "area": 5039.592, "segmentation": [], "iscrowd": 0}
                 for each in range(1, 4)]  # fmt: skip
        categories = [
            {"id": 0, "name": "pets", "supercategory": "none"},
            {"id": 1, "name": "cat", "supercategory": "pets"},
            {"id": 2, "name": "dog", "supercategory": "pets"},
        ]
        whole = {
            "info": {"version": "1"},
            "licenses": [{"id": 1, "url": "", "name": "MIT"}],
            "categories": categories,
            "images": images,
            "annotations": notes,
        }
        put(
            root,
            {
                f"{split}/_annotations.coco.json": as_text(whole),
                **{f"{split}/{name}": picture(shade=10 * at + each) for each, name in enumerate(names)},
            },
        )
    put(root, {"README.roboflow.txt": "pets\n", "README.dataset.txt": "# pets\n"})
    return root, 9, ["train", "val", "test"]


def roboflow_yolo(root: Path) -> Made:
    """17 digits, paths that begin with ../ although the folders lie beside the yaml."""
    for at, split in enumerate(("train", "valid", "test")):
        for each in range(2):
            name = f"b{at}{each}_jpg.rf.0123456789abcdef0123456789abcde{each}"
            put(
                root,
                {
                    f"{split}/images/{name}.jpg": picture(shade=10 * at + each),
                    f"{split}/labels/{name}.txt": "0 0.09375 0.09375 0.15625 0.10416666666666667\n1 0.390625 0.3125 0.15625 0.20833333333333334"
                    if each
                    else "",
                },
            )
    yaml = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 2\nnames: ['cat', 'dog']\n\nroboflow:\n  workspace: me\n  project: pets\n  version: 1\n  license: MIT\n  url: https://example.org\n"
    return put(root, {"data.yaml": yaml, "README.dataset.txt": "x\n"}), 6, ["train", "val", "test"]


def cvat_yolo(root: Path) -> Made:
    """obj.data, labels beside the images, lists that begin with data/."""
    for each in range(3):
        put(
            root,
            {
                f"obj_train_data/frame_{each:06d}.jpg": picture(shade=each),
                f"obj_train_data/frame_{each:06d}.txt": YOLO_CAT + YOLO_DOG if each else "",
            },
        )
    files = "".join(f"data/obj_train_data/frame_{each:06d}.jpg\n" for each in range(3))
    data = "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n"
    return put(root, {"obj.data": data, "obj.names": "cat\ndog\n", "train.txt": files}), 4, ["train"]


def cvat_voc(root: Path) -> Made:
    """Decimals, attributes, sub-folders, a label map, lists for default."""
    attributes = "<attributes><attribute><name>rotation</name><value>0.0</value></attribute></attributes>"
    for each in range(3):
        objects = (
            [
                voc_object("10.00", "20.00", "110.00", "70.00", more=attributes),
                voc_object("200.0", "100.0", "300.0", "200.0", name="dog", more=attributes),
            ]
            if each
            else []
        )
        text = (
            voc_text(*objects, filename=f"f{each}.jpg")
            .replace(
                "<annotation>",
                "<annotation>\n  <folder></folder>\n  <source><database>Unknown</database><annotation>Unknown</annotation><image>Unknown</image></source>",
            )
            .replace("</size>", "</size>\n  <segmented>0</segmented>")
        )
        put(
            root,
            {
                f"Annotations/f{each}.xml": text.replace("<difficult>", "<occluded>0</occluded><difficult>"),
                f"JPEGImages/f{each}.jpg": picture(shade=each),
            },
        )
    return (
        put(
            root,
            {
                "ImageSets/Main/default.txt": "f0\nf1\nf2\n",
                "labelmap.txt": "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\ndog:0,128,0::\n",
            },
        ),
        4,
        ["default"],
    )


def labelimg_voc(root: Path) -> Made:
    """Absolute paths, xml beside the images."""
    for each in range(3):
        text = voc_text(
            voc_object(11, 21, 110, 70),
            voc_object(201, 101, 300, 200, name="dog"),
            filename=f"IMG_{each}.JPG",
        )
        text = text.replace(
            "<annotation>",
            f"<annotation>\n\t<folder>pictures</folder>\n\t<path>C:\\Users\\me\\pictures\\IMG_{each}.JPG</path>",
        )
        put(root, {f"IMG_{each}.xml": text, f"IMG_{each}.JPG": picture(shade=each)})
    return root, 6, []


def labelimg_yolo(root: Path) -> Made:
    """classes.txt among the labels, beside the images."""
    for each in range(3):
        put(root, {f"IMG {each}.jpg": picture(shade=each), f"IMG {each}.txt": YOLO_CAT + YOLO_DOG})
    return put(root, {"classes.txt": "cat\ndog\n"}), 6, []


def lvis(root: Path) -> Made:
    """No iscrowd, the file's name in coco_url only, frequencies, negative categories, several names for one box."""
    images = [
        {
            "id": each,
            "coco_url": f"http://images.cocodataset.org/train2017/{each:012d}.jpg",
            "width": 640,
            "height": 480,
            "date_captured": "",
            "license": 1,
            "flickr_url": "",
            "not_exhaustive_category_ids": [],
            "neg_category_ids": [3],
        }
        for each in (1, 2, 3)
    ]
    square = [[10.0, 20.0, 110.0, 20.0, 110.0, 70.0, 10.0, 70.0]]
    notes = [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": square, "area": 5000.0, "bbox": [10.0, 20.0, 100.0, 50.0]},
             {"id": 2, "image_id": 2, "category_id": 2, "segmentation": square, "area": 5000.0, "bbox": [10.0, 20.0, 100.0, 50.0]}]  # fmt: skip
    categories = [
        {
            "id": at,
            "name": name,
            "synset": f"{name}.n.01",
            "frequency": "r",
            "image_count": 1,
            "instance_count": 1,
            "def": "x",
            "synonyms": [name],
        }
        for at, name in enumerate(("cat", "dog", "hen"), 1)
    ]
    whole = {"info": {}, "licenses": [], "images": images, "annotations": notes, "categories": categories}
    put(
        root,
        {
            "annotations/lvis_v1_train.json": as_text(whole),
            **{f"train2017/{each:012d}.jpg": picture(shade=each) for each in (1, 2, 3)},
        },
    )
    return root, 2, ["train"]


def label_studio_yolo(root: Path) -> Made:
    """notes.json, a hash before each name, no images."""
    notes = {
        "categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}],
        "info": {"year": 2024, "version": "1.0", "contributor": "Label Studio"},
    }
    put(root, {"notes.json": as_text(notes), "classes.txt": "cat\ndog\n"})
    for each in range(3):
        put(root, {f"labels/a1b2c3d{each}-photo_{each}.txt": YOLO_CAT + YOLO_DOG})
    (root / "images").mkdir()
    return root, 6, []


def label_studio_coco(root: Path) -> Made:
    """Ids from 0, categories from 0, backslashes in names on Windows not."""
    images = [
        {"width": 640, "height": 480, "id": at, "file_name": f"images/0c1d2e3f-{at}.jpg"} for at in range(2)
    ]
    notes = [
        {
            "id": at,
            "image_id": at,
            "category_id": at,
            "segmentation": [],
            "bbox": [10.0, 20.0, 100.0, 50.0],
            "ignore": 0,
            "iscrowd": 0,
            "area": 5000.0,
        }
        for at in range(2)
    ]
    whole = {
        "images": images,
        "categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}],
        "annotations": notes,
        "info": {"contributor": "Label Studio"},
    }
    put(
        root,
        {
            "result.json": json.dumps(whole, indent=2),
            **{f"images/0c1d2e3f-{at}.jpg": picture(shade=at) for at in range(2)},
        },
    )
    return root, 2, []


def zero_based_coco(root: Path) -> Made:
    """FiftyOne and supervision: categories from 0, images and annotations from 1, labels.json beside data/."""
    images = [
        {
            "id": at,
            "file_name": f"{at:06d}.jpg",
            "height": 480,
            "width": 640,
            "license": None,
            "coco_url": None,
        }
        for at in (1, 2)
    ]
    notes = [
        {
            "id": at,
            "image_id": at,
            "category_id": at - 1,
            "bbox": [10.0, 20.0, 100.0, 50.0],
            "area": 5000.0,
            "iscrowd": 0,
        }
        for at in (1, 2)
    ]
    categories = [
        {"id": 0, "name": "cat", "supercategory": None},
        {"id": 1, "name": "dog", "supercategory": None},
    ]
    whole = {
        "info": {"year": "", "version": ""},
        "licenses": [],
        "categories": categories,
        "images": images,
        "annotations": notes,
    }
    put(root, {"labels.json": as_text(whole), **{f"data/{at:06d}.jpg": picture(shade=at) for at in (1, 2)}})
    return root, 2, []


def ultralytics(root: Path) -> Made:
    """coco8: a dead path, names as a mapping, an image without labels, train and val as folders."""
    yaml = "# comment\npath: ../datasets/coco8 # dataset root dir\ntrain: images/train\nval: images/val\ntest: # test images (optional)\n\n# Classes\nnames:\n  0: cat\n  1: dog\n\ndownload: https://example.org/coco8.zip\n"
    put(root, {"data.yaml": yaml, "LICENSE": "AGPL\n", "README.md": "x\n"})
    for at, split in enumerate(("train", "train", "val", "val")):
        put(
            root,
            {
                f"images/{split}/00000000000{at}.jpg": picture(shade=at),
                f"labels/{split}/00000000000{at}.txt": YOLO_CAT + YOLO_DOG,
            },
        )
    return root, 8, ["train", "val"]


def devkit(root: Path) -> Made:
    """VOC2012: lists a class, parts with a bndbox of their own, other sets, segmentation masks."""
    part = "<part><name>head</name><bndbox><xmin>20</xmin><ymin>25</ymin><xmax>40</xmax><ymax>45</ymax></bndbox></part>"
    base = root / "VOCdevkit/VOC2012"
    stems = [f"2007_00000{each}" for each in range(4)]
    for each, stem in enumerate(stems):
        objects = [
            voc_object(11, 21, 110, 70, more=part, truncated=each % 2),
            voc_object(201, 101, 300, 200, name="dog", difficult=each % 2),
        ]
        text = (
            voc_text(*objects, filename=f"{stem}.jpg")
            .replace(
                "<annotation>",
                "<annotation>\n\t<folder>VOC2012</folder>\n\t<source><database>The VOC2007 Database</database></source>",
            )
            .replace("</size>", "</size>\n\t<segmented>1</segmented>")
            .replace("<truncated>", "<pose>Unspecified</pose>\n<truncated>")
        )
        put(
            base,
            {
                f"Annotations/{stem}.xml": text,
                f"JPEGImages/{stem}.jpg": picture(shade=each),
                f"SegmentationClass/{stem}.png": picture(form="PNG"),
            },
        )
    train, val = stems[:2], stems[2:]
    main = {"train": train, "val": val, "trainval": stems}
    lists = {f"{name}.txt": "".join(f"{stem}\n" for stem in held) for name, held in main.items()}
    lists |= {
        f"{kind}_{name}.txt": "".join(f"{stem} {1 if at % 2 else -1:2d}\n" for at, stem in enumerate(held))
        for name, held in main.items()
        for kind in ("cat", "dog")
    }
    put(base, {f"ImageSets/Main/{name}": held for name, held in lists.items()})
    put(
        base,
        {
            f"ImageSets/{other}/train.txt": "".join(f"{stem}\n" for stem in train)
            for other in ("Segmentation", "Layout")
        },
    )
    return root, 8, ["train", "val"]


def fiftyone_yolo(root: Path) -> Made:
    """YOLOv5 by FiftyOne: dataset.yaml with path and ./ before the folders."""
    yaml = (
        f"names:\n  0: cat\n  1: dog\npath: {root.as_posix()}\ntrain: ./images/train/\nval: ./images/val/\n"
    )
    put(root, {"dataset.yaml": yaml})
    for at, split in enumerate(("train", "train", "val", "val")):
        put(
            root,
            {
                f"images/{split}/{at:06d}.png": picture(form="PNG", shade=at),
                f"labels/{split}/{at:06d}.txt": YOLO_CAT + YOLO_DOG,
            },
        )
    return root, 8, ["train", "val"]


def coco_as_downloaded(root: Path) -> Made:
    """instances beside captions, person_keypoints, stuff, panoptic; images in train2017 and val2017."""
    count = 0
    for split, first in (("train2017", 1), ("val2017", 5)):
        names = [f"{each:012d}.jpg" for each in range(first, first + 3)]
        images = [
            coco_image(
                first + at,
                file_name=name,
                license=3,
                coco_url=f"http://images.cocodataset.org/{split}/{name}",
            )
            for at, name in enumerate(names)
        ]
        outline = [10.5, 20.25, 100.5, 20.25, 110.5, 30.25, 110.5, 70.25, 10.5, 70.25]
        crowd = {"counts": [0, 480 * 10, 480 * 630], "size": [480, 640]}
        notes = [
            coco_box(
                900100000000 + each,
                (10.5, 20.25, 100, 50),
                image=first + each % 2,
                category=1 + each % 2,
                segmentation=[outline],
            )
            for each in range(first, first + 24)
        ]
        notes = [
            {
                **each,
                "bbox": [10.5 + 5 * at, 20.25, 100, 50],
                "segmentation": [[x + 5 * at * (place % 2 == 0) for place, x in enumerate(outline)]],
            }
            for at, each in enumerate(notes)
        ]
        notes.append(
            coco_box(900200000000 + first, (0, 0, 10, 480), image=first, iscrowd=1, segmentation=crowd)
        )
        text = {"instances": coco_text(notes, images, info={"year": 2017}, licenses=[{"id": 3}])}
        text["captions"] = as_text(
            {
                "info": {},
                "images": images,
                "licenses": [],
                "annotations": [{"image_id": first, "id": 1, "caption": "A cat."}],
            }
        )
        person = [
            {"id": 1, "name": "person", "supercategory": "person", "keypoints": ["nose"], "skeleton": []}
        ]
        text["person_keypoints"] = coco_text(
            [coco_box(1, image=first, keypoints=[20, 30, 2], num_keypoints=1)], images, person
        )
        text["stuff"] = coco_text([coco_box(1, image=first)], images, [{"id": 1, "name": "grass"}])
        text["panoptic"] = as_text(
            {
                "info": {},
                "images": images,
                "annotations": [
                    {
                        "image_id": first,
                        "file_name": "1.png",
                        "segments_info": [
                            {"id": 1, "category_id": 1, "iscrowd": 0, "bbox": [1, 2, 3, 4], "area": 12}
                        ],
                    }
                ],
                "categories": [*CATEGORIES],
            }
        )
        put(root, {f"annotations/{name}_{split}.json": held for name, held in text.items()})
        put(root, {f"{split}/{name}": picture(shade=first + at) for at, name in enumerate(names)})
        count += len(notes)
    return root, count, ["train", "val"]


def backgrounds(root: Path) -> Made:
    """Half of the images show nothing, and say so."""
    put(root, {"data.yaml": "train: images/train\nval: images/val\nnames: [cat, dog]\n"})
    for at in range(8):
        split = "val" if at > 5 else "train"
        put(
            root,
            {
                f"images/{split}/{at}.jpg": picture(shade=at),
                f"labels/{split}/{at}.txt": YOLO_CAT + YOLO_DOG if at % 2 else "",
            },
        )
    return root, 8, ["train", "val"]


def datumaro_coco(root: Path) -> Made:
    """Two decimals, ids from 1, attributes, empty segmentation, images/default."""
    notes = [
        coco_box(
            at,
            (10.25, 20.5, 99.75, 49.5),
            image=at,
            category=at,
            attributes={"occluded": False, "rotation": 0.0},
            segmentation=[],
            area=4937.62,
        )
        for at in (1, 2)
    ]
    put(
        root,
        {
            "annotations/instances_default.json": coco_text(
                notes, licenses=[{"name": "", "id": 0, "url": ""}], info={"contributor": ""}
            ),
            "images/default/1.jpg": picture(shade=1),
            "images/default/2.jpg": picture(shade=2),
        },
    )
    return root, 2, []


EXPORTS: list[Callable[[Path], Made]] = [
    roboflow_coco, roboflow_yolo, cvat_yolo, cvat_voc, labelimg_voc, labelimg_yolo, lvis, label_studio_yolo, label_studio_coco, zero_based_coco,
    ultralytics, devkit, fiftyone_yolo, coco_as_downloaded, backgrounds, datumaro_coco,
]  # fmt: skip
BARE = (label_studio_yolo,)  # exported without images


@pytest.mark.parametrize("export", EXPORTS)
def test_a_healthy_export_has_no_error(tmp_path: Path, export: Callable[[Path], Made]) -> None:
    root, count, splits = export(tmp_path / "data")
    got = seen(root)
    assert got.errors == []
    assert len(got.boxes) == count
    assert [*got.data.split_names] == splits
    assert {"cat", "dog"} <= set(got.names)
    missing = [
        name
        for name, path in zip(got.images, got.data.table("images")["path"].tolist(), strict=True)
        if not path
    ]
    assert missing == [] or export in BARE
    annotations = got.data.table("annotations")
    assert (annotations["image"] >= 0).all()
    assert (annotations["category"] >= 0).all()


@pytest.mark.parametrize("export", EXPORTS)
def test_a_healthy_export_without_its_images_has_no_error(
    tmp_path: Path, export: Callable[[Path], Made]
) -> None:
    root, count, _ = export(tmp_path / "data")
    for each in [*root.rglob("*")]:
        if each.suffix.lower() in (".jpg", ".png"):
            each.unlink()
    for options in ({}, {"images": "none"}):
        got = seen(root, **options)
        assert got.errors == []
        assert len(got.boxes) == count


@pytest.mark.parametrize("export", EXPORTS)
def test_the_warnings_of_a_healthy_export_are_few_and_known(
    tmp_path: Path, export: Callable[[Path], Made]
) -> None:
    root, _, _ = export(tmp_path / "data")
    told = {each.rule for each in seen(root).found if each.severity == "warning"}
    expected: dict[Callable[[Path], Made], set[str]] = {
        roboflow_coco: {"FMT009"}, label_studio_coco: {"FMT008", "SCH008"}, zero_based_coco: {"FMT008"}, lvis: {"SCH003", "CLS002"},
        coco_as_downloaded: {"DUP002"}, cvat_voc: {"CLS002"}, labelimg_voc: {"SCH013"}, fiftyone_yolo: {"FMT004"},
    }  # fmt: skip
    assert told <= expected.get(export, set()), told


@pytest.mark.parametrize(
    "export", [roboflow_yolo, ultralytics, fiftyone_yolo, backgrounds, labelimg_yolo, cvat_yolo]
)
def test_boxes_of_yolo_are_where_they_were_drawn(tmp_path: Path, export: Callable[[Path], Made]) -> None:
    boxes = seen(export(tmp_path / "data")[0]).boxes
    for name, *box in (CAT, DOG):
        mine = np.array([each[1:] for each in boxes if each[0] == name])
        assert np.abs(mine - box).max() < 1e-3


def test_boxes_of_cvat_voc_count_from_zero_when_they_say_so(tmp_path: Path) -> None:
    root, _, _ = cvat_voc(tmp_path / "data")
    got = seen(root, voc_base="0-exclusive")
    assert set(got.boxes) == {CAT, DOG}


def test_what_stands_beside_the_instances_is_named(tmp_path: Path) -> None:
    notes = " ".join(seen(coco_as_downloaded(tmp_path / "data")[0]).data.notes)
    assert all(
        word in notes
        for word in ("captions_train2017.json", "person_keypoints_val2017.json", "panoptic_train2017.json")
    )


def test_text_ids_of_label_studio_are_findings(tmp_path: Path) -> None:
    images = [coco_image(str(at), file_name=f"{at}.jpg") for at in (1, 2)]
    notes = [coco_box(str(at), image=str(at), category="1") for at in (1, 2)]
    categories = [{"id": "1", "name": "cat"}]
    put(
        tmp_path,
        {
            "result.json": coco_text(notes, images, categories),
            "1.jpg": picture(shade=1),
            "2.jpg": picture(shade=2),
        },
    )
    got = seen(tmp_path)
    assert {each.rule for each in got.found if each.severity == "error"} == {"SCH002"}
    assert got.boxes == [CAT, CAT]
    assert got.data.table("annotations")["image"].tolist() == [0, 1]
