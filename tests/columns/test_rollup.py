"""The rollup of activity says of its months what the events say, and never of a month that has changed since."""

from __future__ import annotations

import psycopg
import pytest

from tests.columns.events import insert
from tests.support.columns import Owner
from tests.support.server import wait_for

pytestmark = pytest.mark.timeout(120)
_FROM_EVENTS = """select customer, user, toStartOfFifteenMinutes(ts) as quarter, count() from events final
where is_bot = 0 group by customer, user, quarter order by customer, user, quarter"""
_ROLLED_UP = "select customer, user, quarter, events from activity order by customer, user, quarter"


def settled(owner: Owner, expected: list[int]) -> None:
    """Waits until these months are rolled up, and compares all of them with the events."""
    owner.wait_until_level()
    wait_for(lambda: owner.rolled_up() == expected, 60, f"the months {expected}, not {owner.rolled_up()}")
    assert owner.query(_ROLLED_UP).rows == owner.query(_FROM_EVENTS).rows


def test_months_that_are_over_and_quiet(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 9_000)  # 44 days from 28 March 2026 on
    settled(owner, [202603, 202604, 202605])
    connection.execute("update public.behavior_events set is_bot = true where customer_id = 'customer 1'")
    connection.execute("""delete from public.behavior_events where "timestamp" >= '2026-05-01 00:00+00'""")
    owner.wait_until_level()
    assert owner.rolled_up() == [], "nothing says what is no longer true"
    settled(owner, [202603, 202604, 202605])
    # It outlives its process, and what comes while that is away.
    owner.stop()
    owner.start()
    owner.wait_until_level()
    assert owner.rolled_up() == [202603, 202604, 202605]
    owner.stop()
    insert(connection, 10, first=20_000)  # in July
    insert(connection, 10, first=6_000)  # in April
    owner.start()
    owner.wait_until_level()
    assert owner.rolled_up() == [202603, 202605]
    settled(owner, [202603, 202604, 202605, 202607])


def test_the_month_that_runs_is_never_rolled_up(owner: Owner, connection: psycopg.Connection) -> None:
    connection.execute("insert into public.behavior_events (customer_id, event_type) values ('now', 'navigation')")
    insert(connection, 10)
    settled_months = [202603]
    owner.wait_until_level()
    wait_for(lambda: owner.rolled_up() == settled_months, 60, "the month of the others")
    assert owner.query("select count() from activity").rows != owner.query("select count() from events final").rows
