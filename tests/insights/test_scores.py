"""The scores: docs/scores.md's example by hand, its formulas in plain Python, and where they begin and end."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import comb
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from milepost.plan import Plan, load_plan
from milepost.vocabulary import EVENT_TYPES, IMPACTS, EventType, Impact
from tests.insights.scores_model import CountedEvent, scores, trend
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.words import COMPETENCIES, TOOLS

_AS_OF = date(2026, 3, 31)
_PLAN: Plan = load_plan()
_EVENT = st.tuples(
    st.one_of(st.sampled_from([-1, 0, 6, 7, 13, 14, 27, 28, 29, 30, 41, 55, 56, 111, 112]), st.integers(0, 150)),
    st.sampled_from(EVENT_TYPES),
    st.sampled_from(IMPACTS),
    st.sampled_from([None, *TOOLS, "unplanned-tool"]),
    st.sampled_from([None, *COMPETENCIES, "unplanned"]),
)
Event = tuple[int, EventType, Impact, str | None, str | None]


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


@pytest.fixture
def connection(shared: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The shared database within a transaction that is undone: faster than a database for each test."""
    with shared.transaction(force_rollback=True):
        yield shared


def near(value: Any) -> Any:
    """Equal but for the last bits; None is only itself."""
    if isinstance(value, dict):
        return {name: near(one) for name, one in value.items()}
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


def insert(connection: psycopg.Connection, events: list[Event], customer: str = "acme") -> None:
    """Stores events, each so many days before the day the scores are asked for."""
    rows = [(customer, datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days), *rest) for days, *rest in events]
    with connection.cursor() as cursor:
        cursor.executemany(
            'insert into public.behavior_events (customer_id, "timestamp", event_type, business_impact, tool_id,'
            " competency_area) values (%s, %s, %s, %s, %s, %s)",
            rows,
        )


def act(connection: psycopg.Connection, outcomes: list[tuple[int, Impact]], customer: str = "acme") -> None:
    """Stores offline outcomes, each so many days before the day the scores are asked for, and what is none."""
    for days, impact in outcomes:
        at = datetime(2026, 3, 31, 23, tzinfo=UTC) - timedelta(days=days)
        for role, deleted in (("outcome", None), ("intervention", None), ("outcome", at)):
            connection.execute(
                'insert into public.customer_actions (customer_id, "timestamp", action_type, role, business_impact,'
                " deleted_at) values (%s, %s, 'deal', %s, %s, %s)",
                (customer, at, role, impact, deleted),
            )


def insights(connection: psycopg.Connection, as_of: date = _AS_OF, customer: str = "acme") -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from milepost.insights_on(%s, %s)", (customer, as_of)).fetchone()
    assert row is not None
    return row


def counted(events: list[Event]) -> list[CountedEvent]:
    return [
        CountedEvent(_AS_OF - timedelta(days=days), _PLAN.points_of(kind, impact), impact, tool, competency)
        for days, kind, impact, tool, competency in events
    ]


def check_components(row: dict[str, Any]) -> None:
    """Contributions add up to the score, and the parts' weights to the coverage."""
    parts = row["components"] or []
    present = [part for part in parts if part["value"] is not None]
    for part in parts:
        assert (part["contribution"] is None) == (part["value"] is None)
        assert part["value"] is None or 0 <= part["value"] <= 100
    if row["current_scaling_score"] is not None:
        assert abs(sum(part["contribution"] for part in present) - row["current_scaling_score"]) < 1e-9
    if parts:
        share = sum(part["weight"] for part in present) / sum(part["weight"] for part in parts)
        assert row["score_coverage"] == pytest.approx(share, abs=1e-12)


_OUTCOME = st.tuples(st.one_of(st.sampled_from([-1, 0, 1]), st.integers(0, 150)), st.sampled_from(IMPACTS))


