"""The rules of docs/game.md in plain Python, written from that page and not from the SQL: slow, and easy to believe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from milepost.plan import Plan
from milepost.plan.game import Badge

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class CountedEvent:
    """An event that counts, as far as the game cares."""

    day: date
    points: int = 0
    event_type: str = "navigation"
    created: bool = False
    tool: str | None = None
    competency: str | None = None


@dataclass(frozen=True)
class Streak:
    weeks: int
    longest: int
    state: str
    keep_by: date | None


@dataclass(frozen=True)
class Game:
    """levels: competency to (points, level, reached_on). badges: id to (value, at_least, earned_on)."""

    points: int
    points_28: int
    levels: dict[str, tuple[int, int, date | None]]
    badges: dict[str, tuple[int, int, date | None]]
    streak: Streak


def game(events: Iterable[CountedEvent], outcomes: Iterable[date], as_of: date, plan: Plan) -> Game:
    """The game of a customer with these events and outcome actions, at the end of a day."""
    known = [told for told in events if told.day <= as_of]
    results = [day for day in outcomes if day <= as_of]
    days = sorted({told.day for told in known} | set(results))

    def first_day(holds: Callable[[list[CountedEvent], list[date]], bool]) -> date | None:
        """The first day at whose end it held, by looking at every one of them anew."""
        for day in days:
            if holds([t for t in known if t.day <= day], [d for d in results if d <= day]):
                return day
        return None

    levels = {}
    for competency in plan.competencies:
        points = _points_in(known, competency.id)
        level = _level(points, plan)
        reached = first_day(partial(_is_at_level, competency.id, level, plan))
        levels[competency.id] = (points, level, reached if level else None)
    badges = {}
    for badge in plan.badges:
        needed = badge.at_least
        if needed is None:
            needed = len(plan.tools) if badge.metric == "tools" else len(plan.competencies)
        earned = None
        if needed > 0:
            earned = first_day(partial(_holds, badge, needed, plan))
        badges[badge.id] = (_value(badge, known, results, plan), max(needed, 1), earned)
    return Game(
        points=sum(told.points for told in known),
        points_28=sum(told.points for told in known if (as_of - told.day).days < 28),
        levels=levels,
        badges=badges,
        streak=streak({told.day for told in known}, as_of),
    )


def monday(day: date) -> date:
    return date.fromisocalendar(day.isocalendar().year, day.isocalendar().week, 1)


def streak(days: set[date], as_of: date) -> Streak:
    """Walks from week to week, forgiving one without an event."""
    weeks = {monday(day) for day in days}
    longest = max((_run_back(weeks, week) for week in weeks), default=0)
    this = monday(as_of)
    if this in weeks:
        return Streak(_run_back(weeks, this), longest, "active", None)
    if this - _WEEK in weeks:
        return Streak(_run_back(weeks, this - _WEEK), longest, "due", this + timedelta(days=13))
    if this - 2 * _WEEK in weeks:
        return Streak(_run_back(weeks, this - 2 * _WEEK), longest, "grace", this + timedelta(days=6))
    return Streak(0, longest, "none", None)


def _run_back(weeks: set[date], week: date) -> int:
    count, missed = 0, 0
    while missed < 2:
        count, missed = (count + 1, 0) if week in weeks else (count, missed + 1)
        week -= _WEEK
    return count


def _is_at_level(competency: str, level: int, plan: Plan, events: list[CountedEvent], _: list[date]) -> bool:
    return _level(_points_in(events, competency), plan) >= level


def _holds(badge: Badge, needed: int, plan: Plan, events: list[CountedEvent], outcomes: list[date]) -> bool:
    return _value(badge, events, outcomes, plan) >= needed


def _points_in(events: Iterable[CountedEvent], competency: str) -> int:
    return sum(told.points for told in events if told.competency == competency)


def _level(points: int, plan: Plan) -> int:
    return sum(points >= step for step in plan.game.level_points)


def _value(badge: Badge, events: list[CountedEvent], outcomes: list[date], plan: Plan) -> int:
    tools = {tool.id for tool in plan.tools}
    ids = [competency.id for competency in plan.competencies]
    days = {told.day for told in events}
    match badge.metric:
        case "points":
            return sum(told.points for told in events)
        case "active_days":
            return len(days)
        case "active_weeks":
            return len({monday(day) for day in days})
        case "streak_weeks":
            return streak(days, date(2100, 1, 1)).longest
        case "exports":
            return sum(told.event_type == "export_action" for told in events)
        case "resources_created":
            return sum(told.created for told in events)
        case "resources_shared":
            return sum(told.event_type == "resource_share" for told in events)
        case "milestones":
            return sum(told.event_type == "competency_milestone" for told in events)
        case "tools":
            return len({told.tool for told in events} & tools)
        case "tool_days":
            return len({told.day for told in events if told.tool == badge.tool} if badge.tool in tools else ())
        case "competency_points":
            return _points_in(events, badge.competency) if badge.competency in ids else 0
        case "level":
            return max((_level(_points_in(events, c), plan) for c in ids if badge.competency in (None, c)), default=0)
        case "competencies_at_level":
            return sum(_level(_points_in(events, c), plan) >= (badge.level or 0) for c in ids)
        case "outcomes":
            return len(outcomes)
