"""Customers for the coach's tests: events in bulk, plans with few playbooks, and settling at a given moment."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row

from milepost.coach.settle import settle_coach
from milepost.plan import Plan, load_plan
from milepost.plan.coach import Coach, Playbook
from milepost.store.plan_tables import apply_plan
from tests.support.settling import settle_all

#: A moment of the tests, in the past so that no clock of the database runs ahead of it.
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
#: Nothing of the plan's own playbooks, and nobody held out.
QUIET = Coach(hold_out=0.0)


def plan_with(*playbooks: dict[str, Any], coach: Coach = QUIET, history: int = 1) -> Plan:
    """The default plan with these playbooks alone, each with what it needs not say filled in."""
    plan = load_plan()
    made = [msgspec.convert({"action": "Do it", "reason": "Because"} | one, Playbook) for one in playbooks]
    return msgspec.structs.replace(
        plan, coach=coach, playbooks=tuple(made), history=msgspec.structs.replace(plan.history, days=history)
    )


def event(customer: str, at: datetime, event_type: str = "tool_usage", **more: Any) -> dict[str, Any]:
    """An event as it is stored."""
    return {
        "event_id": str(event_id(at)),
        "customer_id": customer,
        "event_type": event_type,
        "business_impact": "low",
        "event_metadata": {},
        "timestamp": at.isoformat(),
        "is_bot": False,
        **more,
    }


def event_id(at: datetime) -> uuid.UUID:
    """A UUIDv7 of the moment."""
    return uuid.UUID(
        int=int(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | (uuid.uuid4().int & ((1 << 62) - 1))
    )


def store(connection: psycopg.Connection, events: Iterable[dict[str, Any]]) -> None:
    """Inserts events as they are, all in one statement."""
    connection.execute(
        "insert into public.behavior_events (event_id, customer_id, event_type, business_impact, event_metadata,"
        ' "timestamp", is_bot, tool_id, tool_section, competency_area) select * from jsonb_to_recordset(%s::jsonb) e('
        "event_id uuid, customer_id text, event_type text, business_impact text, event_metadata jsonb,"
        ' "timestamp" timestamptz, is_bot boolean, tool_id text, tool_section text, competency_area text)',
        (json.dumps(list(events)),),
    )


def apply(connection: psycopg.Connection, plan: Plan) -> None:
    apply_plan(connection, plan)


def settle(connection: psycopg.Connection, now: datetime = NOON) -> int:
    """Insights and coach, until nobody is waiting."""
    return settle_all(connection, [settle_coach], now=now)


def stored(connection: psycopg.Connection, where: str = "true") -> list[dict[str, Any]]:
    """Recommendations as they are stored, in the order they were made."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            f"select * from milepost.recommendations where {where} order by made_at, rank desc, recommendation_id"
        ).fetchall()


def days(count: float) -> timedelta:
    return timedelta(days=count)
