"""A figure unlike its own past: a fall is found, and where nothing happened next to nothing is."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from milepost.alerts.unusual_figure import LEAST_CHANGE, RHYTHMS, Odd, Rhythm, find_odd

_DAY = RHYTHMS["day"]
_WEEK = np.array([1.3, 1.4, 1.3, 1.3, 1.1, 0.3, 0.3])
Floats = NDArray[np.float64]


def expected(chance: np.random.Generator, many: int, *, spread: float = 0.0, growth: float = 0.0) -> Floats:
    """Of series of events a day and a week beyond what is looked at: quieter on weekends, `spread` the variance of what
    a day is above or below that, growing by `growth` in a month."""
    days = np.arange(_DAY.days + 6)
    own = chance.gamma(1 / spread, spread, (many, len(days))) if spread else 1.0
    pace = 200 * np.exp(chance.normal(0, 0.5, many))
    week = (_WEEK / _WEEK.mean())[(days[None, :] + np.arange(many)[:, None]) % 7]
    found: Floats = pace[:, None] * week * np.exp(growth * (days - days[-1]) / 30) * own
    return found


def looks(series: NDArray[np.int64]) -> list[Odd | None]:
    """On each of the last seven days, by what there was until then."""
    return [find_odd([float(value) for value in series[day : day + _DAY.days]], _DAY) for day in range(7)]


@pytest.mark.parametrize(("spread", "growth"), [(0.0, 0.0), (0.02, 0.0), (0.01, 0.1)])
def test_a_fall_by_half_is_found_within_a_week_and_hardly_anything_made_up(spread: float, growth: float) -> None:
    chance = np.random.default_rng(11)
    usual = expected(chance, 200, spread=spread, growth=growth)
    fell = usual.copy()
    fell[:, -7:] *= 0.5
    found = [looks(series) for series in chance.poisson(fell)]
    made_up = [odd for series in chance.poisson(usual) for odd in looks(series) if odd is not None]
    assert sum(any(odd is not None and odd.way == "low" for odd in of) for of in found) >= 190
    # 0.0008 of each way, of one day or of seven: two of 1,400 looks.
    assert len(made_up) <= 7


def test_what_is_said_is_what_was_usual() -> None:
    chance = np.random.default_rng(5)
    series = chance.poisson(expected(chance, 1, spread=0.005)[0]).astype(float)
    quiet = [*series[:-1], series[-8] * 0.3]
    odd = find_odd(quiet, _DAY)
    assert odd is not None
    assert (odd.way, odd.intervals, odd.value) == ("low", 1, quiet[-1])
    same_days = quiet[-8:-40:-7]
    assert min(same_days) * 0.9 < odd.usual < max(same_days) * 1.1
    assert odd.value < odd.least < odd.usual < odd.most


def test_a_day_that_falls_by_chance_is_not_seven_that_do() -> None:
    """Days vary by 30 %: one of 45 % less is nothing, a week of them is."""
    chance = np.random.default_rng(2)
    usual = expected(chance, 1, spread=0.09)[0]
    usual[-7:] = 0.55 * (usual[-14:-7] + usual[-21:-14] + usual[-28:-21]) / 3
    *_, last = looks(chance.poisson(usual))
    assert last is not None
    assert (last.way, last.intervals) == ("low", 7)


@pytest.mark.parametrize("interval", ["hour", "day", "week", "month"])
def test_every_rhythm_fits_what_is_asked_for(interval: str) -> None:
    rhythm: Rhythm = RHYTHMS[interval]  # type: ignore[index]  # one of its keys
    hours = {"hour": 1, "day": 24, "week": 24 * 7, "month": 24 * 31}[interval]
    length = rhythm.days * 24 // hours - 1
    season = 10 + np.arange(length) % rhythm.season
    chance = np.random.default_rng(1)
    figures = [float(value) for value in chance.poisson(100.0 * season)]
    assert find_odd(figures, rhythm) is None
    odd = find_odd([*figures[:-1], 0.0], rhythm)
    assert odd is not None
    assert odd.way == "low"


def test_averages_shares_and_balances_are_figures_too() -> None:
    chance = np.random.default_rng(3)
    for figures in (chance.lognormal(3, 0.1, 112), chance.normal(0, 1, 112)):
        assert find_odd([float(value) for value in figures], _DAY) is None
        odd = find_odd([*map(float, figures[:-1]), float(figures.max() * 4)], _DAY)
        assert odd is not None
        assert odd.way == "high"


def test_nobody_hears_of_a_few_more_than_none() -> None:
    assert find_odd([*[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0] * 15, 6.0], _DAY) is None


@given(
    st.lists(st.none() | st.floats(-1e300, 1e300) | st.integers(0, 10**15).map(float), max_size=80),
    st.sampled_from(sorted(RHYTHMS)),
)
def test_whatever_the_figures_it_answers_and_what_it_says_is_sound(values: list[float | None], interval: str) -> None:
    odd = find_odd(values, RHYTHMS[interval])  # type: ignore[index]  # one of its keys
    if odd is not None:
        assert all(math.isfinite(figure) for figure in odd[2:])
        assert all(a <= b for a, b in pairwise((odd.least, odd.usual, odd.most)))
        assert abs(odd.value - odd.usual) >= LEAST_CHANGE * abs(odd.usual)


@pytest.mark.parametrize("before", [0, 1, 20, 34])
def test_too_short_a_past_says_nothing(before: int) -> None:
    assert find_odd([*[100.0] * before, 0.0], _DAY) is None
