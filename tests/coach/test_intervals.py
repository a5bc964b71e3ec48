"""Intervals against published examples, and against what they promise."""

from __future__ import annotations

import random

import pytest

from milepost.coach.intervals import Stratum, Summary, newcombe, stratified, t_quantile, welch, wilson
from milepost.coach.lift import lift_of


@pytest.mark.parametrize(
    ("hits", "n", "other_hits", "other_n", "low", "high"),
    [
        # Newcombe 1998, table II, method 10, examples (a), (c), (d), (f), (h).
        (56, 70, 48, 80, 0.0524, 0.3339),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0),
        (9, 10, 3, 10, 0.1705, 0.8090),
    ],
)
def test_newcombe_as_published(hits: int, n: int, other_hits: int, other_n: int, low: float, high: float) -> None:
    found = newcombe(hits, n, other_hits, other_n)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_wilson_stays_a_share() -> None:
    assert list(wilson(0, 30)) == pytest.approx([0, 0.1135], abs=1e-4)
    assert list(wilson(81, 263)) == pytest.approx([0.2553, 0.3662], abs=1e-4)


@pytest.mark.parametrize(
    ("freedom", "wanted"), [(8, 2.3060), (19, 2.0930), (30, 2.0423), (120, 1.9799), (1e6, 1.95997)]
)
def test_the_quantile_of_t(freedom: float, wanted: float) -> None:
    assert t_quantile(freedom) == pytest.approx(wanted, abs=1e-3)


def sample(values: list[float]) -> Summary:
    return Summary(len(values), sum(values), sum(value**2 for value in values))


def test_welch_by_hand() -> None:
    """Means 20 and 23, variances 10 and 40 of 25 and 16: t' = 2.07 on 20.1 degrees of freedom."""
    one, other = Summary(25, 500, 25 * 400 + 24 * 10), Summary(16, 368, 16 * 529 + 15 * 40)
    found = welch(one, other)
    assert found.estimate == pytest.approx(-3)
    assert found.high - found.estimate == pytest.approx(2.0853 * (10 / 25 + 40 / 16) ** 0.5, abs=2e-2)
    assert welch(sample([2, 2, 2]), sample([1, 1])).low == 1


def test_shares_within_strata_by_hand() -> None:
    """Kidney stones (Charig and others, British Medical Journal 292, 1986, 879-882), small and large: within both the
    first treatment does better, over both together the second."""
    small, large = Stratum(81, 87, 234, 270), Stratum(192, 263, 55, 80)
    found = stratified([small, large, Stratum(3, 4, 0, 0)])
    assert found is not None
    a, b = 87 * 270 / 357, 263 * 80 / 343
    assert found.estimate == pytest.approx(((81 / 87 - 234 / 270) * a + (192 / 263 - 55 / 80) * b) / (a + b))
    assert found.estimate > 0 > 273 / 350 - 289 / 350
    # Of one large stratum it is the plain difference, about as wide as any.
    one, plain = stratified([Stratum(300, 1000, 250, 1000)]), newcombe(300, 1000, 250, 1000)
    assert one is not None
    assert (one.estimate, one.low) == pytest.approx((plain.estimate, plain.low), abs=5e-4)
    # Where everybody is a hit, few customers prove nothing.
    sure = stratified([Stratum(30, 30, 285, 300)])
    assert sure is not None
    assert sure.low < 0
    assert stratified([Stratum(3, 4, 0, 0)]) is None


def test_the_intervals_hold_what_they_promise() -> None:
    """Of 2,000 experiments without any difference, about one in twenty finds one: no more."""
    chance, wrong_shares, wrong_means = random.Random(1), 0, 0
    for _ in range(2000):
        hits, other = (sum(chance.random() < 0.3 for _ in range(n)) for n in (120, 30))
        found = newcombe(hits, 120, other, 30)
        wrong_shares += not found.low <= 0 <= found.high
        means = welch(
            sample([chance.expovariate(0.1) for _ in range(120)]), sample([chance.gauss(10, 3) for _ in range(30)])
        )
        wrong_means += not means.low <= 0 <= means.high
    assert wrong_shares < 130
    assert wrong_means < 130


def arm(measured: int, moved_up: int, points: float = 0) -> dict[str, float]:
    return {"measured": measured, "moved_up": moved_up, "points_sum": points * measured, "points_squares": 0}


@pytest.mark.parametrize(
    ("shown", "held", "says"),
    [
        (arm(0, 0), arm(0, 0), "20 more customers it was made for and 20 more customers held out to be measured"),
        (arm(500, 9), arm(19, 1), "Not enough data yet: 1 more customer held out to be measured."),
        (arm(900, 495), arm(100, 40), "55% of 900 moved up, against 40% of 100 who did not get it: it helps"),
        (arm(900, 360), arm(100, 42), "no difference beyond what chance can make"),
        (arm(900, 270), arm(100, 60), "it seems to do harm"),
    ],
)
def test_lift_in_words(shown: dict[str, float], held: dict[str, float], says: str) -> None:
    lift = lift_of(shown, held, 4)
    assert says in lift.says
    assert lift.enough == (lift.moved_up is not None)
