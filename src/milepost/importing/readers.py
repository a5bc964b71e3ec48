"""Reads CSV, NDJSON and Parquet, gzipped or not, into batches of text columns with their line numbers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, NamedTuple, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import ImportFailed
from milepost.importing.mapping import FileMap, Format

#: A cell as text; an empty cell, a missing key and null are all None.
Column = list[str | None]
_GZIP_MAGIC = b"\x1f\x8b"
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
}


class RowError(NamedTuple):
    """Why the row at `line` (of a Parquet file: its row, from 1) was not stored."""

    line: int
    code: str
    field: str
    message: str


class RowBatch(msgspec.Struct, frozen=True):
    """Consecutive rows: `rows` were read, those that could be are in `columns`, the others in `errors`."""

    rows: int
    lines: list[int]
    columns: dict[str, Column]
    errors: list[RowError]
    #: Share of the file read so far, 0 to 1.
    share: float


def read_batches(path: Path, mapping: FileMap, size: int, limit: int | None = None) -> Iterator[RowBatch]:
    """Yields batches of `size` rows (the last may be shorter), at most `limit` rows in all.

    Raises ImportFailed if the file cannot be read on or lacks a column the map names.
    """
    kind, zipped = file_format(path, mapping)
    try:
        if kind == "parquet":
            yield from _parquet(path, mapping, size, limit)
            return
        with path.open("rb") as raw:
            total = max(path.stat().st_size, 1)
            read = _csv if kind == "csv" else _ndjson
            stream: IO[bytes] = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if zipped else raw
            yield from read(path, stream, mapping, size, limit, lambda: min(raw.tell() / total, 1.0))
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise ImportFailed(
            f"{path}: cannot be read any further ({error}). What was read before is stored; "
            "get a whole copy of the file and run the same command again."
        ) from error


def file_format(path: Path, mapping: FileMap) -> tuple[Format, bool]:
    """What the file is and whether it is gzipped (by its bytes, not its name). Raises ImportFailed."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP_MAGIC
    except OSError as error:
        raise ImportFailed(f"{path}: cannot be opened ({error.strerror}). Check the path.") from error
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    kind = mapping.file.format or _SUFFIXES.get(suffix.lower())
    if kind is None:
        raise ImportFailed(
            f'{path}: {suffix or "no suffix"} is not a known kind of file. Add [file] format = "csv", '
            '"ndjson" or "parquet" to the map.'
        )
    if kind == "parquet" and zipped:
        raise ImportFailed(f"{path}: a gzipped Parquet file cannot be read in parts. Run gunzip on it first.")
    return kind, zipped


def _require(path: Path, mapping: FileMap, have: list[str]) -> None:
    for column, key in mapping.columns().items():
        if column not in have:
            raise mapping.fault(key, f"{path.name} has no column {column!r}. It has: {', '.join(have)}.")


def _csv(
    path: Path, stream: IO[bytes], mapping: FileMap, size: int, limit: int | None, share: Callable[[], float]
) -> Iterator[RowBatch]:
    # surrogateescape keeps a row with broken UTF-8 readable, so that it alone is refused, with its line
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    tab = path.name.lower().removesuffix(".gz").endswith(".tsv")
    reader = csv.reader(text, delimiter=mapping.file.delimiter or ("\t" if tab else ","))
    header = mapping.file.columns
    if header is None:
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise ImportFailed(f"{path}: line 1 is not a CSV header ({error}). Check the file's format.") from error
    _require(path, mapping, header)
    wanted = {column: header.index(column) for column in mapping.columns()}
    width, left = len(header), limit
    ended = False
    while not ended:
        lines: list[int] = []
        rows: list[list[str]] = []
        errors: list[RowError] = []
        most = size if left is None else min(size, left)
        while len(lines) + len(errors) < most:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                ended = True
                break
            except csv.Error as error:
                errors.append(
                    RowError(line, "invalid_value", "line", f"not readable as CSV, {error}; check its quotes")
                )
                continue
            if len(row) == width:
                lines.append(line)
                rows.append(row)
            elif row:
                message = f"has {len(row)} cells where the header has {width}; check its quotes and delimiters"
                errors.append(RowError(line, "invalid_value", "line", message))
        count = len(lines) + len(errors)
        if count:
            columns: dict[str, Column] = {name: [row[at] or None for row in rows] for name, at in wanted.items()}
            yield RowBatch(count, lines, columns, errors, share())
        if left is not None:
            left -= count
            ended = ended or left == 0


