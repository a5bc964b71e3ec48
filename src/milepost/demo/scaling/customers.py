"""Who the simulated customers are: drawn once, each by a seed of its own. docs/demo.md has the same as formulas."""

from __future__ import annotations

import random
from typing import Final, Literal

import msgspec

Plan = Literal["starter", "growth", "scale"]

SEED: Final = 2026
COUNT: Final = 240
#: USD a month and person.
PRICE: Final[dict[Plan, int]] = {"starter": 29, "growth": 59, "scale": 99}
#: Chances of each plan, by employees below so many.
_PLANS: Final[tuple[tuple[float, dict[Plan, float]], ...]] = (
    (30, {"starter": 0.8, "growth": 0.2}),
    (200, {"starter": 0.25, "growth": 0.6, "scale": 0.15}),
    (float("inf"), {"growth": 0.4, "scale": 0.6}),
)
#: Signed up so many days before the demo's first start; below 0, after it.
_OLDEST, _NEWEST = 540, -30
_MOST_PEOPLE: Final = 12
#: How much more the first person of an account does than they would.
_CHAMPION: Final = 3.0
OWNERS: Final = ("ann@team.example", "ben@team.example", "chris@team.example", "dee@team.example")
_INDUSTRIES: Final = (
    "Software",
    "Logistics",
    "Manufacturing",
    "Finance",
    "Healthcare",
    "Retail",
    "Education",
    "Energy",
)
_ROLES: Final = ("Founder", "Head of sales", "Account executive", "Marketing", "Finance", "Operations")
_STAGES: Final = ((50, "early_scaling"), (250, "rapid_scaling"), (float("inf"), "mature_scaling"))
_FIRST: Final = (
    "Amber Azure Bronze Cedar Cobalt Copper Coral Crimson Ebony Emerald Golden Granite Indigo Ivory Jade Maple"
    " Olive Pearl Quartz Silver"
)
_SECOND: Final = "Anvil Beacon Bridge Canal Compass Forge Harbour Kite Lantern Loom Mill Orchard Quarry Sail Tower"
_GIVEN: Final = (
    "Ada Amir Bea Carl Chen Dora Eli Emma Farid Greta Hugo Ines Ivan Jana Jon Kai Lena Luis Maya Mika Nina Noor"
    " Olga Omar Paul Pia Ravi Rosa Sam Tara Theo Uma Vera Wim Yara Zoe"
)


class Person(msgspec.Struct, frozen=True):
    """`keenness`: how much somebody does, 1 being usual."""

    user_id: str
    name: str
    role: str
    keenness: float


class Customer(msgspec.Struct, frozen=True):
    """`fit`: what its health goes back to, 0 being usual. `age`: days since it signed up, on the first day."""

    customer_id: str
    name: str
    industry: str
    employees: int
    plan: Plan
    owner: str
    age: int
    fit: float
    people: tuple[Person, ...]

    @property
    def stage(self) -> str:
        return next(name for below, name in _STAGES if self.employees < below)

    def revenue(self, plan: Plan) -> int:
        """USD a month."""
        return PRICE[plan] * len(self.people)


def made(seed: int = SEED, count: int = COUNT) -> list[Customer]:
    """The same for the same seed, always."""
    names = [f"{first} {second}" for first in _FIRST.split() for second in _SECOND.split()]
    random.Random(seed).shuffle(names)  # noqa: S311 -- a simulation, no secret
    return [_customer(seed, number, names[number]) for number in range(count)]


def _customer(seed: int, number: int, name: str) -> Customer:
    rng = random.Random(f"{seed} customer {number}")  # noqa: S311 -- likewise
    customer_id = f"sim-{number + 1:03}"
    employees = min(5_000, max(3, round(rng.lognormvariate(4.1, 1.1))))
    chances = next(plans for below, plans in _PLANS if employees < below)
    plan = rng.choices(list(chances), list(chances.values()))[0]
    people = min(_MOST_PEOPLE, max(1, round(employees**0.4 * rng.uniform(0.6, 1.4))))
    return Customer(
        customer_id=customer_id,
        name=name,
        industry=rng.choice(_INDUSTRIES),
        employees=employees,
        plan=plan,
        owner=rng.choice(OWNERS),
        age=rng.randint(_NEWEST, _OLDEST),
        fit=rng.gauss(0, 1),
        people=tuple(
            Person(
                user_id=f"{customer_id}-{place + 1}",
                name=f"{rng.choice(_GIVEN.split())} {chr(rng.randint(65, 90))}.",
                role=_ROLES[place] if place < len(_ROLES) else rng.choice(_ROLES[2:]),
                keenness=rng.lognormvariate(0, 0.7) * (_CHAMPION if place == 0 else 1),
            )
            for place in range(people)
        ),
    )
