"""Retention: each event goes when its own days are over, in batches that ingest hardly notices."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from milepost.privacy.retain import delete_expired
from tests.store.test_standing import check
from tests.support.ids import uuid7_at

_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
#: %s events of %s customers, one a minute, expired by _NOW; each tenth is kept for ten years.
_OLD = f"""
insert into public.behavior_events (event_id, customer_id, session_id, event_type, tool_id, "timestamp", retention_days)
select overlay({uuid7_at("at")}::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, 'customer ' || n %% %s,
  'session ' || n / 500, 'tool_usage', 'icp-analysis', at, case when n %% 10 = 0 then 3650 else 30 end
from generate_series(1, %s) as n, lateral (select %s::timestamptz - n * interval '1 minute' as at) as a
"""
_INSERT = "insert into public.behavior_events (customer_id, event_type) values (%s, 'navigation')"


def _fill(connection: psycopg.Connection, events: int, customers: int) -> None:
    connection.execute(_OLD, (customers, events, _NOW - timedelta(days=31)))


def _count(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from public.behavior_events").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def _time_zone(connection: psycopg.Connection, name: str) -> Iterator[None]:
    connection.execute("select set_config('timezone', %s, false)", (name,))
    yield
    connection.execute("reset timezone")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_an_event_goes_when_its_own_days_are_over(connection: psycopg.Connection, zone: str) -> None:
    with _time_zone(connection, zone):
        for retention in (1, 10, 90, 365):
            for early in (timedelta(microseconds=-1), timedelta(0), timedelta(hours=1)):
                insert = (
                    'insert into public.behavior_events (customer_id, event_type, retention_days, "timestamp", tool_id)'
                    " values ('acme', 'tool_usage', %s, %s, %s)"
                )
                at = _NOW - timedelta(days=retention) - early
                connection.execute(insert, (retention, at, "keep" if early < timedelta(0) else "go"))
        assert delete_expired(connection, now=_NOW) == 8
    question = "select array_agg(distinct tool_id::text), count(*) from public.behavior_events"
    left = connection.execute(question).fetchone()
    assert left == (["keep"], 4)
    check(connection)


def test_without_arguments_all_that_expired_goes(connection: psycopg.Connection) -> None:
    _fill(connection, 12_000, 50)
    connection.execute(_INSERT, ("customer 1",))
    assert connection.execute("select cleanup_expired_behavior_events()").fetchone() == (10_800,)
    assert connection.execute("select cleanup_expired_behavior_events()").fetchone() == (0,)
    assert _count(connection) == 1_201
    check(connection)


def test_a_batch_is_no_larger_than_asked(connection: psycopg.Connection) -> None:
    _fill(connection, 100, 3)
    question = "select cleanup_expired_behavior_events(%s, %s)"
    assert connection.execute(question, (0, _NOW)).fetchone() == (0,)
    assert connection.execute(question, (40, _NOW)).fetchone() == (40,)
    assert connection.execute(question, (40, _NOW)).fetchone() == (40,)
    assert connection.execute(question, (40, _NOW)).fetchone() == (10,)
    check(connection)


def test_it_stops_between_batches_when_told(connection: psycopg.Connection) -> None:
    _fill(connection, 5_000, 3)
    seen: list[int] = []
    gone = delete_expired(connection, now=_NOW, progress=seen.append, stopped=lambda: bool(seen))
    assert (gone, seen) == (2_000, [2_000])
    assert _count(connection) == 3_000
    check(connection)


def test_deleted_by_the_sender_goes_too(connection: psycopg.Connection) -> None:
    """Soft-deleted events and bots expire as others do, though no insight knew them."""
    _fill(connection, 100, 3)
    connection.execute("update public.behavior_events set deleted_at = now() where event_id::text like '%1'")
    connection.execute("update public.behavior_events set is_bot = true where event_id::text like '%2'")
    assert delete_expired(connection, now=_NOW) == 90
    check(connection)


def test_ingest_commits_while_a_batch_is_open(dsn: str, connection: psycopg.Connection) -> None:
    _fill(connection, 1_000, 10)
    with psycopg.connect(dsn) as cleaning:
        cleaning.execute("select cleanup_expired_behavior_events(500, %s)", (_NOW,))
        connection.execute("set lock_timeout = '2s'")
        connection.execute(_INSERT, ("somebody else",))  # the batch is not committed yet
        cleaned = connection.execute("select count(*) from milepost.standing where customer_id = 'somebody else'")
        assert cleaned.fetchone() == (1,)
        cleaning.commit()
    check(connection)


@pytest.mark.alone
def test_a_cleanup_of_50_000_events_holds_ingest_only_shortly(dsn: str, connection: psycopg.Connection) -> None:
    """The worst case: every customer that ingest writes to has events in every batch."""
    _fill(connection, 55_600, 400)

    def clean_up() -> int:
        with psycopg.connect(dsn, autocommit=True) as own:
            return delete_expired(own, now=_NOW)

    waits: list[float] = []
    with ThreadPoolExecutor(1) as thread:
        cleaning = thread.submit(clean_up)
        for number in itertools.count():
            started = time.perf_counter()
            connection.execute(_INSERT, (f"customer {number % 400}",))
            waits.append(time.perf_counter() - started)
            if cleaning.done():
                break
        gone = cleaning.result()
    assert gone == 50_040
    print(f"{len(waits)} inserts beside the cleanup; the longest took {max(waits):.3f} s")
    assert len(waits) > 10
    assert max(waits) < 3.0, f"an insert waited {max(waits):.2f} s"
    connection.execute("analyze")
    check(connection)
