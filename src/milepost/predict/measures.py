"""How good a ranking or a probability is. All take what `happened` and one figure a row; higher is likelier."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Draws of customers that an interval is told by.
DRAWS: Final = 500
_BINS: Final = 10
#: Nothing is surer than this: the logarithm of 0 is not a loss one can average.
_SURE: Final = 1e-6


def auc(happened: Flags, figure: Floats) -> float:
    """The share of pairs, one to whom it happened and one to whom not, that the figure orders rightly; a tie is half a
    pair (Hanley and McNeil 1982). NaN where it happened to all or none."""
    positives = int(happened.sum())
    negatives = len(happened) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = _ranks(figure)
    return float((ranks[happened].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def somers_d(happened: Flags, figure: Floats) -> float:
    """Of all pairs with different figures and all with different outcomes, Somers' D of the outcome given the figure's
    order, with ties of the figure as lost pairs: (right - wrong) / all pairs that differ in outcome, less the tied."""
    positives = figure[happened]
    others = np.sort(figure[~happened])
    if not len(positives) or not len(others):
        return float("nan")
    below = np.searchsorted(others, positives, side="left").sum()
    above = (len(others) - np.searchsorted(others, positives, side="right")).sum()
    pairs = len(positives) * len(others)
    tied = pairs - below - above
    return float((below - above - tied) / pairs)


def brier(happened: Flags, probability: Floats) -> float:
    """The mean squared error of the probability (Brier 1950)."""
    return float(np.mean((probability - happened) ** 2))


def log_loss(happened: Flags, probability: Floats) -> float:
    """The mean negative log-likelihood, in nats."""
    p = np.clip(probability, _SURE, 1 - _SURE)
    return float(-np.mean(np.where(happened, np.log(p), np.log(1 - p))))


def reliability(happened: Flags, probability: Floats) -> list[tuple[float, float, int]]:
    """By tenths of the rows, from the least likely: the mean probability, the share it happened to, the rows."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, _BINS) if len(part)]
    return [(float(probability[p].mean()), float(happened[p].mean()), len(p)) for p in parts]


def calibration_error(happened: Flags, probability: Floats) -> float:
    """The expected calibration error: the mean distance of a tenth's probability from what came, by rows."""
    return sum(n * abs(said - came) for said, came, n in reliability(happened, probability)) / len(happened)


def auc_draws(happened: Flags, figure: Floats, whose: NDArray[np.int64], *, seed: int = 0) -> Floats:
    """The AUC in each of 500 draws of customers with all their rows (a bootstrap over `whose`); the same draws for
    every figure of the same rows. NaN where it happened to all or none of the drawn."""
    chance = np.random.default_rng(seed)
    _, of = np.unique(whose, return_inverse=True)
    customers = int(of.max()) + 1
    # Sorted once: a draw only says how often each row counts. Ties stand between `starts`.
    order = np.argsort(figure, kind="stable")
    ranked = figure[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    of, yes, no = of[order], happened[order].astype(np.float64), (~happened[order]).astype(np.float64)
    found = np.full(DRAWS, np.nan)
    for draw in range(DRAWS):
        times = np.bincount(chance.integers(0, customers, customers), minlength=customers)[of]
        positives, others = np.add.reduceat(times * yes, starts), np.add.reduceat(times * no, starts)
        pairs = positives.sum() * others.sum()
        if pairs:
            found[draw] = (positives * (np.cumsum(others) - others / 2)).sum() / pairs
    return found


def middle(draws: Floats) -> tuple[float, float]:
    """Where 95 % of draws lie."""
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


def _ranks(figure: Floats) -> Floats:
    """From 1; ties have the average of their ranks."""
    _, inverse, counts = np.unique(figure, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[inverse]
    return ranks
