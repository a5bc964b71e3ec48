"""Keeps the simulated product alive: a few people at a time, at work in its tools, sent by the public SDK."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from milepost import Tracker
from milepost.demo.scaling.customers import Person
from milepost.demo.scaling.process import Life
from milepost.demo.scaling.visits import Step, visit

#: Most visits at the same time.
_CROWD: Final = 5


class Traffic:
    """Sends events, one at a time, until told to stop. The same seed and customers make the same events."""

    def __init__(
        self, tracker: Tracker, lives: Sequence[Life], *, wait: Callable[[float], bool], rate: float, seed: int = 20
    ) -> None:
        """`rate` is events a minute; `wait(seconds)` is an `Event.wait`: True means stop. Raises ValueError where
        nobody is left to act."""
        self._tracker, self._wait, self._rate = tracker, wait, rate
        self._random = random.Random(seed)  # noqa: S311 -- a simulation, no secret
        self._there = [(life, person) for life in lives if life.events and not life.churned for person in life.people]
        if not self._there:
            raise ValueError("there are no customers to simulate")
        # Who has been busy comes more often.
        self._weights = [person.keenness * 2**life.health for life, person in self._there]
        self._visits: list[tuple[Life, Person, Iterator[Step]]] = []

    def run(self) -> int:
        """Blocks until `wait` says stop; returns how many events were tracked."""
        tracked = 0
        while not self._wait(self._random.expovariate(self._rate / 60)):
            self.step()
            tracked += 1
        return tracked

    def step(self) -> None:
        """Tracks one event of one of the visits, or of a new one."""
        rng = self._random
        while True:
            if len(self._visits) < _CROWD and (not self._visits or rng.random() < 0.2):
                life, person = rng.choices(self._there, self._weights)[0]
                self._visits.append((life, person, visit(rng, life.health)))
            at = rng.choice(self._visits)
            life, person, steps = at
            if step := next(steps, None):
                self._track(life, person, step)
                return
            self._visits.remove(at)

    def _track(self, life: Life, person: Person, step: Step) -> None:
        self._tracker.track(
            properties={**step.metadata, "simulated": True},
            event_type=step.event_type,
            tool_id=step.tool_id,
            tool_section=step.section,
            customer_id=life.customer.customer_id,
            user_id=person.user_id,
            competency_area=step.competency if step.event_type != "navigation" else None,
            growth_stage=life.customer.stage,
        )
