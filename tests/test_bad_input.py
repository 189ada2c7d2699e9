"""Input that is no dataset, cannot be read, or means harm: a clear error in one line or a finding, the promised exit
code, and nothing lost, followed or written outside of what was asked for.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annotool import api
from tests import dirty
from tests.dirty import Ran, coco_box, coco_image, coco_text, picture, put, seen, tree, voc_object, voc_text

ROW = "0 0.5 0.5 0.25 0.5\n"
YAML = "train: images/train\nval: images/val\nnames: [cat, dog]\n"
Run = Callable[..., Ran]
SAMPLES = Path(__file__).parents[1] / "sample_data" / "faulty"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line, in this process."""

    def ran(*words: object) -> Ran:
        return dirty.run(monkeypatch, capsys, *words)

    return ran


def process(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command line, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "annotool", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
        **options,
    )


def failed(ran: Ran, *parts: str) -> None:
    """A failure of the usual form: exit code 2, nothing printed, one line that says all of this."""
    assert ran.code == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("annotool: error: ")
    assert ran.err.count("\n") == 1, ran.err
    assert all(part in ran.err for part in parts), ran.err


def yolo(root: Path, text: str | bytes = ROW, yaml: str = YAML) -> Path:
    return put(root, {
        "data.yaml": yaml, "images/train/1.jpg": picture(shade=1), "images/val/2.jpg": picture(shade=2),
        "labels/train/1.txt": text, "labels/val/2.txt": ROW,
    })  # fmt: skip


def coco(root: Path, text: str = "") -> Path:
    images = {"images/1.jpg": picture(shade=1), "images/2.jpg": picture(shade=2)}
    return put(
        root,
        {
            "annotations/instances_train.json": text or coco_text([coco_box(1), coco_box(2, image=2)]),
            **images,
        },
    )


def voc(root: Path, text: str = "") -> Path:
    return put(root, {"1.xml": text or voc_text(voc_object(11, 21, 110, 70)), "1.jpg": picture()})


# Nothing there, or not to be had.


def test_no_such_path(run: Run, tmp_path: Path) -> None:
    failed(run("audit", tmp_path / "nowhere"), "nowhere", "no such file or folder")


def test_an_empty_folder(run: Run, tmp_path: Path) -> None:
    failed(run("audit", tmp_path), str(tmp_path), "no dataset", "coco", "voc", "yolo")


@pytest.mark.parametrize(
    "held", [{"notes.txt": "hello\n"}, {"a.jpg": picture()}, {"a.json": "{}"}, {"x/y/z.bin": b"\0"}]
)
def test_no_dataset(run: Run, tmp_path: Path, held: dict[str, str | bytes]) -> None:
    failed(run("audit", put(tmp_path, held)), str(tmp_path), "no dataset")


@pytest.mark.parametrize("path", ["s3://bucket/data", "gs://bucket/data", "https://example.org/data.json"])
def test_a_path_on_the_net(run: Run, path: str) -> None:
    failed(run("audit", path), path.partition(":")[0], "local files")


@pytest.mark.parametrize("command", ["audit", "fix", "convert", "balance", "sizes"])
def test_every_command_says_the_same(run: Run, tmp_path: Path, command: str) -> None:
    out = {
        "fix": ["--out", tmp_path / "o"],
        "convert": ["--to", "coco", "--out", tmp_path / "o"],
        "sizes": ["--out", tmp_path / "o"],
    }
    failed(run(command, tmp_path / "nowhere", *out.get(command, [])), "no such file or folder")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--classes", "gone.txt"], "gone.txt"),
        (["--sizes", "gone.csv"], "gone.csv"),
        (["--predictions", "gone.json"], "gone.json"),
        (["--images", "gone"], "gone"),
        (["--config", "gone.toml"], "gone.toml"),
        (["--format", "cocoa"], "cocoa"),
        (["--task", "dance"], "dance"),
        (["--voc-base", "2"], "2"),
        (["--select", "BOX999"], "BOX999"),
        (["--output-format", "pdf"], "pdf"),
        (["--fail-on", "sometimes"], "sometimes"),
        (["--output", "gone/report.txt"], "gone"),
    ],
)
@pytest.mark.parametrize("make", [yolo, coco, voc])
def test_options_that_lead_nowhere(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                   make: Callable[[Path], Path], words: list[str], told: str) -> None:  # fmt: skip
    root = make(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    before = tree(tmp_path)
    failed(run("audit", root, *words), told)
    assert tree(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="no POSIX permissions")
@pytest.mark.parametrize("make", [yolo, coco, voc])
@pytest.mark.parametrize("what", ["folder", "files"])
def test_permission_denied(tmp_path: Path, make: Callable[[Path], Path], what: str) -> None:
    root = make(tmp_path / "data")
    shut = (
        [root]
        if what == "folder"
        else [each for each in root.rglob("*") if each.is_file() and each.suffix != ".jpg"]
    )
    for each in shut:
        each.chmod(0)
    code = (
        "import os, sys\n"
        "import annotool.api, annotool.cli\n"
        "for each, form in [(a, b) for a in ('coco', 'yolo', 'voc') for b in ('text', 'concise')]:  # all that has to be imported is, before rights are given up\n"
        f"    sys.argv = ['annotool', 'audit', {str(SAMPLES)!r} + '/' + each, '--output-format', form]\n"
        "    try: annotool.cli.main()\n"
        "    except SystemExit: pass\n"
        "print('no more samples')\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        f"sys.argv = ['annotool', 'audit', {str(root)!r}]\n"
        "annotool.cli.main()\n"
    )
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
        )
    finally:
        for each in shut:
            each.chmod(0o755)
    assert done.returncode in (1, 2), done
    assert "Traceback" not in done.stderr + done.stdout
    assert "fault of annotool" not in done.stderr
    assert "ermission denied" in done.stderr + done.stdout.rpartition("no more samples")[2], done
    assert done.returncode == 1 or done.stderr.count("\n") == 1


