from pathlib import Path

from PIL import Image

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix
from annotool.rules.cls.malformed_class_name import MalformedClassName
from annotool.testing import check_rule, edited, tiny


def named(*names: str, form: str = "coco") -> Dataset:
    return tiny(2, [], names, format_name=form)


def test_names_that_are_none() -> None:
    check_rule(
        MalformedClassName,
        valid=[
            named("car", "traffic light", "C++", "собака", "車", "mp3", "background noise"),
            named(*"0123456789", "point"),
            named(*"123456"),  # dice
            named("stop", "30", "50", "yield"),  # speed limits
            named("1", "x", "+", "-", "=", "2"),  # formulas
            named("😀", "❤️", "cat 🐱"),
            named("background", "0abc", form="imagefolder"),
            tiny(categories=[{"name": "0", "source": -1}], format_name="yolo"),  # no list: named by its index
        ],
        invalid=[
            (named("car", ""), [{"category": 1, "fix": Fix.NONE, "message": "a class has no name"}]),
            (named("*", "-?"), [{"category": 0, "message": "class '*' is named by signs only"}, {"category": 1}]),
            (named("car "), [{"category": 0, "fix": Fix.SAFE, "message": "class 'car ' has blanks around its name"}]),
            (named("\ufeffcar", "bus\n"), [{"fix": Fix.SAFE}, {"fix": Fix.SAFE}]),
            (named("car ", "car"), [{"category": 0, "fix": Fix.NONE}]),  # CLS003 merges
            (named("a\nb"), [{"fix": Fix.NONE, "message": "class 'a\\nb' has a control character in its name"}]),
            (named("ch\udce9vre", form="imagefolder"), [{"fix": Fix.NONE, "message": "class 'ch\\udce9vre' has a name that is no UTF-8"}]),
            (named("0", "1"), [{"message": "class '0' is named by a number"}, {"category": 1}]),
            (named("car", "7"), [{"message": "class '7' is named by a number"}]),
            (named("0", "1", "+", "-", "="), [0, 1]),
            (named(*"0123456789", "10"), [10]),
            (named("Background", "__ignore__"), [0, 1]),
            (named("car ", form="imagefolder"), [{"fix": Fix.NONE}]),
        ],
    )  # fmt: skip


def test_the_fix_strips_in_all_files() -> None:
    two = [{"file": "train.json"}, {"file": "val.json"}]
    data = tiny(categories=[{"name": " car"}, {"name": " car", "source": 1}, {"name": "bus"}], sources=two)
    rule = MalformedClassName()
    after = edited(data, rule.fix(data, rule.check(data)))
    assert after.table("categories")["name"].tolist() == ["car", "car", "bus"]


def test_of_a_class_folder_the_files_move_which_is_unsafe() -> None:
    data = tiny(annotations=[{"category": 0}], categories=["car ", "bus "], format_name="imagefolder")
    check_rule(MalformedClassName, invalid=[(data, [{"fix": Fix.UNSAFE}, {"fix": Fix.NONE}])])
    edits = MalformedClassName().fix(data, MalformedClassName().check(data))
    assert (edits["row"].tolist(), edits["new"].tolist(), edits["safe"].tolist()) == ([0], ["car"], [False])


XML = """<annotation><filename>a.jpg</filename><size><width>64</width><height>48</height><depth>3</depth></size>
<object><name>bus </name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>
<object><name>car</name><bndbox><xmin>20</xmin><ymin>1</ymin><xmax>29</xmax><ymax>9</ymax></bndbox></object>
</annotation>
"""


def test_voc_objects_and_list_are_stripped(tmp_path: Path) -> None:
    given = tmp_path / "given"
    (given / "Annotations").mkdir(parents=True)
    (given / "Annotations/a.xml").write_text(XML)
    (given / "labels.txt").write_text("bus \ncar\n")
    made = annotool.fix(given, out=tmp_path / "out", select=["CLS005"])
    assert not made.taken_back
    assert (tmp_path / "out/Annotations/a.xml").read_text() == XML.replace("bus ", "bus")
    assert (tmp_path / "out/labels.txt").read_text() == "bus\ncar\n"
    assert not len(annotool.fix(tmp_path / "out", select=["CLS005"]).changes)


def test_a_class_folder_called_background(tmp_path: Path) -> None:
    for name in ("train/background/a.png", "train/leaf/b.png", "val/leaf/c.png", "val/background/d.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (40, 40), ord(name[-5])).save(tmp_path / name)
    assert not len(annotool.audit(tmp_path, select=["CLS005"]))
