"""One customer's game, worked out at the moment it is read: levels, badges, streak, place on the leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from milepost.errors import NotFound
from milepost.insights.cursor import decode_place, encode_place
from milepost.insights.customer import Page
from milepost.plan import Plan
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.vocabulary import EventType

_SQL = load("milepost.game", "customer.sql")

Shown = Literal["off", "anonymous", "named"]
StreakState = Literal["active", "due", "grace", "none"]
Share = Annotated[float, Meta(ge=0, le=1)]


class Level(msgspec.Struct, kw_only=True):
    """A competency's level by its points of all time. `next_at` and `progress` (from this level to the next) are null
    at the highest."""

    competency: str
    name: str
    level: int
    title: str
    points: int
    next_at: int | None
    progress: Share | None


class Badge(msgspec.Struct, kw_only=True):
    """A badge of the plan and how far the customer is with it; `earned_on` is a UTC day, null until then."""

    badge_id: str
    name: str
    description: str
    earned_on: date | None
    progress: Share
    value: int
    at_least: int


class Streak(msgspec.Struct, kw_only=True):
    """ISO weeks in a row with an event; one week off in between is forgiven. active: this week counts already. due:
    last week did, this one not yet. grace: it ends unless something happens by `keep_by`, the last day (UTC) to keep
    it. none: there is none."""

    weeks: int
    longest: int
    state: StreakState
    keep_by: date | None


class Game(msgspec.Struct, kw_only=True):
    """`points` are all there are; `next_badge` is the one the customer is nearest to, null when all are earned."""

    customer_id: str
    as_of: datetime
    points: int
    levels: list[Level]
    badges: list[Badge]
    next_badge: str | None
    streak: Streak
    leaderboard: Shown
    display_name: str | None


class LedgerEntry(msgspec.Struct, kw_only=True):
    """What one event is worth, by the plan the customer's points are of."""

    event_id: UUID
    customer_id: str
    at: datetime
    event_type: EventType
    tool_id: str | None
    competency: str | None
    points: int
    credibility: int


async def read_game(connection: DictConnection, customer_id: str, plan: Plan, *, now: datetime) -> Game:
    """Raises NotFound for a customer nothing is known of."""
    asked: dict[str, object] = {"customer_id": customer_id, "today": now.astimezone(UTC).date()}
    row = await (await connection.execute(_SQL["customer"], asked)).fetchone()
    if row is None:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")
    badges = _badges(await (await connection.execute(_SQL["badges"], asked)).fetchall(), plan)
    levels = _levels(await (await connection.execute(_SQL["levels"], asked)).fetchall(), plan)
    streak = await (await connection.execute(_SQL["streak"], asked)).fetchone()
    return Game(
        customer_id=customer_id,
        as_of=now,
        points=int(str(row["points"])),
        levels=levels,
        badges=badges,
        next_badge=_next(badges),
        streak=msgspec.convert(streak, Streak),
        leaderboard=msgspec.convert(row["leaderboard"], Shown),
        display_name=msgspec.convert(row["display_name"], str | None),
    )


async def read_ledger(
    connection: DictConnection, customer_id: str, *, now: datetime, limit: int = 50, cursor: str | None = None
) -> Page[LedgerEntry]:
    """Newest first, up to the end of today (UTC): together they are the customer's points. Raises InvalidRequest for
    a foreign cursor."""
    before, before_id = decode_place(cursor, is_uuid=True) if cursor else (None, None)
    values = {
        "customer_id": customer_id,
        "today": now.astimezone(UTC).date(),
        "limit": limit + 1,
        "before": before,
        "before_id": before_id,
    }
    rows = await (await connection.execute(_SQL["ledger"], values)).fetchall()
    entries = msgspec.convert(rows[:limit], list[LedgerEntry])
    return Page(entries, encode_place(entries[-1].at, str(entries[-1].event_id)) if len(rows) > limit else None)


def _levels(rows: Sequence[dict[str, Any]], plan: Plan) -> list[Level]:
    """The database follows its own copy of the plan, which may be another's while a new one is being put in place."""
    names = plan.competency_names()
    steps, titles = (0, *plan.game.level_points), plan.game.level_names
    found = []
    for row in rows:
        level, points = int(row["level"]), int(row["points"])
        next_at = steps[level + 1] if level + 1 < len(steps) else None
        start = steps[min(level, len(steps) - 1)]
        progress = None if next_at is None else min(max((points - start) / (next_at - start), 0.0), 1.0)
        found.append(
            Level(
                competency=row["competency"],
                name=names.get(row["competency"], row["competency"]),
                level=level,
                title=titles[min(level, len(titles) - 1)],
                points=points,
                next_at=next_at,
                progress=progress,
            )
        )
    return found


def _badges(rows: Sequence[dict[str, Any]], plan: Plan) -> list[Badge]:
    rules = {badge.id: badge for badge in plan.badges}
    found = []
    for row in rows:
        rule = rules.get(row["badge_id"])
        value, at_least = int(row["value"]), int(row["at_least"])
        progress = 1.0 if row["earned_on"] is not None else min(value / at_least, 1.0)
        found.append(
            Badge(
                badge_id=row["badge_id"],
                name=rule.name if rule else row["badge_id"],
                description=rule.description if rule else "",
                earned_on=row["earned_on"],
                progress=progress,
                value=value,
                at_least=at_least,
            )
        )
    return found


def _next(badges: Sequence[Badge]) -> str | None:
    """The one that lacks least; of several the plan's first."""
    open_ones = [badge for badge in badges if badge.earned_on is None]
    return max(open_ones, key=lambda badge: badge.progress).badge_id if open_ones else None
