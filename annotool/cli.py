"""The command line: each command reads its options, calls the api function of its name, and prints."""

from __future__ import annotations

import gc
import io
import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from annotool.cli_options import Failing, Finding, Reading, Reporting, takes
from annotool.errors import AnnotoolError, UsageError
from annotool.memory import shortage

if TYPE_CHECKING:
    from annotool.config import Config
    from annotool.dataset import Dataset

__all__ = ["app", "main"]

CLEAN, FOUND, FAILED = 0, 1, 2
T = TypeVar("T")

app = typer.Typer(
    name="annotool",
    help="Find, explain, fix, prove and undo label faults in COCO, Pascal VOC and YOLO datasets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def program(
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show a traceback when annotool fails.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Take the options that stand before the command; `main` looks at --traceback itself."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"annotool {installed('annotool')}")
        raise typer.Exit


@app.command()
@takes
def audit(
    reading: Reading,
    finding: Finding,
    failing: Failing,
    reporting: Reporting,
    fail_on_stale: Annotated[
        bool, typer.Option("--fail-on-stale", help="Exit 1 when a known fault is found no more.")
    ] = False,
    statistics: Annotated[
        bool,
        typer.Option("--statistics", help="Also count by rule, split and category (text, json, markdown)."),
    ] = False,
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="COLUMN",
            help="Also tell findings per 1,000 annotations for each value of a column of --join.",
        ),
    ] = None,
) -> None:
    """Find everything that is wrong with a dataset, where, and why it matters."""
    from annotool import api, parallel

    settings, outputs = finding.apply(configured(reading)), reporting.outputs(api.FORMS)
    api.check_failing(failing.fail_on, failing.baseline or settings.baseline)
    parallel.soon(api.list_rules)  # to import them takes a while
    with progress():
        data = opened(reading, settings)
        api.check_outputs(data, [file for _, file in outputs if file])
        if group_by is not None:
            api.check_joined(data, group_by)
        findings = api.audit(data, config=settings, baseline=failing.baseline)
    told = api.Told(
        data,
        findings,
        shaping(reading, settings),
        settings.file,
        rules=sorted(settings.codes),
        fail_on=failing.fail_on,
        statistics=statistics,
        group_by=group_by,
        command=shlex.join(["annotool", *sys.argv[1:]]),
    )
    failed = api.fails(findings, failing.fail_on, fail_on_stale)
    for form, file in outputs:
        show(api.lines(told, form), file, marked=form == "text")
    if any(form == "github" for form, _ in outputs) and (job := os.environ.get("GITHUB_STEP_SUMMARY")):
        api.append_text(Path(job), api.lines(told, "markdown"))
    raise typer.Exit(FOUND if failed else CLEAN)


@app.command()
@takes
def fix(
    reading: Reading,
    finding: Finding,
    failing: Failing,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write the mended dataset here.")
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Change the files themselves.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show each change, write nothing.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Also change or drop geometry, classes, records.")
    ] = False,
    decisions: Annotated[
        list[Path] | None,
        typer.Option(
            "--decisions",
            metavar="FILE",
            help="Do what reviewers decided, and nothing else; repeat it for several.",
        ),
    ] = None,
) -> None:
    """Mend what can be mended, prove it, and keep a journal that undoes it."""
    from annotool import api
    from annotool.reporting import mended

    if [out is not None, in_place, diff].count(True) != 1:
        raise UsageError("choose one of --diff (show), --out DIR (write a mended copy), --in-place")
    settings = finding.apply(configured(reading))
    with progress():
        made = api.fix(
            places(reading, settings),
            out=out,
            in_place=in_place,
            unsafe=unsafe_fixes,
            config=settings,
            baseline=failing.baseline,
            decisions=decisions or (),
            **reading_options(reading, settings),
        )
    show(mended.diff(made) if diff else mended.lines(made, out), None, marked=True)
    failed = bool(len(made.changes)) if diff else api.fails(made.after, failing.fail_on)
    raise typer.Exit(FOUND if failed else CLEAN)


@app.command()
def undo(
    journal: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The fixes.jsonl of the fix.")],
) -> None:
    """Put every file that a fix changed back as it was, byte for byte."""
    from annotool import api

    files, left_out = api.undo(journal), api.left_out(journal)
    typer.echo(f"{len(files):,} files are as they were before {journal}")
    if left_out:
        typer.echo(
            f"images that the copy was made without: {len(left_out):,}; they are still in the input, copy them from there"
        )


@app.command()
@takes
def apply(
    journal: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The fixes.jsonl of a fix.")],
    reading: Reading,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder to write to.")],
) -> None:
    """Repeat a fix on the dataset it was made from."""
    from annotool import api

    settings = configured(reading)
    with progress():
        made = api.apply(journal, places(reading, settings), out, **reading_options(reading, settings))
    typer.echo(f"mended as {journal} says: {made.parent}")


