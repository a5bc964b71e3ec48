"""Chooses a model by what it says of later days of other customers, and tells what that is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.predict import measures
from milepost.predict.baselines import rivals_of
from milepost.predict.curves import drawn
from milepost.predict.enough import AT_LEAST, CUSTOMERS_AT_LEAST, NotEnough, NothingDiffers
from milepost.predict.features import PEERS, PEOPLE, Known
from milepost.predict.folds import ENOUGH_SEGMENTS, Fold, ahead, apart, groups
from milepost.predict.measures import Flags, Floats
from milepost.predict.models import ALWAYS, KINDS, MADE_WITH, Kind, Model, expit, fit, fit_each, line
from milepost.predict.report import Report, against, beside, by_segment, figures
from milepost.predict.rows import Rows
from milepost.predict.said import Beside
from milepost.predict.spread import spread
from milepost.predict.targets import Target

#: Rows that a choice is made by, and that are learned from, at most: whole customers, drawn by the seed.
CHOSEN_BY: Final = 60_000
FITTED_BY: Final = 200_000


class Trained(msgspec.Struct, frozen=True):
    """A model and how good it is."""

    model: Model
    features: tuple[str, ...]
    report: Report

    def probability(self, rows: Rows) -> Floats:
        """Of each row."""
        return self.model.probability(rows.known.columns(self.features))


def train(target: Target, rows: Rows, *, seed: int = 0) -> Trained:
    """Chooses by folds that are later and apart, of some customers where there are many, then learns from more of them.
    Raises NotEnough."""
    whole = len(rows.at)
    learned = rows.of_some(FITTED_BY, seed=seed)
    features = usable(learned.known)
    rows = learned.of_some(CHOSEN_BY, seed=seed)
    if len(rows.at) and not any(_varies(column) for column in learned.known.values.T):
        raise NothingDiffers
    group = groups(rows.known.customers, rows.known.segments)
    folds = list(ahead(rows.at, group, target.horizon_days))
    checked = np.zeros(len(rows.at), dtype=bool)
    for fold in folds:
        checked |= fold.check
    fewer = min(int(rows.happened[checked].sum()), int((~rows.happened[checked]).sum()))
    if fewer < AT_LEAST:
        raise NotEnough(fewer)
    whose = len(np.unique(rows.known.customers[checked]))
    if whose < CUSTOMERS_AT_LEAST:
        raise NotEnough(whose, CUSTOMERS_AT_LEAST, "customers")
    kinds: list[Kind] = [one for one in KINDS if target.is_quiet or one != "rhythm"]
    said = out_of_fold([one for one in KINDS if one != "mix"], target, rows, features, folds, seed=seed)
    # What the mix would say, without fitting its halves once more.
    said["mix"] = (said["logistic"] + said["boosting"]) / 2
    told = checked & np.all([~np.isnan(odds) for odds in said.values()], axis=0)
    tried = {
        kind: measures.log_loss(rows.happened[told], expit(odds[told])) for kind, odds in said.items() if kind in kinds
    }
    kind: Kind = min(kinds, key=lambda one: tried[one])
    odds = said[kind]
    people, without = _without_people(kind, target, rows, features, folds, odds, told, seed=seed)
    if people is not None and people.low <= 0:
        # They do not earn their place.
        features, odds = tuple(name for name in features if name not in PEOPLE), without
    slope, shift = _better_line(odds[told], rows.happened[told], group[told])
    final = fit(
        kind,
        learned.known.columns(features),
        features,
        learned.happened,
        horizon_days=target.horizon_days,
        to_quiet=target.is_quiet,
        seed=seed,
    )
    model = msgspec.structs.replace(final, slope=slope, shift=shift)
    some = out_of_fold([kind], target, rows, features, list(apart(group)), seed=seed)[kind]
    checked_rows = rows.chosen(told)
    rivals = rivals_of(kind, checked_rows.known)
    others = beside(checked_rows, odds[told], rivals, target=target)
    report = Report(
        target=target,
        kind=kind,
        features=features,
        trained_rows=len(learned.at),
        rows=whole,
        figures=figures(checked_rows, _lined(odds[told], rows.happened[told], group[told])),
        apart_auc=measures.auc(rows.happened[~np.isnan(some)], some[~np.isnan(some)]),
        beside=others,
        tried={str(one): loss for one, loss in tried.items()},
        segments=by_segment(checked_rows, odds[told]),
        drawn=drawn(checked_rows, odds[told], rivals, others[0].name),
        without_people=people,
        made_with=MADE_WITH,
        spread=spread(learned.known, features),
    )
    return Trained(model, features, report)


def usable(known: Known) -> tuple[str, ...]:
    """The features to learn from: what peers do only where there are enough segments to tell it from chance; none that
    is the same for everybody."""
    few = len(np.unique(known.segments)) < ENOUGH_SEGMENTS
    found = []
    for index, name in enumerate(known.names):
        column = known.values[:, index]
        if name in ALWAYS or (_varies(column) and not (few and name in PEERS)):
            found.append(name)
    return tuple(found)


def _without_people(
    kind: Kind, target: Target, rows: Rows, features: Sequence[str], folds: Iterable[Fold], odds: Floats, told: Flags,
    *, seed: int,
) -> tuple[Beside | None, Floats]:  # fmt: skip
    """What people add: the same kind without them, by the same folds, and its log-odds."""
    others = [name for name in features if name not in PEOPLE]
    if kind == "rhythm" or len(others) == len(features):
        return None, odds
    without = out_of_fold([kind], target, rows, others, folds, seed=seed)[kind]
    return against("without people", rows.chosen(told), odds[told], without[told]), without


def _varies(column: NDArray[np.float32]) -> bool:
    known = column[~np.isnan(column)]
    return bool(len(known) and known.max() > known.min())


def out_of_fold(
    kinds: Sequence[Kind], target: Target, rows: Rows, features: Sequence[str], folds: Iterable[Fold], *, seed: int
) -> dict[Kind, Floats]:
    """By kind, the log-odds of each row that a fold checks, by a model that learned without it; NaN of all others."""
    values = rows.known.columns(features)
    odds = {kind: np.full(len(rows.at), np.nan) for kind in kinds}
    for fold in folds:
        learn = rows.happened[fold.learn]
        if learn.all() or not learn.any():
            continue
        horizon = target.horizon_days
        for model in fit_each(
            kinds, values[fold.learn], features, learn, horizon_days=horizon, to_quiet=target.is_quiet, seed=seed
        ):
            odds[model.kind][fold.check] = model.odds(values[fold.check])
    return odds


def _better_line(odds: Floats, happened: Flags, group: NDArray[np.int64]) -> tuple[float, float]:
    """The calibrating line, or none where what it says of rows it was not fitted on is no better."""
    lined = _lined(odds, happened, group)
    if measures.log_loss(happened, lined) < measures.log_loss(happened, expit(odds)):
        return line(odds, happened)
    return 1.0, 0.0


def _lined(odds: Floats, happened: Flags, group: NDArray[np.int64]) -> Floats:
    """Each group's probabilities by the line of all others, or as they are where that is better."""
    found = np.empty(len(odds))
    for one in np.unique(group):
        others, mine = group != one, group == one
        if happened[others].any() and not happened[others].all():
            slope, shift = line(odds[others], happened[others])
            found[mine] = expit(slope * odds[mine] + shift)
        else:
            found[mine] = expit(odds[mine])
    plain = expit(odds)
    return found if measures.log_loss(happened, found) < measures.log_loss(happened, plain) else plain
