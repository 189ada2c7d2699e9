import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import imagefile
from annotool.imagefile import crew
from annotool.imagefile.cache import Cache
from annotool.imagefile.worker import Answer, heard, measured, spoken

# A process in which files of these names do harm; else it is the real one.
HARMFUL = """
import os, signal, sys, time
sys.path[:] = {path!r}
from annotool.imagefile import worker
real = worker.of_image
def of_image(image):
    name = image.info.get("harm", "")
    if name == "segfault": os.kill(os.getpid(), signal.SIGSEGV)
    if name == "exit": os._exit(7)
    if name == "hang": time.sleep(600)
    if name == "print": os.write(1, b"noise on standard output" * 1000)
    return real(image)
worker.of_image = of_image
worker.main()
"""


@pytest.fixture
def fresh() -> Iterator[None]:
    """No process that another test started, and none left for the next."""
    crew.CREW.dismiss()
    yield
    crew.CREW.dismiss()


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    paths = []
    for number in range(40):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 30, 3), dtype=np.uint8)
        paths.append(str(tmp_path / f"{number}.png"))
        Image.fromarray(pixels).save(paths[-1])
    return paths


def harm(path: str, how: str) -> None:
    """Put a word into the file that HARMFUL obeys."""
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("harm", how)
    with Image.open(path) as image:
        image.load()
        image.save(path, pnginfo=note)


def errors(paths: list[str]) -> dict[int, str]:
    pixels = imagefile.measure(paths, imagefile.probe(paths))
    assert (pixels["decodes"] == (pixels["error"] == "")).all()
    return {at: why for at, why in enumerate(pixels["error"].tolist()) if why}


@pytest.mark.usefixtures("fresh")
def test_a_decoder_that_crashes_is_charged_to_its_file(
    pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "START", HARMFUL)
    harm(pictures[3], "segfault")
    harm(pictures[4], "exit")
    harm(pictures[20], "print")
    harm(pictures[39], "segfault")
    told = f"the decoder crashed on it ({signal.Signals.SIGSEGV.name})"
    assert errors(pictures) == {3: told, 4: "the decoder crashed on it (exit code 7)", 39: told}


@pytest.mark.usefixtures("fresh")
def test_a_file_that_takes_too_long_is_given_up(pictures: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "START", HARMFUL)
    monkeypatch.setattr(crew, "LONGEST", 1.5)
    harm(pictures[5], "hang")
    assert errors(pictures[:8]) == {5: "decoding took more than 2 s"}


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("start", ["import sys; sys.exit(1)", "print('something else')"])
def test_without_processes_the_same_is_done_here(
    pictures: list[str], monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    files = imagefile.probe(pictures)
    expected = imagefile.measure(pictures, files)
    crew.CREW.dismiss()
    monkeypatch.setattr(crew, "START", start)
    made = imagefile.measure(pictures, files)
    for name in expected:
        np.testing.assert_array_equal(made[name], expected[name])
    monkeypatch.setattr(sys, "executable", "")
    assert (imagefile.measure(pictures, files)["decodes"] == 1).all()


@pytest.mark.usefixtures("fresh")
def test_processes_stay_for_the_next_call_and_are_replaced_when_they_died(pictures: list[str]) -> None:
    assert errors(pictures) == {}
    stayed = {worker.process.pid for worker in crew.CREW.idle}
    assert 1 <= len(stayed) <= crew.cores()
    assert errors(pictures) == {}
    assert {worker.process.pid for worker in crew.CREW.idle} == stayed
    for worker in crew.CREW.idle:
        worker.process.kill()
        worker.process.wait()
    assert errors(pictures) == {}
    assert not {worker.process.pid for worker in crew.CREW.idle} & stayed


@pytest.mark.usefixtures("fresh")
def test_one_who_stops_listening_leaves_no_process_at_work(pictures: list[str]) -> None:
    results = crew.work(pictures, "")
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert all(worker.process.poll() is None for worker in crew.CREW.idle)
    assert errors(pictures) == {}


def test_a_script_without_a_main_guard_and_one_that_forks(tmp_path: Path, pictures: list[str]) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os\nfrom annotool import imagefile\n"
        f"paths = {pictures!r}\nfiles = imagefile.probe(paths)\n"
        "made = imagefile.measure(paths, files)\nprint(int((made['decodes'] == 1).sum()), flush=True)\n"
        "child = os.fork()\n"
        "again = imagefile.measure(paths, files)\nprint(int((again['decodes'] == 1).sum()), flush=True)\n"
        "if child: os.waitpid(child, 0)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout.split() == ["40", "40", "40"]


@pytest.mark.parametrize("name", ["ü \n\t.png", "\udcff.png", '"quoted".png'])
def test_odd_names_reach_the_process(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    Image.new("RGB", (3, 2)).save(path, "PNG")
    assert errors([path]) == {}


def test_what_is_told_is_what_is_heard(pictures: list[str]) -> None:
    for answer in (Answer(), Answer(b"12", error="no \n image ü"), measured(pictures[0], Cache(""))):
        assert heard(spoken(answer)) == answer
    assert measured("/nowhere/at all", Cache("")) == Answer(error="no such file or directory")
    assert measured(str(Path(pictures[0]).parent), Cache("")).error
