"""All customers at a glance: what they did in a period, against the one before; what is new in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import LiteralString

import msgspec

from milepost.store.database import DictConnection, Row
from milepost.store.queries import load

_SQL = load("milepost.insights", "overview.sql")
_SHOWN = 6
_DAY = timedelta(days=1)


class Day(msgspec.Struct, frozen=True):
    """A UTC day; `customers` are those with an event on it."""

    day: date
    events: int = 0
    customers: int = 0
    exports: int = 0
    resources: int = 0
    milestones: int = 0


class MilestoneReached(msgspec.Struct, frozen=True, kw_only=True):
    """A competency milestone; `event_name` and `metadata` as its sender gave them."""

    customer_id: str
    name: str
    at: datetime
    competency: str | None
    tool_id: str | None
    event_name: str | None
    metadata: dict[str, object]


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer whose first event is of the period."""

    customer_id: str
    name: str
    at: datetime


class Sent(msgspec.Struct, frozen=True):
    """Whether anything was ever sent that feeds these figures."""

    sessions: bool
    exports: bool
    resources: bool
    milestones: bool


class Counted(msgspec.Struct, frozen=True):
    """A number of a period, and of the one before, up to the same time of day where the period ends today; `before`
    is None where nothing is as old as that. `days`: of each day, oldest first."""

    now: int
    before: int | None
    days: tuple[int, ...]


class Activity(msgspec.Struct, frozen=True):
    """What was done from `first` to `last`, UTC days, both included, as of `as_of`. `days` has no gap."""

    as_of: datetime
    first: date
    last: date
    days: tuple[Day, ...]
    active: Counted
    newcomers: Counted
    events: Counted
    sessions: Counted
    exports: Counted
    resources: Counted
    milestones: Counted
    sent: Sent
    reached: tuple[MilestoneReached, ...]
    came: tuple[Newcomer, ...]
    last_event_at: datetime | None


async def any_event(connection: DictConnection) -> bool:
    """Whether any event was stored that counts towards insights."""
    return bool((await _one(connection, "any_event", {}))["any"])


async def read_activity(connection: DictConnection, *, now: datetime, first: date, last: date) -> Activity:
    """Its cost grows with the active customers of the period and of as many days before: keep the answer for a while
    where many ask."""
    span = last - first + _DAY
    running = last >= now.astimezone(UTC).date()
    until = now if running else _midnight(last + _DAY)
    values: dict[str, object] = {
        "now": now,
        "first": first,
        "last": last,
        "before": first - span,
        "until": until,
        "until_before": until - span,
        "limit": _SHOWN,
    }
    known = {day.day: day for day in msgspec.convert(await _all(connection, "days", values), list[Day])}
    earlier = [known.get(day) or Day(day) for day in _days(first - span, first - _DAY)]
    days = [known.get(day) or Day(day) for day in _days(first, last)]
    oldest = (await _all(connection, "first_day", values) or [{"day": last}])[0]["day"]
    compared = isinstance(oldest, date) and oldest <= first - span
    later: Row = await _one(connection, "later", values) if running else {}
    active = await _one(connection, "active", values)

    def counted(now_count: object, before: object, by_day: Sequence[int]) -> Counted:
        return Counted(_int(now_count), _int(before) if compared else None, tuple(by_day))

    def summed(what: str) -> Counted:
        by_day = [int(getattr(day, what)) for day in days]
        return counted(sum(by_day), sum(getattr(day, what) for day in earlier) - _int(later.get(what)), by_day)

    async def begun(question: str) -> Counted:
        found = {row["day"]: _int(row["count"]) for row in await _all(connection, question, values)}
        by_day = [found.get(day.day, 0) for day in days]
        return counted(sum(by_day), sum(found.get(day.day, 0) for day in earlier), by_day)

    newest = await _all(connection, "last_event", values)
    since = _since(days)
    reached = await _all(connection, "milestones", values | {"since": since}) if since else []
    return Activity(
        as_of=now,
        first=first,
        last=last,
        days=tuple(days),
        active=counted(active["active"], active["active_before"], [day.customers for day in days]),
        newcomers=await begun("newcomers"),
        events=summed("events"),
        sessions=await begun("sessions"),
        exports=summed("exports"),
        resources=summed("resources"),
        milestones=summed("milestones"),
        sent=msgspec.convert(await _one(connection, "sent", values), Sent),
        reached=msgspec.convert(reached, tuple[MilestoneReached, ...]),
        came=msgspec.convert(await _all(connection, "new_customers", values), tuple[Newcomer, ...]),
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


def _days(first: date, last: date) -> list[date]:
    return [first + _DAY * n for n in range((last - first).days + 1)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def _all(connection: DictConnection, question: str, values: Mapping[str, object]) -> list[Row]:
    statement: LiteralString = _SQL[question]
    return await (await connection.execute(statement, values)).fetchall()


async def _one(connection: DictConnection, question: str, values: Mapping[str, object]) -> Row:
    return (await _all(connection, question, values))[0]


def _int(value: object) -> int:
    return int(str(value or 0))
