"""Keeps the demo alive: a few students at a time, working through their course, sent by the public SDK."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from math import cos, pi
from typing import Protocol

import msgspec

from milepost.demo.data import MAP_FILE, active_customers, usual_sections
from milepost.demo.data import customers as known_customers
from milepost.demo.offline import Action, live_action
from milepost.importing.load import load_mapping

#: From where to where, with weights; "" ends a visit. Close to what the data's sittings look like.
_WALK: dict[str, dict[str, int]] = {
    "homepage": {"forumng": 40, "subpage": 22, "oucontent": 14, "resource": 8, "quiz": 8, "url": 4, "": 4},
    "forumng": {"forumng": 62, "homepage": 18, "oucontent": 6, "subpage": 4, "": 10},
    "subpage": {"resource": 30, "oucontent": 24, "url": 10, "homepage": 14, "subpage": 12, "": 10},
    "oucontent": {
        "oucontent": 50,
        "quiz": 12,
        "homepage": 12,
        "glossary": 4,
        "ouelluminate": 2,
        "notes": 4,
        "submit_TMA": 2,
        "": 14,
    },
    "resource": {"oucontent": 22, "subpage": 30, "resource": 18, "homepage": 12, "": 18},
    "quiz": {"quiz": 62, "homepage": 12, "oucontent": 8, "submit_CMA": 3, "": 15},
    "url": {"homepage": 40, "subpage": 30, "": 30},
    "glossary": {"oucontent": 70, "": 30},
    "ouelluminate": {"forumng": 40, "": 60},
    "notes": {"submit_TMA": 6, "oucontent": 54, "": 40},
    "submit_TMA": {"homepage": 30, "": 70},
    "submit_CMA": {"homepage": 30, "": 70},
}
#: Most visits at the same time.
_CROWD = 6
#: Offline actions for each event.
_OFFLINE = 1 / 60
#: What is left of the traffic in the small hours, as a share of the evening's.
_NIGHT = 0.25
_BUSIEST_HOUR = 19


class LiveTracker(Protocol):
    """What the simulator needs of `milepost.Tracker`."""

    def track_behavior(self, action_type: str, payload: Mapping[str, object]) -> object: ...


class _Visit(msgspec.Struct):
    customer: str
    steps: Iterator[str]


class Simulator:
    """Sends events, one at a time, until told to stop. The same seed and clock make the same events."""

    def __init__(
        self,
        tracker: LiveTracker,
        *,
        now: Callable[[], datetime],
        wait: Callable[[float], bool],
        rate: float = 20.0,
        seed: int = 20,
        customers: Sequence[str] | None = None,
        record: Callable[[Action], None] | None = None,
    ) -> None:
        """`rate` is events a minute in the busiest hour. `wait(seconds)` is an `Event.wait`: True means stop.
        `record` takes an offline action now and then, of somebody who is there."""
        if rate <= 0:
            raise ValueError(f"rate is {rate}; it takes events a minute, more than 0")
        self._tracker = tracker
        self._now = now
        self._wait = wait
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311 -- a simulation, no secret
        self._customers = list(customers if customers is not None else active_customers())
        if not self._customers:
            raise ValueError("there are no customers to simulate")
        # some come every day, most now and then
        self._keenness = [self._random.paretovariate(1.5) for _ in self._customers]
        self._values = load_mapping(MAP_FILE).values
        self._sections = usual_sections()
        self._courses = {name: str(traits["course"]) for name, _, traits in known_customers(everyone=True)}
        self._visits: list[_Visit] = []
        self._record = record
        # Of its own, so that the events are the same with offline actions and without.
        self._offline = random.Random(seed + 1)  # noqa: S311 -- likewise

    def run(self) -> int:
        """Blocks until `wait` says stop; returns how many events were tracked."""
        tracked = 0
        while not self._wait(self._pause()):
            self.step()
            tracked += 1
        return tracked

    def step(self) -> None:
        """Tracks one event of one of the visits, or of a new one."""
        rng = self._random
        while True:
            if len(self._visits) < _CROWD and (not self._visits or rng.random() < 0.15):
                self._visits.append(self._arrival())
            visit = rng.choice(self._visits)
            place = next(visit.steps, None)
            if place is not None:
                self._track(visit.customer, place)
                if self._record is not None and self._offline.random() < _OFFLINE:
                    self._record(live_action(self._offline, visit.customer))
                return
            self._visits.remove(visit)

    def _pause(self) -> float:
        """Seconds to the next event: random, shorter by day than by night."""
        return self._random.expovariate(self._rate * rhythm(self._now()) / 60)

    def _arrival(self) -> _Visit:
        here = {visit.customer for visit in self._visits}
        free = [(name, keen) for name, keen in zip(self._customers, self._keenness, strict=True) if name not in here]
        names, weights = zip(*(free or zip(self._customers, self._keenness, strict=True)), strict=True)
        return _Visit(self._random.choices(names, weights)[0], self._walk())

    def _walk(self) -> Iterator[str]:
        place = "homepage"
        while place:
            yield place
            following = _WALK[place]
            place = self._random.choices(list(following), list(following.values()))[0]

    def _track(self, customer: str, place: str) -> None:
        rng = self._random
        payload: dict[str, object] = {"customer_id": customer, "metadata": {"simulated": True}}
        if place == "notes":  # not in the data: students make something of what they read
            payload |= {"tool_id": "oucontent", "tool_section": "notes", "competency_area": "customer_intelligence"}
            payload["metadata"] = {"simulated": True, "resource": "study notes", "success": True}
            self._tracker.track_behavior("resource_generation", payload)
            return
        payload["tool_id"] = place
        if sections := self._sections.get((self._courses.get(customer, ""), place)):
            payload["tool_section"] = rng.choices(sections, range(len(sections), 0, -1))[0]
        if competency := self._values["competency"].get(place):
            payload["competency_area"] = competency
        if place in ("quiz", "resource"):
            payload["business_impact"] = "medium"  # as in oulad.toml
        if place.startswith("submit_"):
            payload["metadata"] = {"simulated": True, "score": round(min(100.0, max(0.0, rng.gauss(74, 14))))}
        else:
            payload["metadata"] = {"simulated": True, "clicks": 1 + int(rng.expovariate(0.5))}
        self._tracker.track_behavior(str(self._values["event_type"][place]), payload)


def rhythm(moment: datetime) -> float:
    """The traffic of an hour as a share of the busiest, between a quarter and 1."""
    hour = moment.hour + moment.minute / 60
    return _NIGHT + (1 - _NIGHT) * (1 + cos((hour - _BUSIEST_HOUR) / 12 * pi)) / 2
