"""The simulated product: the same for the same seed, a later end adds days, and it is marked wherever it is seen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import psycopg
import pytest
from rich.console import Console

from milepost import Tracker
from milepost.demo.place import Place
from milepost.demo.run import data_set, settings_for
from milepost.demo.scaling.customers import COUNT, OWNERS, PRICE, made
from milepost.demo.scaling.dataset import Scaling
from milepost.demo.scaling.process import HOLDS, STAYS, Life, lived
from milepost.demo.scaling.traffic import Traffic
from milepost.errors import SettingsError
from milepost.plan import load_plan
from milepost.settings import Settings

_STARTED = date(2026, 3, 10)
_NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return [lived(customer, _STARTED, _NOW) for customer in made()]


def test_the_same_seed_makes_the_same_rows(lives: list[Life]) -> None:
    assert lives[:40] == [lived(customer, _STARTED, _NOW) for customer in made(count=40)]
    assert made(seed=1)[:5] != made(seed=2)[:5]
    first = lives[0].customer
    assert lives[0].events != lived(first, _STARTED, _NOW, seed=2).events != []


def test_a_later_end_adds_days_and_changes_none(lives: list[Life]) -> None:
    for life in lives[:30]:
        later = lived(life.customer, _STARTED, _NOW + timedelta(days=9))
        assert [done for done in later.events if done.at <= _NOW] == life.events
        assert later.told[: len(life.told)] == life.told
        assert later.actions[: len(life.actions)] == life.actions


def test_it_is_a_product_of_some_size(lives: list[Life]) -> None:
    there = [life for life in lives if life.told]
    assert len(lives) == COUNT
    assert 200 <= len(there) <= 240
    assert 50_000 <= sum(len(life.events) for life in lives) <= 90_000
    assert 20 <= sum(life.churned is not None for life in lives) <= 70
    assert {life.customer.owner for life in lives} == set(OWNERS)
    assert {done.step.tool_id for life in lives for done in life.events} == set(load_plan().tool_names())
    assert len({life.customer.name for life in lives}) == COUNT
    for life in there:
        traits = {name: value for _, told in life.told for name, value in told.items()}
        assert {"plan", "mrr", "renewal_date", "owner", "lifecycle_stage", "industry", "employees"} <= traits.keys()
        paid = 0 if life.churned else PRICE[life.plan] * len(life.customer.people)
        assert traits["mrr"] == paid
        assert (traits["lifecycle_stage"] == "churned") == (traits["renewal_date"] is None) == bool(life.churned)
        assert not life.churned or all(done.at.date() < life.churned for done in life.events)


def test_the_chance_to_cancel_is_the_documented_one() -> None:
    """Over many customers whose first year ends: those who cancel are as many as their health at that moment says."""
    expected = cancelled = 0.0
    for seed in range(2):
        for customer in made(seed):
            if customer.plan == "starter" or not 365 <= customer.age < 540:
                continue
            renewal = datetime.combine(_STARTED - timedelta(days=customer.age - 365), datetime.min.time(), UTC)
            life = lived(customer, _STARTED, renewal, seed)
            if life.plan == customer.plan:
                # Its health turned the day before: 364 is a whole number of weeks.
                expected += 1 / (1 + math.exp(STAYS["year"] + HOLDS * life.health))
                cancelled += life.churned is not None
    assert expected > 12
    assert abs(cancelled - expected) < 3 * math.sqrt(expected)


def test_only_it_has_a_notice_and_the_example() -> None:
    usual = Settings(notice="staging")
    for name in ("openstack", "oulad"):
        chosen = settings_for(usual, data_set(name))
        assert (chosen.tools_app, chosen.notice) == (False, "staging"), name
    chosen = settings_for(usual, data_set("scaling"))
    assert chosen.tools_app
    assert "Simulated" in chosen.notice
    assert load_plan(data_set("scaling").plan_file).tool_names() == load_plan().tool_names()
    with pytest.raises(SettingsError, match="--data oulad"):
        data_set("scaling", everyone=True)


def test_stored_once_and_marked(dsn: str, tmp_path: Path) -> None:
    place = Place(Settings(data_dir=tmp_path, database_url=dsn), dsn, load_plan(), Console(quiet=True))
    data = Scaling(count=8)

    def counts() -> tuple[int, ...]:
        with psycopg.connect(dsn) as connection:
            row = connection.execute(
                """
                select (select count(*) from public.behavior_events),
                       (select count(*) from public.behavior_events where event_metadata -> 'simulated' = 'true'),
                       (select count(*) from public.customer_actions),
                       (select count(*) from public.customer_actions where action_metadata -> 'simulated' = 'true'),
                       (select count(*) from milepost.members)
                """
            ).fetchone()
        assert row is not None
        return tuple(row)

    data.fill(place)
    events, marked, actions, marked_actions, members = counts()
    assert events == marked > 300
    assert actions == marked_actions > 5
    assert members == len(OWNERS)
    data.fill(place)
    again = counts()
    assert again[2:] == (actions, marked_actions, members)
    assert events <= again[0] < events + 100, "but for what has come in the meantime"


class _Recorder:
    def __init__(self) -> None:
        self.events: list[Mapping[str, object]] = []

    def track(self, **event: object) -> None:
        self.events.append(event)


def test_traffic_comes_from_who_is_there(lives: list[Life]) -> None:
    def tracked(seed: int) -> list[Mapping[str, object]]:
        recorder = _Recorder()
        left = iter([False] * 400 + [True])
        traffic = Traffic(cast(Tracker, recorder), lives, wait=lambda _: next(left), rate=60, seed=seed)
        assert traffic.run() == 400
        return recorder.events

    events = tracked(1)
    assert events == tracked(1) != tracked(2)
    people = {person.user_id for life in lives if not life.churned for person in life.people}
    assert {event["user_id"] for event in events} <= people
    assert all(cast(dict[str, object], event["properties"])["simulated"] is True for event in events)
    assert Counter(event["tool_id"] for event in events).keys() == set(load_plan().tool_names())
