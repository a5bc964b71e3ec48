"""Stores offline actions. They are few, so each request is its own commit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import psycopg

from milepost.errors import DatabaseUnavailable
from milepost.ingest.actions import AcceptedActions, ActionRow
from milepost.ingest.events import Receipt, Rejection
from milepost.ingest.halving import Halving
from milepost.store.database import Database, QueryTimeout
from milepost.store.queries import load

_RETRY_AFTER = 2
_SQL = load("milepost.ingest", "write.sql")


async def store_actions(database: Database, accepted: AcceptedActions, *, recorded_by: str | None = None) -> Receipt:
    """One commit for the request; rows that PostgreSQL cannot take are found and refused. `recorded_by`: who of the
    team did so by hand.

    Raises DatabaseUnavailable while PostgreSQL is away, DiskFull.
    """
    database.room.require()
    receipt = Receipt(0, 0, list(accepted.rejected))
    new: set[str] = set()
    parts = Halving(accepted.rows)
    for part in parts:
        try:
            new |= await _insert(database, part, recorded_by)
        except psycopg.Error as error:
            parts.failed(error)
    for index, (place, row) in enumerate(zip(accepted.places, accepted.rows, strict=True)):
        if row.action_id in new:
            new.remove(row.action_id)
            receipt.accepted += 1
        elif index in parts.faults:
            receipt.rejected.append(Rejection(place, row.action_id, "unstorable", None, parts.faults[index]))
        else:
            receipt.duplicates += 1
    receipt.rejected.sort(key=lambda rejection: rejection.index)
    return receipt


async def _insert(database: Database, rows: Sequence[ActionRow], recorded_by: str | None) -> set[str]:
    if not rows:
        return set()
    text = msgspec.json.encode(rows).decode()
    try:
        async with database.transaction() as connection:
            cursor = await connection.execute(_SQL["store_actions"], (text,))
            new = [str(row["action_id"]) for row in await cursor.fetchall()]
            if new and recorded_by:
                await connection.execute(_SQL["note_recorder"], {"action_ids": new, "recorded_by": recorded_by})
            return set(new)
    except QueryTimeout:
        # Nothing is wrong with the actions, so their sender must be told to come back.
        raise DatabaseUnavailable(retry_after=_RETRY_AFTER) from None
