"""What is told of single events: milestones, levels, badges; and that a flood of them fills no outbox."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import psycopg

from milepost.game.settle import settle_game
from tests.coach.people import apply, days, event, plan_with, store
from tests.messages.sending import add
from tests.support.settling import settle_all


def test_what_is_reached_is_told_once_and_a_thousand_an_hour(connection: psycopg.Connection[Any]) -> None:
    now = _now(connection)
    apply(connection, plan_with())
    address = "https://203.0.113.9/hook"
    add(connection, "webhook", address, now - days(1), "milestone.reached", "level.reached", "badge.earned")
    _reach(connection, "acme", now - timedelta(minutes=5), 3)
    _reach(connection, "older", now - days(3), 1)
    settle_all(connection, [settle_game], now=now)
    first = _told(connection)
    assert first["milestone.reached"] == 3, "not the one of three days ago"
    assert first["level.reached"] >= 1
    assert first["badge.earned"] >= 1
    settle_all(connection, [settle_game], now=now)
    assert _told(connection) == first
    for customer in range(300):
        _reach(connection, f"flood-{customer}", now - timedelta(minutes=5), 4)
    settle_all(connection, [settle_game], now=now)
    told = _told(connection)
    assert told["milestone.reached"] == 1_000
    assert max(told.values()) == 1_000
    later = now + timedelta(minutes=61)
    _reach(connection, "zebra", later - timedelta(minutes=1), 2)
    settle_all(connection, [settle_game], now=later)
    assert _told(connection)["milestone.reached"] == 1_002


def _now(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("select now()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


def _reach(connection: psycopg.Connection[Any], customer: str, at: datetime, count: int) -> None:
    milestones = [
        event(customer, at + timedelta(seconds=place), "competency_milestone", competency_area="customer_intelligence")
        for place in range(count)
    ]
    store(connection, milestones)


def _told(connection: psycopg.Connection[Any]) -> Counter[str]:
    rows = connection.execute("select topic, count(*) from milepost.messages group by 1").fetchall()
    return Counter({str(topic): int(count) for topic, count in rows})
