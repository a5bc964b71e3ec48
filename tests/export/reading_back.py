"""Reads exported files again, each by a reader that is not ours, into plain rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from milepost.export.data_sets import Column


def rows_in(data: bytes, format_: str, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    """Rows in order, as `rows_of` has them."""
    return sorted(_READERS[format_](data, columns), key=repr)


def _parquet(data: bytes, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    return _of_table(parquet.read_table(io.BytesIO(data)), columns)


def _arrow(data: bytes, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    return _of_table(pa.ipc.open_stream(data).read_all(), columns)


def _of_table(table: pa.Table, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    assert table.schema.names == [column.name for column in columns]
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _csv(data: bytes, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    # Python's reader does not tell a null from a text without characters, so both are "" here.
    head, *lines = csv.reader(io.StringIO(data.decode(), newline=""))
    assert head == [column.name for column in columns]
    return [tuple(_value(text, column) for text, column in zip(line, columns, strict=True)) for line in lines]


def _ndjson(data: bytes, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    found = []
    for line in data.decode().split("\n")[:-1]:
        row = json.loads(line)
        assert list(row) == [column.name for column in columns]
        found.append(tuple(_told(row[column.name], column) for column in columns))
    return found


_READERS = {"parquet": _parquet, "arrow": _arrow, "csv": _csv, "ndjson": _ndjson}


def _value(text: str, column: Column) -> Any:
    if text == "":
        return "" if column.kind in ("text", "json") else None
    match column.kind:
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "boolean":
            return {"true": True, "false": False}[text]
        case "time":
            return datetime.fromisoformat(text)
        case "day":
            return date.fromisoformat(text)
    return text


def _told(value: Any, column: Column) -> Any:
    if value is None:
        return None
    match column.kind:
        case "time":
            return datetime.fromisoformat(value)
        case "day":
            return date.fromisoformat(value)
        case "number":
            return float(value)
    return value
