"""Learns, says and looks back at what scores are expected to be; called by `run.py` and `watching.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import psycopg

from milepost.predict.enough import AT_LEAST
from milepost.predict.features import Ask, Known
from milepost.predict.reasons import usual_row
from milepost.predict.rows import KnownAt
from milepost.predict.said import PredictionReason
from milepost.predict.score_keeping import SayingScores, keep_score, say_scores
from milepost.predict.score_reasons import score_reasons
from milepost.predict.score_report import ScoreReport
from milepost.predict.score_rows import ScoreRows, gather_scores, scored, scores_in
from milepost.predict.score_said import LEAST, MOST
from milepost.predict.score_training import Said, ScoreTrained, score_figures, train_score
from milepost.predict.spread import shift
from milepost.predict.targets import Target
from milepost.predict.training import FITTED_BY

#: Who gets reasons: those whose score is expected to change most.
_EXPLAINED: Final = 2_000
_SHIFTED: Final = 0.25


async def learn_score(
    ask: Ask, connection: psycopg.Connection[Any], target: Target, days: Sequence[date], *, known_on: KnownAt,
    now: datetime, progress: Callable[[int, int], None],
) -> ScoreTrained:  # fmt: skip
    """Trains and stores the model with its report. Raises NotEnough, and as `Reader.query`."""
    scores = scores_in(connection)
    rows = await gather_scores(ask, target, days, known_on=known_on, scores=scores, progress=progress)
    trained = train_score(target, rows)
    usual = usual_row(rows.of_some(FITTED_BY).known.columns(trained.model.features))
    keep_score(connection, trained, usual=usual, first=days[0], last=days[-1], now=now)
    return trained


def expect_scores(
    connection: psycopg.Connection[Any], saying: SayingScores, target: Target, everybody: Known
) -> int | None:
    """Says of everybody it may be asked of what their score is expected to be; of how many, or None where the model
    asks for what is not known any more."""
    asked = scored(everybody, scores_in(connection), target, ahead=False).known
    model = saying.model
    if not set(model.features) <= set(asked.names):
        return None
    values = asked.columns(model.features)
    told: list[list[PredictionReason]] = [[] for _ in asked.customers]
    if len(values):
        said = Said(*model.ends(values))
        most = np.argsort(-np.abs(said.expected - asked.column("score")), kind="stable")[:_EXPLAINED]
        for index, why in zip(most.tolist(), score_reasons(model, values[most], saying.usual), strict=True):
            told[index] = why
    else:
        said = Said(np.zeros(0), np.zeros(0), np.zeros(0))
    say_scores(connection, target.id, saying.model_id, asked.customers, said, told, as_of=everybody.at)
    return len(values)


class ScoreCheck(msgspec.Struct, frozen=True):
    """What came of a day's expected scores: how many points off on average, and how many the guess that they stay as
    they are; the share that came to lie in the interval. `fails`: no better than that guess, or an interval that does
    not hold. Of fewer than `AT_LEAST` customers the figures are null."""

    rows: int
    error: float | None
    error_of_now: float | None
    covers: float | None
    shifted: dict[str, float]
    fails: bool

    @property
    def verdict(self) -> str:
        """A sentence."""
        if self.error is None or self.error_of_now is None or self.covers is None:
            return f"What came is too little to judge by: {self.rows} of {AT_LEAST} customers."
        beside = (
            f"{self.error:.1f} points off, {self.error_of_now:.1f} had they stayed as they were;"
            f" {100 * self.covers:.0f} of 100 in an interval that says 80"
        )
        if self.fails:
            return f"What came is told no better than by a simple guess ({beside}), so nothing is said."
        return f"What came is told as well as it has to be ({beside})."


class Expected(NamedTuple):
    """What was said of a customer: the score, and both ends."""

    score: float
    low: float
    high: float


def check_scores(
    connection: psycopg.Connection[Any],
    target: Target,
    report: ScoreReport,
    everybody: Known,
    said: dict[int, Expected],
) -> ScoreCheck:
    """What was said of a day, `everybody` as of that day, beside what came."""
    asked, came = scored(everybody, scores_in(connection), target, ahead=True)
    there = np.isin(asked.customers, list(said)) & ~np.isnan(came)
    asked, came = asked.chosen(there), came[there]
    shifted = shift(report.spread, asked)
    worst = {name: by for name, by in sorted(shifted.items(), key=lambda one: -one[1])[:5] if by > _SHIFTED}
    if len(came) < AT_LEAST:
        return ScoreCheck(len(came), None, None, None, worst, fails=False)
    rows = ScoreRows(asked, np.zeros(len(came), dtype=np.int64), came)
    each = np.array([said[number] for number in asked.customers.tolist()], dtype=np.float64)
    found = score_figures(rows, Said(each[:, 1], each[:, 0], each[:, 2]))
    as_now = float(np.abs(rows.now - came).mean())
    fails = found.error >= as_now or not LEAST <= found.covers <= MOST
    return ScoreCheck(found.rows, found.error, as_now, found.covers, worst, fails=fails)
