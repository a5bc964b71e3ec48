"""What a score is expected to be: told where it can be told, with an interval that holds; else nothing is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from milepost.plan import load_plan
from milepost.plan.predictions import PlannedTarget, Predictions
from milepost.predict import keeping
from milepost.predict.features import known_at
from milepost.predict.reading import read_expected, read_predictions
from milepost.predict.run import learn, predict
from milepost.predict.score_report import ScoreReport
from milepost.predict.score_rows import SCORE, scored, scores_in
from milepost.predict.score_said import ScoreBeside, ScoreFigures, why_not
from milepost.predict.score_training import ScoreTrained
from milepost.predict.stored import read_stored
from milepost.predict.targets import targets_of
from milepost.predict.watching import watch
from milepost.store.database import Database
from tests.predict.stored import Act, Store

_TODAY = datetime(2026, 6, 29, 3, tzinfo=UTC)
_DAYS, _MANY = 200, 80
_TARGET = PlannedTarget("score", "score", name="Health in four weeks")
_PLAN = msgspec.structs.replace(load_plan(None), predictions=Predictions(targets=(_TARGET,)))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Everybody comes every third day."""
    one = Store(tmp_path_factory.mktemp("scores"))
    began = datetime(2026, 6, 29, 9, tzinfo=UTC) - timedelta(days=_DAYS)
    one.add([
        Act(who, who, "person", "a", "Opened", began + timedelta(days=day))
        for who in range(1, _MANY + 1) for day in range(who % 3, _DAYS, 3)
    ])  # fmt: skip
    yield one
    one.engine.close()


def _remember(connection: psycopg.Connection, pull: float) -> None:
    """Days of scores that are pulled to 50 by so much a day, beside chance; of version 7 of the plan."""
    connection.execute("truncate milepost.insight_days, milepost.snapshots, milepost.numbers")
    connection.execute(
        "insert into milepost.numbers (kind, id, number) overriding system value"
        " select 'customer', 'c' || n, n from generate_series(1, %s) as n", (_MANY,),
    )  # fmt: skip
    connection.execute(
        "insert into milepost.standing (customer_id) select 'c' || n from generate_series(1, %s) as n"
        " on conflict do nothing", (_MANY,),
    )  # fmt: skip
    connection.execute(
        "insert into milepost.snapshots (customer_id, number, day, due_on, settled_at, plan_version, score_version,"
        " systematic_progression_rate, points_last_14_days, points_14_days_before, active_weeks, competency_scores)"
        " select 'c' || n, n, '2026-06-29', '2026-06-30', '2026-06-29', 7, 3, 0, 0, 0, 0, '{}'"
        " from generate_series(1, %s) as n", (_MANY,),
    )  # fmt: skip
    chance = np.random.default_rng(3)
    score = chance.uniform(10, 90, _MANY)
    with connection.cursor().copy(
        "copy milepost.insight_days (customer, plan_version, day, points_28, score) from stdin"
    ) as rows:
        for day in range(_DAYS):
            score = np.clip(score + pull * (50 - score) + chance.normal(0, 1.5, _MANY), 0, 100)
            at = _TODAY.date() - timedelta(days=_DAYS - day)
            for who in range(_MANY):
                # Nobody knows the score of the first one on odd days.
                rows.write_row((who + 1, 7, at, 0, None if who == 0 and day % 2 else float(score[who])))