@given(events=st.lists(_EVENT, max_size=25), outcomes=st.lists(_OUTCOME, max_size=4), later=st.integers(-40, 40))
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_scores_equal_plain_python(
    shared: psycopg.Connection, events: list[Event], outcomes: list[tuple[int, Impact]], later: int
) -> None:
    as_of = _AS_OF + timedelta(days=later)
    days = [_AS_OF - timedelta(days=ago) for ago, _ in outcomes]
    with shared.transaction(force_rollback=True):
        insert(shared, events)
        act(shared, outcomes)
        row = insights(shared, as_of)
        # Any number of days in one go are those days one by one.
        several = shared.execute(
            "select count(*), count(*) filter (where to_jsonb(d) - 'as_of' <> to_jsonb(o))"
            " from milepost.insights_days('acme', array(select %(day)s - n from generate_series(-3, 130, 19) as n))"
            " as d, lateral milepost.insights_on('acme', d.as_of) as o",
            {"day": as_of},
        ).fetchone()
    assert several == (8, 0)
    expected = scores(counted(events), as_of, _PLAN, list(zip(days, (impact for _, impact in outcomes), strict=True)))
    assert row["current_scaling_score"] == near(expected.score)
    assert row["score_coverage"] == near(expected.coverage)
    values = {part["name"]: part["value"] for part in row["components"] or []}
    assert values == near(expected.components)
    assert row["competencies"] == near(expected.competencies)
    assert row["systematic_progression_rate"] == expected.rate
    assert row["professional_credibility_trend"] == expected.trend
    assert (row["points_last_14_days"], row["points_14_days_before"]) == (expected.recent, expected.before)
    assert row["active_weeks"] == expected.active_weeks
    assert row["inconsistent_system_usage"] == expected.inconsistent
    assert row["low_business_impact_actions"] == expected.low_impact
    assert row["low_impact_share"] == near(expected.low_share)
    check_components(row)


_BY_HAND: list[Event] = [
    (89, "resource_generation", "high", "icp-analysis", "customer_intelligence"),
    (29, "export_action", "high", "cost-calculator", "value_communication"),
    (21, "tool_usage", "medium", "icp-analysis", "customer_intelligence"),
    (11, "competency_milestone", "high", None, "customer_intelligence"),
    (0, "tool_usage", "low", "business-case", None),
]


def test_the_example_of_the_documentation(connection: psycopg.Connection) -> None:
    """The figures stand in docs/scores.md, worked out there step by step."""
    insert(connection, _BY_HAND)
    row = insights(connection)
    assert row["competencies"] == pytest.approx(
        {
            "customer_intelligence": 27.460,
            "value_communication": 9.514,
            "sales_execution": 0,
            "systematic_optimization": 0,
        },
        abs=0.001,
    )
    assert {part["name"]: part["value"] for part in row["components"]} == pytest.approx(
        {
            "competencies": 9.244,
            "breadth": 75,
            "consistency": 68.897,
            "lately": 59.568,
            "recency": 100,
            "habit": 52.340,
            "outcomes": None,
        },
        abs=0.001,
    )
    assert {part["name"]: part["contribution"] for part in row["components"]} == pytest.approx(
        {
            "competencies": 0.462,
            "breadth": 3.75,
            "consistency": 20.669,
            "lately": 11.914,
            "recency": 25,
            "habit": 7.851,
            "outcomes": None,
        },
        abs=0.001,
    )
    assert row["current_scaling_score"] == pytest.approx(69.646, abs=0.001)
    assert row["score_coverage"] == pytest.approx(100 / 120)
    assert row["systematic_progression_rate"] == 9
    assert (row["points_last_14_days"], row["points_14_days_before"]) == (32, 4)
    assert row["professional_credibility_trend"] == "stable"
    assert (row["active_weeks"], row["inconsistent_system_usage"]) == (4, False)
    assert row["low_impact_share"] == pytest.approx(1 / 3)
    assert row["low_business_impact_actions"] is None
    connection.execute(
        'insert into public.customer_actions (customer_id, "timestamp", action_type, role, business_impact)'
        " values ('acme', '2026-02-14T23:59Z', 'deal', 'outcome', 'high')"
    )
    with_deal = insights(connection)
    assert with_deal["components"][6]["value"] == pytest.approx(29.781, abs=0.001)
    assert (with_deal["current_scaling_score"], with_deal["score_coverage"]) == pytest.approx((63.002, 1), abs=0.001)
    faded = connection.execute(
        "select competency, points, faded, last_day from milepost.competency_scores('acme', %s) limit 1", (_AS_OF,)
    ).fetchone()
    assert faded is not None
    assert faded[:2] == ("customer_intelligence", 49)
    assert faded[2] == pytest.approx(38.524, abs=0.001)
    assert faded[3] == date(2026, 3, 20)


@pytest.mark.parametrize("age", [0, 13, 14, 27, 28, 54, 55])
def test_a_young_customer_is_not_judged_early(connection: psycopg.Connection, age: int) -> None:
    skilled: Event = (0, "export_action", "high", TOOLS[0], COMPETENCIES[0])
    insert(connection, [(age, "tool_usage", "high", None, None), skilled])
    act(connection, [(0, "high")])
    row = insights(connection)
    # Everything is known of it, and yet it is too early to say.
    assert row["score_coverage"] == 1
    assert (row["current_scaling_score"] is None) == (age < 14)
    assert (row["professional_credibility_trend"] is None) == (age < 55)
    assert (row["inconsistent_system_usage"] is None) == (age < 28)


