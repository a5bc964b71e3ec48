"""Writers, erasures, settling, a cleanup and moves at once: nothing is lost, every deadlock is done again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
from msgspec.structs import replace

from milepost.identity.follow import follow
from milepost.insights.settle import settle
from milepost.plan import load_plan
from milepost.privacy.retain import delete_expired
from milepost.settling import STEPS
from milepost.store.plan_tables import apply_plan, recompute, rescore
from milepost.store.retry import retried
from tests.store.standing_model import expected, stored
from tests.store.test_standing import check
from tests.support.identity import follow_to_the_end
from tests.support.postgres import waits_for_a_lock
from tests.support.server import wait_for

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_STORE = "select count(*) from milepost.store_events(%s::json)"


def _batch(random_: random.Random, size: int) -> str:
    rows = []
    for _ in range(size):
        at = _NOW - timedelta(minutes=random_.randrange(60 * 24 * 20))
        # Few ids, so that writers meet over the same events, too.
        number = random_.randrange(1 << 12)
        rows.append(
            {
                "event_id": f"{int(at.timestamp() * 1000):012x}70008000{number:012x}"[:32],
                "customer_id": random_.choice([None, "a", "b", "c", "d", "e", "f"]),
                "anonymous_id": random_.choice(["x", "y"]),
                "session_id": f"s{random_.randrange(12)}",
                "event_type": random_.choice(["tool_usage", "export_action", "competency_milestone"]),
                "business_impact": "high",
                "competency_area": random_.choice([None, "sales_execution"]),
                "tool_id": random_.choice(["icp-analysis", "business-case"]),
                "timestamp": at.isoformat(),
                "retention_days": random_.choice([5, 10, 365]),
            }
        )
    return json.dumps(rows)


def _write(dsn: str, seed: int) -> None:
    random_ = random.Random(seed)
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(60):
            text = _batch(random_, random_.choice([1, 5, 40]))
            retried(connection, partial(connection.execute, _STORE, (text,)))


def _recompute(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(30):
            recompute(connection)


def _clean_up(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for days in range(-12, 0):
            delete_expired(connection, now=_NOW + timedelta(days=days))


def _move(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(16):
            tie = ("group", "anonymous", "xy"[number % 2], "abcdef"[number % 6])
            retried(connection, partial(connection.execute, "select milepost.tie(%s, %s, %s, %s)", tie))
            follow(connection, at_once=7)
        for (tie_id,) in connection.execute("select tie_id from milepost.ties").fetchall():
            retried(connection, partial(connection.execute, "select milepost.undo_tie(%s)", (tie_id,)))
            follow(connection, at_once=7)


def _erase(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(30):
            gone = ["abcdef"[number % 6], "fedcba"[number % 5]]
            erasing = partial(
                connection.execute, "delete from public.behavior_events where customer_id = any (%s)", (gone,)
            )
            retried(connection, erasing)


def _settle(dsn: str) -> None:
    # Not tried again: settling runs into nobody.
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(60):
            settle(connection, STEPS, now=_NOW + timedelta(hours=number), limit=4)


def test_all_at_once(dsn: str) -> None:
    work: list[Callable[[], None]] = [partial(_write, dsn, seed) for seed in range(3)]
    work += [partial(_recompute, dsn), partial(_clean_up, dsn), partial(_move, dsn)]
    work += [partial(_erase, dsn), partial(_settle, dsn)]
    with ThreadPoolExecutor(len(work)) as threads:
        for done in [threads.submit(task) for task in work]:
            done.result(timeout=120)
    with psycopg.connect(dsn, autocommit=True) as connection:
        follow_to_the_end(dsn)
        assert connection.execute("select count(*) > 100 from public.behavior_events").fetchone() == (True,)
        check(connection)


def test_the_last_event_goes_while_the_next_one_comes(dsn: str, connection: psycopg.Connection) -> None:
    insert = "insert into public.behavior_events (customer_id, event_type) values ('acme', 'export_action')"
    row = connection.execute(f"{insert} returning event_id").fetchone()
    assert row is not None
    first = row[0]
    with (
        psycopg.connect(dsn) as deleting,
        psycopg.connect(dsn, autocommit=True) as inserting,
        ThreadPoolExecutor(1) as thread,
    ):
        # The row is still there when the insert looks, and gone when it gets its turn.
        deleting.execute("select milepost.lock_standing(array['acme'])")
        coming = thread.submit(inserting.execute, insert)
        wait_for(waits_for_a_lock(connection, inserting), 10, "the insert to wait for the customer's row")
        deleting.execute("delete from public.behavior_events where event_id = %s", (first,))
        deleting.commit()
        coming.result(timeout=20)
    assert stored(connection)["milepost.standing"]["acme",]["total_exports_generated"] == 1
    check(connection)


def test_events_come_while_customers_go_to_a_new_plan(dsn: str, connection: psycopg.Connection) -> None:
    plan = load_plan()
    dearer = replace(plan, points=replace(plan.points, weight={"low": 7, "medium": 8, "high": 9}))
    insert = "insert into public.behavior_events (customer_id, event_type) values (%s, 'export_action')"
    connection.execute(insert, ("m",))
    with (
        psycopg.connect(dsn) as early,
        psycopg.connect(dsn, autocommit=True) as late,
        psycopg.connect(dsn) as changing,
        ThreadPoolExecutor(1) as thread,
    ):
        # Stored with the old points, and not visible yet when the plan changes.
        early.execute(insert, ("a",))
        assert apply_plan(connection, dearer)
        changing.execute("select milepost.rescore(array['m'])")
        second = thread.submit(late.execute, insert, ("m",))
        wait_for(waits_for_a_lock(connection, late), 10, "a later event to wait for its customer's new plan")
        late_free = connection.execute(insert, ("z",))
        assert late_free.rowcount == 1
        changing.commit()
        second.result(timeout=20)
        early.commit()
    assert stored(connection) == expected(connection)
    assert rescore(connection) == 1
    totals = {key[0]: row["total_points"] for key, row in stored(connection)["milepost.standing"].items()}
    assert stored(connection) == expected(connection)
    assert totals == {"a": 5 * 7, "m": 2 * 5 * 7, "z": 5 * 7}


def test_locks_of_customers_are_taken_in_one_order(dsn: str) -> None:
    """Two writers with the same customers in opposite order, 60 transactions each, and not one deadlock."""
    names = [f"customer {number}" for number in range(20)]
    insert = (
        "insert into public.behavior_events (customer_id, event_type)"
        " select c, 'navigation' from unnest(%s::text[]) as c"
    )

    def write(order: list[str]) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for _ in range(60):
                connection.execute(insert, (order,))  # a deadlock would raise

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(write, names), threads.submit(write, names[::-1])]:
            done.result(timeout=60)
    with psycopg.connect(dsn, autocommit=True) as connection:
        assert {row["total_events"] for row in stored(connection)["milepost.standing"].values()} == {120}
