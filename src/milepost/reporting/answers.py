"""What PostgreSQL answered, as values that JSON has: text as it writes it, but for numbers and truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from psycopg import postgres, pq

Cell = str | int | float | bool | None
#: `time`, `day`, `json`: a text, as PostgreSQL writes it in ISO style and UTC. `text`: all else.
CellKind = Literal["text", "number", "boolean", "time", "day", "json"]

_KINDS: Final[dict[str, CellKind]] = {
    "int2": "number", "int4": "number", "int8": "number", "oid": "number", "float4": "number", "float8": "number",
    "numeric": "number", "bool": "boolean", "timestamptz": "time", "timestamp": "time", "date": "day",
    "json": "json", "jsonb": "json",
}  # fmt: skip
_BY_OID: Final = {postgres.types[name].oid: kind for name, kind in _KINDS.items()}


class SqlColumn(msgspec.Struct, frozen=True):
    """A column of the answer, as the statement names it."""

    name: str
    kind: CellKind


class SqlAnswer(msgspec.Struct, frozen=True):
    """`rows` in the order of the statement, a list a row. `more`: there are further rows, which were not read."""

    columns: Sequence[SqlColumn]
    rows: Sequence[Sequence[Cell]]
    more: bool


def columns_of(result: pq.abc.PGresult) -> list[SqlColumn]:
    """The columns of a result."""
    return [
        SqlColumn(_text(result.fname(place)) or "?", _BY_OID.get(result.ftype(place), "text"))
        for place in range(result.nfields)
    ]


def rows_of(result: pq.abc.PGresult, columns: Sequence[SqlColumn]) -> tuple[list[list[Cell]], int]:
    """The rows of a result in PostgreSQL's text format, and how many bytes its values have."""
    size, rows = 0, []
    for row in range(result.ntuples):
        values = [result.get_value(row, place) for place in range(len(columns))]
        size += sum(len(value) for value in values if value is not None)
        rows.append([_cell(value, column.kind) for value, column in zip(values, columns, strict=True)])
    return rows, size


def _cell(value: Any, kind: CellKind) -> Cell:
    if value is None:
        return None
    text = _text(value)
    match kind:
        case "boolean":
            return text == "t"
        case "number":
            return _number(text)
    return text


def _number(text: str) -> int | float | str:
    """JSON has no NaN and no infinity: they stay texts."""
    if text.removeprefix("-").isdecimal():
        return int(text)
    found = float(text)
    return found if math.isfinite(found) else text


def _text(value: Any) -> str:
    return bytes(value or b"").decode("utf-8", "replace")
