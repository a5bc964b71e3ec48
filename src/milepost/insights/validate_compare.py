"""Compares predictors with outcomes: in each slice, over all slices, and how sure that is.

Slices are never mixed: customers are ranked among those of their own day. The same customers come in every slice, so
they are no independent cases; the pooled intervals leave out one group of customers after the other, in all slices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

import numpy as np

from milepost.insights.agreement import Agreement, Bools, Floats, agree, levels
from milepost.insights.rank import interval, jackknife, student, tenth_means
from milepost.insights.validate_asked import LEAST_IN_ALL, LEAST_IN_SLICE
from milepost.insights.validate_report import RIVAL, SCORE, Compared, Pooled, Slice, Verdict

#: Groups of customers that are left out in turn.
GROUPS: Final = 20

_NOTHING: Final = 1e-9
_Range = tuple[float | None, float | None]


class Sample:
    """The customers of one slice, in columns: the group each is in, predictors (None: not known), outcomes, and what
    they are parted by (None: not known)."""

    def __init__(
        self,
        day: date,
        groups: Sequence[int],
        predictors: Mapping[str, Sequence[float | None]],
        outcomes: Mapping[str, Sequence[float]],
        strata: Mapping[str, Sequence[str | None]] | None = None,
    ) -> None:
        self.day = day
        self.groups = np.array(groups, dtype=np.int64)
        self.predictors = {name: np.array(column, dtype=np.float64) for name, column in predictors.items()}
        self.outcomes = {name: np.array(column, dtype=np.float64) for name, column in outcomes.items()}
        self.strata = strata or {}

    def known(self, *predictors: str) -> Bools:
        """Of whom all of these are known."""
        known = np.ones(len(self.groups), dtype=np.bool_)
        for name in predictors:
            known &= ~np.isnan(self.predictors[name])
        return known

    def agree(self, predictor: str, outcome: str, who: Bools) -> Agreement:
        """How they agree for these customers, of whom the predictor is known."""
        ranked = levels(self.predictors[predictor][who])
        return agree(ranked, levels(self.outcomes[outcome][who]), self.groups[who], GROUPS, LEAST_IN_SLICE)

    def lifts(self, predictor: str, outcome: str, who: Bools) -> Floats:
        """What each tenth by the predictor did, against the mean; some of them did something."""
        happened = self.outcomes[outcome][who].tolist()
        means = tenth_means(levels(self.predictors[predictor][who]).tolist(), happened)
        lifts: Floats = np.array(means) * (len(happened) / sum(happened))
        return lifts


class _Sums:
    """Over slices, each weighted by its customers: of everybody first, then without each of the groups."""

    def __init__(self) -> None:
        self.slices = 0
        self.ties = 0.0
        self.weight, self.correlation, self.somers = (np.zeros(GROUPS + 1) for _ in range(3))

    def add(self, found: Agreement) -> None:
        self.slices += 1
        self.ties += found.ties * float(found.weight[0])
        self.weight += found.weight
        self.correlation += found.weight * found.correlation
        self.somers += found.weight * found.somers

    def means(self) -> tuple[Floats, Floats, float]:
        """The correlation, Somers' D and the share of ties; there is something to divide by."""
        some = self.weight > 0
        correlation = np.divide(self.correlation, self.weight, out=np.zeros(GROUPS + 1), where=some)
        somers = np.divide(self.somers, self.weight, out=np.zeros(GROUPS + 1), where=some)
        return correlation[some], somers[some], self.ties / float(self.weight[0])


def compare_slice(sample: Sample) -> Slice:
    """Every predictor with every outcome that differs among the slice's customers."""
    compared = []
    for outcome in sample.outcomes:
        for predictor in sample.predictors:
            who = sample.known(predictor)
            found = sample.agree(predictor, outcome, who)
            customers = int(found.weight[0])
            if not customers:
                continue
            rival, lifts = sample.agree(RIVAL, outcome, who), sample.lifts(predictor, outcome, who)
            low, high = interval(float(found.correlation[0]), customers) or (None, None)
            under, over = _around(found.somers[found.weight > 0])
            compared.append(
                Compared(
                    predictor=predictor, outcome=outcome, customers=customers,
                    correlation=float(found.correlation[0]), low=low, high=high, rival=float(rival.correlation[0]),
                    somers=float(found.somers[0]), somers_low=under, somers_high=over,
                    rival_somers=float(rival.somers[0]), ties=found.ties, top=float(lifts[-1]), bottom=float(lifts[0]),
                )
            )  # fmt: skip
    return Slice(
        day=sample.day,
        customers=len(sample.groups),
        unscored=int((~sample.known(SCORE)).sum()),
        means={name: float(column.mean()) for name, column in sample.outcomes.items() if len(column)},
        compared=compared,
    )


