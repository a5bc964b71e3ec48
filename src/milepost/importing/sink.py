"""What the importer hands its rows to: the columns of `behavior_events`, in their order."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID


class EventRow(NamedTuple):
    """One event, already checked against the limits in `vocabulary`.

    `event_metadata` is JSON text, `session_duration` and `time_on_page` are milliseconds,
    `timestamp` is aware (UTC).
    """

    event_id: UUID
    customer_id: str
    user_id: str | None
    anonymous_id: str | None
    session_id: str | None
    event_type: str
    tool_id: str | None
    tool_section: str | None
    business_impact: str
    competency_area: str | None
    current_arr: str | None
    target_arr: str | None
    growth_stage: str | None
    event_metadata: str
    session_duration: int | None
    time_on_page: int | None
    page_url: str | None
    referrer: str | None
    device_type: str | None
    browser: str | None
    ip_address: str | None
    timestamp: datetime
    retention_days: int


class StoreResult(NamedTuple):
    """What became of one chunk. `rejected` holds (index in the chunk, code, field, message)."""

    accepted: int
    duplicates: int
    rejected: list[tuple[int, str, str, str]]


class EventSink(Protocol):
    """Stores chunks of events, each chunk in one commit; an event id that is there already is a duplicate."""

    def store(self, events: list[EventRow]) -> StoreResult: ...


class NullSink:
    """Takes everything and keeps nothing: the sink of a dry run."""

    def store(self, events: list[EventRow]) -> StoreResult:
        return StoreResult(len(events), 0, [])
