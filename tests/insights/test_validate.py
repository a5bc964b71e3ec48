"""Validation: what it counts, by hand; no slice knows the future; it finds a score that means something, and one that
does not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from milepost.errors import InvalidRequest
from milepost.insights.agreement import agree, levels
from milepost.insights.validate import horizon, slice_days, validate
from milepost.insights.validate_compare import Sample, compare_slice, pool
from milepost.insights.validate_report import COVERAGE, RIVAL, SCORE, Pooled, ValidationReport, Verdict, finding
from milepost.store.queries import load
from tests.support.examples import examples
from tests.support.postgres import Cluster

_SQL = load("milepost.insights", "validate.sql")
_START = date(2026, 1, 1)
_NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
_AFTER = 28

_WHERE = ("icp-analysis", "sales_execution")
#: A customer, days after _START, an event type, an impact.
Event = tuple[str, int, str, str]


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


@pytest.fixture
def connection(shared: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The shared database within a transaction that is undone."""
    with shared.transaction(force_rollback=True):
        yield shared


def insert(connection: psycopg.Connection, events: Sequence[Event]) -> None:
    rows = [
        (customer, datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day), kind, impact, *_WHERE)
        for customer, day, kind, impact in events
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            'insert into public.behavior_events (customer_id, "timestamp", event_type, business_impact, tool_id,'
            " competency_area) values (%s, %s, %s, %s, %s, %s)",
            rows,
        )


def slices(connection: psycopg.Connection, anchors: Sequence[date]) -> dict[tuple[str, date], dict[str, Any]]:
    """Every customer's row of these slices."""
    with connection.cursor(row_factory=dict_row) as cursor:
        everyone = [row["customer_id"] for row in cursor.execute(_SQL["customers"], {"most": 1000})]
        values = {"customers": everyone, "anchors": list(anchors), "after": _AFTER}
        return {(row["customer_id"], row["as_of"]): row for row in cursor.execute(_SQL["slices"], values)}


# -- What is counted ----------------------------------------------------------------------------------


def test_slices_leave_whole_days_after_them() -> None:
    days = slice_days(date(2026, 1, 1), date(2026, 3, 31), every=28, after=28)
    assert days == [date(2026, 1, 6), date(2026, 2, 3), date(2026, 3, 3)]
    assert days[-1] + timedelta(days=28) == date(2026, 3, 31)
    assert slice_days(None, None, every=28, after=28) == []
    assert slice_days(date(2026, 1, 1), date(2026, 1, 20), every=28, after=28) == []


def test_a_slice_by_hand(connection: psycopg.Connection) -> None:
    insert(
        connection,
        [
            ("acme", 0, "tool_usage", "low"),
            ("acme", 7, "export_action", "high"),
            ("acme", 10, "tool_usage", "low"),  # three days before the slice's
            ("acme", 14, "competency_milestone", "high"),  # the first day after: 30 points
            ("acme", 14, "tool_usage", "low"),  # 2 more
            ("acme", 41, "export_action", "high"),  # the last day that counts: 15
            ("acme", 42, "export_action", "high"),  # one too late
            ("late", 14, "tool_usage", "low"),
        ],
    )
    actions = [(day, "outcome", None) for day in (13, 14, 41, 42)]
    for day, role, deleted in [*actions, (20, "intervention", None), (20, "outcome", _NOW)]:
        connection.execute(
            'insert into public.customer_actions (customer_id, "timestamp", action_type, role, deleted_at)'
            " values ('acme', %s, 'deal', %s, %s)",
            (datetime(2026, 1, 1, 23, 59, tzinfo=UTC) + timedelta(days=day), role, deleted),
        )
    anchor = _START + timedelta(days=13)
    found = slices(connection, [anchor])
    assert set(found) == {("acme", anchor)}, "who began on the day after is not there yet"
    row = found["acme", anchor]
    assert row["days_since"] == 3
    assert (row["active_days"], row["points"], row["milestones"], row["outcomes"]) == (2, 47, 1, 2)
    question = "select current_scaling_score from milepost.insights_on('acme', %s)"
    assert connection.execute(question, (anchor,)).fetchone() == (row["score"],)


# -- No slice sees the future -----------------------------------------------------------------------

