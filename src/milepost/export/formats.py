"""Tables as Parquet, CSV, NDJSON and Arrow's stream, written as they come and never held whole.

pyarrow is imported when something is exported: it takes a while, and the server starts without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from milepost.errors import InvalidRequest
from milepost.export.data_sets import Column, DataSet

if TYPE_CHECKING:
    import pyarrow

    from milepost.export.asked import Format

#: Rows of a Parquet file's row group, and what it may take before it is written with fewer.
_GROUP_ROWS: Final = 131_072
_GROUP_BYTES: Final = 48 << 20
MEDIA_TYPES: Final = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "arrow": "application/vnd.apache.arrow.stream",
}
_QUOTE: Final = '"'
_TO_ESCAPE: Final = frozenset((*range(0x20), ord('"'), ord("\\")))
_PLAIN: Final = bytes(set(range(256)) - _TO_ESCAPE)
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ENDINGS: Final = {"parquet": "parquet", "csv": "csv", "ndjson": "ndjson", "arrow": "arrows"}


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: Any, /) -> int: ...


class Writer(Protocol):
    """Takes whole rows as COPY writes them (format csv), a block at a time; the sink stays open after `close`."""

    def write(self, block: bytes, /) -> None: ...

    def close(self) -> None: ...


def schema_of(
    of: DataSet, columns: Sequence[Column], format_: Format, more: dict[str, str] | None = None
) -> pyarrow.Schema:
    """Its columns as Arrow has them, each with what it means; `more` is told beside name and version. For NDJSON all
    are texts, as PostgreSQL writes them: they become texts again."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "json": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
    }
    fields = [
        pa.field(
            one.name,
            pa.string() if format_ == "ndjson" else kinds[one.kind],
            nullable=one.name not in of.key,
            metadata={"description": one.says},
        )
        for one in columns
    ]
    told = {"milepost.data_set": of.name, "milepost.version": str(of.version), **(more or {})}
    return pa.schema(fields, metadata=told)


def writer(format_: Format, sink: Sink, schema: pyarrow.Schema, columns: Sequence[Column]) -> Writer:
    """Raises InvalidRequest for a format there is not."""
    match format_:
        case "parquet":
            return _Parquet(sink, schema)
        case "csv":
            return _Csv(sink, columns)
        case "ndjson":
            return _Ndjson(sink, schema, columns)
        case "arrow":
            return _Arrow(sink, schema)
    raise InvalidRequest(f"There is no format {format_!r}.", field="format")


class _Parquet:
    def __init__(self, sink: Sink, schema: pyarrow.Schema) -> None:
        from pyarrow import parquet

        self._schema = schema
        self._writer = parquet.ParquetWriter(sink, schema, compression="zstd", store_schema=True)
        self._waiting: list[pyarrow.Table] = []
        self._rows = self._bytes = 0

    def write(self, block: bytes) -> None:
        table = _table(block, self._schema)
        self._waiting.append(table)
        self._rows += table.num_rows
        self._bytes += table.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=_GROUP_ROWS)
        self._waiting, self._rows, self._bytes = [], 0, 0

    def close(self) -> None:
        self._flush()
        self._writer.close()


class _Csv:
    """COPY's own lines below the names: texts in quotes, null is nothing at all (`copy_as_csv` of data_sets.sql)."""

    def __init__(self, sink: Sink, columns: Sequence[Column]) -> None:
        self._sink = sink
        sink.write((",".join(f'"{column.name}"' for column in columns) + "\n").encode())

    def write(self, block: bytes) -> None:
        self._sink.write(block)

    def close(self) -> None:
        pass


class _Arrow:
    def __init__(self, sink: Sink, schema: pyarrow.Schema) -> None:
        import pyarrow as pa

        self._schema = schema
        self._writer = pa.ipc.new_stream(sink, schema)

    def write(self, block: bytes) -> None:
        self._writer.write_table(_table(block, self._schema))

    def close(self) -> None:
        self._writer.close()


class _Ndjson:
    """A line of JSON a row, put together a column at a time."""

    def __init__(self, sink: Sink, schema: pyarrow.Schema, columns: Sequence[Column]) -> None:
        self._sink = sink
        self._schema = schema
        self._columns = columns

    def write(self, block: bytes) -> None:
        for batch in _table(block, self._schema).to_batches():
            self._write(batch)

    def _write(self, batch: pyarrow.RecordBatch) -> None:
        import pyarrow as pa
        from pyarrow import compute

        parts: list[pyarrow.Array | pyarrow.Scalar] = []
        between = "{"
        for place, column in enumerate(self._columns):
            values, quoted = _as_json(batch.column(place), column.kind)
            between += f'"{column.name}":'
            after = "," if place + 1 < len(self._columns) else "}\n"
            if values.null_count == len(values):
                between += f"null{after}"
                continue
            if quoted and not values.null_count:
                between, after = between + '"', '"' + after
            elif quoted:
                values = compute.binary_join_element_wise(_QUOTE, values, _QUOTE, "")
            parts += [pa.scalar(between), compute.fill_null(values, "null") if values.null_count else values]
            between = after
        lines = compute.binary_join_element_wise(*parts, pa.scalar(between), "")
        self._sink.write(_text_of(lines))

    def close(self) -> None:
        pass


def _as_json(values: pyarrow.Array, kind: str) -> tuple[pyarrow.Array, bool]:
    """Each value, as PostgreSQL writes it, as JSON has it, and whether quotes belong around it."""
    from pyarrow import compute

    match kind:
        # JSON stays a text: readers want one type of a column, and what is in it differs from row to row.
        case "text" | "json":
            return _escaped(values), True
        case "time":
            values = compute.replace_substring(values, " ", "T")
            return compute.replace_substring(values, "+00", "Z"), True
        case "day":
            return values, True
        case "boolean":
            return compute.if_else(compute.equal(values, "t"), "true", "false"), False
        case _:
            return values, False


def _escaped(values: pyarrow.Array) -> pyarrow.Array:
    """As JSON writes a text between quotes."""
    from pyarrow import compute

    # What is left is found many times as fast as by a search for it.
    found = map(chr, set(bytes(_text_of(values)).translate(None, _PLAIN)))
    # The backslash first: the others bring some of their own.
    for plain in sorted(found, key=lambda one: one != "\\"):
        values = compute.replace_substring(values, plain, _ESCAPES.get(plain, f"\\u{ord(plain):04x}"))
    return values


def _text_of(values: pyarrow.Array) -> memoryview:
    """The bytes of all its texts, which lie behind one another."""
    _, ends, data = values.buffers()
    offsets = memoryview(ends).cast("i")
    first, last = offsets[values.offset], offsets[values.offset + len(values)]
    return memoryview(data)[first:last] if data is not None else memoryview(b"")


def _table(block: bytes, schema: pyarrow.Schema) -> pyarrow.Table:
    """Whole rows of PostgreSQL's CSV, where nothing is null and `""` a text without characters."""
    import pyarrow as pa
    from pyarrow import csv

    found = csv.read_csv(
        pa.BufferReader(block),
        # One block: a row may be longer than any that one would choose.
        read_options=csv.ReadOptions(column_names=schema.names, block_size=len(block) + 1),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
            timestamp_parsers=[csv.ISO8601],
        ),
    )
    return found.cast(schema)
