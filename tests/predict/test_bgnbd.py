"""BG/NBD finds again what a simulation by its own story was made of, and says how likely quiet is."""

from __future__ import annotations

import numpy as np
import pytest

from milepost.predict.bgnbd import BgNbd, Histories, fit
from milepost.predict.measures import calibration_error

_TRUE = BgNbd(r=0.8, alpha=12.0, a=0.7, b=2.5)
_HORIZON = 28


def _lives(customers: int, seed: int) -> tuple[Histories, np.ndarray]:
    """Histories of up to 200 days, and whether nothing came in the 28 after."""
    random = np.random.default_rng(seed)
    again, last, age, quiet = [], [], [], []
    for rate, leaves, old in zip(
        random.gamma(_TRUE.r, 1 / _TRUE.alpha, customers),
        random.beta(_TRUE.a, _TRUE.b, customers),
        random.uniform(20, 200, customers),
        strict=True,
    ):
        times = np.cumsum(random.exponential(1 / rate, 2_000))
        stays = np.argmax(random.random(len(times)) < leaves) + 1  # after this one they are gone
        times = times[:stays]
        before = times[times <= old]
        again.append(len(before))
        last.append(before[-1] if len(before) else 0.0)
        age.append(old)
        quiet.append(not np.any((times > old) & (times <= old + _HORIZON)))
    return Histories(np.array(again, dtype=float), np.array(last), np.array(age)), np.array(quiet)


def test_it_finds_its_own_parameters_and_is_calibrated() -> None:
    known, _ = _lives(4_000, seed=1)
    found = fit(known)
    assert found.r / found.alpha == pytest.approx(_TRUE.r / _TRUE.alpha, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(_TRUE.a / (_TRUE.a + _TRUE.b), rel=0.25)
    others, quiet = _lives(4_000, seed=2)
    assert calibration_error(quiet, found.standing(others).quiet(_HORIZON)) < 0.03
    assert fit(known) == found


def test_who_came_once_is_there_and_who_is_away_for_long_is_not() -> None:
    known = Histories(np.array([0.0, 8.0, 8.0]), np.array([0.0, 99.0, 20.0]), np.array([10.0, 100.0, 100.0]))
    _, fresh, away = _TRUE.standing(known).quiet(_HORIZON)
    assert fresh < 0.3 < 0.9 < away
    assert np.isfinite(
        _TRUE.standing(Histories(np.array([5_000.0]), np.array([1.0]), np.array([5_000.0]))).quiet(28)
    ).all()
