"""The options that commands share, each group spelled once as a dataclass, and how a command takes them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from annotool.errors import UsageError
from annotool.output import check_place

if TYPE_CHECKING:
    from annotool.config import Config

__all__ = ["Failing", "Finding", "Reading", "Reporting", "takes"]


def option(help: str, *names: str, panel: str = "Reading", metavar: str | None = None) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, metavar=metavar, show_default=False)


@dataclass(frozen=True)
class Reading:
    """What is read, and how: shared by all commands that read."""

    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Files, folders, a data.yaml, or split=path."),
    ] = None
    format: Annotated[
        str | None, option("coco, csv, huggingface, imagefolder, voc or yolo; found by itself.")
    ] = None
    images: Annotated[str | None, option("Folder of the image files, or none.", metavar="DIR|none")] = None
    classes: Annotated[Path | None, option("Class names, one a line.", metavar="FILE")] = None
    task: Annotated[str | None, option("What YOLO rows are: detect, segment, obb or pose.", "--task")] = None
    sizes: Annotated[Path | None, option("Image sizes, as `annotool sizes` writes.", metavar="FILE")] = None
    predictions: Annotated[
        Path | None, option("Results of a model: JSON, labels/*.txt, csv.", metavar="PATH")
    ] = None
    join: Annotated[
        Path | None, option("What is known of each image: csv, file_name and any columns.", metavar="FILE")
    ] = None
    voc_base: Annotated[str, option("auto, 1-inclusive, 0-exclusive or 0-inclusive.", "--voc-base")] = "auto"
    labels: Annotated[str | None, option("Labels an image has: single or multi; inferred.", "--labels")] = (
        None
    )
    decode: Annotated[bool, option("Read all pixels: near copies, exposure, blur.", "--decode")] = False
    config: Annotated[Path | None, option("Use this settings file.", metavar="FILE")] = None
    isolated: Annotated[bool, option("Use no settings file.", "--isolated")] = False


@dataclass(frozen=True)
class Finding:
    """Which rules run: shared by all commands that find."""

    select: Annotated[
        list[str] | None,
        option("Rules to run: codes, prefixes, slugs, ALL.", panel="Finding", metavar="CODES"),
    ] = None
    extend_select: Annotated[
        list[str] | None,
        option("Rules to run besides.", "--extend-select", panel="Finding", metavar="CODES"),
    ] = None
    ignore: Annotated[list[str] | None, option("Rules not to run.", panel="Finding", metavar="CODES")] = None
    target: Annotated[
        list[str] | None,
        option(
            "Say what these do with the dataset: ultralytics, torchvision, detectron2, mmdet, albumentations, "
            "coco-eval.",
            panel="Finding",
            metavar="NAMES",
        ),
    ] = None
    preview: Annotated[bool, option("Run rules in preview too.", "--preview", panel="Finding")] = False

    def apply(self, settings: Config) -> Config:
        """Return the settings with what the command line says, which goes before them."""
        chosen = settings.with_options(
            self.select or (), self.ignore or (), self.extend_select or (), self.target or (), self.preview
        )
        # Where nothing is chosen all rules run, and importing them can wait.
        words = [
            word for each in chosen.choices for word in (each.select, each.extend_select, each.ignore) if word
        ]
        if words and not chosen.codes:
            raise UsageError("no rule is left to run, so nothing would be checked; see --select and --ignore")
        return chosen


@dataclass(frozen=True)
class Failing:
    """What makes a command fail, and what is known already: shared by all commands that judge."""

    fail_on: Annotated[
        str, option("Exit 1 from here on: error, warning, info, never.", "--fail-on", panel="Finding")
    ] = "error"
    baseline: Annotated[
        str | None,
        option(
            "Known faults, which fail nothing: a file of `annotool baseline`.",
            panel="Finding",
            metavar="FILE|none",
        ),
    ] = None


@dataclass(frozen=True)
class Reporting:
    """How it is told, and where: shared by all commands that report."""

    output_format: Annotated[
        str,
        option(
            "text, concise, paths, json, jsonl, csv, markdown, junit, github, sarif or html (balance: text, json, csv, markdown, html; evaluate: text, json, csv).",
            "--output-format",
            panel="Output",
        ),
    ] = "text"
    output: Annotated[
        list[str] | None,
        option(
            "FORMAT=FILE, any number of times: also write this form to a file. FILE alone: write there what would "
            "go to the screen.",
            panel="Output",
            metavar="[FORMAT=]FILE",
        ),
    ] = None

    def outputs(self, forms: Sequence[str]) -> list[tuple[str, Path | None]]:
        """Return which forms are asked for, and the file of each; None: the screen. Raises UsageError."""
        screen, asked = Path(), []
        for word in self.output or ():
            form, equals, file = word.partition("=")
            if not equals or set(form) & set("./\\:"):
                form, file = "", word
            elif form not in forms or not file:
                raise UsageError(
                    f"--output {word}: {unknown(form, forms)}; for a file of that name write ./{word}"
                )
            try:
                check_place(Path(file))
            except UsageError as error:
                raise UsageError(f"--output {word}: {error}") from error
            if not form and screen != Path():
                raise UsageError(
                    f"--output {word}: {screen} is written already; --output FORMAT=FILE adds to it"
                )
            screen = screen if form else Path(file)
            asked += [(form, Path(file))] if form else []
        if self.output_format not in forms:
            raise UsageError(unknown(self.output_format, forms))
        files = [path for _, path in asked] + ([] if screen == Path() else [screen])
        real = [path.resolve() for path in files]
        if twice := [path for path, place in zip(files, real, strict=True) if real.count(place) > 1]:
            raise UsageError(f"--output: two reports go to {twice[0]}; name two files")
        return [*asked, (self.output_format, None if screen == Path() else screen)]


def unknown(form: str, forms: Sequence[str]) -> str:
    return f"no output format {form!r}; there are: {', '.join(forms)}"


def takes(command: Callable[..., None]) -> Callable[..., None]:
    """Let typer see the fields of each dataclass among a command's parameters as options of their own."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type] = {}
    shown: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        kind = hints[name]
        if kind in (Reading, Finding, Failing, Reporting):
            groups[name] = kind
            inner = get_type_hints(kind, include_extras=True)
            shown += [keyword(each.name, inner[each.name], each.default) for each in fields(kind)]
        else:
            shown.append(keyword(name, hints[name], parameter.default))

    @functools.wraps(command)
    def run(**given: Any) -> None:
        built = {
            name: kind(**{each.name: given.pop(each.name) for each in fields(kind)})
            for name, kind in groups.items()
        }
        command(**built, **given)

    shown.sort(
        key=lambda each: {"journal": 0, "paths": 1}.get(each.name, 2)
    )  # arguments, as they are written
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in shown}
    return run


def keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kept = inspect.Parameter.empty if default is MISSING else default
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=kept, annotation=annotation)
