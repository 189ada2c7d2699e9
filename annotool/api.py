"""What annotool does, one function a command; the command line calls these and nothing else."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotool import engine, formats, joining
from annotool.config import Config
from annotool.dataset import Dataset
from annotool.errors import AnnotoolError, UsageError
from annotool.findings import Findings
from annotool.formats.base import Format, ReadOptions, WriteOptions
from annotool.joining import check_joined
from annotool.metrics import balance as counts
from annotool.metrics.balance import Balance
from annotool.notebook import SHOWN
from annotool.output import check_new, utf8, write_file
from annotool.reporting import FORMS, explained
from annotool.reporting.told import Told
from annotool.rules import registry
from annotool.rules.base import Rule
from annotool.selection import named

if TYPE_CHECKING:
    from annotool.baselines import Baseline
    from annotool.conversion import Converted
    from annotool.fixes.decided import Ruling
    from annotool.fixes.rounds import Proposal
    from annotool.metrics.evaluation import Evaluation
    from annotool.predictions import Suppressed
    from annotool.reporting.drawn import Drawn
    from annotool.reviewing.opened import Handle
    from annotool.reviewing.taking import Taken
    from annotool.splitting import Split

__all__ = [
    "FORMS",
    "Told",
    "append_text",
    "apply",
    "audit",
    "balance",
    "baseline",
    "check_failing",
    "check_joined",
    "check_outputs",
    "compare",
    "convert",
    "decisions",
    "draw",
    "evaluate",
    "explain_rule",
    "fails",
    "fix",
    "lines",
    "list_formats",
    "list_rules",
    "nms",
    "read",
    "report",
    "review",
    "sizes",
    "split",
    "undo",
    "write_text",
]

Paths = str | Path | Sequence[str | Path]

# Spelled as json spells them, so that a report in json stays json: controls, line ends that only some programs know,
# and what turns the direction of the text around a name.
STEERING = (*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
CONTROLS = {code: f"\\u{code:04x}" for code in STEERING if chr(code) not in "\n\t"}

GRADES = {"error": 2, "warning": 1, "info": 0, "never": 3}

# Files hold numbers up to 1e308; what comes of them is a finding, not a warning of numpy's.
calm = np.errstate(over="ignore", invalid="ignore", divide="ignore")


def in_notebooks(name: str) -> Callable[[Any], str]:
    """What shows a value in a notebook, by the name of its class; imported when one is shown."""
    return calm(lambda value: str(getattr(import_module("annotool.reporting.html.notebook"), name)(value)))


SHOWN |= {
    "Dataset": in_notebooks("dataset"),
    "Findings": in_notebooks("findings"),
    "Balance": in_notebooks("balance"),
}


@calm
def read(paths: Paths, **options: Any) -> Dataset:
    """Read one dataset from a path or several, each a file, a folder, a data.yaml or `split=path`.

    Options are the fields of formats.base.ReadOptions. Raises NoDatasetError and SeveralDatasetsError; whatever is
    wrong with a dataset is in its `problems`.
    """
    several = [paths] if isinstance(paths, str | Path) else paths
    for path in several:
        formats.check_local(str(path))
    chosen = ReadOptions(**options)
    data = formats.read([Path(path) for path in several], chosen)
    if notes := tuple(unfinished(several)):
        data = replace(data, notes=(*data.notes, *notes))
    if chosen.predictions is not None:
        from annotool.predictions import join_predictions

        data = join_predictions(data, Path(chosen.predictions), chosen)
    return data if chosen.join is None else joining.join(data, Path(chosen.join))


def unfinished(paths: Sequence[str | Path]) -> Iterator[str]:
    """Say which fixes in place did not end: until they are rolled back, files are half as before, half mended."""
    from annotool.fixes import journal

    for left in journal.left_behind(places(paths)):
        yield f"{left}: a fix in place did not end, files may be half mended; `annotool undo {left}` puts them back"


@calm
def audit(
    data: Dataset | Paths,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    target: Sequence[str] = (),
    preview: bool = False,
    config: Config | None = None,
    baseline: str | Path | None = None,
    **options: Any,
) -> Findings:
    """Return what the rules find in a dataset, or in the one at the given paths (read with `options`).

    `baseline` is a file of known faults (`none`: not the one of `config`): the column `known` tells old from new,
    and `Findings.baseline` what is found no more.
    """
    settings = (config or Config()).with_options(select, ignore, extend_select, target, preview)
    dataset = data if isinstance(data, Dataset) else read(data, **options)
    findings, ran = judged(dataset, settings)
    findings = replace(findings, data=dataset)
    file = baseline or settings.baseline
    if file in (None, "none"):
        return findings
    from annotool import baselines

    return baselines.compare(dataset, findings, Path(file), ran, bound())


def judged(data: Dataset, settings: Config) -> tuple[Findings, set[str]]:
    """What the selected rules find, and their codes."""
    codes = set(settings.codes)
    findings = engine.run(
        data, settings.rules, codes, settings.severities, settings.ignores, settings.targets
    )
    return findings, codes


def bound() -> set[str]:
    """The rules whose findings hold in one format only: those of some formats, and those of what a reader met."""
    return {code for code, rule in registry().items() if rule.formats or rule.scope == "file"}


@calm
def baseline(
    data: Dataset | Paths,
    out: str | Path,
    *,
    update: bool = False,
    prune: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    target: Sequence[str] = (),
    preview: bool = False,
    config: Config | None = None,
    **options: Any,
) -> Baseline:
    """Write what an audit finds to a file of known faults, for `baseline=` of `audit`; return what became of it.

    Where the file is there, `update` adds what is new and keeps the rest with its reasons, `prune` takes out what is
    found no more; with neither it is a UsageError.
    """
    from annotool import baselines

    baselines.check_baseline(Path(out), update=update, prune=prune)
    dataset = data if isinstance(data, Dataset) else read(data, **options)
    settings = (config or Config()).with_options(select, ignore, extend_select, target, preview)
    findings, ran = judged(dataset, settings)
    return baselines.keep(dataset, findings, Path(out), ran, bound(), update=update, prune=prune)


def report(
    data: Dataset, findings: Findings, form: str = "text", config: Mapping[str, Any] | None = None
) -> str:
    """Return findings in a form of reporting.FORMS."""
    return "".join(f"{line}\n" for line in lines(Told(data, findings, config or {}), form))


def compare(old: Path, new: Path) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Return the findings of two reports in json. Raises UsageError for a file that is none."""
    from annotool.reporting import compared

    return compared.read(old), compared.read(new)


