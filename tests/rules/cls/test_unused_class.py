from annotool.rules.cls.unused_class import UnusedClass
from annotool.testing import check_rule, tiny


def test_names_without_annotations() -> None:
    two_files = [{"file": "train.json"}, {"file": "val.json"}]
    in_both = [{"name": "cat"}, {"name": "dog"}, {"name": "cat", "source": 1}, {"name": "dog", "source": 1}]
    groups = [
        {"name": "animal"},
        {"name": "cat", "supercategory": "animal"},
        {"name": "person", "supercategory": "person"},
    ]
    check_rule(
        UnusedClass,
        valid=[
            tiny(2, [{}, {"category": 1, "image": 1}]),
            tiny(3),  # nothing is annotated at all
            tiny(2, [{}, {"category": 3, "image": 1}], in_both, sources=two_files),
            tiny(annotations=[{}], categories=[{"name": "cat"}, {"name": "dog", "source": -1}], format_name="voc"),
        ],
        invalid=[
            (tiny(3, [{}, {"image": 2}]), [{"category": 1, "message": "'dog' is declared and never used", "source": 0}]),
            (tiny(2, [{}], in_both, sources=two_files), [{"category": 1, "values": {"name": "dog"}}]),
            # A category that groups others is FMT009's; one that is its own group is not.
            (tiny(annotations=[{"category": 1}], categories=groups), [{"category": 2}]),
        ],
    )  # fmt: skip


def test_more_than_ten_are_one_finding() -> None:
    names = [f"c{at}" for at in range(12)]
    message = "11 of 12 categories are declared and never used, as 'c1', 'c2', 'c3'"
    check_rule(
        UnusedClass,
        invalid=[
            (tiny(annotations=[{}], categories=names), [{"category": -1, "message": message}]),
            (tiny(annotations=[{}], categories=names[:11]), [*({"category": at} for at in range(1, 11))]),
        ],
    )


def test_of_class_lists_that_differ_the_one_in_use_counts() -> None:
    files = [
        {"file": "data.yaml", "format": "yolo"},
        {"file": "classes.txt", "format": "yolo", "role": "classes"},
    ]
    rows = [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}, {"id": 0, "name": "emu", "source": 1}]
    data = tiny(2, [{"category": 0}], rows, format_name="yolo", sources=files)
    check_rule(UnusedClass, invalid=[(data, [{"category": 1, "values": {"name": "dog"}}])])


def test_without_annotations_it_says_so() -> None:
    assert UnusedClass().unable(tiny(3)) == "no annotations"
    assert UnusedClass().unable(tiny(annotations=[{}])) == ""


def test_an_id_that_an_earlier_category_has_is_not_told_twice() -> None:
    same = [{"name": "cat", "id": 1}, {"name": "dog", "id": 1}]
    check_rule(UnusedClass, valid=[tiny(annotations=[{}], categories=same)])


def test_it_echoes_names_that_are_numbered_wrongly() -> None:
    assert "FMT004" in UnusedClass.silenced_by
