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
    connection.execute(
        "insert into public.customer_actions (customer_id, action_type, role, competency_area, business_impact,"
        " private) values ('customer 1', 'deal_won', 'outcome', 'sales_execution', 'high', true)"
    )
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
        ("update milepost.private_outcomes set business_impact = 'low'", "private_outcomes"),
        ("delete from milepost.private_outcomes", "private_outcomes"),
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
        "update milepost.snapshots set missed_days = 1 where customer_id = 'customer 1'",
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


#: Events of 30 customers in any of the plan's competencies, on random days of the last year: scores with digits to the
#: last place.
_LATE = """
insert into public.behavior_events (customer_id, event_type, business_impact, competency_area, "timestamp")
select 'late ' || i % 30, 'competency_milestone', 'high', c.id, now() - random() * interval '360 days'
from generate_series(1, 2700) as i
join lateral (select id from jsonb_array_elements_text((select rules -> 'competencies' from milepost.plans
  where plan_version = milepost.current_plan())) as c(id) order by random() + i * 0 limit 1) as c on true
"""


def test_the_same_days_give_the_same_last_digit_however_they_are_asked_for(connection: psycopg.Connection) -> None:
    connection.execute("select setseed(0.5)")
    connection.execute(_LATE)
    # The planner now takes another way through the same rows.
    connection.execute("analyze")
    differing = connection.execute(
        "select count(*), count(*) filter (where many is distinct from one),"
        " count(*) filter (where (many.components #>> '{0,value}')::float8 is distinct from p.practice)"
        " from milepost.standing s"
        " cross join lateral milepost.insights_days(s.customer_id,"
        "   array(select (now() at time zone 'UTC')::date - n from generate_series(0, 10) as n)) as many"
        " cross join lateral milepost.insights_days(s.customer_id, array[many.as_of]) as one"
        " join lateral milepost.practice_on(s.customer_id, many.as_of) as p on p.competency is null"
    ).fetchone()
    assert differing == (30 * 11, 0, 0)
    settle_all(connection, [], now=datetime.now(UTC))
    assert (verify_standing(connection).snapshots, count_differing(connection)) == (0, 0)
