"""The options that commands share, each group spelled once as a dataclass, with the heading it has in help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotool.cli.declared import Argument, Option
from annotool.errors import UsageError
from annotool.output import check_place

if TYPE_CHECKING:
    from annotool.config import Config

__all__ = ["Failing", "Finding", "Reading", "Reporting"]


@dataclass(frozen=True)
class Reading:
    """What is read, and how: shared by all commands that read."""

    heading: ClassVar[str] = "Reading"
    paths: Annotated[
        list[str] | None,
        Argument("PATH...", "Files, folders, a data.yaml, or split=path."),
    ] = None
    format: Annotated[
        str | None, Option("coco, csv, huggingface, imagefolder, voc or yolo; found by itself.")
    ] = None
    images: Annotated[str | None, Option("Folder of the image files, or none.", metavar="DIR|none")] = None
    classes: Annotated[Path | None, Option("Class names, one a line.", metavar="FILE")] = None
    task: Annotated[str | None, Option("What YOLO rows are: detect, segment, obb or pose.")] = None
    sizes: Annotated[Path | None, Option("Image sizes, as `annotool sizes` writes.", metavar="FILE")] = None
    predictions: Annotated[
        Path | None, Option("Results of a model: JSON, labels/*.txt, csv.", metavar="PATH")
    ] = None
    join: Annotated[
        Path | None, Option("What is known of each image: csv, file_name and any columns.", metavar="FILE")
    ] = None
    voc_base: Annotated[str, Option("auto, 1-inclusive, 0-exclusive or 0-inclusive.")] = "auto"
    labels: Annotated[str | None, Option("Labels an image has: single or multi; inferred.")] = None
    decode: Annotated[bool, Option("Read all pixels: near copies, exposure, blur.")] = False
    config: Annotated[Path | None, Option("Use this settings file.", metavar="FILE")] = None
    isolated: Annotated[bool, Option("Use no settings file.")] = False


@dataclass(frozen=True)
class Finding:
    """Which rules run: shared by all commands that find."""

    heading: ClassVar[str] = "Finding"
    select: Annotated[
        list[str] | None,
        Option("Rules to run: codes, prefixes, slugs, ALL.", metavar="CODES"),
    ] = None
    extend_select: Annotated[
        list[str] | None,
        Option("Rules to run besides.", metavar="CODES"),
    ] = None
    ignore: Annotated[list[str] | None, Option("Rules not to run.", metavar="CODES")] = None
    target: Annotated[
        list[str] | None,
        Option(
            "Say what these do with the dataset: ultralytics, torchvision, detectron2, mmdet, coco-eval, "
            "albumentations.",
            metavar="NAMES",
        ),
    ] = None
    preview: Annotated[bool, Option("Run rules in preview too.")] = False

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

    heading: ClassVar[str] = "Finding"
    fail_on: Annotated[str, Option("Exit 1 from here on: error, warning, info, never.")] = "error"
    baseline: Annotated[
        str | None,
        Option("Known faults, which fail nothing: a file of `annotool baseline`.", metavar="FILE|none"),
    ] = None


@dataclass(frozen=True)
class Reporting:
    """How it is told, and where: shared by all commands that report."""

    heading: ClassVar[str] = "Output"
    output_format: Annotated[
        str,
        Option(
            "text, concise, paths, json, jsonl, csv, markdown, junit, github, sarif or html (balance: text, json, csv, markdown, html; evaluate: text, json, csv)."
        ),
    ] = "text"
    output: Annotated[
        list[str] | None,
        Option(
            "FORMAT=FILE, any number of times: also write this form to a file. FILE alone: write there what would "
            "go to the screen.",
            metavar="[FORMAT=]FILE",
        ),
    ] = None

    def outputs(self, forms: Sequence[str]) -> list[tuple[str, Path | None]]:
        """Return which forms are asked for, and the file of each; None: the screen. Raises UsageError."""
        screen, asked = Path(), []
        for word in self.output or ():
            form, equals, file = word.partition("=")
            if word in forms:
                raise UsageError(
                    f"--output {word}: --output-format {word} shows that form, --output {word}=FILE writes it to a file; "
                    f"for a file of that name write ./{word}"
                )
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
