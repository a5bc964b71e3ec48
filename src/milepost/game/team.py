"""The game of everybody, for the team: totals and shares, who earned what lately, the longest streaks. From what was
settled, so that it costs little with very many customers."""

from __future__ import annotations

import base64
from collections import defaultdict
from datetime import UTC, date, datetime

import msgspec

from milepost.errors import InvalidRequest
from milepost.game.customer import StreakState
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.game", "team.sql")


class Running(msgspec.Struct, frozen=True):
    """How many customers keep a streak of so many weeks; `at_risk` ones end with this week unless something happens."""

    weeks: int
    at_risk: bool
    customers: int


class TeamTotals(msgspec.Struct, frozen=True, kw_only=True):
    """`awards_7` and `awards_7_before`: badges earned in the last seven days and in the seven before. `badges`: how
    many customers have each. `levels`: by competency, how many are at each level from 1 on."""

    customers: int
    with_badge: int
    with_streak: int
    longest_running: int
    awards_7: int
    awards_7_before: int
    badges: dict[str, int]
    streaks: tuple[Running, ...]
    levels: dict[str, dict[int, int]]
    counted_at: datetime


class Award(msgspec.Struct, frozen=True, kw_only=True):
    """A badge a customer earned on a UTC day; `awarded_at` is when that was first seen."""

    customer_id: str
    name: str
    badge_id: str
    earned_on: date
    awarded_at: datetime


class LongStreak(msgspec.Struct, frozen=True, kw_only=True):
    """A streak that is running."""

    customer_id: str
    name: str
    weeks: int
    state: StreakState


async def read_totals(connection: DictConnection, *, now: datetime) -> TeamTotals:
    """Reads every customer's row once: remember the answer for a while."""
    today = now.astimezone(UTC).date()
    row = await (await connection.execute(_SQL["totals"], {"today": today})).fetchone()
    assert row is not None
    levels: dict[str, dict[int, int]] = defaultdict(dict)
    for found in await (await connection.execute(_SQL["levels"])).fetchall():
        levels[str(found["competency"])][int(str(found["level"]))] = int(str(found["customers"]))
    rarity = await (await connection.execute(_SQL["rarity"])).fetchall()
    streaks = await (await connection.execute(_SQL["streaks"])).fetchall()
    return msgspec.convert(
        row
        | {
            "longest_running": row["longest_running"] or 0,
            "badges": {str(found["badge_id"]): found["customers"] for found in rarity},
            "streaks": streaks,
            "levels": dict(levels),
            "counted_at": now,
        },
        TeamTotals,
    )


async def read_awards(
    connection: DictConnection, *, limit: int, badge: str | None = None, cursor: str | None = None
) -> tuple[list[Award], str | None]:
    """Badges earned, the newest day first, all or one, and the cursor of the next page. Raises InvalidRequest for a
    foreign cursor."""
    after: Award | None = _decode(cursor) if cursor else None
    values = {
        "badge": badge,
        "after": after and after.earned_on,
        "after_at": after and after.awarded_at,
        "after_customer": after and after.customer_id,
        "after_badge": after and after.badge_id,
        "limit": limit + 1,
    }
    rows = await (await connection.execute(_SQL["recent"], values)).fetchall()
    awards = msgspec.convert(rows[:limit], list[Award])
    return awards, _encode(awards[-1]) if len(rows) > limit else None


async def read_longest(connection: DictConnection, *, limit: int) -> list[LongStreak]:
    """The longest streaks that are running."""
    rows = await (await connection.execute(_SQL["longest"], {"limit": limit})).fetchall()
    return msgspec.convert(rows, list[LongStreak])


def _encode(award: Award) -> str:
    place = [award.earned_on, award.awarded_at, award.customer_id, award.badge_id]
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _decode(cursor: str) -> Award:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        day, at, customer, badge = msgspec.json.decode(text, type=tuple[date, datetime, str, str])
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
    if at.tzinfo is None or "\x00" in customer + badge:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor")
    return Award(customer_id=customer, name="", badge_id=badge, earned_on=day, awarded_at=at)
