"""Storing what one commit holds: rows that PostgreSQL cannot take are found, and locks that fail are tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import msgspec
import psycopg
from psycopg import AsyncConnection

from milepost.ingest import metrics
from milepost.ingest.claims import apply_call
from milepost.ingest.events import EventRow, Held, IdentityCall
from milepost.ingest.halving import Halving
from milepost.store.queries import load

_T = TypeVar("_T")
_SQL = load("milepost.ingest", "write.sql")
_encode = msgspec.json.Encoder().encode
_RETRIES = 5


async def store(connection: AsyncConnection, rows: Sequence[EventRow], unstorable: dict[str, str]) -> set[str]:
    """Stores rows in one commit and answers the new ids; `unstorable` takes the ids that PostgreSQL cannot."""
    new: set[str] = set()

    async def insert(part: Sequence[EventRow]) -> None:
        cursor = await connection.execute(_SQL["store_events"], (_encode(part).decode(),))
        new.update(str(event_id) for (event_id,) in await cursor.fetchall())

    await _halving(connection, rows, insert, unstorable)
    return new


async def store_identity_calls(
    connection: AsyncConnection, calls: Sequence[IdentityCall], unstorable: dict[str, str]
) -> dict[str, list[Held]]:
    """Applies ties and traits in one transaction, and answers what was held back, by event; `unstorable` as with rows.

    They go before their events, so that no retry is needed to bring them about once an event is stored.
    """

    held: dict[str, list[Held]] = {}

    async def apply(part: Sequence[IdentityCall]) -> None:
        async with connection.transaction():
            ids = [call.event_id for call in part]
            stored = {str(row[0]) for row in await (await connection.execute(_SQL["stored_events"], (ids,))).fetchall()}
            for call in part:
                if call.event_id not in stored:
                    held[call.event_id] = await apply_call(connection, call)

    await _halving(connection, calls, apply, unstorable)
    return held


_Storable = TypeVar("_Storable", EventRow, IdentityCall)


async def _halving(
    connection: AsyncConnection,
    rows: Sequence[_Storable],
    store_part: Callable[[Sequence[_Storable]], Awaitable[None]],
    unstorable: dict[str, str],
) -> None:
    parts = Halving(rows)
    for part in parts:
        try:
            await _with_retries(connection, partial(store_part, part))
        except psycopg.Error as error:
            parts.failed(error)
    unstorable.update((rows[place].event_id, message) for place, message in parts.faults.items())


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
