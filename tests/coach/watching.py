"""Playbooks that are simulated and looked at every week for a year, by the product's own judgement of a lift."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from milepost.coach.lift import lift_of

_WEEKS = 52
#: An outcome is known so many weeks after it was made.
_MEASURED_AFTER = 4


class Playbook(NamedTuple):
    """How many get it over a year, the share held out, the share that moves up anyway, and what it changes of that.
    `at_once`: everybody is there from the beginning rather than coming in over the year."""

    customers: int = 1000
    hold_out: float = 0.1
    base: float = 0.3
    effect: float = 0.0
    at_once: bool = False
    expected: int = 1000
    compared: int = 1


def claims(playbook: Playbook, seed: int, *, points: bool = False) -> Iterator[str]:
    """Week by week what is said of the share that moved up: `better`, `worse` or nothing; or, of `points`, which few
    have very many of, what is said of their mean."""
    chance = random.Random(seed)
    arrivals: list[list[tuple[bool, bool, float]]] = [[] for _ in range(_WEEKS)]
    for _ in range(playbook.customers):
        held = chance.random() < playbook.hold_out
        moved = chance.random() < playbook.base + (0 if held else playbook.effect)
        week = chance.randrange(_MEASURED_AFTER, _MEASURED_AFTER + 2 if playbook.at_once else _WEEKS)
        arrivals[week].append((held, moved, chance.lognormvariate(0, 1.5) if points else 0))
    arms = {held: {"measured": 0, "moved_up": 0, "points_sum": 0.0, "points_squares": 0.0} for held in (False, True)}
    for arrived in arrivals:
        for held, moved, earned in arrived:
            arms[held]["measured"] += 1
            arms[held]["moved_up"] += moved
            arms[held]["points_sum"] += earned
            arms[held]["points_squares"] += earned**2
        lift = lift_of(arms[False], arms[True], 4, expected=playbook.expected, compared=playbook.compared)
        found = lift.points_a_week if points else lift.moved_up
        yield "" if found is None else "better" if found.low > 0 else "worse" if found.high < 0 else ""


def ever(playbook: Playbook, seed: int, *, points: bool = False) -> set[str]:
    """What was claimed of it at any week."""
    return {claim for claim in claims(playbook, seed, points=points) if claim}
