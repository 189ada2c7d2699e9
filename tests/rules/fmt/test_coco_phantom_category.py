from annotool.findings import Fix
from annotool.rules.fmt.coco_phantom_category import CocoPhantomCategory
from annotool.testing import check_rule, edited, tiny

PETS = {"id": 0, "name": "pets", "supercategory": "none"}
CAT = {"id": 1, "name": "cat", "supercategory": "pets"}
PERSON = {"id": 2, "name": "person", "supercategory": "person"}


def test_grouping_categories() -> None:
    check_rule(
        CocoPhantomCategory,
        valid=[
            tiny(annotations=[{}], categories=[PETS, CAT]),
            tiny(categories=[CAT, PERSON]),
            tiny(annotations=[{"category": 1}], categories=[{**PETS, "name": "dogs"}, CAT]),
        ],
        invalid=[
            (
                tiny(annotations=[{"category": 1}], categories=[PETS, CAT]),
                [
                    {
                        "category": 0,
                        "fix": Fix.UNSAFE,
                        "message": "category pets only groups others and owns no annotation",
                    }
                ],
            )
        ],
    )


def test_one_finding_over_files_and_all_records_go() -> None:
    files = [{"file": "train.json"}, {"file": "val.json"}]
    rows = [{**row, "source": source} for source in (0, 1) for row in (PETS, CAT)]
    data = tiny([{"source": 0}, {"source": 1}], [{"category": 1}], rows, sources=files)
    check_rule(CocoPhantomCategory, invalid=[(data, [{"category": 0, "values": {"files": 2}}])])
    rule = CocoPhantomCategory()
    after = edited(data, rule.fix(data, rule.check(data)))
    assert after.table("categories")["name"].tolist() == ["cat", "cat"]
    used = tiny(
        [{"source": 0}, {"source": 1}], [{"category": 1}, {"category": 2, "image": 1}], rows, sources=files
    )
    check_rule(CocoPhantomCategory, valid=[used])