def lines(told: Told, form: str) -> Iterator[str]:
    """Yield a report line by line, for those too long to hold; raises UsageError for an unknown form."""
    if form not in FORMS:
        raise UsageError(f"no output format {form!r}; there are: {', '.join(FORMS)}")
    for line in import_module(f"annotool.reporting.{form}").lines(told):
        # A name may hold what would steer a terminal; most lines hold nothing of the kind.
        yield line if line.isprintable() else line.translate(CONTROLS)


def list_rules() -> list[type[Rule]]:
    """Return all rules, codes sorted."""
    return list(registry().values())


def explain_rule(name: str) -> str:
    """Return a rule's documentation, found by code or slug. Raises UsageError with the nearest name."""
    (code, *more) = sorted(named([name]))
    if more:
        raise UsageError(f"{name!r} is {1 + len(more)} rules: {', '.join([code, *more])}")
    return explained.text(registry()[code])


def list_formats() -> list[Format]:
    """Return all formats, by name."""
    return list(formats.registry().values())


@calm
def fix(
    paths: Paths,
    *,
    out: str | Path | None = None,
    in_place: bool = False,
    unsafe: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    target: Sequence[str] = (),
    preview: bool = False,
    config: Config | None = None,
    baseline: str | Path | None = None,
    decisions: Sequence[str | Path] = (),
    **options: Any,
) -> Proposal:
    """Mend what can be mended, proven by another audit; return what was done, or would be without `out` or `in_place`.

    With `out`, a new folder, the mended dataset is written there; with `in_place` the files themselves change. Both
    leave a journal, `fixes.jsonl`, for `undo` and `apply`. Without `unsafe` every fact stays as it is.
    Known faults (`baseline`) are mended like others; what is left of them fails nothing. With `decisions`, reviewers'
    files, only what they accepted is mended, unsafe or not, and what they changed themselves; findings they ignored go
    to `ignored.jsonl`, a baseline.
    """
    from annotool.fixes import inplace, rounds

    if out is not None and in_place:
        raise UsageError("--out and --in-place: choose one")
    given = places(paths)
    if out is not None:
        check_new(Path(out), given)
    notes = inplace.recover(given) if in_place else ()
    settings = (config or Config()).with_options(select, ignore, extend_select, target, preview)
    menders, every = mending(settings)

    def reading(overlay: Mapping[Path, bytes | None], renamed: Mapping[str, str]) -> Dataset:
        return read(paths, overlay=overlay, renamed=renamed, **options)

    ruling = ruled(decisions)
    if ruling is not None:
        menders, unsafe = {**menders, ruling.rule.code: ruling.rule}, True

    def auditing(data: Dataset) -> Findings:  # by all rules: an edit must not bring up what was not selected
        found = audit(data, config=every, baseline=baseline)
        return found if ruling is None else ruling.judged(data, found)

    made = rounds.propose(reading, auditing, menders, formats.patch, unsafe, in_place=in_place)
    notes += tuple(filter(None, dict.fromkeys(formats.unpatched(made.data).tolist())))
    made = replace(made, notes=notes + made.notes + (() if ruling is None else ruling.notes(made)))
    return saved(made, None if out is None else Path(out), in_place, ruling, given)


