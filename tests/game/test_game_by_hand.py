"""The examples of docs/game.md, worked by hand there, against the database; and the plan's rules for the game."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from milepost.errors import PlanError
from milepost.plan import load_plan, parse_plan
from milepost.plan.game import DEFAULT_BADGES
from milepost.store.plan_tables import apply_plan

_TOML = """
version = 1
tools = [{id = "t"}]
competencies = [{id = "c"}]
[points]
base = {tool_usage = 1, export_action = 1, competency_milestone = 1, scaling_metric = 1, professional_action = 1, \
navigation = 1, content_interaction = 1, resource_generation = 1, resource_share = 1, systematic_progression = 1}
weight = {low = 1, medium = 2, high = 3}
"""


def _store(connection: psycopg.Connection, *times: str, kind: str = "navigation", **fields: Any) -> None:
    for at in times:
        connection.execute(
            "insert into public.behavior_events (customer_id, event_type, business_impact, competency_area,"
            " \"timestamp\") values ('acme', %s, %s, %s, %s)",
            (kind, fields.get("impact", "low"), fields.get("competency"), at),
        )


def _streak(connection: psycopg.Connection, day: str) -> tuple[Any, ...] | None:
    return connection.execute("select * from milepost.streak_on('acme', %s)", (day,)).fetchone()


def _badge(connection: psycopg.Connection, badge: str, day: str = "2026-12-31") -> tuple[Any, ...] | None:
    return connection.execute(
        "select value, at_least, earned_on from milepost.game_on('acme', %s) where badge_id = %s", (day, badge)
    ).fetchone()


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-03-01", (0, 0, "none", None)),
        ("2026-03-02", (0, 0, "none", None)),
        ("2026-03-03", (1, 1, "active", None)),
        ("2026-03-22", (2, 2, "due", date(2026, 3, 29))),
        ("2026-04-05", (4, 4, "active", None)),
        ("2026-04-06", (4, 4, "due", date(2026, 4, 19))),
        ("2026-04-12", (4, 4, "due", date(2026, 4, 19))),
        ("2026-04-13", (4, 4, "grace", date(2026, 4, 19))),
        ("2026-04-19", (4, 4, "grace", date(2026, 4, 19))),
        ("2026-04-20", (0, 4, "none", None)),
    ],
)
def test_a_streak(connection: psycopg.Connection, day: str, said: tuple[Any, ...]) -> None:
    _store(connection, "2026-03-03 12:00Z", "2026-03-09 00:00Z", "2026-03-12 09:00Z", "2026-03-27 12:00Z")
    _store(connection, "2026-04-05 23:59:59Z")
    assert _streak(connection, day) == said
    assert _badge(connection, "four-week-rhythm", "2026-04-04") == (3, 4, None)
    assert _badge(connection, "four-week-rhythm") == (4, 4, date(2026, 4, 5))


def test_a_streak_after_two_weeks_off_begins_anew(connection: psycopg.Connection) -> None:
    _store(connection, "2026-03-30 12:00Z", "2026-04-20 12:00Z")
    assert _streak(connection, "2026-04-20") == (1, 1, "active", None)


@pytest.mark.parametrize(
    ("at", "weeks"), [("2026-03-15 23:59:59.999999Z", 1), ("2026-03-16 00:00Z", 2), ("2026-03-16 00:30+01:00", 1)]
)
def test_a_week_ends_with_sunday_in_utc(connection: psycopg.Connection, at: str, weeks: int) -> None:
    _store(connection, "2026-03-10 12:00Z", at)
    streak = _streak(connection, "2026-03-16")
    assert streak is not None
    assert streak[0] == weeks


def test_a_week_goes_over_the_years_end(connection: psycopg.Connection) -> None:
    _store(connection, "2026-12-23 12:00Z", "2027-01-01 12:00Z", "2027-01-04 00:00Z")
    assert _streak(connection, "2027-01-04") == (3, 3, "active", None)
    assert _streak(connection, "2027-01-03") == (2, 2, "active", None)


@pytest.mark.parametrize(
    ("events", "points", "level", "reached"),
    [
        (24, 24, 0, None),
        (25, 25, 1, date(2026, 3, 25)),
        (86, 86, 2, date(2026, 5, 14)),
        (600, 600, 5, date(2027, 10, 21)),
    ],
)
def test_levels(connection: psycopg.Connection, events: int, points: int, level: int, reached: date | None) -> None:
    connection.execute(
        'insert into public.behavior_events (customer_id, event_type, business_impact, competency_area, "timestamp")'
        " select 'acme', 'scaling_metric', 'low', 'sales_execution', '2026-03-01 12:00Z'::timestamptz"
        " + n * interval '1 day' from generate_series(0, %s - 1) as n",
        (events,),
    )
    found = connection.execute(
        "select points, level, reached_on from milepost.levels_on('acme', '2030-01-01')"
        " where competency = 'sales_execution'"
    ).fetchone()
    assert found == (points, level, reached)


def test_a_badge_moves_with_its_events(connection: psycopg.Connection) -> None:
    _store(
        connection, "2026-03-02 09:00Z", *["2026-03-05 09:00Z"] * 3, *["2026-03-09 09:00Z"] * 6, kind="export_action"
    )
    assert _badge(connection, "first-export") == (10, 1, date(2026, 3, 2))
    assert _badge(connection, "ten-exports", "2026-03-08") == (4, 10, None)
    assert _badge(connection, "ten-exports") == (10, 10, date(2026, 3, 9))
    connection.execute(
        "delete from public.behavior_events where event_id = (select event_id from public.behavior_events"
        " where \"timestamp\" = '2026-03-05 09:00Z' limit 1)"
    )
    assert _badge(connection, "ten-exports") == (9, 10, None)
    _store(connection, "2026-03-03 09:00Z", kind="export_action")
    assert _badge(connection, "ten-exports") == (10, 10, date(2026, 3, 9))


def test_an_empty_customer(connection: psycopg.Connection) -> None:
    connection.execute("insert into milepost.standing (customer_id, pinned) values ('acme', true)")
    assert _streak(connection, "2026-03-02") == (0, 0, "none", None)
    games = connection.execute("select value, earned_on from milepost.game_on('acme', '2026-03-02')").fetchall()
    assert set(games) == {(0, None)}
    levels = connection.execute("select points, level, reached_on from milepost.levels_on('acme', '2026-03-02')")
    assert set(levels.fetchall()) == {(0, 0, None)}


def test_a_plan_without_tools_earns_nothing_for_all_of_them(connection: psycopg.Connection) -> None:
    apply_plan(connection, replace(load_plan(), tools=(), competencies=()))
    _store(connection, "2026-03-02 09:00Z")
    assert _badge(connection, "every-tool") == (0, 1, None)
    assert _badge(connection, "well-rounded") == (0, 1, None)


def test_the_default_plan_spells_out_the_default_badges() -> None:
    assert load_plan().badges == DEFAULT_BADGES == parse_plan(_TOML, "a plan").badges
    assert parse_plan(_TOML.replace("version = 1", "version = 1\nbadges = []"), "a plan").badges == ()
    assert len({badge.id for badge in DEFAULT_BADGES}) >= 10
    assert all(badge.description for badge in DEFAULT_BADGES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[game]\nlevel_points = [9, 5]\nlevel_names = ['a', 'b', 'c']", "line 9: game.level_points: [9, 5] must rise"),
        ("[game]\nlevel_points = [0, 5]\nlevel_names = ['a', 'b', 'c']", "line 9: game.level_points"),
        ("[game]\nlevel_points = [5]\nlevel_names = ['a']", "line 10: game.level_names: there are 1 names; give 2"),
        ("[game]\nlevel_points = [5]\nlevel_names = ['a', ' ']", "line 10: game.level_names: a name is empty"),
        ("[[badges]]\nid = 'a b'\nname = 'A'\nmetric = 'points'\nat_least = 1", "'a b' is not a valid id"),
        ("[[badges]]\nid = 'a'\nname = ''\nmetric = 'points'\nat_least = 1", "line 10: badges[0].name: is empty"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'points'", "badges[0].at_least: is missing"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'points'\nat_least = 0", "line 12: badges[0].at_least: is 0"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'score'\nat_least = 1", "line 11: badges[0].metric"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'tools'\nat_least = 2", "for tools it takes 1 to 1 in this plan"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'tool_days'\nat_least = 2\ntool = 'x'", "'x' is not a tool"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'tool_days'\nat_least = 2", "None is not a tool"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'level'\nat_least = 2\ncompetency = 'x'", "is not a competency"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'level'\nat_least = 6", "for level it takes 1 to 5"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'competencies_at_level'", "badges[0].level: is None"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'points'\nat_least = 2\ntool = 't'", "line 13: badges[0].tool"),
        ("[[badges]]\nid = 'a'\nname = 'A'\nmetric = 'points'\nat_least = 2\n" * 2, "'a' appears twice"),
    ],
)  # fmt: skip
def test_what_a_plan_must_not_say(text: str, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(_TOML + text, "a plan")
    assert said in caught.value.message
