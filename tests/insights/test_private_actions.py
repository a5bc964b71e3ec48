"""Private offline actions: their customer never reads them, and its numbers are the same whoever asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.vocabulary import IMPACTS
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.words import COMPETENCIES

_TODAY = date(2026, 3, 31)
_AT = datetime(2026, 3, 31, 12, tzinfo=UTC)
_AREAS = [None, *COMPETENCIES, "of no plan"]
_ACTION = st.tuples(
    st.integers(-1, 200),
    st.sampled_from(IMPACTS),
    st.sampled_from(_AREAS),
    st.sampled_from(["outcome", "intervention"]),
    st.booleans(),
)
#: What becomes of the action at a place: one change or another, or it is deleted.
_CHANGE = st.tuples(
    st.integers(0, 9),
    st.sampled_from(["private = not private", "role = 'outcome'", "deleted_at = now()", "deleted_at = null",
                     "competency_area = 'sales_execution'", "business_impact = 'high'", "customer_id = 'other'", ""]),
)  # fmt: skip
_NUMBERS = (
    "select to_jsonb(x) from milepost.practice_on('acme', %(day)s) as x",
    "select to_jsonb(x) from milepost.insights_on('acme', %(day)s) as x",
    "select to_jsonb(x) from milepost.badges_of(array['acme'], %(day)s) as x order by x.place",
)


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


def _act(connection: psycopg.Connection, days: int, impact: str, area: str | None, role: str, private: bool) -> None:
    connection.execute(
        "insert into public.customer_actions (customer_id, action_type, \"timestamp\", role, business_impact,"
        " competency_area, private) values ('acme', 'deal', %s, %s, %s, %s, %s)",
        (_AT - timedelta(days=days), role, impact, area, private),
    )  # fmt: skip


def _as_customer(connection: psycopg.Connection) -> None:
    connection.execute("set local role milepost_reader")
    connection.execute("set local milepost.customer_id = 'acme'")


def _numbers(connection: psycopg.Connection) -> list[Any]:
    return [connection.execute(question, {"day": _TODAY}).fetchall() for question in _NUMBERS]


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_ACTION, min_size=1, max_size=8), st.lists(_CHANGE, max_size=6))
def test_a_customers_numbers_are_the_same_whoever_asks(
    shared: psycopg.Connection, actions: list[tuple[int, str, str | None, str, bool]], changes: list[tuple[int, str]]
) -> None:
    with shared.transaction(force_rollback=True):
        for action in actions:
            _act(shared, *action)
        ids = [row[0] for row in shared.execute("select action_id from public.customer_actions order by action_id")]
        for place, change in changes:
            statement = (
                f"update public.customer_actions set {change}" if change else "delete from public.customer_actions"
            )
            shared.execute(f"{statement} where action_id = %s", [ids[place % len(ids)]])
        kept = shared.execute(
            "select action_id, customer_id, day, business_impact from milepost.private_outcomes order by 1"
        ).fetchall()
        assert (
            kept
            == shared.execute(
                "select action_id, customer_id, (\"timestamp\" at time zone 'UTC')::date, business_impact"
                " from public.customer_actions where private and role = 'outcome' and deleted_at is null order by 1"
            ).fetchall()
        )
        wanted = _numbers(shared)
        public = shared.execute(
            "select action_id from public.customer_actions"
            " where customer_id = 'acme' and not private and deleted_at is null order by 1"
        ).fetchall()
        _as_customer(shared)
        assert _numbers(shared) == wanted
        assert shared.execute("select action_id from public.customer_actions order by 1").fetchall() == public


def test_a_private_outcome_counts_as_any_other(shared: psycopg.Connection) -> None:
    numbers = []
    for private in (False, True):
        with shared.transaction(force_rollback=True):
            _act(shared, 3, "high", "sales_execution", "outcome", private)
            numbers.append(_numbers(shared))
            row = shared.execute("select total_actions, last_action_at from milepost.standing").fetchone()
            assert row == (1, _AT - timedelta(days=3))
    assert numbers[0] == numbers[1]
    assert any(row[0]["results"] > 0 for row in numbers[0][0])


def test_all_that_a_customer_reads_of_one_is_what_it_is_worth(shared: psycopg.Connection) -> None:
    """No text, a competency of nobody's plan included; and nothing once the actions are gone."""
    with shared.transaction(force_rollback=True):
        _act(shared, 3, "high", "what nobody should read", "outcome", True)
        shared.execute("update public.customer_actions set description = 'what nobody should read'")
        with shared.transaction(force_rollback=True):
            _as_customer(shared)
            seen = [
                *shared.execute("select p::text from milepost.private_outcomes p"),
                *shared.execute("select o::text from milepost.outcomes_of(array['acme']) o"),
                *shared.execute("select o::text from milepost.results_on('acme', %s) o", [_TODAY]),
                *shared.execute("select a::text from public.customer_actions a"),
            ]
        assert len(seen) == 4
        assert "nobody" not in str(seen)
        shared.execute("truncate public.customer_actions")
        assert shared.execute("select * from milepost.private_outcomes").fetchall() == []
