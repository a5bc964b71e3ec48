"""Rank statistics against examples worked by hand, and what holds of them for any numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.insights import agreement
from milepost.insights.agreement import agree, levels
from milepost.insights.rank import interval, jackknife, student, tenth_means

_VALUES = st.lists(st.integers(-20, 20), min_size=3, max_size=60)
_PAIRS = st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=3, max_size=60)


def _columns(pairs: list[tuple[int, int]]) -> tuple[list[float], list[float]]:
    return [float(x) for x, _ in pairs], [float(y) for _, y in pairs]


def _places(values: Sequence[float]) -> list[int]:
    return [int(place) for place in levels(np.array(values))]


def average_ranks(values: Sequence[float]) -> list[float]:
    """1 for the least; ties share the average of their ranks."""
    middle = (len(values) + 1) / 2
    return [float(around) + middle for around in agreement.ranks(levels(np.array(values)))]


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Rank correlation, -1 to 1; 0 where either does not vary."""
    return agreement.spearman(levels(np.array(one)), levels(np.array(other)))


# -- By hand ------------------------------------------------------------------------------------------


def test_ties_share_the_average_of_their_ranks() -> None:
    assert average_ranks([10, 20, 20, 5]) == [2, 3.5, 3.5, 1]
    assert average_ranks([7, 7, 7]) == [2, 2, 2]
    assert average_ranks([]) == []


def test_the_correlation_of_five() -> None:
    # Ranks 1 2 3 4 5 and 2 1 4 3 5: differences 1 1 1 1 0, so 1 - 6 * 4 / (5 * 24) = 0.8.
    assert spearman([1, 2, 3, 4, 5], [20, 10, 40, 30, 50]) == pytest.approx(0.8)


def test_the_correlation_with_ties() -> None:
    # Ranks 1 2.5 2.5 4 and 1 2 3 4 around 2.5: products 2.25 + 0 + 0 + 2.25 = 4.5; squares 4.5 and 5.
    assert spearman([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))


def test_what_does_not_vary_has_no_correlation() -> None:
    assert spearman([1, 1, 1], [1, 2, 3]) == 0


def test_the_interval_of_a_half() -> None:
    # z = 0.5493; its error is sqrt(1.125 / 100) = 0.10607; tanh(0.5493 -+ 0.2079).
    low, high = interval(0.5, 103) or (0.0, 0.0)
    assert (round(low, 4), round(high, 4)) == (0.3287, 0.6394)
    assert interval(1.0, 50) is None
    assert interval(0.5, 3) is None


def test_tenths_of_twenty() -> None:
    places, outcomes = list(range(20)), [float(n) for n in range(20)]
    assert tenth_means(places, outcomes) == pytest.approx([0.5 + 2 * n for n in range(10)])


def test_a_tie_across_a_border_is_shared_out() -> None:
    # Two are lowest, 18 are equal, one of them did 18: each of the 18 stands for 1.
    assert tenth_means([0, 0, *[1] * 18], [5.0, 7.0, 18.0, *[0.0] * 17]) == pytest.approx([6.0, *[1.0] * 9])
    # Five customers make tenths of half a customer each.
    assert tenth_means(list(range(5)), [1, 2, 3, 4, 5]) == pytest.approx([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])


def test_the_error_of_three_left_out() -> None:
    # Around 2: squares 1 + 0 + 1, times 2/3.
    assert jackknife([1, 2, 3]) == pytest.approx(math.sqrt(4 / 3))
    assert jackknife([1]) is None
    assert student(19) == pytest.approx(2.093, abs=1e-3)
    assert student(1000) == pytest.approx(1.96, abs=1e-3)


# -- For any numbers ----------------------------------------------------------------------------------


@given(_VALUES)
def test_ranks_add_up_and_keep_the_order(values: list[int]) -> None:
    ranks = average_ranks([float(v) for v in values])
    assert sum(map(Fraction, ranks)) == Fraction(len(values) * (len(values) + 1), 2)
    for value, rank in zip(values, ranks, strict=True):
        below, equal = sum(v < value for v in values), values.count(value)
        assert rank == below + (equal + 1) / 2


@given(_PAIRS)
def test_either_way_round_it_is_the_same(pairs: list[tuple[int, int]]) -> None:
    x, y = _columns(pairs)
    there, back = spearman(x, y), spearman(y, x)
    assert -1 <= there <= 1
    assert there == pytest.approx(back, abs=1e-12)


@given(_PAIRS)
def test_only_the_order_counts(pairs: list[tuple[int, int]]) -> None:
    x, y = _columns(pairs)
    found = spearman(x, y)
    bent = spearman([math.atan(v) * 7 + 3 for v in x], [v**3 for v in y])
    turned = spearman([-v for v in x], y)
    assert bent == pytest.approx(found, abs=1e-12)
    assert turned == pytest.approx(-found, abs=1e-12)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 3), st.integers(0, 2)), min_size=3, max_size=40))
def test_somers_is_what_all_pairs_say(rows: list[tuple[int, int, int]]) -> None:
    """Of everybody, and with each group left out, against every pair looked at by itself."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    found = agree(levels(columns[0]), levels(columns[1]), columns[2], 3, 3)
    for left in range(4):
        kept = [row for row in rows if row[2] != left - 1]
        pairs = [(a, b) for a in kept for b in kept if a[1] > b[1]]
        if len(kept) < 3 or not pairs or not found.weight[0]:
            assert found.weight[left] == 0
            continue
        right, wrong = sum(a[0] > b[0] for a, b in pairs), sum(a[0] < b[0] for a, b in pairs)
        assert found.weight[left] == len(kept)
        assert found.somers[left] == pytest.approx((right - wrong) / len(pairs), abs=1e-12)
        if left == 0:
            assert found.ties == pytest.approx(1 - (right + wrong) / len(pairs), abs=1e-12)


@given(_VALUES)
def test_with_itself_it_is_one(values: list[int]) -> None:
    found = spearman([float(v) for v in values], [float(v) for v in values])
    assert found == (0 if len(set(values)) == 1 else pytest.approx(1))


@given(_PAIRS)
def test_the_order_of_customers_changes_nothing(pairs: list[tuple[int, int]]) -> None:
    shuffled = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    one, other = spearman(*_columns(pairs)), spearman(*_columns(shuffled))
    assert one == pytest.approx(other, abs=1e-12)
    x, y = _columns(pairs)
    u, v = _columns(shuffled)
    assert tenth_means(_places(x), y) == pytest.approx(tenth_means(_places(u), v), abs=1e-9)


@given(_PAIRS)
def test_tenths_have_the_mean_of_all(pairs: list[tuple[int, int]]) -> None:
    x, y = _columns(pairs)
    tenths = tenth_means(_places(x), y)
    assert len(tenths) == 10
    assert sum(tenths) / 10 == pytest.approx(sum(y) / len(y), abs=1e-9)


@given(_VALUES)
def test_an_interval_has_the_figure_in_it(values: list[int]) -> None:
    found = spearman([float(v) for v in values], [float(abs(v)) for v in values])
    if around := interval(found, len(values)):
        assert -1 <= around[0] <= found <= around[1] <= 1
