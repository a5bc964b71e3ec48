"""Chooses a model by what it says of later days of other customers, and tells what that is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.predict import measures
from milepost.predict.baselines import BASELINES
from milepost.predict.features import PEERS
from milepost.predict.folds import ENOUGH_SEGMENTS, Fold, ahead, apart, groups
from milepost.predict.measures import Flags, Floats
from milepost.predict.models import ALWAYS, KINDS, Kind, Model, expit, fit, fit_each, line
from milepost.predict.rows import Rows, Target

#: Fewer of either outcome, and nothing is said.
AT_LEAST: Final = 50
#: What the rhythm is called among simple guesses.
RHYTHM: Final = "own rhythm (MBG/NBD)"


class NotEnough(Exception):
    """Fewer than `AT_LEAST` to whom it happened, or to whom it did not, could be checked. `found` is how many."""

    def __init__(self, found: int) -> None:
        super().__init__(f"not enough history: {found} of {AT_LEAST}")
        self.found = found


class Beside(msgspec.Struct, frozen=True):
    """A simple guess on the same rows: its AUC, and by how much the model's is higher, with 95 %."""

    name: str
    auc: float
    somers_d: float
    more: float
    low: float
    high: float


class Figures(msgspec.Struct, frozen=True):
    """What the checked rows say of the model. `low`, `high`: 95 % of the AUC."""

    rows: int
    customers: int
    happened: int
    auc: float
    low: float
    high: float
    somers_d: float
    brier: float
    #: The Brier score of who always says the share it happened to.
    brier_of_base: float
    log_loss: float
    calibration_error: float
    reliability: list[tuple[float, float, int]]


class Report(msgspec.Struct, frozen=True):
    """How a target can be told. `apart_auc`: customers apart but the same days, which flatters."""

    target: Target
    kind: Kind
    features: tuple[str, ...]
    trained_rows: int
    figures: Figures
    apart_auc: float
    beside: list[Beside]
    tried: dict[str, float]
    segments: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether it beats every simple guess, beyond chance; else it is not shown."""
        return all(one.low > 0 for one in self.beside)


class Trained(msgspec.Struct, frozen=True):
    """A model and how good it is."""

    model: Model
    features: tuple[str, ...]
    report: Report

    def probability(self, rows: Rows) -> Floats:
        """Of each row."""
        return self.model.probability(rows.known.columns(self.features))


def train(target: Target, rows: Rows, *, seed: int = 0) -> Trained:
    """Learns from all rows what was chosen by folds that are later and apart. Raises NotEnough."""
    features = usable(rows)
    group = groups(rows.known.customers, rows.known.segments)
    folds = list(ahead(rows.at, group, target.horizon_days))
    checked = np.zeros(len(rows.at), dtype=bool)
    for fold in folds:
        checked |= fold.check
    fewer = min(int(rows.happened[checked].sum()), int((~rows.happened[checked]).sum()))
    if fewer < AT_LEAST:
        raise NotEnough(fewer)
    said = out_of_fold([one for one in KINDS if one != "mix"], target, rows, features, folds, seed=seed)
    # What the mix would say, without fitting its halves once more.
    said["mix"] = (said["logistic"] + said["boosting"]) / 2
    told = checked & np.all([~np.isnan(odds) for odds in said.values()], axis=0)
    tried = {kind: measures.log_loss(rows.happened[told], expit(odds[told])) for kind, odds in said.items()}
    kind: Kind = min(KINDS, key=lambda one: tried[one])
    odds = said[kind]
    slope, shift = _better_line(odds[told], rows.happened[told], group[told])
    final = fit(
        kind, rows.known.columns(features), features, rows.happened, horizon_days=target.horizon_days, seed=seed
    )
    model = msgspec.structs.replace(final, slope=slope, shift=shift)
    some = out_of_fold([kind], target, rows, features, list(apart(group)), seed=seed)[kind]
    report = Report(
        target=target,
        kind=kind,
        features=features,
        trained_rows=len(rows.at),
        figures=figures(rows.chosen(told), _lined(odds[told], rows.happened[told], group[told])),
        apart_auc=measures.auc(rows.happened, some),
        beside=beside(rows.chosen(told), odds[told], {} if kind == "rhythm" else {RHYTHM: said["rhythm"][told]}),
        tried={str(one): loss for one, loss in tried.items()},
        segments=by_segment(rows.chosen(told), odds[told]),
    )
    return Trained(model, features, report)


def usable(rows: Rows) -> tuple[str, ...]:
    """The features to learn from: what peers do only where there are enough segments to tell it from chance; none that
    is the same for everybody."""
    few = len(np.unique(rows.known.segments)) < ENOUGH_SEGMENTS
    found = []
    for index, name in enumerate(rows.known.names):
        column = rows.known.values[:, index]
        varies = len(np.unique(column[~np.isnan(column)])) > 1
        if name in ALWAYS or (varies and not (few and name in PEERS)):
            found.append(name)
    return tuple(found)


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
        for model in fit_each(kinds, values[fold.learn], features, learn, horizon_days=horizon, seed=seed):
            odds[model.kind][fold.check] = model.odds(values[fold.check])
    return odds


def figures(rows: Rows, probability: Floats) -> Figures:
    """What rows of known outcome say of probabilities."""
    happened = rows.happened
    low, high = measures.interval(measures.auc, happened, probability, rows.known.customers)
    base = np.full(len(happened), happened.mean())
    return Figures(
        rows=len(happened),
        customers=len(np.unique(rows.known.customers)),
        happened=int(happened.sum()),
        auc=measures.auc(happened, probability),
        low=low,
        high=high,
        somers_d=measures.somers_d(happened, probability),
        brier=measures.brier(happened, probability),
        brier_of_base=measures.brier(happened, base),
        log_loss=measures.log_loss(happened, probability),
        calibration_error=measures.calibration_error(happened, probability),
        reliability=measures.reliability(happened, probability),
    )


def beside(rows: Rows, figure: Floats, more: Mapping[str, Floats] | None = None) -> list[Beside]:
    """Each simple guess on the same rows, and `more` of them, the best first."""
    found = []
    mine = measures.auc(rows.happened, figure)
    rivals = {name: guess(rows.known) for name, guess in BASELINES.items()} | dict(more or {})
    for name, rival in rivals.items():
        low, high = measures.interval(measures.auc, rows.happened, figure, rows.known.customers, rival=rival)
        theirs = measures.auc(rows.happened, rival)
        found.append(Beside(name, theirs, measures.somers_d(rows.happened, rival), mine - theirs, low, high))
    return sorted(found, key=lambda one: -one.auc)


def by_segment(rows: Rows, figure: Floats, *, most: int = 20) -> dict[str, float]:
    """The AUC within each segment, the largest first; of those where it happened to some and not to all."""
    names, counts = np.unique(rows.known.segments, return_counts=True)
    found = {}
    for index in np.argsort(-counts)[:most]:
        which = rows.known.segments == names[index]
        if 0 < rows.happened[which].sum() < which.sum():
            found[str(names[index])] = measures.auc(rows.happened[which], figure[which])
    return found


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
