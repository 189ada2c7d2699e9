import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annotool.findings import Severity
from annotool.rules.dup.over_max_dets import OverMaxDets
from annotool.testing import check_rule, tiny


def many(count: int, image: int = 0, **more: int) -> list[dict[str, object]]:
    return [
        {"box": (at % 20 * 30.0, at // 20 * 30.0, 20.0, 20.0), "image": image, **more} for at in range(count)
    ]


def test_more_than_a_hundred_in_an_image() -> None:
    message = (
        "1 of 3 images holds more than 100 objects (0 of them of one category): COCO's evaluation and most detectors stop "
        "at 100; as 1.jpg (101)"
    )
    check_rule(
        OverMaxDets,
        valid=[tiny(3, [*many(100), *many(100, 1)]), tiny(3, [*many(100), *many(9, iscrowd=1)]), tiny(0)],
        invalid=[
            (
                tiny(3, [*many(90, 1), *many(11, 1, category=1), *many(50)]),
                [{"image": -1, "annotation": -1, "message": message}],
            ),
            (
                tiny(3, [*many(101), *many(120, 2, category=-1), *many(99, 1)]),
                [{"values": {"full": 2, "images": 3, "same": 2, "examples": "2.jpg (120), 0.jpg (101)"}}],
            ),
        ],
    )
    assert OverMaxDets.severities == (Severity.INFO,)
    assert len(OverMaxDets(limit=300).check(tiny(1, many(300)))) == 0


def test_pycocotools_counts_a_hundred_of_each_category() -> None:
    assert recall([150]) == 100 / 150
    assert recall([75, 75]) == 1


def recall(counts: list[int]) -> float:
    """What perfect detections reach when an image holds so many objects of each category."""
    truth = COCO()
    rows = [{**each, "category": k} for k, count in enumerate(counts) for each in many(count)]
    truth.dataset = {
        "info": {},
        "images": [{"id": 1, "width": 640, "height": 480}],
        "categories": [{"id": k + 1, "name": str(k)} for k in range(len(counts))],
        "annotations": [
            {"id": at + 1, "image_id": 1, "category_id": row["category"] + 1, "bbox": list(row["box"]), "area": 400,  # type: ignore[call-overload,operator]
             "iscrowd": 0}
            for at, row in enumerate(rows)
        ],
    }  # fmt: skip
    truth.createIndex()
    found = truth.loadRes([{**each, "score": 0.9} for each in truth.dataset["annotations"]])
    judged = COCOeval(truth, found, "bbox")
    judged.evaluate()
    judged.accumulate()
    return float(np.mean(judged.eval["recall"][0, :, 0, -1]))