# Files that are something else.


def test_a_lock_file_in_annotations_is_no_label_file(run: Run, tmp_path: Path) -> None:
    root = put(
        coco(tmp_path),
        {"annotations/~$lock.json": b"\x00\x05Anna\x00" * 20, "annotations/.DS_Store": b"\0\0\0\1Bud1"},
    )
    ran = run("audit", root)
    assert (ran.code, ran.err) == (0, "")
    assert "SCH001" not in ran.out


@pytest.mark.parametrize("make", [yolo, voc, coco])
def test_what_systems_leave_behind_is_no_label(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    root = make(tmp_path)
    before = seen(root)
    for folder in [root, *(each for each in root.rglob("*") if each.is_dir())]:
        put(folder, {"._1.xml": b"\0\5\x16\7" * 20, "._1.txt": b"\0\5\x16\7" * 20, "._1.jpg": b"\0\5\x16\7", "._x.json": b"\0\5\x16\7",
                     ".DS_Store": b"Bud1", "Thumbs.db": b"\xd0\xcf", "desktop.ini": "[x]\n", "__MACOSX/._1.jpg": b"\0\5\x16\7"})  # fmt: skip
    after = seen(root)
    assert after.errors == before.errors == []
    assert after.boxes == before.boxes


@pytest.mark.parametrize(
    ("name", "make"),
    [("annotations/instances_train.json", coco), ("1.xml", voc), ("labels/train/1.txt", yolo)],
)
def test_a_pointer_of_git_lfs_in_place_of_labels(
    run: Run, tmp_path: Path, name: str, make: Callable[[Path], Path]
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
    root = put(make(tmp_path), {name: pointer})
    path = root / name if name.endswith("json") else root
    ran = run("audit", path, "--output-format", "concise")
    assert ran.code in (1, 2), ran
    assert "git" in ran.out + ran.err, ran


def test_pointers_of_git_lfs_in_place_of_images(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    root = put(yolo(tmp_path), {"images/train/1.jpg": pointer, "images/val/2.jpg": pointer})
    got = seen(root)
    assert ["git lfs pull" in each.message for each in got.of("SCH010")] == [True, True]
    assert got.of("IMG001") == []


def test_pointers_of_dvc(tmp_path: Path) -> None:
    root = coco(tmp_path)
    for name in ("1.jpg", "2.jpg"):
        (root / "images" / name).unlink()
    (root / "images").rmdir()
    put(
        root,
        {"images.dvc": "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e.dir\n  nfiles: 2\n  path: images\n"},
    )
    (found,) = seen(root).of("SCH010")
    assert "dvc pull" in found.message


@pytest.mark.parametrize(
    "held",
    [
        "[" * 60_000,
        "outs: [" + "{a: " * 12_000,
        "outs: !!python/object/apply:os.system [touch owned]\n",
        b"\xff\xfe\0",
        "outs: 7",
        "- 1",
    ],
)
def test_a_dvc_file_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str | bytes) -> None:
    monkeypatch.chdir(tmp_path)
    root = coco(tmp_path)
    (root / "images/1.jpg").unlink()
    got = seen(put(root, {"images.dvc": held}))
    assert [each.image for each in got.of("SCH010")] == ["1.jpg"]
    assert not (tmp_path / "owned").exists()


# Names.

NAMES = [
    "кошка и собака. v1.2.jpg",
    "a b.c.d.jpg",
    "日本語.jpg",
    "é.jpg",
    "e\u0301.jpg",
    "#1 & <2>.jpg",
    "a'b\"c.jpg",
    "%20.jpg",
    "-rf.jpg",
    "x" * 180 + ".jpg",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_survive_every_format(tmp_path: Path, name: str) -> None:
    text = coco_text([coco_box(1)], [coco_image(1, file_name=name)])
    root = put(tmp_path / "coco", {"annotations/instances_train.json": text, f"images/{name}": picture()})
    got = seen(root)
    assert got.errors == []
    for form in ("voc", "yolo"):
        api.convert(got.data, form, tmp_path / form)
        back = api.read(tmp_path / form)
        assert back.table("images")["file_name"].tolist() == [name]
        assert [Path(path).read_bytes() for path in back.table("images")["path"].tolist()] == [picture()]
        api.convert(back, "coco", tmp_path / f"{form}-coco")
        assert seen(tmp_path / f"{form}-coco").boxes == got.boxes
        assert seen(tmp_path / f"{form}-coco").images == [name]


CLASSES = [
    "<script>",
    "a & b",
    "a,b",
    'say "hi"',
    "кот",
    "a: b # c",
    "- x",
    "{x}",
    "null",
    "1",
    "yes",
    "'",
    "\\",
    "a\tb",
    " cat ",
    "é",
    "\U0001f600",
    "../../x",
    "%s{0}",
    "[bold]red[/bold]",
    "c" * 100_000,
]


@pytest.mark.parametrize("name", CLASSES, ids=range(len(CLASSES)))
def test_names_of_classes_survive_every_format(run: Run, tmp_path: Path, name: str) -> None:
    text = coco_text(
        [coco_box(1), coco_box(2, (200, 100, 50, 50), category=2)],
        [coco_image(1)],
        [{"id": 1, "name": name}, {"id": 2, "name": "dog"}],
    )
    root = put(tmp_path / "coco", {"annotations/instances_train.json": text, "images/1.jpg": picture()})
    got = seen(root)
    assert got.names == [name, "dog"]
    for form in ("voc", "yolo"):
        api.convert(got.data, form, tmp_path / form)
        assert sorted(box[0] for box in seen(tmp_path / form).boxes) == sorted([name, "dog"])
        api.convert(tmp_path / form, "coco", tmp_path / f"{form}-coco")
        held = json.loads(next((tmp_path / f"{form}-coco").rglob("*.json")).read_bytes())
        assert sorted(each["name"] for each in held["categories"]) == sorted([name, "dog"])
    for shape in ("text", "concise", "json", "paths"):
        ran = run("audit", root, "--output-format", shape)
        assert (ran.code, ran.err) == (0, "")
    told = run("audit", root, "--output-format", "json").out
    assert json.loads(told)["dataset"]["categories"] == 2
    assert run("balance", root).code == 0


def test_a_name_cannot_steer_a_terminal_nor_break_a_line(run: Run, tmp_path: Path) -> None:
    name = "a\x1b[31m\x07\nb"
    root = coco(
        tmp_path,
        coco_text([coco_box(1)], [coco_image(1, file_name=f"{name}.jpg")], [{"id": 1, "name": name}]),
    )
    for shape in ("text", "concise"):
        told = run("audit", root, "--output-format", shape, "--decode").out
        assert "\x1b" not in told
        assert "\x07" not in told
    assert all(": " in line for line in run("audit", root, "--output-format", "concise").out.splitlines())


@pytest.mark.parametrize("name", ["\\ud800", "a\\udcffb"])
def test_half_a_surrogate_in_a_name(run: Run, tmp_path: Path, name: str) -> None:
    text = coco_text([coco_box(1)]).replace('"cat"', f'"{name}"').replace('"2.jpg"', f'"{name}.jpg"')
    root = coco(tmp_path / "coco", text)
    for shape in ("text", "concise", "json"):
        ran = run("audit", root, "--output-format", shape, "--output", tmp_path / f"r.{shape}")
        assert ran.code in (0, 1), ran
        assert ran.err == ""
    for form in ("voc", "yolo"):
        ran = run("convert", root, "--to", form, "--out", tmp_path / form)
        assert ran.code == 0 or "fault of annotool" not in ran.err, ran
    done = process("audit", root)
    assert done.returncode == 1, done


@pytest.mark.parametrize("name", ["a\\u0000b.jpg", "\\u0000"])
def test_a_zero_byte_in_a_file_name(run: Run, tmp_path: Path, name: str) -> None:
    root = coco(tmp_path / "coco", coco_text([coco_box(1)]).replace('"2.jpg"', f'"{name}"'))
    ran = run("audit", root, "--output-format", "concise")
    assert ran.code == 1, ran
    for form in ("voc", "yolo"):
        ran = run("convert", root, "--to", form, "--out", tmp_path / form)
        assert ran.code == 0 or "fault of annotool" not in ran.err, ran


def test_names_that_are_not_utf8_on_disk(run: Run, tmp_path: Path) -> None:
    root = yolo(tmp_path / "data")
    raw = os.fsencode(root)
    try:
        Path(os.fsdecode(raw + b"/images/train/caf\xe9.jpg")).write_bytes(picture(shade=7))
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    Path(os.fsdecode(raw + b"/labels/train/caf\xe9.txt")).write_bytes(ROW.encode())
    for shape in ("text", "concise", "json", "paths"):
        ran = run("audit", root, "--output-format", shape, "--output", tmp_path / f"r.{shape}")
        assert (ran.code, ran.err) == (0, ""), ran
    assert len(seen(root).boxes) == 3
    for form in ("voc", "coco", "yolo"):
        ran = run("convert", root, "--to", form, "--out", tmp_path / form)
        assert ran.code == 0, ran
        assert len(seen(tmp_path / form).boxes) == 3
    assert run("fix", root, "--out", tmp_path / "fixed").code == 0
    done = process("audit", root, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done


# Paths that lead out of the dataset.

EVIL = [
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\boot.ini",
    "C:\\Windows\\win.ini",
    "../secret.jpg",
    "~/.ssh/id_rsa",
    "file:///etc/passwd",
    "a/../../secret.jpg",
    "//server/share/x.jpg",
]


@pytest.mark.parametrize("name", EVIL)
def test_a_file_name_that_leads_out_is_never_opened_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    secret = put(tmp_path, {"secret.jpg": picture(shade=9)}) / "secret.jpg"
    images = [coco_image(1), coco_image(2, file_name=name)]
    root = put(
        tmp_path / "data",
        {
            "annotations/instances_train.json": coco_text([coco_box(1), coco_box(2, image=2)], images),
            "images/1.jpg": picture(shade=1),
        },
    )
    opened: list[str] = []
    real = Image.open

    def watched(where: Any, *rest: Any, **more: Any) -> Any:
        opened.append(str(where))
        return real(where, *rest, **more)

    monkeypatch.setattr(Image, "open", watched)
    got = seen(root, decode=True)
    assert "SCH013" in {each.rule for each in got.found} or "SCH010" in {each.rule for each in got.found}, (
        got.told
    )
    paths = [path for path in got.data.table("images")["path"].tolist() if path]
    assert all(Path(path).resolve().is_relative_to(root) for path in paths)
    assert not any("passwd" in each or "secret" in each for each in opened)
    before = {path.name for path in tmp_path.iterdir()}
    for form in ("voc", "yolo"):
        api.convert(got.data, form, tmp_path / "out" / form)
        assert len(api.read(tmp_path / "out" / form).table("annotations")) == 2
        assert not any(
            "passwd" in each and picture(shade=9) == held
            for each, held in tree(tmp_path / "out" / form).items()
        )
        back = api.read(tmp_path / "out" / form)
        assert all(
            Path(path).resolve().is_relative_to(tmp_path / "out")
            for path in back.table("images")["path"].tolist()
            if path
        )
    api.fix(root, out=tmp_path / "out" / "fixed", unsafe=True)
    assert {path.name for path in tmp_path.iterdir()} == before | {"out"}
    assert secret.read_bytes() == picture(shade=9)


def test_a_side_file_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, {"secret.jpg": picture(shade=9)})
    root = yolo(tmp_path / "data")
    put(
        root,
        {
            "annotool-names.csv": "stem,file_name,width,height\ntrain/1,../../secret.jpg,640,480\nval/2,/etc/passwd,640,480\n"
        },
    )
    got = seen(root)
    assert not any("secret" in path or "passwd" in path for path in got.data.table("images")["path"].tolist())
    for form in ("coco", "voc", "yolo"):
        api.convert(got.data, form, tmp_path / "out" / form)
    assert {path.name for path in tmp_path.iterdir()} == {"secret.jpg", "data", "out"}


def test_a_list_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, {"secret.jpg": picture(shade=9), "secret.txt": ROW})
    yaml = "train: train.txt\nval: images/val\nnames: [cat, dog]\n"
    root = put(
        yolo(tmp_path / "data", yaml=yaml),
        {"train.txt": "./images/train/1.jpg\n../secret.jpg\n/etc/passwd\n"},
    )
    got = seen(root)
    assert all(Path(path).is_relative_to(root) for path in got.data.table("images")["path"].tolist() if path)
    assert "secret.txt" not in str(got.data.sources["file"].tolist())


def test_image_links_that_lead_out(tmp_path: Path) -> None:
    """A link in the images' folder to a file elsewhere is how people share images; only labels' own words are held in."""
    root = coco(tmp_path / "data")
    (root / "images/2.jpg").unlink()
    (root / "images/2.jpg").symlink_to("/etc/passwd")
    got = seen(root)
    assert {"SCH010", "SCH013", "IMG001"} & {each.rule for each in got.found}, got.told


# Documents that mean harm.


def bomb() -> str:
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, 12))]
    return f"<!DOCTYPE x [{''.join(lines)}]>\n" + voc_text(voc_object(1, 1, 9, 9, name="&a11;"))


