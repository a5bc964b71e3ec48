"""Learns from what is there, and says what is likely of everybody: what the command and the weekly job do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import psycopg

from milepost.plan import Plan
from milepost.predict import keeping
from milepost.predict.features import Ask, known_at, span
from milepost.predict.reasons import reasons, usual_row
from milepost.predict.rows import Target, days_to_ask, gather
from milepost.predict.said import PredictionReason
from milepost.predict.training import NotEnough, Trained, train

#: Days asked about at most, the newest: two years of weeks.
_MOST_DAYS: Final = 104
#: Events that one answer of the column store may be about.
_AT_ONCE: Final = 5_000_000
#: Who gets reasons: the likeliest. Of the others nobody asks why.
_EXPLAINED: Final = 2_000

Progress = Callable[[int, int], None]


def target_of(plan: Plan) -> Target:
    """What the plan asks for. A day in each quarter of the horizon is asked about."""
    asked = plan.predictions
    every = max(7, asked.quiet_days // 4 // 7 * 7)
    return Target(asked.quiet_days, asked.active_days, every, asked.segment)


async def learn(
    ask: Ask, connection: psycopg.Connection[Any], plan: Plan, *, now: datetime, progress: Progress
) -> Trained:
    """Trains on all that is over, and stores the model with its report. Raises NotEnough, else as `Reader.query`."""
    target = target_of(plan)
    found = await span(ask, now.date())
    days = [] if found is None else days_to_ask(target, found.first, found.last)[-_MOST_DAYS:]
    if found is None or not days:
        raise NotEnough(0)
    rows = await gather(ask, target, days, parts=found.events // _AT_ONCE + 1, progress=progress)
    trained = train(target, rows)
    usual = usual_row(rows.known.columns(trained.features))
    keeping.keep(connection, trained, usual=usual, first=days[0], last=days[-1], now=now)
    return trained


async def predict(ask: Ask, connection: psycopg.Connection[Any], plan: Plan, *, now: datetime) -> int | None:
    """Says of every active customer how likely they go quiet from today on, by the newest model that holds; answers of
    how many, None where no model holds. `connection` is in autocommit."""
    kept = keeping.newest_that_holds(connection)
    if kept is None:
        return None
    model_id, model, usual = kept
    target, today = target_of(plan), now.date()
    found = await span(ask, today + timedelta(days=1))
    parts = 1 if found is None else found.events // _AT_ONCE + 1
    everybody = await known_at(ask, today, segment=target.segment, parts=parts)
    asked = everybody.chosen(everybody.column("recency") <= target.active_days)
    if not len(asked.customers):
        return 0
    values = asked.columns(model.features)
    probability = model.probability(values)
    told: list[list[PredictionReason]] = [[] for _ in asked.customers]
    likeliest = np.argsort(-probability, kind="stable")[:_EXPLAINED]
    for index, why in zip(likeliest.tolist(), reasons(model, values[likeliest], usual), strict=True):
        told[index] = why
    keeping.say(connection, model_id, asked.customers, probability, told, as_of=today)
    return len(asked.customers)
