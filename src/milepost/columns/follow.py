"""Follows PostgreSQL: what changed since a snapshot, in the mirror's columns, as COPY writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from string import Template
from typing import LiteralString, NamedTuple

from psycopg import Connection, sql

from milepost.store.queries import load

_SQL = load("milepost.columns", "follow.sql")

#: The mirror's columns in the order of follow.sql's `row`.
COLUMNS: tuple[str, ...] = (
    "event_id", "customer", "user", "session_id", "event_type", "event_name", "actor_type", "tool_id", "tool_section",
    "business_impact",
    "competency_area", "current_arr", "target_arr", "growth_stage", "device_type", "browser", "page_url", "referrer",
    "referrer_source", "session_duration", "time_on_page", "metadata", "is_bot", "ts", "ver", "is_deleted",
)  # fmt: skip
#: The columns of traits, in the order of traits.sql's `row`.
TRAITS: tuple[str, ...] = ("name", "number", "since", "until", "text", "list", "figure", "ver", "is_deleted")
#: A block of rows for one insert, in bytes: large enough for speed, small enough for memory.
_BLOCK = 16 << 20
#: Begins a transaction that sees one moment.
READ_ONLY: LiteralString = "set transaction isolation level repeatable read, read only"
_WITHIN: LiteralString = """and e."timestamp" >= {first}
    and e."timestamp" < ({first} at time zone 'UTC' + interval '1 month') at time zone 'UTC'"""
#: How COPY writes a null between two columns; a backslash that somebody sent is written twice.
_NULL = b"\t\\N\t"


class Unnumbered(Exception):
    """An event is of a customer or user without a number: `number_people` gives them theirs."""


class Moment(NamedTuple):
    """How far PostgreSQL is: a snapshot, its clock, and which database this is."""

    snapshot: str
    at: datetime
    epoch: str
    cleaned_xid: str | None


class Change(NamedTuple):
    change_id: int
    kind: str
    events: int


class RemovedEvent(NamedTuple):
    """Where an event stood that is no more; `ts` as the mirror reads it."""

    event_id: str
    customer: int
    ts: str


def moment(connection: Connection) -> Moment:
    """This moment. In a transaction that reads a snapshot of its own, the moment of that."""
    row = connection.execute(_SQL["moment"]).fetchone()
    assert row is not None
    return Moment(*row)


def changes(connection: Connection, seen: str, now: str) -> list[Change]:
    """What snapshot `now` sees of changes and `seen` did not, in the order they were made."""
    return [Change(*row) for row in connection.execute(_SQL["changes"], {"seen": seen, "now": now})]


def missed(connection: Connection, seen: str, cleaned_xid: str | None) -> bool:
    """Whether changes after `seen` have been cleaned up already."""
    if cleaned_xid is None:
        return False
    row = connection.execute("select pg_visible_in_snapshot(%s::xid8, %s::pg_snapshot)", (cleaned_xid, seen)).fetchone()
    return row is None or not row[0]


def is_behind(connection: Connection, seen: str) -> bool:
    """Whether this database has not come as far as `seen`: it was restored from an older copy."""
    row = connection.execute(
        "select pg_snapshot_xmax(%s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())", (seen,)
    ).fetchone()
    return row is None or bool(row[0])


def number_people(connection: Connection, changed: Sequence[int] | None = None) -> None:
    """Gives numbers to the people of the changed events, or of all."""
    if changed is None:
        connection.execute(_SQL["number_all"])
    else:
        connection.execute(_SQL["number_changed"], {"changes": list(changed)})


def copy_changed(connection: Connection, changed: Sequence[int], ver: int) -> Iterator[bytes]:
    """The changed events that are still there, as blocks of COPY text. Raises Unnumbered."""
    statement = sql.SQL(_filled("copy_changed", ver)).format(sql.Literal(list(changed)))
    return _blocks(connection, statement)


def copy_all(connection: Connection, ver: int, month: int | None = None) -> Iterator[bytes]:
    """Every event that stands (in a month of UTC: 202611), of people who have numbers, as blocks of COPY text."""
    statement = sql.SQL(_filled("copy_all", ver, "" if month is None else _WITHIN))
    if month is None:
        return _blocks(connection, statement)
    first = datetime(month // 100, month % 100, 1, tzinfo=UTC)
    return _blocks(connection, statement.format(first=sql.Literal(first)))


def gone(connection: Connection, changed: Sequence[int]) -> list[RemovedEvent]:
    """Where events stood, of the changes among these that took some away."""
    return [RemovedEvent(*row) for row in connection.execute(_SQL["gone"], {"changes": list(changed)})]


def count_all(connection: Connection) -> int:
    row = connection.execute(_SQL["count_all"]).fetchone()
    assert row is not None
    return int(row[0])


def day_counts(connection: Connection) -> dict[str, int]:
    """Live events by UTC day."""
    return {day: int(count) for day, count in connection.execute(_SQL["day_counts"])}


def days(connection: Connection) -> dict[str, tuple[int, int]]:
    """Live events by UTC day: how many, and a checksum of all that the mirror holds of them, modulo 2^64."""
    statement = Template(_SQL["days"]).substitute(row=_SQL["row"], people=_SQL["people"])
    # Ours alone: nothing that anybody sent is part of the statement.
    return {day: (int(n), int(total)) for day, n, total in connection.execute(statement)}


def _filled(name: str, ver: int, within: LiteralString = "") -> LiteralString:
    row = f"{_SQL['row']}, {ver}, 0"
    # What `format` would read as its own is written twice.
    row = row.replace("{", "{{").replace("}", "}}")
    return Template(_SQL[name]).substitute(row=row, people=_SQL["people"], changes="{}", within=within)


def _blocks(connection: Connection, statement: sql.SQL | sql.Composed) -> Iterator[bytes]:
    """What COPY writes, cut between rows."""

    def block() -> bytes:
        whole = b"".join(parts)
        if _NULL in whole:
            raise Unnumbered
        return whole

    if isinstance(statement, sql.SQL):
        statement = statement.format()
    parts: list[bytes] = []
    size = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for data in copy:  # each ends with the end of a row
            parts.append(bytes(data))
            size += len(data)
            if size >= _BLOCK:
                yield block()
                parts, size = [], 0
    if parts:
        yield block()