@app.command()
@takes
def baseline(
    reading: Reading,
    finding: Finding,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The file; without, that of the settings.")
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Add what is new; keep the rest.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Take out what is found no more.")] = False,
) -> None:
    """Write what is wrong today to a file, so that audits fail on new faults only."""
    from annotool import api
    from annotool.reporting import baseline as told

    settings = finding.apply(configured(reading))
    if (file := out or settings.baseline) is None:
        raise UsageError("no --out FILE given, and no `baseline` in a settings file; name a file to write")
    with progress():
        done = api.baseline(
            places(reading, settings),
            file,
            update=update,
            prune=prune,
            config=settings,
            **reading_options(reading, settings),
        )
    show(told.lines(done), None, marked=True)


@app.command()
@takes
def balance(reading: Reading, reporting: Reporting) -> None:
    """Count categories: instances, images, sizes, imbalance."""
    from annotool import api
    from annotool.reporting import balance as told

    outputs = reporting.outputs(told.FORMS)
    with progress():
        counted = api.balance(opened(reading, configured(reading)))
    for form, file in outputs:
        show(told.lines(counted, form), file, marked=form == "text")


@app.command()
@takes
def sizes(
    reading: Reading,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The csv file to write.")],
) -> None:
    """Write the image sizes, so that the labels can be audited where the images are not."""
    from annotool import api

    with progress():
        count = api.sizes(opened(reading, configured(reading)), out)
    typer.echo(f"{count:,} image sizes in {out}", err=True)


@app.command()
@takes
def convert(
    reading: Reading,
    to: Annotated[str, typer.Option("--to", help="coco, voc or yolo.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder to write to.")],
    crowd: Annotated[
        str, typer.Option(help="YOLO: crowds are skipped or kept as boxes: skip, keep.")
    ] = "skip",
    image_files: Annotated[str, typer.Option("--image-files", help="link, copy or none.")] = "link",
    val: Annotated[
        float, typer.Option(help="YOLO: share of images to put in val, by a hash of the name.")
    ] = 0.0,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Go on when something would be lost.")
    ] = False,
) -> None:
    """Write a dataset in another format, and tell what it cannot hold. --task is that of the rows to write."""
    from annotool import api

    settings = configured(reading)
    writing = {"task": reading.task or "detect", "crowd": crowd, "image_files": image_files, "val": val}
    with progress():
        data = opened(replace(reading, task=None), settings)
        done = api.convert(data, to, out, allow_loss=allow_loss, **writing)
    from annotool.reporting import conversion as told

    show(told.lines(done), None, marked=True)


@app.command()
@takes
def review(
    reading: Reading,
    finding: Finding,
    findings: Annotated[
        Path | None, typer.Option("--findings", metavar="FILE", help="Only those of this report in json.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="FILE|none", help="Known faults, which are left out.")
    ] = None,
    all_images: Annotated[
        bool, typer.Option("--all-images", help="Also images nothing was found in.")
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", min=1, help="Only N images, drawn by a hash of the name."),
    ] = None,
    part: Annotated[
        str, typer.Option("--part", metavar="K/N", help="The k-th of n reviewers' shares.")
    ] = "1/1",
    overlap: Annotated[
        float, typer.Option("--overlap", help="Share of images that all reviewers see.")
    ] = 0.0,
    reviewer: Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who decides.")] = "",
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The review's name; the folder's by default.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Of the App's server.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    doctor: Annotated[
        bool, typer.Option("--doctor", help="Say what a review needs, and what is missing.")
    ] = False,
) -> None:
    """Open the FiftyOne App on what was found, and decide."""
    from annotool import api
    from annotool.cli_review import attend, diagnose

    if doctor:
        raise typer.Exit(FAILED if diagnose(port) else CLEAN)
    settings = finding.apply(configured(reading))
    with progress():
        handle = api.review(
            places(reading, settings), findings, name=name, every=all_images, sample=sample, part=part,
            overlap=overlap, reviewer=reviewer, port=port, config=settings, baseline=baseline,
            **reading_options(reading, settings),
        )  # fmt: skip
    attend(handle, browser=not no_browser)


@app.command()
def decisions(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The review's name.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write them here, for `fix --decisions`.")
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="For each rule: confirmed, rejected, undecided.")
    ] = False,
) -> None:
    """Take a review's decisions out."""
    from annotool import api
    from annotool.cli_review import summed, told

    taken = api.decisions(name, out)
    show(summed(taken) if summary or out else told(taken), None)


@app.command()
def rules() -> None:
    """List the rules."""
    from annotool import api

    show(
        (
            f"{rule.code}  {rule.slug:<28} {'(preview) ' * rule.preview}{summary(rule.documentation())}"
            for rule in api.list_rules()
        ),
        None,
    )