_ANCHORS = [_START + timedelta(days=day) for day in (20, 48, 76)]
_KNOWN = ("score", "coverage", "components", "days_since")
_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]), st.integers(0, 110),
        st.sampled_from(["tool_usage", "export_action", "competency_milestone"]), st.sampled_from(["low", "high"]),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=_EVENTS, later=_EVENTS, actions=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 110)), max_size=6)
)
def test_later_events_change_no_earlier_score(
    shared: psycopg.Connection, before: list[Event], later: list[Event], actions: list[tuple[str, int]]
) -> None:
    with shared.transaction(force_rollback=True):
        insert(shared, before)
        first = slices(shared, _ANCHORS)
        for anchor in _ANCHORS:
            cut = (anchor - _START).days
            with shared.transaction(force_rollback=True):
                insert(shared, [event for event in later if event[1] > cut])
                for customer, day in actions:
                    if day > cut:
                        shared.execute(
                            'insert into public.customer_actions (customer_id, "timestamp", action_type, role)'
                            " values (%s, %s, 'deal', 'outcome')",
                            (customer, datetime(2026, 1, 1, 1, tzinfo=UTC) + timedelta(days=day)),
                        )
                second = slices(shared, [a for a in _ANCHORS if a <= anchor])
            known = {place: row for place, row in first.items() if place[1] <= anchor}
            assert {place: [row[name] for name in _KNOWN] for place, row in second.items()} == {
                place: [row[name] for name in _KNOWN] for place, row in known.items()
            }
            for place, row in second.items():
                assert row["points"] >= known[place]["points"], "only what came after may change, and upwards"


# -- Planted: a score that must win, and one that must not -------------------------------------------


def sample(day: date, rows: Sequence[tuple[float | None, float, float]]) -> Sample:
    """Rows of (score, days since last activity, what happened)."""
    return Sample(
        day,
        [at % 20 for at in range(len(rows))],
        {SCORE: [row[0] for row in rows], RIVAL: [-row[1] for row in rows]},
        {"active_days": [row[2] for row in rows]},
    )


def verdict(samples: Sequence[Sample]) -> str:
    return next(p for p in pool(samples, [SCORE, RIVAL], ["active_days"], lambda: None) if p.predictor == SCORE).verdict


def planted(seed: int, *, score_knows: bool) -> list[Sample]:
    """Four slices of 150 customers who do what their habit says. One of the two sees the habit, the other a coin."""
    chance = random.Random(seed)
    found = []
    for number in range(4):
        rows = []
        for _ in range(150):
            habit = chance.random()
            seen, blind = habit + chance.gauss(0, 0.2), chance.random()
            score, recent = (seen, blind) if score_knows else (blind, seen)
            rows.append((100 * score, 30 - 30 * recent, round(28 * habit)))
        found.append(sample(_START + timedelta(days=28 * number), rows))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_score_that_knows_wins_and_one_that_does_not_loses(seed: int) -> None:
    assert verdict(planted(seed, score_knows=True)) == "better"
    assert verdict(planted(seed, score_knows=False)) == "worse"


def test_the_rivals_own_order_is_as_good_never_better() -> None:
    chance = random.Random(3)
    days = [chance.randrange(60) for _ in range(200)]
    rows = [(100 * 2 ** (-day / 5), float(day), float(chance.randrange(60) > day)) for day in days]
    assert verdict([sample(_START, rows)]) == "as good"


@pytest.mark.parametrize("seed", range(3))
def test_a_score_that_is_mostly_the_same_is_not_flattered(seed: int) -> None:
    """A score that is 0 for most, and days that rank everybody: of the two kinds of customers, who come and who do not,
    the days have more pairs in the right order. A correlation that makes light of ties has it the other way round."""
    chance = random.Random(seed)
    rows = []
    for _ in range(800):
        came = chance.random() < 0.2
        score = 100.0 * (chance.random() < (0.6 if came else 0.02))
        rows.append((score, 30 - chance.gauss(8.0 * came, 5.5), float(came)))
    found = pool([sample(_START, rows)] * 2, [SCORE, RIVAL], ["active_days"], lambda: None)[0]
    assert found.difference_low is not None
    assert found.difference_low > 0, "by rank correlation it is surely better"
    assert found.somers_difference is not None
    assert found.somers_difference < 0
    assert found.verdict != "better"
    assert found.ties is not None
    assert found.rival_ties is not None
    assert found.ties > 0.3 > found.rival_ties