HARM = {
    "entity bomb": bomb(),
    "file entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n' + voc_text(voc_object(1, 1, 9, 9, name="&e;")),
    "parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>\n' + voc_text(voc_object(1, 1, 9, 9)),
    "xinclude": '<annotation xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></annotation>',
    "deep": "<annotation>" + "<a>" * 200_000,
    "deep and closed": "<annotation>" + "<object>" * 20_000 + "</object>" * 20_000 + "</annotation>",
    "many attributes": "<annotation " + " ".join(f'a{at}="1"' for at in range(50_000)) + "/>",
    "long number": voc_text(voc_object("1" * 100_000, 1, 9, 9)),
}  # fmt: skip


@pytest.mark.parametrize("case", HARM)
def test_xml_that_means_harm(run: Run, tmp_path: Path, case: str) -> None:
    root = put(voc(tmp_path), {"2.xml": HARM[case], "2.jpg": picture(shade=2)})
    begun = time.monotonic()
    ran = run("audit", root, "--output-format", "json")
    assert time.monotonic() - begun < 30
    assert (ran.code, ran.err) == (1, ""), ran.err
    assert "root:" not in ran.out
    assert "hahaha" not in ran.out
    assert len(ran.out) < 100_000
    assert {each["file"] for each in json.loads(ran.out)["findings"] if each["severity"] == "error"} == {
        "2.xml"
    }


