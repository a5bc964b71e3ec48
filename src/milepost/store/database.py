"""The way to PostgreSQL: one pool for reading, transactions for a customer, and what to do when it is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from milepost.errors import Problem
from milepost.store.patience import PatientConnection, watchful
from milepost.store.room import Room

Row = dict[str, object]
DictConnection = PatientConnection[Row]

#: Seconds a caller waits for a free connection before it is told to come back.
_WAIT = 3.0
#: Of these, what a connection has to show that somebody is there.
_CHECK = 1.5
#: Beyond the longest that a statement may take.
_BEYOND = 2.0
#: Seconds after which the pool gives up one connection; whoever comes next has another made at once.
_RECONNECT = 10.0
_RETRY_AFTER = 2


class QueryTimeout(Problem):
    """This question took longer than it may. Ask for less: a shorter time range or fewer customers."""

    status = 422
    code = "query_timeout"


class Database:
    """PostgreSQL, as the server reads it. Connections are opened in the background, so it may be away at the start."""

    def __init__(self, dsn: str, *, size: int, query_seconds: int, room: Room | None = None) -> None:
        self.room = room or Room(None)
        self.dsn = watchful(dsn)
        self._patience = query_seconds + _BEYOND
        self._pool: AsyncConnectionPool[DictConnection] = AsyncConnectionPool(
            self.dsn,
            connection_class=PatientConnection[Row],
            min_size=1,
            max_size=size,
            open=False,
            timeout=_WAIT,
            max_lifetime=1800,
            reconnect_timeout=_RECONNECT,
            check=self._check,
            kwargs={
                "row_factory": dict_row,
                "application_name": "milepost",
                # Prepared statements do not survive a PgBouncer in transaction mode.
                "prepare_threshold": None,
                "options": f"-c statement_timeout={query_seconds * 1000} -c timezone=UTC -c jit=off",
            },
        )

    async def open(self) -> None:
        """Starts connecting in the background; returns at once."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=2)

    @staticmethod
    async def _check(connection: DictConnection) -> None:
        connection.patience = _CHECK
        await AsyncConnectionPool.check_connection(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[DictConnection]:
        """One transaction as the server. Raises DatabaseUnavailable when PostgreSQL is away or hangs, DiskFull,
        QueryTimeout when slow."""
        try:
            async with self._pool.connection() as connection:
                connection.patience = self._patience
                # A check that its caller's going away cuts short can leave this on: then each statement would be a
                # transaction of its own, kept when the rest fails, and what a customer may read would hold for none.
                await connection.set_autocommit(False)
                yield connection
        except psycopg.errors.QueryCanceled as error:
            raise QueryTimeout from error
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise self.room.unavailable(error, retry_after=_RETRY_AFTER) from error

    @asynccontextmanager
    async def customer(self, customer_id: str) -> AsyncIterator[DictConnection]:
        """One transaction that can only read this customer's rows: row level security holds it to that."""
        async with self.transaction() as connection:
            await connection.execute(
                "select set_config('role', 'milepost_reader', true), set_config('milepost.customer_id', %s, true),"
                " set_config('transaction_read_only', 'on', true)",
                (customer_id,),
            )
            yield connection