def _ndjson(
    path: Path, stream: IO[bytes], mapping: FileMap, size: int, limit: int | None, share: Callable[[], float]
) -> Iterator[RowBatch]:
    wanted = list(mapping.columns())
    decode = msgspec.json.Decoder().decode
    left, line, seen = limit, 0, set[str]()
    source = iter(stream)
    ended = False
    while not ended:
        lines: list[int] = []
        rows: list[Column] = []
        errors: list[RowError] = []
        most = size if left is None else min(size, left)
        while len(lines) + len(errors) < most:
            raw = next(source, None)
            if raw is None:
                ended = True
                break
            line += 1
            try:
                row = decode(raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw)
                cells = [as_text(_dig(row, name)) for name in wanted] if isinstance(row, dict) else None
            except (ValueError, RecursionError) as error:
                if not raw.isspace():
                    errors.append(RowError(line, "invalid_json", "line", f"is not valid JSON ({error})"))
                continue
            if cells is not None:
                lines.append(line)
                rows.append(cells)
            else:
                errors.append(RowError(line, "invalid_type", "line", "is not a JSON object; each line must be one"))
        count = len(lines) + len(errors)
        if count:
            columns = {name: [row[at] for row in rows] for at, name in enumerate(wanted)}
            seen.update(name for name, column in columns.items() if any(column))
            yield RowBatch(count, lines, columns, errors, share())
        if left is not None:
            left -= count
            ended = ended or left == 0
    # a key that no object has is a mistake in the map, not an empty column
    if line and mapping.timestamp.column not in seen:
        raise mapping.fault("timestamp.column", f"no object of {path.name} has the key {mapping.timestamp.column!r}.")


def _dig(row: dict[str, object], name: str) -> object:
    """`row[name]`, or by steps for a dotted name such as `properties.tool`."""
    if name in row or "." not in name:
        return row.get(name)
    value: object = row
    for step in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def as_text(value: object) -> str | None:
    """A value as a CSV would have it."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)


def _parquet(path: Path, mapping: FileMap, size: int, limit: int | None) -> Iterator[RowBatch]:
    with pq.ParquetFile(path) as file:
        _require(path, mapping, list(file.schema_arrow.names))
        total = max(file.metadata.num_rows, 1)
        wanted = list(mapping.columns())
        done = 0
        # arrow's batches end at row groups: put them together so that a batch has always `size` rows
        held: list[pa.RecordBatch] = []
        for piece in file.iter_batches(batch_size=size, columns=wanted):
            held.append(piece)
            table = pa.Table.from_batches(held)
            while table.num_rows >= size:
                yield _parquet_batch(table.slice(0, size), done, limit, total)
                done += size
                table = table.slice(size)
                if limit is not None and done >= limit:
                    return
            held = table.to_batches()
        if held and sum(piece.num_rows for piece in held):
            yield _parquet_batch(pa.Table.from_batches(held), done, limit, total)


def _parquet_batch(table: pa.Table, done: int, limit: int | None, total: int) -> RowBatch:
    if limit is not None:
        table = table.slice(0, limit - done)
    columns: dict[str, Column] = {}
    for name in table.column_names:
        values = table[name].to_pylist()
        plain = pa.types.is_integer(table[name].type)
        columns[name] = [None if v is None else str(v) for v in values] if plain else [as_text(v) for v in values]
    rows = table.num_rows
    return RowBatch(rows, list(range(done + 1, done + rows + 1)), columns, [], (done + rows) / total)