def mending(settings: Config) -> tuple[dict[str, Rule], Config]:
    """The rules that may mend, and the settings by which all are run to prove what they did."""
    codes = settings.codes
    ignored = [word for choice in settings.choices for word in choice.ignore]
    every = settings.with_options(["ALL"], ignored).with_options(extend_select=sorted(codes))
    return {code: rule for code, rule in settings.rules.items() if code in codes}, every


def saved(
    made: Proposal, out: Path | None, in_place: bool, ruling: Ruling | None, given: Sequence[Path]
) -> Proposal:
    """Write a proposal to a new folder, in place, or nowhere; return it with its journal and who decided it."""
    from annotool.fixes import inplace, moving, output

    if out is not None:
        made = moving.portable(made)
    if ruling is not None:
        made = ruling.signed(made)
    if out is not None:
        output.write(made, out, given)
    elif in_place:
        made = replace(made, journal=inplace.write_in_place(made))
    folder = out or (made.journal.parent if made.journal else None)
    if ruling is not None and folder is not None:
        ruling.keep(made, folder, bound())
    return made


def ruled(files: Sequence[str | Path]) -> Ruling | None:
    """What reviewers decided in these files, merged; None without any."""
    from annotool.fixes import decided
    from annotool.fixes import decisions as reviewers

    several = [reviewers.read(Path(file)) for file in files]
    return decided.Ruling(reviewers.merge(several)) if files else None


def undo(journal: str | Path) -> tuple[str, ...]:
    """Put every file a journal names back as it was, byte for byte; return their names.

    Raises JournalError, with nothing changed, when a file is no longer what the journal left.
    """
    from annotool.fixes import inplace

    return inplace.undo(Path(journal))


def left_out(journal: str | Path) -> tuple[str, ...]:
    """Return the images that the copy beside a journal was made without, which `undo` cannot bring back."""
    from annotool.fixes import journal as journals

    path = Path(journal)
    return journals.whole(path).left_out if path.exists() else ()


def apply(journal: str | Path, paths: Paths, out: str | Path, **options: Any) -> Path:
    """Do what a journal says to the dataset it was made from, into the new folder `out`; return its journal there.

    Raises JournalError, with nothing written, when a hash or an old value differs.
    """
    from annotool.fixes import output

    return output.apply(Path(journal), read(paths, **options), Path(out), places(paths))


