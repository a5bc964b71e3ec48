"""What `milepost verify` proves of customers finds nothing where everything is right, and whatever is not."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from milepost.insights.practice import count_differing
from milepost.insights.verify import verify_standing
from tests.columns.events import insert
from tests.support.settling import settle_all


@pytest.fixture
def stored(connection: psycopg.Connection) -> psycopg.Connection:
    insert(connection, 400)
    connection.execute(
        "insert into public.behavior_events (customer_id, session_id, event_type, business_impact, competency_area,"
        " current_arr, event_metadata) values ('customer 1', 's', 'competency_milestone', 'high', 'sales_execution',"
        """ '$2M', '{"professional_credibility": 15}'), ('bot', 's', 'navigation', 'low', null, null, '{}')"""
    )
    connection.execute("update public.behavior_events set is_bot = true where customer_id = 'bot'")
    connection.execute("update public.behavior_events set customer_id = 'merged' where customer_id = 'customer 2'")
    connection.execute("update public.behavior_events set deleted_at = now() where customer_id = 'customer 3'")
    connection.execute("delete from public.behavior_events where customer_id = 'customer 4'")
    return connection


def test_nothing_differs(stored: psycopg.Connection) -> None:
    settle_all(stored, [], now=datetime.now(UTC))
    proof = verify_standing(stored)
    assert (proof.differing, proof.totals, proof.snapshots) == ([], 0, 0)
    assert proof.customers == 9
    assert proof.customer_days > 9


def test_nothing_stored(connection: psycopg.Connection) -> None:
    assert verify_standing(connection) == (0, 0, [], 0, 0)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("update milepost.customer_days set points = points + 1 where customer_id = 'customer 1'", "days"),
        ("update milepost.customer_days set tools = '{other}' where customer_id = 'customer 1'", "days"),
        ("delete from milepost.customer_days where customer_id = 'customer 1'", "days"),
        ("update milepost.competency_days set points = points + 1", "competencies"),
        ("delete from milepost.competency_days", "competencies"),
        ("update milepost.sessions set events = 0 where customer_id = 'customer 1'", "sessions"),
        ("delete from milepost.sessions where customer_id = 'customer 1'", "sessions"),
        ("update milepost.standing set total_points = 0 where customer_id = 'customer 1'", "totals"),
        ("delete from milepost.standing where customer_id = 'customer 1'", "totals"),
        ("insert into milepost.standing (customer_id, total_events) values ('nobody', 5)", "totals"),
    ],
)
def test_what_differs_is_found_and_mended(stored: psycopg.Connection, harm: str, found: str) -> None:
    stored.execute(harm.encode())
    proof = verify_standing(stored)
    assert found in {one.what for one in proof.differing} | ({"totals"} if proof.totals else set())
    everybody = stored.execute("select array_agg(distinct customer_id) from public.behavior_events").fetchone()
    assert everybody is not None
    stored.execute("select milepost.recompute(%s || array['nobody'])", (everybody[0],))
    mended = verify_standing(stored)
    assert (mended.differing, mended.totals) == ([], 0)


@pytest.mark.parametrize(
    "harm",
    [
        "update milepost.snapshots set current_scaling_score = 1 where customer_id = 'customer 1'",
        "delete from milepost.snapshots where customer_id = 'customer 1'",
    ],
)
def test_a_snapshot_that_is_not_true_is_found(stored: psycopg.Connection, harm: str) -> None:
    settle_all(stored, [], now=datetime.now(UTC))
    stored.execute(harm.encode())
    assert verify_standing(stored).snapshots == 1


@pytest.mark.parametrize(
    "harm",
    [
        "update milepost.snapshots set results = results + 1 where customer_id = 'customer 1'",
        """update milepost.snapshots set competency_scores = '{}', practice = 0 where customer_id = 'customer 1'""",
        "update milepost.snapshots set results_by = '{}' where customer_id = 'customer 1'",
    ],
)
def test_practice_that_is_not_true_is_found_and_mended(stored: psycopg.Connection, harm: str) -> None:
    now = datetime.now(UTC)
    stored.execute(
        "insert into public.customer_actions (customer_id, action_type, role, competency_area, business_impact)"
        " values ('customer 1', 'deal_won', 'outcome', 'sales_execution', 'high')"
    )
    settle_all(stored, [], now=now)
    assert count_differing(stored) == 0
    stored.execute(harm.encode())
    assert count_differing(stored) == 1
    stored.execute("update milepost.standing set unsettled = true")
    assert count_differing(stored) == 0, "who waits to be settled is not compared"
    settle_all(stored, [], now=now)
    assert count_differing(stored) == 0
