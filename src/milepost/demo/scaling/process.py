"""How the simulated customers live: day by day, each by a seed of its own. docs/demo.md has the same as formulas.

What happens on a day depends on that day and those before it alone, so that a later end adds days and changes none.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from milepost.demo.scaling.customers import SEED, Customer, Person, Plan
from milepost.demo.scaling.visits import Step, visit

#: Visits on a working day of a usual person, of an account as healthy as usual; a weekend day has a share of them.
BASE, WEEKEND = 0.03, 0.15
#: Health moves once a week: it keeps so much, goes back to the account's fit for the rest, and is shaken.
KEPT, SHAKEN = 0.9, 0.25
#: How much health does to visits; how much more there are at first, and in how many days that fades to a third.
PULL, FADES = 0.7, 14.0
#: Each week the chance that an account's champion leaves, and what it costs the account's health.
CHAMPION_LEAVES, LOST = 0.005, 1.0
#: The chance to cancel when a term ends is 1 / (1 + e^(STAYS + HOLDS x health)).
STAYS: Final[dict[str, float]] = {"month": 3.4, "year": 1.2}
HOLDS: Final = 1.3
#: Each month the chance to go to the next plan is UPGRADES x e^health.
UPGRADES: Final = 0.012
_NEXT: Final[dict[Plan, Plan]] = {"starter": "growth", "growth": "scale"}
_MONTH, _YEAR, _QUARTER = 30, 365, 91
_REVIEWED: Final = 0.6
#: Working hours, UTC: the middle, and how far two of three visits are from it at most.
_NOON, _AROUND = 14.0, 2.5

Row = dict[str, object]


class Done(msgspec.Struct, frozen=True):
    """An event, by a number of its own."""

    number: str
    customer: Customer
    person: Person
    at: datetime
    session: str
    step: Step

    @property
    def competency(self) -> str | None:
        """Moving around builds none."""
        return None if self.step.event_type == "navigation" else self.step.competency


class Life(msgspec.Struct):
    """What became of one customer up to a day: events, traits with when they were told, offline actions; and how it
    stands at the end."""

    customer: Customer
    plan: Plan
    health: float
    champion: bool = True
    churned: date | None = None
    events: list[Done] = msgspec.field(default_factory=list)
    told: list[tuple[datetime, Row]] = msgspec.field(default_factory=list)
    actions: list[tuple[datetime, Row]] = msgspec.field(default_factory=list)

    @property
    def people(self) -> tuple[Person, ...]:
        """Who is there."""
        return self.customer.people if self.champion else self.customer.people[1:]

    @property
    def term(self) -> str:
        return "month" if self.plan == "starter" else "year"


def lived(customer: Customer, started: date, until: datetime, seed: int = SEED) -> Life:
    """From the day it signed up to `until`, of a demo first started on `started`."""
    rng = random.Random(f"{seed} life {customer.customer_id}")  # noqa: S311 -- a simulation, no secret
    life = Life(customer, customer.plan, customer.fit)
    signed_up = started - timedelta(days=customer.age)
    day, renewal = signed_up, signed_up
    while day <= until.date() and life.churned is None:
        age = (day - signed_up).days
        if age == 0:
            renewal = _sign_up(life, day)
        if age and age % 7 == 0:
            _week(life, rng)
        if age == _MONTH:
            _tell(life, day, lifecycle_stage="active")
        if age and age % _MONTH == 0:
            _upgrade(life, rng, day)
        _looked_after(life, rng, day, age)
        if age and day == renewal:
            renewal = _renewed(life, rng, day)
        if life.churned is None:
            _day(life, rng, day, age)
        day += timedelta(days=1)
    life.events = [done for done in life.events if done.at <= until]
    life.actions = [action for action in life.actions if action[0] <= until]
    return life


def _sign_up(life: Life, day: date) -> date:
    customer = life.customer
    renewal = day + timedelta(days=_MONTH if life.term == "month" else _YEAR)
    _tell(
        life,
        day,
        name=customer.name,
        industry=customer.industry,
        employees=customer.employees,
        owner=customer.owner,
        plan=life.plan,
        mrr=customer.revenue(life.plan),
        currency="USD",
        created_at=day.isoformat(),
        renewal_date=renewal.isoformat(),
        lifecycle_stage="onboarding",
    )
    return renewal


def _week(life: Life, rng: random.Random) -> None:
    life.health = KEPT * life.health + (1 - KEPT) * life.customer.fit + SHAKEN * rng.gauss(0, 1)
    if life.champion and len(life.customer.people) > 1 and rng.random() < CHAMPION_LEAVES:
        life.champion, life.health = False, life.health - LOST


def _upgrade(life: Life, rng: random.Random, day: date) -> None:
    if life.plan in _NEXT and rng.random() < UPGRADES * math.exp(life.health):
        before, life.plan = life.customer.revenue(life.plan), _NEXT[life.plan]
        revenue = life.customer.revenue(life.plan)
        _tell(life, day, plan=life.plan, mrr=revenue)
        _act(life, day, "upgrade", "outcome", "high", 12 * (revenue - before))


def _looked_after(life: Life, rng: random.Random, day: date, age: int) -> None:
    if age == 7:
        _act(life, day, "onboarding_call", "intervention", "low")
    if age and age % _QUARTER == 0 and rng.random() < _REVIEWED:
        _act(life, day, "business_review", "intervention", "medium")


def _renewed(life: Life, rng: random.Random, day: date) -> date:
    """Another term, or the end."""
    if rng.random() < 1 / (1 + math.exp(STAYS[life.term] + HOLDS * life.health)):
        life.churned = day
        _tell(life, day, mrr=0, renewal_date=None, lifecycle_stage="churned")
        return day
    renewal = day + timedelta(days=_MONTH if life.term == "month" else _YEAR)
    _tell(life, day, renewal_date=renewal.isoformat())
    if life.term == "year":
        _act(life, day, "renewal", "outcome", "medium", 12 * life.customer.revenue(life.plan))
    return renewal


def _day(life: Life, rng: random.Random, day: date, age: int) -> None:
    rate = BASE * math.exp(PULL * life.health) * (1 + math.exp(-age / FADES)) * (WEEKEND if day.weekday() > 4 else 1)
    for person in life.people:
        for number in range(_poisson(rng, rate * person.keenness)):
            hours = min(23.0, max(0.0, rng.gauss(_NOON, _AROUND)))
            at = datetime.combine(day, time(), UTC) + timedelta(seconds=round(hours * 3600))
            _visit(life, person, visit(rng, life.health), at, f"{person.user_id}-{day}-{number + 1}")


def _visit(life: Life, person: Person, steps: Iterator[Step], at: datetime, session: str) -> None:
    for step in steps:
        at += timedelta(seconds=step.after)
        number = f"{life.customer.customer_id}-{len(life.events) + 1}"
        life.events.append(Done(number, life.customer, person, at, session, step))


def _tell(life: Life, day: date, **traits: object) -> None:
    life.told.append((datetime.combine(day, time(), UTC), traits))


def _act(life: Life, day: date, kind: str, role: str, impact: str, value: int | None = None) -> None:
    money: Row = {} if value is None else {"value": value, "currency": "USD"}
    action: Row = {
        "action_id": f"{life.customer.customer_id}-{kind}-{day}",
        "customer_id": life.customer.customer_id,
        "action_type": kind,
        "role": role,
        "business_impact": impact,
        **money,
    }
    life.actions.append((datetime.combine(day, time(15), UTC), action))


def _poisson(rng: random.Random, mean: float) -> int:
    """Knuth's way, which is exact and quick for means this small."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product, count = product * rng.random(), count + 1
    return count
