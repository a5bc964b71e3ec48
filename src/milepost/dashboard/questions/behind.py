"""Who is behind a bar, a cell or a node: the people, and where the list is whole, a cohort to be made of them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from milepost.analytics.asking import Filter, People, Person, Question
from milepost.analytics.cohorts import Are, Definition
from milepost.analytics.formula import LETTERS
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
from milepost.analytics.trends import Trends
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address, address_of
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


def view(asked: PageQuestion, place: Place, found: People, names: words.Names, address: Address) -> Behind:
    whole = asked.unit == "customer" and 0 < found.total == len(found.items) <= _MOST_IN_COHORT
    return Behind(
        title=f"{words.units(asked.unit).capitalize()} behind it",
        what=_what(asked, place, names),
        people=tuple(_person(person) for person in found.items),
        total=found.total,
        unit=asked.unit,
        back=asked.url,
        cohort=_cohort(found) if whole else "",
        others=_others(asked, place, address, names),
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
        verb = "Reached" if place.outcome == "reached" else "Dropped off after"
        return f"{verb} step {place.step + 1}, {name}"
    if isinstance(place, RetentionPlace):
        interval = getattr(question, "interval", "week")
        began = f"Started in the {interval} of {place.start:%-d %b %Y}"
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
    return _line(question, place, names)


def _line(question: Question, place: TrendsPlace, names: words.Names) -> str:
    """'Exported: Business case, Chrome'; 'B, Exported' of a formula."""
    if not isinstance(question, Trends) or place.series >= len(question.series):
        return "Any event"
    name = words.kind_words(question.series[place.series], names)
    if question.formula is not None:
        name = f"{LETTERS[place.series]} of {question.formula}: {name}"
    if place.is_other:
        return f"{name}: all others"
    values = [value for value in (place.value, place.value2) if value is not None]
    said = [words.value_words(field, value, names) for field, value in zip(question.by, values, strict=False)]
    return f"{name}: {', '.join(said)}" if said else name


def _others(
    asked: PageQuestion, place: Place, address: Address, names: words.Names
) -> tuple[tuple[str, str, bool], ...]:
    """Of a formula every series' people at the same place: words, address, and whether they are these."""
    question = asked.questions[0]
    if not isinstance(question, Trends) or question.formula is None or not isinstance(place, TrendsPlace):
        return ()
    rest = [pair for pair in address.pairs if pair[0] != "at.series"]
    return tuple(
        (
            f"{LETTERS[n]}: {words.kind_words(kind, names)}",
            address_of(f"{asked.path}/who", [*rest, ("at.series", str(n))]),
            n == place.series,
        )
        for n, kind in enumerate(question.series)
    )