def test_what_there_is_no_data_for_takes_nothing_away(connection: psycopg.Connection) -> None:
    """Neither tools nor competencies are named: the score is that of what people did, and every day is 100."""
    insert(connection, [(day, "tool_usage", "low", None, None) for day in range(1_500)])
    row = insights(connection)
    values = {part["name"]: part["value"] for part in row["components"]}
    assert (values["breadth"], values["competencies"], values["outcomes"]) == (None, None, None)
    assert values["lately"] == pytest.approx(100)
    assert row["current_scaling_score"] == pytest.approx(100, abs=0.01)
    assert row["score_coverage"] == pytest.approx(90 / 120)
    # A tool that was used once is known from then on, and used no more is breadth 0.
    insert(connection, [(40, "tool_usage", "low", TOOLS[0], None)])
    assert {part["name"]: part["value"] for part in insights(connection)["components"]}["breadth"] == 0


def test_a_slow_rhythm_is_told_apart_for_a_year(connection: psycopg.Connection) -> None:
    """Nothing is cut off: who came three times in a year has more than who came once, and neither has nothing."""
    for customer, days in (("thrice", (360, 240, 120)), ("once", (360, 121)), ("longer", (360, 130))):
        insert(connection, [(day, "tool_usage", "low", None, None) for day in days], customer)
    found = [insights(connection, customer=who)["current_scaling_score"] for who in ("thrice", "once", "longer")]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3
    assert found[2] > 1


def test_the_trend_is_that_of_exact_fractions_and_chance_makes_none(connection: psycopg.Connection) -> None:
    """Every number of days there can be, and of each how likely shuffled histories are not stable: 5 % at most."""
    cases = [
        (recent, active - recent, before)
        for before in (28, 29, 45, 84)
        for active in range(before + 29)
        for recent in range(max(0, active - before), min(28, active) + 1)
    ]
    said = connection.execute(
        "select milepost.trend_of(c.recent, c.earlier, c.before) from unnest(%s::int[], %s::int[], %s::int[])"
        " with ordinality as c(recent, earlier, before, place) order by place",
        tuple(map(list, zip(*cases, strict=True))),
    ).fetchall()
    chance: defaultdict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for (recent, earlier, before), (found,) in zip(cases, said, strict=True):
        assert found == trend(recent, earlier, before), (recent, earlier, before)
        if found in ("improving", "declining"):
            active = recent + earlier
            ways = comb(active, recent) * comb(before + 28 - active, 28 - recent)
            chance[active, before] += Fraction(ways, comb(before + 28, 28))
    assert 0.04 < max(chance.values()) <= 0.05


def test_shuffled_histories_are_stable(connection: psycopg.Connection) -> None:
    chance = random.Random(7)
    whose = {f"c{number}": chance.sample(range(112), chance.randint(4, 80)) for number in range(200)}
    days = [(who, ago) for who, active in whose.items() for ago in (*active, 130)]
    connection.execute(
        'insert into public.behavior_events (customer_id, event_type, "timestamp")'
        " select who, 'navigation', '2026-03-31 12:00Z'::timestamptz - ago * interval '1 day'"
        " from unnest(%s::text[], %s::int[]) as d(who, ago)",
        tuple(map(list, zip(*days, strict=True))),
    )
    said = connection.execute(
        "select i.professional_credibility_trend, count(*) from milepost.standing s"
        " cross join lateral milepost.insights_on(s.customer_id, %s) as i group by 1",
        (_AS_OF,),
    ).fetchall()
    found: dict[str, int] = dict(said)
    assert found["stable"] >= 0.95 * 200
    # Who came every day until 20 days ago has a trend; and who comes every day since then.
    for who, active in (("falls", range(20, 112)), ("rises", (*range(20), 60, 90, 111))):
        insert(connection, [(ago, "navigation", "low", None, None) for ago in active], who)
    assert insights(connection, customer="falls")["professional_credibility_trend"] == "declining"
    assert insights(connection, customer="rises")["professional_credibility_trend"] == "improving"


def test_the_risks_need_enough_to_go_by(connection: psycopg.Connection) -> None:
    insert(connection, [(day, "navigation", "low", None, None) for day in range(9)])
    assert insights(connection)["low_business_impact_actions"] is None
    insert(connection, [(0, "navigation", "low", None, None)])
    assert insights(connection)["low_business_impact_actions"] is True
    insert(connection, [(0, "export_action", "high", None, None)] * 3)
    assert insights(connection)["low_business_impact_actions"] is False


