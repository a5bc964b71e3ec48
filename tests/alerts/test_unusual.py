"""Who is unusual for themselves: a planted fall is found, and where nothing happened next to nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from milepost.alerts.unusual import DAYS, find_unusual

Counts = NDArray[np.int64]
_DAYS_OF_WEEK = np.array([1.3, 1.4, 1.3, 1.3, 1.1, 0.3, 0.3])


def steady(
    chance: np.random.Generator, accounts: int, *, spread: float = 0.0, days: int = DAYS + 7
) -> NDArray[np.float64]:
    """What each account is expected to do on each day: each at its own pace, less on weekends, and with `spread` the
    variance of what a whole week is above or below that."""
    pace = np.maximum(np.exp(chance.normal(np.log(100 / 7), 1.0, accounts)), 30 / 7)
    weeks = np.arange(days) // 7
    own = chance.gamma(1 / spread, spread, (accounts, weeks.max() + 1))[:, weeks] if spread else 1.0
    expected: NDArray[np.float64] = pace[:, None] * (_DAYS_OF_WEEK / _DAYS_OF_WEEK.mean())[np.arange(days) % 7] * own
    return expected


def found_in_a_week(counts: Counts) -> set[tuple[int, str]]:
    """Looked at on each of the last seven days."""
    there = np.full(len(counts), 10**6)
    found = [one for day in range(1, 8) for one in find_unusual(counts[:, day : day + DAYS], there)]
    return {(one.place, one.way) for one in found}


def test_a_planted_fall_by_half_is_found_within_a_week() -> None:
    """Of 1,000 accounts 20 halve. Medians of ten such worlds; docs/alerts.md has more, and harder ones."""
    found, false = [], []
    for seed in range(10):
        chance = np.random.default_rng(seed)
        expected = steady(chance, 1_000)
        fell = {int(place) for place in chance.choice(1_000, 20, replace=False)}
        expected[sorted(fell), -7:] *= 0.5
        told = found_in_a_week(chance.poisson(expected))
        found.append(len({place for place, way in told if way == "quiet"} & fell))
        false.append(sum(place not in fell for place, _ in told))
    assert np.median(found) >= 18, found
    assert np.mean(false) <= 5, false


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.1])
def test_where_nothing_happened_five_of_a_thousand_at_most_are_called_unusual_in_a_week(spread: float) -> None:
    false = []
    for seed in range(10):
        chance = np.random.default_rng(100 + seed)
        false.append(len(found_in_a_week(chance.poisson(steady(chance, 1_000, spread=spread)))))
    assert np.mean(false) <= 5, false


def test_a_holiday_is_nobodys_own_and_a_bad_release_is_everybodys() -> None:
    chance = np.random.default_rng(7)
    expected = steady(chance, 600, days=DAYS)
    quieter = expected.copy()
    quieter[:, -7:] *= 0.7
    assert len(find_unusual(chance.poisson(quieter), np.full(600, 999))) <= 5
    broken = expected.copy()
    broken[:500, -7:] = 0
    found = find_unusual(chance.poisson(broken), np.full(600, 999))
    assert {one.place for one in found if one.way == "quiet"} >= set(range(500))
    assert sum(one.way == "busy" for one in found) <= 1


def test_one_who_does_far_more_is_busy() -> None:
    chance = np.random.default_rng(3)
    expected = steady(chance, 50, days=DAYS)
    expected[4, -7:] *= 4
    (first, *_) = find_unusual(chance.poisson(expected), np.full(50, 999))
    assert (first.place, first.way) == (4, "busy")


@pytest.mark.parametrize(
    ("counts", "known"),
    [
        (np.zeros((0, DAYS), dtype=np.int64), 0),
        (np.zeros((3, DAYS), dtype=np.int64), 999),
        (np.full((1, DAYS), 10), 34),  # four whole weeks before the last
        (np.full((2, DAYS), 10**9), 999),
    ],
)
@pytest.mark.filterwarnings("error")
def test_too_little_says_nothing_and_warns_of_nothing(counts: Counts, known: int) -> None:
    assert find_unusual(counts, np.full(len(counts), known)) == []


@pytest.mark.filterwarnings("error")
def test_one_account_alone_is_held_against_itself() -> None:
    counts = np.full((1, DAYS), 20)
    counts[0, -7:] = 5
    (one,) = find_unusual(counts, np.full(1, 999))
    assert (one.way, one.events, round(one.usual)) == ("quiet", 35, 140)
