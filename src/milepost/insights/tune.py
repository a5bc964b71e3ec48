"""Weights of the score's parts that rank one's own customers best by what came after, and what they are worth on
customers they were not fitted on. Nothing is written. scipy is needed here, and by no server that only serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np
import psycopg

from milepost.errors import Conflict
from milepost.insights.agreement import Bools, Floats, Whole
from milepost.insights.validate import Progress, look_back
from milepost.insights.validate_asked import EVERY_DAYS, MOST_CUSTOMERS
from milepost.insights.validate_compare import Sample, pool
from milepost.insights.validate_report import RIVAL, SCORE, Pooled, Verdict

_ACTIVE: Final = "active"
#: Customer-slices with either ending that it takes.
LEAST_OF_EACH: Final = 100
#: A part that is known of a smaller share keeps its share of the weights.
_KNOWN_OF: Final = 0.5
_FOLDS: Final = 5


class Weight(msgspec.Struct, frozen=True):
    """A part's weight, of 100 in all, as it is `today` and as `fitted`; where too few have the part (`known`, a share)
    it keeps its share."""

    name: str
    today: float
    fitted: int
    known: float


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """Weights, and what they are worth where they were not fitted: AUC of being active at all in the `after_days`, of
    each customer by weights fitted on four fifths of all, not its own. `difference` is from today's weights, with its
    95 % interval; `verdict` is of the fitted against today's, as `validate` has it."""

    after_days: int
    customers: int
    customer_slices: int
    weights: list[Weight]
    fitted: float
    today: float
    rival: float
    difference: float
    low: float
    high: float
    verdict: Verdict


def tune(
    connection: psycopg.Connection[Any],
    today: Mapping[str, float],
    *,
    now: datetime,
    progress: Progress,
    every: int = EVERY_DAYS,
    after: int | None = None,
    most: int = MOST_CUSTOMERS,
) -> Tuning:
    """`today`: the weights in force, by part. Raises Conflict where there is too little to fit on, else as `validate`
    does."""
    found = look_back(connection, now=now, every=every, after=after, most=most, progress=progress)
    return fit_weights(found.samples, today, after=found.after, customers=found.customers)


def fit_weights(samples: Sequence[Sample], today: Mapping[str, float], *, after: int, customers: int) -> Tuning:
    """As `tune`, of what was read."""
    scored = [sample for sample in samples if sample.known(SCORE).any()]
    who = [sample.known(SCORE) for sample in scored]

    def column(of: Callable[[Sample], Floats]) -> Floats:
        """Of all who are scored, slice after slice."""
        found = [of(sample)[known] for sample, known in zip(scored, who, strict=True)]
        return np.concatenate(found) if found else np.zeros(0)

    happened = column(lambda sample: sample.outcomes[_ACTIVE])
    came = int(happened.sum())
    if min(came, len(happened) - came) < LEAST_OF_EACH:
        raise Conflict(
            f"Too little to fit weights on: customers were active after {came:,} customer-slices and not after "
            f"{len(happened) - came:,}, and it takes {LEAST_OF_EACH} of each. Wait for more history, or ask for other"
            " days with --after."
        )
    parts = np.column_stack([column(partial(_part, name)) for name in today])
    slices = np.concatenate([np.full(int(known.sum()), at) for at, known in enumerate(who)])
    groups = np.concatenate([sample.groups[known] for sample, known in zip(scored, who, strict=True)])
    given = 100 * np.array(list(today.values())) / sum(today.values())
    share = 1 - np.isnan(parts).mean(axis=0)
    free = (share >= _KNOWN_OF) & (given.sum() > 0)

    def fitted(rows: Bools) -> Whole:
        return _whole(_fit(parts[rows], happened[rows], slices[rows], given, free))

    told = np.full(len(happened), np.nan)
    for fold in range(_FOLDS):
        apart = groups % _FOLDS == fold
        told[apart] = _scores(parts, fitted(~apart))[apart]
    weights = fitted(np.ones(len(happened), dtype=np.bool_))
    against = _beside(scored, who, told, _scores(parts, given))
    rival = _beside(scored, who, told, column(lambda sample: sample.predictors[RIVAL]))
    names = zip(today, given, weights, share, strict=True)
    return Tuning(
        after_days=after,
        customers=customers,
        customer_slices=len(happened),
        weights=[
            Weight(name, round(float(was), 1), int(new), round(float(known), 3)) for name, was, new, known in names
        ],
        fitted=_auc(against.somers),
        today=_auc(against.rival_somers),
        rival=_auc(rival.rival_somers),
        difference=(against.somers_difference or 0) / 2,
        low=(against.somers_difference_low or 0) / 2,
        high=(against.somers_difference_high or 0) / 2,
        verdict=against.verdict,
    )


def _fit(parts: Floats, happened: Floats, slices: Whole, given: Floats, free: Bools) -> Floats:
    """Weights of 100 in all: a logistic regression of what came after, with a level for each slice and no part counting
    against. A part without data says what the others say, as in the score; those that are not free keep their share."""
    from scipy.optimize import minimize

    filled = np.where(np.isnan(parts), _scores(parts, given)[:, None], parts)[:, free] / 100
    count, levels = filled.shape[1], int(slices.max()) + 1

    def loss(values: Floats) -> tuple[float, Floats]:
        weights, level = values[:count], values[count:]
        odds = filled @ weights + level[slices]
        wrong = 1 / (1 + np.exp(-np.clip(odds, -700, 700))) - happened
        slope = np.concatenate(
            [filled.T @ wrong + weights, np.bincount(slices, wrong, minlength=levels) + 1e-3 * level]
        )
        height = np.logaddexp(0, odds).sum() - happened @ odds + weights @ weights / 2 + 5e-4 * level @ level
        return float(height), slope

    begin = np.concatenate([np.ones(count), np.zeros(levels)])
    bounds = [(0, None)] * count + [(None, None)] * levels
    found: Floats = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds).x[:count]
    weights = given.copy()
    if found.sum() > 0:
        weights[free] = found * given[free].sum() / found.sum()
    return weights


def _scores(parts: Floats, weights: Floats | Whole) -> Floats:
    """The weighted mean of the parts that there are; 0 where none of them weighs anything."""
    there = (~np.isnan(parts)) @ weights
    scores: Floats = np.nan_to_num(parts) @ weights / np.where(there > 0, there, 1)
    return scores


def _whole(weights: Floats) -> Whole:
    """Whole numbers that add up to 100: the largest remainders are rounded up."""
    down: Whole = np.floor(weights).astype(np.int64)
    rest = np.argsort(down - weights, kind="stable")[: 100 - int(down.sum())]
    down[rest] += 1
    return down


def _beside(scored: Sequence[Sample], who: Sequence[Bools], told: Floats, rival: Floats) -> Pooled:
    """One order beside another, as `validate` compares the score with its rival."""
    ends = np.cumsum([int(known.sum()) for known in who])[:-1]
    samples = [
        Sample(
            sample.day,
            sample.groups[known].tolist(),
            {SCORE: one.tolist(), RIVAL: other.tolist()},
            {_ACTIVE: sample.outcomes[_ACTIVE][known].tolist()},
        )
        for sample, known, one, other in zip(scored, who, np.split(told, ends), np.split(rival, ends), strict=True)
    ]
    return pool(samples, [SCORE], [_ACTIVE], lambda: None)[0]


def _part(name: str, sample: Sample) -> Floats:
    """NaN where nobody has it."""
    return sample.predictors.get(name, np.full(len(sample.groups), np.nan))


def _auc(somers: float | None) -> float:
    return ((somers or 0) + 1) / 2
