import pytest

from annotool.findings import Fix
from annotool.formats.yolo.config import Config, is_data_file, is_data_yaml, keys_found, read_data, read_yaml

GOOD = "train: images/train\nval: images/val\nnames: [cat, dog]\n"


def told(config: Config, rule: str = "FMT004") -> list[str]:
    return [each.message.format(**each.values) for each in config.faults if each.rule == rule]


def named(config: Config) -> dict[int, str]:
    return {index: place.text for index, place in (config.names or {}).items()}


@pytest.mark.parametrize(
    ("held", "is_one"),
    [
        (GOOD, True),
        ("nc: 2\nvalidation: x\n", True),
        ("names: [a]\n", False),
        ("nc: 80\nbackbone:\n  - train: 1\n", False),
        ("train: x\nlr0: 0.1\n", False),
        ("names: [a\ntrain: b\n", True),
    ],
)
def test_is_data_yaml(held: str, is_one: bool) -> None:
    assert is_data_yaml(held.encode()) == is_one


def test_a_good_one() -> None:
    config = read_yaml(GOOD.encode())
    assert config.faults == []
    assert named(config) == {0: "cat", 1: "dog"}
    assert {name: [each.text for each in places] for name, places in config.splits.items()} == {
        "train": ["images/train"],
        "val": ["images/val"],
    }


def test_places_are_bytes_and_lines() -> None:
    held = "# ünï\r\ntrain: äpfel\r\nval: [a, 'b c']\r\nnames: {1: dög, 0: cat}\r\n".encode()
    config = read_yaml(b"\xef\xbb\xbf" + held)
    places = [*config.splits["train"], *config.splits["val"], *(config.names or {}).values()]
    whole = b"\xef\xbb\xbf" + held
    assert [whole[each.start : each.end].decode() for each in places] == ["äpfel", "a", "'b c'", "dög", "cat"]
    assert [each.line for each in places] == [2, 3, 3, 4, 4]
    assert [(each.rule, each.fix) for each in config.faults] == [("SCH001", Fix.SAFE)]


def test_the_keys_of_names_are_the_indices_in_any_order() -> None:
    config = read_yaml(GOOD.replace("[cat, dog]", "{1: dog, 0: cat}").encode())
    assert named(config) == {0: "cat", 1: "dog"}
    assert config.faults == []


def test_names_are_taken_as_written() -> None:
    config = read_yaml(GOOD.replace("[cat, dog]", "[no, 1, null, 'a: b', <script>]").encode())
    assert list(named(config).values()) == ["no", "1", "null", "a: b", "<script>"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("names: [cat, dog]\n", ""), "no names: the classes are numbers only"),
        (("val: images/val\n", ""), "no val: ultralytics wants train and val"),
        (("val: images/val\n", "val:\n"), "no val: ultralytics wants train and val"),
        (("train: images/train\n", ""), "no train: ultralytics wants train and val"),
        (("[cat, dog]", "{0: cat, 5: dog}"), "names: keys are to be 0 to 1, found 0, 5"),
        (
            ("[cat, dog]", "{1: cat, 2: dog}"),
            "names: keys are to be 0 to 1, found 1, 2: numbering starts at 1",
        ),
        (("[cat, dog]", "{0: cat, 0: dog}"), "names: key 0 stands twice; the last one counts"),
        (("[cat, dog]", "{0: cat, x: dog}"), "names: key 'x' is no whole number"),
        (("[cat, dog]", "cat"), "names: expected a list or a mapping of names"),
        (("val:", "train: x\nval:"), "train stands twice; the last one counts"),
        (("names", "kpt_shape: [17]\nnames"), "kpt_shape: expected [keypoints, 2 or 3], found [17]"),
    ],
)
def test_faults(change: tuple[str, str], said: str) -> None:
    assert told(read_yaml(GOOD.replace(*change).encode())) == [said]


@pytest.mark.parametrize("written", ["5", "'5'", "two", "2.0"])
def test_a_wrong_count_is_mended_and_nothing_else(written: str) -> None:
    held = (GOOD + f"nc: {written} # classes\n").encode()
    (fault,) = read_yaml(held).faults
    assert fault.fix == Fix.SAFE
    assert fault.place is not None
    mended = held[: fault.place.start] + str(fault.values["new"]).encode() + held[fault.place.end :]
    assert mended == (GOOD + "nc: 2 # classes\n").encode()
    assert read_yaml(mended).faults == []


def test_validation_is_val() -> None:
    config = read_yaml(GOOD.replace("val:", "validation:").encode())
    assert [each.text for each in config.splits["val"]] == ["images/val"]
    (fault,) = config.faults
    assert (fault.fix, fault.values["new"], fault.place and fault.place.text) == (
        Fix.SAFE,
        "val",
        "validation",
    )


@pytest.mark.parametrize(
    ("held", "line"),
    [
        (b"a: [", 1),
        (b"train: x\nnames: {a\nval: y", 3),
        (b"- a\n- b\n", 1),
        (b"", 1),
        (b"train: x\nnames: \xff\n", 2),
        (b"[" * 3000, 1),
        (b"a: \x01", 1),
    ],
)
def test_what_cannot_be_parsed(held: bytes, line: int) -> None:
    config = read_yaml(held)
    assert [(each.rule, each.place and each.place.line) for each in config.faults] == [("SCH001", line)]


def test_python_tags_call_nothing(tmp_path: object) -> None:
    held = GOOD.replace("[cat, dog]", "!!python/object/apply:os.system ['touch /tmp/annotool-was-here']")
    config = read_yaml(held.encode())
    assert told(config, "SCH001") == ["tag python/object/apply:os.system is not allowed; it was not followed"]
    assert config.faults[0].place is not None
    assert config.faults[0].place.line == 3
    assert [each.text for each in config.splits["train"]] == ["images/train"]


def test_a_document_that_holds_itself() -> None:
    assert read_yaml(b"x: &a [*a, *a]\ntrain: y\nval: z\nnames: [a]\n").faults == []


def test_obj_data() -> None:
    held = b"classes= 2\r\ntrain  = data/train.txt\r\nvalid = data/valid.txt\r\nnames = data/obj.names\r\nbackup = backup/\r\n"
    assert is_data_file(held)
    config = read_data(held)
    assert (config.count, config.faults) == (2, [])
    assert {name: places[0].text for name, places in config.splits.items()} == {
        "train": "data/train.txt",
        "val": "data/valid.txt",
    }
    assert config.names_file is not None
    assert held[config.names_file.start : config.names_file.end] == b"data/obj.names"
    assert told(read_data(b"train = x\n")) == ["no names"]
    assert not is_data_file(b"hello = world\n")


def test_which_keys_names_has_is_told() -> None:
    assert keys_found([-1, 0]) == "-1, 0: numbering starts at -1"
    assert keys_found(list(range(1, 81))) == "1 to 80: numbering starts at 1"
    assert keys_found([*range(10), 20, 30]) == "20, 30"
