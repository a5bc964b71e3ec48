"""A playbook on the past picks by the very rule that recommends, on what was known then and nothing after."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

import psycopg
import pytest

from milepost.coach.replay import picks, read_looks, replay
from milepost.plan.coach import Coach
from milepost.store.database import Database, DictConnection
from tests.coach.people import NOON, apply, days, event, plan_with, settle, store, stored
from tests.support.postgres import Cluster

_T = TypeVar("_T")
_AWAY = {"fact": "days_since_last_activity", "at_least": 14}
_SHARED = {"events": {"event_type": "resource_share", "last_days": 20, "at_least": 1}}
_PLAN = plan_with(
    {"id": "away", "when": [_AWAY], "reason": "Away for {days_since_last_activity} days."},
    {"id": "shared", "when": [_SHARED, {"fact": "points_28", "at_least": 1}]},
    {"id": "sessions", "when": [{"fact": "total_sessions", "at_least": 1}]},
    {"id": "few", "when": [{"fact": "total_events", "at_least": 1000}]},
    {"id": "off", "active": False, "when": [{"fact": "total_events", "at_least": 1}]},
    coach=Coach(hold_out=0, most_open=20),
)
#: The newest day that has its outcome: yesterday is the last whole one.
_NEWEST = NOON.date() - timedelta(days=29)


Past = tuple[psycopg.Connection, set[tuple[str, str]]]


@pytest.fixture(scope="module")
def past(cluster: Cluster) -> Iterator[Past]:
    """Eighty customers over half a year, and what the coach made as that day ended, before anything of later was known.
    Half of them stop two to six weeks before the newest day and never come back; some of the others share something
    every other week."""
    chance = random.Random(11)
    ends = datetime.combine(_NEWEST + timedelta(days=1), time(), UTC) - timedelta(seconds=1)
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        apply(connection, _PLAN)
        events = []
        for number in range(80):
            customer, stops = f"c{number:02}", ends - days(chance.uniform(15, 40)) if number % 2 else NOON
            at = NOON - days(chance.uniform(170, 180))
            while at < stops:
                kind = "resource_share" if number % 4 == 0 and chance.random() < 0.3 else "tool_usage"
                events.append(
                    (at, event(customer, at, kind, tool_id="icp-analysis", competency_area="sales_execution"))
                )
                at += days(chance.uniform(1, 9))
        store(connection, [one for at, one in events if at <= ends])
        settle(connection, ends)
        made = {(row["customer_id"], row["playbook"]) for row in stored(connection)}
        store(connection, [one for at, one in events if at > ends])
        settle(connection)
        yield connection, made


def _asked(connection: psycopg.Connection, ask: Callable[[DictConnection], Awaitable[_T]]) -> _T:
    async def read() -> _T:
        database = Database(connection.info.dsn, size=1, query_seconds=30)
        await database.open()
        async with database.transaction() as reading:
            found = await ask(reading)
        await database.close()
        return found

    return asyncio.run(read())


def test_it_says_what_came_of_those_it_would_have_picked(past: Past) -> None:
    connection, _ = past
    replays = _asked(connection, lambda reading: replay(reading, _PLAN, _PLAN.playbooks, now=NOON))
    found = {one.playbook: one for one in replays}
    away, shared = found["away"], found["shared"]
    assert away.days[-1] == _NEWEST
    assert len(away.days) == 5  # the sixth would not have as many days before it
    assert away.went_quiet is not None
    # A plain reading of the same days.
    looks = picked = gone = all_gone = 0
    by_customer: dict[str, set[int]] = {}
    for customer, day in connection.execute("select customer_id, day from milepost.customer_days").fetchall():
        by_customer.setdefault(customer, set()).add(day.toordinal())
    for seen in by_customer.values():
        for day in (one.toordinal() for one in away.days):
            before = [one for one in seen if one <= day]
            if before and day - max(before) < 112:
                quiet = not any(day < one <= day + 28 for one in seen)
                looks, all_gone = looks + 1, all_gone + quiet
                if day - max(before) >= 14:
                    picked, gone = picked + 1, gone + quiet
    assert (away.looks, away.picked) == (looks, picked)
    assert (away.went_quiet.picked, away.went_quiet.everybody) == pytest.approx((gone / picked, all_gone / looks))
    assert away.went_quiet.difference.low > 0
    assert f"{picked} times on 5 days" in away.says
    # Events are counted as of the day, too: who shared something was about, and hardly went quiet.
    assert shared.went_quiet is not None
    assert shared.went_quiet.difference.high < 0
    # What is not known of the past, and who is too few, is said.
    assert found["sessions"].unknown == ["total_sessions"]
    assert "kept only as it is now" in found["sessions"].says
    assert (found["few"].picked, found["few"].went_quiet) == (0, None)
    assert "too few to say" in found["few"].says


def test_it_picks_whom_the_coach_picked(past: Past) -> None:
    """What it says of a day is what was made as that day ended: what came after changes nothing."""
    connection, made = past
    customers = [f"c{number:02}" for number in range(80)]
    looks = _asked(connection, lambda reading: read_looks(reading, _PLAN, _PLAN.playbooks, customers, [_NEWEST]))
    on = [playbook for playbook in _PLAN.playbooks if playbook.id in ("away", "shared", "few")]
    picked = {(look.customer, one.id) for look in looks for one in on if picks(one, look.known)}
    assert len({customer for customer, playbook in picked if playbook == "away"}) > 20
    assert len({customer for customer, playbook in picked if playbook == "shared"}) > 5
    assert {one for one in made if one[1] != "sessions"} == picked
    # One that is not switched on is replayed, and was made for nobody.
    assert all(picks(_PLAN.playbooks[-1], look.known) for look in looks)
