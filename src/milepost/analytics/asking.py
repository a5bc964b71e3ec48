"""The words that every question shares: whom it counts, which events, over which days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from milepost.vocabulary import MAX_NAME_LENGTH, MAX_WORD_LENGTH, EventType

#: Whom a question counts. A user is the user id, else the anonymous id; events with neither count for customers alone.
Unit = Literal["customer", "user"]
Interval = Literal["hour", "day", "week", "month"]
WeekStart = Literal["monday", "sunday", "saturday"]

#: What one may filter by and break down by, beside `metadata.KEY`.
Column = Literal[
    "customer_id",
    "user_id",
    "session_id",
    "event_type",
    "event_name",
    "actor_type",
    "tool_id",
    "tool_section",
    "business_impact",
    "competency_area",
    "current_arr",
    "target_arr",
    "growth_stage",
    "device_type",
    "browser",
    "page_url",
    "referrer",
    "referrer_source",
    "time_on_page",
    "session_duration",
]
Operator = Literal[
    "is", "is_not", "contains", "not_contains", "is_set", "is_not_set", "above", "at_least", "below", "at_most"
]

#: `COLUMN`, `metadata.KEY`, `trait.NAME` (of the customer), `person.NAME` (of the user), `insight.NAME` (a column of
#: behavior_insights, or `competency.ID`), `cohort` (its id as the value) or `segment` (its slug or id as the value);
#: one breaks down by `segment.SLUG`: "in" or "out".
FieldName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=210,
        description="A column, such as tool_id or event_name; metadata.KEY, trait.NAME, person.NAME, segment.",
    ),
]
Name = Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)]


class QuestionPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A part of a request: unknown names in it are an error, as a misspelt filter would answer something else."""


class Filter(QuestionPart, frozen=True):
    """A condition. Several values mean any of them; `is_not` and `not_contains` mean none of them.

    An event that has no value there `is_not` anything, and is never above or below anything.
    """

    field: FieldName
    op: Operator = "is"
    values: Annotated[tuple[str | float, ...], msgspec.Meta(max_length=1000)] = ()


class EventKind(QuestionPart, frozen=True):
    """A kind of event: all that is given must hold. Nothing given is any event. `name` is for people."""

    event_type: EventType | None = None
    event_name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_WORD_LENGTH)] | None = None
    tool_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_WORD_LENGTH)] | None = None
    filters: Annotated[tuple[Filter, ...], msgspec.Meta(max_length=20)] = ()
    name: Name = ""


#: A span of the calendar: `this_...` is the one that today is in, up to today; `last_...` the whole one before it.
Range = Literal[
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_quarter",
    "last_quarter",
    "this_year",
    "last_year",
]


class Period(QuestionPart, frozen=True):
    """Whole local days: `first` to `last`, both included; or a `range` of the calendar; or the `days` up to and
    including today."""

    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 30
    range: Range | None = None
    first: date | None = None
    last: date | None = None
    timezone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "UTC"
    week_start: WeekStart = "monday"


class Question(QuestionPart, frozen=True):
    """What every question takes. `filters` hold for all events it looks at. `traits`: whether `trait.NAME` and
    `person.NAME` are what they are now, or were when the event happened."""

    period: Period = Period()
    unit: Unit = "customer"
    filters: Annotated[tuple[Filter, ...], msgspec.Meta(max_length=20)] = ()
    traits: Literal["now", "then"] = "now"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer says beside its figures."""

    unit: Unit
    #: The days it covers, both included, in `timezone`.
    first: date
    last: date
    timezone: str
    #: Whether traits are what they are now, or were at each event.
    traits: Literal["now", "then"] = "now"
    #: Everything that was stored up to then is in it; None where nobody asked.
    fresh_as_of: datetime | None = None


class Person(msgspec.Struct, frozen=True):
    """Who is behind a bar: a customer, or a user and their customer. `events` is how many of the asked ones."""

    customer_id: str
    name: str | None
    user_id: str | None
    events: int
    last_at: str


class People(msgspec.Struct, frozen=True):
    """The first of those behind a bar, most events first, then by id; `total` counts all."""

    total: int
    items: list[Person]
