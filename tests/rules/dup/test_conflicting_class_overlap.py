from annotool.findings import Fix, Severity
from annotool.rules.dup.conflicting_class_overlap import ConflictingClassOverlap
from annotool.testing import check_rule, tiny

BOX = (10.0, 10.0, 100.0, 100.0)
NEAR = (12.0, 10.0, 100.0, 100.0)  # IoU .961
FAR = (14.0, 10.0, 100.0, 100.0)  # .923


def test_two_classes_of_one_object() -> None:
    cat, dog = {"category": 0}, {"category": 1}
    check_rule(
        ConflictingClassOverlap,
        valid=[
            tiny(2, [{"box": BOX, **cat}, {"box": FAR, **dog}, {"box": BOX, **dog, "image": 1}]),
            tiny(annotations=[{"box": BOX, **cat}, {"box": BOX, **dog, "iscrowd": 1}]),
            tiny(annotations=[{"box": BOX, **cat}, {"box": BOX, "category": -1, "category_id": 77}]),  # CLS001
        ],
        invalid=[
            (
                tiny(annotations=[{"box": BOX, **cat}, {"box": BOX, **dog}, {"box": (300, 300, 9, 9)}]),
                [{"annotation": 1, "severity": Severity.WARNING, "fix": Fix.NONE,
                  "message": "'dog' on the box of annotation 1, which is 'cat' (IoU 1.00, from 0.95 on)",
                  "values": {"category": "dog", "partner_category": "cat", "partner_id": 1, "iou": 1.0}}],
            ),
            # One finding for each box, naming the box it covers best.
            (tiny(annotations=[{"box": NEAR, **cat}, {"box": BOX, **cat}, {"box": BOX, **dog}]),
             [{"annotation": 2, "values": {"partner_id": 2}}]),
        ],
    )  # fmt: skip


def test_a_thing_and_its_kind_may_share_a_box() -> None:
    names = [
        {"name": "vehicle"},
        {"name": "bus", "supercategory": "vehicle"},
        {"name": "tram", "supercategory": "vehicle"},
    ]
    check_rule(
        ConflictingClassOverlap,
        valid=[tiny(annotations=[{"box": BOX, "category": c} for c in (0, 1)], categories=names)],
        invalid=[(tiny(annotations=[{"box": BOX, "category": c} for c in (1, 2)], categories=names), [1])],
    )  # fmt: skip


def test_lvis_names_a_thing_twice() -> None:
    data = tiny(annotations=[{"box": BOX}, {"box": BOX, "category": 1}], facts={"lvis": True})
    check_rule(ConflictingClassOverlap, invalid=[(data, [{"severity": Severity.INFO}])])


def test_where_objects_have_several_names_one_finding_says_so() -> None:
    apart = [{"box": (10.0 + 3 * at, 10.0 + 3 * at, 40.0, 40.0)} for at in range(61)]
    named = [{**each, "category": 1} for each in apart[:20]]
    message = (
        "20 of 80 boxes are the box of another category too, most often 'dog' on 'cat' (20): do objects have several "
        "names here?"
    )
    check_rule(
        ConflictingClassOverlap,
        invalid=[
            (tiny(annotations=[*apart[:60], *named]), [{"annotation": -1, "severity": Severity.WARNING,
                                                        "message": message}]),
            (tiny(annotations=[*apart[:60], *named[1:]]), [*range(60, 79)]),
            (tiny(annotations=[*apart, *apart[:20], *named]), [*range(81, 101)]),
        ],
    )  # fmt: skip


def test_options() -> None:
    check_rule(
        ConflictingClassOverlap,
        invalid=[(tiny(annotations=[{"box": BOX, "category": 1}, {"box": BOX}]), [1])],
    )
    data = tiny(annotations=[{"box": BOX}, {"box": FAR, "category": 1}])
    assert len(ConflictingClassOverlap(iou=0.92).check(data)) == 1
    assert len(ConflictingClassOverlap(iou=0.5).check(data)) == 1
