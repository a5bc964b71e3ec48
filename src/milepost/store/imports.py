"""Says in the database that an import is under way: nothing is made of half of what there is (docs/coach.md).

A lease and no lock: it ends by itself after a process that was killed, and passes a PgBouncer in transaction mode.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import uuid4

import psycopg

from milepost.store.database import Database, DictConnection
from milepost.store.queries import load

_SQL = load("milepost.store", "imports.sql")
#: How long an import counts as under way after its last sign of life.
LEASE: Final = timedelta(minutes=3)
#: Seconds between two of them.
_SIGN_EVERY: Final = 15.0


class Given(NamedTuple):
    """An import that was given up: it was killed, or broke off, and nobody knows how much of it is missing."""

    what: str
    begun_at: datetime


class ImportMark:
    """One import, on a connection in autocommit. `what` is imported, in a word for the log."""

    def __init__(self, connection: psycopg.Connection[Any], what: str) -> None:
        """From here on it is under way. Waits for a batch that is being settled. Raises psycopg.Error."""
        self._connection = connection
        self._values = _values(what)
        connection.execute(_SQL["begin"], self._values)
        self._signed_at = time.monotonic()

    def go_on(self) -> None:
        """A sign of life, now and then: call it as often as there is one. Raises psycopg.Error."""
        if time.monotonic() - self._signed_at >= _SIGN_EVERY:
            self._connection.execute(_SQL["go_on"], self._values)
            self._signed_at = time.monotonic()

    def end(self) -> None:
        """All of it is stored. One that broke off is not ended: it counts until its lease is over."""
        self._connection.execute(_SQL["end"], self._values)


@asynccontextmanager
async def import_mark(database: Database, what: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The same on a pool's connections; call what it gives as a sign of life. Raises DatabaseUnavailable."""
    values = _values(what)

    async def say(name: str) -> None:
        async with database.transaction() as connection:
            await connection.execute(_SQL[name], values)

    await say("begin")
    signed_at = time.monotonic()

    async def go_on() -> None:
        nonlocal signed_at
        if time.monotonic() - signed_at >= _SIGN_EVERY:
            await say("go_on")
            signed_at = time.monotonic()

    yield go_on
    await say("end")


async def count_imports(connection: DictConnection) -> int:
    """How many are under way."""
    row = await (await connection.execute(_SQL["count"])).fetchone()
    return int(str(row["imports"])) if row else 0


def import_under_way(connection: psycopg.Connection[Any]) -> bool:
    """Whether there is one. Raises psycopg.Error."""
    return connection.execute(_SQL["count"]).fetchone() != (0,)


def give_up_lost(connection: psycopg.Connection[Any]) -> list[Given]:
    """Forgets the imports that give no sign of life any more, and answers which those were. Raises psycopg.Error."""
    return [Given(*row) for row in connection.execute(_SQL["give_up"])]


def _values(what: str) -> dict[str, object]:
    return {"import_id": uuid4(), "what": what, "lease": LEASE}
