"""metadata.parquet as text, a JSON record a line, and that text put back: the cells that differ, and nothing else.

The text is what the rows are read from and edited in. A row that goes leaves a blank line, so that lines stay row numbers.
Columns whose values JSON does not know (dates, bytes) stand there for people; they cannot be edited.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from annotool.errors import AnnotoolError, MissingExtraError

__all__ = ["fitting", "is_parquet", "packed", "unpacked"]

MAGIC = b"PAR1"


def is_parquet(held: bytes) -> bool:
    """Whether bytes are those of a parquet file."""
    return held.startswith(MAGIC)


def arrow(name: str = "pyarrow.parquet") -> Any:
    """Return a module of pyarrow. Raises MissingExtraError where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError("metadata.parquet needs pyarrow: pip install 'annotool[parquet]'") from error


def unpacked(held: bytes) -> bytes:
    """Return the rows of a parquet file as text. Raises ValueError or OSError for what is none."""
    rows = arrow().read_table(io.BytesIO(held)).to_pylist()
    return "".join(f"{line(row)}\n" for row in rows).encode("utf-8", "surrogateescape")


def line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=odd)


def odd(value: Any) -> str:
    """What stands in the text for a value that JSON does not know."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def fitting(held: bytes) -> Callable[[str, Any], Any]:
    """Return a function of a column of this file and a value: the value as the column would hold it, a fraction in its
    precision. That one raises ValueError for a value the column cannot hold.
    """
    fields = {field.name: field for field in arrow().read_schema(io.BytesIO(held))}

    def fit(column: str, value: Any) -> Any:
        field = fields[column]
        if value is None and not field.nullable:
            raise ValueError(f"{column} has to have a value")
        try:
            kept = arrow("pyarrow").array([value], type=field.type).to_pylist()[0]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{column} is {field.type}: {error}") from error
        if not same(kept, value):
            raise ValueError(f"{column} is {field.type} and would hold {kept}, not {value}")
        return kept

    return fit


def same(kept: Any, value: Any) -> bool:
    """Whether a value was kept, but for the precision of fractions."""
    if isinstance(value, Mapping) and isinstance(kept, Mapping):
        return kept.keys() == value.keys() and all(same(kept[key], value[key]) for key in value)
    if isinstance(value, list) and isinstance(kept, list):
        return len(kept) == len(value) and all(map(same, kept, value))
    if isinstance(kept, float) and isinstance(value, int | float):
        return math.isclose(kept, value, rel_tol=1e-6)
    return bool(kept == value)


def packed(held: bytes, text: bytes) -> bytes:
    """Return a parquet file whose rows are those of this text: as `held` but for cells of lines that differ from its own,
    and rows whose line is blank. Schema, row groups, compression and metadata stay.

    Raises AnnotoolError where the file cannot be written so.
    """
    file = arrow().ParquetFile(io.BytesIO(held))
    old, new = (each.decode("utf-8", "surrogateescape").split("\n") for each in (unpacked(held), text))
    sink, at = io.BytesIO(), 0
    try:
        with arrow().ParquetWriter(sink, file.schema_arrow, **spelling(file)) as writer:
            for number in range(file.num_row_groups):
                rows = file.read_row_group(number)
                end = at + len(rows)
                writer.write_table(changed(rows, old[at:end], new[at:end]), row_group_size=max(len(rows), 1))
                at = end
            if file.schema_arrow.metadata and not spelling(file)["store_schema"]:
                writer.add_key_value_metadata(file.schema_arrow.metadata)
        made = sink.getvalue()
        kept = arrow().read_schema(io.BytesIO(made)).equals(file.schema_arrow, check_metadata=True)
        kept = kept and unpacked(made) == b"".join(each for each in text.splitlines(True) if each.strip())
    except (ValueError, TypeError, OSError, NotImplementedError) as error:
        raise AnnotoolError(f"cannot be written again: {error}; {INSTEAD}") from error
    if not kept:
        raise AnnotoolError(f"would not hold the same once it was written again; {INSTEAD}")
    return made


INSTEAD = "convert it to huggingface, which writes metadata.jsonl, and fix that"


def changed(rows: Any, old: list[str], new: list[str]) -> Any:
    """Return a table of rows with the cells changed whose lines differ, without the rows whose line is blank."""
    pyarrow = arrow("pyarrow")
    differ = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if other and one != other]
    before, after = ([json.loads(lines[at]) for at in differ] for lines in (old, new))
    for number, field in enumerate(rows.schema):
        cells = {
            at: own[field.name]
            for at, was, own in zip(differ, before, after, strict=True)
            if json.dumps(was[field.name]) != json.dumps(own[field.name])  # NaN is not NaN
        }
        if cells:
            put = pyarrow.array(list(cells.values()), type=field.type)
            place = {at: len(rows) + each for each, at in enumerate(cells)}
            both = pyarrow.chunked_array([*rows.column(number).chunks, put], type=field.type)
            take = pyarrow.array([place.get(at, at) for at in range(len(rows))], type=pyarrow.int64())
            rows = rows.set_column(number, field, both.unify_dictionaries().take(take))
    left = [at for at, each in enumerate(new) if each]
    return rows if len(left) == len(rows) else rows.take(pyarrow.array(left, type=pyarrow.int64()))


def spelling(file: Any) -> dict[str, Any]:
    """Return how a file is written, as arguments of a ParquetWriter; of what a column chunk says, the first one's."""
    meta = file.metadata
    columns = meta.row_group(0) if meta.num_row_groups else None
    chunks = [columns.column(at) for at in range(meta.num_columns)] if columns is not None else []
    codecs = {each.path_in_schema: each.compression.lower() for each in chunks}
    return {
        "version": meta.format_version if meta.format_version in ("1.0", "2.4", "2.6") else "2.6",
        "compression": {path: codec.replace("uncompressed", "none") for path, codec in codecs.items()},
        "use_dictionary": [each.path_in_schema for each in chunks if each.has_dictionary_page],
        "write_statistics": [each.path_in_schema for each in chunks if each.is_stats_set],
        "use_deprecated_int96_timestamps": any(each.physical_type == "INT96" for each in chunks),
        "store_schema": b"ARROW:schema" in (meta.metadata or {}),
        "use_compliant_nested_type": not any(".list.item" in path for path in codecs),
        "write_page_index": any(each.has_offset_index for each in chunks),
    }