@app.command()
def rule(name: Annotated[str, typer.Argument(metavar="CODE", help="A code or a slug.")]) -> None:
    """Explain a rule: what, why, who crashes, how it is mended."""
    from annotool import api

    show([api.explain_rule(name)], None)


@app.command()
def formats() -> None:
    """List the formats and what survives in each."""
    from annotool import api
    from annotool.reporting import formats as told

    show(told.lines(api.list_formats()), None)


# What the commands share.


def configured(reading: Reading) -> Config:
    """The settings file that applies: the one named, else the nearest above the first path, else none."""
    from annotool import config

    if reading.isolated:
        return config.Config()
    from annotool.api import places as there

    file = reading.config or config.find(there((reading.paths or ["."])[0])[0])
    return config.load(file) if file else config.Config()


def opened(reading: Reading, settings: Config) -> Dataset:
    """The dataset at the paths of the command line, else at those of the settings."""
    from annotool import api

    return api.read(places(reading, settings), **reading_options(reading, settings))


def places(reading: Reading, settings: Config) -> list[str | Path]:
    paths: list[str | Path] = [*(reading.paths or settings.paths)]
    if not paths:
        raise UsageError("no PATH given, and no `paths` in a settings file; name a dataset's file or folder")
    from annotool.api import places as there

    if told := shortage(there(paths)):
        typer.echo(f"annotool: warning: {told}", err=True)
    return paths


def reading_options(reading: Reading, settings: Config) -> dict[str, Any]:
    return {
        "format": reading.format or settings.format,
        "images": reading.images or settings.images,
        "classes": reading.classes or settings.classes,
        "task": reading.task or settings.task,
        "sizes": reading.sizes,
        "predictions": reading.predictions,
        "join": reading.join,
        "voc_base": reading.voc_base,
        "decode": reading.decode,
    }


def shaping(reading: Reading, settings: Config) -> dict[str, Any]:
    """What shaped the run, for json: the settings file and every option that is set."""
    options = {name: value for name, value in reading_options(reading, settings).items() if value}
    return {
        "file": settings.file.as_posix() if settings.file else None,
        **settings.chosen,
        "severities": {code: value.name.lower() for code, value in settings.severities.items()},
        "rule": {code: dict(values) for code, values in settings.rule.items()},
        **{name: str(value) if isinstance(value, Path) else value for name, value in options.items()},
    }


def summary(text: str) -> str:
    return text.splitlines()[0] if text else ""


def show(lines: Iterable[str], output: Path | None, marked: bool = False) -> None:
    """Print lines, or write them to a file at once; `marked` lines hold rich markup, shown only on a terminal."""
    if marked:
        from rich.console import Console
        from rich.text import Text

        console = Console(soft_wrap=True, highlight=False, emoji=False)
        if output is None and console.is_terminal:
            for line in lines:
                console.print(line)
            return
        lines = (Text.from_markup(line, emoji=False).plain for line in lines)
    if output is not None:
        from annotool.api import write_text

        write_text(output, lines)
        return
    for line in lines:
        typer.echo(line)


@contextmanager
def progress() -> Iterator[None]:
    """Show bars on stderr, on a terminal, for anything that takes more than a second."""
    from annotool.progress import reporting

    with reporting(bars()) if sys.stderr.isatty() else nullcontext():
        yield


def bars() -> Any:
    import time

    from rich.console import Console
    from rich.progress import Progress

    def drawn(items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
        begun, bar = time.monotonic(), Progress(console=Console(stderr=True), transient=True)
        task, shown, done = bar.add_task(what, total=total), False, 0
        try:
            for item in items:
                yield item
                done += 1
                if not shown and time.monotonic() - begun > 1:
                    bar.start()
                    shown = True
                if shown and (done % 64 == 0 or (total is not None and total < 1000)):
                    bar.update(task, completed=done)
        finally:
            if shown:
                bar.stop()

    return drawn


def main() -> None:
    """Run the command line; an error is one line and exit code 2, a traceback only with --traceback, put anywhere."""
    words = [word for word in sys.argv[1:] if word != "--traceback"]
    gc.set_threshold(100_000)  # imports and columns make many objects and hardly a cycle
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is no reason to fail
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(words)
    except AnnotoolError as error:
        failed(error, str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)
    except MemoryError as error:
        failed(error, f"not enough memory for this dataset ({error})")
    except OSError as error:
        failed(error, f"{error.filename or 'file system'}: {error.strerror or error}")
    except Exception as error:
        notes = "; ".join([type(error).__name__, str(error), *getattr(error, "__notes__", [])])
        failed(
            error,
            f"annotool failed, which is a fault of annotool, not of your data: {notes}; please report it",
        )
    finally:
        gc.freeze()  # or Python would look through all there is for cycles once more before it ends


def failed(error: BaseException, text: str) -> None:
    if "--traceback" in sys.argv:
        raise error
    print(f"annotool: error: {text}", file=sys.stderr)
    sys.exit(FAILED)
