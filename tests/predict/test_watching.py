"""What came of predictions is found, stored in figures only, and withdraws a model that fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
import psycopg
import pytest

from milepost.plan import load_plan
from milepost.predict import keeping
from milepost.predict.features import known_at
from milepost.predict.measures import Floats
from milepost.predict.models import MADE_WITH, fit
from milepost.predict.reasons import usual_row
from milepost.predict.report import Report
from milepost.predict.rows import gather
from milepost.predict.said import Beside, Figures, PredictionReason
from milepost.predict.spread import shift, spread
from milepost.predict.targets import Target
from milepost.predict.training import Trained
from milepost.predict.watching import watch
from tests.predict.stored import Act, Store

_AT, _MANY = date(2026, 6, 1), 160
_NOW = datetime(2026, 6, 29, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The odd customers come again on the tenth day, the even ones never; all of them came on random days before."""
    one, chance = Store(tmp_path_factory.mktemp("watching")), np.random.default_rng(1)
    midnight = datetime(2026, 6, 1, 9, tzinfo=UTC)
    days = [(who, -int(day)) for who in range(1, _MANY + 1) for day in chance.integers(1, 50, 4)]
    days += [(who, 10) for who in range(1, _MANY + 1, 2)]
    one.add([Act(who, who, "person", "a", "Opened", midnight + timedelta(days=day)) for who, day in days])
    yield one
    one.engine.close()


async def test_what_came_is_compared_and_what_fails_is_withdrawn(store: Store, connection: psycopg.Connection) -> None:
    plan = load_plan(None)
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        for who in range(1, _MANY + 1):
            own.execute(
                "insert into milepost.numbers (kind, id, number) overriding system value values ('customer', %s, %s)",
                (f"c{who}", who),
            )
        rows = await gather(store.ask, Target(), [_AT])
        model = fit("rhythm", rows.known.values, rows.known.names, rows.happened, horizon_days=28)
        figures = Figures(400, 20, 90, 0.9, 0.88, 0.92, 0.8, 0.07, 0.17, 0.3, 0.02, [])
        guess = [Beside("days since the last event", 0.8, 0.5, 0.1, 0.08, 0.12)]
        report = Report(
            Target(), "rhythm", rows.known.names, 400, figures, 0.93, guess, {}, {}, made_with=MADE_WITH,
            spread=spread(rows.known, ["recency"]),
        )  # fmt: skip
        everybody = np.arange(1, _MANY + 1)
        # Even: goes quiet. Who says so is right; who says the opposite is worse than any guess.
        right = np.where(everybody % 2 == 0, 0.9, 0.1)

        def say(probability: Floats, of: int) -> None:
            number = keeping.keep(
                own, Trained(model, rows.known.names, report), usual=usual_row(rows.known.values),
                first=_AT, last=_AT, now=_NOW,
            )  # fmt: skip
            nothing: list[list[PredictionReason]] = [[] for _ in everybody]
            keeping.say(own, "goes_quiet", number, everybody, probability, nothing, as_of=_AT)
            # Once a week is enough to look back on.
            keeping.say(own, "goes_quiet", number, everybody, 1 - probability, nothing, as_of=_AT + timedelta(days=2))
            noted = own.execute("select as_of, count(*) from milepost.past_predictions group by 1").fetchall()
            assert noted == [(_AT, of)]

        say(right, _MANY)
        own.execute("select milepost.forget_customer('c7')")
        assert await watch(store.ask, own, plan, now=_NOW - timedelta(days=2)) == []
        assert (await watch(store.ask, own, plan, now=_NOW))[0].startswith(
            "goes_quiet, predictions of 2026-06-01: What came is told as well as training promised (AUC 1.000"
        )
        # What is kept names nobody.
        assert own.execute("select count(*) from milepost.past_predictions").fetchone() == (0,)
        [(told,)] = own.execute("select figures from milepost.prediction_checks").fetchall()
        assert (told["rows"], told["happened"], told["fails"], told["shifted"]) == (_MANY - 1, _MANY // 2, False, {})
        assert told["calibration_error"] == pytest.approx(0.1, abs=0.02)
        assert keeping.predicting(own, Target()) is not None

        say(1 - right, _MANY - 1)
        assert "no better than by a simple guess" in (await watch(store.ask, own, plan, now=_NOW))[0]
        assert keeping.predicting(own, Target()) is None
        assert keeping.likely(own, "goes_quiet", most=5) == []
        [kept] = keeping.newest(own)
        assert kept.withdrawn_why is not None
        assert kept.withdrawn_why.startswith("Predictions of 2026-06-01: What came is told no better")


async def test_a_shift_is_told_and_chance_is_not(store: Store) -> None:
    known = await known_at(store.ask, _AT)
    before = spread(known, ["recency", "tenure"])
    half = known.chosen(known.customers % 2 == 0)
    assert all(by < 0.25 for by in shift(before, half).values())
    later = msgspec.structs.replace(known, values=known.values + 20)
    assert all(by > 1 for by in shift(before, later).values())
