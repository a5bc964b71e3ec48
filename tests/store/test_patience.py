"""Connections that wait for an answer so long and no longer."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import psycopg.waiting
import pytest
from psycopg.conninfo import conninfo_to_dict

from milepost.errors import DatabaseUnavailable
from milepost.store.database import Database
from milepost.store.patience import PatientConnection, soon, watchful


async def test_a_connection_without_an_answer_breaks(dsn: str) -> None:
    async with await PatientConnection.connect(dsn, autocommit=True) as connection:
        assert await (await connection.execute("select 1")).fetchone() == (1,)
        connection.patience = 0.2
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            await connection.execute("select pg_sleep(30)")
        assert time.monotonic() - began < 5
        assert connection.broken


@asynccontextmanager
async def one_connection(dsn: str) -> AsyncIterator[tuple[Database, int]]:
    """A pool of one, and the process at its other end, which goes on at the end."""
    database = Database(dsn, size=1, query_seconds=1)
    await database.open()
    try:
        async with database.transaction() as connection:
            pid = connection.info.backend_pid
        yield database, pid
    finally:
        os.kill(pid, signal.SIGCONT)
        await database.close()


async def test_a_statement_whose_backend_stands_still_fails(dsn: str) -> None:
    async with one_connection(dsn) as (database, pid):

        async def stand_still() -> None:
            async with database.transaction() as connection:
                os.kill(pid, signal.SIGSTOP)
                await connection.execute("select 1")

        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            await stand_still()
        assert 1 < time.monotonic() - began < 6, "what a statement may take, and a little more"
        async with database.transaction() as connection:
            assert connection.info.backend_pid != pid


async def test_an_idle_connection_that_is_silent_is_replaced(dsn: str) -> None:
    async with one_connection(dsn) as (database, pid):
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        async with database.transaction() as connection:
            assert connection.info.backend_pid != pid
        assert time.monotonic() - began < 6


async def test_who_leaves_at_any_moment_leaves_a_whole_connection(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes next has a transaction, which row level security hangs on, and all of the time there is."""
    monkeypatch.setattr(psycopg.waiting, "MAX_BUSY_TIME", 0)  # each step lets others run, as on a busy server
    async with one_connection(dsn) as (database, _):

        async def use() -> None:
            async with database.transaction() as connection:
                await connection.execute("select 1")

        for steps in itertools.count():
            leaving = asyncio.create_task(use())
            for _ in range(steps):
                await asyncio.sleep(0)
            if leaving.done():
                break
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            async with database.transaction() as connection:
                assert not connection.autocommit, f"after {steps} steps"
                assert connection.patience > 2
                await connection.execute("select set_config('role', 'milepost_reader', true)")
                assert (await (await connection.execute("select current_user as name")).fetchone()) == {
                    "name": "milepost_reader"
                }
        assert steps > 5


async def test_nobody_waits_for_what_takes_too_long() -> None:
    ended = asyncio.Event()
    go_on = asyncio.Event()

    async def long() -> None:
        await go_on.wait()
        ended.set()
        raise ValueError("nobody is there to hear it")

    with pytest.raises(TimeoutError):
        await soon(long(), 0.01)
    go_on.set()
    await asyncio.wait_for(ended.wait(), 5)


def test_what_an_address_says_itself_counts() -> None:
    found = conninfo_to_dict(watchful("postgresql://a@b/c?connect_timeout=17&options=-c%20jit%3Doff"))
    assert found["connect_timeout"] == "17"
    assert found["tcp_user_timeout"] == "20000"
    assert found["options"] == "-c jit=off"
