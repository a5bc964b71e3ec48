"""Learns what a score is after a horizon, and tells what that is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.predict.enough import AT_LEAST, CUSTOMERS_AT_LEAST, NotEnough, NothingDiffers
from milepost.predict.folds import ahead, groups
from milepost.predict.measures import DRAWS, Floats, middle
from milepost.predict.models import MADE_WITH
from milepost.predict.score_model import ScoreModel, fit_score, missed, wider
from milepost.predict.score_report import ScoreReport
from milepost.predict.score_rows import ScoreRows
from milepost.predict.score_said import ScoreBeside, ScoreFigures, ScoreTenth
from milepost.predict.spread import spread
from milepost.predict.targets import Target
from milepost.predict.training import CHOSEN_BY, FITTED_BY, usable

_TENTHS: Final = 10
_WHAT: Final = "customers' days with a score before and after"


class ScoreTrained(msgspec.Struct, frozen=True):
    """A model and how good it is."""

    model: ScoreModel
    report: ScoreReport


class Said(msgspec.Struct, frozen=True):
    """Of each row what was expected, and between which ends."""

    low: Floats
    expected: Floats
    high: Floats


def train_score(target: Target, rows: ScoreRows, *, seed: int = 0) -> ScoreTrained:
    """Checks by folds that are later and apart, then learns from all. Each group's interval is made as wide as the
    others' rows ask for, so its share of hits is one that nothing was fitted to. Raises NotEnough."""
    whole = len(rows.at)
    learned = rows.of_some(FITTED_BY, seed=seed)
    features = usable(learned.known)
    if "score" not in features:
        raise NothingDiffers
    rows = learned.of_some(CHOSEN_BY, seed=seed)
    group = groups(rows.known.customers, rows.known.segments)
    values = rows.known.columns(features)
    raw = np.full((3, len(rows.at)), np.nan)
    for fold in ahead(rows.at, group, target.horizon_days):
        model = fit_score(values[fold.learn], features, rows.came[fold.learn], seed=seed)
        raw[:, fold.check] = model.ends(values[fold.check])
    told = ~np.isnan(raw[1])
    if told.sum() < AT_LEAST:
        raise NotEnough(int(told.sum()), what=_WHAT)
    checked = rows.chosen(told)
    whose = len(np.unique(checked.known.customers))
    if whose < CUSTOMERS_AT_LEAST:
        raise NotEnough(whose, CUSTOMERS_AT_LEAST, "customers")
    said = _widened(raw[:, told], checked.came, group[told])
    final = fit_score(learned.known.columns(features), features, learned.came, seed=seed)
    final = msgspec.structs.replace(final, wider=wider(missed(raw[0, told], raw[2, told], checked.came)))
    report = ScoreReport(
        target=target,
        kind="score",
        features=features,
        trained_rows=len(learned.at),
        rows=whole,
        figures=score_figures(checked, said),
        beside=score_beside(checked, said.expected),
        made_with=MADE_WITH,
        spread=spread(learned.known, features),
    )
    return ScoreTrained(final, report)


def _widened(raw: Floats, came: Floats, group: NDArray[np.int64]) -> Said:
    """Each group's ends, moved by what the rows of all others ask for."""
    low, high = raw[0].copy(), raw[2].copy()
    for one in np.unique(group):
        mine, others = group == one, group != one
        if others.any():
            by = wider(missed(raw[0, others], raw[2, others], came[others]))
            low[mine] -= by
            high[mine] += by
    return Said(np.clip(np.minimum(low, raw[1]), 0, 100), raw[1], np.clip(np.maximum(high, raw[1]), 0, 100))


def score_guesses(rows: ScoreRows) -> Mapping[str, Floats]:
    """What anybody would say: that a score stays as it is, and that it goes on as it did in the four weeks before."""
    now = rows.now
    before = rows.known.column("score_before").astype(np.float64)
    before = np.where(np.isnan(before), now, before)
    return {"stays as it is": now, "goes on as before": np.clip(2 * now - before, 0, 100)}


def score_beside(rows: ScoreRows, expected: Floats) -> list[ScoreBeside]:
    """Simple guesses on the same rows, the best first."""
    ours = np.abs(expected - rows.came)
    found = []
    for name, guess in score_guesses(rows).items():
        theirs = np.abs(guess - rows.came)
        low, high = middle(_drawn(theirs - ours, rows.known.customers))
        found.append(ScoreBeside(name, float(theirs.mean()), float((theirs - ours).mean()), low, high))
    return sorted(found, key=lambda one: one.error)


def score_figures(rows: ScoreRows, said: Said) -> ScoreFigures:
    """What rows say of which it is known what came."""
    came = rows.came
    inside = (came >= said.low) & (came <= said.high)
    order = np.argsort(said.expected, kind="stable")
    tenths = [
        ScoreTenth(
            float(said.expected[part].mean()), float(said.low[part].mean()), float(said.high[part].mean()),
            float(came[part].mean()), float(inside[part].mean()), len(part),
        )
        for part in np.array_split(order, _TENTHS) if len(part)
    ]  # fmt: skip
    return ScoreFigures(
        rows=len(came),
        customers=len(np.unique(rows.known.customers)),
        error=float(np.abs(said.expected - came).mean()),
        covers=float(inside.mean()),
        width=float((said.high - said.low).mean()),
        tenths=tenths,
    )


def _drawn(figure: Floats, whose: NDArray[np.int64], *, seed: int = 0) -> Floats:
    """The mean in each draw of customers with all their rows."""
    chance = np.random.default_rng(seed)
    _, of = np.unique(whose, return_inverse=True)
    customers = int(of.max()) + 1
    sums, rows = np.bincount(of, weights=figure), np.bincount(of).astype(np.float64)
    found = np.empty(DRAWS)
    for draw in range(DRAWS):
        times = np.bincount(chance.integers(0, customers, customers), minlength=customers)
        found[draw] = (times * sums).sum() / (times * rows).sum()
    return found
