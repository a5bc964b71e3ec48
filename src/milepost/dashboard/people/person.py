"""What the page of a person shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo

import msgspec

from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.customers.timeline import Timeline, TimelineEntry, make_timeline
from milepost.dashboard.describe import event_in_words
from milepost.dashboard.people.panel import tool_names
from milepost.people.model import Did, Membership, PersonSeen, Sitting


class MembershipRow(msgspec.Struct, frozen=True):
    """What the person did for a customer, or their software did."""

    customer_id: str
    name: str
    software: str
    first_seen: datetime
    last_seen: datetime
    events: int
    now: int
    before: int
    usual: float | None
    share: float | None
    sessions: int
    tools: tuple[str, ...]


class SessionRow(msgspec.Struct, frozen=True):
    """`duration` in ms."""

    name: str
    customer_id: str
    started_at: datetime
    duration: int
    events: int
    tools: tuple[str, ...]


class PersonPage(msgspec.Struct, frozen=True):
    """people/person.html. `trouble`: why the rest is not there."""

    user_id: str
    name: str
    role: str
    customers: tuple[MembershipRow, ...] = ()
    customers_total: int = 0
    sessions: tuple[SessionRow, ...] = ()
    timeline: Timeline = Timeline(())
    trouble: str = ""

    @property
    def first_seen(self) -> datetime | None:
        return min((one.first_seen for one in self.customers), default=None)

    @property
    def last_seen(self) -> datetime | None:
        return max((one.last_seen for one in self.customers), default=None)


def person_view(
    found: PersonSeen, timeline: Timeline, sat: Sequence[Sitting], tools: dict[str, str], *, trouble: str = ""
) -> PersonPage:
    """What was found of a person, laid out."""
    return PersonPage(
        user_id=found.user_id,
        name=fmt.visible_name(_text(found.traits.get("name")), found.user_id),
        role=_text(found.traits.get("role")),
        customers=tuple(_membership(one, tools) for one in found.customers),
        customers_total=found.customers_total,
        sessions=tuple(_session(one, tools) for one in sat),
        timeline=timeline,
        trouble=trouble,
    )


def lived_view(
    did: Sequence[Did],
    user_id: str,
    tools: dict[str, str],
    zone: tzinfo,
    *,
    following: str | None,
    several: bool,
    shown: date | None = None,
) -> Timeline:
    """`several`: each event says for which customer it was. `following` is the cursor of the next page, `shown` the
    last day already on the page."""
    entries = [_entry(one, tools, several=several) for one in did]
    more = (
        f"{v.person_url(user_id)}/timeline?before={following}{'&several=1' if several else ''}" if following else None
    )
    return make_timeline(entries, zone, more_url=more, shown=shown)


def _membership(one: Membership, tools: dict[str, str]) -> MembershipRow:
    return MembershipRow(
        customer_id=one.customer_id,
        name=one.name or one.customer_id,
        software="" if one.actor_type == "person" else one.actor_type,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
        events=one.events,
        now=one.events_28,
        before=one.events_28_before,
        usual=one.usual_28,
        share=one.share,
        sessions=one.sessions,
        tools=tool_names([use.tool_id for use in one.tools], tools),
    )


def _session(one: Sitting, tools: dict[str, str]) -> SessionRow:
    return SessionRow(
        name=one.customer_name or one.customer_id,
        customer_id=one.customer_id,
        started_at=one.started_at,
        duration=round((one.ended_at - one.started_at).total_seconds() * 1000),
        events=one.events,
        tools=tool_names(one.tools, tools),
    )


def _entry(one: Did, tools: Mapping[str, str], *, several: bool) -> TimelineEntry:
    words = event_in_words(
        one.event_type, one.tool_id, one.tool_section, one.metadata, one.page_url, tools, one.event_name
    )
    software = "" if one.actor_type == "person" else f"By software ({one.actor_type})"
    customer = f"For {fmt.visible_name(one.customer_name, one.customer_id)}" if several else ""
    return TimelineEntry(
        one.event_id,
        one.at,
        words.title,
        ". ".join(filter(None, (words.detail, customer, software))),
        words.where,
        raw_url=f"{v.customer_url(one.customer_id)}/events/{one.event_id}",
    )


def _text(value: object) -> str:
    """A trait as it is read."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return fmt.decimal(value, 2)
        case int():
            return fmt.integer(value)
        case list():
            return ", ".join(map(str, value))
    return str(value)
