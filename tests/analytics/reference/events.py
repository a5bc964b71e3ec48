"""An event as the reference reads it, and what its fields say as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from milepost.analytics.asking import Question, Unit
from milepost.analytics.cohorts import Definition

#: ("customer" | "user" | "anonymous", id): a user's and a visitor's id may be the same text, and are not the same unit.
Whom = tuple[str, str]

_HOST = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?([^/:?#@]{1,200})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Columns named as in public.behavior_events; `at` is its timestamp, in UTC."""

    event_id: str
    customer_id: str
    at: datetime
    user_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    event_type: str = "navigation"
    event_name: str | None = None
    actor_type: str = "person"
    tool_id: str | None = None
    tool_section: str | None = None
    business_impact: str = "low"
    competency_area: str | None = None
    current_arr: str | None = None
    target_arr: str | None = None
    growth_stage: str | None = None
    device_type: str | None = None
    browser: str | None = None
    page_url: str | None = None
    referrer: str | None = None
    time_on_page: int | None = None
    session_duration: int | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    #: `trait.NAME` and `person.NAME`, as a question sees them.
    traits: Mapping[str, object] = field(default_factory=dict)
    is_bot: bool = False
    deleted: bool = False

    @property
    def referrer_source(self) -> str | None:
        found = _HOST.match(self.referrer or "")
        return found[1].lower() if found else None

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.event_id


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that is stored when a question is asked at `now`. `insights`: by customer, by name."""

    events: list[Event]
    now: datetime
    insights: Mapping[str, Mapping[str, str | int | None]] = field(default_factory=dict)
    cohorts: Mapping[str, Definition] = field(default_factory=dict)
    #: Of customers and users, by name: each value with when it was told, oldest first; None is none.
    traits: Mapping[Whom, Mapping[str, Sequence[tuple[datetime, object]]]] = field(default_factory=dict)


def with_traits(world: World, question: Question) -> World:
    """Every event with the traits that a question sees: what they are now, or were told last before it."""

    def seen(event: Event) -> dict[str, object]:
        until = event.at if question.traits == "then" else None
        known = {
            f"trait.{name}": value for name, value in _known(world, ("customer", event.customer_id), until).items()
        }
        person = ("user", event.user_id or "")
        return known | {f"person.{name}": value for name, value in _known(world, person, until).items()}

    if "trait." not in repr(question) and "person." not in repr(question):
        return world
    return replace(world, events=[replace(event, traits=seen(event)) for event in world.events])


def _known(world: World, whom: Whom, until: datetime | None) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, told in world.traits.get(whom, {}).items():
        values = [value for at, value in told if until is None or at <= until]
        if values:
            found[name] = values[-1]
    return found


def trait_text(value: object) -> str:
    """A trait's value as it is shown, '' where there is none."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return text_of(value) or ""


def unit_of(event: Event, unit: Unit) -> Whom | None:
    if unit == "customer":
        return "customer", event.customer_id
    if event.user_id:
        return "user", event.user_id
    return ("anonymous", event.anonymous_id) if event.anonymous_id else None


def value_of(event: Event, name: str) -> str | None:
    """The text in a column or under a key of the metadata; None is no value."""
    if name.startswith("metadata."):
        return text_of(event.metadata.get(name.removeprefix("metadata."))) or None
    if name.startswith(("trait.", "person.")):
        return trait_text(event.traits.get(name)) or None
    value: object = getattr(event, name)
    return None if value is None or value == "" else str(value)


def text_of(value: object) -> str | None:
    """A JSON value as PostgreSQL's ->> gives it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(_as_jsonb(value), ensure_ascii=False)


def _as_jsonb(value: object) -> object:
    """With the keys in jsonb's order: shorter ones first."""
    if isinstance(value, Mapping):
        keys = sorted((str(key) for key in value), key=lambda key: (len(key.encode()), key.encode()))
        return {key: _as_jsonb(value[key]) for key in keys}
    if isinstance(value, list):
        return [_as_jsonb(item) for item in value]
    return value
