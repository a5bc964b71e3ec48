"""Models and predictions in PostgreSQL: what is read back says the same, and predicts only where it holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import cast

import msgspec
import numpy as np
import psycopg
import pytest

from milepost.columns.reading import QueryResult, Value
from milepost.plan import load_plan
from milepost.predict import keeping
from milepost.predict.models import KINDS, Kind, fit
from milepost.predict.reasons import usual_row
from milepost.predict.report import Report
from milepost.predict.rows import Rows
from milepost.predict.run import predict, stands
from milepost.predict.said import Beside, PredictionReason
from milepost.predict.training import Trained, train
from tests.predict.test_training import NAMES, TARGET, rows_of

_NOW = datetime(2026, 6, 2, tzinfo=UTC)
_DAYS = {"first": date(2026, 1, 5), "last": date(2026, 5, 4)}


@pytest.fixture(scope="module")
def rows() -> Rows:
    return rows_of(60)


@pytest.fixture(scope="module")
def trained(rows: Rows) -> Trained:
    return train(TARGET, rows)


def _held(trained: Trained, *, holds: bool) -> Trained:
    beside = [Beside("a guess", 0.6, 0.1, 0.1, 0.05 if holds else -0.05, 0.2)]
    return msgspec.structs.replace(trained, report=msgspec.structs.replace(trained.report, beside=beside))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_is_read_says_the_same(
    connection: psycopg.Connection, rows: Rows, trained: Trained, kind: Kind
) -> None:
    model = fit(kind, rows.known.values, rows.known.names, rows.happened, horizon_days=28)
    usual = usual_row(rows.known.values)
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        held = msgspec.structs.replace(_held(trained, holds=True), model=model)
        number = keeping.keep(own, held, usual=usual, first=_DAYS["first"], last=_DAYS["last"], now=_NOW)
        found = keeping.predicting(own, TARGET)
        assert found is not None
        assert found.model_id == number
        assert np.array_equal(found.model.probability(rows.known.values), model.probability(rows.known.values))
        assert np.array_equal(found.usual, usual)


def test_one_that_does_not_hold_is_told_of_and_never_predicts(
    connection: psycopg.Connection, rows: Rows, trained: Trained
) -> None:
    usual = usual_row(rows.known.values)

    def keep(own: psycopg.Connection, *, holds: bool) -> int:
        held = _held(trained, holds=holds)
        return keeping.keep(own, held, usual=usual, first=_DAYS["first"], last=_DAYS["last"], now=_NOW)

    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        assert keeping.newest(own) == []
        keep(own, holds=False)
        assert keeping.predicting(own, TARGET) is None
        good = keep(own, holds=True)
        keep(own, holds=False)
        [told] = keeping.newest(own)
        assert not told.holds
        still = keeping.predicting(own, TARGET)
        assert still is not None
        assert still.model_id == good
        # One that holds and yet tells less than the one before stays a report.
        less = msgspec.structs.replace(
            trained.report, beside=_held(trained, holds=True).report.beside, older_goes_on=True
        )
        keeping.keep(
            own, msgspec.structs.replace(trained, report=less), usual=usual,
            first=_DAYS["first"], last=_DAYS["last"], now=_NOW,
        )  # fmt: skip
        still = keeping.predicting(own, TARGET)
        assert still is not None
        assert still.model_id == good
        better = keep(own, holds=True)
        kept = own.execute("select model_id from milepost.prediction_models where fitted is not null").fetchall()
        assert kept == [(better,)]
        # What another version fitted is not read.
        own.execute("""update milepost.prediction_models set report = report || '{"made_with": "scikit-learn 0.1"}'""")
        assert keeping.predicting(own, TARGET) is None


async def test_a_model_that_asks_for_what_is_not_known_any_more_is_none(
    connection: psycopg.Connection, rows: Rows, trained: Trained
) -> None:
    """As one of an older version may."""

    async def ask(sql: str, parameters: dict[str, Value]) -> QueryResult:
        if "at" in parameters and len(parameters) == 1:
            return QueryResult(("first", "last", "events"), [("2026-01-05", "2026-06-01", 2)])
        if "until" in parameters:
            return QueryResult(("customer", "after"), [])
        names = ("customer", "segment", *NAMES[:-1], "events_28", "events_56", "fading_days_28", "active_days_56")
        return QueryResult(names, [(1, "", *([3.0] * (len(names) - 2)))])

    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        own.execute("insert into milepost.numbers (kind, id) values ('customer', 'acme')")
        model = keeping.keep(
            own, _held(trained, holds=True), usual=usual_row(rows.known.values),
            first=_DAYS["first"], last=_DAYS["last"], now=_NOW,
        )  # fmt: skip
        keeping.say(own, "goes_quiet", model, np.array([1]), np.array([0.2]), [[]], as_of=date(2026, 6, 1))
        assert NAMES[-1] in trained.features
        assert await predict(ask, own, load_plan(None), now=_NOW) == dict.fromkeys(load_plan(None).predictions.labels)
        assert keeping.likely(own, "goes_quiet", most=9) == []


def test_an_older_model_goes_on_while_a_new_one_tells_less_and_it_still_holds(rows: Rows, trained: Trained) -> None:
    usual, day = usual_row(rows.known.values), date(2026, 3, 1)

    def figures(low: float, high: float) -> Report:
        told = msgspec.structs.replace(trained.report.figures, low=low, high=high)
        return msgspec.structs.replace(trained.report, figures=told)

    older = keeping.Predicting(1, trained.model, usual, day, figures(0.8, 0.9))
    less, alike = (msgspec.structs.replace(trained, report=figures(*both)) for both in ((0.6, 0.7), (0.7, 0.85)))
    assert stands(older, less, rows)
    assert not stands(older, alike, rows)
    assert not stands(older._replace(last_day=date(2026, 6, 1)), less, rows)
    dealt = Rows(rows.known, rows.at, np.random.default_rng(3).permutation(rows.happened))
    assert not stands(older, less, dealt)


def test_predictions_take_the_place_of_all_before_and_erasing_takes_them_away(
    connection: psycopg.Connection, rows: Rows, trained: Trained
) -> None:
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        numbers = [
            cast(tuple[int], own.execute(
                "insert into milepost.numbers (kind, id) values ('customer', %s) returning number", (name,)
            ).fetchone())[0]
            for name in ("acme", "zeta")
        ]  # fmt: skip
        model = keeping.keep(
            own, _held(trained, holds=True), usual=usual_row(rows.known.values),
            first=_DAYS["first"], last=_DAYS["last"], now=_NOW,
        )  # fmt: skip
        why = [PredictionReason("away", 1.25, "Last seen 40 days ago; 3 days is usual.")]
        # Who was erased in the meantime has no number any more.
        everybody = np.array([*numbers, 999_999])
        keeping.say(
            own, "goes_quiet", model, everybody, np.array([0.2, 0.9, 0.5]), [[], why, []], as_of=date(2026, 6, 2)
        )
        assert [
            (one.customer_id, round(one.probability or 0, 3), one.reasons)
            for one in keeping.likely(own, "goes_quiet", most=9)
        ] == [
            ("zeta", 0.9, why),
            ("acme", 0.2, []),
        ]
        keeping.say(own, "goes_quiet", model, everybody[:1], np.array([0.3]), [[]], as_of=date(2026, 6, 3))
        assert [one.customer_id for one in keeping.likely(own, "goes_quiet", most=9)] == ["acme"]
        own.execute("select milepost.forget_customer('acme')")
        assert keeping.likely(own, "goes_quiet", most=9) == []
