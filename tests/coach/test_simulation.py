"""Must hold: of two playbooks, one of which really helps, the measured lift finds that one and not the other, and who
was held out never gets anything of it. 1,000 customers, in a soak 2,000, seeded, on a real PostgreSQL, at injected
times."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from milepost.coach.lift import read_coaching, tally
from milepost.coach.read import read_open
from milepost.coach.said import Coaching
from milepost.plan import Plan
from milepost.plan.coach import Coach
from milepost.settling import STEPS
from milepost.store.database import Database
from tests.coach.people import NOON, apply, days, event, plan_with, store, stored
from tests.support.examples import repeatable
from tests.support.postgres import Cluster
from tests.support.settling import settle_all

pytestmark = pytest.mark.slow
_CUSTOMERS = [f"customer-{number:04}" for number in range(1000 if repeatable() else 2000)]
_LATER = NOON + days(30)
#: Both are for everybody, so that each customer may get either, both or none.
_SEEN = {"fact": "total_events", "at_least": 1}
_PLAN = plan_with(
    {"id": "helps", "priority": 60, "tool": "cost-calculator", "cool_down_days": 90, "when": [_SEEN]},
    {"id": "changes-nothing", "priority": 50, "tool": "business-case", "cool_down_days": 90, "when": [_SEEN]},
    coach=Coach(hold_out=0.1),
    history=7,
)


@pytest.fixture(scope="module")
def after(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Four weeks of work, recommendations, four weeks in which what was shown had its effect, and the outcome."""
    chance = random.Random(20260601)
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        apply(connection, _PLAN)
        connection.execute("update milepost.coach set hold_out_seed = '00000000-0000-0000-0000-00000000000d'")
        habits = {customer: chance.uniform(1, 6) for customer in _CUSTOMERS}
        store(connection, [e for c in _CUSTOMERS for e in _weeks(chance, c, habits[c], NOON - days(28))])
        settle_all(connection, STEPS, now=NOON)
        seen = asyncio.run(_what_they_see(dsn, NOON))
        store(connection, [e for c in _CUSTOMERS for e in _weeks(chance, c, habits[c], NOON + days(1))])
        store(connection, [e for c in _CUSTOMERS for e in _reaction(chance, c, seen[c])])
        settle_all(connection, STEPS, now=_LATER)
        tally(connection, now=_LATER)
        yield connection


def _weeks(chance: random.Random, customer: str, habit: float, start: datetime) -> Iterator[dict[str, Any]]:
    """Four weeks of a customer's own work: about so many events a week, as it comes."""
    for _ in range(round(4 * habit * chance.uniform(0.6, 1.4)) or 1):
        at = start + days(chance.uniform(0, 27.4))
        yield event(customer, at, tool_id="icp-analysis", competency_area="customer_intelligence")


def _reaction(chance: random.Random, customer: str, seen: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What being shown them leads to: the widget tells of both, and every third customer takes the helping one up and
    does more from then on; the other one is tried now and then and changes nothing else."""
    for playbook, recommendation in seen.items():
        told = {"recommendation_id": recommendation, "recommendation": "shown"}
        yield event(customer, NOON + days(0.5), "content_interaction", event_metadata=told)
        if chance.random() < 0.35:
            at = NOON + days(1 + chance.random())
            accepted = told | {"recommendation": "accepted"}
            yield event(customer, at, "professional_action", business_impact="medium", event_metadata=accepted)
            if playbook == "helps":
                for _ in range(12):
                    yield event(customer, at + days(chance.uniform(0.1, 25)), tool_id="cost-calculator")


async def _what_they_see(dsn: str, now: datetime) -> dict[str, dict[str, str]]:
    """Each customer's open recommendations, read as its widget reads them."""
    database = Database(dsn, size=1, query_seconds=30)
    await database.open()
    seen = {}
    for customer in _CUSTOMERS:
        async with database.customer(customer) as connection:
            found = await read_open(connection, customer, now=now)
        seen[customer] = {str(one.playbook): str(one.recommendation_id) for one in found.items}
    await database.close()
    return seen


async def _coaching(dsn: str, plan: Plan) -> Coaching:
    database = Database(dsn, size=1, query_seconds=30)
    await database.open()
    async with database.transaction() as connection:
        coaching = await read_coaching(connection, plan)
    await database.close()
    return coaching


def test_the_lift_finds_the_one_that_helps_and_not_the_other(after: psycopg.Connection) -> None:
    coaching = asyncio.run(_coaching(after.info.dsn, _PLAN))
    lifts = {report.playbook: report.lift for report in coaching.playbooks}
    helps, other = lifts["helps"], lifts["changes-nothing"]
    assert helps.moved_up is not None
    assert helps.points_a_week is not None
    assert helps.moved_up.low > 0
    assert helps.points_a_week.low > 0
    assert "it helps" in helps.says
    assert other.moved_up is not None
    assert other.points_a_week is not None
    assert other.moved_up.low < 0 < other.moved_up.high
    assert other.points_a_week.low < 0 < other.points_a_week.high
    assert "no difference beyond what chance can make" in other.says
    for lift in (helps, other):
        assert lift.recommended.customers + lift.held_out.customers == len(_CUSTOMERS)
        assert 0.075 < lift.held_out.customers / len(_CUSTOMERS) < 0.125


def test_who_is_held_out_is_never_shown_anything_of_it(after: psycopg.Connection) -> None:
    held = stored(after, "held_out")
    assert {row["playbook"] for row in held} == {"helps", "changes-nothing"}
    for row in held:
        assert row["shown_at"] is row["accepted_at"] is row["dismissed_at"] is None
        others = stored(after, f"customer_id = '{row['customer_id']}' and playbook = '{row['playbook']}'")
        assert [one["held_out"] for one in others] == [True]  # and so it stays
    announced = after.execute(
        "select count(*) from milepost.announcements a join milepost.recommendations r on r.customer_id = a.customer_id"
        " and r.title = a.body ->> 'title' and r.held_out where a.kind = 'recommendation'"
    ).fetchone()
    assert announced == (0,)


def test_both_arms_are_alike_before(after: psycopg.Connection) -> None:
    for playbook in ("helps", "changes-nothing"):
        means: dict[bool, float] = dict(
            after.execute(
                "select held_out, avg(points_before)::float8 from milepost.recommendations"
                " where playbook = %s group by 1",
                (playbook,),
            ).fetchall()
        )
        assert abs(means[True] - means[False]) < 4, means
