"""Writing what was proposed to a new folder, whole or not at all; journals applied to the same files."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain
from pathlib import Path

from annotool.dataset import Dataset
from annotool.errors import JournalError, UsageError
from annotool.fixes import journal, renaming
from annotool.fixes.journal import Renamed, State, digest
from annotool.fixes.moving import portable
from annotool.fixes.packing import packed
from annotool.fixes.places import home, name_in, names_in, source_files
from annotool.fixes.rounds import Overlay, Proposal
from annotool.output import place_image, staged

__all__ = ["apply", "file_states", "home", "write"]


def file_states(made: Proposal, root: Path) -> list[State]:
    """Return the sha256 of each file that changes, before and after; None before: it is a new one."""
    known = {file: at for at, file in enumerate(source_files(made.data))}
    changed = sorted(made.overlay)
    rows = zip(changed, names_in(root, map(str, changed)), strict=True)
    held = [made.data.file_bytes(known[str(path)]) if str(path) in known else None for path in changed]
    return [
        State(name, digest(old), digest(made.overlay[path]))
        for (path, name), old in zip(rows, held, strict=True)
    ]


def write(made: Proposal, out: Path, inputs: Sequence[Path] = ()) -> Path:
    """Write the mended dataset to `out`, a new or empty folder apart from it, and return the journal's path.

    Every file read stands at its place below the inputs' common parent; images are hard links, else copies.
    Only those that would be found again though their records went are left out, and no `undo` of the copy
    brings them back; those that are renamed stand there under their new names. Raises UsageError for a folder that cannot be used (it may not lie in one of `inputs`,
    by default the dataset's paths) and for absolute paths that `portable` cannot do without, AnnotoolError
    when writing fails; then nothing is left behind.
    """
    made, root = packed(portable(made)), home(made.data)
    left_out = [name for path in made.deletions if (name := name_in(root, Path(path)))]
    renamed = renames(made, root)
    states, name_of = file_states(made, root), cache(partial(name_in, root))
    lines = journal.lines(made.changes, states, left_out, name_of, renamed)
    with staged(out, inputs or made.data.paths) as work:
        mirror(made.data, made.overlay, root, work)
        images(made.data, root, work, made.deletions, chain(*renamed.values()))
        save(work / journal.NAME, lines)
    return out / journal.NAME


def save(path: Path, lines: Iterable[bytes]) -> None:
    """Write a journal and wait until it is on the disk."""
    with path.open("xb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def mirror(data: Dataset, overlay: Overlay, root: Path, work: Path) -> None:
    """Write the files that were read, with new bytes where the overlay has some, and those it adds."""
    new = {str(path): held for path, held in overlay.items()}
    files = source_files(data)
    added = sorted(new.keys() - set(files))
    for file, name in zip(added, names_in(root, added), strict=True):
        placed(work, name).write_bytes(new[file] or b"")
    for at, (file, name) in enumerate(zip(files, names_in(root, files), strict=True)):
        held = new[file] if file in new else data.file_bytes(at)
        if not held and os.path.isdir(file):  # a class folder: its images make it, if it has any
            if not data.table("sources")["records"][at]:
                (work / name).mkdir(parents=True, exist_ok=True)
            continue
        if held is not None and name:
            placed(work, name).write_bytes(held)


def renames(made: Proposal, root: Path) -> dict[Path, list[Renamed]]:
    """Return what the image files that are renamed are called in the copy, before and after, by path."""
    found: dict[Path, list[Renamed]] = {}
    for path, name in dict.fromkeys(image_names(made.data, root)) if made.renamed else ():
        if path in made.renamed:
            mark, new = digest(Path(path).read_bytes()), renaming.place(name, path, made.renamed[path])
            found.setdefault(Path(path), []).append(Renamed(name, new, str(mark)))
    return found


def image_names(data: Dataset, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the path of each image file and its name in a copy: those outside `root` go to `images/`, below the split's
    name if they have one.
    """
    table = data.table("images")
    paths, splits = table["path"].tolist(), data.image_splits.tolist()
    for path, below, file_name, split in zip(
        paths, names_in(root, paths), table["file_name"].tolist(), splits, strict=True
    ):
        if path:
            yield path, below or elsewhere(file_name, split)


def images(
    data: Dataset, root: Path, work: Path, left_out: Collection[str], renamed: Iterable[Renamed]
) -> None:
    """Link or copy the image files to their names in a copy."""
    new = {each.file: each.renamed for each in renamed}
    done: dict[str, str] = {}
    for path, own in image_names(data, root):
        if path not in left_out:
            name = new.get(own, own)
            if name not in done:
                place_image(path, placed(work, name), "link")
            elif done[name] != path:
                raise UsageError(
                    f"{done[name]} and {path} would both become {name}; fix their label files apart"
                )
            done[name] = path


def placed(work: Path, name: str) -> Path:
    """Where a file goes, its folder made."""
    target = work / name
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def elsewhere(file_name: str, split: str) -> str:
    parts = [part for part in file_name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(
        ["images", *([split] if split else []), *(part for part in parts if not part.endswith(":"))]
    )


def apply(path: Path, src: Dataset, out: Path, inputs: Sequence[Path] = ()) -> Path:
    """Do what the journal at `path` says to the dataset it was made from, write the result to `out` as
    `write` does, and return the path of the journal there.

    Raises JournalError when a file is missing, has another hash, or other bytes stand where the journal
    expects the old ones; then nothing is written.
    """
    held = journal.whole(path)
    root = home(src)
    files = source_files(src)
    places = {name: at for at, name in enumerate(names_in(root, files))}
    overlay: dict[Path, bytes | None] = {}
    for state in held.files:
        at = places.get(state.file)
        if at is None and state.before is not None:
            raise JournalError(
                f"{root / state.file}: no such file in the dataset; give apply the path that {path.name} was made from"
            )
        file = root / state.file if at is None else Path(files[at])
        now = src.file_bytes(at) if at is not None else file.read_bytes() if file.exists() else None
        overlay[file] = journal.replayed(held, state, None if now is None else bytes(now), file)
    known = {name: path for path, name in image_names(src, root)} if held.renamed else {}
    for each in held.renamed:
        journal.check_image(held, Path(known.get(each.file, root / each.file)), each)
    left_out = {str(root / name) for name in held.left_out}
    with staged(out, inputs or src.paths) as work:
        mirror(src, overlay, root, work)
        images(src, root, work, left_out, held.renamed)
        save(work / journal.NAME, [path.read_bytes()])
    return out / journal.NAME
