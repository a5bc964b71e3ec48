"""Compares predictors with outcomes: in each slice, over all slices, and how sure that is.

Slices are never mixed: customers are ranked among those of their own day. The same customers come in every slice, so
they are no independent cases; the pooled intervals leave out one group of customers after the other, in all slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar

from milepost.insights.rank import Ranks, interval, jackknife, levels, student, tenth_means
from milepost.insights.validate_report import RIVAL, Compared, Pooled, Slice, Verdict

#: Groups of customers that are left out in turn.
GROUPS: Final = 20
#: A slice of fewer customers is left out; all together take at least so many customer-slices.
LEAST_IN_SLICE: Final = 20
LEAST_IN_ALL: Final = 50

_NOTHING: Final = 1e-9
_Pair = tuple[str, str]
T = TypeVar("T")


class Sample:
    """The customers of one slice, in columns: the group each is in, predictors (None: not known), outcomes."""

    def __init__(
        self,
        day: date,
        groups: Sequence[int],
        predictors: Mapping[str, Sequence[float | None]],
        outcomes: Mapping[str, Sequence[float]],
    ) -> None:
        self.day = day
        self.groups = groups
        self.predictors = predictors
        self.outcomes = outcomes
        # What has no value gets a place too, but is never among those that are looked at.
        self.places = {name: levels([0.0 if v is None else v for v in column]) for name, column in predictors.items()}
        self.happened = {name: levels(column) for name, column in outcomes.items()}
        # Predictors known of the same customers are compared in one go.
        known: dict[bytes, list[str]] = {}
        for name, column in predictors.items():
            known.setdefault(bytes(value is not None for value in column), []).append(name)
        self.known = [([at for at, there in enumerate(who) if there], names) for who, names in known.items()]


class _Found(NamedTuple):
    customers: int
    correlation: float
    rival: float


class _Total(NamedTuple):
    """Means over slices, weighted by customers."""

    slices: int
    customers: int
    correlation: float
    rival: float


def compare_slice(sample: Sample) -> Slice:
    """Every predictor with every outcome that differs among the slice's customers."""
    found = _correlations(sample, LEAST_IN_SLICE)
    compared = []
    for (predictor, outcome), pair in found.items():
        lifts = _lifts(sample, predictor, outcome)
        low, high = interval(pair.correlation, pair.customers) or (None, None)
        compared.append(
            Compared(
                predictor=predictor, outcome=outcome, customers=pair.customers, correlation=pair.correlation,
                low=low, high=high, rival=pair.rival, top=lifts[-1], bottom=lifts[0],
            )
        )  # fmt: skip
    scores = sample.predictors["score"]
    return Slice(
        day=sample.day,
        customers=len(sample.groups),
        unscored=sum(score is None for score in scores),
        means={name: sum(column) / len(column) for name, column in sample.outcomes.items() if column},
        compared=compared,
    )


def pool(
    samples: Sequence[Sample], predictors: Iterable[str], outcomes: Sequence[str], done: Callable[[], None]
) -> list[Pooled]:
    """Every predictor with every outcome over all slices. `done` hears of each of GROUPS that was left out."""
    whole = _pooled(samples, LEAST_IN_SLICE)
    without: list[dict[_Pair, _Total]] = []
    for group in range(GROUPS):
        without.append(_pooled(samples, 3, group))
        done()
    return [
        _of_all(samples, (predictor, outcome), whole.get((predictor, outcome)), without)
        for outcome in outcomes
        for predictor in predictors
    ]


def _of_all(
    samples: Sequence[Sample], pair: _Pair, total: _Total | None, without: Sequence[Mapping[_Pair, _Total]]
) -> Pooled:
    predictor, outcome = pair
    slices, customers = (total.slices, total.customers) if total else (0, 0)
    if total is None or customers < LEAST_IN_ALL:
        return Pooled(
            predictor=predictor, outcome=outcome, verdict="not enough data", slices=slices, customer_slices=customers
        )
    left = [found[pair] for found in without if pair in found]
    low, high = _around(total.correlation, [one.correlation for one in left])
    difference = total.correlation - total.rival
    under, over = _around(difference, [one.correlation - one.rival for one in left])
    lifts = _pooled_lifts(samples, predictor, outcome)
    return Pooled(
        predictor=predictor, outcome=outcome, verdict=_verdict(under, over), slices=slices, customer_slices=customers,
        correlation=total.correlation, low=low, high=high, rival=total.rival, difference=difference,
        difference_low=under, difference_high=over, top=lifts[-1], bottom=lifts[0], lifts=lifts,
    )  # fmt: skip


