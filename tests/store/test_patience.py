"""Connections that wait for an answer so long and no longer."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

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
