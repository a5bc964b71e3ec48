"""What is said around rank statistics (agreement.py): intervals, means by tenth.

All take plain sequences of numbers of one length. What has no answer (nothing varies, too few) is None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

#: Two-sided 95 % quantiles: of the normal distribution, and of Student's t by degrees of freedom.
_NORMAL: Final = 1.959964
_STUDENT: Final = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930,
)  # fmt: skip
TENTHS: Final = 10


def interval(correlation: float, count: int) -> tuple[float, float] | None:
    """95 % of a Spearman correlation of so many pairs: Fisher's z with the variance of Bonett and Wright (2000)."""
    if count < 4 or not -1 < correlation < 1:
        return None
    z, wide = math.atanh(correlation), _NORMAL * math.sqrt((1 + correlation**2 / 2) / (count - 3))
    return math.tanh(z - wide), math.tanh(z + wide)


def tenth_means(places: Sequence[int], outcomes: Sequence[float]) -> list[float]:
    """The mean outcome of each tenth by level, the lowest first. Ties across a border are shared out: each of them
    stands for all of them, so no order among equals is made up."""
    sums, counts = [0.0] * (max(places, default=-1) + 1), [0] * (max(places, default=-1) + 1)
    for place, outcome in zip(places, outcomes, strict=True):
        sums[place] += outcome
        counts[place] += 1
    size = len(places) / TENTHS
    totals, at = [0.0] * TENTHS, 0.0
    for total, count in zip(sums, counts, strict=True):
        start, at = at, at + count
        for tenth in range(int(start / size), min(TENTHS, math.ceil(at / size))) if count else ():
            shared = min(at, (tenth + 1) * size) - max(start, tenth * size)
            totals[tenth] += max(0.0, shared) * total / count
    return [total / size for total in totals] if size else []


def jackknife(estimates: Sequence[float]) -> float | None:
    """The standard error of a figure from its values with one group of customers left out in turn."""
    groups = len(estimates)
    if groups < 2:
        return None
    mean = sum(estimates) / groups
    return math.sqrt((groups - 1) / groups * sum((estimate - mean) ** 2 for estimate in estimates))


def student(degrees: int) -> float:
    """How many standard errors a 95 % interval reaches to either side."""
    return _STUDENT[degrees - 1] if 1 <= degrees <= len(_STUDENT) else _NORMAL
