"""Reads predictions, for pages and the API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from milepost.plan import Plan
from milepost.predict.said import GOES_QUIET, Prediction, Predictions, Worth
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.predict", "reading.sql")
#: An older one is of another week than the one it would be read in.
_FRESH: Final = timedelta(days=8)


async def read_predictions(connection: DictConnection, plan: Plan, *, most: int) -> Predictions:
    """The likeliest first, and what the model is worth."""
    asked = {"target": GOES_QUIET, "most": most}
    worth = await (await connection.execute(_SQL["worth"], asked)).fetchone()
    rows = await (await connection.execute(_SQL["likeliest"], asked)).fetchall()
    return Predictions(
        target=GOES_QUIET,
        quiet_days=plan.predictions.quiet_days,
        active_days=plan.predictions.active_days,
        worth=msgspec.convert(worth, Worth) if worth else None,
        predictions=msgspec.convert(rows, list[Prediction]),
    )


async def read_prediction(connection: DictConnection, customer_id: str, *, today: date) -> Prediction | None:
    """A customer's, unless it is older than a week."""
    asked = {"target": GOES_QUIET, "customer": customer_id, "since": today - _FRESH}
    row = await (await connection.execute(_SQL["one"], asked)).fetchone()
    return msgspec.convert(row, Prediction) if row else None
