from annotool.engine import run
from annotool.findings import Edits
from annotool.rules.sch.annotation_id_zero import AnnotationIdZero
from annotool.rules.sch.duplicate_annotation_id import DuplicateAnnotationId
from annotool.testing import check_rule, edited, tiny


def test_zero_is_no_id() -> None:
    check_rule(
        AnnotationIdZero,
        valid=[tiny(annotations=[{}, {}]), tiny(annotations=[{"id": 0}], format_name="yolo")],
        invalid=[(tiny(2, [{"id": 0, "image": 1}, {"id": 4}]), [0])],
    )


def test_the_record_alone_gets_a_new_id() -> None:
    data = tiny(annotations=[{"id": 3}, {"id": 0}, {"id": 1}])
    rule = AnnotationIdZero()
    assert edited(data, rule.fix(data, rule.check(data))).table("annotations")["id"].tolist() == [3, 4, 1]


def test_zeros_and_duplicates_mended_in_one_round_stay_apart() -> None:
    data = tiny(annotations=[{"id": 0}, {"id": 0}, {"id": 0}, {"id": 5}, {"id": 5}])
    rules = {"SCH006": DuplicateAnnotationId(), "SCH008": AnnotationIdZero()}
    findings = run(data, rules, list(rules), {})
    assert findings.counts() == {"SCH006": 3, "SCH008": 1}
    edits = Edits.concat(rule.fix(data, findings.of(code)) for code, rule in rules.items())
    ids = edited(data, edits).table("annotations")["id"].tolist()
    assert sorted(ids) == [5, 6, 7, 8, 9]
