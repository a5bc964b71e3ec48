"""How well one order agrees with another, with one group of customers after the other left out: Spearman's correlation,
which makes light of ties, and Somers' D, which does not.

All of it in whole numbers of levels, so that the same customers always give the same last digit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: An outcome of more different values is taken in so many classes of about equal size: two in one class count as equal.
MOST_CLASSES: Final = 64


class Agreement(NamedTuple):
    """Of one slice. Each array has the figure of everybody first, then without each of the groups; `weight` is how many
    customers that is, 0 where nothing can be said. `ties`: of the pairs whose outcomes differ, the share in which the
    predictor is the same."""

    weight: Floats
    correlation: Floats
    somers: Floats
    ties: float


def levels(values: NDArray[np.generic]) -> Whole:
    """The place of each value among the different ones, from 0: equal values have equal places."""
    places: Whole = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return places


def classes(values: NDArray[np.generic]) -> Whole:
    """The same, in MOST_CLASSES at most, which never part equal values."""
    places = levels(values)
    if places.max(initial=0) < MOST_CLASSES:
        return places
    counts = np.bincount(places)
    middle = np.cumsum(counts) - counts / 2
    return levels(np.floor(middle / len(places) * MOST_CLASSES)[places])


def agree(predictor: Whole, outcome: Whole, groups: Whole, of: int, least: int) -> Agreement:
    """How levels of a predictor agree with those of an outcome, for customers in groups from 0 to below `of`. Nothing
    is said of fewer than `least` in all, nor where all did the same."""
    whole = np.zeros(of + 1)
    weight, correlation, somers = whole, whole.copy(), whole.copy()
    if len(outcome) < max(least, 3):
        return Agreement(weight, correlation, somers, 0.0)
    parted = classes(outcome)
    score, pairs, ties = _concordance(predictor, parted, groups, of)
    for left in range(of + 1):
        kept = slice(None) if left == 0 else groups != left - 1
        some, happened = predictor[kept], outcome[kept]
        if len(some) < 3 or happened.min() == happened.max():
            continue
        weight[left] = len(some)
        correlation[left] = spearman(some, happened)
        somers[left] = score[left] / pairs[left] if pairs[left] else 0.0
    return Agreement(weight, correlation, somers, ties)


def spearman(one: Whole, other: Whole) -> float:
    """Pearson's correlation of the ranks, of which ties have the average; 0 where one of them ranks nobody."""
    a, b = ranks(one), ranks(other)
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return 0.0 if norm == 0 else max(-1.0, min(1.0, float(a @ b) / norm))


def ranks(places: Whole) -> Floats:
    """Ranks around their mean, from levels. Ties have the average of the ranks they share."""
    counts = np.bincount(places)
    around: Floats = np.cumsum(counts) - (counts - 1) / 2 - (len(places) + 1) / 2
    return around[places]


def _concordance(predictor: Whole, outcome: Whole, groups: Whole, of: int) -> tuple[Floats, Floats, float]:
    """Pairs in the same order less those in the other, and pairs whose outcomes differ: of all, and without each group.
    Every pair counts twice."""
    of_each, pairs, tied = _each(predictor, outcome)
    scores, all_pairs = np.full(of + 1, of_each.sum()), np.full(of + 1, float(pairs.sum()))
    for group in range(of):
        inside = np.flatnonzero(groups == group)
        if len(inside):
            own, own_pairs, _ = _each(levels(predictor[inside]), levels(outcome[inside]))
            # Pairs with somebody of the group, less those within it, which are counted from both sides.
            scores[group + 1] -= 2 * of_each[inside].sum() - own.sum()
            all_pairs[group + 1] -= 2 * pairs[inside].sum() - own_pairs.sum()
    return scores, all_pairs, float(tied / all_pairs[0]) if all_pairs[0] else 0.0


def _each(predictor: Whole, outcome: Whole) -> tuple[Floats, Floats, float]:
    """Of each customer: with how many it is in order less with how many it is not, and from how many its outcome
    differs. And how many of those pairs the predictor cannot tell apart."""
    table = np.zeros((outcome.max(initial=0) + 1, predictor.max(initial=0) + 1))
    np.add.at(table, (outcome, predictor), 1)
    up_to = table.cumsum(axis=1)
    # Of each class of outcome: how many are below this level of the predictor, less how many are above.
    below = 2 * up_to - table - up_to[:, -1:]
    summed = below.cumsum(axis=0)
    # Whose outcome is lower and predictor too is in order; with a higher outcome it is the other way round.
    of_cell = (summed - below) - (summed[-1] - summed)
    by_class, by_level = table.sum(axis=1), table.sum(axis=0)
    tied = float((by_level**2).sum() - (table**2).sum())
    return of_cell[outcome, predictor], len(outcome) - by_class[outcome], tied
