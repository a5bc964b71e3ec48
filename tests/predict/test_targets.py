"""What a target asks of whom, against what was planted; and nothing of what came after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg
import pytest

from milepost.plan.predictions import PlannedTarget
from milepost.predict.enough import NotEnough
from milepost.predict.features import OWN, known_at
from milepost.predict.rows import gather
from milepost.predict.targets import Target, asked_of, levels_in
from milepost.predict.training import train
from tests.predict.stored import Act, Store

_AT = date(2026, 6, 1)
_MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)


def _act(customer: int, day: int, name: str = "Opened", **metadata: str) -> Act:
    """`day` 0 is the day that is asked about; -1 the one before."""
    return Act(customer, 11, "person", "a", name, _MIDNIGHT + timedelta(days=day, hours=9), metadata=metadata)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    one = Store(tmp_path_factory.mktemp("targets"))
    # 1 and 2 come every third day, 3 every twentieth; 4 came once.
    one.add([_act(who, -day) for who in (1, 2) for day in range(1, 60, 3)])
    one.add([_act(3, -day) for day in range(1, 160, 20)] + [_act(4, -2)])
    one.add([_act(1, 2), _act(2, 9), _act(3, 50)])
    one.add([_act(1, -5, "Upgraded", to="pro"), _act(2, -5, "Upgraded", to="free"), _act(2, 9, "Upgraded", to="pro")])
    for who, day, text, figure in (
        (1, "2026-01-01", "active", 100), (1, "2026-06-10", "churned", 90), (2, "2026-01-01", "churned", 50),
        (3, "2026-05-30", "active", 10), (3, "2026-06-20", "active", 12), (3, "2026-09-01", "churned", 1),
    ):  # fmt: skip
        one.tell("status", who, day, text)
        one.tell("arr", who, day, "", float(figure))
    yield one
    one.engine.close()


async def _asked(store: Store, **planned: object) -> dict[int, tuple[object, ...]]:
    """By whom it asks: whether it happened, and what was known of it."""
    target = Target(asks=PlannedTarget("it", **planned), horizon_days=28)  # type: ignore[arg-type]
    known = await known_at(store.ask, _AT)
    asked, did = await asked_of(store.ask, target, known, levels=None, ahead=True)
    today, nothing_yet = await asked_of(store.ask, target, known, levels=None, ahead=False)
    # Serving knows what training knew, and nothing of what came.
    assert not nothing_yet.any()
    assert today.names == asked.names
    assert np.array_equal(today.customers, asked.customers)
    assert np.array_equal(today.values, asked.values, equal_nan=True)
    return {
        who: (happened, *(float(row[asked.names.index(name)]) if name in asked.names else 0.0 for name in OWN))
        for who, happened, row in zip(asked.customers.tolist(), did.tolist(), asked.values, strict=True)
    }


async def test_each_asks_whom_it_may_and_tells_what_happened(store: Store) -> None:
    nan = pytest.approx(float("nan"), nan_ok=True)
    # To be away for a week is longer than usual for who comes every third day; who came once has no rhythm, and twice
    # twenty days are longer than the horizon.
    assert await _asked(store, what="longer_quiet") == {1: (False, 0, 0), 2: (True, 0, 0)}
    pro = {"what": "event", "event": "Upgraded", "where": {"to": "pro"}}
    assert await _asked(store, **pro) == {
        1: (False, 1, 5), 2: (True, 0, nan), 3: (False, 0, nan), 4: (False, 0, nan),
    }  # fmt: skip
    assert set(await _asked(store, **pro, first=True)) == {2, 3, 4}
    churn = await _asked(store, what="trait_becomes", trait="status", values=("churned", "lost"))
    assert churn == {1: (True, nan, 151), 3: (False, nan, 2), 4: (False, nan, nan)}
    assert await _asked(store, what="trait_grows", trait="arr") == {
        1: (False, 100, 151), 2: (False, 50, 151), 3: (True, 10, 2),
    }  # fmt: skip
    assert {who for who, told in (await _asked(store, what="trait_shrinks", trait="arr")).items() if told[0]} == {1}


async def test_levels_are_those_of_the_days_before_and_after(store: Store, connection: psycopg.Connection) -> None:
    connection.execute(
        """update milepost.plan set document = document || '{"game": {"level_points": [25, 75]},
        "competencies": [{"id": "sales"}, {"id": "craft"}]}'"""
    )
    for number, day, competency, points in (
        (1, "2026-05-01", "sales", 20), (1, "2026-06-05", "sales", 10), (2, "2026-05-01", "sales", 30),
        (2, "2026-05-31", "craft", 24), (2, "2026-07-05", "craft", 9), (3, "2026-05-01", "gone", 999),
    ):  # fmt: skip
        connection.execute(
            "insert into milepost.numbers (kind, id, number) overriding system value values ('customer', %s, %s)"
            " on conflict do nothing", (f"c{number}", number),
        )  # fmt: skip
        connection.execute(
            "insert into milepost.competency_days (customer_id, competency, day, points) values (%s, %s, %s, %s)",
            (f"c{number}", competency, day, points),
        )
    target = Target(asks=PlannedTarget("up", "level_up"))
    known = await known_at(store.ask, _AT)
    asked, did = await asked_of(store.ask, target, known, levels=levels_in(connection), ahead=True)
    told = dict(
        zip(asked.customers.tolist(), zip(did.tolist(), asked.column("own_level").tolist(), strict=True), strict=True)
    )
    nan = pytest.approx(float("nan"), nan_ok=True)
    assert told == {1: (True, 5), 2: (False, 1), 3: (False, nan), 4: (False, nan)}


async def test_an_event_that_can_be_told_is_told_and_trained_as_any_other(store: Store) -> None:
    """Who has done it often does it again, however often they come."""
    chance = np.random.default_rng(1)
    acts = []
    for who in range(101, 191):
        keen = 0.6 if who % 3 == 0 else 0.02
        for day in range(-250, 0, 2):
            if chance.uniform() < 0.3:
                acts.append(_act(who, day))
            if chance.uniform() < keen / 14:
                acts.append(_act(who, day, "Exported"))
    store.add(acts)
    target = Target(asks=PlannedTarget("exports", "event", event="Exported"), every_days=14)
    days = [_AT - timedelta(days=day) for day in range(210, 30, -14)]
    report = train(target, await gather(store.ask, target, days)).report
    assert report.kind != "rhythm"
    assert report.figures.auc > 0.8
    # The best simple guess is what is known of the event itself.
    assert report.beside[0].name in ("how much of it there is", "days since the last change of it")
    rare = Target(asks=PlannedTarget("never", "event", event="No such"), every_days=14)
    with pytest.raises(NotEnough, match="0 of 50"):
        train(rare, await gather(store.ask, rare, days))
