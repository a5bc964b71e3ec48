"""What is known of customers as of a day, against plain Python; and nothing of what came after."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import isnan

import numpy as np
import pytest

from milepost.predict.features import PEERS, Known, anybody, known_at, span
from milepost.predict.rows import one_in
from milepost.predict.targets import Target
from tests.predict.stored import Act, Store

_AT = date(2026, 6, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    one = Store(tmp_path_factory.mktemp("features"))
    yield one
    one.engine.close()


def _drawn(seed: int, earliest: date, days: int, count: int) -> list[Act]:
    chance = random.Random(seed)
    began = datetime(earliest.year, earliest.month, earliest.day, tzinfo=UTC)
    return [
        Act(
            customer=chance.randint(1, 8),
            user=chance.choice([0, 11, 12, 13]),
            actor=chance.choice(["person", "person", "agent"]),
            tool=chance.choice(["", "a", "b"]),
            name=chance.choice(["X", "Y"]),
            when=began + timedelta(seconds=chance.randrange(days * 86_400)),
            bot=chance.random() < 0.1,
        )
        for _ in range(count)
    ]


def _age(act: Act) -> int:
    return (_AT - act.when.date()).days


def _by_hand(acts: list[Act]) -> dict[str, float]:
    """Some of the features of one customer, whose acts before the day these are."""
    days: defaultdict[int, int] = defaultdict(int)
    for act in acts:
        days[_age(act)] += 1
    ages = sorted(days)
    gaps = sorted(later - earlier for earlier, later in pairwise(ages))
    people = {act.user for act in acts if act.user and act.actor == "person"}
    last = {user: min(_age(a) for a in acts if a.user == user and a.actor == "person") for user in people}
    first = {user: max(_age(a) for a in acts if a.user == user and a.actor == "person") for user in people}
    return {
        "recency": ages[0],
        "tenure": ages[-1],
        "active_days": len(ages),
        "active_days_28": sum(age <= 28 for age in ages),
        "active_days_56": sum(29 <= age <= 56 for age in ages),
        "events_91": sum(count for age, count in days.items() if age <= 91),
        "fading_days_28": sum(2 ** (-age / 28) for age in ages),
        "active_weeks_8": len({(age - 1) // 7 for age in ages if age <= 56}),
        "gaps_as_long": sum(gap >= ages[0] for gap in gaps) / len(gaps) if gaps else float("nan"),
        "tools_28": len({act.tool for act in acts if _age(act) <= 28 and act.tool}),
        "people_28": sum(age <= 28 for age in last.values()),
        "people_ever": len(people),
        "people_new": sum(age <= 91 for age in first.values()),
    }


def _same(one: Known, other: Known) -> bool:
    return (
        one.names == other.names
        and one.customers.tolist() == other.customers.tolist()
        and one.segments.tolist() == other.segments.tolist()
        and np.allclose(one.values, other.values, equal_nan=True)
    )


async def test_known_is_what_the_past_says_and_no_later_event_changes_it(store: Store) -> None:
    past = _drawn(1, _AT - timedelta(days=200), 200, 400)
    # The last moment before the day counts; its first does not.
    past.append(Act(99, 11, "person", "a", "X", datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC), False))
    store.add(past)
    store.tell("plan", 1, "2026-01-01", "Pro")
    known = await known_at(store.ask, _AT, segment="plan")
    mine = defaultdict(list)
    for act in past:
        if not act.bot:
            mine[act.customer].append(act)
    assert known.customers.tolist() == sorted(mine)
    for customer, acts in mine.items():
        row = known.values[known.customers.tolist().index(customer)]
        for name, wanted in _by_hand(acts).items():
            found = float(row[known.names.index(name)])
            assert found == pytest.approx(wanted, rel=1e-4) or (isnan(found) and isnan(wanted)), (customer, name)
    assert known.segments[0] == "Pro"
    assert known.segments[1] == ""

    in_parts = await known_at(store.ask, _AT, segment="plan", parts=3)
    order = np.argsort(in_parts.customers)
    assert np.allclose(in_parts.values[order], known.values, equal_nan=True)

    store.add(_drawn(2, _AT, 60, 300))
    store.add([Act(100, 11, "person", "a", "X", datetime(2026, 6, 1, tzinfo=UTC), False)])
    store.tell("plan", 2, "2026-06-02", "Free")
    assert _same(await known_at(store.ask, _AT, segment="plan"), known)

    assert await anybody(store.ask, _AT, _AT + timedelta(days=1))
    assert not await anybody(store.ask, date(2020, 1, 1), date(2021, 1, 1))
    whole = await span(store.ask, date(2027, 1, 1))
    assert whole is not None
    assert whole.last >= _AT
    assert await span(store.ask, date(2020, 1, 1)) is None


async def test_peers_are_those_of_the_segment(store: Store) -> None:
    known = await known_at(store.ask, _AT, segment="plan")
    for name in PEERS[:3]:
        column = known.column(name)
        assert len(set(column[known.segments == ""].tolist())) == 1


async def test_of_many_customers_one_in_some_is_read(store: Store) -> None:
    whole = await known_at(store.ask, _AT)
    some = await known_at(store.ask, _AT, of=2)
    assert 0 < len(some.customers) < len(whole.customers)
    again = await known_at(store.ask, _AT, parts=3, of=2)
    assert sorted(again.customers.tolist()) == some.customers.tolist()
    everybody = int((whole.column("recency") <= 56).sum())
    assert await one_in(store.ask, Target(), [_AT] * 10, most=everybody * 5) == 2
    assert await one_in(store.ask, Target(), [_AT] * 10, most=everybody * 50) == 1
    assert await one_in(store.ask, Target(), [], most=1) == 1
