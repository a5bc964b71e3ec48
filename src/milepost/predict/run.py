"""Learns from what is there, and says what is likely of everybody: what the command and the weekly job do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import psycopg

from milepost.plan import Plan
from milepost.predict import keeping
from milepost.predict.baselines import rivals_of
from milepost.predict.enough import AT_LEAST, NotEnough
from milepost.predict.features import Ask, Known, Span, known_at, parts_of, span
from milepost.predict.folds import number
from milepost.predict.reasons import reasons, usual_row
from milepost.predict.report import beats, beside
from milepost.predict.rows import Rows, days_to_ask, gather, one_in, remembered
from milepost.predict.said import PredictionReason
from milepost.predict.score_keeping import saying_scores
from milepost.predict.score_run import expect_scores, learn_score
from milepost.predict.score_training import ScoreTrained
from milepost.predict.targets import Target, asked_of, levels_in, targets_of
from milepost.predict.telling import News
from milepost.predict.training import FITTED_BY, Trained, train

#: Days asked about at most, the newest: two years of weeks.
_MOST_DAYS: Final = 104
#: Who gets reasons: the likeliest. Of the others nobody asks why.
_EXPLAINED: Final = 2_000

Progress = Callable[[int, int], None]


class Learned(NamedTuple):
    """What came of training a target: a model with its report, or why there is none."""

    target: Target
    trained: Trained | ScoreTrained | None
    says: str


async def learn(
    ask: Ask, connection: psycopg.Connection[Any], plan: Plan, *, now: datetime, progress: Progress
) -> list[Learned]:
    """Trains each of the plan's targets on all that is over, and stores the models with their reports; the one before
    goes on predicting where `stands` says so. Raises as `Reader.query`. `connection` is in autocommit."""
    targets = targets_of(plan)
    keeping.forget_targets(connection, [target.id for target in targets])
    found = await span(ask, now.date())
    parts = parts_of(found)
    widest = max(target.active_days for target in targets)
    asked = {target.id: _days(target, found) for target in targets}
    of = await one_in(ask, targets[0], asked[targets[0].id], most=FITTED_BY, parts=parts)
    known_on = remembered(ask, segment=targets[0].segment, active_days=widest, parts=parts, of=of)
    learned = []
    for target in targets:
        days = asked[target.id]
        try:
            if target.is_score:
                found_score = await learn_score(
                    ask, connection, target, days, known_on=known_on, now=now, progress=progress
                )
                learned.append(Learned(target, found_score, found_score.report.verdict))
                continue
            rows = await gather(
                ask, target, days, known_on=known_on, levels=levels_in(connection), progress=progress
            )  # fmt: skip
            trained = train(target, rows)
        except NotEnough as error:
            keeping.tried(connection, target.id, now=now, says=str(error))
            learned.append(Learned(target, None, str(error)))
            continue
        usual = usual_row(rows.of_some(FITTED_BY).known.columns(trained.features))
        before = keeping.predicting(connection, target)
        if before is not None and stands(before, trained, rows):
            report = msgspec.structs.replace(trained.report, older_goes_on=True)
            trained = msgspec.structs.replace(trained, report=report)
        keeping.keep(connection, trained, usual=usual, first=days[0], last=days[-1], now=now)
        learned.append(Learned(target, trained, trained.report.verdict))
    return learned


def _days(target: Target, found: Span | None) -> list[date]:
    return [] if found is None else days_to_ask(target, found.first, found.last)[-_MOST_DAYS:]


def stands(before: keeping.Predicting, trained: Trained, rows: Rows) -> bool:
    """Whether an older model goes on: the new one tells less, beyond chance, and on days later than any it learned from
    the older one still beats every simple guess beyond chance."""
    if not set(before.model.features) <= set(rows.known.names):
        return False
    if trained.report.figures.high >= before.report.figures.low:
        return False
    later = rows.chosen(rows.at > number(before.last_day))
    happened = int(later.happened.sum())
    if min(happened, len(later.happened) - happened) < AT_LEAST:
        return False
    odds = before.model.odds(later.known.columns(before.model.features))
    return beats(beside(later, odds, rivals_of(before.model.kind, later.known), target=trained.report.target))


async def predict(ask: Ask, connection: psycopg.Connection[Any], plan: Plan, *, now: datetime) -> dict[str, int | None]:
    """Says of every customer a target asks how likely it is from today on, by the model that holds; answers by target
    of how many, None where no model holds; then nothing said before is left. One that learned for another question, or
    asks for what is not known any more, as an older version's may, is none. `connection` is in autocommit."""
    targets, today = targets_of(plan), now.date()
    keeping.forget_targets(connection, [target.id for target in targets])
    found = await span(ask, today + timedelta(days=1))
    parts = parts_of(found)
    everybody = None
    said: dict[str, int | None] = {}
    for target in targets:
        said[target.id] = None
        if target.is_score:
            if (saying := saying_scores(connection, target)) is not None:
                everybody = everybody or await known_at(ask, today, segment=target.segment, parts=parts)
                said[target.id] = expect_scores(connection, saying, target, everybody)
        elif (kept := keeping.predicting(connection, target)) is not None:
            everybody = everybody or await known_at(ask, today, segment=target.segment, parts=parts)
            asked, _ = await asked_of(ask, target, everybody, levels=levels_in(connection), ahead=False)
            if set(kept.model.features) <= set(asked.names):
                said[target.id] = _say(connection, kept, target, asked, now)
        if said[target.id] is None:
            keeping.say_nothing(connection, target.id)
    return said


def _say(
    connection: psycopg.Connection[Any], kept: keeping.Predicting, target: Target, asked: Known, now: datetime
) -> int:
    model, values = kept.model, asked.columns(kept.model.features)
    if not len(values):
        keeping.say_nothing(connection, target.id)
        return 0
    probability = model.probability(values)
    told: list[list[PredictionReason]] = [[] for _ in probability]
    likeliest = np.argsort(-probability, kind="stable")[:_EXPLAINED]
    for index, why in zip(
        likeliest.tolist(), reasons(model, values[likeliest], kept.usual, target=target), strict=True
    ):
        told[index] = why
    news = News(target.label, target.horizon_days, now)
    keeping.say(connection, target.id, kept.model_id, asked.customers, probability, told, as_of=asked.at, news=news)
    return len(probability)
