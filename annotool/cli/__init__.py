"""The command line: a module a command, which reads its options, calls the api function of its name, and prints."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Iterable
from importlib import import_module

import click

from annotool.cli.declared import command
from annotool.cli.showing import CLEAN, FAILED
from annotool.errors import AnnotoolError
from annotool.wording import printable

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

WIDEST = 120  # columns of help, where the terminal has them


def program(commands: Iterable[str] = COMMANDS) -> click.Group:
    """Return the command line with these commands: all, or the one that is called, for each takes time to build."""
    made = [command(getattr(import_module(f"{__name__}.{name}"), name)) for name in commands]
    return Program(
        name="annotool",
        help="Find, explain, fix, prove and undo label faults in COCO, Pascal VOC and YOLO datasets.",
        commands=made,
        invoke_without_command=True,
        subcommand_metavar="COMMAND [ARGS]...",
        callback=begin,
        params=[
            click.Option(["--traceback"], is_flag=True, help="Show a traceback when annotool fails."),
            click.Option(["--version"], is_flag=True, help="Show the version."),
        ],
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
    )


class Program(click.Group):
    """A click group that lists its commands in their order, not by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return list(self.commands)


@click.pass_context
def begin(context: click.Context, traceback: bool, version: bool) -> None:
    """Take the options that stand before the command; `main` looks at --traceback itself."""
    if version:
        from importlib.metadata import version as installed

        click.echo(f"annotool {installed('annotool')}")
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(FAILED)


def main() -> None:
    """Run the command line; an error is one line and exit code 2, a traceback only with --traceback, put anywhere."""
    words = [word for word in sys.argv[1:] if word != "--traceback"]
    gc.set_threshold(100_000)  # imports and columns make many objects and hardly a cycle
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is no reason to fail
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        called = next((word for word in words if not word.startswith("-")), "")
        line = program([called] if called in COMMANDS else COMMANDS)
        sys.exit(line.main(words, standalone_mode=False) or CLEAN)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AnnotoolError as error:
        failed(error, str(error))
    except (KeyboardInterrupt, click.Abort):
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
    shown = "\n".join(map(printable, text.split("\n")))  # it may quote what is in a file
    print(f"annotool: error: {shown}", file=sys.stderr)
    sys.exit(FAILED)