async def test_a_score_that_can_be_told_is_said_and_watched(store: Store, connection: psycopg.Connection) -> None:
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        _remember(own, 0.03)
        learned = await learn(store.ask, own, _PLAN, now=_TODAY, progress=lambda _done, _of: None)
        trained = learned[1].trained
        assert isinstance(trained, ScoreTrained)
        found = trained.report
        assert found.holds, found.verdict
        assert found.beside[0].name in ("stays as it is", "goes on as before")
        assert 0.75 <= found.figures.covers <= 0.85
        assert [kept.report for kept in keeping.newest(own) if isinstance(kept.report, ScoreReport)] == [found]

        said = await predict(store.ask, own, _PLAN, now=_TODAY)
        likely = keeping.likely(own, "score", most=500)
        assert len(likely) == said["score"] == _MANY - 1
        scores: dict[str, float] = dict(own.execute(
            "select 'c' || customer, score from milepost.insight_days where day = '2026-06-28'"
        ).fetchall())  # fmt: skip
        for one in likely:
            assert one.probability is None
            assert one.score is not None
            assert one.score.low <= one.score.expected <= one.score.high
            # Pulled to the middle, from wherever it is.
            if abs(scores[one.customer_id] - 50) > 8:
                assert abs(one.score.expected - 50) < abs(scores[one.customer_id] - 50)
        assert any(one.reasons and one.reasons[0].group == "score" for one in likely)
        assert await predict(store.ask, own, _PLAN, now=_TODAY) == said
        assert keeping.likely(own, "score", most=500) == likely

        # As the pages and the API read it.
        database = Database(connection.info.dsn, size=1, query_seconds=10)
        await database.open()
        async with database.transaction() as reading:
            stored = await read_stored(reading, "score", is_score=True)
            told = await read_predictions(reading, _PLAN, "score", most=3)
            (expected,) = await read_expected(reading, _PLAN, "c7", today=_TODAY.date())
        await database.close()
        assert stored.score is not None
        assert (stored.score.predicts, stored.predicted) == (True, _MANY - 1)
        assert told.predictions == likely[:3]
        assert told.score_worth is not None
        assert told.score_worth.covers == found.figures.covers
        assert expected.label == "Health in four weeks"
        assert expected.score == next(one.score for one in likely if one.customer_id == "c7")

        # What came: as said a month ago, and then all of them fall to nothing.
        for as_of, fall, fails in ((date(2026, 5, 20), False, False), (date(2026, 5, 30), True, True)):
            own.execute("update milepost.past_predictions set as_of = %s where target = 'score'", (as_of,))
            own.execute(
                "update milepost.past_predictions p set score = d.score, low = d.score - 9, high = d.score + 9"
                " from milepost.insight_days d where p.target = 'score' and d.day = %s and d.score is not null"
                " and 'c' || d.customer = p.customer_id", (as_of + timedelta(days=27),),
            )  # fmt: skip
            if not fall:
                # 80 of 100 within.
                own.execute(
                    "update milepost.past_predictions set score = low, high = low where target = 'score'"
                    " and substr(customer_id, 2)::integer % 5 = 0"
                )
            else:
                own.execute("update milepost.past_predictions set score = 0, low = 0, high = 0 where target = 'score'")
            lines = await watch(store.ask, own, _PLAN, now=_TODAY)
            assert [line for line in lines if "nothing is said" in line and "score" in line] == (lines if fails else [])
            await predict(store.ask, own, _PLAN, now=_TODAY)
        assert keeping.likely(own, "score", most=500) == []


async def test_nothing_is_said_of_chance_and_nothing_known_of_later_days(
    store: Store, connection: psycopg.Connection
) -> None:
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        _remember(own, 0.0)
        learned = await learn(store.ask, own, _PLAN, now=_TODAY, progress=lambda _done, _of: None)
        trained = learned[1].trained
        assert isinstance(trained, ScoreTrained)
        assert not trained.report.holds
        assert "no better beyond chance" in trained.report.verdict
        assert (await predict(store.ask, own, _PLAN, now=_TODAY))["score"] is None

        target, at = targets_of(_PLAN)[1], date(2026, 5, 1)
        known = await known_at(store.ask, at)
        training, came = scored(known, scores_in(own), target, ahead=True)
        own.execute("update milepost.insight_days set score = 0 where day >= %s", (at,))
        after, zero = scored(known, scores_in(own), target, ahead=True)
        serving, nothing = scored(known, scores_in(own), target, ahead=False)
        assert came.max() > 0 == zero.max()
        assert np.isnan(nothing).all()
        for one in (after, serving):
            assert np.array_equal(one.values, training.values, equal_nan=True)
        with own.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(
                "select score, (select score from milepost.insight_days b where b.customer = d.customer"
                " and b.day = d.day - 28) as before from milepost.insight_days d where customer = 5 and day = %s",
                (at - timedelta(days=1),),
            ).fetchone()
        assert row is not None
        place = training.customers.tolist().index(5)
        assert training.columns(SCORE[:2])[place].tolist() == pytest.approx([row["score"], row["before"]])


def test_an_interval_that_does_not_hold_is_not_shown() -> None:
    better = [ScoreBeside("stays as it is", 9.0, 2.0, 1.0, 3.0)]
    figures = ScoreFigures(900, 90, 7.0, 0.8, 20.0, [])
    assert why_not(figures, better) == ""
    for covers in (0.74, 0.86):
        assert "an interval that says 80" in why_not(msgspec.structs.replace(figures, covers=covers), better)
    assert "'stays as it is'" in why_not(figures, [msgspec.structs.replace(better[0], low=-0.1)])
