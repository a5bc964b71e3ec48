"""What the live feed tells, as it is stored and as its readers have it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from milepost.vocabulary import AnnouncementKind


class LiveEvent(msgspec.Struct, kw_only=True):
    """One line of the feed; `summary` is what happened, in words."""

    event_id: UUID
    customer_id: str
    customer_name: str | None
    user_id: str | None
    event_type: str
    event_name: str | None
    tool_id: str | None
    tool_section: str | None
    business_impact: str
    timestamp: datetime
    summary: str


class LiveRow(msgspec.Struct, kw_only=True):
    """An event as it is stored, before it is put into words."""

    event_id: UUID
    customer_id: str
    customer_name: str | None
    user_id: str | None
    event_type: str
    tool_id: str | None
    tool_section: str | None
    business_impact: str
    timestamp: datetime
    event_metadata: dict[str, object]
    page_url: str | None
    event_name: str | None


class LiveAnnouncement(msgspec.Struct, kw_only=True):
    """A badge or level earned, or a recommendation made, in words."""

    announcement_id: int
    kind: AnnouncementKind
    customer_id: str
    customer_name: str | None
    at: datetime
    title: str
    text: str


class LiveBatch(msgspec.Struct):
    """What a tick brings. `per_minute`: events stored in each of the last 60 minutes, oldest first."""

    events: list[LiveEvent]
    per_minute: list[int]
    position: str
    announcements: list[LiveAnnouncement] = []


class LiveMessage(msgspec.Struct, frozen=True):
    """A batch, and the server-sent event that says it: made once for all readers."""

    batch: LiveBatch
    text: bytes

    @classmethod
    def of(cls, batch: LiveBatch) -> LiveMessage:
        text = msgspec.json.encode(batch)
        return cls(batch, b"id: %s\r\nevent: events\r\ndata: %s\r\n\r\n" % (batch.position.encode(), text))
