"""What is said of the people of a customer, and of a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from milepost.vocabulary import ActorType

Share = Annotated[float | None, Meta(description="0-1; null: not enough events to say.")]
#: As it stands in the OpenAPI document, which knows `Any` for any JSON.
JsonObject = dict[str, Any]


class ToolCount(msgspec.Struct, frozen=True):
    """How often a tool was used, ever."""

    tool_id: str
    events: int


class Acts(msgspec.Struct, frozen=True, kw_only=True):
    """What one actor did for one customer. Days are UTC; docs/scores.md has each formula."""

    first_seen: datetime
    last_seen: datetime
    events: int
    events_28: Annotated[int, Meta(description="In the last 28 days.")]
    events_28_before: int
    active_days_28: int
    usual_28: Annotated[
        float | None, Meta(description="Events per 28 days of its own past; null before 28 days of it.")
    ]
    share: Share
    sessions: int
    tools: Annotated[list[ToolCount], Meta(description="The three used most.")]
    actor_types: Annotated[list[ActorType], Meta(description="All that this user has been for the customer.")]


class AccountPerson(Acts, frozen=True, kw_only=True):
    """Somebody who acted for a customer; `name` and `role` are traits. `share` is of what all its people did in 28
    days."""

    user_id: str
    name: str | None
    role: str | None
    new: bool
    gone_quiet: bool


class Actor(Acts, frozen=True, kw_only=True):
    """Software that acted for a customer; nobody in particular where both ids are null. `share` is of what all its
    software did in the last 28 days."""

    actor_type: ActorType
    user_id: str | None
    anonymous_id: str | None


class GoneQuiet(msgspec.Struct, frozen=True):
    """A champion who has gone quiet: silent for longer than `shorter_gaps` of the `gaps` between their active days.
    `share` is of what people did in the 90 days before the last 14; `chance`, that none of the `events_since` of people
    would be theirs if they still did that share."""

    user_id: str
    last_seen: datetime
    silent_days: int
    gaps: int
    shorter_gaps: int
    longest_gap: int
    share: float
    others_since: Annotated[int, Meta(description="Other people who were active on a later day.")]
    events_since: int
    chance: float


class Reason(msgspec.Struct, frozen=True):
    """Something that holds on enough data, with the figures behind it."""

    code: str
    sentence: str
    evidence: JsonObject


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of an account's people."""

    people_total: Annotated[int, Meta(description="Everybody ever seen.")]
    breadth: Annotated[int, Meta(description="People active in the last 28 days.")]
    breadth_before: Annotated[int, Meta(description="In the 28 days before those.")]
    concentration: Annotated[Share, Meta(description="Of what people did in the last 28 days: the most active's.")]
    most_active: str | None
    makers_of_80: Annotated[int | None, Meta(description="So few people made 80 % of it.")]
    new_people: Annotated[int, Meta(description="First seen in the last 28 days.")]
    gone_quiet: list[GoneQuiet]
    person_events_28: int
    person_events_28_before: int
    visitor_events_28: Annotated[int, Meta(description="Of visitors without a user id, who are not counted as people.")]
    software_total: int
    software_events_28: int
    software_events_28_before: int


class CustomerPeople(Numbers, frozen=True, kw_only=True):
    """The people of a customer, those who were asked for in the order asked for, and apart from them its software, the
    most active of the last 28 days first. Of either 500 are listed. `as_of`: every event up to then is in it."""

    customer_id: str
    as_of: datetime | None
    people_matching: Annotated[int, Meta(description="How many were asked for, of whom 500 are listed.")]
    reasons: list[Reason]
    people: list[AccountPerson]
    actors: list[Actor]


class Membership(Acts, frozen=True, kw_only=True):
    """What a user did for one of their customers, as `actor_type`."""

    customer_id: str
    name: str | None
    actor_type: ActorType


class PersonSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A person: traits, and the customers they acted for, seen latest first; 20 are listed of `customers_total`."""

    user_id: str
    as_of: datetime | None
    traits: JsonObject
    customers_total: int
    customers: list[Membership]


class Did(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a person."""

    event_id: str
    customer_id: str
    customer_name: str | None
    at: datetime
    event_type: str
    event_name: str | None
    tool_id: str | None
    tool_section: str | None
    page_url: str | None
    metadata: JsonObject
    actor_type: ActorType


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """A person's part of a session."""

    customer_id: str
    customer_name: str | None
    started_at: datetime
    ended_at: datetime
    events: int
    tools: list[str]
