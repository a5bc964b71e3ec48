"""Settling: what is kept beside the sums is what they say, whatever happened and whenever it was settled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from psycopg.rows import dict_row

from milepost.insights.settle import Settling, forget_history, settle
from milepost.plan import load_plan
from milepost.store.plan_tables import apply_plan
from tests.store.test_standing import _ACTS as ACTS
from tests.store.test_standing import _event, do
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.settling import settle_all

_PLAN = load_plan()
_PLANS = [
    _PLAN,
    replace(_PLAN, points=replace(_PLAN.points, weight={"low": 7, "medium": 8, "high": 9})),
    replace(_PLAN, scoring=replace(_PLAN.scoring, half_life_days=10)),
]
#: Around the events' own days, which begin on 1 March 2026, and back again: a clock may be put right.
_CLOCK = st.sampled_from([datetime(2026, 3, day, 7, tzinfo=UTC) for day in (1, 2, 3, 30)]) | st.just(
    datetime(2026, 6, 20, 23, 59, tzinfo=UTC)
)
_STEPS = st.one_of(
    ACTS.filter(lambda act: act[0] != "clean_up"),
    ACTS.filter(lambda act: act[0] in ("insert", "change")),
    st.tuples(st.just("settle"), _CLOCK),
    st.tuples(st.just("plan"), st.integers(0, 2)),
)
Rows = dict[tuple[str, ...], dict[str, Any]]


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


@pytest.fixture
def connection(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def kept(connection: psycopg.Connection) -> tuple[Rows, Rows]:
    """The history of the current plan, and the snapshots, by their keys."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            "select n.customer_id, d.* from milepost.insight_days d join milepost.snapshots n on n.number = d.customer"
            " where d.plan_version = milepost.current_plan()"
        )
        days: Rows = {(row["customer_id"], str(row["day"])): row for row in cursor}
        cursor.execute("select * from milepost.snapshots order by customer_id")
        # When the history was last written depends on what happened, and nobody is told.
        return days, {(row["customer_id"],): row | {"history_at": None} for row in cursor}


