"""The command line: a module a command, which reads its options, calls the api function of its name, and prints."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from annotool.cli.showing import FAILED
from annotool.errors import AnnotoolError

__all__ = ["COMMANDS", "main", "program"]

COMMANDS = (
    "audit",
    "fix",
    "undo",
    "apply",
    "baseline",
    "balance",
    "sizes",
    "convert",
    "split",
    "nms",
    "evaluate",
    "report",
    "draw",
    "review",
    "decisions",
    "rules",
    "rule",
    "formats",
)
"""In the order in which --help shows them; each is the module of its name, with a function of its name."""


def program(commands: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands: all, or the one that is called, for each takes time to build."""
    app = typer.Typer(
        name="annotool",
        help="Find, explain, fix, prove and undo label faults in COCO, Pascal VOC and YOLO datasets.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(begin)
    for name in commands:
        app.command()(getattr(import_module(f"{__name__}.{name}"), name))
    return app


def begin(
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


def main() -> None:
    """Run the command line; an error is one line and exit code 2, a traceback only with --traceback, put anywhere."""
    words = [word for word in sys.argv[1:] if word != "--traceback"]
    gc.set_threshold(100_000)  # imports and columns make many objects and hardly a cycle
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is no reason to fail
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        called = next((word for word in words if not word.startswith("-")), "")
        program([called] if called in COMMANDS else COMMANDS)(words)
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
