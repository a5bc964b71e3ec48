"""Reads predictions, for pages and the API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from milepost.plan import Plan
from milepost.plan.predictions import GOES_QUIET
from milepost.predict.said import Expected, Likely, Prediction, Predictions, ScoreWorth, Worth
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.predict", "reading.sql")
#: An older one is of another week than the one it would be read in.
_FRESH: Final = timedelta(days=8)


async def read_predictions(connection: DictConnection, plan: Plan, target: str, *, most: int) -> Predictions:
    """The likeliest first, and what the model is worth. Raises KeyError for a target that the plan does not have."""
    planned = {one.id: (one.days, one.active_days) for one in plan.predictions.targets}
    planned[GOES_QUIET] = (plan.predictions.quiet_days, plan.predictions.active_days)
    asked = {"target": target, "most": most}
    days, active_days = planned[target]
    is_score = target in plan.predictions.labels.keys() - plan.predictions.likelihoods.keys()
    worth = await (await connection.execute(_SQL["score_worth" if is_score else "worth"], asked)).fetchone()
    says = await (await connection.execute(_SQL["says"], asked)).fetchone()
    rows = await (await connection.execute(_SQL["likeliest"], asked)).fetchall()
    return Predictions(
        target=target,
        label=plan.predictions.labels[target],
        horizon_days=days,
        active_days=active_days,
        worth=msgspec.convert(worth, Worth) if worth and not is_score else None,
        score_worth=msgspec.convert(worth, ScoreWorth) if worth and is_score else None,
        says=msgspec.convert(says["says"], str | None) if says else None,
        predictions=msgspec.convert(rows, list[Prediction]),
    )


async def read_prediction(connection: DictConnection, customer_id: str, *, today: date) -> Prediction | None:
    """How likely a customer goes quiet, unless that is older than a week."""
    asked = {"target": GOES_QUIET, "customer": customer_id, "since": today - _FRESH}
    row = await (await connection.execute(_SQL["one"], asked)).fetchone()
    return msgspec.convert(row, Prediction) if row else None


async def read_expected(
    connection: DictConnection, plan: Plan, customer_id: str, *, today: date
) -> tuple[Expected, ...]:
    """All else that is said of a customer, in the plan's order, unless it is older than a week."""
    asked = {"target": GOES_QUIET, "customer": customer_id, "since": today - _FRESH}
    rows = await (await connection.execute(_SQL["others"], asked)).fetchall()
    said = {str(row["target"]): row for row in rows}
    return tuple(
        msgspec.convert({**said[one.id], "label": one.label, "days": one.days}, Expected)
        for one in plan.predictions.targets
        if one.id in said
    )


async def read_likely(connection: DictConnection, *, today: date, most: int, but: list[str]) -> tuple[Likely, ...]:
    """Who is likelier than not to go quiet, the likeliest first, without those in `but`; nothing older than a week."""
    asked = {"target": GOES_QUIET, "since": today - _FRESH, "most": most, "but": but}
    rows = await (await connection.execute(_SQL["soon"], asked)).fetchall()
    return msgspec.convert(tuple(rows), tuple[Likely, ...])
