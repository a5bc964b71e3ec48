"""How commands reach the database: the one named by MILEPOST_DATABASE_URL, else the embedded one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg

from milepost.errors import Problem
from milepost.plan import Plan
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.embedded import AlreadyOwned, attach_or_start
from milepost.store.embedded_lock import OwnerLock
from milepost.store.migrate import check
from milepost.store.saved_plans import plan_in_force, plan_without_database

T = TypeVar("T")


@contextmanager
def database_dsn(settings: Settings) -> Iterator[str]:
    """The dsn of a database of this release. Beside a running server it uses that one's; else it starts it for the
    command. Raises Conflict for one that is not: only `milepost migrate` and the server change a schema; and Problem
    where there is none: only those two make one."""
    need_database(settings)
    with any_database_dsn(settings) as dsn:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            check(connection)
        yield dsn


def need_database(settings: Settings) -> None:
    """Raises Problem unless the data folder holds a database, or its server is about to make one: a mistyped folder is
    not to become one. Another PostgreSQL answers for itself."""
    if not settings.embedded:
        return
    folder = settings.data_dir.expanduser()
    try:
        while not (folder / "postgres" / "PG_VERSION").exists():
            if not _is_owned(folder):
                raise Problem(
                    f"{folder.absolute()} holds no Milepost database. Check --data-dir and MILEPOST_DATA_DIR; a new"
                    " database is made there by `milepost serve`."
                )
            time.sleep(0.2)
    except PermissionError as error:
        raise Problem(f"{error}. Run this as the user who runs the server.") from error


def known_plan(settings: Settings) -> Plan:
    """The plan in force: as the server decides, and the default where there is no database yet. Raises PlanError."""
    holds_one = not settings.embedded or (settings.data_dir.expanduser() / "postgres" / "PG_VERSION").exists()
    without = plan_without_database(settings.plan_file)
    if without.file is not None or not holds_one:
        return without.plan
    with any_database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
        return plan_in_force(connection, None).plan


def _is_owned(folder: Path) -> bool:
    lock = OwnerLock(folder)
    if not lock.path.exists():
        return False
    try:
        lock.acquire()
    except AlreadyOwned:
        return True
    lock.release()
    return False


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
