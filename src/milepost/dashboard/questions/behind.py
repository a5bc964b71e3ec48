"""Who is behind a bar, a cell or a node: the people, and where the list is whole, a cohort to be made of them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from milepost.analytics.asking import Filter, People, Person, Question
from milepost.analytics.cohorts import Are, Definition
from milepost.analytics.points import (
    FunnelPoint,
    LifecyclePoint,
    PathsPoint,
    RetentionPoint,
    SessionsPoint,
    StickinessPoint,
    ToolsPoint,
    TrendsPoint,
)
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.asked import Asked
from milepost.dashboard.questions.shown import Behind, BehindPerson
from milepost.errors import InvalidRequest

Point = (
    TrendsPoint
    | FunnelPoint
    | RetentionPoint
    | LifecyclePoint
    | StickinessPoint
    | ToolsPoint
    | PathsPoint
    | SessionsPoint
)
_POINTS: dict[str, type[Point]] = {
    "trends": TrendsPoint,
    "funnels": FunnelPoint,
    "retention": RetentionPoint,
    "paths": PathsPoint,
    "lifecycle": LifecyclePoint,
    "tools": ToolsPoint,
    "sessions": SessionsPoint,
}
_STATES = {"new": "new", "returning": "stayed", "resurrected": "came back", "dormant": "went quiet"}
#: As many values as a filter may have.
_MOST_IN_COHORT = 1000


def place(asked: Asked, address: Address) -> tuple[Question, Point]:
    """The question and the point that an address names. Raises InvalidRequest for one that cannot be."""
    fields = {name.removeprefix("at."): value for name, value in address.pairs if name.startswith("at.")}
    sticky = asked.name == "lifecycle" and "n" in fields
    kind: type[Point] = StickinessPoint if sticky else _POINTS[asked.name]
    try:
        point = msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"This link names no place in the answer: {error}.") from error
    return asked.questions[1 if sticky else 0], point


def view(asked: Asked, point: Point, found: People, tools: dict[str, str]) -> Behind:
    whole = asked.unit == "customer" and 0 < found.total == len(found.items) <= _MOST_IN_COHORT
    return Behind(
        title=f"{words.units(asked.unit).capitalize()} behind it",
        what=_what(asked, point, tools),
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


def _what(asked: Asked, point: Point, tools: dict[str, str]) -> str:
    """The place in words, e.g. 'Reached step 2, Exported'."""
    question = asked.questions[0]
    if isinstance(point, FunnelPoint):
        steps = getattr(question, "steps", ())
        name = words.step_words(steps[point.step], tools) if point.step < len(steps) else ""
        verb = "Got to" if point.outcome == "reached" else "Left after"
        return f"{verb} step {point.step + 1}, {name}"
    if isinstance(point, RetentionPoint):
        interval = getattr(question, "interval", "week")
        began = f"Began in the {interval} of {point.start:%-d %b %Y}"
        return began if not point.k else f"{began}, came back {point.k} {interval}{'s' if point.k > 1 else ''} later"
    if isinstance(point, LifecyclePoint):
        return f"Those who {_STATES[point.state]}" if point.state != "new" else "Those who were new"
    if isinstance(point, StickinessPoint):
        interval = getattr(question, "interval", "week")
        return f"Active in exactly {point.n} {interval}{'s' if point.n > 1 else ''}"
    if isinstance(point, ToolsPoint):
        return f"Used {words.value_words('tool_id', point.tool_id, tools)}"
    if isinstance(point, PathsPoint):
        label = words.value_words(getattr(question, "label", None), point.label, tools)
        return {"label": f"Step {point.step}: {label}", "other": f"Step {point.step}: all others"}.get(
            point.kind, f"Went no further after step {point.step - 1}"
        )
    if isinstance(point, SessionsPoint):
        part = getattr(question, "breakdown", None)
        return "Had a session" if point.value is None else f"Sessions: {words.value_words(part, point.value, tools)}"
    series = getattr(question, "series", ())
    name = words.step_words(series[point.series], tools) if point.series < len(series) else "Any event"
    if point.is_other:
        return f"{name}: all others"
    if point.value is None:
        return name
    return f"{name}: {words.value_words(getattr(question, 'breakdown', None), point.value, tools)}"
