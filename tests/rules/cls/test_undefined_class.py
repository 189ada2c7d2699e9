from annotool.findings import Findings, Severity, block
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
                    {"annotation": 1, "message": "category id 7 is not declared (2 are, ids 1 to 2)", "image": 1},
                    {"annotation": 2, "values": {"written": 7, "declared": 2}},
                ],
            ),
            (tiny(annotations=[unknown], categories=()), [{"message": "category id 7 is not declared (none is)"}]),
            (tiny(annotations=[unknown], categories=["cat"]), [{"message": "category id 7 is not declared (1 is, id 1)"}]),
            (tiny(annotations=[unknown], format_name="yolo"), [{"message": "class 7 is not declared; there are 2"}]),
            (
                tiny(annotations=[{}, {"category": 1}], categories=in_use, format_name="voc",
                     facts={"declared_categories": True}),
                [{"annotation": 1, "message": "class 'dog' is not declared; there is 1"}],
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


def test_a_category_record_that_was_lost_explains_one_id() -> None:
    null = block("SCH002", "expected a record", 1, source=0, kept=False, pointer="/categories/3")
    image = block("SCH002", "expected a record", 1, source=0, kept=False, pointer="/images/3")
    one = [{"category": -1, "category_id": 7}, {"category": -1, "category_id": 7}]
    two = [*one, {"category": -1, "category_id": 8}]
    check_rule(
        UndefinedClass,
        valid=[tiny(2, one, problems=Findings((null,)))],
        invalid=[
            (tiny(2, two, problems=Findings((null,))), [0, 1, 2]),
            (tiny(2, one, problems=Findings((image,))), [0, 1]),
        ],
    )


def test_a_category_id_that_repeats_explains_one_id_of_its_file() -> None:
    files = [{"file": "train.json"}, {"file": "val.json"}]
    kinds = [{"name": "cat", "id": 1}, {"name": "dog", "id": 1}, {"name": "cat", "id": 1, "source": 1}]
    lost = {"category": -1, "category_id": 2}
    check_rule(
        UndefinedClass,
        valid=[tiny(2, [lost, {**lost, "image": 1}], kinds, sources=files)],
        invalid=[(tiny(2, [lost, {**lost, "source": 1}], kinds, sources=files), [1])],
    )


def test_names_that_are_numbered_wrongly_explain_all_numbers() -> None:
    odd = block("FMT004", "found {keys}", 1, source=0, values={"keys": "1, 2", "first": 1})
    other = block("FMT004", "found {keys}", 1, source=0, values={"keys": "0, 5"})
    lost = [{"category": -1, "category_id": 0}]
    check_rule(
        UndefinedClass,
        valid=[tiny(1, lost, format_name="yolo", problems=Findings((odd,)))],
        invalid=[(tiny(1, lost, format_name="yolo", problems=Findings((other,))), [0])],
    )
