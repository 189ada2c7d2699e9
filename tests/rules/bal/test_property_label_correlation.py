from annotool.dataset import Dataset
from annotool.rules.bal.property_label_correlation import PropertyLabelCorrelation
from annotool.testing import check_rule, tiny


def shown(name: str, sizes: tuple[tuple[int, int], tuple[int, int]], images: int = 300) -> Dataset:
    """Images of two categories in turn, each of its own size and named `name` with its number."""
    rows = [
        {"file_name": name.format(at % 2, at), "width": sizes[at % 2][0], "height": sizes[at % 2][1]}
        for at in range(images)
    ]
    return tiny(rows, [{"image": at, "category": at % 2} for at in range(images)])


SAME = ((640, 480), (640, 480))


def test_what_tells_the_class() -> None:
    check_rule(
        PropertyLabelCorrelation,
        valid=[
            shown("{1}.jpg", SAME),
            shown("{1}.jpg", ((640, 480), (1280, 720)), 190),  # too few
            tiny(),
        ],
        invalid=[
            (shown("{1}.jpg", ((640, 480), (1280, 960))), [{"values": {"property": "the size of the image", "v": 1.0}}]),
            (
                tiny(
                    [{"file_name": f"{'good' if at % 2 else 'bad'}_{at}.jpg"} for at in range(300)],
                    [{"image": at, "category": at % 2} for at in range(300)],
                ),
                [{"key": -1, "values": {"property": "the beginning of the file name", "value": "bad", "label": "cat", "share": 1.0}}],
            ),
        ],
    )  # fmt: skip
    assert PropertyLabelCorrelation.preview


def test_names_of_single_images_say_nothing() -> None:
    names = ["".join(chr(97 + int(digit)) for digit in f"{at:03}") + ".jpg" for at in range(300)]
    data = tiny(
        [{"file_name": name} for name in names], [{"image": at, "category": at % 2} for at in range(300)]
    )
    assert not len(PropertyLabelCorrelation().check(data))