JSONS = {
    "deep lists": '{"annotations": [{"image_id": 1}], "images": ' + "[" * 200_000,
    "deep in a record": coco_text(['{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "x": ' + "[" * 100_000 + "]" * 100_000 + "}"]),
    "deep in a segmentation": coco_text(['{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0, "segmentation": ' + "[" * 3000 + "]" * 3000 + "}"]),
    "deep beside": coco_text([coco_box(1)]).replace('"images"', '"info": ' + '{"a":' * 50_000 + "1" + "}" * 50_000 + ', "images"', 1),
    "10 to the 30": coco_text([coco_box(10**30), coco_box(2, image=10**30), coco_box(3, category=-(10**30))], [coco_image(1), coco_image(10**30)]),
    "2 to the 63": coco_text([coco_box(2**63), coco_box(2**63 - 1), coco_box(-(2**63))], [coco_image(1), coco_image(2**63)]),
    "1e308": coco_text([coco_box(1, (1e308, 1e308, 1e308, 1e308)), coco_box(2, (-1e308, 0, 1e308, 1))], [coco_image(1, width=10**300, height=1e308)]),
    "sizes beyond": coco_text([coco_box(1)], [coco_image(1, width=10**400, height=-5)]),
    "long number": coco_text([json.dumps(coco_box(1)).replace("[10,", "[" + "1" * 50_000 + ",")]),
    "polygon of huge numbers": coco_text([coco_box(1, segmentation=[[1e308, 1e308, -1e308, 1e308, -1e308, -1e308]])]),
    "escapes": coco_text([coco_box(1)]).replace('"cat"', '"' + "\\u0000\\b\\f\\u001b[31m" + '"'),
    "bad escape": coco_text([coco_box(1)]).replace('"cat"', '"\\x"'),
    "zero bytes": coco_text([coco_box(1)]).replace('"cat"', '"c\0t"'),
    "many keys": coco_text([coco_box(1, **{f"k{at}": at for at in range(20_000)})]),
    "same key again": coco_text(['{"id": 1, "id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "bbox": [5, 6, 7, 8], "area": 12, "iscrowd": 0}']),
    "long name": coco_text([coco_box(1)], [coco_image(1, file_name="x" * 100_000 + ".jpg")]),
    "RLE that lies": coco_text([coco_box(1, segmentation={"counts": [0, 10**18], "size": [10**9, 10**9]}, iscrowd=1)]),
    "RLE text that lies": coco_text([coco_box(1, segmentation={"counts": "o" * 5000, "size": [2**31, 2**31]}, iscrowd=1)]),
}  # fmt: skip


