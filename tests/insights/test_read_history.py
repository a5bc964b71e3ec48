"""What is answered of a customer's past: exact whether written yet or not, and as it was where events expired."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.rows import dict_row

from milepost.insights.history import History, InsightsDay, read_history
from milepost.insights.settle import AT_ONCE, STEADY, Pace, Settling, settle
from milepost.plan import load_plan
from milepost.store.database import Database
from milepost.store.plan_tables import apply_plan

_NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
_TODAY = _NOON.date()
_KINDS = ("export_action", "tool_usage", "competency_milestone", "navigation")


def store(connection: psycopg.Connection, days_ago: float, number: int = 0, retention: int = 365) -> None:
    connection.execute(
        'insert into public.behavior_events (customer_id, "timestamp", event_type, business_impact, competency_area,'
        " tool_id, retention_days) values ('acme', %s, %s, %s, %s, 'icp-analysis', %s)",
        (
            _NOON - timedelta(days=days_ago),
            _KINDS[number % 4],
            ("low", "medium", "high")[number % 3],
            ("sales_execution", "customer_intelligence")[number % 2],
            retention,
        ),
    )


def read(dsn: str, now: datetime = _NOON, *, as_customer: bool = False, **asked: Any) -> History:
    async def reading() -> History:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            opened = database.customer("acme") if as_customer else database.transaction()
            async with opened as connection:
                return await read_history(connection, "acme", today=now.date(), **asked)
        finally:
            await database.close()

    return asyncio.run(reading())


def worked_out(connection: psycopg.Connection, first: date, today: date = _TODAY) -> list[InsightsDay]:
    """Every day by the one definition, the figures of past days to seven digits."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select d::date as day, i.*, i.components as score_components, i.competencies as competency_scores"
            " from generate_series(%s::date, %s::date, interval '1 day') as d"
            " cross join lateral milepost.insights_on('acme', d::date) as i order by 1",
            (first, today),
        ).fetchall()
    return [msgspec.convert(row, InsightsDay) for row in rows]


def same(answered: list[InsightsDay], wanted: list[InsightsDay]) -> None:
    assert [day.day for day in answered] == [day.day for day in wanted]
    for found, day in zip(answered, wanted, strict=True):
        near = _near if day.day < _TODAY else lambda value: value
        assert (found.current_scaling_score, found.score_coverage) == near(
            (day.current_scaling_score, day.score_coverage)
        )
        parts = [
            [(part.name, part.weight, part.value, part.contribution) for part in one.score_components or ()]
            for one in (found, day)
        ]
        assert [part[:2] for part in parts[0]] == [part[:2] for part in parts[1]]
        for one, other in zip(*parts, strict=True):
            assert one[2:] == near(other[2:])
        for name in (
            "systematic_progression_rate",
            "professional_credibility_trend",
            "points_last_14_days",
            "points_14_days_before",
            "active_weeks",
            "inconsistent_system_usage",
            "low_business_impact_actions",
            "low_impact_share",
            "competency_scores",
        ):
            assert getattr(found, name) == getattr(day, name), (name, day.day)


def _near(values: tuple[float | None, ...]) -> Any:
    return tuple(None if value is None else pytest.approx(value, rel=1e-6, abs=1e-30) for value in values)


def settled(connection: psycopg.Connection, now: datetime = _NOON, pace: Pace = AT_ONCE) -> None:
    settle(connection, [], now=now, pace=pace)


def test_it_is_exact_before_and_after_it_is_written(dsn: str, connection: psycopg.Connection) -> None:
    chance = random.Random(5)
    for number in range(60):
        store(connection, chance.uniform(0, 80), number)
    store(connection, 80)
    first = _TODAY - timedelta(days=80)
    states: list[Callable[[], object]] = [
        lambda: None,
        lambda: settled(connection, pace=STEADY),
        # Late, and the history rests: what was written is not what is answered.
        lambda: store(connection, 33, 2),
        lambda: settled(connection, _NOON + timedelta(seconds=30), STEADY),
        lambda: settled(connection),
    ]
    for change in states:
        change()
        answered = read(dsn)
        same(answered.days, worked_out(connection, first))
        assert read(dsn, as_customer=True) == answered
        part = read(dsn, start=first + timedelta(days=3), end=first + timedelta(days=9)).days
        assert part == answered.days[3:10]
    # The next day, before it is settled and after.
    tomorrow = _NOON + timedelta(days=1)
    before = read(dsn, tomorrow).days
    settled(connection, tomorrow, STEADY)
    assert read(dsn, tomorrow).days == before
    assert [day.day for day in before][-2:] == [_TODAY, tomorrow.date()]


def test_the_history_rests_between_two_late_events(connection: psycopg.Connection) -> None:
    written = "select xmin::text from milepost.insight_days order by day"
    store(connection, 20)
    settled(connection, pace=STEADY)
    first = connection.execute(written).fetchall()
    assert len(first) == 20
    store(connection, 10, 2)
    settled(connection, _NOON + timedelta(minutes=59), STEADY)
    assert connection.execute(written).fetchall() == first
    assert connection.execute("select history_from from milepost.snapshots").fetchone() == (
        _TODAY - timedelta(days=10),
    )
    store(connection, 0)
    settled(connection, _NOON + timedelta(minutes=61), STEADY)
    second = connection.execute(written).fetchall()
    assert second[:10] == first[:10], "no day before the first that changed is written again"
    assert not set(second[10:]) & set(first)
    assert connection.execute("select history_from from milepost.snapshots").fetchone() == (None,)


