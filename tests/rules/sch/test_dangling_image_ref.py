from annotool.findings import Fix
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