@pytest.mark.parametrize("case", JSONS)
def test_json_that_means_harm(run: Run, tmp_path: Path, case: str) -> None:
    root = coco(tmp_path / "data", JSONS[case])
    before = tree(root)
    for shape in ("text", "concise", "json"):
        ran = run("audit", root, "--output-format", shape)
        assert ran.code in (0, 1), ran.err
        assert ran.err == ""
        assert len(ran.out) < 200_000
    seen(root)
    for words in (["balance", root], ["fix", root, "--diff", "--unsafe-fixes"], ["convert", root, "--to", "voc", "--out", tmp_path / "v", "--allow-loss"],
                  ["convert", root, "--to", "yolo", "--task", "segment", "--out", tmp_path / "y", "--allow-loss"],
                  ["convert", root, "--to", "coco", "--out", tmp_path / "c", "--allow-loss"]):  # fmt: skip
        ran = run(*words)
        assert ran.code in (0, 1) or (ran.code == 2 and ran.err.count("\n") == 1), ran
        assert "fault of annotool" not in ran.err, ran.err
    assert tree(root) == before


YOLOS: dict[str, str | bytes] = {
    "huge numbers": "0 1e308 1e308 1e308 1e308\n0 -1e308 0.5 1e308 0.1\n1e308 0.5 0.5 0.1 0.1\n",
    "huge class": f"{10**30} 0.5 0.5 0.1 0.1\n99999999 0.5 0.5 0.1 0.1\n",
    "long number": "0 0." + "5" * 100_000 + " 0.5 0.1 0.1\n",
    "long line": "0 " + "0.5 " * 100_000 + "\n",
    "zero bytes": b"0 0.5 0.5\0 0.1 0.1\n\0\0\0\n",
    "binary": bytes(range(256)) * 20,
    "UTF-16": ROW.encode("utf-16"),
    "one long word": "x" * 200_000,
    "a million blanks": " " * 1_000_000 + ROW,
}