def pool(
    samples: Sequence[Sample],
    predictors: Sequence[str],
    outcomes: Sequence[str],
    done: Callable[[], None],
    within: Sequence[Bools] | None = None,
) -> list[Pooled]:
    """Every predictor with every outcome over all slices, of those customers of whom it is known, `within` some of each
    slice. `done` hears GROUPS times how far it is."""
    pooled: list[Pooled] = []
    pairs = [(predictor, outcome) for outcome in outcomes for predictor in predictors]
    told = 0
    for predictor, outcome in pairs:
        pooled.append(_pooled(samples, predictor, outcome, within))
        while told < GROUPS * len(pooled) // len(pairs):
            told += 1
            done()
    return pooled


def _pooled(samples: Sequence[Sample], predictor: str, outcome: str, within: Sequence[Bools] | None) -> Pooled:
    sums, rivals, lifts = _Sums(), _Sums(), np.zeros(10)
    for at, sample in enumerate(samples):
        who = sample.known(predictor) & (True if within is None else within[at])
        found = sample.agree(predictor, outcome, who)
        if found.weight[0]:
            sums.add(found)
            rivals.add(found if predictor == RIVAL else sample.agree(RIVAL, outcome, who))
            lifts += float(found.weight[0]) * sample.lifts(predictor, outcome, who)
    customers = int(sums.weight[0])
    if customers < LEAST_IN_ALL:
        return Pooled(
            predictor=predictor, outcome=outcome, verdict="not enough data", slices=sums.slices,
            customer_slices=customers,
        )  # fmt: skip
    (correlation, somers, ties), (rival, rival_somers, rival_ties) = sums.means(), rivals.means()
    by_rank, by_order = _differs(correlation, rival), _differs(somers, rival_somers)
    low, high = _around(correlation)
    somers_low, somers_high = _around(somers)
    shares = (lifts / customers).tolist()
    return Pooled(
        predictor=predictor, outcome=outcome, verdict=_verdict(by_rank, by_order), slices=sums.slices,
        customer_slices=customers, correlation=float(correlation[0]), low=low, high=high, rival=float(rival[0]),
        difference=by_rank.of, difference_low=by_rank.low, difference_high=by_rank.high,
        somers=float(somers[0]), somers_low=somers_low, somers_high=somers_high, rival_somers=float(rival_somers[0]),
        somers_difference=by_order.of, somers_difference_low=by_order.low, somers_difference_high=by_order.high,
        ties=ties, rival_ties=rival_ties, top=shares[-1], bottom=shares[0], lifts=shares,
    )  # fmt: skip


class _Difference(NamedTuple):
    of: float
    low: float | None
    high: float | None


def _differs(one: Floats, other: Floats) -> _Difference:
    apart = one - other
    return _Difference(float(apart[0]), *_around(apart))


def _verdict(by_rank: _Difference, by_order: _Difference) -> Verdict:
    """Better only where both figures are sure of it: a correlation makes light of ties, and Somers' D does not."""
    if by_rank.low is None or by_order.low is None or by_order.high is None:
        return "not enough data"
    # The same order in other numbers is no difference, whatever the last bits say.
    if by_order.high < -_NOTHING:
        return "worse"
    return "better" if by_order.low > _NOTHING and by_rank.low > _NOTHING else "as good"


def _around(figures: Floats) -> _Range:
    """95 % around the first, which is of everybody, by the others, which are each without a group."""
    error = jackknife(figures[1:].tolist())
    if error is None:
        return None, None
    wide = student(len(figures) - 2) * error
    return max(-2.0, float(figures[0]) - wide), min(2.0, float(figures[0]) + wide)
