"""Alerts on a real database: what events bring about is told once, to whom it may concern; buttons hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from milepost.alerts import keep
from milepost.alerts.keep import NewAlert
from milepost.alerts.looking import silence, unusual_accounts
from milepost.alerts.watching import Watching
from milepost.analytics.context import Store
from milepost.columns.reading import Reader
from milepost.store.database import Database
from tests.coach.people import NOON, apply, days, event, plan_with, settle, store
from tests.messages.sending import add, listen


class Clock:
    """The database's and the task's: a look costs no time."""

    def __init__(self) -> None:
        self.now = NOON


@asynccontextmanager
async def watching(dsn: str, clock: Clock) -> AsyncIterator[Watching]:
    database = Database(dsn, size=3, query_seconds=10)
    await database.open()
    try:
        yield Watching(Store(cast(Reader, None), database, lambda: clock.now), clock=lambda: clock.now.timestamp())
    finally:
        await database.close()


def look(dsn: str, *moments: datetime) -> None:
    """A look at each of these moments."""
    clock = Clock()

    async def all_of_them() -> None:
        async with watching(dsn, clock) as watch:
            for clock.now in moments:
                await watch.round()

    asyncio.run(all_of_them())


def told(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """The messages of alerts, the oldest first."""
    rows = connection.execute("select body from milepost.messages where topic like 'alert.%' order by message_id")
    return [{"type": body["type"], **body["data"]} for body in (json.loads(one) for (one,) in rows.fetchall())]


def rows(connection: psycopg.Connection[Any], query: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def only(connection: psycopg.Connection[Any], kind: str) -> None:
    connection.execute("update milepost.alerts set active = kind = %s", (kind,))


def habit(customer: str, until: int, *, first: int = 120) -> Iterator[dict[str, Any]]:
    """Something every other day, up to `until` days ago."""
    return (event(customer, NOON - days(ago)) for ago in range(until, first, 2))


def test_who_comes_to_be_at_risk_is_told_of_and_not_who_was_already(connection: psycopg.Connection, dsn: str) -> None:
    apply(connection, plan_with())
    listen(connection, NOON)
    only(connection, "at_risk")
    store(connection, [one for n in range(30) for one in habit(f"steady-{n}", 0)])
    store(connection, habit("long-gone", 20))
    settle(connection)
    look(dsn, NOON)
    assert told(connection) == [], "so it was before anybody looked"
    (incident,) = rows(connection, "select * from milepost.incident_customers")
    assert (incident["customer_id"], incident["told"]) == ("long-gone", True)

    later = NOON + days(20)
    store(connection, [event(f"steady-{n}", NOON + days(day)) for n in range(3, 30) for day in range(1, 20, 2)])
    settle(connection, later)
    look(dsn, later, later + timedelta(seconds=20), later + timedelta(minutes=2))
    (one,) = told(connection)
    assert one["title"] == "At risk: 3 customers"
    assert {who["customer_id"] for who in one["customers"]} == {"steady-0", "steady-1", "steady-2"}
    assert one["lines"][0].startswith("steady-0: Active on ")
    assert one["path"] == "/alerts"
    # For software each of them alone, too.
    risks = rows(connection, "select customer_id from milepost.messages where topic = 'risk.began' order by 1")
    assert [row["customer_id"] for row in risks] == ["steady-0", "steady-1", "steady-2"]
    # Erased, they are in no message either.
    connection.execute("select milepost.forget_customer('steady-0')")
    assert told(connection) == []


def segment(connection: psycopg.Connection[Any]) -> UUID:
    conditions = [{"field": "insight.total_events", "op": "at_least", "values": [5]}]
    row = connection.execute(
        "insert into milepost.segments (slug, name, conditions, created_at, updated_at)"
        " values ('keen', 'Keen ones', %s, now(), now()) returning segment_id",
        (Jsonb(conditions),),
    ).fetchone()
    assert row is not None
    return cast(UUID, row[0])


def made(dsn: str, wanted: NewAlert) -> UUID:
    async def add_it() -> UUID:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            async with database.transaction() as connection:
                return await keep.add_alert(connection, wanted, by="ann@example.com", now=NOON)
        finally:
            await database.close()

    return asyncio.run(add_it())


def do(dsn: str, *work: Any) -> None:
    """`work`: a function of keep.py, and what it takes beside the connection."""

    async def one() -> None:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            async with database.transaction() as connection:
                await work[0](connection, *work[1:-1], **work[-1])
        finally:
            await database.close()

    asyncio.run(one())


def test_five_hundred_who_enter_a_segment_are_one_message_and_acknowledged_they_are_none(
    connection: psycopg.Connection, dsn: str
) -> None:
    apply(connection, plan_with())
    add(connection, "webhook", "https://unknown.invalid/", NOON, "alert.raised", "alert.ended")
    mine = add(connection, "slack", "https://unknown.invalid/", NOON, "alert.raised", "alert.ended")
    alert = made(
        dsn, NewAlert(kind="segment", name="New and keen", segment_id=segment(connection), destinations=[UUID(mine)])
    )
    only(connection, "segment")
    look(dsn, NOON)
    store(connection, [event(f"c{n:03}", NOON - timedelta(hours=k)) for n in range(500) for k in range(5)])
    settle(connection)
    moment = NOON + timedelta(seconds=20)
    look(dsn, moment, moment + timedelta(seconds=20))
    (one,) = told(connection)
    assert (one["title"], one["count"], len(one["customers"])) == ("New and keen: 500 customers", 500, 200)
    assert one["lines"][-1] == "And 490 more."
    # To the one destination that was chosen.
    (delivery,) = rows(connection, "select destination_id from milepost.deliveries")
    assert str(delivery["destination_id"]) == mine
    do(dsn, keep.acknowledge, alert, {"by": "ann@example.com", "now": moment})
    store(connection, [event(f"more{n}", NOON) for n in range(600) for _ in range(5)])
    settle(connection, moment)
    look(dsn, moment + days(2))
    assert len(told(connection)) == 1
    # It is over when it holds of nobody, and then a new one begins.
    connection.execute("delete from public.behavior_events")
    look(dsn, moment + days(3))
    assert [one["type"] for one in told(connection)] == ["alert.raised", "alert.ended"]
    assert told(connection)[1]["title"] == "New and keen: over"


def test_snoozed_it_waits_and_tells_what_is_still_so(connection: psycopg.Connection, dsn: str) -> None:
    apply(connection, plan_with())
    listen(connection, NOON)
    alert = made(dsn, NewAlert(kind="segment", name="Keen", segment_id=segment(connection)))
    only(connection, "segment")
    look(dsn, NOON)
    do(dsn, keep.snooze_alert, alert, NOON + days(1), {})
    store(connection, [event("acme", NOON - timedelta(hours=k)) for k in range(5)])
    settle(connection)
    look(dsn, NOON + timedelta(minutes=1), NOON + timedelta(hours=23))
    assert told(connection) == []
    look(dsn, NOON + days(1))
    assert [one["title"] for one in told(connection)] == ["Keen: acme"]


def test_unusual_use_is_looked_at_once_a_day_by_whole_days(connection: psycopg.Connection, dsn: str) -> None:
    apply(connection, plan_with())
    listen(connection, NOON)
    only(connection, "unusual")
    store(
        connection,
        [
            event(f"c{n}", NOON - days(ago) + timedelta(minutes=k))
            for n in range(8)
            for ago in range(1, 100)
            for k in range(12 if n or ago > 7 else 4)
        ],
    )
    early = NOON.replace(hour=0, minute=5)
    look(dsn, early - days(10))
    look(dsn, early)
    assert told(connection) == []
    look(dsn, NOON, NOON + timedelta(hours=3))
    (one,) = told(connection)
    assert one["title"] == "Unusual use: c0"
    assert one["lines"][0].startswith("c0: 28 events in 7 days; usually 84. By chance alone that would be so")


def test_silence_is_what_is_unusual_at_these_hours(connection: psycopg.Connection, dsn: str) -> None:
    """Thirty events an hour from nine to five on weekdays; then they stop on a Monday at eleven."""
    apply(connection, plan_with())
    stops = NOON - timedelta(hours=1)
    store(
        connection,
        [
            event("acme", at + timedelta(minutes=2 * k))
            for back in range(36)
            for hour in range(9, 17)
            if (at := (NOON - days(back)).replace(hour=hour)).weekday() < 5 and at < stops
            for k in range(30)
        ],
    )

    async def is_silent(*moments: datetime) -> list[bool]:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            return [(await silence(database, at, is_known=False)).holds for at in moments]
        finally:
            await database.close()

    night, weekend = NOON - days(3) + timedelta(hours=9), NOON - days(1)
    assert asyncio.run(is_silent(night, weekend, stops, stops + timedelta(minutes=9), NOON)) == [
        False, False, False, False, True,
    ]  # fmt: skip
    assert asyncio.run(is_silent(NOON + days(30))) == [False], "an end is no news for ever"


def test_nothing_is_looked_at_while_an_import_is_under_way(connection: psycopg.Connection, dsn: str) -> None:
    from milepost.store.imports import ImportMark

    apply(connection, plan_with())
    with psycopg.connect(dsn, autocommit=True) as other:
        mark = ImportMark(other, "events")
        look(dsn, NOON)
        assert rows(connection, "select from milepost.alerts where checked_at is not null") == []
        mark.end()
    look(dsn, NOON)
    assert len(rows(connection, "select from milepost.alerts where checked_at is not null")) == 3


def test_what_cannot_be_asked_any_more_says_so(connection: psycopg.Connection, dsn: str) -> None:
    apply(connection, plan_with())
    connection.execute(
        'insert into milepost.reports (name, question) values (\'A funnel\', \'{"question": "funnel", "steps": []}\')'
    )
    ((report,),) = connection.execute("select report_id from milepost.reports").fetchall()
    made(dsn, NewAlert(kind="figure", name="A figure", report_id=report, below=3))
    only(connection, "figure")
    look(dsn, NOON)
    (row,) = rows(connection, "select trouble from milepost.alerts where kind = 'figure'")
    assert row["trouble"] == "Only a trend has a figure to watch. Save one under Trends, and choose that."


def test_the_whole_of_a_small_database_is_looked_at_without_a_hitch(connection: psycopg.Connection, dsn: str) -> None:
    apply(connection, plan_with())
    look(dsn, NOON)
    assert told(connection) == []

    async def nothing() -> None:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            assert not (await unusual_accounts(database, NOON)).holds
        finally:
            await database.close()

    asyncio.run(nothing())