@given(steps=st.lists(_STEPS, min_size=1, max_size=9), last=_CLOCK)
@settings(max_examples=examples(45), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(
    steps=[("insert", [_event(1)]), ("settle", datetime(2026, 6, 20, tzinfo=UTC))],
    last=datetime(2026, 3, 2, tzinfo=UTC),
)
@example(
    steps=[("pin", "acme"), ("settle", datetime(2026, 3, 30, tzinfo=UTC)), ("plan", 1)],
    last=datetime(2026, 3, 2, tzinfo=UTC),
)
def test_settled_equals_settled_anew(shared: psycopg.Connection, steps: list[tuple[str, Any]], last: datetime) -> None:
    with shared.transaction(force_rollback=True):
        for act, value in steps:
            if act == "settle":
                settle_all(shared, [], now=value)
            elif act == "plan":
                apply_plan(shared, _PLANS[value])
            else:
                do(shared, act, value)
        settle_all(shared, [], now=last)
        bit_by_bit = kept(shared)
        versions = shared.execute("select distinct plan_version = milepost.current_plan() from milepost.standing")
        assert {row[0] for row in versions} <= {True}
        shared.execute("delete from milepost.snapshots")
        assert shared.execute("select count(*) from milepost.insight_days").fetchone() == (0,)
        shared.execute("select milepost.recompute(array(select customer_id from milepost.standing))")
        settle_all(shared, [], now=last)
        assert kept(shared) == bit_by_bit
        check_history(shared, last.date())


def check_history(connection: psycopg.Connection, today: date) -> None:
    """A row for every day from the first event to yesterday, and each is what insights_on says of that day, to seven
    digits; and today's is the snapshot, to the last."""
    wrong = connection.execute(
        """
        select count(*) from milepost.insight_days d
        join milepost.snapshots n on n.number = d.customer
        cross join lateral milepost.insights_on(n.customer_id, d.day) as i
        where d.plan_version = milepost.current_plan()
          and (d.points_28 / 4.0, d.score, d.competencies, d.breadth, d.consistency, d.lately, d.recency,
              d.habit, d.outcomes,
              (array['declining', 'stable', 'improving'])[d.trend + 2], d.inconsistent_system_usage,
              d.low_business_impact_actions, (select c.id from milepost.plans
                cross join lateral jsonb_array_elements_text(rules -> 'competencies') with ordinality as c(id, place)
                where plan_version = d.plan_version and c.place = d.weakest))
            is distinct from (i.systematic_progression_rate, i.current_scaling_score::real,
              (i.components -> 0 ->> 'value')::real, (i.components -> 1 ->> 'value')::real,
              (i.components -> 2 ->> 'value')::real, (i.components -> 3 ->> 'value')::real,
              (i.components -> 4 ->> 'value')::real, (i.components -> 5 ->> 'value')::real,
              (i.components -> 6 ->> 'value')::real,
              i.professional_credibility_trend, i.inconsistent_system_usage, i.low_business_impact_actions,
              milepost.weakest(i.competencies))
        """
    ).fetchone()
    assert wrong == (0,)
    differing = connection.execute(
        """
        select count(*) from milepost.snapshots n cross join lateral milepost.insights_on(n.customer_id, %s) as i
        where (n.current_scaling_score, n.score_coverage, n.score_components, n.competency_scores, n.active_weeks,
            n.history_from, n.day)
          is distinct from (i.current_scaling_score, i.score_coverage, i.components, i.competencies, i.active_weeks,
            null::date, %s)
        """,
        (today, today),
    ).fetchone()
    assert differing == (0,)
    gaps = connection.execute(
        """
        select s.customer_id, count(d.day),
          %(today)s - least((s.first_event_at at time zone 'UTC')::date, %(today)s)
        from milepost.standing s join milepost.snapshots n using (customer_id)
        left join milepost.insight_days d on d.customer = n.number and d.plan_version = milepost.current_plan()
        where s.first_event_at is not null group by s.customer_id, s.first_event_at
        """,
        {"today": today},
    ).fetchall()
    assert [gap for gap in gaps if gap[1] != gap[2]] == []


def store(connection: psycopg.Connection, customer: str, at: datetime, kind: str = "export_action") -> None:
    connection.execute(
        'insert into public.behavior_events (customer_id, "timestamp", event_type, business_impact, competency_area)'
        " values (%s, %s, %s, 'high', 'sales_execution')",
        (customer, at, kind),
    )


_NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_everybody_is_settled_once_a_day_and_after_each_change(connection: psycopg.Connection) -> None:
    for name in ("a", "b"):
        store(connection, name, _NOON)
    assert settle_all(connection, [], now=_NOON) == 2
    assert settle_all(connection, [], now=_NOON + timedelta(hours=11)) == 0
    store(connection, "b", _NOON)
    assert settle_all(connection, [], now=_NOON) == 1
    assert settle_all(connection, [], now=_NOON + timedelta(hours=12)) == 2


def test_many_customers_take_turns(connection: psycopg.Connection) -> None:
    for number in range(25):
        store(connection, f"customer {number:02}", _NOON)
    seen: list[str] = []

    def note(_: psycopg.Connection, settling: Settling) -> None:
        seen.extend(settling.customers)
        # Those at the front of the order never stop changing, and those behind have their turn all the same.
        store(connection, "customer 00", _NOON)

    after = ""
    for _ in range(3):
        after = settle(connection, [note], now=_NOON, limit=10, after=after).last
    assert seen[:25] == [f"customer {number:02}" for number in range(25)]


def test_a_step_that_fails_changes_nothing(connection: psycopg.Connection) -> None:
    store(connection, "acme", _NOON - timedelta(days=1))

    def fail(one: psycopg.Connection, _: Settling) -> None:
        one.execute("select 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        settle(connection, [fail], now=_NOON)
    assert connection.execute("select count(*) from milepost.insight_days").fetchone() == (0,)
    assert settle_all(connection, [], now=_NOON) == 1


def test_an_expired_event_leaves_the_history_as_it_was_and_an_erased_one_leaves_it(
    connection: psycopg.Connection,
) -> None:
    for back in (40, 20, 0):
        store(connection, "acme", _NOON - timedelta(days=back))
    connection.execute("update public.behavior_events set retention_days = 30")
    settle_all(connection, [], now=_NOON)
    before, was = kept(connection)
    assert len(before) == 40
    cleaned = "select public.cleanup_expired_behavior_events(as_of => %s)"
    assert connection.execute(cleaned, (_NOON,)).fetchone() == (1,)
    settle_all(connection, [], now=_NOON)
    after, today = kept(connection)
    assert after == before
    assert today["acme",]["competency_scores"] != was["acme",]["competency_scores"]
    connection.execute(
        'delete from public.behavior_events where "timestamp" = (select min("timestamp") from public.behavior_events)'
    )
    settle_all(connection, [], now=_NOON)
    # Erased: from its day on nothing of it is left, and the days before the first event that is left are gone.
    assert [key[1] for key in kept(connection)[0] if key[1] >= "2026-02-18"] == []
    connection.execute("delete from public.behavior_events")
    assert kept(connection) == ({}, {})


def test_an_old_plan_stays_readable(connection: psycopg.Connection) -> None:
    store(connection, "acme", _NOON - timedelta(days=2))
    settle_all(connection, [], now=_NOON)
    old = connection.execute("select * from milepost.insight_days order by day").fetchall()
    assert apply_plan(connection, _PLANS[2])
    # Its names alone are no new version.
    assert not apply_plan(connection, replace(_PLANS[2], name="Another name"))
    assert settle_all(connection, [], now=_NOON) == 1
    versions = connection.execute(
        "select plan_version, count(*) from milepost.insight_days group by 1 order by 1"
    ).fetchall()
    # Of the version before, today as well: nobody will work it out again.
    assert versions == [(1, 3), (2, 2)]
    still = connection.execute(
        "select * from milepost.insight_days where plan_version = 1 and day < %s order by day", (_NOON.date(),)
    ).fetchall()
    assert still == old


def test_the_history_has_an_end(connection: psycopg.Connection) -> None:
    short = replace(_PLAN, history=replace(_PLAN.history, days=10))
    apply_plan(connection, short)
    store(connection, "acme", _NOON - timedelta(days=100))
    settle_all(connection, [], now=_NOON)
    assert len(kept(connection)[0]) == 9
    later = _NOON + timedelta(days=3)
    settle_all(connection, [], now=later)
    assert forget_history(connection, before=later.date() - timedelta(days=10), most=2) == 2