def _verdict(low: float | None, high: float | None) -> Verdict:
    if low is None or high is None:
        return "not enough data"
    # The same order in other numbers is no difference, whatever the last bits say.
    return "better" if low > _NOTHING else "worse" if high < -_NOTHING else "as good"


def _around(estimate: float, left: Sequence[float]) -> tuple[float | None, float | None]:
    error = jackknife(left)
    if error is None:
        return None, None
    wide = student(len(left) - 1) * error
    return max(-2.0, estimate - wide), min(2.0, estimate + wide)


def _pooled(samples: Iterable[Sample], least: int, without: int | None = None) -> dict[_Pair, _Total]:
    sums: dict[_Pair, _Total] = {}
    for sample in samples:
        if len(sample.groups) < LEAST_IN_SLICE:
            continue
        for pair, found in _correlations(sample, least, without).items():
            was = sums.get(pair, _Total(0, 0, 0.0, 0.0))
            sums[pair] = _Total(
                was.slices + 1,
                was.customers + found.customers,
                was.correlation + found.customers * found.correlation,
                was.rival + found.customers * found.rival,
            )
    return {
        pair: sum_._replace(correlation=sum_.correlation / sum_.customers, rival=sum_.rival / sum_.customers)
        for pair, sum_ in sums.items()
    }


def _correlations(sample: Sample, least: int, without: int | None = None) -> dict[_Pair, _Found]:
    """By predictor and outcome, for customers of whom the predictor is known and who are not in the group `without`."""
    found: dict[_Pair, _Found] = {}
    groups = sample.groups
    for known, predictors in sample.known:
        kept = known if without is None else [at for at in known if groups[at] != without]
        if len(kept) < max(least, 3):
            continue
        ranks = {name: Ranks(_pick(sample.places[name], kept)) for name in {*predictors, RIVAL}}
        for outcome in sample.outcomes:
            happened = Ranks(_pick(sample.happened[outcome], kept))
            if happened.norm == 0:
                continue
            # A predictor that is the same for everybody ranks nobody: 0.
            rival = ranks[RIVAL].correlation(happened) or 0.0
            for predictor in predictors:
                correlation = ranks[predictor].correlation(happened) or 0.0
                found[predictor, outcome] = _Found(len(kept), correlation, rival)
    return found


def _lifts(sample: Sample, predictor: str, outcome: str) -> list[float]:
    """What each tenth by the predictor did, against the mean of all of whom it is known."""
    kept = next(known for known, names in sample.known if predictor in names)
    happened = _pick(sample.outcomes[outcome], kept)
    mean = sum(happened) / len(happened)
    return [value / mean for value in tenth_means(_pick(sample.places[predictor], kept), happened)]


def _pooled_lifts(samples: Iterable[Sample], predictor: str, outcome: str) -> list[float]:
    sums, customers = [0.0] * 10, 0
    for sample in samples:
        found = _customers_of(sample, predictor, outcome)
        if found:
            sums = [total + found * lift for total, lift in zip(sums, _lifts(sample, predictor, outcome), strict=True)]
            customers += found
    return [total / customers for total in sums]


def _customers_of(sample: Sample, predictor: str, outcome: str) -> int:
    """How many customers these two are compared for in this slice; 0 where they are not."""
    kept = next((known for known, names in sample.known if predictor in names), [])
    if len(kept) < LEAST_IN_SLICE or len(set(_pick(sample.outcomes[outcome], kept))) < 2:
        return 0
    return len(kept)


def _pick(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    return itemgetter(*places)(column) if len(places) > 1 else [column[at] for at in places]
