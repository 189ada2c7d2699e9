from annotool.findings import Findings, Fix, block
from annotool.rules.sch.dangling_image_ref import DanglingImageRef
from annotool.schema import NO_ID
from annotool.testing import check_rule, tiny


def test_references() -> None:
    lost = tiny(2, [{}, {"image": -1, "image_id": 9999}, {"image": 1}, {"image": -1, "image_id": 0}])
    check_rule(
        DanglingImageRef,
        valid=[
            tiny(),
            tiny(2, [{}, {"image": 1}]),
            tiny(annotations=[{"image": -1, "image_id": NO_ID}]),  # no id at all is SCH002
        ],
        invalid=[
            (
                lost,
                [
                    {"annotation": 1, "message": "no image has the id 9999", "fix": Fix.UNSAFE, "line": 6},
                    {"annotation": 3, "values": {"image_id": 0}},
                ],
            )
        ],
    )


def test_an_image_record_that_was_lost_explains_one_id() -> None:
    null = block("SCH002", "expected a record", 1, source=0, kept=False, pointer="/images/3")
    other = block("SCH002", "expected a record", 1, source=0, kept=False, pointer="/categories/3")
    one = [{"image": -1, "image_id": 9}, {"image": -1, "image_id": 9}]
    two = [*one, {"image": -1, "image_id": 8}]
    check_rule(
        DanglingImageRef,
        valid=[tiny(2, one, problems=Findings((null,)))],
        invalid=[
            (tiny(2, two, problems=Findings((null,))), [0, 1, 2]),
            (tiny(2, one, problems=Findings((other,))), [0, 1]),
        ],
    )


def test_an_image_id_that_repeats_explains_one_id_of_its_file() -> None:
    images = [{"id": 1}, {"id": 1}, {"id": 2}, {"id": 1, "source": 1}, {"id": 2, "source": 1}]
    files = [{"file": "train.json"}, {"file": "val.json"}]
    lost = {"image": -1, "image_id": 9}
    check_rule(
        DanglingImageRef,
        valid=[tiny(images, [lost, lost], sources=files)],
        invalid=[(tiny(images, [lost, {**lost, "source": 1}], sources=files), [1])],
    )
