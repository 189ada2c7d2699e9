from annotool.dataset import Dataset
from annotool.findings import Fix
from annotool.rules.fmt.voc_filename_mismatch import VocFilenameMismatch
from annotool.testing import check_rule, edited, tiny


def voc(filename: str, actual: str = "", xml: str = "a.xml") -> Dataset:
    path = f"/set/JPEGImages/{actual}" if actual else ""
    images = [{"file_name": filename, "path": path, "source": 0}]
    return tiny(images, format_name="voc", sources=[{"file": f"Annotations/{xml}"}])


def test_names() -> None:
    check_rule(
        VocFilenameMismatch,
        valid=[
            voc("a.jpg", "a.jpg"),
            voc("a.jpg"),
            voc("a"),
            voc("sub/a.jpg", "a.jpg"),
            voc("C:\\x\\a.jpg", "a.jpg"),
            voc("A.JPG", "a.jpg"),
            voc("a.b.jpg", "a.b.jpg", "a.b.xml"),
            voc("a.b", "", "a.b.xml"),
            tiny([{"file_name": "other.jpg"}]),
        ],
        invalid=[
            (
                voc("IMG_1.jpg", "a.jpg"),
                [{"image": 0, "fix": Fix.SAFE, "message": "filename IMG_1.jpg: expected the stem a"}],
            ),
            (voc("IMG_1.jpg", "IMG_1.jpg"), [{"fix": Fix.NONE}]),
            (voc("IMG_1.jpg"), [{"fix": Fix.NONE}]),
            (
                voc("a.png", "a.jpg"),
                [{"fix": Fix.SAFE, "message": "filename a.png: the image on disk is a.jpg"}],
            ),
            (voc("a", "a.jpg"), [{"fix": Fix.SAFE}]),
            (voc("a.b", "a.b.jpg", "a.b.xml"), [{"fix": Fix.SAFE}]),
        ],
    )


def test_the_name_on_disk_is_written_and_folders_stay() -> None:
    data = voc("x\\old.png", "a.jpg")
    rule = VocFilenameMismatch()
    assert edited(data, rule.fix(data, rule.check(data))).table("images")["file_name"][0] == "x\\a.jpg"


def test_a_name_from_our_own_side_file_is_right() -> None:
    original = {"table": "images", "row": 0, "column": "file_name", "raw": "a_2.jpg"}
    images = [{"file_name": "train/a.jpg", "source": 0}]
    data = tiny(images, format_name="voc", sources=[{"file": "Annotations/a_2.xml"}], originals=[original])
    check_rule(VocFilenameMismatch, valid=[data])
