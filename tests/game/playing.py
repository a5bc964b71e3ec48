"""Plans, acts and the comparison for the game's tests: what is stored and read against plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import psycopg
from msgspec.structs import replace
from psycopg.rows import dict_row

from milepost.game.settle import settle_game
from milepost.insights.settle import Settling, read_plan
from milepost.plan import Plan, load_plan
from milepost.plan.game import Badge
from milepost.plan.game import Game as Rules
from tests.game.game_model import CountedEvent, Game, game
from tests.support.settling import settle_all

_DEFAULT: Final = load_plan()
#: One badge of every metric, within reach of a few events.
_SMALL_BADGES: Final = (
    Badge("p", "P", "points", "", 20),
    Badge("d", "D", "active_days", "", 3),
    Badge("w", "W", "active_weeks", "", 3),
    Badge("s2", "S2", "streak_weeks", "", 2),
    Badge("s4", "S4", "streak_weeks", "", 4),
    Badge("e", "E", "exports", "", 1),
    Badge("c", "C", "resources_created", "", 2),
    Badge("h", "H", "resources_shared", "", 1),
    Badge("m", "M", "milestones", "", 2),
    Badge("t", "T", "tools", "", 2),
    Badge("ta", "TA", "tools"),
    Badge("td", "TD", "tool_days", "", 2, tool="icp-analysis"),
    Badge("cp", "CP", "competency_points", "", 10, competency="customer_intelligence"),
    Badge("l", "L", "level", "", 2),
    Badge("lv", "LV", "level", "", 1, competency="value_communication"),
    Badge("cl", "CL", "competencies_at_level", level=1),
    Badge("cl2", "CL2", "competencies_at_level", "", 2, level=1),
    Badge("o", "O", "outcomes", "", 2),
)
_SMALL: Final = replace(
    _DEFAULT,
    badges=_SMALL_BADGES,
    game=Rules(level_points=(4, 10, 30), level_names=("none", "one", "two", "three")),
    tools=_DEFAULT.tools[:3],
    competencies=_DEFAULT.competencies[:2],
)
PLANS: Final[tuple[Plan, ...]] = (
    _SMALL,
    _DEFAULT,
    replace(_SMALL, points=replace(_DEFAULT.points, weight={"low": 7, "medium": 8, "high": 9})),
    replace(_SMALL, badges=_SMALL_BADGES[:6], competencies=_DEFAULT.competencies[1:3]),
    replace(_SMALL, badges=(), game=Rules(level_points=(), level_names=("all",)), tools=(), competencies=()),
)


def settle(connection: psycopg.Connection, now: datetime, *, everybody: bool) -> list[str]:
    """Insights and game of whom something changed or, when day or plan turned, of everybody; answers of whom."""
    if everybody:
        connection.execute("update milepost.standing set unsettled = true")
    customers: list[str] = []

    def note(_: psycopg.Connection, settling: Settling) -> None:
        customers.extend(settling.customers)

    settle_all(connection, [settle_game, note], now=now)
    return sorted(customers)


def expected(connection: psycopg.Connection, as_of: date) -> dict[str, Game]:
    """By customer, from the events as they stand in the table."""
    plan = read_plan(connection)
    assert plan is not None
    with connection.cursor(row_factory=dict_row) as cursor:
        standing = {
            row["customer_id"]: row["plan_version"]
            for row in cursor.execute("select customer_id, plan_version from milepost.standing")
        }
        worth = {
            (row["plan_version"], row["event_type"], row["impact"]): row["points"]
            for row in cursor.execute("select * from milepost.plan_points")
        }
        counted: dict[str, list[CountedEvent]] = defaultdict(list)
        for event in cursor.execute("select * from public.behavior_events where deleted_at is null and not is_bot"):
            customer, kind = event["customer_id"], event["event_type"]
            counted[customer].append(
                CountedEvent(
                    day=event["timestamp"].astimezone(UTC).date(),
                    points=worth[standing[customer], kind, event["business_impact"]],
                    event_type=kind,
                    created=kind == "resource_generation" and event["event_metadata"].get("success") is not False,
                    tool=event["tool_id"],
                    competency=event["competency_area"],
                )
            )
        done: dict[str, list[date]] = defaultdict(list)
        for action in cursor.execute(
            "select * from public.customer_actions where deleted_at is null and role = 'outcome'"
        ):
            done[action["customer_id"]].append(action["timestamp"].astimezone(UTC).date())
    return {customer: game(counted[customer], done[customer], as_of, plan[0]) for customer in standing}


def check_reading(connection: psycopg.Connection, games: dict[str, Game], as_of: date) -> None:
    """What is worked out when one customer is read."""
    for customer, wanted in games.items():
        asked = (customer, as_of)
        badges = connection.execute("select * from milepost.game_on(%s, %s)", asked).fetchall()
        assert {row[1]: tuple(row[2:]) for row in badges} == wanted.badges, customer
        assert [row[1] for row in badges] == list(wanted.badges)
        levels = connection.execute("select * from milepost.levels_on(%s, %s)", asked).fetchall()
        assert {row[1]: tuple(row[2:]) for row in levels} == wanted.levels, customer
        assert [row[1] for row in levels] == list(wanted.levels)
        streaks = connection.execute("select * from milepost.streak_on(%s, %s)", asked).fetchall()
        assert streaks == [(wanted.streak.weeks, wanted.streak.longest, wanted.streak.state, wanted.streak.keep_by)]
        ledger = connection.execute(
            "select coalesce(sum(points), 0), count(*) = count(distinct event_id) from milepost.points_ledger"
            " where customer_id = %s and at < (%s::date + 1)::timestamp at time zone 'UTC'",
            asked,
        ).fetchone()
        assert ledger == (wanted.points, True)


def check_settled(connection: psycopg.Connection, games: dict[str, Game], as_of: date) -> None:
    """What is kept for lists and boards."""
    settled = connection.execute(
        "select customer_id, day, points, (systematic_progression_rate * 4)::bigint, levels, badges, streak_weeks,"
        " streak_longest, streak_state from milepost.snapshots"
    )
    kept = {row[0]: row[1:] for row in settled}
    assert kept == {
        customer: (
            as_of,
            wanted.points,
            wanted.points_28,
            {name: level for name, (_, level, _) in wanted.levels.items() if level},
            sum(earned is not None for _, _, earned in wanted.badges.values()),
            wanted.streak.weeks,
            wanted.streak.longest,
            wanted.streak.state,
        )
        for customer, wanted in games.items()
    }
    awards = connection.execute("select customer_id, badge_id, earned_on from milepost.badge_awards").fetchall()
    assert sorted(awards) == sorted(
        (customer, badge, earned)
        for customer, wanted in games.items()
        for badge, (_, _, earned) in wanted.badges.items()
        if earned is not None
    )


class Feed:
    """What should stand in the feed: an announcement for each new and recent badge and level, taken back with it."""

    def __init__(self) -> None:
        self._before: dict[str, Game] = {}
        self._badges: set[tuple[str, str]] = set()
        self._levels: set[tuple[str, str, int]] = set()

    def forget_all_but(self, customers: set[str]) -> None:
        """Customers who are gone take theirs along."""
        self._before = {c: game for c, game in self._before.items() if c in customers}
        self._badges = {counted for counted in self._badges if counted[0] in customers}
        self._levels = {counted for counted in self._levels if counted[0] in customers}

    def settled(self, customers: list[str], games: dict[str, Game], today: date) -> None:
        recent = today - timedelta(days=1)
        for customer in customers:
            now, before = games[customer], self._before.get(customer)
            had = {b for b, (_, _, on) in before.badges.items() if on} if before else set()
            for badge, (_, _, earned) in now.badges.items():
                if earned and badge not in had and earned >= recent:
                    self._badges.add((customer, badge))
            self._badges -= {(customer, b) for b in had if now.badges.get(b, (0, 0, None))[2] is None}
            old = {name: level for name, (_, level, _) in before.levels.items()} if before else {}
            for name in {*old, *now.levels}:
                _, level, reached = now.levels.get(name, (0, 0, None))
                if level > old.get(name, 0) and reached and reached >= recent:
                    self._levels.add((customer, name, level))
                if level < old.get(name, 0):
                    self._levels = {t for t in self._levels if t[:2] != (customer, name) or t[2] <= level}
            self._before[customer] = now

    def check(self, connection: psycopg.Connection) -> None:
        rows: list[tuple[str, str, dict[str, Any]]] = connection.execute(
            "select kind, customer_id, body from milepost.announcements"
        ).fetchall()
        badges = [(customer, body["badge_id"]) for kind, customer, body in rows if kind == "badge"]
        levels = [(customer, body["competency"], body["level"]) for kind, customer, body in rows if kind == "level"]
        assert (sorted(badges), sorted(levels)) == (sorted(self._badges), sorted(self._levels))
        assert all(body["title"] and isinstance(body["text"], str) for _, _, body in rows)
