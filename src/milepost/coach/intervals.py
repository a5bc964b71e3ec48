"""Differences of two groups with their 95% intervals: shares by Newcombe, means by Welch."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

from milepost.coach.said import Difference

_LEVEL: Final = 0.975
_Z: Final = NormalDist().inv_cdf(_LEVEL)


class Summary(NamedTuple):
    """What is kept of a group's figures: how many, their sum, the sum of their squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Of the population it comes from; a little below zero is rounding."""
        return max((self.squares - self.total**2 / self.n) / (self.n - 1), 0.0)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of a share (1927), which stays between 0 and 1 for few and for extreme shares."""
    share, spread = hits / n, _Z**2 / n
    middle = share + spread / 2
    half = _Z * sqrt(share * (1 - share) / n + spread / (4 * n))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def newcombe(hits: int, n: int, other_hits: int, other_n: int) -> Difference:
    """The difference of two shares, by Newcombe's method 10 (Statistics in Medicine 17, 1998, 873-890)."""
    share, other = hits / n, other_hits / other_n
    (low, high), (other_low, other_high) = wilson(hits, n), wilson(other_hits, other_n)
    estimate = share - other
    return Difference(
        estimate,
        estimate - sqrt((share - low) ** 2 + (other_high - other) ** 2),
        estimate + sqrt((high - share) ** 2 + (other - other_low) ** 2),
    )


def welch(one: Summary, other: Summary) -> Difference:
    """The difference of two means without taking their variances for equal (Welch, Biometrika 34, 1947, 28-35)."""
    estimate = one.mean - other.mean
    a, b = one.variance / one.n, other.variance / other.n
    if a + b == 0:
        return Difference(estimate, estimate, estimate)
    freedom = (a + b) ** 2 / (a**2 / (one.n - 1) + b**2 / (other.n - 1))
    half = t_quantile(freedom) * sqrt(a + b)
    return Difference(estimate, estimate - half, estimate + half)


def t_quantile(freedom: float) -> float:
    """The 97.5 % quantile of Student's t, by its expansion around the normal (Abramowitz and Stegun 26.7.5): within
    0.001 from 8 degrees of freedom on, and nobody asks with fewer than 19."""
    z, v = _Z, freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )
