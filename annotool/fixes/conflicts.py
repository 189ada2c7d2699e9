"""Which of the edits that rules ask for are made in one round, and what has to be edited along with them."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.fixes.places import BITS, spans
from annotool.schema import Kind
from annotool.table import Array, Table

__all__ = ["settle"]

FREE = np.iinfo(np.int64).max
PASSES = 8  # findings that lost only to a loser; what is left after so many waits for the next round
SIDES = ("x", "y", "w", "h")


def settle(data: Dataset, edits: Edits) -> Edits:
    """Return the edits of one round: those asked for and their dependents, without conflicts.

    A finding's edits are made together or not at all. Where two findings touch the same cell, or one drops a
    record another edits, or byte ranges overlap: drop beats set, safe beats unsafe, the lower code comes
    first, then the earlier finding. Dropping the same record twice is no conflict. Dependents: the
    annotations of a dropped image go; the area of a row that is only a box follows its bbox. An image without
    annotations that is on disk is a background, which teaches a detector what is none: it is never dropped.
    """
    edits, files = edits.take(edits["op"] != Op.CREATE), edits.take(edits["op"] == Op.CREATE)
    edits = without_findings(edits, background(data, edits))
    edits = Edits.concat([edits, members(data, edits), areas(data, edits)])
    if not len(edits):
        return files
    rank = ranks(edits)
    taken = chosen(claims(data, edits), rank)
    kept = np.flatnonzero(taken[rank])
    kept = kept[np.argsort(rank[kept], kind="stable")]
    return Edits.concat([edits.take(kept[~repeated(edits.take(kept))]), files])


def without_findings(edits: Edits, rows: Array) -> Edits:
    return edits.take(~np.isin(edits["finding"], edits["finding"][rows])) if rows.any() else edits


def drops(edits: Edits, table: str) -> Array:
    return np.asarray((edits["op"] == Op.DROP) & (edits["table"] == table), dtype=bool)


def background(data: Dataset, edits: Edits) -> Array:
    """Which edits would drop a background image; where image files were not looked for, any may be."""
    images = data.table("images")
    rows = np.flatnonzero(drops(edits, "images"))
    keys = edits["row"][rows]
    empty = ~np.isin(keys, data.table("annotations")["image"])
    there = (images["path"][keys] != "") | (data.images_checked == "none")
    found = np.zeros(len(edits), dtype=bool)
    found[rows[empty & there.astype(bool)]] = True
    return found


def members(data: Dataset, edits: Edits) -> Edits:
    """Drops of the annotations of every image that is dropped, by the same finding."""
    asked = np.flatnonzero(drops(edits, "images"))
    image = data.table("annotations")["image"]
    order = np.argsort(image, kind="stable") if len(asked) else image[:0]
    keys = edits["row"][asked]
    low = np.searchsorted(image[order], keys, side="left")
    by, rows = ranges(low, np.searchsorted(image[order], keys, side="right"))
    return dependent(edits, asked[by], op=Op.DROP, row=order[rows])


def areas(data: Dataset, edits: Edits) -> Edits:
    """The area of rows that are only a box, where it was written and the same finding sets only the bbox."""
    table = data.table("annotations")
    mine = (edits["op"] == Op.SET) & (edits["table"] == "annotations")
    asked = np.flatnonzero(mine & (edits["column"] == "bbox"))
    rows = edits["row"][asked]
    asked = asked[(table["kind"][rows] == Kind.BOX) & ~np.isnan(table["area"][rows])]
    own = np.flatnonzero(mine & (edits["column"] == "area"))
    has = set(zip(edits["finding"][own].tolist(), edits["row"][own].tolist(), strict=True))
    pairs = zip(edits["finding"][asked].tolist(), edits["row"][asked].tolist(), strict=True)
    asked = asked[[pair not in has for pair in pairs]] if has else asked
    new = np.array([w * h for _, _, w, h in edits["new"][asked]], dtype=np.float64)
    changed = new != table["area"][edits["row"][asked]]
    asked = asked[changed]
    return dependent(
        edits, asked, op=Op.SET, row=edits["row"][asked], column="area", new=new[changed].tolist()
    )


def dependent(
    edits: Edits, by: Array, *, op: Op, row: Array, column: str = "", new: list[float] | None = None
) -> Edits:
    made = Edits.make(len(by), op=op, table="annotations", column=column, row=row, new=new)
    same = {name: edits[name][by] for name in ("finding", "safe", "rule")}
    return Edits(made.columns.with_columns(**same))


def ranges(low: Array, high: Array) -> tuple[Array, Array]:
    """Spread half-open ranges: which range each number is of, and the numbers."""
    count = np.maximum(high - low, 0)
    of = np.repeat(np.arange(len(low)), count)
    first = np.repeat(low - (np.cumsum(count) - count), count)
    return of, first + np.arange(len(of))


def ranks(edits: Edits) -> Array:
    """The rank of each edit's finding, 0 the strongest."""
    _, first, of = np.unique(edits["finding"], return_index=True, return_inverse=True)
    sets, unsafe = np.ones(len(first), dtype=bool), np.zeros(len(first), dtype=bool)
    sets[of[edits["op"] == Op.DROP]] = False
    unsafe[of[~edits["safe"]]] = True
    rules = coded(edits["rule"][first])
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.lexsort((edits["finding"][first], rules, unsafe, sets))] = np.arange(len(first))
    return rank[of]


