"""Stores offline actions. They are few, so each request is its own commit."""

from __future__ import annotations

import msgspec
import psycopg

from milepost.errors import DatabaseUnavailable
from milepost.ingest.actions import AcceptedActions, ActionRow
from milepost.ingest.events import Receipt, Rejection
from milepost.store.database import Database, QueryTimeout
from milepost.store.queries import load

_RETRY_AFTER = 2
_SQL = load("milepost.ingest", "write.sql")


async def store_actions(database: Database, accepted: AcceptedActions, *, recorded_by: str | None = None) -> Receipt:
    """One commit for the request; a row that PostgreSQL cannot take is refused alone. `recorded_by`: who of the team
    did so by hand.

    Raises DatabaseUnavailable while PostgreSQL is away.
    """
    receipt = Receipt(0, 0, list(accepted.rejected))
    try:
        new = await _insert(database, accepted.rows, recorded_by)
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded):
        new = set()
        for place, row in zip(list(accepted.places), list(accepted.rows), strict=True):
            try:
                new |= await _insert(database, [row], recorded_by)
            except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded) as error:
                message = f"PostgreSQL cannot store it: {error.diag.message_primary}."
                receipt.rejected.append(Rejection(place, row.action_id, "unstorable", None, message))
                accepted.rows.remove(row)
    for row in accepted.rows:
        if row.action_id in new:
            new.remove(row.action_id)
            receipt.accepted += 1
        else:
            receipt.duplicates += 1
    receipt.rejected.sort(key=lambda rejection: rejection.index)
    return receipt


async def _insert(database: Database, rows: list[ActionRow], recorded_by: str | None) -> set[str]:
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