def test_a_customer_who_keeps_changing_is_settled_now_and_then(connection: psycopg.Connection) -> None:
    def after(seconds: float) -> int:
        store(connection, 0)
        return settle(connection, [], now=_NOON + timedelta(seconds=seconds), pace=STEADY).customers

    rest = STEADY.rest.total_seconds()
    assert [after(0), after(1), after(rest - 1), after(rest), after(rest + 1), after(2 * rest)] == [1, 0, 0, 1, 0, 1]
    # A clock that was ahead keeps nobody waiting.
    assert after(-3600) == 1


def test_what_costs_more_follows_when_it_has_rested(connection: psycopg.Connection) -> None:
    done: list[float] = []

    def go(seconds: float) -> int:
        def step(_: object, settling: Settling) -> None:
            assert settling.customers == ["acme"]
            done.extend(seconds for _ in settling.slow)

        return settle(connection, [step], now=_NOON + timedelta(seconds=seconds), pace=STEADY).customers

    store(connection, 0)
    assert (go(0), done) == (1, [0])
    store(connection, 0)
    assert (go(9), done) == (1, [0]), "the rest alone"
    assert (go(10), go(30), done) == (0, 1, [0, 30]), "without another change"
    assert (go(60), done) == (0, [0, 30])


def test_where_events_expired_a_written_day_is_as_it_was(dsn: str, connection: psycopg.Connection) -> None:
    for number, days_ago in enumerate((60, 58, 45, 20, 3)):
        store(connection, days_ago, number, retention=30)
    settled(connection)
    before = read(dsn).days
    expired = connection.execute("select public.cleanup_expired_behavior_events(as_of => %s)", (_NOON,)).fetchone()
    assert expired == (3,)
    settled(connection, _NOON + timedelta(hours=2))
    after = read(dsn).days
    written = [
        (d.day, d.current_scaling_score, d.score_coverage, d.score_components, d.systematic_progression_rate)
        for d in before[:-1]
    ]
    assert [
        (d.day, d.current_scaling_score, d.score_coverage, d.score_components, d.systematic_progression_rate)
        for d in after[:-1]
    ] == written
    assert [d.professional_credibility_trend for d in after[:-1]] == [
        d.professional_credibility_trend for d in before[:-1]
    ]
    # The rest is of the events that are left, and today altogether.
    assert after[0].competency_scores != before[0].competency_scores
    same(after[-1:], worked_out(connection, _TODAY))


def test_an_old_version_is_answered_as_it_was(dsn: str, connection: psycopg.Connection) -> None:
    for number, days_ago in enumerate((60, 58, 45, 20, 3)):
        store(connection, days_ago, number)
    settled(connection)
    # Of the last hour, and not written yet when the plan changes.
    store(connection, 31, 2)
    settled(connection, _NOON + timedelta(minutes=5), STEADY)
    store(connection, 33, 2)
    before = read(dsn)
    plan = load_plan()
    weight = {"low": 7, "medium": 8, "high": 9}
    apply_plan(connection, msgspec.structs.replace(plan, points=msgspec.structs.replace(plan.points, weight=weight)))
    settled(connection)
    old = read(dsn, plan_version=before.plan_version).days
    assert old[:-1] == before.days[:-1]
    # And today's as it was last settled: nobody will work it out again.
    assert [day.day for day in old] == [day.day for day in before.days]
    same(read(dsn).days, worked_out(connection, _TODAY - timedelta(days=60)))


def test_a_row_is_narrow(connection: psycopg.Connection) -> None:
    """Under 100 bytes, its header and its place in the page included; docs/decisions/0009 has the figure."""
    for number in range(60):
        store(connection, number, number)
    settled(connection)
    sizes = connection.execute("select min(pg_column_size(d)), max(pg_column_size(d)) from milepost.insight_days d")
    least, most = sizes.fetchone() or (0, 0)
    # A stored row has a header of 24 bytes, or 32 with nulls, as a value of the row type has; and a pointer of 4.
    assert 48 < least <= most + 4 < 100


def test_days_of_version_2_stay_as_they_were_written(dsn: str, connection: psycopg.Connection) -> None:
    """The day that was today when the formulas changed is remembered too, each figure under its own name."""
    was = {"competencies": 20, "breadth": 10, "consistency": 40, "recency": 25, "momentum": 5, "outcomes": 20}
    values = {"competencies": 9.5, "breadth": 75, "consistency": 70, "recency": 100, "momentum": 72.5, "outcomes": None}
    old = {**msgspec.to_builtins(load_plan()), "scoring": {"half_life_days": 90, "saturation_points": 120}}
    old["scoring"]["components"] = was
    row = connection.execute(
        "insert into milepost.plans (score_version, hash, document) values (2, 'old', %s) returning plan_version",
        (msgspec.json.encode(old).decode(),),
    ).fetchone()
    assert row is not None
    for days in (30, 1):
        store(connection, days)
    settled(connection)
    components = [{"name": name, "weight": was[name], "value": value} for name, value in values.items()]
    connection.execute(
        "update milepost.snapshots set plan_version = %s, score_version = 2, score_components = %s,"
        " current_scaling_score = 66.5",
        (row[0], msgspec.json.encode(components).decode()),
    )
    settled(connection, _NOON + timedelta(days=1))
    (day,) = read(dsn, plan_version=row[0]).days
    assert (day.day, day.current_scaling_score) == (_TODAY, 66.5)
    assert [(part.name, part.weight, part.value) for part in day.score_components or ()] == [
        (name, was[name], value) for name, value in values.items()
    ]
    assert sum(part.contribution or 0 for part in day.score_components or ()) == pytest.approx(
        (20 * 9.5 + 10 * 75 + 40 * 70 + 25 * 100 + 5 * 72.5) / 100
    )
