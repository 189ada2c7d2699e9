from annotool.findings import Fix
from annotool.rules.fmt.coco_category_zero import CocoCategoryZero
from annotool.testing import check_rule, edited, tiny

FROM_ZERO = [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}, {"id": 5, "name": "cow"}]
PHANTOM = [
    {"id": 0, "name": "pets", "supercategory": "none"},
    {"id": 1, "name": "cat", "supercategory": "pets"},
]
DATA = tiny(2, [{}, {"image": 1, "category": 1}, {"category": 2}, {"category": 0}], FROM_ZERO)


def test_one_finding_a_dataset() -> None:
    files = [{"file": "train.json"}, {"file": "val.json"}]
    twice = [{**row, "source": source} for source in (0, 1) for row in FROM_ZERO]
    both = tiny([{"source": 0}, {"source": 1}], [{}, {"image": 1, "category": 3}], twice, sources=files)
    check_rule(
        CocoCategoryZero,
        valid=[
            tiny(annotations=[{}]),
            tiny(annotations=[{"category": 1}], categories=PHANTOM),
            tiny(annotations=[{}], format_name="yolo"),
        ],
        invalid=[
            (
                DATA,
                [{"category": 0, "fix": Fix.UNSAFE, "message": "category cat has the id 0 (2 annotations)"}],
            ),
            (both, [{"category": 0, "values": {"files": 2, "annotations": 2}}]),
            (tiny(annotations=[{}], categories=PHANTOM), [0]),  # owns one, so it is real
        ],
    )


def test_ids_move_up_to_the_first_gap() -> None:
    rule = CocoCategoryZero()
    after = edited(DATA, rule.fix(DATA, rule.check(DATA)))
    assert after.table("categories")["id"].tolist() == [1, 2, 5]
    assert after.table("annotations")["category_id"].tolist() == [1, 2, 5, 1]
