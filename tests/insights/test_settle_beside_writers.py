"""Settling while others write: nobody who stores waits for it, and no two lock each other out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from milepost.insights.settle import Settling, mark_everybody, settle, unsettled
from tests.insights.test_settle import store
from tests.support.postgres import Cluster, waits_for_a_lock
from tests.support.server import wait_for
from tests.support.settling import settle_all

_NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
_ERASE = "delete from public.behavior_events where customer_id = any (%s)"


def _connected(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


settling, other, watcher = (pytest.fixture(_connected, name=name) for name in ("settling", "other", "watcher"))


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def customers(connection: psycopg.Connection, table: str) -> list[str]:
    found = connection.execute(f"select distinct customer_id from milepost.{table} order by 1".encode())
    return [customer for (customer,) in found]


def test_an_erasure_while_settling(
    settling: psycopg.Connection, other: psycopg.Connection, watcher: psycopg.Connection, thread: ThreadPoolExecutor
) -> None:
    for name in ("a", "goes", "z"):
        store(other, name, _NOON - timedelta(days=1))
    erased: list[Future[Any]] = []

    def erase_meanwhile(_: psycopg.Connection, __: Settling) -> None:
        erased.append(thread.submit(other.execute, _ERASE, (["z", "goes"],)))
        wait_for(waits_for_a_lock(watcher, other), 10, "the erasure to wait for the batch")

    assert settle(settling, [erase_meanwhile], now=_NOON).customers == 3
    erased[0].result(timeout=20)
    assert customers(watcher, "standing") == customers(watcher, "snapshots") == ["a"]
    assert customers(watcher, "insight_days d join milepost.snapshots n on n.number = d.customer") == ["a"]
    assert watcher.execute("select count(*) from milepost.insight_days").fetchone() == (1,)


def test_settling_while_somebody_is_erased(
    dsn: str, settling: psycopg.Connection, watcher: psycopg.Connection, thread: ThreadPoolExecutor
) -> None:
    for name in ("a", "goes", "m", "goes too", "z"):
        store(watcher, name, _NOON)
    with psycopg.connect(dsn) as erasing:
        erasing.execute(_ERASE, (["goes"],))
        settled = thread.submit(settle, settling, [], now=_NOON)
        wait_for(waits_for_a_lock(watcher, settling), 10, "the batch to wait for the erasure")
        # It has taken the ids before, and nothing after: who erases in order does not run into it.
        erasing.execute(_ERASE, (["z"],))
        store(erasing, "m", _NOON)
        erasing.commit()
    assert settled.result(timeout=20).customers == 3
    settle_all(settling, [], now=_NOON)
    assert customers(watcher, "snapshots") == ["a", "goes too", "m"]


def test_one_being_written_to_keeps_its_mark(
    dsn: str, settling: psycopg.Connection, watcher: psycopg.Connection
) -> None:
    store(watcher, "acme", _NOON)
    with psycopg.connect(dsn) as writing:
        store(writing, "acme", _NOON + timedelta(minutes=1))
        assert settle(settling, [], now=_NOON).customers == 1
        assert unsettled(watcher) == 1
        writing.commit()
    assert settle_all(settling, [], now=_NOON) == 1
    assert watcher.execute("select points_last_14_days from milepost.snapshots").fetchone() == (30,)


def test_marking_everybody_locks_in_the_order_of_the_writers(
    dsn: str, other: psycopg.Connection, watcher: psycopg.Connection, thread: ThreadPoolExecutor
) -> None:
    # On the disk they stand the other way round.
    for name in ("c", "b", "a"):
        store(watcher, name, _NOON)
    with psycopg.connect(dsn) as writing:
        writing.execute("select milepost.lock_standing(array['b'])")
        marking = thread.submit(mark_everybody, other)
        wait_for(waits_for_a_lock(watcher, other), 10, "the marks to wait for the writer")
        writing.execute("select milepost.lock_standing(array['c'])")
        writing.commit()
        assert marking.result(timeout=20) == 3
    assert mark_everybody(other, at_once=1) == mark_everybody(other, at_once=3) == 3
    assert watcher.execute("select distinct changes from milepost.standing").fetchall() == [(4,)]


def test_a_change_while_settling_is_not_lost(cluster: Cluster) -> None:
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as settling:
        store(settling, "acme", _NOON)

        def store_meanwhile(_: psycopg.Connection, __: Settling) -> None:
            with psycopg.connect(dsn, autocommit=True) as other:
                store(other, "acme", _NOON)

        # Nobody who stores events waits for a batch that is being settled.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(settle, settling, [store_meanwhile], now=_NOON).result(timeout=20)
        assert settling.execute("select unsettled from milepost.standing").fetchone() == (True,)
        assert settle_all(settling, [], now=_NOON) == 1
        points = settling.execute("select points_last_14_days from milepost.snapshots").fetchone()
        assert points == (30,)


def test_one_settles_at_a_time(cluster: Cluster) -> None:
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as first:
        store(first, "acme", _NOON)
        met: list[int] = []

        def second(_: psycopg.Connection, __: Settling) -> None:
            with psycopg.connect(dsn, autocommit=True) as other:
                met.append(settle(other, [], now=_NOON).customers)

        assert settle(first, [second], now=_NOON).customers == 1
        assert met == [0]
