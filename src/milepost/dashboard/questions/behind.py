"""Who is behind a bar, a cell or a node: the people, and where the list is whole, a cohort to be made of them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from milepost.analytics.asking import Filter, People, Person, Question
from milepost.analytics.cohorts import Are, Definition
from milepost.analytics.places import (
    FunnelPlace,
    LifecyclePlace,
    PathsPlace,
    RetentionPlace,
    SessionsPlace,
    StickinessPlace,
    ToolsPlace,
    TrendsPlace,
)
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.asked import PageQuestion
from milepost.dashboard.questions.shown import Behind, BehindPerson
from milepost.errors import InvalidRequest

Place = (
    TrendsPlace
    | FunnelPlace
    | RetentionPlace
    | LifecyclePlace
    | StickinessPlace
    | ToolsPlace
    | PathsPlace
    | SessionsPlace
)
_PLACES: dict[str, type[Place]] = {
    "trends": TrendsPlace,
    "funnels": FunnelPlace,
    "retention": RetentionPlace,
    "paths": PathsPlace,
    "lifecycle": LifecyclePlace,
    "tools": ToolsPlace,
    "sessions": SessionsPlace,
}
_STATES = {"new": "new", "returning": "stayed", "resurrected": "came back", "dormant": "went quiet"}
#: As many values as a filter may have.
_MOST_IN_COHORT = 1000


def read_place(asked: PageQuestion, address: Address) -> tuple[Question, Place]:
    """The question and the place that an address names. Raises InvalidRequest for one that cannot be."""
    fields = {name.removeprefix("at."): value for name, value in address.pairs if name.startswith("at.")}
    sticky = asked.name == "lifecycle" and "n" in fields
    kind: type[Place] = StickinessPlace if sticky else _PLACES[asked.name]
    try:
        place = msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"This link names no place in the answer: {error}.") from error
    return asked.questions[1 if sticky else 0], place


def view(asked: PageQuestion, place: Place, found: People, names: words.Names) -> Behind:
    whole = asked.unit == "customer" and 0 < found.total == len(found.items) <= _MOST_IN_COHORT
    return Behind(
        title=f"{words.units(asked.unit).capitalize()} behind it",
        what=_what(asked, place, names),
        people=tuple(_person(person) for person in found.items),
        total=found.total,
        unit=asked.unit,
        back=asked.url,
        cohort=_cohort(found) if whole else "",
    )


def _cohort(found: People) -> str:
    ids = tuple(dict.fromkeys(person.customer_id for person in found.items))
    definition = Definition(conditions=(Are(filter=Filter(field="customer_id", values=ids)),))
    return msgspec.json.encode(definition).decode()


def _person(person: Person) -> BehindPerson:
    try:
        last: datetime | None = datetime.fromisoformat(person.last_at)
    except ValueError:
        last = None
    return BehindPerson(person.customer_id, person.name or person.customer_id, person.user_id, person.events, last)


def _what(asked: PageQuestion, place: Place, names: words.Names) -> str:
    """The place in words, e.g. 'Reached step 2, Exported'."""
    question = asked.questions[0]
    if isinstance(place, FunnelPlace):
        steps = getattr(question, "steps", ())
        name = words.kind_words(steps[place.step], names) if place.step < len(steps) else ""
        verb = "Got to" if place.outcome == "reached" else "Left after"
        return f"{verb} step {place.step + 1}, {name}"
    if isinstance(place, RetentionPlace):
        interval = getattr(question, "interval", "week")
        began = f"Began in the {interval} of {place.start:%-d %b %Y}"
        return began if not place.k else f"{began}, came back {place.k} {interval}{'s' if place.k > 1 else ''} later"
    if isinstance(place, LifecyclePlace):
        return f"Those who {_STATES[place.state]}" if place.state != "new" else "Those who were new"
    if isinstance(place, StickinessPlace):
        interval = getattr(question, "interval", "week")
        return f"Active in exactly {place.n} {interval}{'s' if place.n > 1 else ''}"
    if isinstance(place, ToolsPlace):
        return f"Used {words.value_words('tool_id', place.tool_id, names)}"
    if isinstance(place, PathsPlace):
        label = words.value_words(getattr(question, "label", None), place.label, names)
        return {"label": f"Step {place.step}: {label}", "other": f"Step {place.step}: all others"}.get(
            place.kind, f"Went no further after step {place.step - 1}"
        )
    if isinstance(place, SessionsPlace):
        part = getattr(question, "breakdown", None)
        return "Had a session" if place.value is None else f"Sessions: {words.value_words(part, place.value, names)}"
    series = getattr(question, "series", ())
    name = words.kind_words(series[place.series], names) if place.series < len(series) else "Any event"
    if place.is_other:
        return f"{name}: all others"
    if place.value is None:
        return name
    return f"{name}: {words.value_words(getattr(question, 'breakdown', None), place.value, names)}"
