"""What dvc keeps elsewhere: its pointer files beside a dataset, and which of their outputs are not here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

__all__ = ["Absent", "absent_outputs"]

LARGEST = 1 << 16  # bytes; a pointer file is far smaller


class Absent(msgspec.Struct, frozen=True):
    """Pointers of one folder whose outputs are absent: what to run, and the names of absent files (not
    folders)."""

    pointer: str
    output: str
    command: str
    folder: bool
    names: frozenset[str]


def absent_outputs(folders: Iterable[Path]) -> list[Absent]:
    """Return the absent outputs of the `.dvc` files in these folders and one below: one for each folder that
    dvc keeps whole, one for all single files of a folder."""
    found: list[Absent] = []
    for base in dict.fromkeys(folders):
        single: dict[Path, list[str]] = {}
        for pointer in sorted([*base.glob("*.dvc"), *base.glob("*/*.dvc")]):
            for name in outputs(pointer):
                if (pointer.parent / name).exists():
                    continue
                if Path(name).suffix:
                    single.setdefault(pointer.parent, []).append(name)
                else:
                    where = pointer.relative_to(base).as_posix()
                    output = (pointer.parent / name).relative_to(base).as_posix()
                    found.append(Absent(where, output, f"dvc pull {where}", True, frozenset()))
        for folder, names in single.items():
            where = folder.relative_to(base).as_posix()
            said = f"{len(names):,} files of {where}"
            found.append(Absent(where, said, f"dvc pull --recursive {where}", False, frozenset(names)))
    return found


def outputs(pointer: Path) -> list[str]:
    """Return the names a `.dvc` file stands for, below its folder; none where it is no such file."""
    import yaml

    try:
        if not pointer.is_file() or pointer.stat().st_size > LARGEST:
            return []
        content = yaml.safe_load(pointer.read_bytes())
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return []
    outs = content.get("outs") if isinstance(content, dict) else None
    names = [out.get("path") for out in outs if isinstance(out, dict)] if isinstance(outs, list) else []
    return [name for name in names if isinstance(name, str) and name and not name.startswith(("/", ".."))]
