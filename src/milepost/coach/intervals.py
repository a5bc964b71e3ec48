"""Differences of two groups with their intervals, `z` standard errors wide either side (1.96: 95% at one look): shares
by Newcombe, means by Welch, and shares compared within strata by Mantel and Haenszel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

from milepost.coach.said import Difference

_Z: Final = NormalDist().inv_cdf(0.975)


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


class Stratum(NamedTuple):
    """Both groups where they are alike but for what is compared: how many, and how many of them it came true for."""

    hits: int
    n: int
    other_hits: int
    other_n: int


def wilson(hits: float, n: float, z: float = _Z) -> tuple[float, float]:
    """Wilson's score interval of a share (1927), which stays between 0 and 1 for few and for extreme shares."""
    share, spread = hits / n, z**2 / n
    middle = share + spread / 2
    half = z * sqrt(share * (1 - share) / n + spread / (4 * n))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def newcombe(hits: int, n: int, other_hits: int, other_n: int, z: float = _Z) -> Difference:
    """The difference of two shares, by Newcombe's method 10 (Statistics in Medicine 17, 1998, 873-890)."""
    share, other = hits / n, other_hits / other_n
    (low, high), (other_low, other_high) = wilson(hits, n, z), wilson(other_hits, other_n, z)
    estimate = share - other
    return Difference(
        estimate,
        estimate - sqrt((share - low) ** 2 + (other_high - other) ** 2),
        estimate + sqrt((high - share) ** 2 + (other - other_low) ** 2),
    )


def stratified(strata: Iterable[Stratum], z: float = _Z) -> Difference | None:
    """The difference of two shares within strata, each weighing as much as it knows (Mantel and Haenszel, as Greenland
    and Robins have it for differences: Biometrics 41, 1985, 55-68). None where no stratum has both groups.

    Holds for many small strata as for few large ones. Its variance is the larger of Sato's (Biometrics 45, 1989,
    1323-1324) and that of the Mantel-Haenszel test, as the first comes out too small where nearly all or nearly none of
    few customers are hits, and the second where a group is small and hits are rare.
    """
    weights = weighted = each = within = chance = 0.0
    for hits, n, other_hits, other_n in strata:
        if not (n and other_n):
            continue
        both, all_hits = n + other_n, hits + other_hits
        weights += n * other_n / both
        weighted += (hits * other_n - other_hits * n) / both
        each += (n**2 * other_hits - other_n**2 * hits + n * other_n * (other_n - n) / 2) / both**2
        within += (hits * (other_n - other_hits) + other_hits * (n - hits)) / (2 * both)
        chance += n * other_n * all_hits * (both - all_hits) / (both**2 * (both - 1))
    if not weights:
        return None
    estimate = weighted / weights
    half = z * sqrt(max(estimate * each + within, chance)) / weights
    return Difference(estimate, max(estimate - half, -1.0), min(estimate + half, 1.0))


def clustered(counts: Sequence[Sequence[int]], z: float = _Z) -> Difference:
    """A share of some less a share of all, where a customer counts several times: for each customer the hits of some,
    how many there are, the hits of all, how many there are. By linearising both ratios (Kish, Survey Sampling, 1965,
    6.6)."""
    hits, some, all_hits, everybody = (sum(column) for column in zip(*counts, strict=True))
    share, other = hits / some, all_hits / everybody
    pulls = ((a - share * n) / some - (b - other * m) / everybody for a, n, b, m in counts)
    half = z * sqrt(sum(pull**2 for pull in pulls) * len(counts) / max(len(counts) - 1, 1))
    estimate = share - other
    return Difference(estimate, max(estimate - half, -1.0), min(estimate + half, 1.0))


def welch(one: Summary, other: Summary, z: float = _Z) -> Difference:
    """The difference of two means without taking their variances for equal (Welch, Biometrika 34, 1947, 28-35), but at
    least as wide as if they were: of few customers the variance comes out too small wherever none of the rare ones with
    very many points is among them."""
    estimate = one.mean - other.mean
    a, b = one.variance / one.n, other.variance / other.n
    if a + b == 0:
        return Difference(estimate, estimate, estimate)
    freedom = (a + b) ** 2 / (a**2 / (one.n - 1) + b**2 / (other.n - 1))
    alike = ((one.n - 1) * one.variance + (other.n - 1) * other.variance) / (one.n + other.n - 2)
    half = t_quantile(freedom, z) * sqrt(max(a + b, alike / one.n + alike / other.n))
    return Difference(estimate, estimate - half, estimate + half)


def t_quantile(freedom: float, z: float = _Z) -> float:
    """The quantile of Student's t where the normal one is `z`, by its expansion around it (Abramowitz and Stegun
    26.7.5): of 1.96 within 0.001 from 8 degrees of freedom on, and nobody asks with fewer than 19."""
    v = freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )
