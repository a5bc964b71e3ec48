"""The settling's step for the game: what lists and boards read, and what is announced. Reading one customer needs
none of it (customer.py)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from milepost.insights.settle import Settling
from milepost.plan import Plan
from milepost.store.queries import load
from milepost.vocabulary import AnnouncementKind

_SQL = load("milepost.game", "settle.sql")
#: What was earned before yesterday is no news: it came with an import, or with a new rule.
_NEWS: Final = timedelta(days=1)


class _Award(NamedTuple):
    """`earned_on` is None where the badge was withdrawn."""

    customer_id: str
    badge_id: str
    earned_on: date | None


class _Change(NamedTuple):
    """A level that is another than before; `reached_on` is None where the customer fell back to it."""

    customer_id: str
    competency: str
    level: int
    reached_on: date | None


def settle_game(connection: psycopg.Connection, settling: Settling) -> None:
    """A step: derives the game of these customers, writes what differs, and announces what is new and recent."""
    if not settling.slow:
        return
    values = {"customers": settling.slow, "today": settling.today, "now": settling.now}
    awards = [_Award(*row) for row in connection.execute(_SQL["awards"], values)]
    changes = [_Change(*row) for row in connection.execute(_SQL["standing"], values)]
    _unsay(connection, awards, changes)
    connection.execute(_SQL["tell_milestones"], values | {"since": settling.now - _NEWS})
    since = settling.today - _NEWS
    news = [
        _announcement(settling.now, "badge", award.customer_id, award.badge_id, _badge_words(award, settling.plan))
        for award in awards
        if award.earned_on is not None and award.earned_on >= since
    ]
    news += [
        _announcement(settling.now, "level", change.customer_id, _level(change), _level_words(change, settling.plan))
        for change in changes
        if change.reached_on is not None and change.reached_on >= since
    ]
    if news:
        wanted = {str(topic) for (topic,) in connection.execute(_SQL["wanted"])}
        with connection.cursor() as cursor:
            cursor.executemany(_SQL["announce"], news)
            cursor.executemany(_SQL["tell"], [one for one in news if one["topic"] in wanted])


def _unsay(connection: psycopg.Connection, awards: list[_Award], changes: list[_Change]) -> None:
    """What is withdrawn is not left standing in the feed."""
    if gone := [award for award in awards if award.earned_on is None]:
        asked = {"customers": [a.customer_id for a in gone], "badges": [a.badge_id for a in gone]}
        connection.execute(_SQL["unsay_badges"], asked)
        connection.execute(_SQL["unsend_badges"], asked)
    if fallen := [change for change in changes if change.reached_on is None]:
        levels: dict[str, object] = {
            "customers": [c.customer_id for c in fallen],
            "competencies": [c.competency for c in fallen],
            "levels": [c.level for c in fallen],
        }
        connection.execute(_SQL["unsay_levels"], levels)
        connection.execute(_SQL["unsend_levels"], levels)


def _announcement(
    now: datetime, kind: AnnouncementKind, customer_id: str, about: str, body: dict[str, object]
) -> dict[str, object]:
    topic = {"badge": "badge.earned", "level": "level.reached"}[kind]
    return {
        "now": now,
        "kind": kind,
        "topic": topic,
        "customer_id": customer_id,
        "about": about,
        "body": Jsonb(body),
    }


def _level(change: _Change) -> str:
    return f"{change.competency} {change.level}"


def _badge_words(award: _Award, plan: Plan) -> dict[str, object]:
    rule = next((badge for badge in plan.badges if badge.id == award.badge_id), None)
    title = f"Badge earned: {rule.name if rule else award.badge_id}"
    return {"title": title, "text": rule.description if rule else "", "badge_id": award.badge_id}


def _level_words(change: _Change, plan: Plan) -> dict[str, object]:
    name = plan.competency_names().get(change.competency, change.competency)
    titles, thresholds = plan.game.level_names, plan.game.level_points
    text = f"{titles[change.level]}, from {thresholds[change.level - 1]} points."
    title = f"Level {change.level} in {name}"
    return {"title": title, "text": text, "competency": change.competency, "level": change.level}
