"""Storing what one commit holds: rows that PostgreSQL cannot take are found, and locks that fail are tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
import psycopg
from psycopg import AsyncConnection

from milepost.ingest import metrics
from milepost.ingest.events import Row, Told
from milepost.store.queries import load

_T = TypeVar("_T")
_SQL = load("milepost.ingest", "write.sql")
_encode = msgspec.json.Encoder().encode
_RETRIES = 5


async def store(connection: AsyncConnection, rows: list[Row], unstorable: dict[str, str]) -> set[str]:
    """Stores rows in one commit and answers the new ids. Rows that PostgreSQL cannot take are found by halving."""
    text = _encode(rows).decode()

    async def insert() -> set[str]:
        cursor = await connection.execute(_SQL["store_events"], (text,))
        return {str(event_id) for (event_id,) in await cursor.fetchall()}

    try:
        return await _with_retries(connection, insert)
    except psycopg.Error as error:
        if not _row_at_fault(error):
            raise
        if len(rows) == 1:
            unstorable[rows[0].event_id] = (error.diag.message_primary or str(error)).strip()
            return set()
        half = len(rows) // 2
        first = await store(connection, rows[:half], unstorable)
        return first | await store(connection, rows[half:], unstorable)


async def store_told(connection: AsyncConnection, told: Sequence[Told], unstorable: dict[str, str]) -> None:
    """Applies ties and traits in one transaction. What PostgreSQL cannot take is found by halving, as with rows.

    They go before their events, so that no retry is needed to bring them about once an event is stored.
    """

    async def apply() -> None:
        async with connection.transaction():
            ids = [one.event_id for one in told]
            stored = {str(row[0]) for row in await (await connection.execute(_SQL["stored_events"], (ids,))).fetchall()}
            for one in told:
                if one.event_id not in stored:
                    await _apply(connection, one)

    try:
        await _with_retries(connection, apply)
    except psycopg.Error as error:
        if not _row_at_fault(error):
            raise
        if len(told) == 1:
            unstorable[told[0].event_id] = (error.diag.message_primary or str(error)).strip()
            return
        half = len(told) // 2
        await store_told(connection, told[:half], unstorable)
        await store_told(connection, told[half:], unstorable)


async def _apply(connection: AsyncConnection, told: Told) -> None:
    for traits in told.traits:
        values = {f"{traits.of}_id": traits.id, "name": traits.name, "traits": traits.traits.decode()}
        await connection.execute(_SQL[f"describe_{traits.of}"], values)
    for tie in told.ties:
        await connection.execute(_SQL["tie"], (tie.call, tie.kind, tie.from_id, tie.to_id))


def _row_at_fault(error: psycopg.Error) -> bool:
    """Data, integrity, and values past PostgreSQL's limits (54): what a single row can be at fault for."""
    return isinstance(error, (psycopg.DataError, psycopg.IntegrityError)) or (error.sqlstate or "").startswith("54")


async def _with_retries(connection: AsyncConnection, attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Two writers that lock each other out, or a lock that takes too long, are no reason to lose anything."""
    for tries_left in range(_RETRIES, -1, -1):
        try:
            return await attempt()
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable):
            if tries_left == 0 or connection.broken:
                raise
            metrics.COMMITS.labels("retried").inc()
    raise AssertionError("unreachable")
