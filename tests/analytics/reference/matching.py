"""Which events a filter, a kind of event, a cohort and a question look at."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from milepost.analytics.asking import EventKind, Filter, Question
from milepost.analytics.cohorts import Are, Definition, Did
from tests.analytics.reference.days import Days
from tests.analytics.reference.events import Event, World, trait_text, value_of, with_traits

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Scope:
    """The events of a question: `ever` in all of time, `events` in its period; both in order."""

    def __init__(self, world: World, question: Question) -> None:
        world = with_traits(world, question)
        self.world = world
        self.days = Days.of(question.period, world.now)
        self.ever = sorted(only(world, stored(world), question.filters), key=lambda event: event.order)
        start, end = self.days.start, self.days.end
        self.events = [event for event in self.ever if start <= event.at < end]


def stored(world: World) -> list[Event]:
    return [event for event in world.events if not event.deleted and not event.is_bot]


def only(world: World, events: Iterable[Event], filters: Iterable[Filter]) -> list[Event]:
    """The events for which every filter holds."""
    found = list(events)
    for condition in filters:
        if condition.field == "cohort":
            inside = _members(world, condition)
            found = [event for event in found if (event.customer_id in inside) == (condition.op == "is")]
        elif condition.field.startswith("insight."):
            allowed = {one for one in {event.customer_id for event in found} if are(world, one, condition)}
            found = [event for event in found if event.customer_id in allowed]
        elif condition.field.startswith(("trait.", "person.")):
            found = [event for event in found if trait_holds(event.traits.get(condition.field), condition)]
        else:
            found = [event for event in found if holds(value_of(event, condition.field), condition)]
    return found


def of_kind(world: World, events: Iterable[Event], kind: EventKind) -> list[Event]:
    found = [
        event
        for event in events
        if kind.event_type in (None, event.event_type)
        and kind.tool_id in (None, event.tool_id)
        and kind.event_name in (None, event.event_name)
    ]
    return only(world, found, kind.filters)


def holds(value: str | None, condition: Filter) -> bool:
    match condition.op:
        case "is":
            return any(_same(value, wanted) for wanted in condition.values)
        case "is_not":
            return not any(_same(value, wanted) for wanted in condition.values)
        case "contains":
            return _contains(value, condition)
        case "not_contains":
            return not _contains(value, condition)
        case "is_set":
            return value is not None
        case "is_not_set":
            return value is None
    number, limit = as_number(value), as_number(condition.values[0])
    if number is None or limit is None:
        return False
    match condition.op:
        case "above":
            return number > limit
        case "at_least":
            return number >= limit
        case "below":
            return number < limit
    return number <= limit


def trait_holds(value: object, condition: Filter) -> bool:
    """As `holds`; a list is each of its parts, and a date is compared by its seconds since 1970."""
    text = trait_text(value)
    parts = [str(one) for one in value] if isinstance(value, list) else [text]
    number = _figure(text) if isinstance(value, str) else as_number(value) if isinstance(value, int | float) else None
    if isinstance(value, bool):
        number = None
    match condition.op:
        case "is" | "is_not":
            same = any(
                (wanted in parts or wanted == text == "")
                if isinstance(wanted, str)
                else text != "" and number == wanted
                for wanted in condition.values
            )
            return same != (condition.op == "is_not")
        case "above" | "at_least" | "below" | "at_most":
            limit = condition.values[0]
            wanted = _figure(limit) if isinstance(limit, str) else limit
            return number is not None and holds(repr(number), Filter(field="x", op=condition.op, values=(wanted or 0,)))
    return holds(text or None, condition)


def _figure(text: str) -> float | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001
    return as_number(text)


def as_number(value: str | float | None) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) and math.isfinite(float(value)) else None
    return value


def _same(value: str | None, wanted: str | float) -> bool:
    if isinstance(wanted, str):
        return (value or "") == wanted
    return as_number(value) == wanted


def _contains(value: str | None, condition: Filter) -> bool:
    return value is not None and any(str(part).lower() in value.lower() for part in condition.values)


def are(world: World, customer: str, condition: Filter) -> bool:
    """Whether a customer's insight, or id, satisfies a filter."""
    if condition.field == "customer_id":
        return holds(customer, condition)
    if condition.field.startswith("trait."):
        told = world.traits.get(("customer", customer), {}).get(condition.field.removeprefix("trait."), ())
        return trait_holds(told[-1][1] if told else None, condition)
    value = world.insights.get(customer, {}).get(condition.field.removeprefix("insight."))
    return holds(None if value is None or value == "" else str(value), condition)


def members(world: World, definition: Definition) -> set[str]:
    """The customers of a cohort, of all who have an event or an insight."""
    everybody = {event.customer_id for event in world.events} | set(world.insights)
    sets = [_satisfying(world, everybody, condition) for condition in definition.conditions]
    return set.intersection(*sets) if definition.match == "all" else set.union(*sets)


def _satisfying(world: World, everybody: set[str], condition: Did | Are) -> set[str]:
    if isinstance(condition, Are):
        return {customer for customer in everybody if are(world, customer, condition.filter)}
    since = world.now - timedelta(hours=24 * condition.days)
    counts = dict.fromkeys(everybody, 0)
    for event in of_kind(world, stored(world), condition.event):
        if since <= event.at <= world.now:
            counts[event.customer_id] += 1
    least = condition.at_least
    if least is None and condition.at_most is None:
        least = 1
    return {
        customer
        for customer, count in counts.items()
        if (least is None or count >= least) and (condition.at_most is None or count <= condition.at_most)
    }


def _members(world: World, condition: Filter) -> set[str]:
    found: set[str] = set()
    for cohort in condition.values:
        found |= members(world, world.cohorts[str(cohort)])
    return found