def places(paths: Paths) -> list[Path]:
    """The files and folders among paths, without the splits of `split=path`."""
    several = [str(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    return [Path(path if Path(path).exists() else path.partition("=")[2] or path) for path in several]


@calm
def convert(data: Dataset | Paths, to: str, out: str | Path, **options: Any) -> Converted:
    """Write a dataset in another format into the new folder `out`; options are those of formats.base.WriteOptions.

    Raises LossError before anything is written when objects, categories, images or asked-for geometry would be lost.
    """
    from annotool import conversion

    dataset = data if isinstance(data, Dataset) else read(data)
    return conversion.convert(dataset, to, Path(out), WriteOptions(**options))


@calm
def split(
    data: Dataset | Paths,
    ratios: str | Mapping[str, float],
    out: str | Path,
    *,
    group_by: Sequence[str] = (),
    seed: int = 0,
    keep: Sequence[str] = (),
    image_files: str = "link",
    allow_loss: bool = False,
    config: Config | None = None,
    **options: Any,
) -> Split:
    """Deal the images of a dataset out to new splits, write it so in its own format into the new folder `out`, and return
    what came out with what the rules SPL find in it; of class folders also LBL004, for a class that is not in every split.

    ratios: the share of each split, as `train=.8,val=.2` or a mapping. group_by: what must stay together, any of
    `duplicates`, columns of `join=`, regular expressions with a group. keep: splits that stay as they are. The same
    input and seed give the same splits.
    """
    from annotool import splitting

    check_new(Path(out), data.paths if isinstance(data, Dataset) else places(data))
    decode = splitting.DUPLICATES in group_by or bool(options.pop("decode", False))
    dataset = data if isinstance(data, Dataset) else read(data, decode=decode, **options)
    settings = config or Config()
    dealt = splitting.plan(dataset, ratios, group_by, seed, keep, settings.rules)
    written = splitting.write(dealt, Path(out), image_files, allow_loss)
    again = read(out, format=written.format, decode=dataset.images_checked == "decode" or decode)
    checked = splitting.checkable(dealt, again, Path(out), image_files)
    rules = replace(settings, rule={**settings.rule, "SPL003": {"column": splitting.COLUMN}})
    found = audit(checked, select=splitting.checks(written.format), config=rules, baseline="none")
    return splitting.Split(dealt, written, checked, found)


@calm
def review(
    data: Dataset | Paths,
    findings: Findings | str | Path | None = None,
    *,
    name: str | None = None,
    every: bool = False,
    sample: int | None = None,
    part: str = "1/1",
    overlap: float = 0.0,
    reviewer: str = "",
    port: int | None = None,
    config: Config | None = None,
    baseline: str | Path | None = None,
    **options: Any,
) -> Handle:
    """Open the FiftyOne App on what was found, and return a handle with `url`, `decisions()` and `close()`; in a
    notebook it shows the App.

    `findings`: those of `audit`, or a report of them in json, of which those still found are shown; by default an audit
    is made. Known faults (`baseline`) are left out. Raises MissingExtraError without `annotool[review]`.
    """
    from annotool.reviewing import opened, opening
    from annotool.reviewing.choosing import parse_part

    given = data.paths if isinstance(data, Dataset) else places(data)
    called = opening.called(name, given)
    reasons = (config or Config()).reasons
    choice = opening.Choice(every, sample, parse_part(part), overlap, reviewer, reasons)
    handle = opened.begin(called, port)  # it gets ready while we audit
    try:
        dataset = data if isinstance(data, Dataset) else read(data, **options)
        if opening.standing(dataset, called, choice) is None:
            found = (
                findings
                if isinstance(findings, Findings)
                else audit(dataset, config=config, baseline=baseline)
            )
            if isinstance(findings, str | Path):
                found = opening.reported(dataset, found, Path(findings))
            opening.make(dataset, found, (config or Config()).rules, called, choice)
        return handle.show()
    except BaseException:
        handle.close()
        raise


def decisions(name: str, out: str | Path | None = None) -> Taken:
    """Return what was decided in a review, and how far each rule is to be trusted; with `out` also write the decisions
    to a file for `decisions=` of `fix`."""
    from annotool.fixes import decisions as files
    from annotool.reviewing.taking import take

    taken = take(name)
    if out is not None:
        files.write(Path(out), name, taken.decisions)
    return taken


@calm
def balance(data: Dataset | Paths, **options: Any) -> Balance:
    """Count categories: instances, images, sizes, shares, imbalance; options are those of `read`."""
    return counts.balance(data if isinstance(data, Dataset) else read(data, **options))


@calm
def evaluate(
    data: Dataset | Paths,
    *,
    geometry: str = "bbox",
    engine: str = "annotool",
    least_score: float = 0.25,
    split: str | None = None,
    findings: Findings | None = None,
    **options: Any,
) -> Evaluation:
    """Score the predictions of a dataset, or those at `predictions=` of `read`; see metrics.evaluation.evaluate.

    With the `findings` of `audit` also on images with and without them. Raises UsageError where nothing can be scored.
    """
    from annotool.metrics import evaluation

    dataset = data if isinstance(data, Dataset) else read(data, **options)
    return evaluation.evaluate(
        dataset, geometry=geometry, engine=engine, least_score=least_score, split=split, findings=findings
    )


@calm
def sizes(data: Dataset | Paths, out: str | Path) -> int:
    """Write `file_name,width,height` of all images whose size is known, for `sizes=` of `read`; return how many.

    The size in the image file's header goes before the one the labels declare.
    """
    dataset = data if isinstance(data, Dataset) else read(data)
    check_outputs(dataset, [Path(out)])
    images, files = dataset.table("images"), dataset.image_files
    width = np.where(np.isfinite(files.width), files.width, images["width"])
    height = np.where(np.isfinite(files.height), files.height, images["height"])
    known = np.flatnonzero(np.isfinite(width) & np.isfinite(height)).tolist()
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("file_name", "width", "height"))
    rows.writerows((images["file_name"][row], int(width[row]), int(height[row])) for row in known)
    write_file(Path(out), [utf8(text.getvalue())])
    return len(known)


@calm
def nms(
    predictions_file: str | Path, out: str | Path, *, iou: float = 0.5, class_agnostic: bool = False
) -> Suppressed:
    """Write predictions without those that a better one of their image (and category, unless `class_agnostic`) overlaps
    by more than `iou`; all that stays keeps its bytes. `out` is a file, or a new folder for a folder of label files.
    """
    from annotool import predictions

    return predictions.suppress(Path(predictions_file), Path(out), iou, class_agnostic)


@calm
def draw(
    data: Dataset | Paths,
    out: str | Path,
    *,
    image: str | None = None,
    rule: Sequence[str] = (),
    limit: int = 50,
    max_side: int = 1600,
    overwrite: bool = False,
    config: Config | None = None,
    **options: Any,
) -> Drawn:
    """Write pictures with annotations drawn: of one `image` (file name, end of its path, or id) to the file `out`, .png or
    .jpg, or of the first `limit` images where the rules `rule` find something, to the new folder `out`.

    What the rules find is highlighted, what it is compared with dashed. Raises UsageError for an image that is not there or
    not the only one of its name, and for a place to write that is taken or lies in the dataset.
    """
    from annotool.reporting import drawn

    dataset = data if isinstance(data, Dataset) else read(data, **options)
    form = drawn.check_file(Path(out), dataset.paths, overwrite=overwrite) if image is not None else ""
    at = -1 if image is None else drawn.image_named(dataset, image)
    if image is None:
        check_new(Path(out), dataset.paths)
    found = audit(dataset, select=rule, config=config).new if rule else Findings()
    if image is None:
        return drawn.draw_findings(dataset, found, Path(out), dataset.paths, limit, max_side)
    return drawn.draw_image(dataset, at, found, Path(out), form, max_side)


def fails(findings: Findings, fail_on: str, on_stale: bool = False) -> bool:
    """Return whether any finding that no baseline knows is at or above `fail_on`: error, warning, info or never.

    With `on_stale` also where a known fault is found no more; that wants a baseline.
    """
    if on_stale and findings.baseline is None:
        raise UsageError("--fail-on-stale: no baseline was given; --baseline FILE names one")
    check_failing(fail_on, None)
    stale = on_stale and findings.baseline is not None and findings.baseline.gone > 0
    bad = (findings.column("severity") >= GRADES[fail_on]) & ~findings.column("known")
    return stale or bool(bad.any())


def check_failing(fail_on: str, baseline: str | Path | None) -> None:
    """Raise UsageError for an unknown `fail_on` or a baseline that is not there, before the work of an audit."""
    if fail_on not in GRADES:
        raise UsageError(f"--fail-on {fail_on!r}: expected one of {', '.join(GRADES)}")
    if baseline not in (None, "none"):
        from annotool import baselines

        baselines.check_there(Path(baseline))


def write_text(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file, whole or not at all; a link, a pipe or a device (/dev/stdout) stays and is written to."""
    parts = (utf8(f"{line}\n") for line in lines)
    if not path.is_symlink() and (path.is_file() or not path.exists()):
        write_file(path, parts)
        return
    try:
        with path.open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        raise AnnotoolError(f"{path}: could not be written: {error.strerror or error}") from error


def check_outputs(data: Dataset, files: Iterable[Path]) -> None:
    """Raise UsageError where a report would be written over a file of the dataset."""
    from annotool.fixes.places import source_files

    there = [file for file in files if file.is_file()]
    if not there:
        return
    held = {*source_files(data), *data.table("images")["path"].tolist()}
    folders = {os.path.realpath(folder) for folder in {os.path.split(path)[0] for path in held if path}}
    names = {os.path.split(path)[1] for path in held}
    for file in there:
        folder, name = os.path.split(os.path.realpath(file))
        if folder in folders and name in names:
            raise UsageError(f"{file}: is a file of the dataset; choose another place to write to")


def append_text(path: Path, lines: Iterable[str]) -> None:
    """Add lines to the end of a file, as GitHub's job summary wants it."""
    with path.open("ab") as file:
        file.writelines(utf8(f"{line}\n") for line in lines)