def test_somers_by_hand() -> None:
    """Three who came and two who did not: of six pairs the score has two in order, two in the other, two it cannot tell
    apart. Without the first group both pairs that are left are wrong; without the other too few are left."""
    score, came = (np.array(column) for column in ([3, 1, 1, 1, 2], [1, 1, 1, 0, 0]))
    found = agree(levels(score), levels(came), np.array([0, 1, 1, 0, 1]), 2, 3)
    assert found.somers.tolist() == pytest.approx([(2 - 2) / 6, -1.0, 0.0])
    assert found.weight.tolist() == [5, 3, 0]
    assert found.ties == pytest.approx(2 / 6)


def test_the_horizon_follows_the_rhythm() -> None:
    first = date(2024, 1, 1)
    long = date(2026, 1, 1)
    assert [horizon(gap, first, long) for gap in (None, 1.0, 7.0, 8.0, 30.0, 90.0)] == [28, 28, 28, 35, 126, 182]
    assert horizon(30.0, first, date(2024, 6, 1)) == 49, "a third of the days there are, in whole weeks"
    assert horizon(30.0, None, None) == 28


def test_noise_seldom_wins() -> None:
    chance = random.Random(11)
    won = 0
    for _ in range(60):
        rows = [(chance.random(), chance.random(), chance.random()) for _ in range(80)]
        won += verdict([sample(_START, rows)]) != "as good"
    assert won <= 9, "5 % of 60 are 3; more than 9 by chance is one in a thousand"


def test_slices_are_not_mixed() -> None:
    # In each slice the score turns the order round; over both it would seem to know it, as the second has more of both.
    low = [(float(n), 1.0, float(20 - n)) for n in range(25)]
    high = [(100.0 + n, 1.0, float(120 - n)) for n in range(25)]
    pooled = pool(
        [sample(_START, low), sample(_START + timedelta(days=28), high)], [SCORE], ["active_days"], lambda: None
    )
    assert pooled[0].correlation == pytest.approx(-1)
    assert (pooled[0].slices, pooled[0].customer_slices) == (2, 50)


def test_slices_weigh_as_much_as_they_have_customers() -> None:
    right = [(float(n), 1.0, float(n)) for n in range(60)]
    wrong = [(float(n), 1.0, float(-n)) for n in range(20)]
    pooled = pool([sample(_START, right), sample(_START, wrong)], [SCORE], ["active_days"], lambda: None)
    assert pooled[0].correlation == pytest.approx((60 - 20) / 80)


def test_who_has_no_score_is_compared_with_nothing() -> None:
    rows: list[tuple[float | None, float, float]] = [(float(n), float(n), float(n)) for n in range(30)]
    one = sample(_START, [*rows, (None, 0.0, 500.0), (None, 90.0, 0.0)])
    found = compare_slice(one)
    by_name = {c.predictor: c for c in found.compared}
    assert (found.customers, found.unscored) == (32, 2)
    assert by_name[SCORE].customers == 30
    assert by_name[SCORE].correlation == pytest.approx(1)
    assert by_name[SCORE].rival == pytest.approx(-1), "the rival of the very same 30"
    assert by_name[RIVAL].customers == 32


def test_lifts_by_hand() -> None:
    rows = [(float(n), 1.0, float(n >= 27)) for n in range(30)]
    score = pool([sample(_START, rows), sample(_START, rows)], [SCORE], ["active_days"], lambda: None)[0]
    assert [score.top, score.bottom] == pytest.approx([10, 0])
    assert score.lifts == pytest.approx([*[0.0] * 9, 10.0])


@pytest.mark.parametrize(
    ("verdict", "correlation", "rival", "said"),
    [
        ("better", 0.614, 0.551, "better than days since last activity: AUC 0.81 against 0.78."),
        ("better", 0.659, 0.656, "slightly better than days since last activity: AUC 0.830 against 0.828."),
        ("worse", 0.394, 0.403, "slightly worse than days since last activity: AUC 0.697 against 0.702."),
        ("worse", 0.30, 0.38, "worse than days since last activity: AUC 0.65 against 0.69."),
        ("as good", 0.378, 0.384, "about as well as days since last activity: AUC 0.69 against 0.69."),
    ],
)
def test_the_finding_in_words(verdict: Verdict, correlation: float, rival: float, said: str) -> None:
    pooled = Pooled(
        predictor=SCORE, outcome="active", verdict=verdict, slices=5, customer_slices=500, somers=correlation,
        rival_somers=rival, ties=0.05,
    )  # fmt: skip
    report = ValidationReport(
        as_of=_NOW, every_days=28, after_days=28, customers=100, of_customers=100, customer_slices=500, unscored=0,
        plan_version=1, score_version=2, predictors=[SCORE], outcomes=["active"], slices=[], pooled=[pooled],
    )  # fmt: skip
    assert finding(report) == f"Health ranks who stays active {said}"


