"""Erases customers and people: events some thousand at a time, so that nobody waits, then all that knows them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import parse_qsl, quote_plus, urlencode

import msgspec
from psycopg import AsyncConnection

from milepost.store.database import Database
from milepost.store.queries import load

Of = Literal["customer", "person"]

_SQL = load("milepost.privacy", "erase.sql")
#: Events deleted in one transaction: about a fifth of a second of work.
_BATCH = 2_000
_NOBODY = "(erased)"
#: Seconds between looks at whether the events have followed their ties.
_PAUSE = 0.1


class Erased(msgspec.Struct, frozen=True):
    """How far an erasure has come: `events` deleted by this call. `done`: nothing is left; else ask again."""

    events: int
    done: bool


async def erase(database: Database, of: Of, whose: str, *, enough: Callable[[], bool] = lambda: False) -> Erased:
    """Erases a customer, or a person in every customer: events, offline actions, traits and their history, notes,
    tasks, tags, ties, scores, badges, recommendations, and the mention in saved questions and segments. `enough` is
    asked between batches.

    Events that have yet to follow a tie (identity/follow.py) are waited for: until then they are not known as theirs.
    The column store forgets them within a second, and its files a while later. Erasing twice is erasing once. What
    arrives afterwards is somebody new. Raises DatabaseUnavailable.
    """
    while await _follows(database, of, whose):
        if enough():
            return Erased(0, done=False)
        await asyncio.sleep(_PAUSE)
    gone = 0
    while not enough():
        async with database.transaction() as connection:
            values = {"of": of, "whose": whose, "most": _BATCH}
            row = await (await connection.execute(_SQL["events"], values)).fetchone()
            deleted = int(str(row["gone"])) if row else 0
            gone += deleted
            if deleted == 0:
                await connection.execute(_SQL[of], {"whose": whose})
                await _forget_addresses(connection, whose)
                return Erased(gone, done=True)
    return Erased(gone, done=False)


async def _follows(database: Database, of: Of, whose: str) -> bool:
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["follows"], {"of": of, "whose": whose})).fetchone()
    return row is not None and bool(row["follows"])


async def _forget_addresses(connection: AsyncConnection[Any], whose: str) -> None:
    """Takes an id out of the addresses of saved reports, where it is a value of its own."""
    rows = await (await connection.execute(_SQL["addresses"], {"part": quote_plus(whose)})).fetchall()
    for row in rows:
        address = str(row["shown"].get("address") or "")
        pairs = parse_qsl(address, keep_blank_values=True)
        told = [(key, _NOBODY if value == whose else value) for key, value in pairs]
        if told != pairs:
            await connection.execute(_SQL["set_address"], {"id": row["report_id"], "address": urlencode(told)})
