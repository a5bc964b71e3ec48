"""Weights fitted to what came after: a part that knows is found, one that does not weighs nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import date, timedelta

import pytest
from rich.console import Console

from milepost.cli.insights import print_tuning
from milepost.errors import Conflict
from milepost.insights.tune import fit_weights
from milepost.insights.validate_compare import Sample
from milepost.insights.validate_report import RIVAL, SCORE

_TODAY = {"knows": 10.0, "noise": 60.0, "against": 10.0, "rare": 20.0}


def planted(customers: int, seed: int = 1) -> list[Sample]:
    """Slices in which one part knows who comes, one is chance, one the opposite, and one is known of hardly anybody."""
    chance, found = random.Random(seed), []
    for number in range(4):
        habit = [chance.random() for _ in range(customers)]
        columns: dict[str, list[float | None]] = {
            "knows": [100 * min(1, max(0, one + chance.gauss(0, 0.2))) for one in habit],
            "noise": [100 * chance.random() for _ in habit],
            "against": [100 * (1 - one) for one in habit],
            "rare": [100 * chance.random() if at % 20 == 0 else None for at in range(customers)],
            SCORE: [50.0 if at else None for at in range(customers)],
            RIVAL: [-60 * chance.random() - one for one in habit],
        }
        came = {"active": [float(chance.random() < one) for one in habit]}
        day = date(2026, 1, 1) + timedelta(days=28 * number)
        found.append(Sample(day, [at % 20 for at in range(customers)], columns, came))
    return found


def test_the_part_that_knows_is_found_and_one_that_does_not_weighs_nothing() -> None:
    found = fit_weights(planted(300), _TODAY, after=28, customers=300)
    weights = {one.name: one.fitted for one in found.weights}
    assert sum(weights.values()) == 100
    assert weights["knows"] > 65
    assert weights["against"] == 0
    assert weights["rare"] == 20, "hardly anybody has it: it keeps its share"
    assert [one.today for one in found.weights] == [10, 60, 10, 20]
    assert found.customer_slices == 4 * 299, "who has no score takes no part"
    assert found.verdict == "better"
    assert found.fitted > 0.7 > found.today
    assert 0 < found.low < found.difference < found.high
    # The same of the same, to the last digit.
    assert fit_weights(planted(300), _TODAY, after=28, customers=300) == found
    console = Console(width=80)
    with console.capture() as captured:
        print_tuning(found, console)
    said = captured.get()
    assert "[scoring.components]\nknows = " in said
    assert "better than today's" in said
    assert max(map(len, said.splitlines()[2:])) <= 80


def test_too_little_is_said_and_never_fitted() -> None:
    with pytest.raises(Conflict, match="it takes 100 of each"):
        fit_weights(planted(40), _TODAY, after=28, customers=40)
    with pytest.raises(Conflict, match="active after 0 customer-slices"):
        fit_weights([], _TODAY, after=28, customers=0)


def test_the_server_does_without_scipy() -> None:
    code = "import sys, milepost.app, milepost.cli.insights; print('milepost.insights.tune' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
