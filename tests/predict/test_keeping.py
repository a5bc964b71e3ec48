"""Models and predictions in PostgreSQL: what is read back says the same, and predicts only where it holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import cast

import msgspec
import numpy as np
import psycopg
import pytest

from milepost.predict import keeping
from milepost.predict.models import KINDS, Kind, fit
from milepost.predict.reasons import usual_row
from milepost.predict.rows import Rows
from milepost.predict.said import PredictionReason
from milepost.predict.training import Beside, Trained, train
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
    model = fit(kind, rows.known.values, NAMES, rows.happened, horizon_days=28)
    usual = usual_row(rows.known.values)
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        held = msgspec.structs.replace(_held(trained, holds=True), model=model)
        number = keeping.keep(own, held, usual=usual, first=_DAYS["first"], last=_DAYS["last"], now=_NOW)
        found = keeping.newest_that_holds(own)
        assert found is not None
        assert found[0] == number
        assert np.array_equal(found[1].probability(rows.known.values), model.probability(rows.known.values))
        assert np.array_equal(found[2], usual)


def test_one_that_does_not_hold_is_told_of_and_never_predicts(
    connection: psycopg.Connection, rows: Rows, trained: Trained
) -> None:
    usual = usual_row(rows.known.values)

    def keep(own: psycopg.Connection, *, holds: bool) -> int:
        held = _held(trained, holds=holds)
        return keeping.keep(own, held, usual=usual, first=_DAYS["first"], last=_DAYS["last"], now=_NOW)

    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        assert keeping.newest(own) is None
        keep(own, holds=False)
        assert keeping.newest_that_holds(own) is None
        good = keep(own, holds=True)
        keep(own, holds=False)
        told = keeping.newest(own)
        assert told is not None
        assert not told.holds
        still = keeping.newest_that_holds(own)
        assert still is not None
        assert still[0] == good
        better = keep(own, holds=True)
        kept = own.execute("select model_id from milepost.prediction_models where fitted is not null").fetchall()
        assert kept == [(better,)]


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
        keeping.say(own, model, everybody, np.array([0.2, 0.9, 0.5]), [[], why, []], as_of=date(2026, 6, 2))
        assert [(one.customer_id, round(one.probability, 3), one.reasons) for one in keeping.likely(own, most=9)] == [
            ("zeta", 0.9, why),
            ("acme", 0.2, []),
        ]
        keeping.say(own, model, everybody[:1], np.array([0.3]), [[]], as_of=date(2026, 6, 3))
        assert [one.customer_id for one in keeping.likely(own, most=9)] == ["acme"]
        own.execute("select milepost.forget_customer('acme')")
        assert keeping.likely(own, most=9) == []
