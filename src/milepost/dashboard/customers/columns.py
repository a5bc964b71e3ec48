"""The columns of the customers' list, and the fields it is filtered by: figures of ours, and traits as the team calls
them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from milepost.dashboard.customers.state import TOLD, USUAL
from milepost.dashboard.questions.address import FilterRow
from milepost.dashboard.questions.words import OPERATORS, predicted
from milepost.dashboard.traits.panel import day_of, label_of, shown, type_of
from milepost.plan import Plan
from milepost.plan.coach import PREDICTION
from milepost.plan.model import PlannedTrait
from milepost.plan.predictions import GOES_QUIET, Predictions
from milepost.store.predicted import target_of
from milepost.traits.keep import Trait
from milepost.traits.values import Type, Value

#: What the columns of every list are called.
COLUMN_NAMES: Final[Mapping[str, str]] = {
    "name": "Customer", "score": "Health", "why": "Why", "change": "28 days", "people": "People", "owner": "Owner",
    "renewal": "Renewal", "arr": "ARR", "last_seen": "Last seen", "quiet": "Going quiet", "weeks": "8 weeks",
    "events": "Events", "sessions": "Sessions", "exports": "Exports", "resources": "Resources", "rate": "Per week",
}  # fmt: skip
_HINTS: Final[Mapping[str, str]] = {
    "score": "0 to 100; the account’s page says what it is made of",
    "why": "Active days of the last 28 against what is usual for them; sorts those at risk first",
    "change": "How health changed in 28 days, in points",
    "people": "People active in the last 28 days",
    "quiet": "How likely no event comes in the next weeks, as predicted last night",
    "rate": "Points a week, last 4 weeks",
}
_WORDY: Final = ("name", "why", "owner", "renewal", "last_seen", "weeks")
#: What columns are sorted by that are not sorted by themselves; "": they are not.
_SORTS: Final = {"why": "risk", "people": "", "weeks": ""} | {key: f"trait.{name}" for key, name in TOLD.items()}
#: What of ours the list is filtered by, beside `insight.`, and what that is called.
FIGURE_NAMES: Final[Mapping[str, str]] = {
    "total_events": "Events",
    "total_sessions": "Sessions",
    "total_exports_generated": "Exports",
    "total_resources_created": "Resources made",
    "total_resources_shared": "Resources shared",
    "total_milestones": "Milestones",
    "total_points": "Points",
    "total_actions": "Offline actions",
    "current_scaling_score": "Health",
    "score_coverage": "Data behind health, 0 to 1",
    "systematic_progression_rate": "Points a week",
    "active_weeks": "Active weeks",
    "points_last_14_days": "Points of the last 14 days",
    "days_since_last_activity": "Days since last seen",
    "going_quiet": "Likely to go quiet, 0 to 1",
}


class Head(msgspec.Struct, frozen=True):
    """A column: `key` is `trait.NAME`, `prediction.ID`, or its name in the address; `sort` what it is sorted by, ""
    where it is not. `share`: what is predicted is a probability."""

    key: str
    label: str
    numeric: bool
    sort: str
    hint: str = ""
    share: bool = False

    @property
    def target(self) -> str | None:
        """The target whose prediction it shows."""
        return target_of_column(self.key)

    @property
    def trait(self) -> str:
        """The trait that somebody chose as a column; "" for one of ours."""
        return self.key.removeprefix("trait.") if self.key.startswith("trait.") else ""

    @property
    def told(self) -> str:
        """The trait that it shows as it is; "" where it shows none."""
        return self.trait or ("" if self.key == "owner" else TOLD.get(self.key, ""))


class Cell(msgspec.Struct, frozen=True):
    """A trait of a customer as the list shows it: a `number` or a `day` to be written as the reader does."""

    text: str = ""
    number: float | None = None
    day: date | None = None


class Chip(msgspec.Struct, frozen=True):
    """A filter as it is shown: 'MRR', 'is above', '1000'. `problem`: why it does not count. `without`: the address of
    the list where it is gone."""

    row: FilterRow
    label: str
    comparison: str
    problem: str
    without: str


class TraitWords:
    """What traits of customers are called here and what they count as: by the team, else by the plan; and what the plan
    has predicted."""

    def __init__(self, plan: Plan, names: Sequence[Trait]) -> None:
        self.predictions: Predictions = plan.predictions
        self._predicted = predicted(plan)
        self._planned = {one.name: one for one in plan.traits if one.of == "customer"}
        self._known = {one.name: one for one in names}

    def knows(self, name: str) -> bool:
        """Whether anybody has it, or the plan says so, and it is shown."""
        one = self._known.get(name) or self._planned.get(name)
        return one is not None and not one.hidden

    def label(self, name: str) -> str:
        return label_of(name, self._known.get(name), self._planned.get(name))

    def type(self, name: str) -> Type | None:
        return type_of(self._known.get(name), self._planned.get(name))

    def offered(self) -> tuple[tuple[str, str], ...]:
        """`trait.NAME` and what it is called, by that; hidden ones, and the name, are left out."""
        found: dict[str, Trait | PlannedTrait] = {**self._planned, **self._known}
        names = [name for name, one in found.items() if not (one.hidden or name in ("name", "owner"))]
        return tuple(sorted(((f"trait.{name}", self.label(name)) for name in names), key=lambda one: one[1].lower()))

    def predicted(self) -> tuple[tuple[str, str], ...]:
        """`prediction.ID` and what it is called; going quiet has a column and a figure of its own."""
        return tuple(self._predicted.items())

    def cell(self, name: str, value: Value) -> Cell:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Cell(shown(value), number=value)
        return Cell(shown(value), day=day_of(value) if self.type(name) == "date" else None)


def standard(words: TraitWords) -> tuple[str, ...]:
    """What the list begins with for who has chosen nothing: without what no customer has."""
    return tuple(one for one in USUAL if one not in ("renewal", "arr") or words.knows(TOLD[one]))


def arr_of(traits: Mapping[str, Value], said: str | None) -> Value:
    """The ARR: as a trait; where there is none, what the product `said` last of it."""
    known = traits.get("arr")
    return said if known is None else known


def heads(columns: Sequence[str], words: TraitWords) -> tuple[Head, ...]:
    """The name, and then the columns that were chosen."""
    return tuple(_head(key, words) for key in ("name", *columns))


def chip(row: FilterRow, words: TraitWords, problem: str, without: str) -> Chip:
    """A filter in words; see Chip."""
    ours = FIGURE_NAMES.get(row.name.removeprefix("insight."), row.name)
    ours = words.predictions.labels.get(row.name.removeprefix(PREDICTION), ours)
    label = words.label(row.key) if row.field == "trait" else ours
    return Chip(row, label, OPERATORS[row.op], problem, without)


def _head(key: str, words: TraitWords) -> Head:
    if key.startswith("trait."):
        name = key.removeprefix("trait.")
        return Head(key, words.label(name), words.type(name) == "number", key)
    if key in COLUMN_NAMES:
        share = key == "quiet"
        return Head(key, COLUMN_NAMES[key], key not in _WORDY, _SORTS.get(key, key), _HINTS.get(key, ""), share)
    target = key.removeprefix(PREDICTION)
    label, share = words.predictions.labels.get(target, target), target in words.predictions.likelihoods
    return Head(key, label, numeric=True, sort=key, hint=f"{label}, as predicted last night", share=share)


def target_of_column(key: str) -> str | None:
    """The target whose prediction a column shows."""
    return GOES_QUIET if key == "quiet" else target_of(key)
