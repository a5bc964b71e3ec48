"""All customers at a glance: the last 30 days, this week against the one before, who went quiet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import LiteralString

import msgspec

from milepost.store.database import DictConnection, Row
from milepost.store.queries import load

_SQL = load("milepost.insights", "overview.sql")
_DAYS = 30
_SHOWN = 8


class Day(msgspec.Struct, frozen=True):
    """A UTC day; `customers` are those with an event on it."""

    day: date
    events: int = 0
    customers: int = 0
    exports: int = 0
    resources: int = 0
    milestones: int = 0


class ToolCount(msgspec.Struct, frozen=True):
    """A tool's events of 30 days and the customers they are from."""

    tool_id: str
    events: int
    customers: int


class MilestoneReached(msgspec.Struct, frozen=True, kw_only=True):
    """A competency milestone; `metadata` as its sender gave it."""

    customer_id: str
    name: str
    at: datetime
    competency: str | None
    tool_id: str | None
    metadata: dict[str, object]


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who sent nothing for a while; `events` of all time."""

    customer_id: str
    name: str
    last_seen: datetime
    events: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Week:
    """A number of the last seven UTC days, today so far included, and of the seven before up to the same time
    of day; `before` is None where nothing is as old as that."""

    now: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Activity:
    """Everything the overview says, as of `as_of`. `days` are 30 without a gap, oldest first."""

    as_of: datetime
    days: tuple[Day, ...]
    active: Week
    events: Week
    sessions: Week
    exports: Week
    resources: Week
    tools: tuple[ToolCount, ...]
    milestones: tuple[MilestoneReached, ...]
    quiet: tuple[Quiet, ...]
    quiet_total: int
    last_event_at: datetime | None


async def any_event(connection: DictConnection) -> bool:
    """Whether any event was stored that counts towards insights."""
    return bool((await _one(connection, "any_event", {}))["any"])


async def read_activity(connection: DictConnection, *, now: datetime, quiet_days: int) -> Activity:
    """Reads the overview. Its cost grows with the events and active customers of 30 days: keep the answer for a
    while where many ask."""
    today = now.date()
    values: dict[str, object] = {"now": now, "today": today, "limit": _SHOWN, "quiet_days": quiet_days}
    known = {day.day: day for day in msgspec.convert(await _all(connection, "days", values), list[Day])}
    days = tuple(known.get(d) or Day(d) for d in (today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)))
    first = (await _all(connection, "first_day", values) or [{"day": today}])[0]["day"]
    compared = isinstance(first, date) and first <= today - timedelta(days=7)
    later = await _one(connection, "later_a_week_ago", values)
    active = await _one(connection, "active_customers", values)
    sessions = await _one(connection, "sessions", values)

    def week(now_count: object, before: object) -> Week:
        return Week(_int(now_count), _int(before) if compared else None)

    def summed(what: str) -> Week:
        recent, earlier = days[-7:], days[-14:-7]
        before = sum(getattr(day, what) for day in earlier) - _int(later[what])
        return week(sum(getattr(day, what) for day in recent), before)

    newest = await _all(connection, "last_event", values)
    since = _since(days)
    reached = await _all(connection, "milestones", values | {"since": since}) if since else []
    return Activity(
        as_of=now,
        days=days,
        active=week(active["active"], active["active_before"]),
        events=summed("events"),
        sessions=week(sessions["sessions"], sessions["sessions_before"]),
        exports=summed("exports"),
        resources=summed("resources"),
        tools=msgspec.convert(await _all(connection, "tools", values), tuple[ToolCount, ...]),
        milestones=msgspec.convert(reached, tuple[MilestoneReached, ...]),
        quiet=msgspec.convert(await _all(connection, "quiet", values), tuple[Quiet, ...]),
        quiet_total=_int((await _one(connection, "quiet_total", values))["total"]),
        last_event_at=msgspec.convert(newest[0]["last_event_at"] if newest else None, datetime | None),
    )


def _since(days: Sequence[Day]) -> date | None:
    """The latest day from which on there are as many milestones as are shown; None where there is none at all."""
    total, oldest = 0, None
    for day in reversed(days):
        if day.milestones:
            total, oldest = total + day.milestones, day.day
        if total >= _SHOWN:
            break
    return oldest


async def _all(connection: DictConnection, question: str, values: Mapping[str, object]) -> list[Row]:
    statement: LiteralString = _SQL[question]
    return await (await connection.execute(statement, values)).fetchall()


async def _one(connection: DictConnection, question: str, values: Mapping[str, object]) -> Row:
    return (await _all(connection, question, values))[0]


def _int(value: object) -> int:
    return int(str(value or 0))
