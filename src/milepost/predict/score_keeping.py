"""A model of later scores, and what it says, in PostgreSQL; beside keeping.py."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, NamedTuple, cast

import msgspec
import psycopg

from milepost.predict.features import Matrix, Numbers
from milepost.predict.keeping import as_written, keep_report, written
from milepost.predict.models import MADE_WITH
from milepost.predict.said import PredictionReason
from milepost.predict.score_model import ScoreModel
from milepost.predict.score_report import ScoreReport
from milepost.predict.score_training import Said, ScoreTrained
from milepost.predict.targets import Target
from milepost.store.queries import load

_SQL = load("milepost.predict", "keeping.sql")
#: What scikit-learn's own models are made of, beside what skops knows.
_OURS: Final = (
    "sklearn._loss.link.IdentityLink", "sklearn._loss.link.Interval", "sklearn._loss.loss.PinballLoss",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "numpy.dtype",
)  # fmt: skip


def keep_score(
    connection: psycopg.Connection[Any], trained: ScoreTrained, *, usual: Matrix, first: date, last: date, now: datetime
) -> int:
    """Stores it; one that holds takes the place of the one before. Answers its number."""
    model = trained.model
    plain = {"parts": list(model.parts), "features": list(model.features), "wider": model.wider, "usual": usual}
    fitted = written(plain) if trained.report.holds else None
    return keep_report(connection, trained.report, fitted, first=first, last=last, now=now)


class SayingScores(NamedTuple):
    """The model that says scores: its number, itself, the median row that reasons are told beside."""

    model_id: int
    model: ScoreModel
    usual: Matrix


def saying_scores(connection: psycopg.Connection[Any], target: Target) -> SayingScores | None:
    """As `keeping.predicting`."""
    row = connection.execute(_SQL["fitted"], {"target": target.id, "made_with": MADE_WITH}).fetchone()
    if row is None or not msgspec.convert(row[3], ScoreReport).target.asks_as(target):
        return None
    told = as_written(bytes(row[1]), trusted=_OURS)
    model = ScoreModel(tuple(told["parts"]), tuple(told["features"]), float(told["wider"]))
    return SayingScores(int(row[0]), model, cast(Matrix, told["usual"]))


def say_scores(
    connection: psycopg.Connection[Any], target: str, model_id: int, customers: Numbers, said: Said,
    reasons: list[list[PredictionReason]], *, as_of: date,
) -> None:  # fmt: skip
    """Puts these in the place of all before, and notes those of one day a week. `connection` is in autocommit."""
    values = {"target": target, "model": model_id, "as_of": as_of}
    each = zip(
        customers.tolist(), said.expected.tolist(), said.low.tolist(), said.high.tolist(), reasons, strict=True
    )  # fmt: skip
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_SQL["stage"])
        with cursor.copy(_SQL["fill_scores"]) as rows:
            for number, expected, low, high, why in each:
                rows.write_row((number, expected, low, high, msgspec.json.encode(why).decode()))
        for name in ("replace", "add", "note"):
            cursor.execute(_SQL[name], values)
