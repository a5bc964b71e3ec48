"""Models and predictions in PostgreSQL. A model is kept as skops writes it: reading one runs no code of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple, cast

import msgspec
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from milepost.plan.predictions import SCORE
from milepost.predict.features import Matrix, Numbers
from milepost.predict.measures import Floats
from milepost.predict.models import MADE_WITH, Kind, Model
from milepost.predict.report import Report
from milepost.predict.rhythm import Rhythm
from milepost.predict.said import Prediction, PredictionReason
from milepost.predict.score_report import ScoreReport
from milepost.predict.targets import Target
from milepost.predict.telling import News, tell
from milepost.predict.training import Trained
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
    report: Report | ScoreReport
    holds: bool
    #: Why it predicts no more although it held.
    withdrawn_why: str | None


def keep(
    connection: psycopg.Connection[Any], trained: Trained, *, usual: Matrix, first: date, last: date, now: datetime
) -> int:
    """Stores it. One that holds takes the place of the one before, unless the older goes on: then its report alone
    stays. Answers its number."""
    predicts = trained.report.holds and not trained.report.older_goes_on
    fitted = written(_plain(trained, usual)) if predicts else None
    return keep_report(connection, trained.report, fitted, first=first, last=last, now=now)


def written(told: dict[str, object]) -> bytes:
    """A model's parts as skops writes them."""
    from skops import io

    data: bytes = io.dumps(told)
    return data


def as_written(data: bytes, *, trusted: Sequence[str]) -> dict[str, Any]:
    """What was written, of nothing but what skops knows and these types. Raises UntrustedTypesFoundException."""
    from skops import io

    return cast(dict[str, Any], io.loads(data, trusted=list(trusted)))


def keep_report(
    connection: psycopg.Connection[Any], report: Report | ScoreReport, fitted: bytes | None, *, first: date, last: date,
    now: datetime,
) -> int:  # fmt: skip
    """Stores a report, and what was `fitted` in the place of the one before (None: that one stays). Its number."""
    values = {
        "target": report.target.id, "now": now, "first": first, "last": last, "holds": report.holds,
        "report": Jsonb(msgspec.to_builtins(report)), "fitted": fitted,
    }  # fmt: skip
    with connection.transaction():
        row = connection.execute(_SQL["keep"], values).fetchone()
        assert row is not None
        if fitted is not None:
            connection.execute(_SQL["forget_fitted"], {"target": report.target.id, "but": row[0]})
        tried(connection, report.target.id, now=now, says=None)
    return int(row[0])


def tried(connection: psycopg.Connection[Any], target: str, *, now: datetime, says: str | None) -> None:
    """Notes a training, and what it says where nothing could be learned."""
    connection.execute(_SQL["tried"], {"target": target, "now": now, "says": says})


def newest(connection: psycopg.Connection[Any]) -> list[Kept]:
    """The newest report of each target, by its id."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["newest"]).fetchall()
    return [Kept(**{**row, "report": read_report(row["report"])}) for row in rows]


def read_report(stored: object) -> Report | ScoreReport:
    """As it was stored: of a later score, or of what may happen."""
    if isinstance(stored, dict) and stored.get("kind") == SCORE:
        return msgspec.convert(stored, ScoreReport)
    return msgspec.convert(stored, Report)


def forget_targets(connection: psycopg.Connection[Any], but: list[str]) -> None:
    """What was learned and said of targets that a plan does not have any more."""
    for name in ("forget_predictions", "forget_past", "forget_trainings", "forget_checks", "forget_models"):
        connection.execute(_SQL[name], {"but": but})


class Predicting(NamedTuple):
    """The model that predicts: its number, itself, the median row that reasons are told beside, the last day it
    learned from, and its report."""

    model_id: int
    model: Model
    usual: Matrix
    last_day: date
    report: Report


def predicting(connection: psycopg.Connection[Any], target: Target) -> Predicting | None:
    """None where none was worth it, where other versions of what learns fitted it (those may not read it), or where it
    answers another question than the plan asks by now."""
    row = connection.execute(_SQL["fitted"], {"target": target.id, "made_with": MADE_WITH}).fetchone()
    if row is None:
        return None
    report = msgspec.convert(row[3], Report)
    if not report.target.asks_as(target):
        return None
    told = as_written(bytes(row[1]), trusted=_OURS)
    model = Model(
        kind=cast(Kind, told["kind"]),
        parts=tuple(told["parts"]),
        features=tuple(told["features"]),
        rhythm=msgspec.convert(told["rhythm"], Rhythm),
        slope=float(told["slope"]),
        shift=float(told["shift"]),
    )
    return Predicting(int(row[0]), model, cast(Matrix, told["usual"]), row[2], report)


def say_nothing(connection: psycopg.Connection[Any], target: str) -> None:
    """Takes away what was said: there is no model any more that would say it."""
    connection.execute(_SQL["replace"], {"target": target})


def say(
    connection: psycopg.Connection[Any], target: str, model_id: int, customers: Numbers, probability: Floats,
    reasons: list[list[PredictionReason]], *, as_of: date, news: News | None = None,
) -> None:  # fmt: skip
    """Puts these predictions in the place of all before, and notes those of one day a week, so that it can be seen what
    comes of them; with `news`, it is told who enters the likeliest. `connection` is in autocommit."""
    values = {"target": target, "model": model_id, "as_of": as_of}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_SQL["stage"])
        with cursor.copy(_SQL["fill"]) as rows:
            for number, likely, why in zip(customers.tolist(), probability.tolist(), reasons, strict=True):
                rows.write_row((number, likely, msgspec.json.encode(why).decode()))
        if news is not None:
            tell(connection, target, as_of=as_of, news=news)
        cursor.execute(_SQL["replace"], values)
        cursor.execute(_SQL["add"], values)
        cursor.execute(_SQL["note"], values)


def likely(connection: psycopg.Connection[Any], target: str, *, most: int) -> list[Prediction]:
    """The customers it is likeliest of."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_READING["likeliest"], {"target": target, "most": most}).fetchall()
    return msgspec.convert(rows, list[Prediction])


def _plain(trained: Trained, usual: Matrix) -> dict[str, object]:
    model = trained.model
    return {
        "kind": model.kind, "parts": list(model.parts), "features": list(model.features),
        "rhythm": msgspec.to_builtins(model.rhythm), "slope": model.slope, "shift": model.shift, "usual": usual,
    }  # fmt: skip