def test_a_customer_without_events_has_no_score(connection: psycopg.Connection) -> None:
    connection.execute("insert into milepost.standing (customer_id, pinned) values ('quiet', true)")
    row = insights(connection, customer="quiet")
    assert [row[name] for name in ("current_scaling_score", "score_coverage", "components")] == [None] * 3
    assert [row[name] for name in ("professional_credibility_trend", "inconsistent_system_usage")] == [None] * 2
    assert row["systematic_progression_rate"] == 0
    with connection.cursor(row_factory=dict_row) as cursor:
        view = cursor.execute("select * from public.behavior_insights").fetchone()
    assert view is not None
    assert (view["total_events"], view["days_since_last_activity"], view["current_arr"]) == (0, None, None)
    assert view["customer_intelligence_score"] == 0
    assert view["next_recommended_actions"] == []


@pytest.mark.parametrize(
    ("ago", "days"), [("-23 hours", 0), ("0", 0), ("23:59", 0), ("24:01", 1), ("47:59", 1), ("10 days 1 minute", 10)]
)
def test_days_since_last_activity_is_true_when_read(connection: psycopg.Connection, ago: str, days: int) -> None:
    connection.execute(
        'insert into public.behavior_events (customer_id, event_type, "timestamp")'
        " values ('acme', 'export_action', now() - %s::interval)",
        (ago,),
    )
    # A call of the team is no activity of the customer.
    connection.execute("insert into public.customer_actions (customer_id, action_type) values ('acme', 'call')")
    row = connection.execute(
        "select days_since_last_activity, total_exports_generated from behavior_insights"
    ).fetchone()
    assert row == (days, 1)


def test_an_event_of_tomorrow_counts_from_tomorrow(connection: psycopg.Connection) -> None:
    insert(connection, [(-1, "export_action", "high", "icp-analysis", "sales_execution")])
    today, tomorrow = insights(connection), insights(connection, _AS_OF + timedelta(days=1))
    assert (today["components"], today["points_last_14_days"], today["competencies"]["sales_execution"]) == (None, 0, 0)
    assert tomorrow["points_last_14_days"] == 15
    assert {part["name"]: part["value"] for part in tomorrow["components"]}["recency"] == 100
    assert tomorrow["competencies"]["sales_execution"] > 0


def test_the_view_shows_the_newest_context(connection: psycopg.Connection) -> None:
    connection.execute(
        'insert into public.behavior_events (customer_id, event_type, "timestamp", current_arr, growth_stage) values'
        " ('acme', 'scaling_metric', '2026-03-02Z', '$3M', null),"
        " ('acme', 'scaling_metric', '2026-03-01Z', '$2M', 'rapid_scaling')"
    )
    row = connection.execute("select current_arr, target_arr, growth_stage from behavior_insights").fetchone()
    assert row == ("$3M", None, "rapid_scaling")


def test_answering_a_recommendation_is_worth_nothing(connection: psycopg.Connection) -> None:
    insert(connection, [(0, "professional_action", "high", None, "sales_execution")])
    connection.execute(
        'insert into public.behavior_events (customer_id, "timestamp", event_type, business_impact, event_metadata)'
        " values ('acme', '2026-03-31Z', 'professional_action', 'high', %s)",
        ('{"recommendation_id": "0190a0b0-0000-7000-8000-000000000000", "recommendation": "accepted"}',),
    )
    row = connection.execute("select total_points, total_events from milepost.standing").fetchone()
    assert row == (12, 2)


def test_numbers_of_any_size_have_a_score(connection: psycopg.Connection) -> None:
    """Points beyond all measure, and days so long ago that nothing is left of them: PostgreSQL refuses to underflow."""
    insert(connection, [(days, "export_action", "high", "icp-analysis", "sales_execution") for days in (0, 9_000)])
    act(connection, [(0, "high"), (9_000, "low")])
    connection.execute("update milepost.competency_days set points = 100000000")
    connection.execute(
        "insert into milepost.competency_days values ('acme', 'sales_execution', '2001-01-01', 5),"
        " ('acme', 'value_communication', '2001-01-01', 5)"
    )
    rules = "jsonb_set(document, '{scoring,half_life_days}', '1')"
    rules = f"jsonb_set({rules}, '{{scoring,lately_half_life_days}}', '0.1')"
    connection.execute(
        f"update milepost.plans set document = jsonb_set({rules}, '{{scoring,outcome_saturation}}', '0.001')"
    )
    for later in (0, 110):
        row = insights(connection, _AS_OF + timedelta(days=later))
        assert 0 <= row["current_scaling_score"] <= 100
        check_components(row)
    assert insights(connection)["competencies"]["sales_execution"] == 100
