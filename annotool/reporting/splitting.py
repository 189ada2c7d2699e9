"""A new split told: what each split holds, how far it is from what was wanted, and what leaks remain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from annotool.metrics.weights import frequencies
from annotool.reporting.rows import rows
from annotool.reporting.told import escape
from annotool.reporting.verdict import idle
from annotool.rules.base import classifies
from annotool.splitting import Split, checks
from annotool.table import Array
from annotool.wording import plural

__all__ = ["lines"]

NAMED = 5  # categories named in a line
SHOWN = 10  # findings shown


def lines(done: Split) -> Iterator[str]:
    """Yield the report, marked up for rich."""
    written, converted = done.converted.written, done.converted
    what = "label" if classifies(done.data) else "annotation"
    yield (
        f"[bold green]{escape(str(converted.out))}[/]: {converted.format}, {plural(written.images, 'image')}, "
        f"{plural(written.annotations, what)}, {plural(converted.images_placed, 'image file')} placed"
    )
    for note in (*done.dealt.notes, *written.notes):
        yield f"note: {escape(note)}"
    for part in converted.losses.blocks:
        for row in range(len(part)):
            yield f"[yellow]not kept in {converted.format}[/]: {escape(part.text(row))}"
    if written.skipped:
        yield f"[red]left out[/]: {plural(len(written.skipped), 'record')}, listed in skipped.jsonl"
    yield groups(done)
    yield ""
    yield from table(done, f"{what}s")
    yield ""
    yield from categories(done)
    yield from verdict(done)


def groups(done: Split) -> str:
    """How many groups there are, and the largest."""
    sizes = np.bincount(done.dealt.group)
    sizes = sizes[sizes > 0]
    several = sizes[sizes > 1]
    if not len(several):
        if done.dealt.words:
            return f"groups: none, no two images belong together by {escape(' or '.join(done.dealt.words))}"
        return "each image was dealt out by itself; --group-by keeps in one split what belongs together"
    most = int(np.bincount(done.dealt.group).argmax())
    name = done.dealt.names[done.dealt.group == most][0]
    share = several.max() / sizes.sum()
    return escape(
        f"groups: {plural(len(several), 'group')} of several images, {int(several.sum()):,} images in all; the largest, "
        f"{name!r}, has {int(several.max()):,} ({share:.1%} of the images)"
    )


def table(done: Split, what: str) -> Iterator[str]:
    """One line a split: its images, annotations, categories, and of these the rare ones."""
    counts, ratios = done.counts, done.dealt.ratios
    rare = (frequencies(counts.images[0]) == "rare") & (counts.images[0] > 0)
    met = counts.instances > 0
    dealt = [1 + at for at, name in enumerate(counts.splits) if name in ratios]
    images, annotations = counts.total[dealt].sum(), counts.instances[dealt].sum()
    width = max(5, *(len(name) for name in counts.splits))
    yield f"[bold]{'split':<{width}}  wanted  {'images':>16}  {what:>16}  categories  rare categories[/]"
    for at, name in enumerate(counts.splits, 1):
        cells = [
            f"{ratios[name]:>6.1%}" if name in ratios else "  kept",
            shared(int(counts.total[at]), int(images), name in ratios),
            shared(int(counts.instances[at].sum()), int(annotations), name in ratios),
            f"{met[at].sum():,} of {met[0].sum():,}".rjust(10),
            f"{(met[at] & rare).sum():,} of {rare.sum():,}".rjust(15),
        ]
        yield escape(f"{name:<{width}}  " + "  ".join(cells))


def shared(count: int, whole: int, dealt: bool) -> str:
    share = f"{count / whole:>6.1%}" if dealt and whole else ""
    return f"{count:>9,} {share:>6}"


def categories(done: Split) -> Iterator[str]:
    """What is farthest from its share, and which categories are not in every split, with the reason."""
    counts, ratios = done.counts, done.dealt.ratios
    names = [name for name in ratios if name in counts.splits]
    own = counts.instances[[1 + counts.splits.index(name) for name in names]]
    total = own.sum(axis=0)
    wanted = np.array([ratios[name] for name in names])
    off = np.where(total > 0, own / np.maximum(total, 1) - wanted[:, None], 0.0)
    often = frequencies(counts.images[0]) != "rare"
    if off.size:
        yield "farthest from the wanted share: " + farthest(done, off, own, names)
        rarest = ~often[int(np.abs(off).max(axis=0).argmax())]
        if rarest and (often & (total > 0)).any():
            yield "  of categories in more images than 10: " + farthest(done, off * often, own, names)
    in_groups = by_name(done)
    few = (in_groups > 0) & (in_groups < len(ratios))
    missing = (own == 0).any(axis=0) & (total > 0)
    if few.any():
        yield (
            "[yellow]cannot be in every split[/], being in fewer groups than there are splits: "
            + named(done.counts.categories, np.flatnonzero(few), in_groups, "group")
        )
    if (missing & ~few).any():
        yield "[yellow]not in every split[/], for the groups they share with others: " + named(
            done.counts.categories, np.flatnonzero(missing & ~few), in_groups, "group"
        )


def by_name(done: Split) -> Array:
    """In how many groups each category of the result stands."""
    known = dict(zip(done.dealt.data.labels, done.dealt.groups.tolist(), strict=True))
    return np.array([known.get(name, 0) for name in done.counts.categories], dtype=np.int64)


def farthest(done: Split, off: Array, own: Array, splits: Sequence[str]) -> str:
    at, label = np.unravel_index(np.abs(off).argmax(), off.shape)
    total = int(own[:, label].sum())
    name, split = done.counts.categories[int(label)], splits[int(at)]
    share = own[at, label] / max(total, 1)
    return escape(
        f"{name!r}, {share:.1%} of {total:,} in {split}, wanted {done.dealt.ratios[split]:.1%} ({off[at, label]:+.1%})"
    )


def named(names: Sequence[str], labels: Array, counts: Array, word: str) -> str:
    told = [f"{names[label]!r} ({plural(int(counts[label]), word)})" for label in labels[:NAMED].tolist()]
    more = f" and {len(labels) - NAMED:,} more" if len(labels) > NAMED else ""
    return escape(", ".join(told) + more)


def verdict(done: Split) -> Iterator[str]:
    """What the rules SPL find in the result."""
    yield ""
    rules = " and ".join(checks(done.converted.format))
    parts = done.counts.instances[1:][[bool(own.any()) for own in done.counts.instances[1:]]]
    whole = bool(((parts > 0).all(axis=0) | (parts == 0).all(axis=0)).all())
    if not len(done.findings):
        none = "no leak, no category missing" if whole else "no leak"
        yield f"[bold green]{none}[/]: the rules {rules} find nothing in it"
    else:
        yield f"[bold red]{plural(len(done.findings), 'finding')} of the rules {rules} remain[/]:"
        told = [f"{row.place or 'dataset'}: {row.rule} {row.said}" for row in rows(done.data, done.findings)]
        yield from (f"  {escape(line)}" for line in told[:SHOWN])
        if len(done.findings.of("SPL001", "SPL002")):
            yield "  --group-by duplicates keeps images that are equal, or nearly so, in one split"
        if len(told) > SHOWN:
            yield f"  and {len(told) - SHOWN:,} more: annotool audit {escape(str(done.converted.out))} --select {rules.replace(' and ', ',')}"
    for why, codes in idle(done.findings).items():
        yield f"[dim]not checked: {' '.join(codes)}: {escape(why)}[/]"
