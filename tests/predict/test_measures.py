"""Figures of a ranking against every pair by hand, ties among them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.predict.measures import auc, auc_draws, calibration_error, log_loss, middle, somers_d

_ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30)


@given(_ROWS)
def test_auc_and_somers_d_are_those_of_all_pairs(rows: list[tuple[bool, int]]) -> None:
    happened = np.array([row[0] for row in rows])
    figure = np.array([row[1] for row in rows], dtype=float)
    pairs = [(one, other) for (yes, one), (no, other) in product(rows, rows) if yes and not no]
    if not pairs:
        assert np.isnan(auc(happened, figure))
        return
    right, wrong = sum(one > other for one, other in pairs), sum(one < other for one, other in pairs)
    tied = len(pairs) - right - wrong
    assert auc(happened, figure) == pytest.approx((right + tied / 2) / len(pairs))
    assert somers_d(happened, figure) == pytest.approx((right - wrong - tied) / len(pairs))


def test_a_true_probability_is_calibrated_and_a_bold_one_is_not() -> None:
    chance = np.random.default_rng(1)
    said = chance.uniform(0.02, 0.98, 20_000)
    happened = chance.uniform(size=20_000) < said
    assert calibration_error(happened, said) < 0.015
    bold = np.where(said > 0.5, 0.99, 0.01)
    assert calibration_error(happened, bold) > 0.2
    assert log_loss(happened, said) < log_loss(happened, bold)


def test_an_interval_is_of_customers_not_of_rows() -> None:
    """The same customer a hundred times over is one customer."""
    chance = np.random.default_rng(2)
    happened = chance.uniform(size=60) < 0.5
    figure = happened + chance.normal(size=60)
    once = middle(auc_draws(happened, figure, np.arange(60)))
    often = middle(auc_draws(np.repeat(happened, 100), np.repeat(figure, 100), np.repeat(np.arange(60), 100)))
    assert often == pytest.approx(once, abs=1e-9)
    assert once[0] < auc(happened, figure) < once[1]


def test_a_draw_is_what_its_rows_say() -> None:
    """Ties among them."""
    chance = np.random.default_rng(3)
    whose, happened = np.repeat(np.arange(20), 5), chance.uniform(size=100) < 0.4
    figure = chance.integers(0, 8, 100).astype(float)
    drawn = np.random.default_rng(0).integers(0, 20, 20)
    rows = np.concatenate([np.flatnonzero(whose == one) for one in drawn])
    assert auc_draws(happened, figure, whose)[0] == pytest.approx(auc(happened[rows], figure[rows]))
