"""Practice and results: the formulas in plain Python, the weeks, what followed an intervention, what is settled."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from milepost.errors import NotFound
from milepost.insights.practice import (
    LEAST_WEEKS,
    MOST_WEEKS,
    SPAN_DAYS,
    Intervention,
    Practice,
    quarter_of,
    read_practice,
    weeks_of,
)
from milepost.plan import load_plan
from milepost.store.database import Database
from milepost.vocabulary import IMPACTS, Impact
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.settling import settle_all
from tests.support.words import COMPETENCIES

_TODAY = date(2026, 3, 31)
_NOW = datetime(2026, 3, 31, 15, tzinfo=UTC)
_PLAN = load_plan()
_SATURATION = 6.0
_AREAS = [None, *COMPETENCIES, "unplanned"]
#: Days ago, impact, competency, and whether it is an outcome that was not deleted.
_ACTION = st.tuples(
    st.one_of(st.sampled_from([-1, 0, 1, 89, 90, 91]), st.integers(0, 900)),
    st.sampled_from(IMPACTS),
    st.sampled_from(_AREAS),
    st.sampled_from(["outcome", "outcome", "intervention", "deleted"]),
)
#: Days ago, competency; every event here is an export of high impact.
_EVENT = st.tuples(st.integers(-1, 400), st.sampled_from(_AREAS))


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


@pytest.fixture
def connection(shared: psycopg.Connection) -> Iterator[psycopg.Connection]:
    with shared.transaction(force_rollback=True):
        yield shared


def act(connection: psycopg.Connection, days_ago: int, customer: str = "acme", **given: Any) -> None:
    """Stores an action of so many days before the day it is asked for."""
    fields = {"role": "outcome", "business_impact": "medium", "competency_area": None, "deleted_at": None} | given
    at = datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days_ago)
    connection.execute(
        'insert into public.customer_actions (customer_id, action_type, "timestamp", role, business_impact,'
        " competency_area, deleted_at) values (%s, 'deal', %s, %s, %s, %s, %s)",
        (customer, at, fields["role"], fields["business_impact"], fields["competency_area"], fields["deleted_at"]),
    )


def do(connection: psycopg.Connection, days_ago: int, customer: str = "acme", area: str | None = None) -> None:
    """An export of high impact, worth `points_of` in the plan."""
    at = datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days_ago)
    connection.execute(
        'insert into public.behavior_events (customer_id, "timestamp", event_type, business_impact, competency_area)'
        " values (%s, %s, 'export_action', 'high', %s)",
        (customer, at, area),
    )


def on(
    connection: psycopg.Connection, customer: str = "acme", today: date = _TODAY
) -> dict[str | None, dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("select * from milepost.practice_on(%s, %s)", (customer, today)).fetchall()
    return {row["competency"]: row for row in rows}


def faded(counted: list[tuple[int, float]]) -> float:
    """What is left of weights, each so many days old."""
    return math.fsum(weight * math.pow(0.5, days / _PLAN.scoring.half_life_days) for days, weight in counted)


def score(amount: float, saturation: float) -> float:
    return 100 * (1 - math.exp(-amount / saturation))


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_ACTION, max_size=12), st.lists(_EVENT, max_size=6))
def test_the_formulas_are_those_of_the_page(
    shared: psycopg.Connection,
    actions: list[tuple[int, Impact, str | None, str]],
    events: list[tuple[int, str | None]],
) -> None:
    with shared.transaction(force_rollback=True):
        for days, impact, area, kind in actions:
            role, gone = ("outcome", _NOW) if kind == "deleted" else (kind, None)
            act(shared, days, role=role, business_impact=impact, competency_area=area, deleted_at=gone)
        for days, area in events:
            do(shared, days, area=area)
        found = on(shared)
        settle(shared)
        stored = settled(shared)
    outcomes = [
        (days, _PLAN.points.weight[impact], area)
        for days, impact, area, kind in actions
        if kind == "outcome" and days >= 0
    ]
    worth = _PLAN.points_of("export_action", "high")
    assert list(found) == [None, *COMPETENCIES]
    for area in COMPETENCIES:
        mine = [(days, float(weight)) for days, weight, where in outcomes if where == area]
        done = [(days, float(worth)) for days, where in events if where == area and days >= 0]
        row = found[area]
        assert row["outcomes"] == len(mine)
        assert row["faded_outcomes"] == pytest.approx(faded(mine), rel=1e-9, abs=1e-9)
        assert row["results"] == pytest.approx(score(faded(mine), _SATURATION), rel=1e-9, abs=1e-9)
        assert row["practice"] == pytest.approx(score(faded(done), _PLAN.scoring.saturation_points), rel=1e-9, abs=1e-9)
        assert row["last_outcome"] == (_TODAY - timedelta(days=min(d for d, _ in mine)) if mine else None)
    every = faded([(days, float(weight)) for days, weight, _ in outcomes])
    assert found[None]["outcomes"] == len(outcomes)
    assert found[None]["results"] == pytest.approx(score(every, _SATURATION), rel=1e-9, abs=1e-9)
    mean = sum(found[area]["practice"] for area in COMPETENCIES) / len(COMPETENCIES)
    assert found[None]["practice"] == pytest.approx(mean, rel=1e-9, abs=1e-9)
    if events or any(kind != "deleted" for *_, kind in actions):
        assert stored["acme"]["results"] == found[None]["results"]
        assert stored["acme"]["practice"] == found[None]["practice"]
        assert stored["acme"]["practice_by"] == {area: found[area]["practice"] for area in COMPETENCIES}
        with_outcomes = [area for area in COMPETENCIES if found[area]["outcomes"]]
        assert stored["acme"]["results_by"] == {area: found[area]["results"] for area in with_outcomes}


def settle(connection: psycopg.Connection, today: date = _TODAY) -> None:
    settle_all(connection, [], now=datetime.combine(today, _NOW.timetz()))


def settled(connection: psycopg.Connection) -> dict[str, dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select customer_id, day, practice, results, competency_scores as practice_by, results_by"
            " from milepost.snapshots"
        ).fetchall()
    return {row["customer_id"]: row for row in rows}


def test_the_example_of_the_page(connection: psycopg.Connection) -> None:
    """docs/offline.md, worked by hand."""
    act(connection, 0, business_impact="high", competency_area="sales_execution")
    act(connection, 90, business_impact="medium", competency_area="sales_execution")
    act(connection, 30, business_impact="low")
    do(connection, 29, area="sales_execution")
    found = on(connection)
    assert found["sales_execution"]["faded_outcomes"] == pytest.approx(4.0)
    assert found["sales_execution"]["results"] == pytest.approx(48.658, abs=5e-4)
    assert found["sales_execution"]["practice"] == pytest.approx(9.514, abs=5e-4)
    assert found[None]["faded_outcomes"] == pytest.approx(4.794, abs=5e-4)
    assert found[None]["results"] == pytest.approx(55.020, abs=5e-4)
    assert found[None]["practice"] == pytest.approx(2.379, abs=5e-4)


def test_very_old_and_very_many_outcomes(connection: psycopg.Connection) -> None:
    """Where the fading or the curve comes below what a number can be, the results are 0 and 100."""
    rules = '{"half_life_days": 1, "outcome_saturation": 0.1}'
    change = "update milepost.plans set document = jsonb_set(document, '{scoring}', document -> 'scoring' || %s::jsonb)"
    connection.execute(change, [rules])
    act(connection, 9_000, business_impact="high", competency_area="value_communication")
    for _ in range(30):
        act(connection, 0, business_impact="high", competency_area="sales_execution")
    found = on(connection)
    assert found["value_communication"]["results"] == pytest.approx(0)
    assert found["sales_execution"]["results"] == pytest.approx(100)
    assert found[None]["results"] == pytest.approx(100)


def test_settling_again_changes_nothing_and_a_lost_customer_leaves_nothing(connection: psycopg.Connection) -> None:
    act(connection, 3)
    do(connection, 3, "other")
    settle(connection)
    before = settled(connection)
    assert set(before) == {"acme", "other"}
    connection.execute("update milepost.standing set unsettled = true")
    settle(connection)
    assert settled(connection) == before
    settle(connection, _TODAY + timedelta(days=1))
    assert settled(connection)["acme"]["results"] < before["acme"]["results"]
    connection.execute("delete from public.customer_actions")
    assert set(settled(connection)) == {"other"}


def read(cluster_dsn: str, customer: str = "acme", now: datetime = _NOW, *, as_customer: bool = False) -> Practice:
    async def reading() -> Practice:
        database = Database(cluster_dsn, size=1, query_seconds=10)
        await database.open()
        try:
            opened = database.customer(customer) if as_customer else database.transaction()
            async with opened as connection:
                return await read_practice(connection, customer, now=now)
        finally:
            await database.close()

    return asyncio.run(reading())


def test_what_followed_an_intervention(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for days in (100, 60, 33, 32, 30, 28, 5, 4):
            do(connection, days)
        for days in (32, 29, 28, 0):
            act(connection, days, role="intervention")
        act(connection, 80, role="intervention")
    found = read(dsn)
    ends = [
        (one.timestamp.date(), one.days_after, one.before is not None, one.after is not None)
        for one in found.interventions
    ]
    # 29 days ago its 28 days are over; 28 days ago the last of them is still running.
    assert ends == [
        (_TODAY, 0, True, False),
        (_TODAY - timedelta(days=28), 27, True, False),
        (_TODAY - timedelta(days=29), 28, True, True),
        (_TODAY - timedelta(days=32), 28, True, True),
        (_TODAY - timedelta(days=80), 28, False, True),
    ]
    worth = _PLAN.points_of("export_action", "high")
    whole: Intervention = found.interventions[3]
    assert whole.before is not None
    assert whole.after is not None
    # 60 and 33 days ago before it; 30, 28, 5 and 4 after it; its own day, 32 days ago, in neither.
    assert (whole.before.first, whole.before.last) == (_TODAY - timedelta(days=60), _TODAY - timedelta(days=33))
    assert (whole.before.active_days, whole.before.points_a_week) == (2, 2 * worth / 4)
    assert (whole.after.first, whole.after.last) == (_TODAY - timedelta(days=31), _TODAY - timedelta(days=4))
    assert (whole.after.active_days, whole.after.points_a_week) == (4, 4 * worth / 4)
    assert read(dsn, as_customer=True) == found


def test_the_weeks_hold_every_point_once(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for days in (0, 6, 7, 13, 14, 80, -1):
            do(connection, days, area="sales_execution" if days % 2 else None)
        act(connection, 7, role="intervention")
        act(connection, 400)
    found = read(dsn)
    worth = _PLAN.points_of("export_action", "high")
    assert len(found.weeks) == 12 == weeks_of(_TODAY - timedelta(days=80), _TODAY)
    assert found.weeks[-1].last == _TODAY
    assert all(b.first == a.last + timedelta(days=1) for a, b in zip(found.weeks, found.weeks[1:], strict=False))
    assert [week.points for week in found.weeks[-3:]] == [worth, 2 * worth, 2 * worth]
    assert sum(week.points for week in found.weeks) == 6 * worth
    assert found.weeks[-2].competencies == {"sales_execution": 2 * worth}
    assert found.weeks[-1].competencies == {}
    assert [mark.role for mark in found.actions] == ["intervention"]


def test_how_many_weeks_are_shown() -> None:
    assert weeks_of(None, _TODAY) == LEAST_WEEKS
    assert weeks_of(_TODAY, _TODAY) == LEAST_WEEKS
    assert weeks_of(_TODAY - timedelta(days=7 * MOST_WEEKS), _TODAY) == MOST_WEEKS
    assert SPAN_DAYS % 7 == 0


@pytest.mark.parametrize(
    ("practice", "results", "quarter"),
    [(50, 30, "both"), (50, 29.9, "practice"), (49.9, 30, "results"), (0, 0, "neither"), (100, 100, "both")],
)
def test_the_quarters(practice: float, results: float, quarter: str) -> None:
    assert quarter_of(practice, results) == quarter


def test_nobody_has_no_practice(dsn: str) -> None:
    with pytest.raises(NotFound):
        read(dsn, "nobody")