@pytest.mark.parametrize("case", YOLOS)
def test_labels_that_mean_harm(run: Run, tmp_path: Path, case: str) -> None:
    root = yolo(tmp_path / "data", YOLOS[case])
    before = tree(root)
    for shape in ("text", "concise", "json"):
        ran = run("audit", root, "--output-format", shape)
        assert ran.code in (0, 1), ran.err
        assert ran.err == ""
        assert len(ran.out) < 200_000
    seen(root)
    for words in (["balance", root], ["fix", root, "--diff", "--unsafe-fixes"], ["convert", root, "--to", "voc", "--out", tmp_path / "v", "--allow-loss"],
                  ["convert", root, "--to", "coco", "--out", tmp_path / "c", "--allow-loss"]):  # fmt: skip
        ran = run(*words)
        assert ran.code in (0, 1) or (ran.code == 2 and ran.err.count("\n") == 1), ran
        assert "fault of annotool" not in ran.err, ran.err
    assert tree(root) == before


YAMLS: dict[str, str | bytes] = {
    "python tag": "train: images/train\nval: images/val\nnames: !!python/object/apply:os.system ['touch owned']\n",
    "python module": "!!python/module:os\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n",
    "alias bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + at)}: &{chr(98 + at)} [{','.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(9)) + "train: images/train\nval: images/val\nnames: *j\n",
    "alias of itself": "train: images/train\nval: images/val\nnames: &n [cat, *n]\n",
    "deep": "train: images/train\nval: images/val\nnames: " + "[" * 20_000 + "\n",
    "merge keys": "x: &x {names: [cat, dog]}\n<<: *x\ntrain: images/train\nval: images/val\n",
    "two documents": YAML + "---\nnames: [hen]\n",
    "latin-1": YAML.replace("dog", "caf\xe9").encode("latin-1"),
    "tabs": "train:\timages/train\nval: images/val\nnames:\n\t- cat\n",
    "numbers for names": "train: images/train\nval: images/val\nnames: [1, 2.5]\n",
    "names null": "train: images/train\nval: images/val\nnames: null\n",
    "names of mappings": "train: images/train\nval: images/val\nnames: [{a: 1}, [b]]\n",
    "huge nc": f"train: images/train\nval: images/val\nnc: {10**40}\nnames: [cat, dog]\n",
    "huge key": f"train: images/train\nval: images/val\nnames: {{{10**40}: cat, 0: dog}}\n",
    "train is a mapping": "train: {a: b}\nval: images/val\nnames: [cat, dog]\n",
    "train is null": "train: null\nval: images/val\nnames: [cat, dog]\n",
    "long path": "train: " + "x/" * 5000 + "\nval: images/val\nnames: [cat, dog]\n",
    "zero byte in path": 'train: "images\\0/train"\nval: images/val\nnames: [cat, dog]\n',
}  # fmt: skip


