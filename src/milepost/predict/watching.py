"""What came of predictions: those of a day whose horizon is over are compared with what happened, and a model that does
not beat the simplest guess on it predicts no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from milepost.plan import Plan
from milepost.predict import keeping, measures
from milepost.predict.baselines import guesses
from milepost.predict.enough import AT_LEAST
from milepost.predict.features import Ask, Known, anybody, known_at, parts_of, span
from milepost.predict.measures import Flags, Floats
from milepost.predict.report import Report
from milepost.predict.score_report import ScoreReport
from milepost.predict.score_run import Expected, ScoreCheck, check_scores
from milepost.predict.spread import shift
from milepost.predict.targets import Target, asked_of, levels_in, targets_of
from milepost.store.queries import load

_SQL = load("milepost.predict", "watching.sql")
#: A population stability index above this is a shift that one acts on.
_SHIFTED: Final = 0.25


class Check(msgspec.Struct, frozen=True):
    """What came of a day's predictions: `said` on average, and the share to whom it `happened`. Without `AT_LEAST` of
    either outcome the figures are null. `rival`: the best simple guess of the training, on the same rows. `shifted`:
    features that are spread otherwise than in training, by how much, the most first."""

    rows: int
    happened: int
    said: float
    auc: float | None
    low: float | None
    high: float | None
    calibration_error: float | None
    rival: str
    rival_auc: float | None
    shifted: dict[str, float]
    #: The AUC is below what training promised with 95 %.
    left_interval: bool
    #: It is no better than the rival.
    fails: bool

    @property
    def verdict(self) -> str:
        """A sentence."""
        if self.auc is None or self.rival_auc is None:
            few = min(self.happened, self.rows - self.happened)
            return f"What came is too little to judge by: {few} of {AT_LEAST} customers of either outcome."
        beside = f"AUC {self.auc:.3f}, {self.rival} {self.rival_auc:.3f}"
        if self.fails:
            return f"What came is told no better than by a simple guess ({beside}), so it predicts nothing."
        if self.left_interval:
            return f"What came is told less well than training promised ({beside})."
        return f"What came is told as well as training promised ({beside})."


async def watch(ask: Ask, connection: psycopg.Connection[Any], plan: Plan, *, now: datetime) -> list[str]:
    """Compares all that is due, stores what came of it, and withdraws what fails; answers a line for each. Whose
    predictions were compared is not kept. Raises as `Reader.query`. `connection` is in autocommit."""
    lines = []
    found = await span(ask, now.date())
    parts = parts_of(found)
    for target in targets_of(plan):
        until = now.date() - timedelta(days=target.horizon_days)
        for as_of, model_id, report in connection.execute(
            _SQL["due"], {"target": target.id, "until": until}
        ).fetchall():
            key = {"target": target.id, "as_of": as_of, "model": model_id}
            check = await _checked(ask, connection, target, keeping.read_report(report), as_of, key, parts)
            with connection.transaction():
                if check is not None:
                    figures = Jsonb(msgspec.to_builtins(check))
                    connection.execute(_SQL["keep"], {**key, "now": now, "figures": figures})
                connection.execute(_SQL["forget"], key)
                if check is not None and check.fails:
                    why = f"Predictions of {as_of}: {check.verdict}"
                    connection.execute(_SQL["withdraw"], {"target": target.id, "now": now, "why": why})
                    keeping.say_nothing(connection, target.id)
            if check is not None:
                lines.append(f"{target.id}, predictions of {as_of}: {check.verdict}")
    return lines


async def _checked(
    ask: Ask,
    connection: psycopg.Connection[Any],
    target: Target,
    report: Report | ScoreReport,
    as_of: date,
    key: Mapping[str, object],
    parts: int,
) -> Check | ScoreCheck | None:
    """None where it answered another question than the plan asks by now, or nobody did anything at all since."""
    if not report.target.asks_as(target):
        return None
    if not await anybody(ask, as_of, as_of + timedelta(days=target.horizon_days)):
        return None
    known = await known_at(ask, as_of, segment=target.segment, parts=parts)
    if isinstance(report, ScoreReport):
        rows = connection.execute(_SQL["said_scores"], key).fetchall()
        return check_scores(connection, target, report, known, {number: Expected(*each) for number, *each in rows})
    said: dict[int, float] = dict(connection.execute(_SQL["said"], key).fetchall())
    asked, did = await asked_of(ask, target, known, levels=levels_in(connection), ahead=True)
    there = np.isin(asked.customers, list(said))
    asked, did = asked.chosen(there), did[there]
    probability = np.array([said[customer] for customer in asked.customers.tolist()], dtype=np.float64)
    return compared(report, asked, did, probability)


def compared(report: Report, asked: Known, did: Flags, probability: Floats) -> Check:
    """What was said beside what happened."""
    rows, happened = len(did), int(did.sum())
    names = guesses(asked)
    rival = next((one.name for one in report.beside if one.name in names), "days since the last event")
    shifted = shift(report.spread, asked)
    worst = {name: by for name, by in sorted(shifted.items(), key=lambda one: -one[1])[:5] if by > _SHIFTED}
    said = float(probability.mean()) if rows else 0.0
    if min(happened, rows - happened) < AT_LEAST:
        return Check(rows, happened, said, None, None, None, None, rival, None, worst, False, False)
    auc, theirs = measures.auc(did, probability), measures.auc(did, names[rival])
    if not report.target.is_quiet:
        theirs = max(theirs, 1 - theirs)
    low, high = measures.middle(measures.auc_draws(did, probability, asked.customers))
    error = measures.calibration_error(did, probability)
    return Check(
        rows, happened, said, auc, low, high, error, rival, theirs, worst,
        left_interval=auc < report.figures.low, fails=auc <= theirs,
    )  # fmt: skip