def claims(data: Dataset, edits: Edits) -> Table:
    """What each edit holds: columns edit, record and cell (numbers), op. A byte range holds every record it
    touches that another edit asks for too, and its own place.
    """
    place, cell = numbers(edits)
    rows = [Table({"edit": np.arange(len(edits)), "record": place, "cell": cell, "op": edits["op"]})]
    byte = np.flatnonzero(edits["op"] == Op.BYTES)
    if len(byte):
        low = (edits["row"][byte] << BITS) + edits["start"][byte]
        high = (edits["row"][byte] << BITS) + edits["end"][byte]
        for table in ("annotations", "images", "categories"):
            others = np.flatnonzero((edits["table"] == table) & (edits["op"] != Op.BYTES))
            source, start, end = spans(data, table, edits["row"][others])
            order = np.argsort((source << BITS) + start, kind="stable")
            starts, ends = ((source << BITS) + each for each in (start, end))
            first = np.searchsorted(np.maximum.accumulate(ends[order]), low, side="right")
            by, hit = ranges(first, np.searchsorted(starts[order], high, side="left"))
            record = place[others[order[hit]]]
            rows.append(
                Table({"edit": byte[by], "record": record, "cell": record, "op": np.full(len(by), Op.BYTES)})
            )
    return Table.concat(rows)


def numbers(edits: Edits) -> tuple[Array, Array]:
    """A number for the record each edit is of, and one for the cell; overlapping bytes are one record."""
    tables = coded(edits["table"])
    row = np.array(edits["row"], dtype=np.int64)
    byte = np.flatnonzero(edits["op"] == Op.BYTES)
    row[byte] = clusters(edits, byte)
    tables[byte] = -1
    record = np.unique((tables + 1 << 48) + row, return_inverse=True)[1].astype(np.int64)
    column = coded(edits["column"])
    return record, np.unique((record << 16) + column, return_inverse=True)[1].astype(np.int64)


def coded(words: Array) -> Array:
    """A number for each word, in the words' order; the sides of a box are its one cell, and so are rings of an outline."""
    import pandas as pd

    number, distinct = pd.factorize(words, sort=True)
    for cell in ([*SIDES, "bbox"], ["rings", "segmentation"]):
        same = np.isin(distinct, cell)
        if same.any():
            number = np.where(same[number], int(np.argmax(same)), number)
    return np.asarray(number, dtype=np.int64)


def clusters(edits: Edits, byte: Array) -> Array:
    base = edits["row"][byte] << BITS
    start, end = base + edits["start"][byte], base + edits["end"][byte]
    order = np.lexsort((end, start))
    reach = np.maximum.accumulate(end[order])
    apart = (start[order][1:] >= reach[:-1]) & (start[order][1:] > start[order][:-1])
    number = np.empty(len(byte), dtype=np.int64)
    number[order] = np.cumsum(np.append(0, apart)[: len(byte)])
    return number


def chosen(held: Table, rank: Array) -> Array:
    """Which ranks are taken: each that conflicts with no stronger one, then of the rest each that conflicts
    with none of those taken, and so on.
    """
    strength = rank[held["edit"]]
    alive = np.ones(int(rank.max()) + 1, dtype=bool)
    taken = np.zeros(len(alive), dtype=bool)
    for _ in range(PASSES):
        won = alive & ~beaten(held, strength, alive)
        taken |= won
        alive &= ~won
        alive &= ~beaten(held, strength, won)
        if not alive.any():
            break
    return taken


def beaten(held: Table, strength: Array, among: Array) -> Array:
    """Which ranks conflict with a stronger one `among` the given."""
    record, op = held["record"], held["op"]
    able = np.where(among[strength], strength, FREE)

    def strongest(where: Array, code: Array) -> Array:
        least = np.full(int(code.max()) + 1, FREE)
        np.minimum.at(least, code[where], able[where])
        return np.asarray(least[code])

    sets, whole, byte = (strongest(op == each, record) for each in (Op.SET, Op.DROP, Op.BYTES))
    cell = strongest(op == Op.SET, held["cell"])
    rival = np.select(
        [op == Op.SET, op == Op.DROP],
        [np.minimum(np.minimum(cell, whole), byte), np.minimum(sets, byte)],
        np.minimum(np.minimum(sets, whole), byte),
    )
    lost = np.zeros(len(among), dtype=bool)
    lost[strength[rival < strength]] = True
    return lost


def repeated(edits: Edits) -> Array:
    """Which edits say again what a stronger one says: drops of a record that goes already."""
    record, cell = numbers(edits)
    place = np.where(edits["op"] == Op.DROP, -1 - record, cell)
    first = np.zeros(len(edits), dtype=bool)
    first[np.unique(place, return_index=True)[1]] = True
    return np.asarray(~first & (edits["op"] == Op.DROP), dtype=bool)
