from annotool.findings import Severity
from annotool.rules.cls.undefined_class import UndefinedClass
from annotool.schema import NO_ID
from annotool.testing import check_rule, tiny


def test_classes_that_nothing_declares() -> None:
    unknown = {"category": -1, "category_id": 7}
    in_use = [{"name": "cat"}, {"name": "dog", "source": -1}]
    check_rule(
        UndefinedClass,
        valid=[
            tiny(annotations=[{}, {"category": 1}]),
            tiny(annotations=[{"category": 1}], categories=in_use, format_name="voc"),  # no list: all names are legal
            tiny(),
        ],
        invalid=[
            (
                tiny(2, [{}, {**unknown, "image": 1}, unknown]),
                [
                    {"annotation": 1, "message": "class 7 is not declared; there are 2", "image": 1},
                    {"annotation": 2, "values": {"written": 7, "declared": 2}},
                ],
            ),
            (tiny(annotations=[unknown], categories=()), [{"message": "class 7 is not declared; there are 0"}]),
            (
                tiny(annotations=[{}, {"category": 1}], categories=in_use, format_name="voc",
                     facts={"declared_categories": True}),
                [{"annotation": 1, "message": "class 'dog' is not declared; there are 1"}],
            ),
        ],
    )  # fmt: skip


def test_it_is_an_error() -> None:
    assert UndefinedClass.severities == (Severity.ERROR,)


def test_an_id_that_is_text_is_told_as_written() -> None:
    odd = [{"table": "annotations", "row": 1, "column": "category_id", "raw": '"zebra"'},
           {"table": "images", "row": 1, "column": "id", "raw": '"other"'}]  # fmt: skip
    data = tiny(annotations=[{}, {"category": -1, "category_id": NO_ID}], originals=odd)
    check_rule(
        UndefinedClass, invalid=[(data, [{"annotation": 1, "values": {"written": '"zebra"', "declared": 2}}])]
    )
