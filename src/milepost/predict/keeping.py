"""Models and predictions in PostgreSQL. A model is kept as skops writes it: reading one runs no code of its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, cast

import msgspec
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from skops import io as safe

from milepost.predict.features import Matrix, Numbers
from milepost.predict.measures import Floats
from milepost.predict.models import Kind, Model
from milepost.predict.rhythm import Rhythm
from milepost.predict.said import GOES_QUIET, Prediction, PredictionReason
from milepost.predict.training import Report, Trained
from milepost.store.queries import load

_SQL = load("milepost.predict", "keeping.sql")
_READING = load("milepost.predict", "reading.sql")
#: What scikit-learn's own models are made of, beside what skops knows.
_OURS: Final = (
    "sklearn._loss.link.Interval", "sklearn._loss.link.LogitLink", "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "numpy.dtype",
    "scipy.interpolate._bsplines.BSpline", "scipy._lib.array_api_compat.numpy._aliases.asarray",
)  # fmt: skip


class Kept(msgspec.Struct, frozen=True):
    """A stored model's report."""

    model_id: int
    trained_at: datetime
    first_day: date
    last_day: date
    report: Report
    holds: bool


def keep(
    connection: psycopg.Connection[Any], trained: Trained, *, usual: Matrix, first: date, last: date, now: datetime
) -> int:
    """Stores it; one that does not hold leaves the newest that does in place. Answers its number."""
    holds = trained.report.holds
    values = {
        "target": GOES_QUIET, "now": now, "first": first, "last": last, "holds": holds,
        "report": Jsonb(msgspec.to_builtins(trained.report)),
        "fitted": safe.dumps(_plain(trained, usual)) if holds else None,
    }  # fmt: skip
    with connection.transaction():
        row = connection.execute(_SQL["keep"], values).fetchone()
        connection.execute(_SQL["forget_fitted"], {"target": GOES_QUIET})
    assert row is not None
    return int(row[0])


def newest(connection: psycopg.Connection[Any]) -> Kept | None:
    """The newest report; None before the first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SQL["newest"], {"target": GOES_QUIET}).fetchone()
    return msgspec.convert(row, Kept) if row else None


def newest_that_holds(connection: psycopg.Connection[Any]) -> tuple[int, Model, Matrix] | None:
    """Its number, itself, and the median row that reasons are told beside; None where none was worth it."""
    row = connection.execute(_SQL["fitted"], {"target": GOES_QUIET}).fetchone()
    if row is None:
        return None
    told = cast(dict[str, Any], safe.loads(bytes(row[1]), trusted=list(_OURS)))
    model = Model(
        kind=cast(Kind, told["kind"]),
        parts=tuple(told["parts"]),
        features=tuple(told["features"]),
        rhythm=msgspec.convert(told["rhythm"], Rhythm),
        slope=float(told["slope"]),
        shift=float(told["shift"]),
    )
    return int(row[0]), model, cast(Matrix, told["usual"])


def say(
    connection: psycopg.Connection[Any], model_id: int, customers: Numbers, probability: Floats,
    reasons: list[list[PredictionReason]], *, as_of: date,
) -> None:  # fmt: skip
    """Puts these predictions in the place of all before. `connection` is in autocommit."""
    values = {"target": GOES_QUIET, "model": model_id, "as_of": as_of}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_SQL["stage"])
        with cursor.copy(_SQL["fill"]) as rows:
            for number, likely, why in zip(customers.tolist(), probability.tolist(), reasons, strict=True):
                rows.write_row((number, likely, msgspec.json.encode(why).decode()))
        cursor.execute(_SQL["replace"], values)
        cursor.execute(_SQL["add"], values)


def likely(connection: psycopg.Connection[Any], *, most: int) -> list[Prediction]:
    """The customers likeliest to go quiet."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_READING["likeliest"], {"target": GOES_QUIET, "most": most}).fetchall()
    return msgspec.convert(rows, list[Prediction])


def _plain(trained: Trained, usual: Matrix) -> dict[str, object]:
    model = trained.model
    return {
        "kind": model.kind, "parts": list(model.parts), "features": list(model.features),
        "rhythm": msgspec.to_builtins(model.rhythm), "slope": model.slope, "shift": model.shift, "usual": usual,
    }  # fmt: skip