@pytest.mark.parametrize("case", YAMLS)
def test_yaml_that_means_harm(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    root = put(yolo(tmp_path / "data"), {"data.yaml": YAMLS[case]})
    begun = time.monotonic()
    ran = run("audit", root)
    assert ran.code in (0, 1), ran.err
    assert ran.err == ""
    assert run("balance", root).code == 0
    assert time.monotonic() - begun < 30
    assert not [*tmp_path.rglob("owned")]
    got = seen(root)
    assert len(got.boxes) == 2 or (len(got.boxes) == 1 and got.of("FMT004")), got.told


# Folders that are odd.


@pytest.mark.parametrize("make", [yolo, voc, coco])
def test_links_that_go_round(run: Run, tmp_path: Path, make: Callable[[Path], Path]) -> None:
    root = make(tmp_path / "data")
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "self").symlink_to("self")
    (root / "self.json").symlink_to("self.json")
    (root / "dead.txt").symlink_to("nowhere")
    for folder in [each for each in root.iterdir() if each.is_dir() and not each.is_symlink()]:
        (folder / "up").symlink_to("..", target_is_directory=True)
        (folder / "dead.jpg").symlink_to("nowhere")
    ran = run("audit", root)
    assert ran.code in (0, 1), ran.err
    assert len(seen(root).data.table("annotations")) == len(
        api.read(make(tmp_path / "plain")).table("annotations")
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
@pytest.mark.parametrize(("make", "names"), [
    (yolo, ["images/train/9.jpg", "labels/train/9.txt", "x.yaml", "classes.txt"]), (voc, ["9.jpg", "9.xml", "labels.txt"]),
    (coco, ["images/1.jpg", "annotations/x.json", "images.dvc"])])  # fmt: skip
def test_a_pipe_in_place_of_a_file_is_not_waited_for(
    tmp_path: Path, make: Callable[[Path], Path], names: list[str]
) -> None:
    root = make(tmp_path / "data")
    for name in names:
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)
    done = process("audit", root, "--decode")
    assert done.returncode in (0, 1, 2), done
    assert "fault of annotool" not in done.stderr


def test_a_folder_called_like_a_file(run: Run, tmp_path: Path) -> None:
    root = yolo(tmp_path / "data")
    for name in (
        "images/train/9.jpg",
        "labels/train/9.txt",
        "classes.txt",
        "a.json",
        "b.xml",
        "annotool-names.csv",
    ):
        (root / name).mkdir()
    assert run("audit", root).code in (0, 1)
    assert len(seen(root).boxes) == 2


