from annotool.rules.sch.duplicate_id import DuplicateId
from annotool.schema import NO_ID
from annotool.testing import check_rule, tiny

TWO_FILES = [{"file": "train.json"}, {"file": "val.json"}]


def test_images() -> None:
    check_rule(
        DuplicateId,
        valid=[
            tiny(5),
            tiny([{"id": 1, "source": 0}, {"id": 1, "source": 1, "file_name": "0.jpg"}], sources=TWO_FILES),
            tiny([{"id": NO_ID}, {"id": NO_ID}]),
            tiny([{"file_name": ""}, {"file_name": ""}]),
            tiny([{"file_name": "x/a.jpg"}, {"file_name": "y/a.jpg"}]),
            tiny([{"id": 1}, {"id": 1}], format_name="yolo"),
        ],
        invalid=[
            (
                tiny([{}, {"id": 1}, {"id": 1}]),
                [
                    {"image": 1, "message": "image id 1 was used before, by /images/0", "line": 2},
                    {"image": 2, "values": {"id": 1, "first": 0, "kind": "image"}},
                ],
            ),
            (
                tiny([{"file_name": "a.jpg"}, {}, {"file_name": "a.jpg"}]),
                [{"image": 2, "message": "file_name a.jpg was used before, by /images/0"}],
            ),
            (
                tiny([{"file_name": "Ä/b.jpg"}, {"file_name": "ä/B.JPG"}]),
                [{"message": "file_name ä/B.JPG differs only in case from Ä/b.jpg, of /images/0"}],
            ),
            (tiny([{"file_name": "a.jpg"}, {"file_name": "a.jpg", "id": 1}]), [1]),
        ],
    )


def test_categories() -> None:
    twice = [{"name": "cat", "id": 3}, {"name": "dog", "id": 3}, {"name": "cow", "id": 4}]
    others = [{"name": "cat", "id": 3, "source": 0}, {"name": "cat", "id": 3, "source": 1}]
    check_rule(
        DuplicateId,
        valid=[tiny(2, categories=others, sources=TWO_FILES)],
        invalid=[
            (tiny(2, categories=twice), [{"category": 1, "image": -1, "values": {"id": 3, "first": 0}}])
        ],
    )
