"""How commands reach the database: the one named by MILEPOST_DATABASE_URL, else the embedded one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.embedded import attach_or_start
from milepost.store.migrate import check

T = TypeVar("T")


@contextmanager
def database_dsn(settings: Settings) -> Iterator[str]:
    """The dsn of a database of this release. Beside a running server it uses that one's; else it starts it for the
    command. Raises Conflict for one that is not: only `milepost migrate` and the server change a schema."""
    with any_database_dsn(settings) as dsn:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            check(connection)
        yield dsn


@contextmanager
def any_database_dsn(settings: Settings) -> Iterator[str]:
    """The dsn of a database of whatever release, for `milepost migrate`."""
    if settings.database_url:
        yield settings.database_url
        return
    with attach_or_start(settings.data_dir) as dsn:
        yield dsn


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Runs `work` on the database."""

    async def run(dsn: str) -> T:
        database = Database(dsn, size=2, query_seconds=settings.query_seconds)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    with database_dsn(settings) as dsn:
        return asyncio.run(run(dsn))