@pytest.mark.parametrize("make", [yolo, voc, coco])
def test_a_dataset_three_folders_down_is_found(
    run: Run, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    make(tmp_path / "a" / "b" / "c")
    assert run("audit", tmp_path).code == 0


def test_several_datasets_are_listed_to_choose_from(run: Run, tmp_path: Path) -> None:
    yolo(tmp_path / "one")
    coco(tmp_path / "two")
    ran = run("audit", tmp_path)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert "--format yolo" in ran.err
    assert "--format coco" in ran.err


def test_suffixes_in_upper_case(tmp_path: Path) -> None:
    put(
        tmp_path / "y",
        {
            "data.YAML": YAML,
            "images/train/1.JPG": picture(shade=1),
            "images/val/2.Jpeg": picture(shade=2),
            "labels/train/1.TXT": ROW,
            "labels/val/2.Txt": ROW,
        },
    )
    put(
        tmp_path / "v",
        {
            "Annotations/1.XML": voc_text(voc_object(11, 21, 110, 70), filename="1.JPG"),
            "JPEGImages/1.JPG": picture(),
        },
    )
    put(
        tmp_path / "c",
        {
            "annotations/INSTANCES_TRAIN.JSON": coco_text([coco_box(1)], [coco_image(1, file_name="1.JPG")]),
            "images/1.JPG": picture(),
        },
    )
    for name, count in {"y": 2, "v": 1, "c": 1}.items():
        got = seen(tmp_path / name)
        assert len(got.boxes) == count
        assert all(got.data.table("images")["path"].tolist())
        assert got.errors == []


@pytest.mark.parametrize("make", [yolo, voc, coco])
def test_one_path_given_twice(run: Run, tmp_path: Path, make: Callable[[Path], Path]) -> None:
    root = make(tmp_path / "data")
    before = tree(root)
    ran = run("audit", root, root)
    assert ran.code in (0, 1, 2)
    assert "fault of annotool" not in ran.err
    for words in (
        ["fix", root, root, "--out", tmp_path / "f"],
        ["convert", root, root, "--to", "coco", "--out", tmp_path / "o"],
    ):
        ran = run(*words)
        assert "fault of annotool" not in ran.err, ran.err
    assert tree(root) == before


# Writing.


@pytest.mark.parametrize("command", [["fix"], ["convert", "--to", "coco"]])
def test_a_folder_that_holds_something_is_not_written_to(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    root = yolo(tmp_path / "data")
    out = put(tmp_path / "out", {"precious.txt": "mine"})
    failed(run(command[0], root, *command[1:], "--out", out), "out")
    assert tree(out) == {"precious.txt": b"mine"}
    failed(run(command[0], root, *command[1:], "--out", root), "data")
    failed(run(command[0], root, *command[1:], "--out", root / "data.yaml"), "data.yaml")
    assert run(command[0], root, *command[1:], "--out", root / "inside").code in (0, 2)


BROKEN = "0 0.5 0.5 0.25 0.5\n" * 2 + "1.0 0.3 0.3 0.1 0.1\n"


def many(root: Path, count: int = 120) -> Path:
    """A dataset of many label files that all can be mended."""
    files: dict[str, str | bytes] = {"data.yaml": YAML}
    for at in range(count):
        split = "val" if at % 5 == 0 else "train"
        files[f"images/{split}/{at}.jpg"] = picture(shade=1)[:-2] + at.to_bytes(4, "big") + b"\xff\xd9"
        files[f"labels/{split}/{at}.txt"] = BROKEN * 10
    return put(root, files)


def limited(size: int) -> Callable[[], None]:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize(
    "command",
    [
        ["fix"],
        ["convert", "--to", "coco"],
        ["convert", "--to", "yolo", "--image-files", "copy"],
        ["convert", "--to", "voc", "--image-files", "copy"],
    ],
)
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, command: list[str]) -> None:
    root = many(tmp_path / "data", 30)
    before = tree(root)
    done = process(
        command[0],
        root,
        *command[1:],
        "--allow-loss" if command[0] == "convert" else "--ignore",
        *([] if command[0] == "convert" else ["IMG"]),
        "--out",
        tmp_path / "out",
        preexec_fn=limited(2000),
    )
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1
    assert "fault of annotool" not in done.stderr
    assert "large" in done.stderr or "space" in done.stderr
    assert tree(root) == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_full_disk_in_place_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    root = many(tmp_path / "data", 30)
    before = tree(root)
    done = process("fix", root, "--in-place", preexec_fn=limited(2000))
    assert done.returncode == 2, done
    assert "fault of annotool" not in done.stderr
    after = process("fix", root, "--in-place", "--ignore", "ALL")
    assert after.returncode in (0, 1, 2), after
    left = {name: held for name, held in tree(root).items() if not name.endswith("fixes.jsonl")}
    assert left == before


def test_a_full_disk_for_the_report(tmp_path: Path) -> None:
    root = many(tmp_path / "data", 30)
    done = process(
        "audit", root, "--output-format", "json", "--output", tmp_path / "r.json", preexec_fn=limited(2000)
    )
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def started(*words: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "annotool", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed(child: subprocess.Popen[bytes], when: Callable[[], bool]) -> bool:
    """Kill a process as soon as something has happened; whether it was still running."""
    end = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < end:
        if when():
            child.kill()
            break
        time.sleep(0.0005)
    return child.wait(60) == -signal.SIGKILL


def test_a_run_killed_in_the_middle_of_out_leaves_no_folder_that_looks_done(tmp_path: Path) -> None:
    root = many(tmp_path / "data")
    before = tree(root)
    out = tmp_path / "out"
    stopped = killed(
        started("fix", root, "--out", out, "--ignore", "IMG"), lambda: len([*tmp_path.iterdir()]) > 1
    )
    assert tree(root) == before
    assert not stopped or not out.exists() or (out / "fixes.jsonl").exists()
    again = process("fix", root, "--out", out if not out.exists() else tmp_path / "out2", "--ignore", "IMG")
    assert again.returncode in (0, 1), again
    assert tree(root) == before


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0, 5, 60])
def test_a_run_killed_in_place_is_put_back_by_the_next(tmp_path: Path, wait: int) -> None:
    root = many(tmp_path / "data")
    before = tree(root)
    changed = [0]

    def when() -> bool:
        journal = [*tmp_path.rglob("*fixes*")]
        if not journal:
            return False
        if wait:
            first = root / "labels/train/1.txt"
            changed[0] += first.read_bytes() != before["labels/train/1.txt"]
            return changed[0] >= wait
        return True

    stopped = killed(started("fix", root, "--in-place"), when)
    whole = process("fix", root, "--in-place")
    assert whole.returncode in (0, 1), whole
    journals = [*tmp_path.rglob("*fixes*.jsonl")]
    assert journals
    undone = process("undo", journals[0]) if stopped else process("undo", journals[-1])
    assert undone.returncode == 0, undone
    left = {name: held for name, held in tree(root).items() if "fixes" not in name}
    assert left == before


def test_bytes_of_a_file_that_an_error_quotes_steer_no_terminal(
    run: Run, sample_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "p.json").write_bytes(b"\xff\xd8\x00\x1b[31m JFIF")
    done = run("evaluate", sample_data / "coco", tmp_path / "p.json")
    assert done.code == 2
    assert r"\x00\x1b[31m JFIF" in done.err and done.err.removesuffix("\n").isprintable()