def test_too_few_say_nothing() -> None:
    rows = [(float(n), float(n), float(n)) for n in range(25)]
    assert verdict([sample(_START, rows)]) == "not enough data", "25 customer-slices are fewer than 50"
    assert verdict([sample(_START, rows[:15])] * 9) == "not enough data", "each slice has fewer than 20"
    assert verdict([sample(_START, [(s, r, 1.0) for s, r, _ in rows])] * 3) == "not enough data", "all did the same"


# -- From the database to the report ------------------------------------------------------------------


def lively(connection: psycopg.Connection, customers: int = 60) -> None:
    """Customers whose week has n active days for good, the last day of all of them the same: recency says nothing."""
    events: list[Event] = []
    for number in range(customers):
        habit = 1 + number % 6
        for day in range(0, 120):
            if day % 7 < habit:
                kind = "competency_milestone" if day % 28 == 0 and number % 2 else "tool_usage"
                events.append((f"c{number:03}", day, kind, "low"))
    insert(connection, events)


def test_a_report_of_a_database(connection: psycopg.Connection) -> None:
    lively(connection)
    progress: list[tuple[int, int]] = []
    report = validate(connection, now=_NOW, progress=lambda done, total: progress.append((done, total)))
    assert (report.customers, report.of_customers) == (60, 60)
    assert [one.day for one in report.slices] == slice_days(_START, _START + timedelta(days=119), every=28, after=28)
    assert report.predictors[0] == SCORE
    assert report.predictors[-2:] == [COVERAGE, RIVAL]
    assert {"competencies", "breadth", "consistency", "lately", "recency", "habit", "outcomes"} <= set(
        report.predictors
    )
    assert report.customer_slices == 60 * len(report.slices)
    score = report.of(SCORE, "active_days")
    assert score is not None
    assert score.correlation is not None
    assert score.correlation > 0.5
    everybody = report.of(SCORE, "active")
    assert everybody is not None
    assert everybody.verdict == "not enough data", "all of them went on"
    assert "not enough data" in finding(report, "active")
    offline = report.of(SCORE, "outcomes")
    assert offline is not None
    assert offline.verdict == "not enough data"
    assert progress[-1] == (120, 120)
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)


def test_no_more_customers_than_wanted_and_the_same_every_time(connection: psycopg.Connection) -> None:
    lively(connection, customers=40)
    one, other = (validate(connection, now=_NOW, most=25) for _ in range(2))
    assert (one.customers, one.of_customers) == (25, 40)
    assert one == other


def test_a_database_without_anything(connection: psycopg.Connection) -> None:
    report = validate(connection, now=_NOW)
    assert (report.customers, report.slices, report.customer_slices) == (0, [], 0)
    assert all(p.verdict == "not enough data" for p in report.pooled)
    assert isinstance(report, ValidationReport)


def test_today_is_not_over_and_counts_as_nothing(connection: psycopg.Connection) -> None:
    lively(connection, customers=30)
    noon = datetime(2026, 4, 20, 12, tzinfo=UTC)  # day 109 of 119
    report = validate(connection, now=noon)
    assert report.slices[-1].day + timedelta(days=_AFTER) == date(2026, 4, 19)


@pytest.mark.parametrize(("field", "value"), [("every", 0), ("after", 4000), ("most", 0)])
def test_what_cannot_be_is_refused(connection: psycopg.Connection, field: str, value: int) -> None:
    with pytest.raises(InvalidRequest, match="whole number"):
        validate(connection, now=_NOW, **{field: value})  # type: ignore[arg-type]


def test_whoever_is_told_can_end_it(connection: psycopg.Connection) -> None:
    lively(connection, customers=30)

    def progress(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        validate(connection, now=_NOW, progress=progress)
