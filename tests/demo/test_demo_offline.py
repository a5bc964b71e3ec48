"""The demo's offline actions: real marks, made-up help, the same at every start."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from milepost.demo.offline import live_action, offline_actions, recorder, store_offline
from milepost.demo.simulator import Simulator
from milepost.plan import load_plan
from tests.demo.test_demo_simulator import Recorder

_STARTED = date(2026, 3, 10)


def test_the_same_actions_at_every_start() -> None:
    first = list(offline_actions(_STARTED, _STARTED))
    assert first == list(offline_actions(_STARTED, _STARTED))
    ids = [action["action_id"] for action in first]
    assert len(set(ids)) == len(ids) > 2_000
    assert max(action["timestamp"].date() for action in first) == _STARTED - timedelta(days=1)
    # A later start adds what has come since, and moves nothing.
    later = {action["action_id"]: action for action in offline_actions(_STARTED + timedelta(days=7), _STARTED)}
    assert {action["action_id"]: action for action in first}.items() <= later.items()


def test_marks_are_real_and_the_rest_says_that_it_is_not() -> None:
    for action in offline_actions(_STARTED, _STARTED):
        if action["role"] == "outcome":
            mark = action["metadata"]["mark"]
            assert mark >= 40
            assert action["business_impact"] == ("high" if mark >= 80 else "medium" if mark >= 60 else "low")
        else:
            assert action["metadata"] == {"simulated": True}


def test_they_are_stored_once(dsn: str) -> None:
    plan, now = load_plan(), datetime(2026, 3, 10, 12, tzinfo=UTC)
    new = store_offline(dsn, plan, now=now, started=_STARTED, everyone=False)
    assert new > 2_000
    assert store_offline(dsn, plan, now=now, started=_STARTED, everyone=False) == 0
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select count(*) from public.customer_actions").fetchone() == (new,)


@pytest.mark.parametrize("seed", range(2))
def test_live_ones_trickle_in(dsn: str, seed: int) -> None:
    plan, now = load_plan(), datetime(2026, 3, 10, 12, tzinfo=UTC)
    record = recorder(dsn, plan, lambda: now)
    simulator = Simulator(Recorder(), now=lambda: now, wait=lambda _: False, seed=seed, record=record)
    for _ in range(400):
        simulator.step()
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select count(*), count(*) filter (where source = 'demo') from public.customer_actions"
        )
        count, ours = row.fetchone() or (0, 0)
    assert 1 <= count == ours < 40


def test_a_demo_without_its_database_goes_on() -> None:
    record = recorder("host=127.0.0.1 port=1 connect_timeout=1", load_plan(), lambda: datetime.now(UTC))
    record(live_action(random.Random(1), "acme"))
