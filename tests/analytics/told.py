"""Small stories with answers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TypedDict, Unpack

from milepost.analytics.asking import Period
from tests.analytics import data
from tests.analytics.reference.events import Event, World

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
_numbers = count(1)


class Rest(TypedDict, total=False):
    """What else an event may say."""

    event_id: str
    user_id: str
    anonymous_id: str
    session_id: str
    event_type: str
    tool_section: str
    business_impact: str
    device_type: str
    page_url: str
    time_on_page: int
    metadata: dict[str, object]
    is_bot: bool
    deleted: bool


def event(when: str, customer: str = "acme", tool: str | None = None, **rest: Unpack[Rest]) -> Event:
    """`when` is a day of March 2026 and a time, in UTC ("2 10:00"), or a whole date and time."""
    if " " in when:
        day, clock = when.split()
        when = f"2026-03-{int(day):02}T{clock}"
    number = next(_numbers)
    rest.setdefault("event_id", f"{number:08x}-0000-4000-8000-{number:012x}")
    at = datetime.fromisoformat(when).replace(tzinfo=UTC)
    return Event(customer_id=customer, at=at, tool_id=tool, **rest)


def world(*events: Event, now: datetime = NOW) -> World:
    return data.world(list(events), now)


def march(first: int, last: int, timezone: str = "UTC") -> Period:
    """Days of March 2026. The 2nd is a Monday."""
    return Period(
        first=datetime(2026, 3, first, tzinfo=UTC).date(),
        last=datetime(2026, 3, last, tzinfo=UTC).date(),
        timezone=timezone,
    )
